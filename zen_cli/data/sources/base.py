"""What a source of data is: a class whose constructor's signature says what YAML may say."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

import numpy as np

from zen_cli.data.dataset import Preparation
from zen_cli.data.examples import Examples
from zen_cli.data.forecasting import Forecasting
from zen_cli.data.series import Series, SeriesSet
from zen_cli.data.table import read_frame
from zen_cli.data.tables import Table
from zen_cli.data.text.corpus import Corpus
from zen_cli.errors import DataError, quoted

Raw: TypeAlias = SeriesSet | Examples | Table | Corpus


class Source:
    """Loads data, and reads new data of the same kind for a trained model."""

    def load(self, seed: int) -> Raw:
        """The data; whatever is random in it depends on `seed` alone."""
        raise NotImplementedError

    def also_read(self, column: str) -> None:
        """Let `load` read a column of a table that no setting of the source names."""

    def read(self, path: str, prepared: Preparation) -> Raw:
        """New data for what was prepared, from a file; `-` is standard input. Targets need not be known.

        By default, a CSV file with an example, or the values of one step, in each line.
        """
        inputs = self.from_table(_numbers_in(path))
        if isinstance(prepared, Forecasting):
            series = Series(np.arange(len(inputs), dtype=np.float64), inputs)
            return SeriesSet((series,), prepared.channels, index="index")
        unknown = np.full((len(inputs), *prepared.target_shape), -1 if prepared.task.labels else np.nan)
        return Examples(inputs, unknown)

    def from_table(self, table: np.ndarray) -> np.ndarray:
        """A table of new numbers (N, columns), one example a row, as inputs; raises DataError where it does not fit."""
        raise NotImplementedError


@contextmanager
def blaming(setting: str) -> Iterator[None]:
    """Errors of data that come up in here are those of this setting, where they name none themselves."""
    try:
        yield
    except DataError as error:
        error.setting = error.setting or setting
        raise


def _numbers_in(path: str) -> np.ndarray:
    frame = read_frame(path)
    for column in frame.columns:
        if column.kind != "number":
            first = int(np.flatnonzero(~np.isnan(frame.column(column.name)))[0])
            raise DataError(f"{frame.place(first, column.name)}: {quoted(column.examples[0])} is not a number")
    for where in frame.missing().values():
        raise DataError(f"{where}: a value is missing")
    numbers: np.ndarray = frame.rows[:]
    return numbers


def with_columns(table: np.ndarray, count: int, meaning: str) -> np.ndarray:
    if table.shape[1] != count:
        raise DataError(f"expected {count} column{'s' * (count > 1)} ({meaning}) but got {table.shape[1]}")
    return table
