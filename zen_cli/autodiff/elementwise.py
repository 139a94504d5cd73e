"""Functions of each element: a table of derivatives."""

import numpy as np

from zen_cli.autodiff.tensor import Array, PullBack, primitive


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
