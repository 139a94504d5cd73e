"""The same elements, arranged differently."""

from collections.abc import Sequence

import numpy as np

from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, primitive


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
