"""How often the dates of a series come: every 15 minutes, every business day, every month.

Dates are positions (N,), seconds since 1970 as float64, without a time zone. They are counted in whole microseconds,
which is what float64 tells apart around now.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zen_cli.memory import demand

Array = np.ndarray
Unit = Literal["M", "D", "m", "s", "ms", "us"]  # what a date is written to, as NumPy calls it

SECOND = 10**6  # in microseconds
DAY = 86400 * SECOND
UNITS: Mapping[Unit, int] = {"D": DAY, "m": 60 * SECOND, "s": SECOND, "ms": 1000, "us": 1}
PERIODS = {
    "week": 7 * DAY,
    "day": DAY,
    "hour": 3600 * SECOND,
    "minute": 60 * SECOND,
    "second": SECOND,
    "millisecond": 1000,
    "microsecond": 1,
}
MONTHS = {"year": 12, "month": 1}

LEAST_SHARE = 1 / 3  # of steps that are the most common one; with fewer, dates just happen to be on a grid
LEAST_ON_GRID = 0.9  # of steps that are a multiple of it; others are a change of the clock, or a slip
SLACK = 0.01  # of a step, by which one on the grid may differ


@dataclass(frozen=True)
class Frequency(ABC):
    """How a series of dates goes on; `unit` is the precision that all of its dates can be written to."""

    unit: Unit

    @abstractmethod
    def __str__(self) -> str:
        """In words: `every month`."""

    @abstractmethod
    def after(self, seconds: Array, steps: Array) -> Array:
        """The date so many steps (at least 1) after each one."""

    @abstractmethod
    def steps_between(self, seconds: Array) -> Array:
        """How many steps each date (but for the first) is after the one before: whole numbers (N - 1,)."""

    def next(self, last: float, steps: int) -> Array:
        """The dates (steps,) that follow `last`."""
        return self.after(np.full(steps, last), np.arange(1, steps + 1))

    def gaps(self, seconds: Array) -> list[tuple[int, int]]:
        """Where dates are missing: the row before, and how many."""
        missing = self.steps_between(seconds) - 1
        return [(int(row), int(missing[row])) for row in np.flatnonzero(missing > 0)]

    def fill(self, seconds: Array) -> Array:
        """The dates with those that are missing between them."""
        counts = np.append(np.maximum(self.steps_between(seconds), 1), 1)[: len(seconds)]
        demand(8 * 4 * counts.sum(dtype=np.float64), f"a date for {self}")
        rows = np.repeat(np.arange(len(seconds)), counts)
        steps = np.arange(len(rows)) - (np.cumsum(counts) - counts)[rows]
        filled = seconds[rows]
        filled[steps > 0] = self.after(filled[steps > 0], steps[steps > 0])
        return filled

    def dates(self, seconds: Array) -> list[str]:
        """In ISO 8601: 2020-01-31, 2020-01 or 2020-01-31T12:30, as far as the frequency goes."""
        return dates(seconds, self.unit)


@dataclass(frozen=True)
class FixedStep(Frequency):
    """Every so many microseconds."""

    step: int

    def __str__(self) -> str:
        return _every(self.step, PERIODS)

    def after(self, seconds: Array, steps: Array) -> Array:
        return _seconds(_microseconds(seconds) + self.step * steps)

    def steps_between(self, seconds: Array) -> Array:
        return _whole_steps(np.diff(_microseconds(seconds)), self.step)


@dataclass(frozen=True)
class Months(Frequency):
    """Every so many months on the same day, or on the last of a month that is shorter; 31 is the last of each."""

    months: int
    day: int

    def __str__(self) -> str:
        return "every quarter" if self.months == 3 else _every(self.months, MONTHS)

    def after(self, seconds: Array, steps: Array) -> Array:
        months, _, time = _calendar(seconds)
        later = months + self.months * steps
        first = later.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
        return _seconds((first + np.minimum(self.day, _lengths(later)) - 1) * DAY + time)

    def steps_between(self, seconds: Array) -> Array:
        return _whole_steps(np.diff(_calendar(seconds)[0]), self.months)


@dataclass(frozen=True)
class BusinessDays(Frequency):
    """From Monday to Friday; holidays are not known, and so are gaps."""

    def __str__(self) -> str:
        return "every business day"

    def after(self, seconds: Array, steps: Array) -> Array:
        days, time = np.divmod(_microseconds(seconds), DAY)
        later = np.busday_offset(days.astype("datetime64[D]"), steps, roll="backward")
        return _seconds(later.astype(np.int64) * DAY + time)

    def steps_between(self, seconds: Array) -> Array:
        days = (_microseconds(seconds) // DAY).astype("datetime64[D]")
        return np.busday_count(days[:-1], days[1:])


# --- found in dates ---


def frequency_of(seconds: Array) -> Frequency | None:
    """The frequency of increasing dates (N,), which may have gaps: the most common step. None where there is none."""
    if len(seconds) < 2:
        return None
    return _months_of(seconds) or _business_days_of(seconds) or _fixed_step_of(seconds)


def _months_of(seconds: Array) -> Months | None:
    months, days, time = _calendar(seconds)
    if np.ptp(time):
        return None
    lengths = _lengths(months)
    day = 31 if (days == lengths).all() else int(days.max())
    step = _common_step(np.diff(months))
    if step is None or (days != np.minimum(day, lengths)).any():
        return None
    at_starts = day == 1 and not time[0]
    return Months("M" if at_starts else _unit_of(_microseconds(seconds)), step, day)


def _business_days_of(seconds: Array) -> BusinessDays | None:
    """Only where weekends are left out, and there is one to leave out."""
    days, time = np.divmod(_microseconds(seconds), DAY)
    dates = days.astype("datetime64[D]")
    if np.ptp(time) or not np.is_busday(dates).all():
        return None
    between = np.busday_count(dates[:-1], dates[1:])
    if _common_step(between) != 1 or (np.diff(days) == between).all():
        return None
    return BusinessDays(_unit_of(_microseconds(seconds)))


def _fixed_step_of(seconds: Array) -> FixedStep | None:
    positions = _microseconds(seconds)
    step = _common_step(np.diff(positions))
    return None if step is None else FixedStep(_unit_of(positions), step)


def _common_step(steps: Array) -> int | None:
    """The most common of whole numbers, the least where several are; None where others are no multiples of it."""
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[counts.argmax()])
    if step < 1 or counts.max() < LEAST_SHARE * len(steps):
        return None
    off = np.abs(steps - step * _whole_steps(steps, step))
    return step if (off <= SLACK * step).mean() >= LEAST_ON_GRID else None


def positions_after(positions: Array, steps: int, dated: bool) -> Array:
    """The positions (steps,) that follow: at their frequency where they are dates that have one, else at the last step.

    A single position is followed by others at a distance of 1.
    """
    if dated and (frequency := frequency_of(positions)):
        return frequency.next(float(positions[-1]), steps)
    step = positions[-1] - positions[-2] if len(positions) > 1 else 1.0
    after: Array = positions[-1] + step * np.arange(1, steps + 1)
    return after


# --- as text ---


def dates(seconds: Array, unit: Unit | None = None) -> list[str]:
    """In ISO 8601 to the unit, or to the coarsest one, from days on, that tells all of each date."""
    positions = _microseconds(seconds)
    moments = positions.astype("datetime64[us]")
    texts: list[str] = np.datetime_as_string(moments, unit or _unit_of(positions), casting="unsafe").tolist()
    return texts


def _unit_of(positions: Array) -> Unit:
    """The coarsest unit, from days on, of which all positions in microseconds are multiples."""
    return next(unit for unit, size in UNITS.items() if not (positions % size).any())


def _every(step: int, periods: Mapping[str, int]) -> str:
    """In the largest period that divides the step: `every 15 minutes`."""
    name, size = next((name, size) for name, size in periods.items() if step % size == 0)
    return f"every {name}" if step == size else f"every {step // size} {name}s"


# --- arithmetic ---


def _microseconds(seconds: Array) -> Array:
    positions: Array = np.rint(np.asarray(seconds, np.float64) * SECOND).astype(np.int64)
    return positions


def _seconds(microseconds: Array) -> Array:
    return microseconds / SECOND


def _whole_steps(distances: Array, step: int) -> Array:
    """How many steps fit best into each distance."""
    return (2 * distances + step) // (2 * step)


def _calendar(seconds: Array) -> tuple[Array, Array, Array]:
    """Months since 1970, days of the month from 1 on, and times of the day in microseconds."""
    days, time = np.divmod(_microseconds(seconds), DAY)
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    return months.astype(np.int64), (dates - months).astype(np.int64) + 1, time


def _lengths(months: Array) -> Array:
    """How many days each month has."""
    starts = np.stack([months, months + 1]).astype("datetime64[M]").astype("datetime64[D]")
    lengths: Array = np.diff(starts, axis=0)[0].astype(np.int64)
    return lengths
