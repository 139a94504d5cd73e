"""Rows of numbers on disk, for tables that are larger than what memory is given to them."""

import errno
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from zen_cli.errors import MachineError, printable
from zen_cli.memory import bytes_in_words, demand

Array = np.ndarray
FLOAT = np.dtype(np.float64)
RESERVE = 2**28  # bytes of the disk that are left to others
AT_ONCE = 2**30  # bytes: Linux reads less than 2 GB in one call
LARGE = 2**24  # bytes: for less it is not worth asking whether there is memory
MORE_ROOM = "set TMPDIR to a folder on a disk with more room"


class DiskRows:
    """Rows (N, C) of float64 in a file without a name, which goes when they do. They are read when they are asked for.

    A row is read with `pread`, so that threads and forked processes may share the rows, and memory does not grow.
    """

    dtype = FLOAT

    def __init__(self, columns: int) -> None:
        self.folder = scratch_folder()
        self.columns = columns
        self._file = _nameless_file(self.folder)
        self._count = 0
        weakref.finalize(self, os.close, self._file)

    @property
    def shape(self) -> tuple[int, int]:
        return self._count, self.columns

    def __len__(self) -> int:
        return self._count

    def append(self, rows: Array) -> None:
        demand_room(self.folder, rows.nbytes)
        data = memoryview(rows.astype(FLOAT, copy=False).tobytes())
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise _not_written(self.folder, error) from None
        self._count += len(rows)

    def __getitem__(self, where: int | slice | Array) -> Array:
        """Some rows: of a slice or an array of numbers (n, C), or of one number (C,)."""
        if isinstance(where, slice):
            start, end, step = where.indices(self._count)
            return self._between(start, end) if step == 1 else self._some(np.arange(start, end, step))
        numbers = np.asarray(where)
        if numbers.dtype.kind not in "iu" and numbers.size:
            raise TypeError(f"rows are asked for by whole numbers, not by {numbers.dtype}")
        return self._some(numbers.reshape(-1).astype(np.int64)).reshape(*numbers.shape, self.columns)

    def _between(self, start: int, end: int) -> Array:
        count = max(0, end - start)
        self._demand_memory(count)
        return np.frombuffer(self._bytes(start, count), FLOAT).reshape(count, self.columns)

    def _some(self, numbers: Array) -> Array:
        if numbers.size and not -self._count <= numbers.min() <= numbers.max() < self._count:
            raise IndexError(f"rows {numbers.min()} to {numbers.max()} are asked for, but there are {self._count}")
        self._demand_memory(len(numbers))
        rows = np.where(numbers < 0, numbers + self._count, numbers)
        firsts = np.flatnonzero(np.diff(rows, prepend=-2) != 1)  # of rows that follow each other
        sizes = np.diff(firsts, append=len(rows)) * self._width
        places = zip(sizes.tolist(), (rows[firsts] * self._width).tolist(), strict=True)
        pieces = [os.pread(self._file, size, place) for size, place in places]
        return np.frombuffer(bytearray().join(pieces), FLOAT).reshape(len(numbers), self.columns)

    def _demand_memory(self, count: int) -> None:
        if count * self._width > LARGE:
            demand(count * self._width, f"{count:,} rows of a table")

    @property
    def _width(self) -> int:
        return self.columns * FLOAT.itemsize

    def _bytes(self, start: int, count: int) -> bytearray:
        place, end, data = start * self._width, (start + count) * self._width, bytearray()
        while place < end:
            data += os.pread(self._file, min(AT_ONCE, end - place), place)
            place = start * self._width + len(data)
        return data


class RowStore:
    """Takes rows block by block, and keeps them in memory until they need more than `memory` bytes."""

    def __init__(self, columns: int, memory: int) -> None:
        self._memory = memory
        self._blocks: list[Array] = []
        self._bytes = 0
        self._disk: DiskRows | None = None
        self._columns = columns

    def add(self, rows: Array, share: float) -> None:
        """`share` is how much of all rows there will be these and those before are, from 0 (unknown) to 1."""
        self._bytes += rows.nbytes
        self._blocks.append(rows)
        if self._disk is None and self._bytes > self._memory:
            self._disk = DiskRows(self._columns)
            demand_room(self._disk.folder, self._bytes / share if share else self._bytes)
        if self._disk is not None:
            self._spill(self._disk)

    def rows(self) -> Array | DiskRows:
        if self._disk is not None:
            return self._disk
        return np.concatenate([np.empty((0, self._columns)), *self._blocks])

    def _spill(self, disk: DiskRows) -> None:
        for block in self._blocks:
            disk.append(block)
        self._blocks.clear()


def on_disk(blocks: Iterable[Array], columns: int) -> DiskRows:
    """Blocks of rows (n, columns), one after the other, as rows on disk."""
    rows = DiskRows(columns)
    for block in blocks:
        rows.append(block)
    return rows


def scratch_folder() -> Path:
    """Where large temporary files go: TMPDIR, or /var/tmp, which unlike /tmp is never in memory, or the system's."""
    named = os.environ.get("TMPDIR")
    if named:
        return Path(named)
    kept = Path("/var/tmp")
    return kept if os.access(kept, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def demand_room(folder: Path, size: float) -> None:
    """MachineError if a disk has no room for so many bytes, and a few more for others."""
    free = shutil.disk_usage(folder).free
    if size + RESERVE > free:
        needed, left = bytes_in_words(size), bytes_in_words(max(0, free - RESERVE))
        raise MachineError(f"{_shown(folder)}: a table needs {needed} of disk, but {left} can be used: {MORE_ROOM}")


def _nameless_file(folder: Path) -> int:
    try:
        file, path = tempfile.mkstemp(prefix=".zen-", dir=folder)
        Path(path).unlink()
    except OSError as error:
        raise _not_written(folder, error) from None
    return file


def _not_written(folder: Path, error: OSError) -> MachineError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    what = "the disk is full" if full else f"a temporary file cannot be written: {error.strerror or error}"
    return MachineError(f"{_shown(folder)}: {what}: {MORE_ROOM}")


def _shown(folder: Path) -> str:
    return printable(str(folder), None)
