"""How examples were classified."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from zen_cli.metric import confusion_matrix
from zen_cli.report.plots.canvas import canvas

MOST_CLASSES = 40  # of a picture that can be read


def confusion(name: str, labels: Sequence[str], real: np.ndarray, pred: np.ndarray, part: str) -> Figure:
    """How the examples of each class, in rows, were classified, in columns; counts, coloured by share of the row."""
    counts = confusion_matrix(pred, real, len(labels))
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = counts.trace() / max(counts.sum(), 1)
    figure, axes = canvas(f"{name}: {right:.1%} of {real.size} right ({part})", "predicted", "true")
    figure.set_size_inches(6.4, 5.6)
    figure.set_layout_engine("constrained")  # class names may be long
    axes.grid(visible=False)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    for (i, j), count in np.ndenumerate(counts) if len(labels) <= MOST_CLASSES // 2 else ():
        if count:
            axes.text(j, i, str(count), ha="center", va="center", color="white" if share[i, j] > 0.5 else "black")
    figure.colorbar(image, ax=axes, label="share of the true class", fraction=0.046, pad=0.04)
    return figure
