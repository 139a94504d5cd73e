"""Intervals around predictions that hold the real value with a promised probability, whatever the model.

Split conformal prediction: the errors on examples that did not train tell how wide an interval has to be. Where those
examples and the new ones are exchangeable, an interval of level L holds a new value with a probability of at least L
(Papadopoulos et al. 2002; Vovk, Gammerman and Shafer 2005; Lei et al. 2018). A series drifts, so its intervals hold
about as many: `coverage` measures it on examples that were used for nothing else.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, Strict, model_validator

from zen_cli.errors import RunError
from zen_cli.settings import LARGEST

Array = np.ndarray

MOST_NUMBERS = 10_000_000  # of errors: of more, those of evenly spaced examples count, and the promise is kept
CLEAR = 2.0  # standard errors


def radius(residuals: Array, level: float) -> Array:
    """How far an interval reaches to both sides of a prediction: (...), from real - predicted (N, ...).

    It is the k-th smallest absolute residual of each column and each step of a horizon, k = ceil((N + 1) level); inf
    where there are too few of them. NaN is a residual that is not known.
    """
    return _conformal(np.abs(_spaced(residuals)), level)


def quantile_offset(low: Array, high: Array, real: Array, level: float) -> Array:
    """By how much to widen the quantiles `low` and `high` that a model predicts: (...), from (N, ...) each.

    Conformalised quantile regression (Romano, Patterson and Candes 2019): the k-th smallest of
    max(low - real, real - high), below 0 where the quantiles are too far apart; inf where there are too few.
    """
    low, high, real = _spaced(low), _spaced(high), _spaced(real)
    return _conformal(np.maximum(low - real, real - high), level)


def widened(low: Array, high: Array, offset: Array) -> tuple[Array, Array]:
    """The interval from low - offset to high + offset; where a narrower one would be none, the point in its middle."""
    below, above = low - offset, high + offset
    crossed = below > above
    middle = (low + high) / 2
    return np.where(crossed, middle, below), np.where(crossed, middle, above)


def least_examples(level: float) -> int:
    """How many examples an interval of this level needs to be finite: 9 for 0.9."""
    count = max(1, math.floor(level / (1 - level)) - 1)  # rounding may be one off
    while _rank(count, level) > count:
        count += 1
    return count


def shortage(examples: int, level: float) -> str:
    """Why there are no intervals; empty where there are enough examples."""
    least = least_examples(level)
    if examples >= least:
        return ""
    return f"{_percent(level)} intervals need at least {least} examples of a validation part, which has {examples}"


@dataclass(frozen=True)
class Interval:
    """What makes intervals of some level of predictions (N, n): a width for each column, as it was calibrated.

    It reaches so far to both sides of the prediction, or beyond the outer of the `quantiles` that the model predicts.
    Each group of examples, such as a series, has `widths` of its own, (G, n).
    """

    level: float
    widths: tuple[tuple[float, ...], ...]
    quantiles: tuple[str, str] | None
    calibrated: int  # on so many examples

    @classmethod
    def of(
        cls, level: float, predictions: Array, spread: Mapping[str, Array], real: Array, groups: Array, count: int
    ) -> "Interval":
        """Calibrated on predictions and the real values (N, n), which did not train; `spread` may hold quantiles.

        `groups` (N,) are below `count`. One with too few examples has the widths of all of them together.
        """
        named = [name for name in spread if name.startswith("quantile_")]
        outer = (named[0], named[-1]) if len(named) > 1 else None

        def width(rows: Array | slice) -> Array:
            if outer:
                low, high = (spread[name][rows] for name in outer)
                return quantile_offset(low, high, real[rows], level)
            return radius(real[rows] - predictions[rows], level)

        together = width(slice(None))
        each = [width(groups == group) if count > 1 else together for group in range(count)]
        widths = [tuple(np.where(np.isfinite(own), own, together).tolist()) for own in each]
        return cls(level, tuple(widths), outer, len(real))

    def around(self, predictions: Array, spread: Mapping[str, Array], groups: Array) -> tuple[Array, Array]:
        """The ends of the intervals (N, n) of predictions (N, n) for examples in these groups (N,).

        RunError where it is for other predictions.
        """
        if len(self.widths[0]) != predictions.shape[1] or len(self.widths) <= groups.max(initial=0):
            raise RunError(f"its intervals are for {len(self.widths[0])} columns, but {predictions.shape[1]} are told")
        width = np.array(self.widths)[groups]
        if self.quantiles is None:
            return predictions - width, predictions + width
        low, high = self.quantiles
        if low not in spread or high not in spread:
            raise RunError("its intervals are for other quantiles than those that are told")
        return widened(spread[low], spread[high], width)

    def state(self) -> dict[str, Any]:
        """Plain data for JSON: null stands for an infinite width."""
        widths = [[value if math.isfinite(value) else None for value in own] for own in self.widths]
        return {"level": self.level, "widths": widths, "quantiles": self.quantiles, "calibrated": self.calibrated}

    @classmethod
    def from_state(cls, state: Any) -> "Interval":
        """ValueError where this is not what `state` gave."""
        found = IntervalForm.model_validate(state)
        widths = tuple(tuple(math.inf if value is None else value for value in own) for own in found.widths)
        return cls(found.level, widths, found.quantiles, found.calibrated)


class IntervalForm(BaseModel):
    """What `Interval.state` gives."""

    model_config = ConfigDict(strict=True, extra="forbid")

    level: Annotated[float, Field(gt=0, lt=1)]
    widths: Annotated[list[list[float | None]], Field(min_length=1)]
    quantiles: Annotated[tuple[str, str], Strict(False)] | None  # JSON has no tuples
    calibrated: Annotated[int, Field(ge=0, le=LARGEST)]

    @model_validator(mode="after")
    def demand_a_table(self) -> "IntervalForm":
        if len(set(map(len, self.widths))) > 1:
            raise ValueError("each group has a width for each column")
        return self


@dataclass(frozen=True)
class Coverage:
    """Which `share` of `count` real values lie in their intervals, and the mean `width` of these."""

    share: float
    width: float
    count: int


def coverage(low: Array, high: Array, real: Array) -> Coverage:
    """Of intervals (N, ...), their ends included; NaN among the real values does not count."""
    known = ~np.isnan(real)
    count = int(known.sum())
    if not count:
        return Coverage(math.nan, math.nan, 0)
    inside = (low <= real) & (real <= high)  # NaN is in none
    width = np.subtract(high, low, dtype=np.float64)
    return Coverage(int(inside.sum()) / count, float(np.mean(width, where=known)), count)


def coverage_in_words(found: Coverage, level: float, calibrated: int, where: str) -> str:
    """One line on whether intervals made from `calibrated` examples kept their promise, `where`: on "the test part".

    By chance alone the share differs from the level by about sqrt(level (1 - level) (1 / N + 1 / calibrated)): given
    the residuals, it follows a beta distribution (Vovk 2012), and the values that are in are a sample.
    """
    if not found.count:
        return f"There are no values in {where} to measure the coverage of the {_percent(level)} intervals on."
    facts = f"The {_percent(level)} intervals hold {_percent(found.share)} of {found.count} values of {where}"
    chance = math.sqrt(level * (1 - level) * (1 / found.count + 1 / calibrated))
    return f"{facts}; their mean width is {found.width:.3g}.{_broken(found.share - level, chance, where)}"


def _broken(difference: float, chance: float, where: str) -> str:
    if abs(difference) <= CLEAR * chance:
        return ""
    if difference > 0:
        return " They are wider than they need to be there."
    return f" That is fewer than promised: {where} differs from what they were made from."


def _conformal(scores: Array, level: float) -> Array:
    """Of scores (N, ...), some of them NaN, the k-th smallest of those that are known."""
    known = (~np.isnan(scores)).sum(axis=0)
    rank = _rank(known, level)
    in_order = np.sort(scores, axis=0)  # NaN comes last
    place = np.minimum(rank, len(scores)) - 1
    found = np.take_along_axis(in_order, place[None], axis=0)[0] if len(scores) else np.zeros(known.shape)
    answer: Array = np.where(rank > known, np.inf, found)
    return answer


def _rank(count: Array | int, level: float) -> Array:
    """ceil((N + 1) level), where what rounding may have put above a whole number is one."""
    rank: Array = np.ceil(np.round((count + 1) * level, 9)).astype(np.intp)
    return rank


def _spaced(values: Array) -> Array:
    """In float64, of at most MOST_NUMBERS numbers."""
    step = -(-values.size // MOST_NUMBERS)
    return np.asarray(values[:: max(step, 1)], np.float64)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
