"""A file as blocks of whole lines of text: plain or gzipped, from a path or from standard input."""

import codecs
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from zen_cli.data.formats.opening import MissingFileError, shown
from zen_cli.errors import DataError

AT_ONCE = 2**21  # bytes of a block, about
LONGEST_LINE = 2**22
NEWLINE = ord("\n")
GZIP = b"\x1f\x8b"
SAVE_AS_UTF8 = "save it as CSV in UTF-8"
OTHER_FILES = {  # how files begin that are not text, and what to say of them
    b"PK\x03\x04": "a zip archive or a spreadsheet (.xlsx, .ods): export the sheet as CSV",
    b"PAR1": "a Parquet file: export it as CSV",
    b"\x89HDF": "an HDF5 file: export it as CSV",
    b"SQLite format 3": "an SQLite database: export a table as CSV",
    b"\x93NUMPY": "a NumPy array, not CSV",
    b"%PDF": "a PDF document, not CSV",
    b"\x89PNG": "an image, not CSV",
    b"BZh": "packed with bzip2: unpack it, or pack it with gzip",
    b"\xfd7zXZ": "packed with xz: unpack it, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd: unpack it, or pack it with gzip",
}
WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Block:
    """Whole lines that end in \\n, but for the last one of a file; `line` is the number of the first."""

    text: str
    line: int
    last: bool


class Blocks:
    """The blocks of an open file. What is `put_back` comes again, at the start of the next block."""

    def __init__(self, file: BinaryIO, name: str, encoding: str) -> None:
        self.name = name
        self.encoding = _known_encoding(encoding)
        self._file = file
        self._size = _size(file)
        self._read = 0  # bytes
        self._line = 1  # of the next block, without what was put back
        self._returned = ""

    @property
    def share(self) -> float:
        """How much of the file has been read, from 0 to 1; 0 where its size is unknown."""
        return self._read / self._size if self._size else 0.0

    def put_back(self, text: str) -> None:
        self._returned = text

    def __iter__(self) -> Iterator[Block]:
        for data, last in self._whole_lines():
            text = self._returned + self._decoded(data)
            line = self._line - self._returned.count("\n")
            self._returned = ""
            yield Block(text, line, last)
            self._line += _line_ends(data)

    def _whole_lines(self) -> Iterator[tuple[bytes, bool]]:
        rest = b""
        for piece in self._without_mark():
            rest += piece
            end = _end_of_lines(rest)
            if end:
                yield rest[:end], False
                rest = rest[end:]
            if len(rest) > LONGEST_LINE:
                where = f"{self.name}:{self._line}"
                raise DataError(f"{where}: this line is longer than {LONGEST_LINE:,} bytes: is it a CSV file?")
        yield rest, True

    def _without_mark(self) -> Iterator[bytes]:
        """The pieces of the file, without the mark (BOM) that a UTF-8 file may begin with."""
        first = True
        for piece in self._unpacked():
            if first:
                self._demand_text(piece)
                piece = piece.removeprefix(codecs.BOM_UTF8) if self.encoding == "utf-8" else piece
            first = False
            yield piece

    def _unpacked(self) -> Iterator[bytes]:
        pieces = self._pieces()
        first = next(pieces, b"")
        if not first.startswith(GZIP):
            yield first
            yield from pieces
            return
        try:
            yield from _inflated(first, pieces)
        except (zlib.error, EOFError) as error:
            raise DataError(f"{self.name}: cannot be unpacked: {error}: fetch or pack it again") from None

    def _pieces(self) -> Iterator[bytes]:
        while piece := self._file.read(AT_ONCE):
            self._read += len(piece)
            yield piece

    def _demand_text(self, data: bytes) -> None:
        if data.startswith(WIDE_MARKS):
            raise DataError(f"{self.name}: the file is UTF-16 or UTF-32 text", SAVE_AS_UTF8)
        for start, what in OTHER_FILES.items():
            if data.startswith(start):
                raise DataError(f"{self.name}: this is {what}")

    def _decoded(self, data: bytes) -> str:
        """The text of lines, each ending in \\n, however it ended in the file."""
        if b"\0" in data:
            line = self._line + _line_ends(data[: data.index(b"\0")])
            raise DataError(f"{self.name}:{line}: a NUL byte: this is not text, or not UTF-8", SAVE_AS_UTF8)
        try:
            text = data.decode(self.encoding)
        except UnicodeDecodeError as error:
            raise self._not_decoded(data, error.start) from None
        return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text

    def _not_decoded(self, data: bytes, at: int) -> DataError:
        before = data[:at]
        where = f"{self.name}:{self._line + _line_ends(before)}"
        place = at - max(before.rfind(b"\n"), before.rfind(b"\r"))
        what = f"{where}: byte {place} of the line, 0x{data[at]:02x}, is not {self.encoding.upper()} text"
        if self.encoding != "utf-8":
            return DataError(what, "give the encoding of the file", setting="encoding")
        hint = "give the file's encoding, such as `latin-1`, or save it as UTF-8"
        return DataError(what, hint, setting="encoding", instead={"encoding": "latin-1"})


@contextmanager
def opened(path: str) -> Iterator[tuple[BinaryIO, str]]:
    """The bytes of a file, or of standard input for `-`, and what to call it in messages."""
    if path == "-":
        if sys.stdin is None:
            raise DataError("standard input: it is closed")
        yield sys.stdin.buffer, "standard input"
        return
    name = shown(path)
    try:
        with Path(path).open("rb") as file:
            yield file, name
    except FileNotFoundError:
        raise MissingFileError(path) from None
    except IsADirectoryError:
        raise DataError(f"{name}: this is a folder, not a file") from None
    except OSError as error:
        raise DataError(f"{name}: cannot be read: {error.strerror or error}") from None


def _known_encoding(encoding: str) -> str:
    """Python's name for it. Lines are found before they are decoded, so their ends must be those of ASCII."""
    marks = '\n\r\t ,;|"09'
    try:
        known = codecs.lookup(encoding).name.replace("utf-8-sig", "utf-8")
        alike = marks.encode(known) == marks.encode("ascii")
    except (LookupError, UnicodeError, ValueError):
        message, instead = f"there is no encoding {encoding!r}", {"encoding": "utf-8"}
        raise DataError(message, "write `utf-8`", setting="encoding", instead=instead) from None
    if not alike:
        raise DataError(f"a CSV file in {encoding} cannot be read", SAVE_AS_UTF8, setting="encoding")
    return known


def _size(file: BinaryIO) -> int:
    """Bytes of an open file; 0 where nobody knows, as for a pipe."""
    try:
        return os.fstat(file.fileno()).st_size
    except OSError:  # io.UnsupportedOperation, too: not a file of the system
        return 0


def _inflated(piece: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip packed, at most AT_ONCE bytes at a time, whatever they unpack to; files may follow each other."""
    stream = zlib.decompressobj(wbits=31)
    while piece:
        yield stream.decompress(piece, AT_ONCE)
        piece = stream.unconsumed_tail
        if stream.eof:
            piece = stream.unused_data.lstrip(b"\0") or next(others, b"").lstrip(b"\0")
            stream = zlib.decompressobj(wbits=31) if piece else stream
        piece = piece or next(others, b"")
    if not stream.eof:
        raise EOFError("the file is cut off")


def _end_of_lines(data: bytes) -> int:
    """Where the last whole line ends; \\r alone ends one only where there is no \\n."""
    return data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, max(0, len(data) - 1)) + 1


def _line_ends(data: bytes) -> int:
    ends = int(np.count_nonzero(np.frombuffer(data, np.uint8) == NEWLINE))  # ten times as quick as data.count()
    return ends + data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else ends
