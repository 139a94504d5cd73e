"""A disk that counts what is done to it, tells of it, and fails at the Nth operation.

A `Disk` stands in for the module `os` inside `zen_cli.training.durable`:

    disk = Disk(trace=True)
    monkeypatch.setattr(durable, "os", disk)
    ...                                   # a training
    for operation in disk.trace: ...

In the trace stand, in order, the operations that succeeded, each as an `Operation`:

    name             path              besides
    open             the file          `created`: it was not there before; `length`: to which it was cut by O_TRUNC
    write            the file          `offset` in the file, and `data`, the bytes that were taken, not those offered
    fsync            the file
    fsync_directory  the directory
    replace          the old name      `to`, the new one
    unlink           the file
    mkdir            the directory
    ftruncate        the file          `length` that it has from then on
    said             nothing           `data`, what `Disk.say` was told: a mark between operations, of number 0

Paths are absolute. That of a descriptor is the name which its file has at that moment: one that was opened as .a.tmp
and renamed to a is a from then on. An open that neither creates nor writes is no operation.
"""

# ruff: noqa: PTH100, PTH102, PTH105, PTH108 - it is the module os

import errno
import fcntl
import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

ADDING = frozenset({"open", "write", "fsync", "fsync_directory", "replace", "mkdir"})
SYNCING = frozenset({"fsync", "fsync_directory"})
CHANGING = ADDING | {"unlink", "ftruncate"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


@dataclass(frozen=True)
class Operation:
    """One operation that succeeded. `number` counts all operations of a Disk from 1."""

    number: int
    name: str
    path: Path
    to: Path | None = None
    offset: int = 0
    data: bytes = b""
    length: int | None = None
    created: bool = False


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and at which operation: where `lasts`, from there on.

    Either a `signal`, which comes before the operation, or if `half` after half of the bytes of a write;
    or an `error`, the number of an OSError, in the operations named in `among`;
    or a write that takes all but `short` of its bytes (-1: half of them), as a system may.
    """

    at: int
    lasts: bool = False
    among: frozenset[str] = CHANGING
    signal: int | None = None
    half: bool = False
    error: int | None = None
    short: int = 0

    def strikes(self, number: int, name: str) -> bool:
        return (number == self.at or (self.lasts and number > self.at)) and name in self.among

    def before(self, *paths: Any) -> None:
        """As the system does, an error names the paths that it was asked for."""
        if self.error is not None:
            raise OSError(self.error, os.strerror(self.error), *(path and os.fspath(path) for path in paths))
        if self.signal is not None and not self.half:
            os.kill(os.getpid(), self.signal)

    def after(self) -> None:
        if self.signal is not None and self.half:
            os.kill(os.getpid(), self.signal)

    def taken(self, size: int) -> int:
        """How many of the bytes of a write reach the file."""
        if self.half or self.short < 0:
            return (size + 1) // 2
        return max(1, size - self.short)


WRITE = frozenset({"write"})
KINDS: dict[str, Callable[[int], Fault]] = {
    "killed": lambda at: Fault(at, signal=signal.SIGKILL),
    "killed in a write": lambda at: Fault(at, among=WRITE, signal=signal.SIGKILL, half=True),
    "full": lambda at: Fault(at, lasts=True, among=ADDING, error=errno.ENOSPC),
    "broken": lambda at: Fault(at, lasts=True, error=errno.EIO),
    "failing once": lambda at: Fault(at, error=errno.EIO),
    "failing sync": lambda at: Fault(at, among=SYNCING, error=errno.EIO),
    "short by one": lambda at: Fault(at, among=WRITE, short=1),
    "short by half": lambda at: Fault(at, among=WRITE, short=-1),
    "always short": lambda at: Fault(at, lasts=True, among=WRITE, short=-1),
}


class Log(Protocol):
    def write(self, line: bytes, /) -> object: ...


class Disk:
    """The module `os`, with every operation that changes a disk counted, and `fault` at one of them.

    `log` takes a line for each operation before it is tried: `NUMBER NAME FILE`.
    """

    def __init__(self, fault: Fault | None = None, *, trace: bool = False, log: Log | None = None) -> None:
        self.number = 0
        self.trace: list[Operation] = []
        self._fault = fault
        self._traced = trace
        self._log = log
        self._names: dict[int, Path] = {}  # of open descriptors

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def say(self, text: str) -> None:
        """Mark this moment in the trace, as that at which a step was said to be saved."""
        self.trace.append(Operation(0, "said", Path(), data=text.encode()))

    # --- what changes the disk ---

    def open(self, path: Any, flags: int, mode: int = 0o777) -> int:
        named = _absolute(path)
        if not flags & WRITES:
            return self._named(os.open(path, flags, mode), named)
        there = os.path.lexists(named)
        with self._operation("open", named, path) as tell:
            descriptor = self._named(os.open(path, flags, mode), named)
            tell(created=not there, length=0 if flags & os.O_TRUNC else None)
        return descriptor

    def write(self, descriptor: int, data: Any) -> int:
        with self._operation("write", self._names[descriptor]) as tell:
            offset = _offset(descriptor)
            fault = self._fault if self._fault and self._fault.strikes(self.number, "write") else None
            wanted = bytes(data[: fault.taken(len(data))] if fault else data)
            taken = os.write(descriptor, wanted)
            tell(offset=offset, data=wanted[:taken])
        return taken

    def fsync(self, descriptor: int) -> None:
        directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        with self._operation("fsync_directory" if directory else "fsync", self._names[descriptor]) as tell:
            os.fsync(descriptor)
            tell()

    def replace(self, path: Any, to: Any) -> None:
        before, after = _absolute(path), _absolute(to)
        with self._operation("replace", before, path, None, to) as tell:
            os.replace(path, to)
            self._names = {d: after if name == before else name for d, name in self._names.items()}
            tell(to=after)

    def unlink(self, path: Any) -> None:
        if not os.path.lexists(path):
            os.unlink(path)  # which changes nothing, and says so
        with self._operation("unlink", _absolute(path), path) as tell:
            os.unlink(path)
            tell()

    def mkdir(self, path: Any, mode: int = 0o777) -> None:
        with self._operation("mkdir", _absolute(path), path) as tell:
            os.mkdir(path, mode)
            tell()

    def ftruncate(self, descriptor: int, length: int) -> None:
        with self._operation("ftruncate", self._names[descriptor]) as tell:
            os.ftruncate(descriptor, length)
            tell(length=length)

    def close(self, descriptor: int) -> None:
        self._names.pop(descriptor, None)
        os.close(descriptor)

    # --- counting ---

    @contextmanager
    def _operation(self, name: str, path: Path, *given: Any) -> Iterator[Callable[..., None]]:
        """Count an operation that was given some paths and let it fail; what is called inside tells that it succeeded.

        `path` is the one that it is about, or that of the descriptor which it was given.
        """
        self.number += 1
        number, fault = self.number, self._fault
        struck = fault is not None and fault.strikes(number, name)
        if self._log is not None:
            self._log.write(f"{number} {name} {path.name}\n".encode())
        if struck:
            fault.before(*given)

        def tell(**facts: Any) -> None:
            if self._traced:
                self.trace.append(Operation(number, name, path, **facts))

        yield tell
        if struck:
            fault.after()

    def _named(self, descriptor: int, path: Path) -> int:
        self._names[descriptor] = path
        return descriptor


def _absolute(path: Any) -> Path:
    return Path(os.path.abspath(path))  # which does not keep `..`


def _offset(descriptor: int) -> int:
    """Where the next write goes; 0 in a pipe."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return 0
    appends = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_APPEND
    return os.lseek(descriptor, 0, os.SEEK_END if appends else os.SEEK_CUR)
