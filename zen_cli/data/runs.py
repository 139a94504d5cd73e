"""Whole numbers that mostly follow each other, as few as their runs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Runs:
    """Numbers in runs, each one more than the one before: run i starts with `firsts[i]`, and `ends` (R,) add up."""

    firsts: Array
    ends: Array

    @classmethod
    def of(cls, numbers: Array) -> "Runs":
        """Any numbers; those that follow each other are a run."""
        starts = np.flatnonzero(np.diff(numbers, prepend=numbers[:1] - 2) != 1)
        return cls(numbers[starts], np.append(starts, len(numbers))[1:])

    @classmethod
    def joined(cls, parts: Sequence["Runs"]) -> "Runs":
        lengths = np.concatenate([np.diff(part.ends, prepend=0) for part in parts])
        return cls(np.concatenate([part.firsts for part in parts]), np.cumsum(lengths))

    @classmethod
    def span(cls, start: int, end: int) -> "Runs":
        """From `start` up to `end`; empty where that is no more."""
        return cls(np.array([start]), np.array([end - start])) if end > start else NONE

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def __getitem__(self, where: slice | Array) -> Array:
        if isinstance(where, slice):
            where = np.arange(*where.indices(len(self)))
        run = np.searchsorted(self.ends, where, side="right")
        numbers: Array = where + self._shifts[run]
        return numbers

    def where(self, where: slice | Array) -> slice | Array:
        """The numbers at these places, as a slice where they are one run."""
        if not isinstance(where, slice):
            return self[where]
        chosen = self.selected(where)
        if len(chosen.firsts) != 1:
            return chosen[:]
        return slice(int(chosen.firsts[0]), int(chosen.firsts[0]) + len(chosen))

    def selected(self, where: slice | Array) -> "Runs":
        if not isinstance(where, slice):
            return Runs.of(self[where])
        start, end, _ = where.indices(len(self))
        if end <= start:
            return NONE
        first, last = np.searchsorted(self.ends, [start, end - 1], side="right")
        firsts = self.firsts[first : last + 1].copy()
        firsts[0] = start + self._shifts[first]
        return Runs(firsts, np.minimum(self.ends[first : last + 1], end) - start)

    def moved(self, by: int) -> "Runs":
        return Runs(self.firsts + by, self.ends)

    @property
    def _shifts(self) -> Array:
        """What to add to a place to get the number there."""
        shifts: Array = self.firsts - np.append(0, self.ends[:-1])
        return shifts


NONE = Runs(np.empty(0, np.intp), np.empty(0, np.intp))
