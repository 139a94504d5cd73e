"""How near predicted numbers are to the true ones."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from zen_cli.data.parts import thinned
from zen_cli.report.plots.canvas import BLUE, GREY, canvases

MOST_PANELS = 4
MOST_POINTS = 5000


def predicted_by_true(name: str, names: Sequence[str], real: np.ndarray, pred: np.ndarray, part: str) -> Figure:
    """Each example as a point, for every number that is predicted: the nearer to the line, the better."""
    shown = list(names[:MOST_PANELS])
    every = thinned(slice(0, len(real)), MOST_POINTS)
    figure, panels = canvases(f"Predictions of {name} ({part})", "true", shown)
    for i, axes in enumerate(panels):
        ends = [min(real[:, i].min(), pred[:, i].min()), max(real[:, i].max(), pred[:, i].max())]
        axes.plot(ends, ends, color=GREY, linestyle=":")
        axes.plot(real[every, i], pred[every, i], ".", color=BLUE, alpha=0.6)
    return figure
