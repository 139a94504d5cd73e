"""Text files, gzipped or not."""

import gzip
import zlib
from typing import BinaryIO, Literal

from zen_cli.data.formats.opening import AT_ONCE, opened, shown, size_of
from zen_cli.errors import DataError
from zen_cli.memory import demand

Encoding = Literal["utf-8", "utf-16", "latin-1", "cp1252"]

GZIP = b"\x1f\x8b"
MEMORY = 10  # bytes for each byte of text: what was read, its characters, a copy of them, and their numbers
LIKELY: tuple[Encoding, ...] = ("utf-8", "cp1252")
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: str, encoding: Encoding) -> str:
    """The text of a file, each of its lines ending in a newline alone, whatever ended it there.

    Raises DataError for a file that is not in this encoding, or broken, and UserError for one that is too large.
    """
    name = shown(path)
    with opened(path) as file:
        gzipped = file.read(len(GZIP)) == GZIP
        file.seek(0)
        data = _inflated(file, name) if gzipped else _plain(file, name)
    return _decoded(data, encoding, name).replace("\r\n", "\n").replace("\r", "\n")


def _plain(file: BinaryIO, name: str) -> bytes:
    demand(MEMORY * size_of(file), f"the text in {name}")
    return file.read()


def _inflated(file: BinaryIO, name: str) -> bytes:
    """The size of what was compressed is only known at its end, so it is checked as it grows."""
    data = bytearray()
    try:
        with gzip.GzipFile(fileobj=file) as inflated:
            while piece := inflated.read(AT_ONCE):
                data += piece
                demand(MEMORY * len(data), f"the text in {name}")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{name}: its gzip is broken: {error}") from None
    return bytes(data)


def _decoded(data: bytes, encoding: Encoding, name: str) -> str:
    try:
        return data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        place = f"{name}:{1 + before.count(chr(10))}: byte 0x{data[error.start]:02x}, after {error.start} others"
        instead = {"encoding": _likely(data)}
        raise DataError(f"{place}, is not {encoding.upper()} text", setting="encoding", instead=instead) from None


def _likely(data: bytes) -> Encoding:
    """An encoding in which these bytes are text; in Latin-1 all are."""
    if data.startswith(UTF16_MARKS) and _is(data, "utf-16"):
        return "utf-16"
    return next((encoding for encoding in LIKELY if _is(data, encoding)), "latin-1")


def _is(data: bytes, encoding: Encoding) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
