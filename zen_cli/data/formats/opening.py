"""Files that a person names, opened with care."""

import math
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np

from zen_cli.errors import DataError, printable, quoted
from zen_cli.memory import bytes_in_words

AT_ONCE = 2**20  # bytes of a compressed file that are read in one go
MOST_AXES = 32  # of an array: what every NumPy takes
LONGEST_SHOWN = 180  # characters of a path
MOST_NAMES = 10_000  # in a folder, that are looked at
MOST_DEFLATION = 1032  # bytes that one byte of deflate can stand for: zlib's technical details


class MissingFileError(DataError):
    """There is nothing at a path. `nearest` is one beside it that was probably meant; empty where none is near."""

    def __init__(self, path: str | Path, noun: str = "file") -> None:
        self.nearest = _nearest(Path(path))
        folder = Path(path).parent
        neither = "" if is_folder(folder) else f", nor a folder {quoted(str(folder))}"
        hint = f"did you mean {quoted(Path(self.nearest).name)}?" if self.nearest else ""
        super().__init__(f"{shown(path)}: there is no such {noun}{neither}", hint)


def _nearest(path: Path) -> str:
    try:
        with os.scandir(path.parent) as entries:
            names = [entry.name for entry in islice(entries, MOST_NAMES)]
    except (OSError, ValueError):  # ValueError: a NUL in a name
        return ""
    near = get_close_matches(path.name, names, 1)
    return str(path.with_name(near[0])) if near else ""


@contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """A regular file, for its bytes; DataError names the one that the system, or the code in here, cannot read."""
    name = shown(path)
    try:
        demand_a_regular_file(path)
        with Path(path).open("rb") as file:
            yield file
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}") from None


def demand_a_regular_file(path: str | Path) -> None:
    """DataError for what is not there, for a folder, and for a pipe or a device, which might never end."""
    name = shown(path)
    try:
        mode = Path(path).stat().st_mode
    except (FileNotFoundError, ValueError):  # ValueError: a NUL in the name
        raise MissingFileError(path) from None
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror}") from None
    if stat.S_ISDIR(mode):
        raise DataError(f"{name}: this is a folder, not a file")
    if not stat.S_ISREG(mode):
        raise DataError(f"{name}: this is a pipe or a device, not a file")


def is_folder(path: str | Path) -> bool:
    """Whether there is one; not for what cannot be a path, which is refused when it is opened."""
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def shown(path: str | Path) -> str:
    """A path as a piece of a message."""
    return printable(str(path), LONGEST_SHOWN)


def size_of(file: BinaryIO) -> int:
    """Bytes from the start of a file to its end; it stays where it is."""
    here = file.tell()
    size = file.seek(0, 2)
    file.seek(here)
    return size


# --- arrays, as files declare them ---


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def bytes_of(shape: tuple[int, ...], dtype: np.dtype) -> int:
    return math.prod(shape) * dtype.itemsize


def declared(shape: tuple[int, ...], dtype: np.dtype) -> str:
    """`declares 60000x28x28 uint8, 47 MB`."""
    return f"declares {'x'.join(map(str, shape))} {dtype.name}, {bytes_in_words(bytes_of(shape, dtype))}"


def fill(array: np.ndarray, file: Readable) -> int:
    """The bytes of a file, in the order of memory, into a C-contiguous array; how many there were, up to its size."""
    memory, done = array.reshape(-1).view(np.uint8), 0
    while done < len(memory) and (piece := file.read(min(AT_ONCE, len(memory) - done))):
        memory[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    return done
