"""The only module whose writes must survive a crash or a power cut."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)  # a link planted under our name is not written through


def publish(path: Path, chunks: Iterable[bytes], *, replaces: bool = True) -> None:
    """Write a file that is either wholly there under its name or not at all, and lasts once this returns.

    FileExistsError where it is not to replace what has its name by then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")  # a name of this process alone
    temporary.unlink(missing_ok=True)  # left by a process that had our number, and was killed
    with _opened(temporary, path, os.O_EXCL | NOFOLLOW) as descriptor:
        try:
            for chunk in chunks:
                _write_all(descriptor, chunk)
            os.fsync(descriptor)
            if not replaces:
                _claim(path)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    sync_directory(path.parent)


def deliver(path: Path, data: bytes | Iterable[bytes], *, replaces: bool = True) -> None:
    """Write a person's output file whole; what is no plain file (a pipe, /dev/stdout) is written to as it is.

    FileExistsError where it is not to replace a file.
    """
    chunks = [data] if isinstance(data, bytes) else data
    if path.exists() and not path.is_file():
        with _opened(path, path, 0) as descriptor:
            for chunk in chunks:
                _write_all(descriptor, chunk)
    else:  # a link stays one: the file behind it is replaced
        publish(path.resolve(), chunks, replaces=replaces)


def append(path: Path, data: bytes) -> None:
    """Add to a file; it lasts once `sync_file` says so."""
    with _opened(path, path, os.O_APPEND | NOFOLLOW) as descriptor:
        _write_all(descriptor, data)


def make_directories(path: Path) -> None:
    """Make a directory and those above it that are missing, so that their names last."""
    if not path.is_dir():
        make_directories(path.parent)
        path.mkdir(exist_ok=True)
        sync_directory(path.parent)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Alone in here among the processes that lock this directory; they wait for each other."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


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


def _claim(path: Path) -> None:
    """Take a name that nothing has; not by a link to the file, which some file systems do not know."""
    with _opened(path, path, os.O_EXCL | NOFOLLOW):
        pass


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, however little the system takes at a time."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]
