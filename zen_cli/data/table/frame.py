"""A table that was read: its columns, its rows as numbers, and where in the file each of them stands."""

import difflib
from array import array
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from zen_cli.data.rows import blocks
from zen_cli.data.table.cells import Decimal
from zen_cli.data.table.disk import LARGE
from zen_cli.data.table.kinds import Kind
from zen_cli.errors import DataError, quoted
from zen_cli.memory import demand
from zen_cli.padded import Rows

Array = np.ndarray


@dataclass(frozen=True)
class Column:
    """A column as it was read, and what its cells say.

    Its `kind` is of the form that reads the same again: a date is `date`, `dmy` or `mdy`. `labels` are those of a
    category, by code. `examples` are the first few values that differ; `missing` counts the cells that are NaN, and
    `first_missing` is the row of the first.
    """

    name: str
    kind: Kind
    labels: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    missing: int = 0
    first_missing: int | None = None

    @property
    def is_date(self) -> bool:
        return self.kind in ("date", "dmy", "mdy")


class Lines:
    """The line of the file on which each row begins: one after the other, but for rows with a quoted line break."""

    def __init__(self, first: int) -> None:
        self._rows = array("q", [0])  # from each of these rows on, rows and lines go together again
        self._lines = array("q", [first])

    def __getitem__(self, row: int) -> int:
        last = bisect_right(self._rows, row) - 1
        return self._lines[last] + row - self._rows[last]

    def note(self, row: int, lines: Sequence[int]) -> None:
        """The rows from `row` on begin on these lines."""
        if not lines or (self[row] == lines[0] and lines[-1] - lines[0] == len(lines) - 1):
            return
        for place, line in enumerate(lines, start=row):
            if self[place] != line:
                self._rows.append(place)
                self._lines.append(line)


@dataclass(frozen=True)
class Frame:
    """Rows (N, C) of float64, in memory or on disk, NaN where a cell is missing.

    A category is the code of its label, or -1 where it is none of those that were given; a date is the seconds since
    1970, a text 0. `delimiter` and `decimal` are what the file was read with, and `titled` says whether its first line
    names the columns; if not, they are called 1, 2, ... . `notes` are sentences about what was found out or assumed.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Rows
    lines: Lines
    titled: bool
    delimiter: str
    decimal: Decimal
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    @property
    def kinds(self) -> dict[str, Kind]:
        """What `read_frame` takes to read another file as this one was."""
        return {column.name: column.kind for column in self.columns}

    @property
    def labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of each category, which `read_frame` takes to give them the same codes in another file."""
        return {column.name: column.labels for column in self.columns if column.kind == "category"}

    def index(self, name: str) -> int:
        """The place of a column in the rows; DataError names the nearest where there is none."""
        if name not in self._places:
            raise NoColumnError(name, self.names, self.name)
        return self._places[name]

    def column(self, name: str) -> Array:
        """The numbers of a column, (N,), in memory."""
        place = self.index(name)
        if 8 * len(self) > LARGE:
            demand(8 * len(self), f"a column of {len(self):,} rows")
        return np.concatenate([np.empty(0), *(block[:, place].copy() for block in blocks(self.rows))])

    def place(self, row: int, name: str) -> str:
        """Where a cell stands: `prices.csv:17: column 'close'`."""
        return f"{self.name}:{self.lines[row]}: {column_in_words(name, self.titled)}"

    def missing(self) -> dict[str, str]:
        """Where the first missing cell of each column that has any is."""
        return {c.name: self.place(c.first_missing, c.name) for c in self.columns if c.first_missing is not None}


def column_in_words(name: str, titled: bool) -> str:
    return f"column {quoted(name)}" if titled else f"column {name}"


class NoColumnError(DataError):
    """There is no column of the name `column`. `nearest` was probably meant; it is empty where none is near.

    None of those that are `taken`, asked for by their own names, was meant.
    """

    def __init__(self, column: str, names: Sequence[str], file: str, taken: Collection[str] = ()) -> None:
        self.column = column
        others = [each for each in names[:1000] if len(each) < 100 and each not in taken]
        near = difflib.get_close_matches(column, others, n=1)
        self.nearest = near[0] if near else ""
        hint = f"did you mean {quoted(self.nearest)}?" if near else _described(column, names)
        super().__init__(f"{file}: there is no column {quoted(column)}", hint)


def _described(column: str, names: Sequence[str]) -> str:
    """The columns of a file that does not have this one."""
    shown = ", ".join(map(quoted, names[:10])) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    if all(name == str(place) for place, name in enumerate(names, start=1)):
        return f"its first line names no columns, so it has {shown}"
    if len(names) == 1 and column in names[0]:
        return f"it has {shown} alone: separate columns by commas"
    return f"it has {shown}"
