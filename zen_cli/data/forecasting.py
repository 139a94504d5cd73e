"""How series become windows and the values that follow them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from zen_cli.data.dataset import Preparation, Shape
from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.frequency import positions_after
from zen_cli.data.gaps import patched
from zen_cli.data.parts import USUAL, Amount, amounts, seconds_of, size_of
from zen_cli.data.places import Cut, Division, Places
from zen_cli.data.rows import Mapped, blocks, concatenated, windowed
from zen_cli.data.runs import Runs
from zen_cli.data.scaling import Scaler, Scaling
from zen_cli.data.series import Series, SeriesSet
from zen_cli.data.table.disk import on_disk
from zen_cli.data.tasks import Forecast
from zen_cli.errors import DataError, quoted
from zen_cli.padded import Rows

Array = np.ndarray


def divide(raw: SeriesSet, cut: Cut, reach: int, train: Amount, test: Amount) -> list[Division]:
    """The parts of each series, all divided alike; `reach` is how many values scaling takes from its beginning."""
    first = reach + cut.window
    if raw.dated:
        _demand_dates(raw, first, {"train": train, "test": test})
    divisions = []
    for series in raw.series:
        positions = series.positions[first:]
        trained, tested = amounts(train, test, len(positions), _what(cut, series), positions)
        divisions.append(Division(first, first + trained, len(series) - tested, len(series)))
    if all(d.validation - d.first < cut.horizon for d in divisions):
        longest = max(d.test - d.first for d in divisions)
        message = f"no window trains: {cut.horizon} values in a row are predicted, and fewer are to train"
        enough = {"train": max(cut.horizon, 4 * longest // 5)} if longest >= cut.horizon else {}
        raise DataError(message, setting="train", instead=enough)
    return divisions


def _demand_dates(raw: SeriesSet, first: int, amounts: Mapping[str, Amount]) -> None:
    """DataError for a date that divides nothing, as nothing is predicted before it or from it on, and for a year."""
    start, end = min(s.positions[first] for s in raw.series), max(s.positions[-1] for s in raw.series)
    span = " to ".join(map(str, raw.said(np.array([start, end]))))
    for setting, amount in amounts.items():
        if isinstance(amount, str) and not start < seconds_of(amount, setting) <= end:
            message = f"{amount} does not divide what is predicted, from {span}"
            raise DataError(message, setting=setting, instead={setting: USUAL[setting]})
        longest = max(map(len, raw.series))
        is_year = isinstance(amount, int) and longest < amount in range(1000, 10000)
        if is_year and start < seconds_of(f"{amount}-01", setting) <= end:
            message = f"{amount} is how many, and there are {longest} values, from {span}"
            raise DataError(message, setting=setting, instead={setting: f"{amount}-01"})


def demand_lengths(raw: SeriesSet, cut: Cut, reach: int) -> None:
    """DataError where a series has no window with all that follows it."""
    for series in raw.series:
        _demand_length(series, cut, reach + cut.window)


def _what(cut: Cut, series: Series) -> str:
    return ("windows" if cut.horizon == 1 else "predicted values") + (f" of {series.label}" if series.label else "")


def _demand_length(series: Series, cut: Cut, first: int) -> None:
    needed = first + cut.horizon
    if len(series) < needed:
        scaled = f", {first - cut.window} before it for scaling," if first > cut.window else ""
        then = "the next one" if cut.horizon == 1 else f"the next {cut.horizon}"
        named = f" {quoted(series.label)}" if series.label else ""
        message = f"a window of {cut.window} values{scaled} and {then} need {needed} points, but the series{named} has"
        spare = {"window": len(series) - needed + cut.window, "horizon": len(series) - first}
        blamed = max(("window", "horizon"), key=lambda setting: (spare[setting] > 0, getattr(cut, setting)))
        instead = {blamed: spare[blamed]} if spare[blamed] > 0 else {}
        raise DataError(f"{message} {len(series)}", setting=blamed, instead=instead)


@dataclass(frozen=True)
class Forecasting(Preparation):
    """Windows of scaled values. `labels` tell the series apart that it was fitted on."""

    cut: Cut
    channels: tuple[str, ...]
    past: int
    future: int
    labels: tuple[str, ...]
    scaling: Scaling
    naive_errors: dict[int, list[float]] = field(default_factory=dict)

    kind = "forecast"
    lengths_vary = False

    @classmethod
    def fit(cls, raw: SeriesSet, cut: Cut, scalers: Sequence[Scaler], divisions: Sequence[Division]) -> "Forecasting":
        """What makes examples of these series, scaled as their training parts are."""
        trained = [partial(blocks, s.values, 0, d.validation) for s, d in zip(raw.series, divisions, strict=True)]
        labels = tuple(series.label for series in raw.series)
        scaling = Scaling.fit(scalers, raw.channels, trained)
        return cls(cut, raw.channels, raw.past, raw.future, labels, scaling)

    @property
    def now(self) -> int:
        """How many channels are known up to the present only; the first of them are predicted."""
        return len(self.channels) - self.future

    @property
    def goes_on(self) -> bool:
        """Whether it predicts all that it looks at, so that predictions can be fed back without end."""
        return len(self.task.names) == len(self.channels)

    @property
    def fed_back(self) -> int:  # type: ignore[override]
        return self.cut.horizon if self.cut.recursive else 0

    @property
    def task(self) -> Forecast:  # type: ignore[override]
        return Forecast(self.channels[: self.now - self.past], self.cut.horizon)

    @property
    def input_shape(self) -> Shape:  # type: ignore[override]
        return (self.cut.window, self.now + self.cut.steps * self.future)

    @property
    def target_shape(self) -> Shape:  # type: ignore[override]
        return (self.cut.steps * len(self.task.names),)

    def state(self) -> Mapping[str, Any]:
        return {
            "cut": [self.cut.window, self.cut.horizon, self.cut.recursive],
            "channels": list(self.channels),
            "past": self.past,
            "future": self.future,
            "labels": list(self.labels),
            "scaling": self.scaling.state(),
            "naive_errors": {str(season): errors for season, errors in self.naive_errors.items()},
        }

    def naive_error(self, season: int) -> Array:
        return np.array(self.naive_errors[season])

    def keep_naive_error(self, season: int, data: ForecastDataset) -> Array:
        if season not in self.naive_errors:
            self.naive_errors[season] = data.naive_error(season).tolist()
        return self.naive_error(season)

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Forecasting":
        return cls(
            Cut(*state["cut"]),
            tuple(state["channels"]),
            state["past"],
            state["future"],
            tuple(state["labels"]),
            Scaling.from_state(state["scaling"]),
            {int(season): errors for season, errors in state["naive_errors"].items()},
        )

    def dataset(self, raw: SeriesSet, divisions: Sequence[Division] | None = None) -> ForecastDataset:
        """The windows of series; without divisions all are a test part, and what they predict need not be known."""
        self._demand_alike(raw)
        if divisions is None and not self.future:
            raw = replace(raw, series=tuple(_extended(series, self.cut.horizon, raw.dated) for series in raw.series))
        reach = self.scaling.reach
        first = reach + self.cut.window
        divided = divisions or [Division(first, first, first, len(series)) for series in raw.series]
        filled = patched(raw, [[d.validation, d.test] for d in divided])
        places = Places.of(raw, filled, divided, self.cut, reach, truth=divisions is not None)
        if divisions is None and not len(places.origins):
            raise DataError(self._too_few(raw, places))
        if divisions is not None and not size_of(places.parts.train):
            raise DataError("a value is missing in every window of the training part", setting="window")
        scaled = [self._scaled(series.values, self.number(series.label)) for series in filled.series]
        rows = concatenated(scaled)
        seen = concatenated([self._with_future(values[:]) for values in scaled]) if self.future else rows
        return ForecastDataset(
            inputs=windowed(seen, places.origins.moved(-self.cut.window), self.cut.window),
            targets=self._targets(rows, places.origins),
            rows=rows,
            parts=places.parts,
            task=self.task,
            raw=raw,
            filled=filled,
            origins=places.origins,
            missing=places.left_out,
            scaling=self.scaling,
            places=tuple(self.number(series.label) for series in filled.series),
            divisions=tuple(divided),
            tells_series_apart=max(len(raw.series), len(self.labels)) > 1,
        )

    def _demand_alike(self, raw: SeriesSet) -> None:
        if len(raw.channels) != len(self.channels):
            known, given = ", ".join(self.channels[:10]), ", ".join(raw.channels[:10])
            raise DataError(f"the model was trained on the columns {known}, but these are {given}")

    def number(self, label: str) -> int:
        """Of the series that it was fitted on, the one with this label; one that is alone stands for any."""
        if len(self.labels) == 1:
            return 0
        if label not in self.labels:
            known = ", ".join(map(quoted, self.labels[:5])) + (", ..." if len(self.labels) > 5 else "")
            raise DataError(f"the model does not know a series {quoted(label)}: it was trained on {known}")
        return self.labels.index(label)

    def _too_few(self, raw: SeriesSet, places: Places) -> str:
        """Why no window is in new data."""
        if places.left_out:
            return "a value is missing in every window of these data"
        needed = self.scaling.reach + self.cut.window
        known = max(map(len, raw.series)) - self.cut.horizon
        last = f" before the {self.cut.horizon} to predict" if self.future else ""
        return f"the model looks at {needed} values to predict the next, but there are only {max(0, known)}{last}"

    def _scaled(self, values: Rows, number: int) -> Rows:
        """The scaled values, row for row: those that are only there to scale others are missing."""
        missing = np.full((min(self.scaling.reach, len(values)), values.shape[1]), np.nan)
        if not isinstance(values, np.ndarray):
            return on_disk(chain([missing], self.scaling.apply_blocks(blocks(values), number)), values.shape[1])
        scaled = self.scaling.apply(values, number)
        return np.concatenate([missing, scaled]) if len(missing) else scaled

    def _with_future(self, values: Array) -> Array:
        """What the model sees of each row: what is known by then, and in advance of the steps after it."""
        steps = self.cut.steps
        ahead = np.full((len(values), steps, self.future), np.nan)
        for step in range(min(steps, len(values) - 1)):
            ahead[: len(values) - step - 1, step] = values[step + 1 :, self.now :]
        return np.hstack([values[:, : self.now], ahead.reshape(len(values), -1)])

    def _targets(self, rows: Rows, origins: Runs) -> Rows:
        steps, t = self.cut.steps, len(self.task.names)
        cut = windowed(rows, origins, steps)
        if isinstance(cut, np.ndarray) and steps == 1:
            return cut[:, 0, :t]
        flat = Mapped(cut, lambda values: values[:, :, :t].reshape(len(values), -1), (steps * t,))
        return flat[:] if isinstance(rows, np.ndarray) else flat


def _extended(series: Series, steps: int, dated: bool) -> Series:
    """With so many more rows, of values that nobody knows yet."""
    unknown = np.full((steps, series.values.shape[1]), np.nan)
    after = positions_after(series.positions, steps, dated)
    return replace(
        series,
        positions=np.concatenate([series.positions, after]),
        values=np.concatenate([series.values[:], unknown]),
    )
