"""What can be known of a person's file before anything is decided."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zen_cli.data.frequency import Frequency
from zen_cli.data.table.frame import Column
from zen_cli.data.table.kinds import Kind

Array = np.ndarray


@dataclass(frozen=True)
class ColumnFacts:
    """A column of a table: how many different values it has, and how often the least frequent one comes.

    `whole` says that its numbers have no fractions, `rises` that each is more than the one before.
    """

    column: Column
    rows: int
    distinct: int
    least: int
    whole: bool
    rises: bool

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def kind(self) -> Kind:
        return self.column.kind

    @property
    def missing(self) -> int:
        return self.column.missing

    @property
    def known(self) -> int:
        return self.rows - self.missing


@dataclass(frozen=True)
class SeriesFacts:
    """A CSV file whose rows follow each other in time, and the column of numbers that is to be forecast.

    `values` (n,) are the first of the longest series, with the last known one for each that is missing. `gaps` counts
    the dates that are not there, which are missing values where dates are `regular`, and else no dates that would have
    to be there. `missing` counts the cells of the target, and `ahead` those at the end, which nobody knows yet. `asked`
    says that the person named the target, and `unread` is a column whose dates cannot be read.
    """

    path: str
    reading: Mapping[str, Any]
    lengths: Mapping[str, int]  # the rows of each series by its label
    target: str
    asked: bool
    others: tuple[str, ...]  # more columns of numbers
    index: str | None
    dated: bool  # whether that holds dates
    series: str | None
    unread: str | None
    span: tuple[str, str]
    frequency: Frequency | None
    gaps: int
    regular: bool
    missing: int
    ahead: int
    season: int | None
    values: Array = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return sum(self.lengths.values())

    @property
    def shortest(self) -> int:
        return min(self.lengths.values())

    @property
    def drifts(self) -> bool:
        """Whether the level of one quarter differs from that of another by more than values do within them."""
        quarters = np.array_split(self.values, 4)
        if not len(quarters[-1]):
            return False
        spread = float(np.mean([quarter.std() for quarter in quarters]))
        return float(np.ptp([quarter.mean() for quarter in quarters])) > spread

    def change(self, horizon: int, season: int = 0) -> float:
        """How far values are, on average, from the last one before a horizon; with a season, from the same phase."""
        lags = [season * -(-step // season) if season else step for step in range(1, horizon + 1)]
        changes = [np.abs(self.values[lag:] - self.values[:-lag]) for lag in lags if lag < len(self.values)]
        return float(np.mean([change.mean() for change in changes])) if changes else math.inf


@dataclass(frozen=True)
class TableFacts:
    """A CSV file whose rows are examples, and the column that is to be told from others.

    `left_out` says why a column is none of the `inputs`, which have to be named where the source would take some of
    those, too. `coded` is a target of classes that are written as numbers.
    """

    path: str
    reading: Mapping[str, Any]
    rows: int
    columns: int
    target: ColumnFacts
    classes: Mapping[str, int]  # how many rows each has; none where the target is a number
    coded: bool
    asked: bool
    inputs: tuple[ColumnFacts, ...]
    left_out: Mapping[str, str]
    names_inputs: bool
    group: str | None
    in_order: str | None  # the column of time by which rows are sorted
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExampleFacts:
    """Files that hold examples as arrays: the component that reads them, and what it found there."""

    path: str
    source: Mapping[str, Mapping[str, Any]]
    shape: tuple[int, ...]  # of an example; of sequences of different lengths the longest
    count: int
    test: int  # of them, a part that came with the data
    classes: Mapping[str, int]  # how many examples each has; none where the targets are numbers
    images: bool
    pixels: bool  # whether its numbers are those of pixels, from 0 to 255


@dataclass(frozen=True)
class TextFacts:
    """A text: as many characters, in lines that are one sequence each or run on."""

    path: str
    encoding: str
    characters: int
    lines: int
    longest: int
    of_lines: bool


Facts = SeriesFacts | TableFacts | ExampleFacts | TextFacts
