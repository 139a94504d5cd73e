"""Values of a formula."""

from contextlib import suppress

import numpy as np

from zen_cli.data.expression import evaluate
from zen_cli.data.series import Series
from zen_cli.data.sources.base import Source, with_columns
from zen_cli.errors import DataError
from zen_cli.memory import demand
from zen_cli.settings import Count, Finite, NonNegative, Positive
from zen_cli.streams import Stream, generator


class Curve(Source):
    """A curve from a formula in x, at x = start, start + step, ...

    expression: The formula. It may use x, numbers, + - * / ** %, parentheses, pi, e and sin, cos, tan, tanh, exp, log,
        sqrt, abs, floor.
    points: How many values the curve has.
    start: The first x.
    step: How far each x is from the one before.
    noise: Standard deviation of the normal noise that is added, in the unit of the values; `seed` decides what is
        drawn.
    """

    def __init__(
        self,
        expression: str,
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

    def load(self, seed: int) -> Series:
        demand(8 * 4 * self.points, f"a curve of {self.points:,} points")
        with np.errstate(all="ignore"):  # what is not finite is named below
            x = self.start + self.step * np.arange(self.points)
            noise = self.noise * generator(seed, Stream.NOISE).standard_normal(self.points) if self.noise else 0.0
            if not np.isfinite(x).all():
                message = f"x leaves the range of numbers after {self.points} steps of {self.step:g}"
                raise DataError(message, setting="step", instead={"step": 1.0})
            values = self._values(x) + noise
        if not np.isfinite(values).all():
            message = f"noise of {self.noise:g} makes values that are no numbers"
            raise DataError(message, setting="noise", instead={"noise": 0.1})
        return Series(x, values, self.expression)

    def _values(self, x: np.ndarray) -> np.ndarray:
        try:
            return evaluate(self.expression, x)
        except DataError as error:
            instead = error.instead or self._where_it_is_finite()
            raise DataError(error.message, error.hint, setting="expression", instead=instead) from None

    def _where_it_is_finite(self) -> dict[str, float]:
        """Another start or step, for a formula that has no finite value somewhere along this one."""
        for start, step in ((1.0, self.step), *((self.start, self.step / shorter) for shorter in (10, 100, 1000))):
            with suppress(DataError):
                evaluate(self.expression, start + step * np.arange(self.points))
                return {"start": start} if step == self.step else {"step": step}
        return {}

    def inputs(self, table: np.ndarray) -> np.ndarray:
        return with_columns(table, 1, "a curve has one value a line")
