"""The windows of series as a dataset, in the user's units on request."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from zen_cli.data.dataset import Dataset
from zen_cli.data.places import Division
from zen_cli.data.rows import Where, Windows, blocks
from zen_cli.data.runs import Runs
from zen_cli.data.scaling import Scaling
from zen_cli.data.series import SeriesSet
from zen_cli.data.tasks import Columns, Forecast
from zen_cli.padded import Rows

Array = np.ndarray


@dataclass(frozen=True)
class ForecastDataset(Dataset):
    """Windows and what follows them. `origins` are the rows that they predict first, in all series of `raw` in a row.

    In `filled`, missing values are filled in, and `rows` (M, C) are those values scaled. `places` say which series each
    of them is to the scaling, `divisions` where its parts end, and `missing` counts windows that lack a value.
    """

    task: Forecast
    raw: SeriesSet
    filled: SeriesSet
    rows: Rows
    origins: Runs
    missing: int
    scaling: Scaling
    places: tuple[int, ...]
    divisions: tuple[Division, ...]
    tells_series_apart: bool  # in what is said of them: there are several, or were in training

    @cached_property
    def positions(self) -> Array:
        """The position of each row of `values`."""
        first, *others = (series.positions for series in self.raw.series)
        return np.concatenate([first, *others]) if others else first

    @cached_property
    def starts(self) -> Array:
        """The row that each series begins with, and the end."""
        return np.cumsum([0, *map(len, self.raw.series)])

    @property
    def left_out(self) -> int:
        return self.missing

    @property
    def notes(self) -> Sequence[str]:
        return self.raw.notes

    def numbers(self) -> Iterator[Array]:
        return blocks(self.rows)

    def owners(self, where: Where) -> Array:
        """The place of the series that each example is of."""
        return np.searchsorted(self.starts, self.origins[where], side="right") - 1

    def groups(self, where: Where) -> Array:
        series: Array = np.array(self.places)[self.owners(where)]
        return series

    @property
    def group_count(self) -> int:
        return max(self.places) + 1

    def truth(self, where: Where) -> Array:
        steps = self._predicted(self.raw, self.origins.selected(where), self.task.horizon)
        return steps.reshape(len(steps), self.task.horizon * len(self.task.names))

    def in_units(self, predictions: Array, where: Where) -> Array:
        names = self.task.names
        steps = predictions.reshape(len(predictions), -1, len(names))
        restored = self.scaling.restore(steps, self._before(where), self.groups(where), names)
        return restored.reshape(predictions.shape)

    def _before(self, where: Where) -> Array | None:
        """The values right before each prediction that it takes to undo the scaling: (n, reach, t)."""
        if not (reach := self.scaling.reach):
            return None
        return self._predicted(self.filled, self.origins.selected(where).moved(-reach), reach)

    def _predicted(self, series: SeriesSet, firsts: Runs, steps: int) -> Array:
        """Of the channels that are predicted so many values from each of these rows on: (n, steps, t)."""
        values: Array = Windows(series.rows, firsts, steps)[:]
        return values[:, :, : len(self.task.names)]

    def names(self, where: Where) -> Columns:
        rows = (self.origins[where][:, None] + np.arange(self.task.horizon)).ravel()
        positions = self.positions[rows]
        columns: dict[str, Sequence[Any] | Array] = {}
        if self.tells_series_apart:
            owners = np.repeat(self.owners(where), self.task.horizon)
            columns["series"] = [self.raw.series[owner].label for owner in owners]
        columns[self.raw.index] = self.raw.said(positions)
        if self.task.horizon > 1:
            columns["step"] = np.tile(np.arange(1, self.task.horizon + 1), len(rows) // self.task.horizon)
        return columns

    def naive_error(self, season: int) -> Array:
        """For each number of a target, the mean error of the value a season before, where the targets train."""
        t, errors = len(self.task.names), []
        for series, division in zip(self.raw.series, self.divisions, strict=True):
            past = series.values[division.first : division.validation][:, :t]
            errors.append(np.abs(past[season:] - past[:-season]))
        return np.tile(np.nanmean(np.concatenate(errors), axis=0), self.task.horizon)

    def meaning(self) -> list[Any]:
        raw = self.raw
        return [raw.channels, raw.past, raw.future, raw.index, hashlib.sha256(self.positions.tobytes()).hexdigest()]

    def content(self) -> str:
        digest = hashlib.sha256()
        for series in self.raw.series:
            values, shape = series.values, series.values.shape
            shape = shape if shape[1] > 1 else shape[:1]  # as checkpoints of format 1 have it
            digest.update(f"{series.label}{values.dtype.str}{shape}".encode())
            for block in blocks(values):
                digest.update(np.ascontiguousarray(block).data)
        return digest.hexdigest()
