"""Pooling: windows of the spatial axes, all but the first (the batch) and the last (the channels), become one cell each.

A maximum or a mean over a window of several axes is that along one axis after the other.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, primitive
from zen_cli.autodiff.windows import Window


@primitive
def _max_along(x: Array, /, axis: int, size: int, stride: int) -> tuple[Array, PullBack]:
    *parts, last = _parts(x, axis, size, stride)
    y = reduce(np.maximum, (x[part] for part in parts), x[last])

    def pull_back(g: Array) -> tuple[Array]:
        """The first cell of a window that holds its maximum gets the gradient."""
        dx = np.zeros_like(x)
        for part in parts:
            here = g * (x[part] == y)
            dx[part] += here
            g = g - here
        dx[last] += g
        return (dx,)

    return y, pull_back


def _parts(x: Array, axis: int, size: int, stride: int) -> list[tuple[slice, ...]]:
    window = Window(x.shape[axis], size, stride)
    return [(slice(None),) * axis + (window.at_tap(tap)[1],) for tap in range(size)]


def max_pool(x: Operand, size: Sequence[int], stride: Sequence[int]) -> Tensor:
    for axis in range(len(size), 0, -1):
        x = _max_along(x, axis, size[axis - 1], stride[axis - 1])
    return x
