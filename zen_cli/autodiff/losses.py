"""Losses as one op each: for speed those that train most models, and those of probabilities lest they overflow."""

from functools import lru_cache

import numpy as np

from zen_cli.autodiff.elementwise import extremum, log, logistic, sigmoid
from zen_cli.autodiff.probabilities import exponentials, log_softmax
from zen_cli.autodiff.products import fixed
from zen_cli.autodiff.reductions import reduce_mean, reduce_sum
from zen_cli.autodiff.shapes import reshape
from zen_cli.autodiff.tensor import (
    Array,
    Gradient,
    Operand,
    PullBack,
    Tensor,
    add,
    multiply,
    negative,
    power,
    primitive,
    subtract,
)

# --- terms: a number for each element ---


@primitive
def binary_crossentropy(p: Array, real: Array, /) -> tuple[Array, PullBack]:
    """-(real log p + (1 - real) log(1 - p)).

    As in PyTorch, no logarithm is below -100, and the p (1 - p) that the gradient is divided by not below 1e-12.
    """
    with np.errstate(divide="ignore"):
        log_p, log_q = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        return lambda: g * (p - real) / np.maximum(p * (1 - p), 1e-12), lambda: g * (log_q - log_p)

    return -(real * log_p + (1 - real) * log_q), pull_back


def sigmoid_crossentropy_composed(x: Operand, real: Operand) -> Tensor:
    """-(real log(sigmoid(x)) + (1 - real) log(sigmoid(-x))): what `sigmoid_crossentropy` does, for moderate x."""
    yes, no = log(sigmoid(x)), log(sigmoid(negative(x)))
    return negative(add(multiply(real, yes), multiply(subtract(1, real), no)))


@primitive
def sigmoid_crossentropy(x: Array, real: Array, /) -> tuple[Array, PullBack]:
    """`binary_crossentropy` of sigmoid(x), exact however large x: max(x, 0) - x real + log(1 + e^-|x|)."""
    y = extremum(np.maximum, x, 0) - x * real + np.log1p(np.exp(-np.absolute(x)))
    return y, lambda g: (lambda: g * (logistic(x) - real), lambda: -g * x)


# --- whole losses: one number ---


def mean_squared_error_composed(pred: Operand, real: Operand) -> Tensor:
    """The mean of (pred - real)^2: what `mean_squared_error` does, without any backpropagation code."""
    return reduce_mean(power(subtract(pred, real), 2))


@primitive
def mean_squared_error(pred: Array, real: Array, /) -> tuple[Array, PullBack]:
    """The mean of (pred - real)^2, for two arrays of one shape."""
    error = pred - real
    flat = error.ravel()

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        slope = error * (2 / error.size * g.item())
        return slope, lambda: -slope

    return flat.dot(flat) / error.size, pull_back


def softmax_crossentropy_composed(x: Operand, classes: Array, weights: Array | None = None) -> Tensor:
    """-log(softmax(x)) of the class of each row, summed with weights, or averaged: what `softmax_crossentropy` does."""
    count, places = classes.size, np.shape(x)[-1]
    picked = reshape(log_softmax(x), (count, places))[np.arange(count), classes.ravel()]
    return reduce_sum(multiply(picked, -1 / count if weights is None else -weights.ravel().astype(picked.dtype)))


@primitive
def softmax_crossentropy(x: Array, /, classes: Array, weights: Array | None = None) -> tuple[Array, PullBack]:
    """-log(softmax(x)) of the class of each row, summed with `weights`, or averaged: log(sum(e^x)) - x[class].

    `x` (..., C) holds logits, `classes` (...) integers from 0 to C - 1, `weights` (...) any numbers. Raises
    IndexError for a class that is not among them.
    """
    C = x.shape[-1]
    rows = np.ascontiguousarray(x).reshape(-1, C)  # (N, C)
    picks = classes.astype(np.intp, copy=False).ravel()  # (N,)
    N = len(rows)
    w = _equal_weights(N, x.dtype) if weights is None else weights.astype(x.dtype, copy=False).ravel()  # (N,)
    if picks.view(np.uintp).max() >= C:  # seen without its sign, a negative number is a huge one
        raise IndexError(f"classes are numbered from 0 to {C - 1}, but got {picks.min()} to {picks.max()}")
    shifted, e, sums = exponentials(rows, -1)  # (N, C), (N, C), (N, 1)
    places = _first_places(N, C) + picks  # of x[class] among all elements
    losses = np.log(sums[:, 0]) - shifted.ravel().take(places)

    def pull_back(g: Array) -> tuple[Array]:
        w_g = w * g.item()
        slope = e * (w_g[:, None] / sums)
        slope.ravel()[places] -= w_g
        return (slope.reshape(x.shape),)

    return w.dot(losses), pull_back


@lru_cache(maxsize=64)
def _equal_weights(count: int, dtype: np.dtype) -> Array:
    return fixed(np.full(count, 1 / count, dtype))


@lru_cache(maxsize=64)
def _first_places(rows: int, width: int) -> Array:
    """Where each row begins among the elements of an array of `rows` by `width`."""
    return fixed(np.arange(0, rows * width, width))
