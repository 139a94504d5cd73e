"""Softmax, and logarithms of probabilities that cannot overflow."""

import numpy as np

from zen_cli.autodiff.elementwise import log
from zen_cli.autodiff.logits import Probabilities
from zen_cli.autodiff.products import ones
from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, primitive


def softmax(x: Operand, axis: int | tuple[int, ...] = -1) -> Probabilities:
    """e^x / sum(e^x) over `axis`: one axis, or several."""
    return Probabilities(x, lambda x: _softmax(x, axis), axis)


def _softmax(x: Array, axis: int | tuple[int, ...]) -> tuple[Array, PullBack]:
    _, y, sums = exponentials(x, axis)
    y /= sums
    return y, lambda g: (y * (g - _sum(g * y, axis)),)


@primitive
def log_softmax(x: Array, /, axis: int | tuple[int, ...] = -1) -> tuple[Array, PullBack]:
    """x - log(sum(e^x)) over `axis`: one axis, or several."""
    y, e, sums = exponentials(x, axis)
    y -= np.log(sums)
    return y, lambda g: (g - e * (_sum(g, axis) / sums),)


def log_probabilities(p: Operand) -> Tensor:
    """log(p), computed from the logits where `p` comes straight from `softmax`."""
    from_softmax = isinstance(p, Probabilities) and p.axis is not None
    return log_softmax(p.logits, p.axis) if from_softmax else log(p)


FAINTEST = 1e-20  # of a sum: the terms that are lost below it weigh less than its rounding error, in float32 too


def exponentials(x: Array, axis: int | tuple[int, ...]) -> tuple[Array, Array, Array]:
    """x less a number for each sum, e to the power of that, and its sums over `axis`, which stays with length 1.

    The number is the largest x of all, which is found many times as fast as the largest for each sum; that one is taken
    where a sum lies so far below the others that nothing would be left of it.
    """
    shifted = x - (float(x.max()) if x.size else 0.0)
    e = np.exp(shifted)
    sums = _sum(e, axis)
    if not sums.min(initial=1) > FAINTEST:
        shifted = x - x.max(axis=axis, keepdims=True)
        e = np.exp(shifted)
        sums = _sum(e, axis)
    return shifted, e, sums


def _sum(x: Array, axis: int | tuple[int, ...]) -> Array:
    """The sum over `axis`, which stays with length 1: along the last one a product with ones, which is quicker."""
    *outer, n = x.shape
    if axis in (-1, len(outer)):
        sums: Array = x.reshape(-1, n).dot(ones(n, x.dtype)).reshape(*outer, 1)
    else:
        sums = x.sum(axis=axis, keepdims=True)
    return sums
