"""What fitted scalers know of the training part, from blocks of rows (n, C), each seen once. NaN is not there.

Each gives a center and a scale per column, (C,) both: 0 where a column has no value at all, and a scale of 1 where it
does not vary.
"""

from abc import ABC, abstractmethod

import numpy as np

Array = np.ndarray

LOWEST_EXPONENT = -1100  # of a column of zeros: below that of any number, so that it gives way to any other
MOST_ROWS = 1_000_000  # of a sample
MOST_VALUES = 2**25  # of a sample, 256 MiB
THINNING = 11  # no divisor of 7, 12, 24, 60 or 2^k: what repeats so often is met at all its phases


class Statistic(ABC):
    """Starts without any rows."""

    @abstractmethod
    def add(self, values: Array) -> None:
        """More rows, (n, C) with n >= 1."""

    @abstractmethod
    def center_and_scale(self) -> tuple[Array, Array]:
        """Both (C,); infinite or NaN where a column ranges over more than float64 holds."""


class Moments(Statistic):
    """Mean and standard deviation (that of the rows themselves: the sum of squares is divided by N).

    Blocks are merged as Chan, Golub and LeVeque (1983) do it. A column is held in units of 2^exponent, above its
    largest value: squares of 1e300 stay finite, those of 1e-300 do not vanish, and no bit of another one is changed.
    """

    def __init__(self, columns: int) -> None:
        self.count = np.zeros(columns)
        self.mean = np.zeros(columns)
        self.squares = np.zeros(columns)  # the sum of (x - mean)^2, in units of 4^exponent
        self.exponent = np.full(columns, LOWEST_EXPONENT)

    def add(self, values: Array) -> None:
        there = ~np.isnan(values)
        count = there.sum(axis=0).astype(np.float64)
        top = np.max(np.abs(values), axis=0, initial=0.0, where=there)  # (C,)
        exponent = np.where(top > 0, np.frexp(top)[1], LOWEST_EXPONENT)
        mean, squares = _moments_of(np.ldexp(values, -exponent), there, np.maximum(count, 1))
        self._merge(count, mean, squares, exponent)

    def _merge(self, count: Array, mean: Array, squares: Array, exponent: Array) -> None:
        unit = np.maximum(self.exponent, exponent)
        here, there = self.exponent - unit, exponent - unit
        old = np.ldexp(self.mean, here)
        delta = np.ldexp(mean, there) - old
        share = count / np.maximum(self.count + count, 1)
        self.squares = np.ldexp(self.squares, 2 * here) + np.ldexp(squares, 2 * there) + delta**2 * self.count * share
        self.mean = old + delta * share
        self.count = self.count + count
        self.exponent = unit

    def center_and_scale(self) -> tuple[Array, Array]:
        deviation = np.ldexp(np.sqrt(self.squares / np.maximum(self.count, 1)), self.exponent)
        return np.ldexp(self.mean, self.exponent), _or_one(deviation)


def _moments_of(x: Array, there: Array, count: Array) -> tuple[Array, Array]:
    """Mean and sum of squared deviations, (C,) both, of the rows `there` of x (n, C).

    Both are taken from the first row of a column, so that a constant one deviates by exactly 0.
    """
    first = x[there.argmax(axis=0), np.arange(x.shape[1])]
    first = np.where(np.isnan(first), 0.0, first)  # of a column without values
    d = np.where(there, x - first, 0.0)  # (n, C)
    mean = d.sum(axis=0) / count
    d = np.where(there, d - mean, 0.0)
    return first + mean, (d * d).sum(axis=0)


class Extremes(Statistic):
    """The lowest value, and how far above it the highest one is."""

    def __init__(self, columns: int) -> None:
        self.low = np.full(columns, np.inf)
        self.high = np.full(columns, -np.inf)

    def add(self, values: Array) -> None:
        self.low = np.fmin(self.low, np.fmin.reduce(values))
        self.high = np.fmax(self.high, np.fmax.reduce(values))

    def center_and_scale(self) -> tuple[Array, Array]:
        low, high = (np.where(self.low <= self.high, bound, 0.0) for bound in (self.low, self.high))
        with np.errstate(over="ignore"):
            return low, _or_one(high - low)


class Quartiles(Statistic):
    """The median, and the distance between the first and the third quartile.

    They are those of all rows, or where these are too many, of every 11th, 121st, ... row: which rows are in the
    sample follows from their number alone.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.most = max(1000, min(MOST_ROWS, MOST_VALUES // max(1, columns)))
        self.every = 1  # row, counted from the first of all
        self.seen = 0
        self.kept: list[Array] = []  # (n_i, C)

    def add(self, values: Array) -> None:
        self.kept.append(values[-self.seen % self.every :: self.every].copy())
        self.seen += len(values)
        while -(-self.seen // self.every) > self.most:
            self.kept = [np.concatenate(self.kept)[::THINNING]]
            self.every *= THINNING

    def center_and_scale(self) -> tuple[Array, Array]:
        sample = np.concatenate([np.empty((0, self.columns)), *self.kept])
        quartiles = np.stack([_quartiles_of(column) for column in sample.T], axis=1) if self.columns else sample[:3]
        with np.errstate(over="ignore", invalid="ignore"):
            return quartiles[1], _or_one(quartiles[2] - quartiles[0])


def _quartiles_of(column: Array) -> Array:
    """(3,), zeros where no value is there."""
    present = column[~np.isnan(column)]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.quantile(present, [0.25, 0.5, 0.75]) if len(present) else np.zeros(3)


def _or_one(scale: Array) -> Array:
    return np.where(scale == 0, 1.0, scale)
