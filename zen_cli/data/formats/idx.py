"""IDX, the format of MNIST: a type, the sizes, then the numbers, each with its most significant byte first.

Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits": the file format.
"""

import gzip
import struct
import zlib
from typing import BinaryIO

import numpy as np

from zen_cli.data.formats.opening import (
    MOST_AXES,
    MOST_DEFLATION,
    Readable,
    bytes_of,
    declared,
    fill,
    opened,
    shown,
    size_of,
)
from zen_cli.errors import DataError
from zen_cli.memory import bytes_in_words, demand

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"


def read_idx(path: str) -> np.ndarray:
    """The array in an IDX file: mapped into memory, or read where the file is gzipped, whatever its name."""
    with opened(path) as file:
        gzipped = file.read(len(GZIP)) == GZIP
        file.seek(0)
        return _inflated(file, shown(path)) if gzipped else _mapped(file, shown(path))


def _mapped(file: BinaryIO, name: str) -> np.ndarray:
    shape, dtype = _header(file, name)
    start, present = file.tell(), size_of(file) - file.tell()
    if present != bytes_of(shape, dtype):
        raise DataError(f"{name}: its header {declared(shape, dtype)}, but {present:,} bytes follow")
    return np.memmap(file, dtype, "r", start, shape)


def _inflated(file: BinaryIO, name: str) -> np.ndarray:
    packed = size_of(file)
    try:
        with gzip.GzipFile(fileobj=file) as inflated:
            shape, dtype = _header(inflated, name)
            if bytes_of(shape, dtype) > MOST_DEFLATION * packed:
                there = f"{bytes_in_words(packed)} of gzip cannot hold"
                raise DataError(f"{name}: its header {declared(shape, dtype)}, which {there}")
            demand(bytes_of(shape, dtype), f"the array in {name}")
            array = np.empty(shape, dtype)
            if fill(array, inflated) < array.nbytes or inflated.read(1):
                raise DataError(f"{name}: its header {declared(shape, dtype)}, but it holds fewer or more")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{name}: its gzip is broken: {error}") from None
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(file: Readable, name: str) -> tuple[tuple[int, ...], np.dtype]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in DTYPES:
        raise DataError(f"{name}: this is no IDX file: it begins with {magic.hex(' ') or 'nothing'}")
    rank = magic[3]
    sizes = file.read(4 * rank)
    if not 1 <= rank <= MOST_AXES or len(sizes) < 4 * rank:
        raise DataError(f"{name}: its header declares {rank} axes, but has the sizes of {len(sizes) // 4}")
    shape = struct.unpack(f">{rank}I", sizes)
    if 0 in shape:
        raise DataError(f"{name}: it is empty: its sizes are {'x'.join(map(str, shape))}")
    return shape, np.dtype(DTYPES[magic[2]])
