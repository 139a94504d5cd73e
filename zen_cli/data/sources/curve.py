"""Values of formulas."""

from collections import Counter
from contextlib import suppress
from typing import Any

import numpy as np

from zen_cli.data.expression import evaluate
from zen_cli.data.series import Series, SeriesSet
from zen_cli.data.sources.base import Source, with_columns
from zen_cli.errors import DataError
from zen_cli.memory import demand
from zen_cli.settings import Count, Finite, NonNegative, Positive
from zen_cli.streams import Stream, generator


class Curve(Source):
    """A curve from a formula in x, or several side by side, at x = start, start + step, ...

    expression: The formula. It may use x, numbers, + - * / ** %, parentheses, pi, e and sin, cos, tan, tanh, exp, log,
        sqrt, abs, floor. A list of formulas gives a series with a channel for each.
    points: How many values the curve has.
    start: The first x.
    step: How far each x is from the one before.
    noise: Standard deviation of the normal noise that is added, in the unit of the values; `seed` decides what is
        drawn, for each channel anew.
    """

    def __init__(
        self,
        expression: str | list[str],
        points: Count = 200,
        start: Finite = 0.0,
        step: Positive = 1.0,
        noise: NonNegative = 0.0,
    ) -> None:
        self.expression = expression
        self.points = points
        self.start = start
        self.step = step
        self.noise = noise

    @property
    def expressions(self) -> list[str]:
        """The formula of each channel."""
        return [self.expression] if isinstance(self.expression, str) else [*self.expression] or [""]

    def load(self, seed: int) -> SeriesSet:
        channels = len(self.expressions)
        curves = "a curve" if channels == 1 else f"{channels} curves"
        demand(8 * (3 + channels) * self.points, f"{curves} of {self.points:,} points")
        with np.errstate(all="ignore"):  # what is not finite is named below
            x = self.start + self.step * np.arange(self.points)
            if not np.isfinite(x).all():
                message = f"x leaves the range of numbers after {self.points} steps of {self.step:g}"
                raise DataError(message, setting="step", instead={"step": 1.0})
            values = self._values(x)
            for channel in range(channels) if self.noise else ():
                values[:, channel] += self.noise * generator(seed, Stream.NOISE, channel).standard_normal(self.points)
        if not np.isfinite(values).all():
            message = f"noise of {self.noise:g} makes values that are no numbers"
            raise DataError(message, setting="noise", instead={"noise": 0.1})
        return SeriesSet((Series(x, values),), _different(self.expressions))

    def _values(self, x: np.ndarray) -> np.ndarray:
        """The formulas' values (N, C)."""
        try:
            return np.stack([evaluate(expression, x) for expression in self.expressions], axis=-1)
        except DataError as error:
            instead = self._meant(x) if error.instead else self._where_it_is_finite()
            raise DataError(error.message, error.hint, setting="expression", instead=instead) from None

    def _meant(self, x: np.ndarray) -> dict[str, Any]:
        """All formulas, each as it was probably meant."""
        meant = [_cured(expression, x) for expression in self.expressions]
        return {"expression": meant[0] if isinstance(self.expression, str) else meant}

    def _where_it_is_finite(self) -> dict[str, Any]:
        """Another start or step, for a formula that has no finite value somewhere along this one."""
        for start, step in ((1.0, self.step), *((self.start, self.step / shorter) for shorter in (10, 100, 1000))):
            with suppress(DataError):
                for expression in self.expressions:
                    evaluate(expression, start + step * np.arange(self.points))
                return {"start": start} if step == self.step else {"step": step}
        return {}

    def from_table(self, table: np.ndarray) -> np.ndarray:
        channels = len(self.expressions)
        meaning = "a curve has one value a line" if channels == 1 else "a line has a value of each curve"
        return with_columns(table, channels, meaning)


def _different(expressions: list[str]) -> tuple[str, ...]:
    """Formulas as names, on one line each: the second `x` is `x (2)`."""
    names: dict[str, None] = {}
    taken: Counter[str] = Counter()  # how often each formula's own name, and those with a number, were
    for text in (" ".join(expression.split()) for expression in expressions):
        name = text
        while name in names:
            taken[text] += 1
            name = f"{text} ({taken[text] + 1})"
        names[name] = None
    return tuple(names)


def _cured(expression: str, x: np.ndarray) -> str:
    """The formula, or what was probably meant by it."""
    try:
        evaluate(expression, x)
    except DataError as error:
        return str(error.instead.get("expression", expression))
    return expression
