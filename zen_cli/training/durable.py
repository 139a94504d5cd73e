"""The only module whose writes must survive a crash or a power cut."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)  # a link planted under our name is not written through


def publish(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file that is either wholly there under its name or not at all, and lasts once this returns."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with _opened(temporary, path, os.O_TRUNC | NOFOLLOW) as descriptor:
            for chunk in chunks:
                _write_all(descriptor, chunk)
            os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def deliver(path: Path, data: bytes) -> None:
    """Write a person's output file whole; what is no plain file (a pipe, /dev/stdout) is written to as it is."""
    if path.exists() and not path.is_file():
        with _opened(path, path, 0) as descriptor:
            _write_all(descriptor, data)
    else:  # a link stays one: the file behind it is replaced
        publish(path.resolve(), [data])


def append(path: Path, data: bytes) -> None:
    """Add to a file; it lasts once `sync_file` says so."""
    with _opened(path, path, os.O_APPEND | NOFOLLOW) as descriptor:
        _write_all(descriptor, data)


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in a directory last."""
    sync_file(path)


@contextmanager
def _opened(path: Path, named: Path, flags: int) -> Iterator[int]:
    """A descriptor to write to; an error names the file that a person knows of."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o666)
        try:
            yield descriptor
        finally:
            os.close(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(named)) from None


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, however little the system takes at a time."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
