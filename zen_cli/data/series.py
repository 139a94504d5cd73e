"""Series of values, and the windows that turn forecasting into examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from zen_cli.data.frequency import Frequency, dates, frequency_of
from zen_cli.data.rows import concatenated
from zen_cli.padded import Rows

Missing = Literal["error", "drop", "fill", "interpolate"]


@dataclass(frozen=True)
class Series:
    """Values (N, C), a channel each, at increasing positions (N,); both float64, the values perhaps on disk.

    `label` tells it from other series. A missing value is NaN.
    """

    positions: np.ndarray
    values: Rows
    label: str = ""

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class SeriesSet:
    """One or more series with the same channels: those that are predicted come first.

    Behind them stand `past` covariates, known up to the present, and then `future` ones, known in advance too. `dated`
    positions count seconds since 1970; `index` is what positions are called. `missing` says what becomes of values that
    are not there: windows that hold one are left out (drop), or it is the last one known (fill), or lies between those
    on both sides (interpolate), and then windows that end inside of a gap are left out, whose line tells what follows.
    """

    series: tuple[Series, ...]
    channels: tuple[str, ...]
    past: int = 0
    future: int = 0
    dated: bool = False
    index: str = "x"
    missing: Missing = "error"
    notes: tuple[str, ...] = ()

    def said(self, positions: np.ndarray) -> Sequence[Any] | np.ndarray:
        """Positions as people read them: dates as far as these go, such as 1960-01 for months."""
        if not self.dated:
            return positions
        return self._frequency.dates(positions) if self._frequency else dates(positions)

    @cached_property
    def rows(self) -> Rows:
        """The values of all series, one after the other: (M, C)."""
        return concatenated([series.values for series in self.series])

    @cached_property
    def _frequency(self) -> Frequency | None:
        return frequency_of(self.series[0].positions)

    @property
    def now(self) -> int:
        """How many channels are known up to the present only."""
        return len(self.channels) - self.future

    @property
    def targets(self) -> int:
        """How many channels are predicted."""
        return len(self.channels) - self.past - self.future
