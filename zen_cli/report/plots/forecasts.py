"""Series with what is predicted of them."""

from itertools import islice, product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.tasks import Columns
from zen_cli.interval import Interval
from zen_cli.report.plots.canvas import BLUE, GREY, ORANGE, canvases
from zen_cli.training.evaluation import Answers

Array = np.ndarray
MOST_PANELS = 4


def predictions_over_truth(
    name: str, data: ForecastDataset, where: Array, found: Answers, interval: Interval | None
) -> Figure:
    """Series in blue, predictions of the examples `where` in orange, and a band over what training has seen.

    Of forecasts of several steps, those are drawn that follow each other. Where it is known how sure the model is, that
    is shaded: intervals, outer quantiles, or two standard deviations.
    """
    horizon, panels = data.task.horizon, _panels(data)
    ahead = "one step ahead" if horizon == 1 else f"{horizon} steps at a time"
    figure, every = canvases(f"Predictions of {name}, {ahead}", data.raw.index, [label for *_, label in panels])
    t = len(data.task.names)
    spread = _shaded(found, interval, data.groups(where))
    for axes, (owner, channel, _) in zip(every, panels, strict=True):
        own = np.flatnonzero(data.owners(where) == owner)
        rows = data.origins[where[own]] - data.starts[owner]
        chosen = _following(rows, horizon)
        positions = _drawn(data, owner)
        division = data.divisions[owner]
        _band(axes, positions[0], positions[division.validation - 1])
        first = rows.min(initial=len(positions)) if len(where) < len(data) else 0
        axes.plot(
            positions[first:],
            data.raw.series[owner].values[first:][:, channel],
            color=BLUE,
            linewidth=3.2,
            label="truth",
        )
        steps = (rows[chosen, None] + np.arange(horizon)).ravel()
        path = _path(found.predictions[own[chosen]], channel, t)
        axes.plot(positions[steps], path, color=ORANGE, linewidth=1.5, label="prediction")
        if spread:
            low, high = (_path(end[own[chosen]], channel, t) for end in spread[:2])
            axes.fill_between(positions[steps], low, high, color=ORANGE, alpha=0.25, linewidth=0, label=spread[2])
    _legend_below(every[-1])
    return figure


def extrapolation(name: str, data: ForecastDataset, beyond: Columns) -> Figure:
    """The end of each series in blue, and what the model makes of it from there on in orange."""
    panels, count = _panels(data), len(data.raw.series)
    steps = len(next(iter(beyond.values()))) // count
    title = f"Extrapolation of {name}, {steps} steps fed back"
    figure, every = canvases(title, data.raw.index, [label for *_, label in panels])
    for axes, (owner, channel, _) in zip(every, panels, strict=True):
        series, names = data.raw.series[owner], data.task.names
        shown = max(2 * data.input_shape[0], steps)
        own = slice(owner * steps, (owner + 1) * steps)
        column = "prediction" if len(names) == 1 else f"prediction_{names[channel]}"
        known = _drawn(data, owner)[-shown:]
        axes.plot(known, series.values[len(series) - len(known) :][:, channel], color=BLUE, label="truth")
        axes.plot(
            _as_drawn(beyond[data.raw.index][own], data), beyond[column][own], color=ORANGE, label="extrapolation"
        )
        axes.axvline(known[-1], color=GREY, linestyle=":", label="end of the data")
    _legend_below(every[-1])
    return figure


def _panels(data: ForecastDataset) -> list[tuple[int, int, str]]:
    """The series and channels that are drawn, each with what it is called."""
    every = product(range(len(data.raw.series)), range(len(data.task.names)))
    return [(owner, channel, _label(data, owner, channel)) for owner, channel in islice(every, MOST_PANELS)]


def _label(data: ForecastDataset, owner: int, channel: int) -> str:
    label, name = data.raw.series[owner].label, data.task.names[channel]
    return f"{label}: {name}" if label else name


def _drawn(data: ForecastDataset, owner: int) -> Array:
    return _as_drawn(data.raw.series[owner].positions, data)


def _as_drawn(positions: Any, data: ForecastDataset) -> Array:
    """Positions as matplotlib takes them: dates, or numbers."""
    if not data.raw.dated:
        return np.asarray(positions)
    in_text = len(positions) and isinstance(positions[0], str)
    return np.array(positions, "datetime64[s]") if in_text else np.asarray(positions).astype("datetime64[s]")


def _following(rows: Array, horizon: int) -> Array:
    """Of forecasts that begin at these rows, in order, the places of those that overlap with none before them."""
    chosen: list[int] = []
    end = -1
    for place in np.arange(len(rows)) if horizon > 1 else ():
        if rows[place] >= end:
            chosen.append(int(place))
            end = rows[place] + horizon
    return np.array(chosen, np.intp) if horizon > 1 else np.arange(len(rows))


def _path(values: Array, channel: int, t: int) -> Array:
    """Of values (n, horizon * t), those of a channel, one after the other."""
    path: Array = values.reshape(len(values), -1, t)[:, :, channel].ravel()
    return path


def _shaded(found: Answers, interval: Interval | None, groups: Array) -> tuple[Array, Array, str] | None:
    quantiles = [name for name in found.spread if name.startswith("quantile_")]
    if interval:
        return (*interval.around(found.predictions, found.spread, groups), f"{100 * interval.level:g} % interval")
    if "std" in found.spread:
        reach = 2 * found.spread["std"]
        return found.predictions - reach, found.predictions + reach, "two standard deviations"
    if len(quantiles) > 1:
        label = f"{quantiles[0]} to {quantiles[-1]}".replace("quantile_", "")
        return found.spread[quantiles[0]], found.spread[quantiles[-1]], label
    return None


def _band(axes: Axes, start: Any, end: Any) -> None:
    axes.axvspan(start, end, color=GREY, alpha=0.15, linewidth=0, label="trained on")


def _legend_below(axes: Axes) -> None:
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=4, frameon=False)
