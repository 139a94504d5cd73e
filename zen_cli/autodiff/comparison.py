"""Choosing between elements, and comparing them.

`x < y`, `<=`, `>` and `>=` are operators of Tensor. They and `equal` return arrays of booleans, which have no gradient.
"""

from typing import Any

import numpy as np

from zen_cli.autodiff.tensor import Array, Gradient, Operand, PullBack, Tensor, primitive, value_of


def equal(a: Operand, b: Operand) -> Any:
    """Where the values are equal, as an array of booleans. `a == b` asks whether they are the same tensor."""
    return np.equal(value_of(a), value_of(b))


def where(condition: Any, a: Operand, b: Operand) -> Tensor:
    """a where the booleans in `condition` are true, elsewhere b; the three broadcast.

    Neither side's gradient sees the places where the other was taken.
    """
    if not isinstance(condition, np.ndarray | np.bool_) or condition.dtype != bool:
        raise TypeError("where expects an array of booleans, such as x > 0 or equal(x, 0); x == 0 compares no values")
    return _where(a, b, condition)


@primitive
def _where(a: Array, b: Array, /, condition: Array) -> tuple[Array, PullBack]:
    return np.where(condition, a, b), lambda g: (lambda: g * condition, lambda: g * ~condition)


@primitive
def maximum(a: Array, b: Array, /) -> tuple[Array, PullBack]:
    """The larger of each two elements; where they are equal, each gets half of the gradient."""
    return np.maximum(a, b), lambda g: _shared(g, a > b, a >= b)


@primitive
def minimum(a: Array, b: Array, /) -> tuple[Array, PullBack]:
    """The smaller of each two elements; where they are equal, each gets half of the gradient."""
    return np.minimum(a, b), lambda g: _shared(g, a < b, a <= b)


def _shared(g: Array, first: Array, first_or_both: Array) -> tuple[Gradient, ...]:
    """The gradients of two operands, of which the first was taken, or both were, where the booleans are true."""
    share = 0.5 * np.add(first, first_or_both, dtype=g.dtype)  # 1, 1/2 or 0
    return lambda: g * share, lambda: g * (1 - share)


@primitive
def clip(x: Array, /, low: float | None = None, high: float | None = None) -> tuple[Array, PullBack]:
    """x, or the bound that it is beyond; either may be None. The derivative on a bound is 1."""
    y = np.clip(x, low, high)
    return y, lambda g: (g * (x == y),)
