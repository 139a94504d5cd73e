"""Pictures, drawn by matplotlib's Agg canvas without pyplot: no window, no display, no state."""

import io
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator

from zen_cli.data.dataset import Dataset
from zen_cli.data.series import Series
from zen_cli.errors import printable
from zen_cli.metric import confusion_matrix
from zen_cli.training.durable import deliver
from zen_cli.training.predictions import Table

BLUE, ORANGE, GREY = "#1f77b4", "#ff7f0e", "#7f7f7f"
CYCLE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")  # Okabe and Ito: safe for the colour-blind
DOTS_PER_INCH = 150
LONGEST_LABEL = 45
POINTS_AT_ONCE = 10_000  # of a line: 200,000 points took 370 MB to draw as one


class _PlainLog(LogFormatter):
    """0.01 instead of a power of ten, whose typesetting takes longer than to train a small model."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""


def loss_curves(runs: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]) -> Figure:
    """Training loss (solid) and held-out loss (dotted) over the epochs, from each run's name and records.

    The axis is logarithmic, unless a loss is negative, as a density's may be, or none is above 0.
    """
    alone, keys = len(runs) == 1, ("loss", "val_loss")
    losses = [record.get(key) or 0 for _, records in runs for record in records for key in keys]
    linear = min(losses, default=0) < 0 or max(losses, default=1) == 0
    label = "loss" if linear else "loss (logarithmic)"
    figure, axes = _canvas(f"Loss of {runs[0][0]}" if alone else "Loss", "epoch", label)
    marker = "." if max(len(records) for _, records in runs) <= 30 else None
    for i, (name, records) in enumerate(runs):
        prefix = "" if alone else f" {name}: "  # a label that starts with _ would be left out of the legend
        colors = (BLUE, ORANGE) if alone else 2 * (CYCLE[i % len(CYCLE)],)
        for key, part, line, color in zip(keys, ("training", "held out"), "-:", colors, strict=True):
            points = _points(records, key, -math.inf if linear else 0)
            if points:
                axes.plot(*zip(*points, strict=True), line, label=prefix + part, color=color, marker=marker)
    if axes.lines:
        axes.set_yscale("linear" if linear else "log")
        if not linear:
            axes.yaxis.set_major_formatter(_PlainLog())
            axes.yaxis.set_minor_formatter(_PlainLog())
        for text in axes.legend().get_texts():
            text.set_parse_math(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def predictions_over_truth(name: str, data: Dataset, series: Series, table: Table) -> Figure:
    """A series in blue, the one-step predictions in orange, and a band over what training has seen.

    Where the model says how sure it is, its outer quantiles, or two standard deviations, are shaded.
    """
    figure, axes = _canvas(f"Predictions of {name}, one step ahead", "x", series.name, legend_below=True)
    _band(axes, series.positions[0], data.positions[data.train - 1])
    axes.plot(series.positions, series.values, color=BLUE, linewidth=3.2, label="truth")
    axes.plot(data.positions, table["prediction"], color=ORANGE, linewidth=1.5, label="prediction")
    _spread(axes, data.positions, table)
    _legend_below(axes)
    return figure


def extrapolation(name: str, data: Dataset, series: Series, beyond: Table) -> Figure:
    """The end of a series in blue, and what the model makes of it from there on in orange."""
    figure, axes = _canvas(
        f"Extrapolation of {name}, {len(beyond['x'])} steps fed back", "x", series.name, legend_below=True
    )
    shown = max(2 * data.inputs.shape[1], len(beyond["x"]))
    axes.plot(series.positions[-shown:], series.values[-shown:], color=BLUE, label="truth")
    axes.plot(beyond["x"], beyond["prediction"], color=ORANGE, label="extrapolation")
    axes.axvline(series.positions[-1], color=GREY, linestyle=":", label="end of the data")
    _legend_below(axes)
    return figure


def confusion(name: str, labels: Sequence[str], table: Table, part: str) -> Figure:
    """How the examples of each class, in rows, were classified, in columns; counts, coloured by share of the row."""
    rows = [i for i, p in enumerate(table["part"]) if p == part]
    place = {label: i for i, label in enumerate(labels)}
    real, pred = (np.array([place[table[column][i]] for i in rows]) for column in ("truth", "prediction"))
    counts = confusion_matrix(pred, real, len(labels))
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    right = counts.trace() / max(counts.sum(), 1)
    figure, axes = _canvas(f"{name}: {right:.1%} of {len(rows)} right ({part})", "predicted", "true")
    figure.set_size_inches(6.4, 5.6)
    figure.set_layout_engine("constrained")  # class names may be long
    axes.grid(visible=False)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            axes.text(j, i, str(count), ha="center", va="center", color="white" if share[i, j] > 0.5 else "black")
    figure.colorbar(image, ax=axes, label="share of the true class", fraction=0.046, pad=0.04)
    return figure


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


def _canvas(title: str, x: str, y: str, legend_below: bool = False) -> tuple[Figure, Axes]:
    """A picture of one diagram. Its margins are fixed: to fit them to the labels takes longer than to draw the rest."""
    figure = Figure(figsize=(9, 4.5), dpi=DOTS_PER_INCH)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.14, right=0.97, top=0.92, bottom=0.21 if legend_below else 0.12)
    axes = figure.add_subplot()
    axes.set_title(title, y=1, parse_math=False)  # a name may hold a dollar sign; to find a place for it takes long
    axes.set_xlabel(x)
    axes.set_ylabel(printable(y, LONGEST_LABEL), parse_math=False)
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def _band(axes: Axes, start: float, end: float) -> None:
    axes.axvspan(start, end, color=GREY, alpha=0.15, linewidth=0, label="trained on")


def _spread(axes: Axes, positions: np.ndarray, table: Table) -> None:
    prediction, quantiles = np.asarray(table["prediction"]), [name for name in table if name.startswith("quantile_")]
    if "std" in table:
        reach = 2 * np.asarray(table["std"])
        low, high, label = prediction - reach, prediction + reach, "two standard deviations"
    elif len(quantiles) > 1:
        low, high = np.asarray(table[quantiles[0]]), np.asarray(table[quantiles[-1]])
        label = f"{quantiles[0]} to {quantiles[-1]}".replace("quantile_", "")
    else:
        return
    axes.fill_between(positions, low, high, color=ORANGE, alpha=0.25, linewidth=0, label=label)


def _legend_below(axes: Axes) -> None:
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=4, frameon=False)


def _points(records: Sequence[Mapping[str, Any]], key: str, above: float) -> list[tuple[int, float]]:
    """The epochs with a score above that number, and the score: a logarithm needs it above 0."""
    return [(record["epoch"], record[key]) for record in records if record.get(key) is not None and record[key] > above]
