"""Where in series the examples are: windows that are whole, in the part to which what they predict belongs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from zen_cli.data.gaps import any_missing
from zen_cli.data.parts import Parts
from zen_cli.data.runs import Runs
from zen_cli.data.series import SeriesSet
from zen_cli.padded import Rows

Array = np.ndarray


@dataclass(frozen=True)
class Cut:
    """How series become examples: a window of so many values, and the `horizon` of values that follow it.

    A `recursive` model predicts one step, and the later ones from its own predictions.
    """

    window: int
    horizon: int = 1
    recursive: bool = False

    @property
    def steps(self) -> int:
        """How many steps the model predicts at once."""
        return 1 if self.recursive else self.horizon


@dataclass(frozen=True)
class Division:
    """The rows of a series that are predicted: from `first` they train; then come the other parts and the end."""

    first: int
    validation: int
    test: int
    end: int

    def spans(self) -> list[tuple[int, int]]:
        return [(self.first, self.validation), (self.validation, self.test), (self.test, self.end)]


@dataclass(frozen=True)
class Places:
    """The examples, part by part, by the row that each predicts first, in the rows of all series one after the other.

    `left_out` is how many windows there would be besides, were no value missing.
    """

    origins: Runs
    parts: Parts
    left_out: int

    @classmethod
    def of(
        cls, raw: SeriesSet, filled: SeriesSet, divisions: Sequence[Division], cut: Cut, reach: int, truth: bool
    ) -> "Places":
        """All places in series, in which missing values were `filled`. With `truth`, what is predicted must be known.

        What is scored must have been known before it was filled in.
        """
        found: list[list[Runs]] = [[], [], []]
        possible = start = 0
        for before, after, division in zip(raw.series, filled.series, divisions, strict=True):
            seen = list(_seen(before.values, after.values, raw, cut, reach))
            needed = (after.values, before.values, before.values) if truth else ()
            known = [list(_known(values, raw, cut)) for values in needed] or [[]] * 3
            for part, (first, end) in enumerate(division.spans()):
                every = Runs.span(first, end - cut.horizon + 1)
                possible += len(every)
                found[part].append(_kept(every, [*seen, *known[part]]).moved(start))
            start += len(before)
        parts = [Runs.joined(runs) for runs in found]
        origins, ends = Runs.joined(parts), np.cumsum([0, *map(len, parts)]).tolist()
        return cls(origins, Parts(*map(slice, ends[:-1], ends[1:])), possible - len(origins))


def _kept(every: Runs, keeps: Sequence[Array]) -> Runs:
    if not keeps or not len(every):
        return every
    numbers = every[:]
    return Runs.of(numbers[np.logical_and.reduce([keep[numbers] for keep in keeps])])


def _seen(values: Rows, filled: Rows, raw: SeriesSet, cut: Cut, reach: int) -> Iterator[Array]:
    """For each row, (n + 1,), whether all that the model sees to predict from there on is there, and known by then."""
    now = raw.now
    if any_missing(filled):
        missing = np.isnan(filled[:])
        yield _none(missing[:, :now], reach + cut.window, 0)
        yield _none(missing[:, now:], reach + cut.window - 1, cut.steps)
    if raw.missing == "interpolate" and any_missing(values):
        there = ~np.isnan(values[:][:, :now])
        later = np.logical_or.accumulate(there[::-1])[::-1]
        yield _none(~there & later, 1, 0)  # a line through a gap tells what comes after it


def _known(values: Rows, raw: SeriesSet, cut: Cut) -> Iterator[Array]:
    """For each row, (n + 1,), whether the values to predict from there on are there."""
    if any_missing(values):
        yield _none(np.isnan(values[:][:, : raw.targets]), 0, cut.horizon)


def _none(missing: Array, before: int, after: int) -> Array:
    """For each row, (n + 1,), whether nothing is missing (n, C) from so many rows before it to so many after it."""
    n = len(missing)
    total = np.append(0, np.cumsum(missing.any(axis=1)))
    rows = np.arange(n + 1)
    none: Array = np.equal(total[np.minimum(rows + after, n)], total[np.maximum(rows - before, 0)])
    return none
