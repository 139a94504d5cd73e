"""The rows of CSV text, one by one: what may be quoted, and where a row begins."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from zen_cli.data.table.blocks import LONGEST_LINE
from zen_cli.errors import DataError

BLANKS = " "  # the delimiter that stands for any number of blanks and tabs
OPEN_QUOTE = "unexpected end of data"  # what the csv module says of it
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", BLANKS: "blanks"}


@dataclass(frozen=True)
class Records:
    """The cells of each row of a text, and the line, from 0, on which it begins; blank lines are rows of no cells.

    The rows end where csv has a `problem` with the one that begins on line `end`.
    """

    rows: list[list[str]]
    lines: list[int]
    end: int
    problem: str = ""


def records(text: str, delimiter: str) -> Records:
    lines = io.StringIO(text, newline="\n")  # unlike splitlines(), this keeps the line ends that are no \n
    rows: list[list[str]] = []
    ends = [0]
    reader = csv.reader(
        _trimmed(lines, delimiter), delimiter=delimiter, skipinitialspace=delimiter == BLANKS, strict=True
    )
    try:
        with _long_cells():
            for cells in reader:
                rows.append(cells if len(cells) > 1 or not is_blank(cells) else [])
                ends.append(reader.line_num)
    except csv.Error as error:
        return Records(rows, ends[:-1], ends[-1], str(error))
    return Records(rows, ends[:-1], ends[-1])


def broken(name: str, line: int, problem: str) -> DataError:
    """What to say of a row that begins on a line of a file, with which csv has a problem."""
    if problem == OPEN_QUOTE:
        return DataError(f"{name}:{line}: a quote in this row is never closed", 'close it with "')
    return DataError(f"{name}:{line}: {problem}", 'a quote in a quoted value is doubled: "a ""b"" c"')


def before(text: str, count: int) -> str:
    """The first so many lines of a text."""
    return "\n".join(text.split("\n", count)[:count])


def after(text: str, count: int) -> str:
    """What follows so many lines of a text."""
    return "".join(text.split("\n", count)[count:])


def is_blank(cells: Sequence[str]) -> bool:
    """Whether a line has nothing on it; one that says "" has an empty cell."""
    return not cells or (len(cells) == 1 and cells[0].isspace())


def in_words(delimiter: str) -> str:
    return NAMES.get(delimiter, f"'{delimiter}'")


def _trimmed(lines: Iterator[str], delimiter: str) -> Iterator[str]:
    """Lines in which any blanks are one, if blanks are the delimiter."""
    if delimiter != BLANKS:
        return lines
    return (line.replace("\t", " ").strip() if '"' in line else " ".join(line.split()) for line in lines)


@contextmanager
def _long_cells() -> Iterator[None]:
    """The csv module refuses cells of more than 128 KB; here it is lines, and quotes over lines, that are bounded."""
    before = csv.field_size_limit(2 * LONGEST_LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)
