"""Sequences of different lengths as one array."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Array = np.ndarray


class Rows(Protocol):
    """What may be asked of examples (N, ...) that need not be in memory; an array is such, and so is `Padded`."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    @property
    def dtype(self) -> np.dtype: ...

    def __len__(self) -> int: ...

    def __getitem__(self, where: Any, /) -> Any:
        """Those of a slice, or of an array of numbers, as an array or as `Padded`."""


@dataclass(frozen=True)
class Padded:
    """Sequences in one array: `values` (N, T, ...), with zeros behind the end of each, and `lengths` (N,), 1 to T."""

    values: Array
    lengths: Array

    def __post_init__(self) -> None:
        longest = self.values.shape[1]
        if self.lengths.shape != self.values.shape[:1]:
            raise ValueError(f"{len(self.values)} sequences cannot have lengths of shape {self.lengths.shape}")
        if not 1 <= self.lengths.min(initial=1) <= self.lengths.max(initial=1) <= longest:
            raise ValueError(f"sequences in an array of {longest} steps are 1 to {longest} long, not {self.lengths}")

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
        return present(self.lengths, self.values.shape[1])

    def __getitem__(self, batch: slice | Array) -> "Padded":
        """Some of the sequences, no longer than the longest of them."""
        lengths = self.lengths[batch]
        return Padded(self.values[batch, : lengths.max(initial=1)], lengths)

    def steps(self, values: Array) -> Array:
        """Of `values` (N, T, ...), those of the steps that are there, one after the other: (sum of lengths, ...)."""
        there: Array = values[self.mask[:, : values.shape[1]]]
        return there


def present(lengths: Array, steps: int) -> Array:
    """(N, steps), True for the steps that sequences of these lengths have."""
    inside: Array = np.arange(steps) < lengths[:, None]
    return inside


def pad(sequences: Sequence[Array]) -> Padded:
    """Sequences (T_i, ...) of one dtype as one array."""
    lengths = np.array([len(sequence) for sequence in sequences], np.intp)
    first = np.asarray(sequences[0])
    values = np.zeros((len(sequences), lengths.max(), *first.shape[1:]), first.dtype)
    for row, sequence in zip(values, sequences, strict=True):
        row[: len(sequence)] = sequence
    return Padded(values, lengths)


def joined(parts: Sequence[Array], lengths: Array, longest: int) -> Array:
    """Batches (B, T_i, ...), in order, of sequences of these lengths: (N, longest, ...), zero behind the ends."""
    values = np.zeros((len(lengths), longest, *parts[0].shape[2:]), parts[0].dtype)
    start = 0
    for part in parts:
        values[start : start + len(part), : part.shape[1]] = part
        start += len(part)
    values[~present(lengths, longest)] = 0
    return values
