"""The ops that have no operator, from simple to hard: a table of derivatives."""

from collections.abc import Sequence

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
    rows_times_matrix,
)

Axes = int | tuple[int, ...] | None

# --- elementwise ---


@primitive
def exp(x: Array, /) -> tuple[Array, PullBack]:
    y = np.exp(x)
    return y, lambda g: (g * y,)


@primitive
def log(x: Array, /) -> tuple[Array, PullBack]:
    return np.log(x), lambda g: (g / x,)


@primitive
def tanh(x: Array, /) -> tuple[Array, PullBack]:
    y = np.tanh(x)
    return y, lambda g: (g * (1 - y * y),)


@primitive
def sigmoid(x: Array, /) -> tuple[Array, PullBack]:
    """1 / (1 + e^-x), written with tanh, which cannot overflow."""
    y = 0.5 * np.tanh(0.5 * x) + 0.5
    return y, lambda g: (g * (y * (1 - y)),)


@primitive
def relu(x: Array, /) -> tuple[Array, PullBack]:
    """max(x, 0); the derivative at 0 is taken as 0."""
    return np.maximum(x, 0), lambda g: (g * (x > 0),)


# --- reductions ---


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


# --- shapes ---


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


# --- products ---


def linear_composed(x: Operand, w: Operand, b: Operand) -> Tensor:
    """x w + b: what `linear` does, without any backpropagation code."""
    return add(matmul(x, w), b)


@primitive
def linear(x: Array, w: Array, b: Array, /) -> tuple[Array, PullBack]:
    """x w + b for x (..., n), w (n, m) and b (m,). As one op it adds in place and sums b's gradient as a product."""
    product, pull_back_product = rows_times_matrix(x, w)
    y = product.astype(np.result_type(product, b), copy=False)
    y += b

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        return *pull_back_product(g), lambda: np.ones(g.size // len(b), g.dtype).dot(g.reshape(-1, len(b)))

    return y, pull_back


# --- probabilities ---


class Probabilities(Tensor):
    """What `softmax` returns. It keeps its logits, whose log-softmax stays finite where log(softmax) would not."""

    __slots__ = ("axis", "logits")

    logits: Operand
    axis: int


@primitive
def _softmax(x: Array, /, axis: int) -> tuple[Array, PullBack]:
    y = np.exp(x - x.max(axis=axis, keepdims=True))
    y /= y.sum(axis=axis, keepdims=True)
    return y, lambda g: (y * (g - (g * y).sum(axis=axis, keepdims=True)),)


def softmax(x: Operand, axis: int = -1) -> Probabilities:
    """e^x / sum(e^x) along `axis`."""
    plain = _softmax(x, axis)
    out = Probabilities(plain.value, requires_grad=plain.requires_grad)
    out.inputs, out.pull_back = plain.inputs, plain.pull_back
    out.logits, out.axis = x if out.requires_grad else _constant(x), axis
    return out


def _constant(x: Operand) -> Operand:
    return x.value if isinstance(x, Tensor) else x


@primitive
def log_softmax(x: Array, /, axis: int = -1) -> tuple[Array, PullBack]:
    """x - log(sum(e^x)) along `axis`."""
    shifted = x - x.max(axis=axis, keepdims=True)
    y = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return y, lambda g: (g - np.exp(y) * g.sum(axis=axis, keepdims=True),)


def log_probabilities(p: Operand) -> Tensor:
    """log(p), computed from the logits where `p` comes straight from `softmax`."""
    return log_softmax(p.logits, p.axis) if isinstance(p, Probabilities) else log(p)
