"""A table with what each of its columns is for, and the series that it holds."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from zen_cli.data.frequency import dates, frequency_of
from zen_cli.data.joined import joined
from zen_cli.data.rows import Mapped, Selected, blocks
from zen_cli.data.runs import Runs
from zen_cli.data.series import Missing, Series, SeriesSet
from zen_cli.data.table.frame import Column, Frame
from zen_cli.errors import DataError, quoted
from zen_cli.padded import Rows

Array = np.ndarray
Gaps = Literal["error", "missing", "ignore"]
Unseen = Literal["error", "zeros"]


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are for, by their names."""

    targets: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    index: str | None = None
    series: str | None = None
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        return (*self.targets, *self.past, *self.future)


@dataclass(frozen=True)
class Table:
    """Tables with the same columns as one that is to be learnt from; the second, where there is one, is a test part.

    `missing`, `gaps` and `unseen` say what becomes of cells that are not there, of steps in time that are not there,
    and of categories that the training part does not have.
    """

    frames: tuple[Frame, ...]
    roles: Roles
    missing: Missing = "error"
    gaps: Gaps = "error"
    unseen: Unseen = "error"

    @property
    def test(self) -> int:
        """How many rows at the end are a test part that came with the others."""
        return sum(map(len, self.frames[1:]))

    @cached_property
    def rows(self) -> Rows:
        first, *others = (frame.rows for frame in self.frames)
        return joined(first, others[0], "two tables") if others else first

    @property
    def names(self) -> tuple[str, ...]:
        return self.frames[0].names

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found out, or assumed, of each file."""
        return tuple(f"{frame.name}: {note}" for frame in self.frames for note in frame.notes)

    def index(self, name: str) -> int:
        return self.frames[0].index(name)

    def column(self, name: str) -> Column:
        return self.frames[0].columns[self.index(name)]

    def values(self, name: str) -> Array:
        """The numbers of a column, (N,)."""
        return np.concatenate([frame.column(name) for frame in self.frames])

    def place(self, row: int, name: str) -> str:
        """Where a cell stands."""
        first = self.frames[0]
        return first.place(row, name) if row < len(first) else self.frames[1].place(row - len(first), name)

    # --- as examples ---

    def demand_usable(self, demand_targets: bool = True) -> None:
        """DataError where a cell is missing that has to be there, or a column holds what nothing is made of."""
        self._demand_usable_kinds()
        if self.missing == "interpolate":
            message = "only in a series a line can be drawn to the value after one that is missing"
            raise DataError(message, setting="missing", instead={"missing": "fill"})
        if self.missing == "error":
            self.demand_whole(self.roles.inputs)
        if demand_targets and self.missing != "drop":
            self.demand_whole(self.roles.targets)

    def whole_rows(self, with_targets: bool = True) -> Array | None:
        """(N,) whether a row has all its cells, where only such rows are to be used."""
        if self.missing != "drop":
            return None
        places = [self.index(name) for name in (*self.roles.inputs, *self.roles.targets * with_targets)]
        return np.concatenate([~np.isnan(block[:, places]).any(axis=1) for block in blocks(self.rows)])

    # --- as series ---

    def as_series(self, demand_targets: bool = True) -> SeriesSet:
        """The series in it. DataError where a value is missing that has to be there, or where time is not in order."""
        roles = self.roles
        places = [self.index(name) for name in roles.channels]
        self._demand_numbers(roles.channels)
        if self.missing == "error":
            self.demand_whole(roles.channels if demand_targets else roles.future)  # nothing else is known in advance
        return SeriesSet(
            series=tuple(self._series(label, rows, places) for label, rows in self._by_series()),
            channels=roles.channels,
            past=len(roles.past),
            future=len(roles.future),
            dated=self._is_dated,
            index=roles.index or "row",
            missing=self.missing,
            notes=self.notes,
        )

    def _by_series(self) -> Iterator[tuple[str, Array | None]]:
        """Each series' label and rows; None for all of them."""
        if self.roles.series is None:
            yield "", None
            return
        column, codes = self.column(self.roles.series), self.values(self.roles.series)
        self.demand_whole([self.roles.series])
        for code, label in enumerate(column.labels):
            if len(rows := np.flatnonzero(codes == code)):
                yield label, rows

    def _series(self, label: str, rows: Array | None, places: list[int]) -> Series:
        values: Rows = self.rows if rows is None else Selected(self.rows, Runs.of(rows))
        positions = self._positions(label, rows)
        chosen = Mapped(values, lambda block: block[:, places], (len(places),))
        on_disk = not isinstance(self.rows, np.ndarray)
        series = Series(positions, chosen if on_disk else chosen[:], label)
        return self._on_time(series) if self.gaps == "missing" and self._is_dated else series

    @property
    def _is_dated(self) -> bool:
        return self.roles.index is not None and self.column(self.roles.index).is_date

    def _positions(self, label: str, rows: Array | None) -> Array:
        if self.roles.index is None:
            return np.arange(len(self.rows) if rows is None else len(rows), dtype=np.float64)
        self.demand_whole([self.roles.index])
        if not self._is_dated and self.column(self.roles.index).kind != "number":
            raise DataError(f"an index is a date or a number, but {self._held(self.roles.index)}", setting="index")
        column = self.values(self.roles.index)
        positions = column if rows is None else column[rows]
        self._demand_order(positions, label, rows)
        if self._is_dated and self.gaps == "error":
            self._demand_no_gaps(positions, label, rows)
        return positions

    def _demand_order(self, positions: Array, label: str, rows: Array | None) -> None:
        wrong = np.flatnonzero(np.diff(positions) <= 0)
        if not len(wrong):
            return
        name = self.roles.index
        assert name
        before, after = (int(row if rows is None else rows[row]) for row in (wrong[0], wrong[0] + 1))
        twice = positions[wrong[0]] == positions[wrong[0] + 1]
        said, previous = self._said(name, after), self._said(name, before)
        of = f" of {quoted(label)}" if label else ""
        what = f"{said} is there twice{of}" if twice else f"{said} comes after {previous}{of}"
        more = ", and in the row before" if twice else ""
        apart = "" if label else self._tells_apart(positions)
        advice = "take one of them out" if twice else f"sort the file by {quoted(name)}"
        instead = {"series": apart} if apart else {}
        setting = "series" if apart else "index"
        raise DataError(f"{self.place(after, name)}: {what}{more}", advice, setting=setting, instead=instead)

    def _tells_apart(self, positions: Array) -> str:
        """The column that tells series apart in which no position is twice, and all are in order; empty without one."""
        for column in self.frames[0].columns:
            if column.kind == "category" and column.name not in self.roles.channels:
                codes = self.values(column.name)
                series = (positions[codes == code] for code in range(len(column.labels)))
                if all((np.diff(each) > 0).all() for each in series):
                    return column.name
        return ""

    def _demand_no_gaps(self, positions: Array, label: str, rows: Array | None) -> None:
        frequency = frequency_of(positions)
        gaps = frequency.gaps(positions) if frequency else []
        if not gaps:
            return
        name = self.roles.index
        assert name
        assert frequency
        row, count = gaps[0]
        after = int(row + 1 if rows is None else rows[row + 1])
        before = int(row if rows is None else rows[row])
        of = f" of {quoted(label)}" if label else ""
        missing = f"{count} row{'s are' if count > 1 else ' is'} missing{of} between {self._said(name, before)} and"
        more = f" (and there are {len(gaps) - 1} more such gaps)" if len(gaps) > 1 else ""
        message = f"{self.place(after, name)}: {missing} {self._said(name, after)}, at a row {frequency}{more}"
        hint = "with `gaps: missing` they are missing values, and with `gaps: ignore` rows just follow each other"
        raise DataError(message, hint, setting="gaps", instead={"gaps": "ignore"})

    def _on_time(self, series: Series) -> Series:
        """With a row of missing values wherever a date is missing."""
        frequency = frequency_of(series.positions)
        if frequency is None or not frequency.gaps(series.positions):
            return series
        positions = frequency.fill(series.positions)
        values = np.full((len(positions), series.values.shape[1]), np.nan)
        values[np.searchsorted(positions, series.positions)] = series.values[:]
        return Series(positions, values, series.label)

    def _said(self, name: str, row: int) -> str:
        """A cell as people write it."""
        value, column = self.rows[row : row + 1][0, self.index(name)], self.column(name)
        if not column.is_date:
            return f"{value:.10g}"
        in_months = len(column.examples[0]) == len("2020-01")
        return dates(np.array([value]), "M" if in_months else None)[0]

    # --- what must be so ---

    def demand_whole(self, names: Iterable[str]) -> None:
        """DataError where a cell of these columns is missing."""
        for frame, name in itertools.product(self.frames, names):
            column = frame.columns[frame.index(name)]
            if column.first_missing is not None:
                more = f" ({column.missing} are missing in this column)" if column.missing > 1 else ""
                message = f"{frame.place(column.first_missing, name)}: a value is missing{more}"
                if name in (self.roles.index, self.roles.series):
                    raise DataError(message, "each row of a series needs one")
                hint = "`missing: drop` leaves such rows out, `fill` and `interpolate` make up values"
                raise DataError(message, hint, setting="missing", instead={"missing": "drop"})

    def _demand_numbers(self, names: Iterable[str]) -> None:
        for name in names:
            if self.column(name).kind != "number":
                setting = "past" if name in self.roles.past else "future"
                others = [each for each in getattr(self.roles, setting) if each != name]
                raise DataError(
                    f"a series is made of numbers, but {self._held(name)}", setting=setting, instead={setting: others}
                )

    def _demand_usable_kinds(self) -> None:
        targets = [name for name in self.roles.targets if name in self.names]  # new data need not have them
        numbers = [name for name in targets if self.column(name).kind == "number"]
        for name in targets:
            if self.column(name).kind not in ("number", "category"):
                raise DataError(f"a target is a number or a category, but {self._held(name)}", setting="target")
        if targets[1:] and len(numbers) < len(targets):
            name = next(name for name in targets if name not in numbers)
            message = f"of several targets each is a number, but {self._held(name)}"
            raise DataError(message, setting="target", instead={"target": numbers or name})
        for name in self.roles.inputs:
            if self.column(name).kind == "text":
                others = [each for each in self.roles.inputs if each != name]
                message = f"each input is a number or a category, but {self._held(name)}"
                raise DataError(message, setting="inputs", instead={"inputs": others})

    def _held(self, name: str) -> str:
        return f"column {quoted(name)} of {self.frames[0].name} holds {', '.join(self.column(name).examples)}"
