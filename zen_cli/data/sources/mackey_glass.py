"""A chaotic series, from an equation in which the past feeds back."""

import copy
import itertools
import math
from typing import Any

import numpy as np

from zen_cli.data.series import Series, SeriesSet
from zen_cli.data.sources.base import Source, with_columns
from zen_cli.errors import DataError
from zen_cli.memory import demand
from zen_cli.settings import Count, NonNegative, Positive

MOST_STEPS = 10**8  # of the solution, which are some ten seconds

Array = np.ndarray


class MackeyGlass(Source):
    """A series that never repeats, a usual test of forecasts: dx/dt = beta x_tau / (1 + x_tau^n) - gamma x.

    x_tau is x a time tau before. With the other settings as they are, x is chaotic from a tau of about 16.8 on (Mackey
    and Glass 1977, "Oscillation and chaos in physiological control systems"; Farmer 1982). It is solved by
    the Runge-Kutta method of fourth order in steps of 0.01 / gamma, a little changed so that a whole number of them, at
    least 10, makes tau; between its steps x is the cubic through values and slopes. All is made with +, -, * and /, so
    that every machine gives the same numbers.

    points: How many values the series has.
    tau: After what time x feeds back.
    beta: How strongly it does.
    gamma: How quickly x decays.
    n: How sharply the feedback breaks off where x is above 1.
    step: The time from one point to the next.
    warm_up: The time before the first point, in which the start is forgotten.
    start: What x is up to the beginning of that time.
    """

    def __init__(
        self,
        points: Count = 1000,
        tau: Positive = 17.0,
        beta: Positive = 0.2,
        gamma: Positive = 0.1,
        n: Count = 10,
        step: Positive = 1.0,
        warm_up: NonNegative = 1000.0,
        start: Positive = 1.2,
    ) -> None:
        self.points = points
        self.tau = tau
        self.beta = beta
        self.gamma = gamma
        self.n = n
        self.step = step
        self.warm_up = warm_up
        self.start = start

    def load(self, seed: int) -> SeriesSet:  # noqa: ARG002 - nothing is random here
        self._demand_few_steps()
        demand(8 * (2 * self._steps + 12 * self.points), f"a series of {self.points:,} points")
        t = self.step * np.arange(self.points)
        with np.errstate(all="ignore"):  # what is not finite is named below
            x = self._solution(self.warm_up + t)
        if not np.isfinite(x).all():
            message = f"with a beta of {self.beta:g}, x leaves the range of numbers"
            raise DataError(message, setting="beta", instead={"beta": 0.2})
        return SeriesSet((Series(t, x[:, None]),), ("x",))

    def from_table(self, table: Array) -> Array:
        return with_columns(table, 1, "the series has one value a line")

    # --- how many steps ---

    @property
    def _steps_in_tau(self) -> float:
        """A whole number, unless it is infinite."""
        steps = max(10.0, 100 * self.gamma * self.tau)
        return round(steps) if math.isfinite(steps) else steps

    @property
    def _delays(self) -> float:
        """How often tau goes into the time until the last point, and the delay before it."""
        return 1 + (self.warm_up + self.step * self.points) / self.tau

    @property
    def _steps(self) -> float:
        return self._steps_in_tau * self._delays

    def _demand_few_steps(self) -> None:
        if not self._steps <= MOST_STEPS:
            message = f"these {self.points:,} points take {self._steps:.2g} steps of the solution"
            instead = self._with_few_steps()
            setting = next(iter(instead), "points")
            raise DataError(message, f"the most is {MOST_STEPS:.0e}", setting=setting, instead=instead)

    def _with_few_steps(self) -> dict[str, Any]:
        """A setting whose usual value would make the steps few enough."""
        for name in ("step", "warm_up", "points", "tau", "gamma"):
            usual, other = getattr(MackeyGlass(), name), copy.copy(self)
            setattr(other, name, usual)
            if other._steps <= MOST_STEPS:
                return {name: usual}
        return {}

    # --- the solution ---

    def _solution(self, t: Array) -> Array:
        """x at times (N,) from 0 on, by the method of steps (Bellman 1961).

        While tau goes by, what feeds back is known from before, so that the equation is linear: x' = g(t) - gamma x.
        """
        k, delays = int(self._steps_in_tau), math.ceil(self._delays)
        h = self.tau / k
        x = np.full(k * delays + 1, self.start)  # from t = -tau on
        slope = np.zeros_like(x)
        for now in range(k, k * delays, k):
            past, next_ = slice(now - k, now + 1), slice(now, now + k + 1)
            between = _halfway(x[past], slope[past], h)
            g = self._feedback(x[past])
            x[next_] = self._linear(x[now], g, self._feedback(between), h)
            slope[next_] = g - self.gamma * x[next_]
        return _at(t / h + k, x, slope, h)

    def _feedback(self, past: Array) -> Array:
        rate: Array = self.beta * past / (1 + _power(past, self.n))
        return rate

    def _linear(self, x: float, g: Array, between: Array, h: float) -> Array:
        """Runge-Kutta steps of x' = g(t) - gamma x, with g at the steps (k + 1,) and halfway (k,): x (k + 1,).

        Each is x -> a x + b, and all b are computed at once.
        """
        z = h * self.gamma
        k1 = g[:-1]
        k2 = between - z / 2 * k1
        k3 = between - z / 2 * k2
        k4 = g[1:] - z * k3
        b = h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        a = 1 - z * (1 - z / 2 * (1 - z / 3 * (1 - z / 4)))
        return np.fromiter(itertools.accumulate(b.tolist(), lambda x, b: a * x + b, initial=x), float, len(g))


def _power(x: Array, n: int) -> Array:
    """x^n by products: unlike a library's power, they are rounded alike everywhere."""
    power = np.ones_like(x)
    while n:
        power = power * x if n % 2 else power
        x, n = x * x, n // 2
    return power


def _halfway(x: Array, slope: Array, h: float) -> Array:
    """The values between those at steps of h, by the cubics through them with these slopes."""
    values: Array = (x[:-1] + x[1:]) / 2 + h / 8 * (slope[:-1] - slope[1:])
    return values


def _at(place: Array, x: Array, slope: Array, h: float) -> Array:
    """The values at places that count steps of h, by the cubics through values and slopes (Hermite's)."""
    i = np.minimum(place.astype(np.intp), len(x) - 2)
    s = place - i
    from_left = x[i] + s * h * slope[i] + 2 * s * x[i]
    from_right = x[i + 1] - (1 - s) * h * slope[i + 1] + 2 * (1 - s) * x[i + 1]
    values: Array = (1 - s) * (1 - s) * from_left + s * s * from_right
    return values
