"""Which kind of data a path leads to, by its first bytes and by its name."""

import gzip
import re
import zlib
from pathlib import Path
from typing import Literal

from zen_cli.data.formats.arrays import MAGIC
from zen_cli.data.formats.folders import files_in, folders_in
from zen_cli.data.formats.idx import DTYPES
from zen_cli.data.formats.opening import demand_a_regular_file, is_folder, opened, shown
from zen_cli.data.formats.plain_text import GZIP
from zen_cli.data.table.blocks import OTHER_FILES
from zen_cli.data.table.cells import looks_like_a_number
from zen_cli.data.table.dates import found as a_date
from zen_cli.errors import DataError, quoted

Kind = Literal["csv", "idx", "npz", "images", "ucr", "text"]
BEGINNING = 2**16  # bytes that are looked at
LINES = 50
LEAST_OF_UCR = 20  # columns, where nothing else tells
PICTURES = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"}
UCR_PART = re.compile("(?i).*_(train|test)")
NO_TEXT = {  # names of text files that are no text to learn to write, and what to do with them
    ".json": "JSON",
    ".jsonl": "JSON",
    ".ndjson": "JSON",
    ".xml": "XML",
    ".html": "HTML",
    ".arff": "ARFF",
}
READS = "CSV, .npz, IDX, .ts and .tsv of UCR, text, and folders of images"


def kind_of(path: str) -> Kind:
    """DataError, which says what is there, where zen reads no such data."""
    if is_folder(path):
        return _kind_of_folder(path)
    demand_a_regular_file(path)
    start = _beginning(path)
    if not start.strip():
        raise DataError(f"{shown(path)}: there is nothing in it")
    return _of_bytes(path, start) or _of_text(path, start.decode("utf-8", "replace"))


def suffix_of(path: str) -> str:
    """In small letters, and without .gz."""
    name = path.lower().removesuffix(".gz")
    return Path(name).suffix


# --- folders ---


def _kind_of_folder(path: str) -> Kind:
    if any(file.suffix == ".npy" for file in files_in(path)):
        return "npz"
    if any(_is_picture(file) for folder in _two_levels(path) for file in files_in(folder)):
        return "images"
    pictures = any(map(_is_picture, files_in(path)))
    hint = "put the images of each class into a folder of its own" if pictures else f"zen reads {READS}"
    raise DataError(f"{shown(path)}: this folder holds neither folders of images nor .npy files", hint)


def _two_levels(path: str) -> list[Path]:
    folders = folders_in(path)
    return [*folders, *(below for folder in folders for below in folders_in(folder))]


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in PICTURES


# --- files ---


def _beginning(path: str) -> bytes:
    with opened(path) as file:
        start = file.read(BEGINNING)
        if not start.startswith(GZIP):
            return start
        file.seek(0)
        try:
            return gzip.GzipFile(fileobj=file).read(BEGINNING)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{shown(path)}: its gzip is broken: {error}") from None


def _of_bytes(path: str, start: bytes) -> Kind | None:
    """What files are that are no text."""
    name = shown(path)
    if start[:2] == b"\0\0" and start[2:3] and start[2] in DTYPES:
        return "idx"
    if start.startswith(b"PK\3\4") and suffix_of(path) == ".npz":
        return "npz"
    if start.startswith(MAGIC):
        message = f"{name}: a .npy file holds one array, not inputs and targets"
        raise DataError(message, "name its folder, if another .npy in there has the targets")
    if suffix_of(path) in PICTURES:
        raise DataError(f"{name}: this is one image", "name the folder that holds a folder of images for each class")
    for beginning, what in OTHER_FILES.items():
        if start.startswith(beginning):
            raise DataError(f"{name}: this is {what}")
    if b"\0" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{name}: this is neither text nor a format that zen knows", f"it reads {READS}")
    return None


def _of_text(path: str, start: str) -> Kind:
    suffix = suffix_of(path)
    if suffix in NO_TEXT:
        raise DataError(f"{shown(path)}: zen reads no {NO_TEXT[suffix]}", "export it as CSV")
    if suffix == ".ts":
        return "ucr"
    if suffix == ".tsv":
        return "ucr" if UCR_PART.fullmatch(Path(path).stem) or _is_of_ucr(start) else "csv"
    return "csv" if suffix == ".csv" or _is_table(start) else "text"


def _is_of_ucr(start: str) -> bool:
    """Whether a .tsv has no names of columns, but many numbers behind a label."""
    cells = start.split("\n", 1)[0].split("\t")
    return len(cells) >= LEAST_OF_UCR and all(looks_like_a_number(cell) for cell in cells[1:])


def _is_table(start: str) -> bool:
    """Whether each line has as many cells, among them numbers or dates: those of a text with commas do not."""
    lines = [line for line in start.splitlines()[:LINES] if line.strip()]
    lines = lines[:-1] if len(start) >= BEGINNING and len(lines) > 2 else lines  # the last one may be cut off
    if len(lines) > 1 and all(map(looks_like_a_number, lines[1:])):
        return True
    return any(_fits(lines, mark) for mark in "\t;,|")


def _fits(lines: list[str], mark: str) -> bool:
    rows = [line.split(mark) for line in lines]
    alike = len(rows) > 1 and len(rows[0]) > 1 and all(len(row) == len(rows[0]) for row in rows)
    return alike and any(looks_like_a_number(cell) or a_date(cell, "ymd") for cell in rows[-1])


def unknown_target(path: str, name: str, what: str) -> DataError:
    """For data without columns."""
    return DataError(f"{shown(path)}: there is no column {quoted(name)}: {what}", "leave out --target")
