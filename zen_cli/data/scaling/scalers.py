"""The scalers that a config may name: what each is fitted to, and the stage that this makes."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain

import numpy as np

from zen_cli.data.scaling.stages import Affine, Lagged, Logarithm, Stage
from zen_cli.data.scaling.statistics import Extremes, Moments, Quartiles, Statistic
from zen_cli.errors import DataError, quoted
from zen_cli.settings import Count, Finite

Array = np.ndarray
Part = Callable[[], Iterator[Array]]  # the training rows of a series, in blocks (n, C), from the first row at each call


@dataclass(frozen=True, kw_only=True)
class Scaler(ABC):
    """Changes columns of values so that a network learns them well; predictions are changed back.

    columns: The names of the columns that are scaled; null scales all that hold numbers.
    """

    columns: list[str] | None = None

    @abstractmethod
    def fit(self, names: Sequence[str], parts: Sequence[Part]) -> Stage:
        """For columns of these names; `parts` are the training rows, one for each series."""

    def places(self, names: Sequence[str]) -> Array:
        """Where the columns to scale stand, the first one first; DataError where one is not there."""
        for name in self.columns or ():
            if name not in names:
                more = f" and {len(names) - 10} more" if len(names) > 10 else ""
                among = ", ".join(map(quoted, names[:10])) + more
                message = f"{type(self).__name__} scales column {quoted(name)}, but the numbers are in {among}"
                near = get_close_matches(name, names, 1)
                meant = [column for each in self.columns or () for column in (near if each == name else [each])]
                instead = {"columns": [column for column in meant if column in names]}
                raise DataError(message, setting="columns", instead=instead)
        if self.columns is None:
            return np.arange(len(names))
        return np.array(sorted({names.index(name) for name in self.columns}), np.intp)


@dataclass(frozen=True)
class Log1p(Scaler):
    """log(1 + x): for counts and amounts, where a factor matters more than a difference. x must be above -1."""

    def fit(self, names: Sequence[str], parts: Sequence[Part]) -> Stage:  # noqa: ARG002 - nothing to learn from them
        return Logarithm(self.places(names))


@dataclass(frozen=True)
class Difference(Scaler):
    """y_t = x_t - x_(t - lag): takes a trend away or, with the season's length as the lag, a season.

    The first `lag` rows of a series have no difference and are not learned from.

    lag: How many rows back the value is that each one is compared with.
    """

    lag: Count = 1

    def fit(self, names: Sequence[str], parts: Sequence[Part]) -> Stage:  # noqa: ARG002 - nothing to learn from them
        return Lagged(self.places(names), self.lag)


# --- fitted to the training part ---


@dataclass(frozen=True, kw_only=True)
class _Fitted(Scaler):
    """y = (x - center) / scale, with both from the training part; a column that does not vary there has a scale of 1.

    per_series: Whether each of several series has a center and a scale of its own; else they share them.
    """

    per_series: bool = True

    @abstractmethod
    def _statistic(self, columns: int) -> Statistic:
        """Without rows yet."""

    def _range(self) -> tuple[float, float]:
        """Where the center goes, and where what is a scale above it goes."""
        return 0.0, 1.0

    def fit(self, names: Sequence[str], parts: Sequence[Part]) -> Stage:
        places = self.places(names)
        groups = [[part] for part in parts] if self.per_series else [list(parts)]
        fitted = [self._center_and_scale(group, places) for group in groups]
        center, scale = (np.stack(rows) for rows in zip(*fitted, strict=True))  # (S, C')
        if (wide := ~(np.isfinite(center) & np.isfinite(scale)).all(axis=0)).any():
            column = quoted(names[places[wide.argmax()]])
            raise DataError(f"column {column} ranges over more than float64 holds")
        return Affine(places, center, scale, *self._range())

    def _center_and_scale(self, group: Sequence[Part], places: Array) -> tuple[Array, Array]:
        statistic = self._statistic(len(places))
        for block in chain.from_iterable(part() for part in group):
            statistic.add(block[:, places])
        return statistic.center_and_scale()


@dataclass(frozen=True)
class Standard(_Fitted):
    """(x - mean) / standard deviation."""

    def _statistic(self, columns: int) -> Statistic:
        return Moments(columns)


@dataclass(frozen=True)
class Robust(_Fitted):
    """(x - median) / (third quartile - first quartile): a few values that are far off do not matter.

    Of more than a million rows, the quartiles are those of an evenly spaced sample.
    """

    def _statistic(self, columns: int) -> Statistic:
        return Quartiles(columns)


@dataclass(frozen=True)
class MinMax(_Fitted):
    """From the lowest and the highest value of the training part to `low` and `high`; others may lie outside.

    low: What the lowest value becomes.
    high: What the highest value becomes.
    """

    low: Finite = 0.0
    high: Finite = 1.0

    def __post_init__(self) -> None:
        if self.low >= self.high:
            message = f"low is {self.low:g}, which is not below high, {self.high:g}"
            raise DataError(message, setting="high", instead={"high": self.low + 1})

    def _statistic(self, columns: int) -> Statistic:
        return Extremes(columns)

    def _range(self) -> tuple[float, float]:
        return self.low, self.high
