"""Sums, means and their kin along any axes."""

import math

import numpy as np

from zen_cli.autodiff.elementwise import square
from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, multiply, primitive

Axes = int | tuple[int, ...] | None


@primitive
def reduce_sum(x: Array, /, axis: Axes = None, keepdims: bool = False) -> tuple[Array, PullBack]:
    """The sum over `axis`: one axis, several, or all of them."""

    def pull_back(g: Array) -> tuple[Array]:
        kept = g if keepdims or axis is None else np.expand_dims(g, axis)
        return (np.full(x.shape, kept, x.dtype),)

    return x.sum(axis=axis, keepdims=keepdims), pull_back


def reduce_mean(x: Operand, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The mean over `axis`: one axis, several, or all of them."""
    axes = range(np.ndim(x)) if axis is None else np.atleast_1d(axis).astype(int)
    count = math.prod(np.shape(x)[i] for i in axes)
    return multiply(reduce_sum(x, axis, keepdims), 1 / count)


def reduce_variance(x: Operand, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """The mean squared distance from the mean over `axis`."""
    return reduce_mean(square(x - reduce_mean(x, axis, keepdims=True)), axis, keepdims)


@primitive
def reduce_max(x: Array, /, axis: Axes = None, keepdims: bool = False) -> tuple[Array, PullBack]:
    """The largest element over `axis`; elements that are equally large share the gradient evenly."""
    return _extremum(x, x.max(axis=axis, keepdims=True), axis, keepdims)


@primitive
def reduce_min(x: Array, /, axis: Axes = None, keepdims: bool = False) -> tuple[Array, PullBack]:
    """The smallest element over `axis`; elements that are equally small share the gradient evenly."""
    return _extremum(x, x.min(axis=axis, keepdims=True), axis, keepdims)


def _extremum(x: Array, y: Array, axis: Axes, keepdims: bool) -> tuple[Array, PullBack]:
    def pull_back(g: Array) -> tuple[Array]:
        taken = x == y
        return (taken * (g.reshape(y.shape) / taken.sum(axis=axis, keepdims=True, dtype=g.dtype)),)

    return y if keepdims else y.squeeze(axis), pull_back


@primitive
def logsumexp(x: Array, /, axis: Axes = None, keepdims: bool = False) -> tuple[Array, PullBack]:
    """log(sum(e^x)) over `axis`, the largest x taken out of the sum so that nothing overflows."""
    largest = x.max(axis=axis, keepdims=True)
    y = largest + np.log(np.exp(x - largest).sum(axis=axis, keepdims=True))
    return y if keepdims else y.squeeze(axis), lambda g: (g.reshape(y.shape) * np.exp(x - y),)
