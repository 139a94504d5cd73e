"""Rows that lie in two places."""

from dataclasses import dataclass

import numpy as np

from zen_cli.data.formats.opening import bytes_of
from zen_cli.data.rows import Where, is_in_memory
from zen_cli.memory import demand
from zen_cli.padded import Rows


@dataclass(frozen=True)
class Joined:
    """The rows of `first`, then those of `second`; they stay where they are until they are asked for."""

    first: Rows
    second: Rows

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self.first.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        return np.result_type(self.first.dtype, self.second.dtype)

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, where: Where) -> np.ndarray:
        numbers = np.arange(*where.indices(len(self))) if isinstance(where, slice) else where
        later = numbers >= len(self.first)
        rows = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        rows[~later] = self.first[numbers[~later]]
        rows[later] = self.second[numbers[later] - len(self.first)]
        return rows


def joined(first: Rows, second: Rows, what: str) -> Rows:
    """Both as one array where they are in memory, or else as `Joined`."""
    if not (is_in_memory(first) and is_in_memory(second)):
        return Joined(first, second)
    demand(bytes_of(first.shape, first.dtype) + bytes_of(second.shape, second.dtype), what)
    return np.concatenate([first[:], second[:]])
