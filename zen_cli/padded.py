"""Sequences of different lengths as one array."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Padded:
    """Sequences in one array: `values` (N, T, ...), with zeros behind the end of each, and `lengths` (N,), 1 to T."""

    values: Array
    lengths: Array

    def __len__(self) -> int:
        return len(self.values)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def dtype(self) -> np.dtype:
        return self.values.dtype

    @property
    def mask(self) -> Array:
        """(N, T), True for the steps that are there."""
        inside: Array = np.arange(self.values.shape[1]) < self.lengths[:, None]
        return inside

    def __getitem__(self, batch: slice | Array) -> "Padded":
        """Some of the sequences, no longer than the longest of them."""
        lengths = self.lengths[batch]
        return Padded(self.values[batch, : lengths.max(initial=1)], lengths)

    def steps(self, values: Array) -> Array:
        """Of `values` (N, T, ...), those of the steps that are there, one after the other: (sum of lengths, ...)."""
        present: Array = values[self.mask[:, : values.shape[1]]]
        return present


def pad(sequences: Sequence[Array]) -> Padded:
    """Sequences (T_i, ...) of one dtype as one array."""
    lengths = np.array([len(sequence) for sequence in sequences], np.intp)
    first = np.asarray(sequences[0])
    values = np.zeros((len(sequences), lengths.max(), *first.shape[1:]), first.dtype)
    for row, sequence in zip(values, sequences, strict=True):
        row[: len(sequence)] = sequence
    return Padded(values, lengths)
