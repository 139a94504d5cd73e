"""What a source of data is: a class whose constructor's signature says what YAML may say."""

import numpy as np

from zen_cli.data.examples import Examples
from zen_cli.data.series import Series
from zen_cli.errors import DataError


class Source:
    """Loads data, and reads new data of the same kind for a trained model."""

    def load(self, seed: int) -> Series | Examples:
        """The data; whatever is random in it depends on `seed` alone."""
        raise NotImplementedError

    def inputs(self, table: np.ndarray) -> np.ndarray:
        """A table of new numbers (N, columns), one example a row, as inputs; raises DataError where it does not fit."""
        raise NotImplementedError


def with_columns(table: np.ndarray, count: int, meaning: str) -> np.ndarray:
    if table.shape[1] != count:
        raise DataError(f"expected {count} column{'s' * (count > 1)} ({meaning}) but got {table.shape[1]}")
    return table
