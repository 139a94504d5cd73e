"""Functions of each element: a table of derivatives.

Where a function has a kink, its docstring says which slope is taken there; all are those of PyTorch.
"""

import numpy as np

from zen_cli.autodiff.logits import Probabilities
from zen_cli.autodiff.tensor import Array, Operand, PullBack, primitive

# --- signs and powers ---


@primitive
def absolute(x: Array, /) -> tuple[Array, PullBack]:
    """|x|; the derivative at 0 is taken as 0."""
    return np.absolute(x), lambda g: (g * np.sign(x),)


@primitive
def square(x: Array, /) -> tuple[Array, PullBack]:
    return np.square(x), lambda g: (2 * x * g,)


@primitive
def sqrt(x: Array, /) -> tuple[Array, PullBack]:
    """The square root; its derivative at 0 is infinite."""
    y = np.sqrt(x)
    return y, lambda g: (0.5 * g / y,)


# --- exponentials and logarithms ---


@primitive
def exp(x: Array, /) -> tuple[Array, PullBack]:
    y = np.exp(x)
    return y, lambda g: (g * y,)


@primitive
def expm1(x: Array, /) -> tuple[Array, PullBack]:
    """e^x - 1, exact near 0."""
    y = np.expm1(x)
    return y, lambda g: (g * (y + 1),)


@primitive
def log(x: Array, /) -> tuple[Array, PullBack]:
    return np.log(x), lambda g: (g / x,)


@primitive
def log1p(x: Array, /) -> tuple[Array, PullBack]:
    """log(1 + x), exact near 0."""
    return np.log1p(x), lambda g: (g / (x + 1),)


# --- waves ---


@primitive
def sin(x: Array, /) -> tuple[Array, PullBack]:
    return np.sin(x), lambda g: (g * np.cos(x),)


@primitive
def cos(x: Array, /) -> tuple[Array, PullBack]:
    return np.cos(x), lambda g: (-g * np.sin(x),)


# --- activations ---


@primitive
def tanh(x: Array, /) -> tuple[Array, PullBack]:
    y = np.tanh(x)
    return y, lambda g: (g * (1 - y * y),)


def sigmoid(x: Operand) -> Probabilities:
    """1 / (1 + e^-x)"""
    return Probabilities(x, _sigmoid)


def _sigmoid(x: Array) -> tuple[Array, PullBack]:
    y = logistic(x)
    return y, lambda g: (g * (y * (1 - y)),)


@primitive
def silu(x: Array, /) -> tuple[Array, PullBack]:
    """x sigmoid(x), also called swish."""
    s = logistic(x)
    y = x * s
    return y, lambda g: (g * (y * (1 - s) + s),)


@primitive
def softplus(x: Array, /) -> tuple[Array, PullBack]:
    """log(1 + e^x) as max(x, 0) + log(1 + e^-|x|), which cannot overflow. Its derivative is the sigmoid, 1 - e^-y."""
    y = np.log1p(np.exp(-np.absolute(x)))
    y += extremum(np.maximum, x, 0)
    return y, lambda g: (-g * np.expm1(-y),)


@primitive
def relu(x: Array, /) -> tuple[Array, PullBack]:
    """max(x, 0); the derivative at 0 is taken as 0."""
    return extremum(np.maximum, x, 0), lambda g: (g * (x > 0),)


@primitive
def leaky_relu(x: Array, /, slope: float = 0.01) -> tuple[Array, PullBack]:
    """x where x > 0, else slope x; the derivative at 0 is taken as `slope`."""
    y = (np.maximum if slope <= 1 else np.minimum)(x, slope * x)
    return y, lambda g: (g * (np.multiply(x > 0, 1 - slope, dtype=g.dtype) + slope),)


@primitive
def elu(x: Array, /, alpha: float = 1.0) -> tuple[Array, PullBack]:
    """x where x > 0, else alpha (e^x - 1); the derivative at 0 is taken as `alpha`."""
    below = alpha * np.expm1(extremum(np.minimum, x, 0))

    def slope() -> Array:
        d: Array = below + alpha  # right where x <= 0
        if alpha != 1:
            d += np.multiply(x > 0, 1 - alpha, dtype=d.dtype)
        return d

    return extremum(np.maximum, x, 0) + below, lambda g: (g * slope(),)


# --- on arrays ---


def logistic(x: Array) -> Array:
    """1 / (1 + e^-x), written with tanh, which cannot overflow."""
    y: Array = np.asarray(0.5 * x)
    np.tanh(y, out=y)
    y *= 0.5
    y += 0.5
    return y


def extremum(choose: np.ufunc, x: Array, bound: float) -> Array:
    """np.maximum or np.minimum of an array and a number, at twice the speed: NumPy is quicker with two arrays."""
    y = np.empty_like(x)
    y.fill(bound)
    choose(x, y, out=y)
    return y
