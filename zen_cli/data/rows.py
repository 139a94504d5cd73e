"""What is cut from rows of numbers when it is asked for; they need not be in memory."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

import numpy as np

from zen_cli.data.runs import Runs
from zen_cli.padded import Padded, Rows

Array = np.ndarray
Where = slice | Array  # of rows: some in a row, or those of these numbers
FLOAT = np.dtype(np.float64)
AT_ONCE = 2**18  # numbers of a block


def rows_at_once(rows: Rows) -> int:
    """How many rows are some megabytes."""
    return max(1, AT_ONCE // max(1, int(np.prod(rows.shape[1:]))))


def blocks(rows: Rows, start: int = 0, end: int | None = None) -> Iterator[Any]:
    """The rows from `start` to `end`, in order, as many at a time as are some megabytes."""
    end = len(rows) if end is None else end
    size = rows_at_once(rows)
    for first in range(start, end, size):
        yield rows[first : min(first + size, end)]


def selected(rows: Rows, where: Where) -> Rows:
    """Those of these numbers; what is not in memory stays out of it, and so do windows."""
    if isinstance(rows, Windows):
        return windowed(rows.rows, rows.starts.selected(where), rows.width)
    if isinstance(rows, np.ndarray | Padded):
        chosen: Rows = rows[where]
        return chosen
    if isinstance(rows, Mapped):
        return replace(rows, rows=selected(rows.rows, where))
    return Selected(rows, Runs.span(0, len(rows)).selected(where))


def concatenated(parts: Sequence[Rows]) -> Rows:
    """The rows of all of them, in order; those selected from the same rows stay out of memory."""
    if len(parts) == 1:
        return parts[0]
    chosen = [part for part in parts if isinstance(part, Selected)]
    if len(chosen) == len(parts) and all(part.rows is chosen[0].rows for part in chosen):
        return Selected(chosen[0].rows, Runs.joined([part.numbers for part in chosen]))
    return np.concatenate([part[:] for part in parts])


@dataclass(frozen=True)
class Selected:
    """Some rows of others."""

    rows: Rows
    numbers: Runs

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.numbers), *self.rows.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        return self.rows.dtype

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, where: Where) -> Any:
        return self.rows[self.numbers.where(where)]


@dataclass(frozen=True)
class Mapped:
    """What a function makes of each row, (N, *shape), whenever it is asked for."""

    rows: Rows
    function: Callable[[Array], Array]
    row_shape: tuple[int, ...]
    dtype: np.dtype = FLOAT

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.row_shape)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, where: Where) -> Array:
        count = len(range(*where.indices(len(self)))) if isinstance(where, slice) else len(where)
        if count <= (size := rows_at_once(self.rows)):
            return self.function(self.rows[where])
        chosen, found = selected(self.rows, where), np.empty((count, *self.row_shape), self.dtype)
        for start in range(0, count, size):
            found[start : start + size] = self.function(chosen[start : start + size])
        return found


def is_in_memory(rows: Rows) -> TypeGuard[Array]:
    """Whether it is an array that is not mapped from a file."""
    return isinstance(rows, np.ndarray) and not isinstance(rows, np.memmap)


def mapped(rows: Rows, function: Callable[[Array], Array], row_shape: tuple[int, ...]) -> Rows:
    """`Mapped`, or where the rows are in memory, what the function makes of all of them."""
    if is_in_memory(rows):
        return function(rows)
    return Mapped(rows, function, row_shape)


@dataclass(frozen=True)
class Windows:
    """Windows of `width` rows (M, C) from each of N `starts` on: (N, width, C), gathered when they are asked for."""

    rows: Rows
    starts: Runs
    width: int

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.starts), self.width, *self.rows.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        return self.rows.dtype

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, where: Where) -> Array:
        if isinstance(where, slice) and isinstance(span := self.starts.where(where), slice):
            return sliding(self.rows[span.start : span.stop + self.width - 1], self.width)
        numbers = self.starts[where][:, None] + np.arange(self.width)
        gathered: Array = self.rows[numbers.ravel()]
        return gathered.reshape(*numbers.shape, *self.rows.shape[1:])


def windowed(rows: Rows, starts: Runs, width: int) -> Rows:
    """`Windows`, or where rows in memory are cut at every place, their view."""
    if not isinstance(rows, np.ndarray) or len(starts.firsts) != 1:
        return Windows(rows, starts, width)
    first = starts.firsts[0]
    return sliding(rows[first : first + len(starts) + width - 1], width)


def sliding(rows: Array, width: int) -> Array:
    """Every window of `width` rows (M, C), as a view: (M - width + 1, width, C)."""
    return np.moveaxis(np.lib.stride_tricks.sliding_window_view(rows, width, axis=0), -1, 1)
