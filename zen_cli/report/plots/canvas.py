"""What all pictures share: drawn by matplotlib's Agg canvas without pyplot: no window, no display, no state."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from zen_cli.errors import printable
from zen_cli.training.durable import deliver

BLUE, ORANGE, GREY = "#1f77b4", "#ff7f0e", "#7f7f7f"
CYCLE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")  # Okabe and Ito: safe for the colour-blind
DOTS_PER_INCH = 150
LONGEST_LABEL = 45
LEFT, RIGHT = 0.14, 0.97  # of the width
POINTS_AT_ONCE = 10_000  # of a line: 200,000 points took 370 MB to draw as one


def save(figure: Figure, path: Path) -> Path:
    """Write the picture in the format of the path's suffix and return the path."""
    buffer = io.BytesIO()
    kind = path.suffix.removeprefix(".")
    without_date = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    salted = rc_context({"svg.hashsalt": "zen", "agg.path.chunksize": POINTS_AT_ONCE})  # equal pictures, equal files
    with warnings.catch_warnings(), salted:
        warnings.filterwarnings("ignore", "Glyph")  # a name in a script that the font lacks: boxes stand for it
        figure.savefig(buffer, format=kind, metadata=without_date)
    deliver(path, buffer.getvalue())
    return path


def canvas(title: str, x: str, y: str) -> tuple[Figure, Axes]:
    """A picture of one diagram."""
    figure, (axes,) = _canvases(title, x, [y], bottom=0.12)
    return figure, axes


def canvases(title: str, x: str, names: Sequence[str]) -> tuple[Figure, list[Axes]]:
    """A picture of diagrams below each other, one for each name, with room for a legend below the last."""
    return _canvases(title, x, names, bottom=0.21)


def legend_below(figure: Figure, every: Sequence[Axes]) -> None:
    """One legend of all diagrams, at the foot of the picture."""
    handles = {label: handle for axes in every for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    legend = figure.legend(
        handles.values(),
        handles.keys(),
        loc="lower center",
        bbox_to_anchor=((LEFT + RIGHT) / 2, 0),
        ncols=len(handles),
        frameon=False,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _canvases(title: str, x: str, names: Sequence[str], bottom: float) -> tuple[Figure, list[Axes]]:
    """Its margins are fixed: to fit them to the labels takes longer than to draw the rest."""
    rows = len(names)
    figure = Figure(figsize=(9, 4.5 if rows == 1 else 2 + 2.2 * rows), dpi=DOTS_PER_INCH)
    FigureCanvasAgg(figure)
    scale = 4.5 / figure.get_figheight()
    figure.subplots_adjust(left=LEFT, right=RIGHT, top=1 - 0.08 * scale, bottom=bottom * scale, hspace=0.15)
    every = list(figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0])
    every[0].set_title(title, y=1, parse_math=False)  # a name may hold a dollar sign; to find a place for it takes long
    every[-1].set_xlabel(x, parse_math=False)
    for axes, name in zip(every, names, strict=True):
        axes.set_ylabel(printable(name, LONGEST_LABEL if rows == 1 else LONGEST_LABEL // 2), parse_math=False)
        axes.grid(visible=True, alpha=0.3)
    return figure, every
