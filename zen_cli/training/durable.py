"""The only module whose writes must survive a crash or a power cut.

What changes a disk in here is a call of `os`, by that name, so that a test can let the Nth of them fail, for every N.
"""

import fcntl
import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zen_cli.errors import MachineError

NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)  # a link planted under our name is not written through
TEMPORARY = re.compile(r"\..+\.([0-9]+)\.tmp")
ATTEMPTS, PAUSE = 20, 0.02  # seconds: whoever has taken a lock needs a moment to say who it is


def publish(path: Path, chunks: Iterable[bytes | memoryview], *, replaces: bool = True) -> None:
    """Write a file that is either wholly there under its name or not at all, and lasts once this returns.

    FileExistsError where it is not to replace what has its name by then; then a power cut may leave an empty file.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")  # a name of this process alone
    with _naming(path):
        remove(temporary)  # left by a process that had our number, and was killed
    try:  # from before there is a file: a signal may come as soon as it is made
        with _opened(temporary, path, os.O_EXCL | NOFOLLOW) as descriptor:
            for chunk in chunks:
                _write_all(descriptor, chunk)
            _sync(descriptor)
            if not replaces:
                _claim(path)
            os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # the first error is the one to tell of
            remove(temporary)
        raise
    sync_directory(path.parent)


def deliver(path: Path, data: bytes | Iterable[bytes], *, replaces: bool = True) -> None:
    """Write a person's output file whole; what is no plain file (a pipe, /dev/stdout) is written to as it is.

    FileExistsError where it is not to replace a file; OSError, too, for a link that leads back to itself.
    """
    chunks = [data] if isinstance(data, bytes) else data
    if _is_device(path):
        with _opened(path, path, 0) as descriptor:
            for chunk in chunks:
                _write_all(descriptor, chunk)
    else:  # a link stays one: the file behind it is replaced
        publish(path.resolve() if path.is_symlink() else path, chunks, replaces=replaces)


def append(path: Path, data: bytes) -> None:
    """Add to a file; it lasts once `sync_file` says so."""
    with _opened(path, path, os.O_APPEND | NOFOLLOW) as descriptor:
        _write_all(descriptor, data)


def cut(path: Path, length: int) -> None:
    """Take away what a file has beyond `length` bytes, for good once this returns."""
    with _opened(path, path, NOFOLLOW) as descriptor:
        os.ftruncate(descriptor, length)
        _sync(descriptor)


def make_directories(path: Path) -> None:
    """Make a directory and those above it that are missing, so that their names last."""
    if not path.is_dir():
        make_directories(path.parent)
        try:
            os.mkdir(path)
        except FileExistsError:
            if not path.is_dir():
                raise
        sync_directory(path.parent)


def make_directory(path: Path, *, lasts: bool = True) -> None:
    """Make a directory that was not there, and its name last, which else the next file published beside it does.

    FileExistsError.
    """
    os.mkdir(path)
    if lasts:
        sync_directory(path.parent)


def move(path: Path, to: Path) -> None:
    """Give a file another name in its directory, for good once this returns."""
    os.replace(path, to)
    sync_directory(path.parent)


def remove(path: Path) -> None:
    """Take a file away, if it is there. It may come back after a power cut."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def sweep(directory: Path) -> None:
    """Take away what `publish` had begun in here when its process was killed."""
    for path in directory.iterdir():
        found = TEMPORARY.fullmatch(path.name)
        if found and (int(found[1]) == os.getpid() or not _is_alive(int(found[1]))):
            remove(path)


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with _naming(path):
            _sync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in a directory last."""
    sync_file(path)


# --- alone ---


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Alone in here among the processes that lock this directory; they wait for each other."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Lock:
    """This process's claim on a file, which lasts until it is released or the process ends, however it does.

    The file is never removed: whoever waits for it would hold a file that has no name any more.
    """

    def __init__(self, path: Path) -> None:
        """Raises MachineError, which names the process that has it, where another one does."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | NOFOLLOW, 0o666)
        try:
            with _naming(path):
                _lock(self._descriptor, path)
                os.ftruncate(self._descriptor, 0)
                _write_all(self._descriptor, b"%d\n" % os.getpid())
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        os.close(self._descriptor)


def _lock(descriptor: int, path: Path) -> None:
    for _ in range(ATTEMPTS):
        with suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(PAUSE)
    holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
    raise MachineError(f"{path.parent} is being trained by process {holder}: wait for it, or stop it")


# --- pieces ---


def _is_device(path: Path) -> bool:
    """Whether something is there, or behind a link, that is no plain file. OSError where that cannot be known."""
    with suppress(FileNotFoundError):
        return not stat.S_ISREG(path.stat().st_mode)
    return False


@contextmanager
def _opened(path: Path, named: Path, flags: int) -> Iterator[int]:
    """A descriptor to write to; an error names the file that a person knows of."""
    with _naming(named):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o666)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error name this file, whatever was asked of it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _claim(path: Path) -> None:
    """Take a name that nothing has; not by a link to the file, which some file systems do not know."""
    with _opened(path, path, os.O_EXCL | NOFOLLOW):
        pass


def _write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of it, however little the system takes at a time."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _sync(descriptor: int) -> None:
    """Have what was written reach the disk; macOS needs to be told that the disk's own cache counts too."""
    if full := getattr(fcntl, "F_FULLFSYNC", None):
        fcntl.fcntl(descriptor, full)
    else:
        os.fsync(descriptor)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
