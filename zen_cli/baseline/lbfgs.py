"""The least value of a smooth function: L-BFGS, algorithm 7.5 of Nocedal and Wright, Numerical Optimization, 2006."""

from collections import deque
from collections.abc import Callable

import numpy as np

Array = np.ndarray
Function = Callable[[Array], tuple[float, Array]]  # the value at x, and the gradient, an array of its own

PAIRS = 10
ENOUGH = 1e-4  # of the decrease that the gradient promises
HALVINGS = 30


def minimised(function: Function, x: Array, tolerance: float, most: int) -> Array:
    """Where a convex function is least, from `x` (n,), until no slope is above `tolerance`; in at most `most` steps."""
    value, g = function(x)
    pairs: deque[tuple[Array, Array]] = deque(maxlen=PAIRS)
    for _ in range(most):
        if np.abs(g).max() <= tolerance:
            break
        direction = -_newton_like(g, pairs)
        found = _downhill(function, x, value, direction, float(g @ direction))
        if found is None:
            break
        new, value, new_g = found
        pairs.append((new - x, new_g - g))
        x, g = new, new_g
    return x


def _newton_like(g: Array, pairs: deque[tuple[Array, Array]]) -> Array:
    """The gradient times an estimate of the inverse Hessian: the two-loop recursion, algorithm 7.4."""
    if not pairs:
        return g / max(1.0, float(np.linalg.norm(g)))
    q, alphas = g.copy(), []
    for s, y in reversed(pairs):
        alphas.append(float(s @ q) / float(s @ y))
        q -= alphas[-1] * y
    s, y = pairs[-1]
    q *= float(s @ y) / float(y @ y)
    for (s, y), alpha in zip(pairs, reversed(alphas), strict=True):
        q += (alpha - float(y @ q) / float(s @ y)) * s
    return q


def _downhill(
    function: Function, x: Array, value: float, direction: Array, slope: float
) -> tuple[Array, float, Array] | None:
    """The first of the steps 1, 1/2, 1/4, ... that goes down far enough along a curve that bends upwards."""
    step = 1.0
    for _ in range(HALVINGS):
        new = x + step * direction
        new_value, g = function(new)
        if new_value <= value + ENOUGH * step * slope and float(g @ direction) > slope:
            return new, new_value, g
        step /= 2
    return None
