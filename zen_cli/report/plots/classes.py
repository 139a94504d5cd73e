"""How examples were classified."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from zen_cli.data.text.tokens import UNKNOWN
from zen_cli.metric import confusion_matrix
from zen_cli.report.plots.canvas import canvas

MOST_CLASSES = 40  # of a picture that can be read
ROOM = 60  # letters that fit below the matrix


def confusion(name: str, labels: Sequence[str], real: np.ndarray, pred: np.ndarray, part: str) -> Figure:
    """How the examples of each class, in rows, were classified, in columns; counts, coloured by share of the row.

    Classes that are neither among the true ones nor among the predicted are left out.
    """
    every = confusion_matrix(pred, real, len(labels))
    occurring = np.flatnonzero(every.sum(axis=0) + every.sum(axis=1)).tolist()
    counts, shown = every[np.ix_(occurring, occurring)], [_visible(labels[i]) for i in occurring]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = counts.trace() / max(counts.sum(), 1)
    figure, axes = canvas(f"{name}: {right:.1%} of {real.size} right ({part})", "predicted", "true")
    figure.set_size_inches(6.4, 5.6)
    figure.set_layout_engine("constrained")  # class names may be long
    axes.grid(visible=False)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(shown)), shown, parse_math=False, rotation=90 if len(" ".join(shown)) > ROOM else 0)
    axes.set_yticks(range(len(shown)), shown, parse_math=False)
    for (i, j), count in np.ndenumerate(counts) if len(shown) <= MOST_CLASSES // 2 else ():
        if count:
            axes.text(j, i, str(count), ha="center", va="center", color="white" if share[i, j] > 0.5 else "black")
    figure.colorbar(image, ax=axes, label="share of the true class", fraction=0.046, pad=0.04)
    return figure


def _visible(label: str) -> str:
    """The name of a class; of a token without ink, such as a space, in quotes."""
    if label == UNKNOWN:
        return "unknown"
    return label if label.isprintable() and label.strip() else repr(label)
