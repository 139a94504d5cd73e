"""What is in a person's file: facts alone, from which others decide."""

from collections.abc import Mapping

import numpy as np

from zen_cli.config.proposal.looking.arrays import idx_facts, images_facts, npz_facts, ucr_facts
from zen_cli.config.proposal.looking.columns import facts_of, read
from zen_cli.config.proposal.looking.facts import ColumnFacts, Facts, SeriesFacts, TableFacts
from zen_cli.config.proposal.looking.kinds import kind_of, unknown_target
from zen_cli.config.proposal.looking.series import forecastable, series_facts
from zen_cli.config.proposal.looking.tables import OF_TARGETS, table_facts
from zen_cli.config.proposal.looking.texts import text_facts
from zen_cli.config.proposal.looking.time import Time, time_of
from zen_cli.data.formats.opening import shown
from zen_cli.data.table import Frame
from zen_cli.errors import DataError, quoted


def look(path: str, target: str | None) -> Facts:
    """DataError where the file cannot be learnt from; `target` is the column, or array, that is to be predicted."""
    kind = kind_of(path)
    if kind == "csv":
        return _csv_facts(path, target)
    if kind == "npz":
        return npz_facts(path, target)
    if target is not None:
        what = "it is text" if kind == "text" else "the targets are what the examples come with"
        raise unknown_target(path, target, what)
    match kind:
        case "idx":
            return idx_facts(path)
        case "images":
            return images_facts(path)
        case "ucr":
            return ucr_facts(path)
        case "text":
            return text_facts(path)


def _csv_facts(path: str, asked: str | None) -> SeriesFacts | TableFacts:
    frame, reading = read(path)
    if asked is not None:
        frame.index(asked)
    columns = {column.name: facts_of(frame, column) for column in frame.columns}
    time = time_of(frame, columns, asked)
    numbers = forecastable(columns, time) if time else []
    if time and (numbers if asked is None else columns[asked].kind == "number"):
        target = asked or _last_named(numbers)
        return series_facts(path, reading, columns, time, target, asked is not None, _notes(frame))
    if len(columns) == 1:
        raise DataError(f"{shown(path)}: its one column, {quoted(frame.names[0])}, holds no numbers that vary")
    return table_facts(path, reading, frame, columns, asked, _sorted_by(frame, columns, time), _notes(frame))


def _notes(frame: Frame) -> tuple[str, ...]:
    """What was found out about the file; of its columns more is told elsewhere."""
    return tuple(note for note in frame.notes if not note.startswith("column "))


def _last_named(numbers: list[str]) -> str:
    return next((name for name in numbers if name.lower() in OF_TARGETS), numbers[-1])


def _sorted_by(frame: Frame, columns: Mapping[str, ColumnFacts], time: Time | None) -> str | None:
    """The dates by which the rows of a table are sorted."""
    if time and not time.series:
        return time.index
    whole = (column.name for column in columns.values() if column.column.is_date and not column.missing)
    return next((name for name in whole if (np.diff(frame.column(name)) >= 0).all()), None)
