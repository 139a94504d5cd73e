"""Softmax, and logarithms of probabilities that cannot overflow."""

import numpy as np

from zen_cli.autodiff.elementwise import log
from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, primitive


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
