"""A CSV file as examples, a row each, and the column that is to be told from others."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from zen_cli.config.proposal.looking.facts import ColumnFacts, TableFacts
from zen_cli.config.proposal.looking.time import OF_ORDER, words_in
from zen_cli.data.table import Frame
from zen_cli.errors import DataError, quoted

OF_TARGETS = {"label", "labels", "target"}  # names of columns that nobody gives to another
OF_CLASSES = {"category", "class", "cluster", "kind", "label", "labels", "species", "target", "type"}
OF_IDS = {"client", "customer", "household", "id", "key", "participant", "patient", "person", "subject", "user"}
MOST_CODED = 20  # classes that are written as numbers
FEW_OF_THEM = 0.2  # of the rows: as many classes at the most
MOST_MISSING = 0.5  # of the cells of an input
MOST_BESIDE_TARGETS = 0.1  # that, where rows with a missing cell are left out
ENOUGH_TO_TELL = 50  # rows, in which it is no accident that two columns say the same
LEAST_GROUPS = 20


def table_facts(
    path: str,
    reading: Mapping[str, Any],
    frame: Frame,
    columns: Mapping[str, ColumnFacts],
    asked: str | None,
    in_order: str | None,
    notes: tuple[str, ...],
) -> TableFacts:
    """Raises DataError where there is no column to predict, or none to tell it from."""
    target = _demanded(columns[asked], path) if asked else _last_target(columns, path)
    coded = _are_codes(target)
    left_out = {column.name: reason for column, reason in _left_out(frame, columns, target)}
    inputs = tuple(c for c in columns.values() if c.name != target.name and c.name not in left_out)
    if not inputs:
        reasons = "; ".join(f"{quoted(name)} {reason}" for name, reason in left_out.items())
        raise DataError(
            f"{path}: there is nothing to tell {quoted(target.name)} from" + (f": {reasons}" if reasons else "")
        )
    return TableFacts(
        path=path,
        reading=reading,
        rows=len(frame),
        columns=len(columns),
        target=target,
        classes=_classes(frame, target) if coded or target.kind == "category" else {},
        coded=coded,
        asked=asked is not None,
        inputs=inputs,
        left_out=left_out,
        names_inputs=any(columns[name].kind in ("number", "category") for name in left_out),
        group=_group(columns, target),
        in_order=in_order,
        notes=notes,
    )


# --- the target ---


def _last_target(columns: Mapping[str, ColumnFacts], path: str) -> ColumnFacts:
    fitting = [column for column in columns.values() if not _no_target(column) and not _numbers_rows(column)]
    named = [column for column in fitting if column.name.lower() in OF_TARGETS]
    if not fitting:
        reasons = "; ".join(f"{quoted(c.name)} {_no_target(c) or 'numbers the rows'}" for c in columns.values())
        raise DataError(f"{path}: no column could be predicted: {reasons}")
    return (named or fitting)[-1]


def _demanded(column: ColumnFacts, path: str) -> ColumnFacts:
    if reason := _no_target(column):
        raise DataError(f"{path}: {quoted(column.name)} cannot be predicted: it {reason}")
    return column


def _no_target(column: ColumnFacts) -> str:
    """Why it can be none."""
    if column.kind == "text" or column.column.is_date:
        return "holds dates" if column.column.is_date else "is another text in each row"
    if not column.known:
        return "is empty"
    if column.distinct < 2:
        return "is the same in every row"
    if column.kind == "category" and column.distinct > column.known / 2:
        return f"has {column.distinct:,} different words in {column.known:,} rows, and classes have to come again"
    return ""


def _are_codes(column: ColumnFacts) -> bool:
    """Whether its numbers seem to be names of classes: there are two of them, or few and its name says so."""
    if column.kind != "number" or not column.whole:
        return False
    named = bool(words_in(column.name) & OF_CLASSES)
    return column.distinct == 2 or (named and column.distinct <= min(MOST_CODED, FEW_OF_THEM * column.known))


def _classes(frame: Frame, target: ColumnFacts) -> dict[str, int]:
    """How many rows each class has, as often as they come."""
    values = frame.column(target.name)
    codes, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    labels = target.column.labels
    named = [labels[int(code)] if labels else f"{code:.10g}" for code in codes]
    return {named[i]: int(counts[i]) for i in np.argsort(-counts, kind="stable")}


# --- the inputs ---


def _left_out(
    frame: Frame, columns: Mapping[str, ColumnFacts], target: ColumnFacts
) -> Iterator[tuple[ColumnFacts, str]]:
    """The columns that cannot help, or would not be there where it counts, and why."""
    group = _group(columns, target)
    for column in columns.values():
        if column.name == target.name:
            continue
        if column.name == group:
            yield column, "tells whose row it is"
        elif reason := _useless(column, MOST_BESIDE_TARGETS if target.missing else MOST_MISSING):
            yield column, reason
        elif _says_the_same(frame, column, target):
            yield column, f"says the same as {quoted(target.name)}"


def _useless(column: ColumnFacts, most_missing: float) -> str:
    if column.kind == "text" or column.column.is_date:
        return "holds dates, which are no numbers" if column.column.is_date else "is another text in each row"
    if not column.known:
        return "is empty"
    if column.missing > most_missing * column.rows:
        return f"lacks {column.missing:,} of {column.rows:,} cells"
    if column.distinct < 2:
        return "is the same in every row"
    if column.kind == "category" and column.distinct > max(2, FEW_OF_THEM * column.known):
        return f"has {column.distinct:,} different words in {column.known:,} rows"
    return "numbers the rows" if _numbers_rows(column) else ""


def _numbers_rows(column: ColumnFacts) -> bool:
    """Whether it tells rows apart and nothing else."""
    if column.kind != "number" or not column.whole:
        return False
    words = words_in(column.name)
    each_another = column.distinct == column.rows > 2
    return (column.rises and bool(words & (OF_ORDER | OF_IDS))) or (each_another and bool(words & OF_IDS))


def _says_the_same(frame: Frame, column: ColumnFacts, target: ColumnFacts) -> bool:
    """Whether each of its values goes with one value of the target, as codes do with the names of classes."""
    if column.distinct != target.distinct or target.rows < ENOUGH_TO_TELL or 2 * target.distinct > target.rows:
        return False
    pairs = np.stack([frame.column(column.name), frame.column(target.name)], axis=1)
    return len(np.unique(pairs[~np.isnan(pairs).any(axis=1)], axis=0)) == target.distinct


def _group(columns: Mapping[str, ColumnFacts], target: ColumnFacts) -> str | None:
    """The column by whose values rows belong together: an id that comes again."""
    found = [
        column.name
        for column in columns.values()
        if column.name != target.name
        and words_in(column.name) & OF_IDS
        and not column.missing
        and column.kind in ("category", "number")
        and column.whole
        and LEAST_GROUPS <= column.distinct <= column.rows / 2
    ]
    return found[0] if found else None
