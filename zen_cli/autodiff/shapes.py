"""The same elements, arranged differently."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, getitem, primitive


@primitive
def reshape(x: Array, /, shape: tuple[int, ...]) -> tuple[Array, PullBack]:
    return x.reshape(shape), lambda g: (g.reshape(x.shape),)


def flatten(x: Operand) -> Tensor:
    """All elements in one axis, the last index running fastest."""
    return reshape(x, (-1,))


@primitive
def transpose(x: Array, /, axes: tuple[int, ...] | None = None) -> tuple[Array, PullBack]:
    """The axes in the order `axes`, reversed without it. A view: nothing is copied."""

    def pull_back(g: Array) -> tuple[Array]:
        if axes is None:
            return (g.transpose(),)
        order = [axis % x.ndim for axis in axes]
        return (g.transpose(sorted(range(x.ndim), key=order.__getitem__)),)

    return x.transpose(axes), pull_back


@primitive
def expand_dims(x: Array, /, axis: int | tuple[int, ...]) -> tuple[Array, PullBack]:
    """A view with axes of length 1 that stand at `axis` in the result."""
    return np.expand_dims(x, axis), lambda g: (g.reshape(x.shape),)


@primitive
def squeeze(x: Array, /, axis: int | tuple[int, ...] | None = None) -> tuple[Array, PullBack]:
    """A view without axes of length 1: those in `axis`, or all."""
    return np.squeeze(x, axis), lambda g: (g.reshape(x.shape),)


@primitive
def broadcast_to(x: Array, /, shape: tuple[int, ...]) -> tuple[Array, PullBack]:
    """A view that repeats axes of length 1, and new ones in front, up to `shape`."""
    return np.broadcast_to(x, shape), lambda g: (g,)


@primitive
def pad(x: Array, /, widths: Sequence[tuple[int, int]]) -> tuple[Array, PullBack]:
    """x within zeros: `widths` says for each axis how many stand before it and how many after it."""
    if len(widths) != x.ndim or min(map(min, widths), default=0) < 0:
        raise ValueError(f"pad expects a pair of counts for each of {x.ndim} axes but got {widths}")
    shape = [before + n + after for n, (before, after) in zip(x.shape, widths, strict=True)]
    inside = tuple(slice(before, before + n) for n, (before, _) in zip(x.shape, widths, strict=True))
    y = np.zeros(shape, x.dtype)
    y[inside] = x
    return y, lambda g: (g[inside],)


# --- together and apart ---


@primitive
def _concatenate(*parts: Array, axis: int) -> tuple[Array, PullBack]:
    ends = np.cumsum([part.shape[axis] for part in parts])
    return np.concatenate(parts, axis=axis), lambda g: tuple(np.split(g, ends[:-1], axis=axis))


def concatenate(tensors: Sequence[Operand], axis: int = 0) -> Tensor:
    """The tensors one after the other along an axis that they have."""
    return _concatenate(*tensors, axis=axis)


@primitive
def _stack(*parts: Array, axis: int) -> tuple[Array, PullBack]:
    return np.stack(parts, axis=axis), lambda g: tuple(np.moveaxis(g, axis, 0))


def stack(tensors: Sequence[Operand], axis: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new axis."""
    return _stack(*tensors, axis=axis)


def split(x: Operand, cuts: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """The parts of x along an axis: so many of one size, or those between the places in `cuts`, as NumPy has it."""
    n, axis = np.shape(x)[axis], axis % np.ndim(x)
    if isinstance(cuts, int):
        if n % cuts:
            raise ValueError(f"split cannot make {cuts} parts of one size of an axis of length {n}")
        cuts = range(n // cuts, n, n // cuts) if n else [0] * (cuts - 1)
    return [getitem(x, (slice(None),) * axis + (slice(*ends),)) for ends in pairwise([0, *cuts, n])]
