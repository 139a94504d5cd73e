"""Pictures, drawn by matplotlib's Agg canvas without pyplot: no window, no display, no state."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from zen_cli.data.dataset import Dataset
from zen_cli.data.series import Series
from zen_cli.metric import confusion_matrix
from zen_cli.training.durable import deliver
from zen_cli.training.predictions import Table

BLUE, ORANGE, GREY = "#1f77b4", "#ff7f0e", "#7f7f7f"
CYCLE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9")  # Okabe and Ito: safe for the colour-blind
DOTS_PER_INCH = 150


def loss_curves(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Training loss (solid) and held-out loss (dashed) over the epochs, one colour for each run, by name."""
    title = f"Loss of {next(iter(runs))}" if len(runs) == 1 else f"Loss of {len(runs)} runs"
    figure, axes = _canvas(title, "epoch", "loss (logarithmic)")
    for color, (name, records) in zip(_colors(len(runs)), runs.items(), strict=True):
        prefix = f"{name}: " if len(runs) > 1 else ""
        for key, label, style in (("loss", "training", "-"), ("val_loss", "held out", "--")):
            points = [(r["epoch"], r[key]) for r in records if r.get(key) is not None and r[key] > 0]
            if points:
                second = len(runs) == 1 and key == "val_loss"
                axes.plot(
                    *zip(*points, strict=True),
                    style,
                    color=ORANGE if second else color,
                    label=prefix + label,
                    marker="." if len(points) < 30 else None,
                )
    if axes.lines:
        axes.set_yscale("log")
        axes.legend()
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def predictions_over_truth(name: str, data: Dataset, series: Series, prediction: np.ndarray) -> Figure:
    """A series in blue, the one-step predictions in orange, and a band over what training has seen."""
    figure, axes = _canvas(f"Predictions of {name}, one step ahead", "x", series.name)
    _band(axes, series.positions[0], data.positions[data.train - 1])
    axes.plot(series.positions, series.values, color=BLUE, label="truth")
    axes.plot(data.positions, prediction, color=ORANGE, label="prediction")
    _legend_below(axes)
    return figure


def extrapolation(name: str, data: Dataset, series: Series, beyond: Table) -> Figure:
    """The end of a series in blue, and what the model makes of it from there on in orange."""
    figure, axes = _canvas(f"Extrapolation of {name}, {len(beyond['x'])} steps fed back", "x", series.name)
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
    figure, axes = _canvas(f"{name}: {right:.1%} of {len(rows)} right ({part})", "predicted", "true", size=(6.4, 5.6))
    axes.grid(visible=False)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    for (i, j), count in np.ndenumerate(counts):
        if count:
            axes.text(j, i, str(count), ha="center", va="center", color="white" if share[i, j] > 0.5 else "black")
    figure.colorbar(image, ax=axes, label="share of the true class")
    return figure


def save(figure: Figure, path: Path) -> Path:
    """Write the picture in the format of the path's suffix and return the path."""
    buffer = io.BytesIO()
    kind = path.suffix.removeprefix(".")
    without_date = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    figure.savefig(buffer, format=kind, metadata=without_date)
    deliver(path, buffer.getvalue())
    return path


def _canvas(title: str, x: str, y: str, size: tuple[float, float] = (8, 4.5)) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size, dpi=DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(visible=True, alpha=0.3)
    return figure, axes


def _band(axes: Axes, start: float, end: float) -> None:
    axes.axvspan(start, end, color=GREY, alpha=0.15, linewidth=0, label="trained on")


def _legend_below(axes: Axes) -> None:
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False)


def _colors(count: int) -> list[str]:
    return [BLUE] if count == 1 else [CYCLE[i % len(CYCLE)] for i in range(count)]
