"""How a CSV file is written: what separates its cells, its decimal mark, whether its first line names the columns."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from zen_cli.data.table.blocks import Block
from zen_cli.data.table.cells import Decimal, is_missing, looks_like_a_number, number
from zen_cli.data.table.records import BLANKS, Records, after, before, broken, in_words, records
from zen_cli.errors import DataError, quoted

DELIMITERS = (",", ";", "\t", "|")
LOOKED_AT = 100  # lines, for the delimiter
SAMPLE = 1000  # rows, for the kinds of columns
MOST_COLUMNS = 100_000
INDEX = "index"  # what a first column without a name is called: pandas writes its index so
COMMA_DECIMAL = re.compile(r"[-+]?\d*,\d+([eE][-+]?\d+)?", re.ASCII)
PERHAPS_GROUPED = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}", re.ASCII)


@dataclass(frozen=True)
class Form:
    """What has to be known of a file before its cells can be read."""

    delimiter: str
    decimal: Decimal
    titled: bool
    names: tuple[str, ...]
    sample: tuple[list[str], ...]  # the first rows, all of one length
    lines: tuple[int, ...]  # of the file, on which they begin
    rows: str  # what is left of the first block without the names
    line: int  # of the file, on which that begins
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.names)


def form_of(block: Block, name: str, delimiter: str | None, decimal: Decimal | None, header: bool | None) -> Form:
    """The form of a file by its first block; what is None is found out. DataError where that cannot be, or is wrong."""
    _demand_a_first_line(block.text, name)
    separated = _delimiter(before(block.text, LOOKED_AT), name, delimiter)
    found = _first_rows(block.text, name, separated)
    first = found.rows[0]
    titled = _names_columns(first) if header is None else header
    names = _names(first, name) if titled else tuple(str(place) for place in range(1, len(first) + 1))
    whole = [place for place, cells in enumerate(found.rows) if len(cells) == len(first) and place >= titled]
    sample = tuple(found.rows[place] for place in whole)
    mark = _decimal(sample, separated, name) if decimal is None else _known_decimal(decimal, separated)
    notes = _notes(separated, mark, titled, unnamed=titled and not first[0].strip())
    skipped = [*found.lines, found.end][titled]  # lines, of the names
    lines = tuple(1 + found.lines[place] for place in whole)
    return Form(separated, mark, titled, names, sample, lines, after(block.text, skipped), 1 + skipped, notes)


def _demand_a_first_line(text: str, name: str) -> None:
    if not text.strip():
        raise DataError(f"{name}: there is nothing in it")
    if not text.split("\n", 1)[0].strip():
        raise DataError(f"{name}:1: this line is empty: remove it")


def _first_rows(text: str, name: str, delimiter: str) -> Records:
    """Names, if there are any, and a sample."""
    found = records(before(text, SAMPLE + 1), delimiter)
    if not found.rows:
        raise broken(name, 1, found.problem)
    if len(found.rows[0]) > MOST_COLUMNS:
        raise DataError(f"{name}:1: {len(found.rows[0]):,} columns, and the most is {MOST_COLUMNS:,}")
    return found


def _notes(delimiter: str, decimal: Decimal, titled: bool, unnamed: bool) -> tuple[str, ...]:
    said = {
        f"its cells are separated by {in_words(delimiter)}": delimiter != ",",
        "its numbers have a decimal comma": decimal == ",",
        "its first line does not name the columns": not titled,
        f"its first column has no name and is called '{INDEX}'": unnamed,
    }
    return tuple(note for note, so in said.items() if so)


# --- delimiter ---


def _delimiter(text: str, name: str, given: str | None) -> str:
    if given is not None and (len(given) != 1 or given.isalnum() or given in "\"\r\n.+-'_"):
        raise DataError(f"{given!r} cannot separate cells", "write `;`, for example", setting="delimiter")
    fits = {mark: _fit(text, mark) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: fits[mark])
    if given is None:
        return best if fits[best] > (0, 0, 0) else _blanks_or_comma(text)
    if _fit(text, given) == (0, 0, 0) and fits[best] > (0, 0, 0):
        one = f"{name}:1: with {in_words(given)} between cells there is one column, with {in_words(best)} several"
        raise DataError(one, f"set `delimiter` to {best!r}", setting="delimiter", instead={"delimiter": best})
    return given


def _fit(text: str, delimiter: str) -> tuple[float, float, int]:
    """How well a delimiter fits: the lines of the usual width, the cells in which no other is left, and that width.

    Nothing fits where the usual width is one column.
    """
    rows = [cells for cells in records(text, delimiter).rows if cells]
    widths = Counter(map(len, rows))
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    if width == 1:
        return 0, 0, 0
    cells = [cell for row in rows for cell in row]
    whole = sum(1 for cell in cells if COMMA_DECIMAL.fullmatch(cell.strip()) or not set(cell) & {*DELIMITERS})
    return count / len(rows), whole / len(cells), width


def _blanks_or_comma(text: str) -> str:
    """Blanks separate cells where each line has as many and most are numbers: dates with times and words are one."""
    rows = [cells for cells in records(text, BLANKS).rows if cells]
    cells = [cell for row in rows[1:] or rows for cell in row]
    alike = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    numbers = all(number(cell) is not None for cell in cells)
    return BLANKS if alike and numbers and not all(map(is_missing, cells)) else ","


# --- decimal mark ---


def _known_decimal(decimal: Decimal, delimiter: str) -> Decimal:
    if decimal == delimiter:
        raise DataError("the decimal mark and the delimiter are both a comma", "set one of them", setting="decimal")
    return decimal


def _decimal(sample: Sequence[Sequence[str]], delimiter: str, name: str) -> Decimal:
    """A comma, where cells have it in the place of a decimal point and none has a point."""
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in sample for cell in row]
    commas = [cell for cell in cells if COMMA_DECIMAL.fullmatch(cell)]
    if not commas or any("." in cell and number(cell) is not None for cell in cells):
        return "."
    if all(map(PERHAPS_GROUPED.fullmatch, commas)):
        raise DataError(
            f"{name}: {quoted(commas[0])} may have a decimal comma or a mark between thousands",
            "set `decimal` to ',', or write numbers without such marks",
            setting="decimal",
            instead={"decimal": ","},
        )
    return ","


# --- names of columns ---


def _names_columns(cells: Sequence[str]) -> bool:
    """Whether these are words and no values; the first may be empty, as pandas writes it."""
    named = [cell for cell in cells if cell.strip()]
    return bool(named) and all(map(_may_name_a_column, named))


def _may_name_a_column(cell: str) -> bool:
    """`close` or `% of all` may; `12.5 kg`, `-`, `nan` or a date may not."""
    start = cell.strip()[0]
    return not (start in "+-." or start.isdecimal() or is_missing(cell) or looks_like_a_number(cell))


def _names(cells: Sequence[str], name: str) -> tuple[str, ...]:
    names = [cell.strip() for cell in cells]
    names[0] = names[0] or INDEX
    places: dict[str, int] = {}
    for place, column in enumerate(names, start=1):
        if not column:
            raise DataError(f"{name}:1: column {place} has no name", "name it")
        if column in places:
            both = f"columns {places[column]} and {place} are both named {quoted(column)}"
            raise DataError(f"{name}:1: {both}", "give each its own name")
        places[column] = place
    return tuple(names)
