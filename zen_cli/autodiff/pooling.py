"""Pooling: windows of images (B, H, W, C) and sequences (B, T, C) become one cell each, channel by channel.

`size` and `stride` have a number for each spatial axis; without a stride, windows stand side by side. Cells that no
whole window covers are left out.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import reduce

import numpy as np

from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, multiply, primitive
from zen_cli.autodiff.windows import along, span, steps


def max_pool(x: Operand, size: Sequence[int], stride: Sequence[int] | None = None) -> Tensor:
    """The largest cell of each window. Of equals the first gets the gradient, row by row, as in PyTorch."""
    return _along_each_axis(_max_along, x, size, stride)


def average_pool(x: Operand, size: Sequence[int], stride: Sequence[int] | None = None) -> Tensor:
    """The mean of each window."""
    return multiply(_along_each_axis(_sum_along, x, size, stride), 1 / math.prod(size))


def _along_each_axis(
    op: Callable[..., Tensor], x: Operand, size: Sequence[int], stride: Sequence[int] | None
) -> Tensor:
    """The last axis first: so of equal cells, the first row's come first."""
    y: Tensor = x
    for axis, window in reversed(list(enumerate(zip(size, stride or size, strict=True), start=1))):
        y = op(y, axis, *window)
    return y


@primitive
def _max_along(x: Array, /, axis: int, size: int, stride: int) -> tuple[Array, PullBack]:
    parts = _parts(x, axis, size, stride)
    y = reduce(np.maximum, parts)

    def pull_back(g: Array) -> tuple[Array]:
        dx = np.zeros_like(x)
        d_parts = _parts(dx, axis, size, stride)
        overlap = stride < size
        cells = [np.empty_like(g) for _ in d_parts] if overlap else d_parts
        share(g, (part == y for part in parts[:-1]), cells)
        if overlap:
            for d_part, cell in zip(d_parts, cells, strict=True):
                d_part += cell
        return (dx,)

    return y, pull_back


@primitive
def _sum_along(x: Array, /, axis: int, size: int, stride: int) -> tuple[Array, PullBack]:
    def pull_back(g: Array) -> tuple[Array]:
        dx = np.zeros_like(x)
        for d_part in _parts(dx, axis, size, stride):
            d_part += g
        return (dx,)

    return reduce(np.add, _parts(x, axis, size, stride)), pull_back


def _parts(x: Array, axis: int, size: int, stride: int) -> list[Array]:
    """The first cells of all windows along an axis, the second, ...: views."""
    count = steps(x.shape[axis], size, stride)
    return [along(x, axis, span(first, stride, count)) for first in range(size)]


# --- windows of which each cell is an array ---


def find_largest(cells: Sequence[Array], y: Array, is_largest: Iterable[Array]) -> None:
    """Write the largest of the cells into `y`, and of each but the last, where it is that."""
    np.copyto(y, cells[0])
    for cell in cells[1:]:
        np.maximum(y, cell, out=y)
    for cell, found in zip(cells[:-1], is_largest, strict=True):
        np.equal(cell, y, out=found)


def share(g: Array, is_largest: Iterable[Array], cells: Sequence[Array]) -> None:
    """Write the gradients of the cells: all of `g` for the first of the largest, nothing for the others."""
    *others, rest = cells
    np.copyto(rest, g)
    for found, cell in zip(is_largest, others, strict=True):
        np.multiply(rest, found, out=cell)
        rest -= cell
