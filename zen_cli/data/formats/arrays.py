"""NumPy's files: .npy, .npz, and folders of .npy. They are never unpickled, and mapped where they are not compressed.

The format of .npy is described in numpy.lib.format, that of zip in PKWARE's APPNOTE.TXT.
"""

import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from zen_cli.data.formats.opening import (
    MOST_AXES,
    MOST_DEFLATION,
    Readable,
    bytes_of,
    declared,
    fill,
    is_folder,
    opened,
    shown,
    size_of,
)
from zen_cli.errors import DataError, quoted
from zen_cli.memory import demand

MAGIC = b"\x93NUMPY"
LONGEST_HEADER = 10_000  # characters: what NumPy itself takes
# What is looked for in a header, which is a Python dictionary, so that none needs to be evaluated.
DTYPE = re.compile(r"'descr'\s*:\s*'([^']*)'")
ORDER = re.compile(r"'fortran_order'\s*:\s*(True|False)")
SHAPE = re.compile(r"'shape'\s*:\s*\(([0-9L, ]*)\)")
PLAIN = re.compile("[<>|=]?[biufUS][1-9][0-9]{0,7}")  # true or false, numbers, text
MOST_DIGITS = 18  # of a size
ENCRYPTED = 1  # a bit of a member's flags
LOCAL_HEADER = struct.Struct("<4s22xHH")  # of a member: its mark, the lengths of its name and of its extra field
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError)  # zip files


def names_in(path: str) -> tuple[str, ...]:
    """The names of the arrays: in a .npz its members, in a folder the stems of its .npy files."""
    if is_folder(path):
        names = sorted(file.stem for file in Path(path).glob("*.npy"))
    else:
        with opened(path) as file:
            names = [member.removesuffix(".npy") for member in _archive(file, shown(path)).namelist()]
    if not names:
        raise DataError(f"{shown(path)}: there are no arrays in it")
    return tuple(names)


def read_named(path: str, name: str) -> np.ndarray:
    """One of `names_in(path)`."""
    if is_folder(path):
        return read_npy(str(Path(path) / f"{name}.npy"))
    where = f"{shown(path)}: array {quoted(name)}"
    with opened(path) as file:
        try:
            return _member(file, _archive(file, shown(path)), name, where)
        except BROKEN as error:
            raise DataError(f"{where}: its part of the file is broken: {error}") from None


def read_npy(path: str) -> np.ndarray:
    """The array of a .npy file, mapped into memory."""
    with opened(path) as file:
        return _mapped(file, size_of(file), shown(path))


# --- one array ---


def _mapped(file: BinaryIO, end: int, where: str) -> np.ndarray:
    """The .npy that begins here and goes to `end`."""
    shape, by_columns, dtype = _header(file, where)
    start, present = file.tell(), end - file.tell()
    if present < 0:
        raise DataError(f"{where}: its header is broken: it goes on behind the end")
    if present != bytes_of(shape, dtype):
        raise DataError(f"{where}: its header {declared(shape, dtype)}, but {present:,} bytes follow")
    return np.memmap(file, dtype, "r", start, shape, "F" if by_columns else "C")


def _header(file: Readable, where: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    """Shape, whether columns come first (Fortran's order), and dtype."""
    start = file.read(len(MAGIC) + 2)
    if not start.startswith(MAGIC) or len(start) < len(MAGIC) + 2:
        raise DataError(f"{where}: this is no .npy: it begins with {start.hex(' ') or 'nothing'}")
    if (version := start[len(MAGIC)]) not in (1, 2):
        raise DataError(f"{where}: it has version {version} of the format, which is for tables with named columns")
    length = int.from_bytes(file.read(2 if version == 1 else 4), "little")
    text = file.read(min(length, LONGEST_HEADER)).decode("latin-1")
    dtype = _dtype(text, where)
    found = ORDER.search(text), SHAPE.search(text)
    if len(text) < length or not found[0] or not found[1]:
        raise DataError(f"{where}: its header is broken")
    return _shape(found[1][1], where), found[0][1] == "True", dtype


def _shape(text: str, where: str) -> tuple[int, ...]:
    sizes = re.findall("[0-9]+", text)
    if len(sizes) > MOST_AXES or any(len(size) > MOST_DIGITS for size in sizes):
        raise DataError(f"{where}: its header is broken: no array has such a shape")
    shape = tuple(map(int, sizes))
    if 0 in shape or not shape:
        raise DataError(f"{where}: there are no examples in it: its shape is {shape}")
    return shape


def _dtype(header: str, where: str) -> np.dtype:
    found = DTYPE.search(header)
    kind = found[1] if found else ""
    if kind in ("|O", "O"):
        message = f"{where}: it holds Python objects, which could run code when they are read"
        raise DataError(message, "save it with one dtype, as by `array.astype(float)` or `array.astype(str)`")
    if not PLAIN.fullmatch(kind):
        raise DataError(f"{where}: its dtype is {quoted(kind) if kind else 'not a simple one'}, not numbers or text")
    try:
        return np.dtype(kind)
    except (TypeError, ValueError):
        raise DataError(f"{where}: there is no dtype {quoted(kind)}") from None


# --- an array in a zip file ---


def _archive(file: BinaryIO, name: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except BROKEN as error:
        raise DataError(f"{name}: this is no .npz: {error}") from None


def _member(file: BinaryIO, archive: zipfile.ZipFile, name: str, where: str) -> np.ndarray:
    info = archive.NameToInfo.get(f"{name}.npy") or archive.NameToInfo.get(name)
    if info is None:
        raise DataError(f"{where}: there is no such array")
    if info.flag_bits & ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{where}: it is encrypted, or compressed in a way that NumPy does not write")
    if info.compress_type == zipfile.ZIP_DEFLATED:
        return _inflated(archive, info, where)
    end = _seek_to_data(file, info, where) + info.file_size
    if end > size_of(file):
        raise DataError(f"{where}: the file ends {end - size_of(file):,} bytes before it does")
    return _mapped(file, end, where)


def _seek_to_data(file: BinaryIO, info: zipfile.ZipInfo, where: str) -> int:
    """Goes to where a member's bytes begin, and says where that is."""
    file.seek(info.header_offset)
    header = file.read(LOCAL_HEADER.size)
    mark, name, extra = LOCAL_HEADER.unpack(header) if len(header) == LOCAL_HEADER.size else (b"", 0, 0)
    if mark != b"PK\3\4":
        raise DataError(f"{where}: the file's directory says that it begins where it does not")
    return file.seek(info.header_offset + LOCAL_HEADER.size + name + extra)


def _inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> np.ndarray:
    with archive.open(info) as member:
        shape, by_columns, dtype = _header(member, where)
        size = bytes_of(shape, dtype)
        if size != info.file_size - member.tell() or size > MOST_DEFLATION * info.compress_size:
            raise DataError(f"{where}: its header {declared(shape, dtype)}, but the file does not hold so many")
        demand(size, where)
        array = np.empty(shape[::-1] if by_columns else shape, dtype)
        if fill(array, member) < size or member.read(1):
            raise DataError(f"{where}: its header {declared(shape, dtype)}, but the file does not hold so many")
    return array.T if by_columns else array
