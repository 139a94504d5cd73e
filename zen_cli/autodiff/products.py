"""Products with weights."""

import math
from functools import lru_cache

import numpy as np

from zen_cli.autodiff.tensor import (
    Array,
    Gradient,
    Operand,
    PullBack,
    Tensor,
    add,
    matmul,
    primitive,
)


def linear_composed(x: Operand, w: Operand, b: Operand) -> Tensor:
    """x w + b: what `linear` does, without any backpropagation code."""
    return add(matmul(x, w), b)


@primitive
def linear(x: Array, w: Array, b: Array, /) -> tuple[Array, PullBack]:
    """x w + b for x (..., n), w (n, m) and b (m,). As one op it adds in place and sums b's gradient as a product."""
    n, m = w.shape
    rows = x if x.ndim == 2 else x.reshape(math.prod(x.shape[:-1]), n)  # (R, n)
    y = rows.dot(w)
    y = np.add(y, b, y if y.dtype == b.dtype else None)

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        g_rows = g if g.ndim == 2 else g.reshape(len(rows), m)
        return (
            lambda: g_rows.dot(w.T).reshape(x.shape),
            lambda: rows.T.dot(g_rows),
            lambda: ones(len(rows), g.dtype).dot(g_rows),
        )

    return y if x.ndim == 2 else y.reshape(*x.shape[:-1], m), pull_back


@lru_cache(maxsize=64)
def ones(count: int, dtype: np.dtype) -> Array:
    """A vector of ones, to sum rows with: as a product that is several times quicker than as a sum. Not to be changed."""
    made = np.ones(count, dtype)
    made.flags.writeable = False
    return made
