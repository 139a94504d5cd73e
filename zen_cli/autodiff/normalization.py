"""Normalisation to mean 0 and variance 1: of each example along its features, or of each feature along the batch.

Each is composed from ops, and fused into one op that goes through memory half as often.
"""

import math
from functools import lru_cache

import numpy as np

from zen_cli.autodiff.products import ones
from zen_cli.autodiff.reductions import Axes, reduce_mean, reduce_variance
from zen_cli.autodiff.tensor import Array, Gradient, Operand, PullBack, Tensor, add, primitive


def _composed(x: Operand, w: Operand, b: Operand, axis: Axes, epsilon: float) -> Tensor:
    centred = x - reduce_mean(x, axis, keepdims=True)
    h = centred * (reduce_variance(x, axis, keepdims=True) + epsilon) ** -0.5
    return add(h * w, b)


# --- each example along its features ---


def layer_norm_composed(x: Operand, w: Operand, b: Operand, epsilon: float = 1e-5) -> Tensor:
    """What `layer_norm` does, without any backpropagation code."""
    return _composed(x, w, b, -1, epsilon)


@primitive
def layer_norm(x: Array, w: Array, b: Array, /, epsilon: float = 1e-5) -> tuple[Array, PullBack]:
    """y = h w + b, where h = (x - mean) / sqrt(variance + epsilon) over the last axis: x is (..., n), w and b (n,).

    Ba, Kiros and Hinton 2016, equation 4, with epsilon in the root as in PyTorch. Sums are products with ones, which
    are several times quicker.
    """
    *outer, n = x.shape
    R = math.prod(outer)
    rows = x.reshape(R, n)
    h: Array = rows - (rows.dot(ones(n, x.dtype)) / n)[:, None]  # (R, n)
    r = 1 / np.sqrt(np.vecdot(h, h) / n + epsilon)[:, None]  # (R, 1)
    h *= r
    y = h * w
    y += b

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        g = g.reshape(R, n)
        gh = g * h  # (R, n)

        def d_x() -> Array:
            """(g w - mean(g w) - h mean(g w h)) r, where the mean of something times w is a product with w / n."""
            per_n = w / n
            dx: Array = g * w
            dx -= g.dot(per_n)[:, None]
            dx -= h * gh.dot(per_n)[:, None]
            dx *= r
            return dx.reshape(x.shape)

        return d_x, lambda: ones(R, g.dtype).dot(gh), lambda: ones(R, g.dtype).dot(g)

    return y.reshape(x.shape), pull_back


# --- each feature along the batch ---

Moments = tuple[Array, Array]  # mean and biased variance of each feature: (n,) each

# NumPy needs some 25 ns a row, however short: more than this many rows are put side by side, up to this many numbers.
MANY_ROWS = 512
WIDTH = 256


def _side_by_side(x: Array) -> Array:
    """(..., n) as rows, k of them in one: (R/k, k n). k is 1 unless they are many and short."""
    n = x.shape[-1]
    R = x.size // n
    k = _how_many(R, n)
    return x.reshape(R // k, k * n)


@lru_cache(maxsize=64)
def _how_many(R: int, n: int) -> int:
    most = WIDTH // n if R > MANY_ROWS else 1
    return next((k for k in range(most, 1, -1) if R % k == 0), 1)


def _along(v: Array, rows: Array) -> Array:
    """v (n,), as often as rows are side by side: (k n,)."""
    k = rows.shape[1] // len(v)
    return v if k == 1 else np.tile(v, k)


def _sum(rows: Array, n: int) -> Array:
    """The sum of each feature over all rows: (n,)."""
    total: Array = ones(len(rows), rows.dtype).dot(rows)  # (k n,)
    k = len(total) // n
    return total if k == 1 else ones(k, rows.dtype).dot(total.reshape(k, n))


def moments(x: Array) -> Moments:
    """The mean and the biased variance of x (..., n) over all axes but the last."""
    n, rows = x.shape[-1], _side_by_side(x)
    R = x.size // n
    mean = _sum(rows, n) / R
    squares = rows - _along(mean, rows)
    squares *= squares
    return mean, _sum(squares, n) / R


def batch_norm_composed(x: Operand, w: Operand, b: Operand, epsilon: float = 1e-5) -> Tensor:
    """What `batch_norm` does, without any backpropagation code."""
    return _composed(x, w, b, tuple(range(np.ndim(x) - 1)), epsilon)


@primitive
def batch_norm(
    x: Array, w: Array, b: Array, /, epsilon: float = 1e-5, known: Moments | None = None
) -> tuple[Array, PullBack]:
    """y = h w + b, where h = (x - mean) / sqrt(variance + epsilon) over all axes but the last of x (..., n).

    w and b are (n,). `known` are the `moments` of x, where the caller has them already. Ioffe and Szegedy 2015,
    algorithm 1. Nothing that is as large as x is kept for the pull-back but x itself.
    """
    n, rows = x.shape[-1], _side_by_side(x)  # (R/k, k n)
    R = x.size // n
    mean, variance = known or moments(x)
    r = 1 / np.sqrt(variance + epsilon)  # (n,)
    scale = r * w
    y = rows * _along(scale, rows)
    y += _along(b - mean * scale, rows)

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        g = g.reshape(rows.shape)
        centred = rows - _along(mean, rows)
        db = _sum(g, n)
        dw = _sum(g * centred, n) * r

        def d_x() -> Array:
            """(g - mean(g) - h mean(g h)) r w"""
            dx: Array = centred * _along(dw * r / -R, rows)
            dx -= _along(db / R, rows)
            dx += g
            dx *= _along(scale, rows)
            return dx.reshape(x.shape)

        return d_x, dw, db

    return y.reshape(x.shape), pull_back
