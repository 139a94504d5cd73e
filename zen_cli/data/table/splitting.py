"""Blocks of text as rows of numbers: by NumPy at once where that is safe, else row by row with the csv module."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from zen_cli.data.table.blocks import LONGEST_LINE, Block
from zen_cli.data.table.cells import Cells, WrongCellError
from zen_cli.data.table.frame import column_in_words
from zen_cli.data.table.plain import swapped, swapped_cells, with_nan, without_quotes
from zen_cli.data.table.records import BLANKS, OPEN_QUOTE, Records, after, broken, in_words, records
from zen_cli.data.table.sniffing import Form
from zen_cli.errors import DataError

Array = np.ndarray
FLOAT = np.dtype(np.float64)
IGNORED = "U1"  # what NumPy reads of a column that nobody asked for


@dataclass(frozen=True)
class Reader:
    """What reads a column: its place among those of the file, and its name."""

    place: int
    name: str
    cells: Cells


@dataclass(frozen=True)
class Split:
    """Rows (n, C) of a block, the lines on which they begin, and the text of a row that goes on in the next block."""

    rows: Array
    lines: Sequence[int]
    rest: str = ""


class Splitter:
    """Reads blocks of a file of some form into an array with a column for each of `readers`."""

    def __init__(self, name: str, form: Form, readers: Sequence[Reader]) -> None:
        self.name = name
        self.delimiter = form.delimiter
        self.decimal = form.decimal
        self.width = form.width
        self.titled = form.titled
        self.readers = readers
        self._gaps = False  # whether the last blocks had cells with nothing in them
        self._blank = 0  # the first of the blank lines that the last block ended with

    def split(self, block: Block) -> Split:
        """DataError names the first cell, or the first row, that cannot be read."""
        if not block.text.strip(" \n"):  # a small gzip may unpack to very many such lines
            self._blank = self._blank or (block.line if block.text else 0)
            return Split(np.empty((0, len(self.readers))), ())
        rows = None if self._blank else self.quickly(block.text)
        return self.carefully(block) if rows is None else Split(rows, range(block.line, block.line + len(rows)))

    @property
    def _may_be_empty(self) -> bool:
        """Whether a cell may have nothing in it: in a line of one cell, and among blanks, it would not be there."""
        return self.width > 1 and self.delimiter != BLANKS

    # --- all at once ---

    def quickly(self, text: str) -> Array | None:
        """The rows of lines of plain cells; None if there are blank lines or cells that need a closer look."""
        plain: str | None = text if '"' not in text else without_quotes(text, self.delimiter, self._may_be_empty)
        if not plain or plain.isspace():
            return None
        plain = swapped(plain) if self.decimal == "," else plain
        try:
            table = self._loaded(plain)
            return None if table is None else self._converted(table)
        except ValueError:
            return None

    def _loaded(self, text: str) -> Array | None:
        """A table (n,) with the fields of `_fields`, or (n, width) if all of them are numbers."""
        if not self._gaps:
            try:
                return self._table(text)
            except ValueError:
                self._gaps = True  # it seems
        filled = with_nan(text, self.delimiter, self._may_be_empty)
        self._gaps = filled != text
        return self._table(filled)

    def _table(self, text: str) -> Array | None:
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        fields = _fields(tuple(self._dtypes()))
        delimiter = None if self.delimiter == BLANKS else self.delimiter
        plain = fields.names is None
        table = np.loadtxt(lines, dtype=fields, delimiter=delimiter, comments=None, ndmin=2 if plain else 1)
        whole = table.shape[1] == self.width if plain else self.width > 1  # one that is blank may be a cell or none
        return table if whole and len(table) == len(lines) else None

    def _dtypes(self) -> list[str]:
        dtypes = [IGNORED] * self.width
        for reader in self.readers:
            dtypes[reader.place] = reader.cells.dtype
        return dtypes

    def _converted(self, table: Array) -> Array:
        rows = np.empty((len(table), len(self.readers)))
        for column, reader in enumerate(self.readers):
            cells = table[:, reader.place] if table.dtype.names is None else table[str(reader.place)]
            if self.decimal == "," and cells.dtype != FLOAT:
                cells = swapped_cells(cells)
            rows[:, column] = reader.cells.from_array(cells)
        return rows

    # --- row by row ---

    def carefully(self, block: Block) -> Split:
        found = records(block.text, self.delimiter)
        open_quote = found.problem == OPEN_QUOTE and not block.last
        end, trouble = self._good(found, block.line, known=not open_quote)
        rows = self._cells(found.rows[:end], [block.line + line for line in found.lines[:end]])
        if trouble:
            raise trouble
        rest = after(block.text, found.end) if open_quote else ""
        if len(rest) > LONGEST_LINE:
            raise broken(self.name, block.line + found.end, OPEN_QUOTE)
        return Split(rows, [block.line + line for line in found.lines[:end]], rest)

    def _good(self, found: Records, start: int, known: bool) -> tuple[int, DataError | None]:
        """How many rows have as many cells as they should, and what is wrong with the next one, if anything is."""
        blank = next((i for i, cells in enumerate(found.rows) if not cells), len(found.rows))
        for place, cells in enumerate(found.rows[:blank]):
            if self._blank or len(cells) != self.width:
                return place, self._empty() if self._blank else self._ragged(len(cells), start + found.lines[place])
        if blank < len(found.rows):
            self._blank = self._blank or start + found.lines[blank]
        more = any(found.rows[blank:])
        return blank, self._empty() if more else broken(
            self.name, start + found.end, found.problem
        ) if known and found.problem else None

    def _empty(self) -> DataError:
        return DataError(f"{self.name}:{self._blank}: this line is empty", "remove it, or fill it in")

    def _ragged(self, count: int, line: int) -> DataError:
        values = f"{count} value{'s' * (count != 1)} where the first row has {self.width}"
        surplus = f"put a value with {in_words(self.delimiter)} in it in quotes"
        hint = surplus if count > self.width else "where a value is missing, its delimiter still stands"
        return DataError(f"{self.name}:{line}: {values}", hint)

    def _cells(self, rows: Sequence[Sequence[str]], lines: Sequence[int]) -> Array:
        columns = list(zip(*rows, strict=True)) if rows else [()] * self.width
        found = np.empty((len(rows), len(self.readers)))
        wrong: list[tuple[Reader, WrongCellError]] = []
        for column, reader in enumerate(self.readers):
            try:
                found[:, column] = reader.cells.from_texts(columns[reader.place])
            except WrongCellError as cell:
                wrong.append((reader, cell))
        if wrong:
            reader, first = min(wrong, key=lambda pair: (pair[1].index, pair[0].place))
            where = f"{self.name}:{lines[first.index]}: {column_in_words(reader.name, self.titled)}"
            raise DataError(f"{where}: {first}", first.hint)
        return found


@lru_cache(maxsize=8)
def _fields(dtypes: tuple[str, ...]) -> np.dtype:
    """One plain type where all columns are numbers, which is quicker and says the same."""
    if set(dtypes) == {"f8"}:
        return np.dtype("f8")
    return np.dtype([(str(place), dtype) for place, dtype in enumerate(dtypes)])
