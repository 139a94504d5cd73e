"""Which examples train, which are looked at meanwhile, and which are kept for the score at the end."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from zen_cli.data.rows import Where
from zen_cli.errors import DataError, quoted
from zen_cli.streams import Stream, generator

TRAIN, VALIDATION, TEST = "train", "validation", "test"

USUAL = {TRAIN: 0.8, TEST: 0.1}  # a fraction for what cannot be

Amount = int | float | str  # so many, a fraction, or a date as text


@dataclass(frozen=True)
class Parts:
    """The numbers of the examples in each part."""

    train: Where
    validation: Where
    test: Where

    def named(self) -> Iterator[tuple[str, Where]]:
        yield from ((TRAIN, self.train), (VALIDATION, self.validation), (TEST, self.test))

    @property
    def judged(self) -> tuple[str, Where]:
        """The part that a model is judged by, with its name: the last one that has examples."""
        *_, last = ((name, part) for name, part in self.named() if size_of(part))
        return last


def size_of(part: Where) -> int:
    return part.stop - part.start if isinstance(part, slice) else len(part)


def numbers_of(part: Where) -> np.ndarray:
    """The numbers of the examples in a part."""
    return np.arange(part.start, part.stop) if isinstance(part, slice) else part


def is_in(part: Where, numbers: np.ndarray) -> np.ndarray:
    """Which of these examples are in a part: (n,)."""
    if isinstance(part, slice):
        within: np.ndarray = (part.start <= numbers) & (numbers < part.stop)
        return within
    return np.isin(numbers, part)


def part_of(part: Where, batch: slice) -> Where:
    """Some of the examples in a part, by their places in it."""
    if not isinstance(part, slice):
        return part[batch]
    chosen = range(part.start, part.stop)[batch]
    return slice(chosen.start, chosen.stop)


def thinned(part: Where, most: int) -> Where:
    """A part, or so many of its examples, evenly spaced."""
    if size_of(part) <= most:
        return part
    numbers: np.ndarray = numbers_of(part)[np.linspace(0, size_of(part) - 1, most).astype(np.intp)]
    return numbers


def first(part: Where, count: int) -> Where:
    """The first so many of a part, or all of it."""
    return part_of(part, slice(0, count))


def in_order(train: int, test: int, count: int) -> Parts:
    """The first train, the last are the test, and those between them the validation."""
    return Parts(slice(0, train), slice(train, count - test), slice(count - test, count))


def amounts(train: Amount, test: Amount, count: int, what: str, positions: np.ndarray | None = None) -> tuple[int, int]:
    """How many of so many examples train, and how many are the test part.

    A fraction is of all, and a date stands for the place where a part begins, or ends, among increasing `positions`.
    """
    tested = _amount("test", test, count, positions)
    trained = _amount("train", train, count, positions)
    left = count - tested
    if left < 1:
        message = f"a test part of {tested} leaves none of {count} {what} to train on"
        raise DataError(message, setting="test", instead={"test": 0.2 if count > 1 else 0})
    if trained > left and tested:
        message = f"{trained} of {count} {what} cannot train, as the last {tested} are the test part"
        raise DataError(message, setting="train", instead={"train": max(1, 4 * left // 5)})
    if not 1 <= trained <= left:
        instead = {"train": 1 if trained < 1 else 0.8}
        message = f"cannot train on {trained} of {left} {what}"
        raise DataError(message, f"choose from 1 to {left}", setting="train", instead=instead)
    return trained, tested


def _amount(setting: str, amount: Amount, count: int, positions: np.ndarray | None) -> int:
    if isinstance(amount, str):
        assert positions is not None
        before = int(np.searchsorted(positions, seconds_of(amount, setting)))
        return before if setting == "train" else count - before
    return round(amount * count) if isinstance(amount, float) else amount


def seconds_of(date: str, setting: str) -> float:
    """Seconds since 1970 of a date such as 1960-01, 1960-01-31 or 1960-01-31T12:30."""
    try:
        return float(np.datetime64(date.replace(" ", "T"), "us").astype(np.int64)) / 1e6
    except ValueError:
        message = f"there is no such date as {quoted(date)}"
        raise DataError(message, "write it as 2020-01-31", setting=setting, instead={setting: USUAL[setting]}) from None


# --- orders in which examples are dealt out ---


def drawn(count: int, seed: int) -> np.ndarray:
    """All numbers below `count`, in an order that follows from the seed."""
    return generator(seed, Stream.SPLIT).permutation(count)


def stratified(classes: np.ndarray, seed: int) -> np.ndarray:
    """An order drawn from the seed, of which every beginning has each class in nearly the proportion of the whole."""
    order = drawn(len(classes), seed)
    by_class = order[np.argsort(classes[order], kind="stable")]
    sizes = np.bincount(classes)
    rank = np.arange(len(classes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    share = (rank + 0.5) / sizes[classes[by_class]]
    return by_class[np.argsort(share, kind="stable")]


def dealt(order: np.ndarray, train: int, test: int) -> Parts:
    """The first of the order train, the last are the test part; each part is then in the order of the data."""
    left = len(order) - test
    return Parts(np.sort(order[:train]), np.sort(order[train:left]), np.sort(order[left:]))


def grouped(order: np.ndarray, groups: np.ndarray, train: int, test: int) -> Parts:
    """As `dealt`, but examples of one group stay in one part, the one where most of the group would be."""
    _, numbers, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    first = np.full(len(sizes), len(order))
    np.minimum.at(first, numbers[order], np.arange(len(order)))
    in_turn = np.argsort(first, kind="stable")
    middle = np.cumsum(sizes[in_turn]) - sizes[in_turn] / 2
    part = np.empty(len(sizes), np.intp)
    part[in_turn] = np.searchsorted([train, len(order) - test], middle, side="right")
    parts = [np.flatnonzero(part[numbers] == number) for number in range(3)]
    if not len(parts[0]):
        largest = int(sizes[in_turn[0]])
        message = f"the first group has {largest} examples, and {train} are to train"
        enough = min(0.8, math.ceil(100 * largest / len(order)) / 100)
        raise DataError(message, setting="train", instead={"train": enough})
    if test and not len(parts[2]):
        last = int(sizes[in_turn[-1]])
        message = f"the last group has {last} examples, and {test} are to be the test part: it holds no whole group"
        raise DataError(message, setting="test", instead={"test": min(last, len(order) - 1)})
    return Parts(*parts)
