"""The only module whose writes must survive a crash or a power cut."""

import os
from collections.abc import Iterable
from pathlib import Path


def publish(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a file that is either wholly there under its name or not at all, and lasts once this returns."""
    temporary = path.with_name(f".{path.name}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temporary, flags, 0o666)
    try:
        for chunk in chunks:
            _write_all(descriptor, chunk, path)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(path)
    sync_directory(path.parent)


def deliver(path: Path, data: bytes) -> None:
    """Write a person's output file whole; what is no plain file (a pipe, /dev/stdout) is written to as it is."""
    if path.exists() and not path.is_file():
        append(path, data)
    else:
        publish(path, [data])


def append(path: Path, data: bytes) -> None:
    """Add to a file; it lasts once `sync_file` says so."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        _write_all(descriptor, data, path)
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


def _write_all(descriptor: int, data: bytes, path: Path) -> None:
    """Write it all, however little the system takes at a time; an error names the file."""
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
