"""A CSV file as a table: its form and the kinds of its columns found out, every cell checked, rows on disk if large."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zen_cli.data.table.blocks import Block, Blocks, opened
from zen_cli.data.table.cells import Categories, Decimal, Unseen, is_missing
from zen_cli.data.table.dates import AmbiguousError
from zen_cli.data.table.disk import RowStore
from zen_cli.data.table.frame import Column, Frame, Lines, NoColumnError, column_in_words
from zen_cli.data.table.kinds import Kind, cells_of, kind_of
from zen_cli.data.table.sniffing import SAMPLE, Form, form_of
from zen_cli.data.table.splitting import Reader, Splitter
from zen_cli.errors import DataError, quoted

Array = np.ndarray
MEMORY = 2**26  # bytes of rows; larger tables are kept on disk
EXAMPLES = 3
LONGEST_EXAMPLE = 60
AT_ONCE = 2**21  # characters that tell enough about a file


def read_frame(
    path: str,
    *,
    only: Sequence[str] | None = None,
    optional: Sequence[str] = (),
    kinds: Mapping[str, Kind] | None = None,
    labels: Mapping[str, Sequence[str]] | None = None,
    unseen: Unseen = "refuse",
    delimiter: str | None = None,
    decimal: Decimal | None = None,
    encoding: str = "utf-8",
    header: bool | None = None,
    memory: int = MEMORY,
) -> Frame:
    """The table in a CSV file, which may be gzipped; `-` is standard input.

    `only` names the columns to read, in the order that the frame is to have, and `optional` those to read after them
    where the file has them. `kinds` and `labels` are of columns by name, found out where they are not given; a category
    that is not among its labels is refused, or the code -1 if `unseen` says so. What else is None is found out, too.
    Rows of more than `memory` bytes are kept on disk.

    DataError names file, line and column; MachineError tells of a disk that is full.
    """
    with opened(path) as (file, name):
        blocks = Blocks(file, name, encoding)
        stream = iter(blocks)
        first = _start(stream)
        form = form_of(first, name, delimiter, decimal, header)
        wanted = _Wanted(kinds or {}, labels or {}, unseen, form, name)
        columns = wanted.columns(only, optional)
        text = _and_then(Block(form.rows, form.line, first.last), stream)
        return _read(text, blocks, form, columns, memory)


@dataclass(frozen=True)
class _Column:
    """A column that will be read: what reads it, its kind and what its first cells say."""

    reader: Reader
    kind: Kind
    examples: tuple[str, ...]

    def found(self, missing: int, first_missing: int | None) -> Column:
        """What is known of it once all rows were read."""
        cells = self.reader.cells
        labels: tuple[str, ...] = ()
        kind = self.kind
        if isinstance(cells, Categories):
            labels, kind = ((), "text") if cells.is_text else (cells.labels, kind)
        return Column(self.reader.name, kind, labels, self.examples, missing, first_missing)


@dataclass(frozen=True)
class _Wanted:
    """What was said of columns, for a file of some form."""

    kinds: Mapping[str, Kind]
    labels: Mapping[str, Sequence[str]]
    unseen: Unseen
    form: Form
    name: str

    def columns(self, only: Sequence[str] | None, optional: Sequence[str]) -> list[_Column]:
        """Those of these names, or all of them."""
        known = {column: place for place, column in enumerate(self.form.names)}
        for column in (*self.kinds, *self.labels) if only is None else only:
            if column not in known:
                raise NoColumnError(column, self.form.names, self.name, only or ())
        names = known if only is None else dict.fromkeys([*only, *(name for name in optional if name in known)])
        return [self._column(known[name], name) for name in names]

    def _column(self, place: int, column: str) -> _Column:
        texts = [row[place] for row in self.form.sample]
        labels = self.labels.get(column)
        try:
            given = "category" if labels is not None else self.kinds.get(column)
            kind: Kind = given or kind_of(texts)
            cells = cells_of(kind, texts, self.form.decimal, labels, self.unseen, told=given is not None)
        except AmbiguousError as error:
            where = f"{self.name}:{self.form.lines[error.index]}: {column_in_words(column, self.form.titled)}"
            raise DataError(f"{where}: {error}") from None
        return _Column(Reader(place, column, cells), kind, _examples(texts))


def _examples(texts: Sequence[str]) -> tuple[str, ...]:
    different: dict[str, None] = {}
    for text in texts:
        if len(different) == EXAMPLES:
            break
        if not is_missing(text):
            different[text.strip()[:LONGEST_EXAMPLE]] = None
    return tuple(different)


def _start(stream: Iterator[Block]) -> Block:
    """As many blocks in one as are needed to tell what is in the file: one, but where lines are very long."""
    first = next(stream)
    while not first.last and (lines := first.text.count("\n")) <= SAMPLE and (lines < 2 or len(first.text) < AT_ONCE):
        block = next(stream)
        first = Block(first.text + block.text, first.line, block.last)
    return first


def _and_then(first: Block, stream: Iterator[Block]) -> Iterator[Block]:
    yield first
    yield from stream


def _read(text: Iterator[Block], blocks: Blocks, form: Form, columns: Sequence[_Column], memory: int) -> Frame:
    splitter = Splitter(blocks.name, form, [column.reader for column in columns])
    store, gaps, lines, count = RowStore(len(columns), memory), _Gaps(len(columns)), Lines(form.line), 0
    for block in text:
        split = splitter.split(block)
        blocks.put_back(split.rest)
        lines.note(count, split.lines)
        gaps.note(count, split.rows)
        store.add(split.rows, blocks.share)
        count += len(split.rows)
    if not count:
        raise DataError(f"{blocks.name}: its first line names columns, but no row follows")
    found = tuple(column.found(*gaps.of(place)) for place, column in enumerate(columns))
    notes = (*form.notes, *_notes(found, blocks.encoding))
    return Frame(blocks.name, found, store.rows(), lines, form.titled, form.delimiter, form.decimal, notes)


class _Gaps:
    """How many cells of each column are missing, and the row of the first."""

    def __init__(self, columns: int) -> None:
        self._counts = np.zeros(columns, np.int64)
        self._first = np.zeros(columns, np.int64)

    def note(self, row: int, rows: Array) -> None:
        """The rows from `row` on."""
        missing = np.isnan(rows)
        if missing.any():
            here = missing.any(axis=0)
            self._first = np.where(here & (self._counts == 0), row + missing.argmax(axis=0), self._first)
            self._counts += missing.sum(axis=0)

    def of(self, column: int) -> tuple[int, int | None]:
        count = int(self._counts[column])
        return count, int(self._first[column]) if count else None


def _notes(columns: Sequence[Column], encoding: str) -> Iterator[str]:
    if encoding != "utf-8":
        yield f"its text is {encoding}"
    for column in columns:
        if column.kind == "text":
            yield f"column {quoted(column.name)} is no input: it is text, with too many different cells for a category"
