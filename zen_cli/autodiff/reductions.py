"""Sums, means and their kin along any axes."""

import numpy as np

from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, primitive

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
    total = reduce_sum(x, axis, keepdims)
    return total * (total.size / np.size(x))
