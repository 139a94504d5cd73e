"""Series with what is predicted of them."""

from itertools import islice, pairwise, product
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.places import Division
from zen_cli.data.tasks import Columns
from zen_cli.interval import Interval
from zen_cli.report.plots.canvas import BLUE, GREY, ORANGE, canvases, legend_below
from zen_cli.training.evaluation import Answers

Array = np.ndarray
Shaded = tuple[Array, Array, str]  # from, to, and what lies between
MOST_PANELS = 4
LONG = 300  # points: of more, a line becomes a block
END = (60, 200)  # points, the least and the most, that show the end of what is longer

with_short_dates = rc_context({"date.converter": "concise"})  # longer ones run into each other


def predictions_over_truth(
    name: str, data: ForecastDataset, where: Array, found: Answers, interval: Interval | None
) -> dict[str, Figure]:
    """Series in blue, predictions of the examples `where` in orange, and a band over what training has seen.

    Of forecasts of several steps, those are drawn that follow each other. Where it is known how sure the model is, that
    is shaded: intervals, outer quantiles, or two standard deviations. Of long series, a second picture shows the end.
    """
    ahead = "one step ahead" if data.task.horizon == 1 else f"{data.task.horizon} steps at a time"
    title = f"Predictions of {name}, {ahead}"
    shaded = _shaded(found, interval, data.groups(where))
    pictures = {"predictions": _predicted(title, data, where, found, shaded, _first_rows(data, where))}
    if max(map(len, data.raw.series)) > LONG:
        pictures["predictions_end"] = _predicted(f"{title}: the end", data, where, found, shaded, _last_rows(data))
    return pictures


@with_short_dates
def _predicted(
    title: str, data: ForecastDataset, where: Array, found: Answers, shaded: Shaded | None, firsts: list[int]
) -> Figure:
    """The picture of each series from the row on that `firsts` has for it."""
    panels, t = _panels(data), len(data.task.names)
    figure, every = canvases(title, data.raw.index, [label for *_, label in panels])
    owners = data.owners(where)
    for axes, (owner, channel, _) in zip(every, panels, strict=True):
        positions, first = _drawn(data, owner), firsts[owner]
        _mark_parts(axes, positions, data.divisions[owner], first)
        truth = data.raw.series[owner].values[first:][:, channel]
        width = 3.2 if len(truth) <= LONG else 1.2
        axes.plot(positions[first:], truth, color=BLUE, linewidth=width, label="truth")
        rows = data.origins[where] - data.starts[owner]
        own = np.flatnonzero((owners == owner) & (rows >= first))
        own = own[_following(rows[own], data.task.horizon)]
        steps = (rows[own, None] + np.arange(data.task.horizon)).ravel()
        there = np.insert(positions[steps], _gaps(steps), positions[steps[_gaps(steps)]])
        path = _path(found.predictions[own], channel, t, steps)
        axes.plot(there, path, color=ORANGE, linewidth=width / 2, label="prediction")
        if shaded:
            low, high = (_path(end[own], channel, t, steps) for end in shaded[:2])
            axes.fill_between(there, low, high, color=ORANGE, alpha=0.25, linewidth=0, label=shaded[2])
    legend_below(figure, every)
    return figure


def _first_rows(data: ForecastDataset, where: Array) -> list[int]:
    """The first row that is drawn of each series: of very many, only those with predictions."""
    if len(where) == len(data):
        return [0] * len(data.raw.series)
    owners, rows = data.owners(where), data.origins[where]
    spans = enumerate(pairwise(data.starts))
    return [int(rows[owners == i].min(initial=end) - start) for i, (start, end) in spans]


def _last_rows(data: ForecastDataset) -> list[int]:
    """The first row of the end of each series: some windows, none of which was trained on where any was held out."""
    shown = int(np.clip(6 * data.input_shape[0], *END))
    held_out = [division.end - division.validation or division.end for division in data.divisions]
    return [division.end - min(shown, held) for division, held in zip(data.divisions, held_out, strict=True)]


@with_short_dates
def extrapolation(name: str, data: ForecastDataset, beyond: Columns) -> Figure:
    """The end of each series in blue, and what the model makes of it from there on in orange.

    Its intervals are shaded, as far as `beyond` has them.
    """
    panels, count = _panels(data), len(data.raw.series)
    steps = len(next(iter(beyond.values()))) // count
    title = f"Extrapolation of {name}, {steps} steps fed back"
    figure, every = canvases(title, data.raw.index, [label for *_, label in panels])
    for axes, (owner, channel, _) in zip(every, panels, strict=True):
        series, names = data.raw.series[owner], data.task.names
        shown = max(2 * data.input_shape[0], steps)
        own = slice(owner * steps, (owner + 1) * steps)
        suffix = "" if len(names) == 1 else f"_{names[channel]}"
        known = _drawn(data, owner)[-shown:]
        axes.plot(known, series.values[len(series) - len(known) :][:, channel], color=BLUE, label="truth")
        positions = _as_drawn(beyond[data.raw.index][own], data)
        path = np.append(series.values[-1:][:, channel], beyond[f"prediction{suffix}"][own])
        axes.plot(np.append(known[-1:], positions), path, color=ORANGE, label="extrapolation")
        if f"low{suffix}" in beyond:
            low, high = (beyond[f"{end}{suffix}"][own] for end in ("low", "high"))
            axes.fill_between(positions, low, high, color=ORANGE, alpha=0.25, linewidth=0, label="interval")
        axes.axvline(known[-1], color=GREY, linestyle=":", label="end of the data")
    legend_below(figure, every)
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
    """Of forecasts that begin at these rows, in order, the places of those that overlap with none of the later ones."""
    if horizon == 1:
        return np.arange(len(rows))
    chosen: list[int] = []
    for place in reversed(range(len(rows))):
        if not chosen or rows[place] + horizon <= rows[chosen[-1]]:
            chosen.append(place)
    return np.array(chosen[::-1], np.intp)


def _gaps(steps: Array) -> Array:
    """The places before which rows are left out: a line must not go on there."""
    return np.flatnonzero(np.diff(steps) != 1) + 1


def _path(values: Array, channel: int, t: int, steps: Array) -> Array:
    """Of values (n, horizon * t), those of a channel, one after the other; NaN where the `steps` leave out rows."""
    path: Array = values.reshape(len(values), -1, t)[:, :, channel].ravel()
    return np.insert(path.astype(np.float64), _gaps(steps), np.nan)


def _shaded(found: Answers, interval: Interval | None, groups: Array) -> Shaded | None:
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


def _mark_parts(axes: Axes, positions: Array, division: Division, first: int) -> None:
    """A band over what was trained on, and a line where the test part begins, as far as they are after `first`."""
    if first < division.validation:
        trained = positions[first], positions[division.validation - 1]
        axes.axvspan(*trained, color=GREY, alpha=0.15, linewidth=0, label="trained on")
    if first < division.test < division.end:
        axes.axvline(positions[division.test], color="black", linestyle=":", zorder=3, label="test begins")
