"""Columns that have one value in the whole training part, where it costs little to say so."""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from zen_cli.data.dataset import Dataset
from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.parts import part_of
from zen_cli.data.plain import PlainDataset
from zen_cli.data.rows import blocks, is_in_memory, rows_at_once
from zen_cli.data.scaling.statistics import Extremes
from zen_cli.data.tabular import TableDataset
from zen_cli.data.tasks import Regression
from zen_cli.padded import Rows

Array = np.ndarray
Names = tuple[str, ...]
AT_MOST = 2**24  # numbers that are not in memory, 128 MiB


class Columns(NamedTuple):
    """The columns `inputs`, then `targets`, of the training part before it is scaled, in blocks (n, C)."""

    inputs: Names
    targets: Names
    trained: Iterable[Array]
    in_memory: bool


def constant(data: Dataset) -> tuple[list[str], list[str]]:
    """The inputs and the targets that do not vary, a missing value aside.

    Of data that are not in memory only the first rows are looked at, which is enough to find that all columns vary.
    """
    found = _columns(data)
    if found is None or data.train == 1:
        return [], []
    names = [*found.inputs, *found.targets]
    same = _same(found.trained, len(names), math.inf if found.in_memory else AT_MOST)
    places, inputs = np.flatnonzero(same).tolist(), len(found.inputs)
    return [names[i] for i in places if i < inputs], [names[i] for i in places if i >= inputs]


def _columns(data: Dataset) -> Columns | None:
    match data:
        case ForecastDataset():
            return _of_series(data)
        case TableDataset():
            return _of_table(data)
        case PlainDataset(task=Regression(names=targets)):  # of inputs without names, pixels, some hardly ever vary
            return Columns((), targets, _training_part(data.known, data), is_in_memory(data.known))
    return None


def _of_series(data: ForecastDataset) -> Columns:
    """The targets are seen, too, but named once."""
    series, targets = data.raw.series, len(data.task.names)
    trained = (blocks(s.values, 0, d.validation) for s, d in zip(series, data.divisions, strict=True))
    in_order = (np.roll(block, -targets, axis=1) for block in itertools.chain.from_iterable(trained))
    in_memory = all(is_in_memory(s.values) for s in series)
    return Columns(data.raw.channels[targets:], data.task.names, in_order, in_memory)


def _of_table(data: TableDataset) -> Columns:
    """Classes are no numbers: those that do not train are told of elsewhere."""
    raw, roles = data.raw, data.raw.roles
    targets = () if data.task.labels else roles.targets
    places = [raw.index(name) for name in (*roles.inputs, *targets)]
    trained = (block[:, places] for block in _training_part(raw.rows, data))
    return Columns(roles.inputs, targets, trained, is_in_memory(raw.rows))


def _training_part(rows: Rows, data: Dataset) -> Iterator[Array]:
    size = rows_at_once(rows)
    for start in range(0, data.train, size):
        yield rows[part_of(data.parts.train, slice(start, start + size))]


def _same(trained: Iterable[Array], columns: int, most: float) -> Array:
    """(C,) whether each has one value; False where it takes more than `most` numbers to say."""
    seen, looked_at = Extremes(columns), 0
    for block in trained:
        seen.add(block)
        looked_at += block.size
        if looked_at > most or (seen.low < seen.high).all():
            return np.zeros(columns, bool)
    same: Array = seen.low == seen.high
    return same
