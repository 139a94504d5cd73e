"""Whether the rows of a table follow each other in time, and which columns say so."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zen_cli.config.proposal.looking.facts import ColumnFacts
from zen_cli.data.frequency import dates
from zen_cli.data.table import Frame
from zen_cli.errors import DataError, quoted

Array = np.ndarray
OF_TIME = {"date", "datetime", "day", "days", "ds", "hour", "minute", "month", "period", "quarter", "second", "sec"}
OF_TIME |= {"time", "timestamp", "week", "year"}
OF_ORDER = {"index", "no", "nr", "row", "step", "t", "tick", "x"}  # which may also just number the rows of a table
MOST_SLIPS = 0.01  # of steps that go back: a mistake in a series, and not a table in no order
LEAST_LENGTH = 5  # rows of each of several series, on average
LEAST_SHARED = 1.5  # rows of each date
SAME_STEP = 1e-6  # of a step, by which others may differ that are equal but for rounding
ALIKE = 0.8  # autocorrelation of neighbours, above which rows that are numbered are a series


@dataclass(frozen=True)
class Time:
    """The column in which time goes on, if there is one, and the one that tells several series apart."""

    index: str | None
    series: str | None = None


def time_of(frame: Frame, columns: Mapping[str, ColumnFacts], asked: str | None) -> Time | None:
    """None for a table whose rows have no order. DataError where they go back in time."""
    candidates = [column for column in columns.values() if column.name != asked]
    for index in (*filter(_is_date, candidates), *filter(_counts_time, candidates)):
        if index.rises:
            return Time(index.name)
        for series in _tellers(candidates, index):
            if _rises_within(frame, index, series):
                return Time(index.name, series.name)
        if _slips(frame, index):
            return Time(index.name)
        _demand_not_backwards(frame, index)
    return _by_rows(frame, columns, asked)


def words_in(name: str) -> set[str]:
    """The words of `passenger_id`, `Passenger ID` and `PassengerId`, in small letters."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return set(re.findall(r"[^\W_]+", apart.lower()))


def _is_date(column: ColumnFacts) -> bool:
    return column.column.is_date and not column.missing


def _counts_time(column: ColumnFacts) -> bool:
    return column.kind == "number" and not column.missing and bool(words_in(column.name) & OF_TIME)


def _slips(frame: Frame, index: ColumnFacts) -> bool:
    """Whether dates rise but in a few places, of which reading the series tells."""
    steps = np.diff(frame.column(index.name))
    return _is_date(index) and len(steps) > 0 and (steps <= 0).mean() <= MOST_SLIPS


def _tellers(columns: Sequence[ColumnFacts], index: ColumnFacts) -> Iterator[ColumnFacts]:
    """Columns that may tell several series apart: words before numbers, and those of few before those of many."""
    if index.rows < LEAST_SHARED * index.distinct:
        return
    fitting = [
        column
        for column in columns
        if column.name != index.name
        and (column.kind == "category" or (column.kind == "number" and column.whole))
        and not column.missing
        and 1 < column.distinct <= column.rows / LEAST_LENGTH
    ]
    yield from sorted(fitting, key=lambda column: (column.kind, column.distinct))


def _rises_within(frame: Frame, index: ColumnFacts, series: ColumnFacts) -> bool:
    labels, times = frame.column(series.name), frame.column(index.name)
    order = np.argsort(labels, kind="stable")
    same = np.diff(labels[order]) == 0
    return bool((np.diff(times[order])[same] > 0).all())


def _demand_not_backwards(frame: Frame, index: ColumnFacts) -> None:
    times = frame.column(index.name)
    if _is_date(index) and len(times) > 1 and (np.diff(times) < 0).all():
        first, last = dates(times[[0, -1]])
        message = f"{frame.name}: its rows go back in time, from {first} to {last}"
        raise DataError(message, f"sort the file by {quoted(index.name)}")


# --- without dates ---


def _by_rows(frame: Frame, columns: Mapping[str, ColumnFacts], asked: str | None) -> Time | None:
    """Rows that are numbered, or one column of numbers alone, are a series; many columns are so if neighbours are."""
    numbers = [column for column in columns.values() if column.kind == "number" and column.distinct > 1]
    ordered = (column.name for column in numbers if _is_in_order(frame, column) and column.name != asked)
    index = next(ordered, None) if len(columns) > 1 else None
    values = [column for column in numbers if column.name != index]
    others = [column for column in columns.values() if column.name != index and not _names_time(column)]
    if len(values) == 1 and others == values:
        return Time(index)
    if index and values and len(values) == len(others) and _are_alike(frame.column(asked or values[-1].name)):
        return Time(index)
    return None


def _is_in_order(frame: Frame, column: ColumnFacts) -> bool:
    """Whether its numbers go up, and either its name says that they count or they come first, at equal steps."""
    if not column.rises or column.missing:
        return False
    steps = np.diff(frame.column(column.name))
    comes_first = column.name == frame.names[0] and bool(np.ptp(steps) <= SAME_STEP * steps.mean())
    return comes_first or bool(words_in(column.name) & OF_ORDER)


def _names_time(column: ColumnFacts) -> bool:
    """Whether it seems to hold dates that cannot be read, such as `Jan 2020`: each another, under such a name."""
    named = bool(words_in(column.name) & OF_TIME)
    return named and column.kind in ("category", "text") and column.distinct == column.rows


def unread_time(columns: Mapping[str, ColumnFacts]) -> str | None:
    return next((column.name for column in columns.values() if _names_time(column)), None)


def _are_alike(values: Array) -> bool:
    """Whether neighbours are: r_1 is high."""
    known = values[~np.isnan(values)]
    rest = known - known.mean()
    return len(rest) > 2 and float(rest[1:] @ rest[:-1]) > ALIKE * float(rest @ rest)
