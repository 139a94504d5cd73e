"""Layers without parameters that work on each element, or along the last axis."""

import math
from typing import Literal

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.nn.layers import Layer
from zen_cli.settings import NonNegative, Positive


class Tanh(Layer):
    """y = tanh(x), between -1 and 1."""

    bounds = (-1.0, 1.0)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.tanh(x)


class Sigmoid(Layer):
    """y = 1 / (1 + e^-x), between 0 and 1."""

    bounds = (0.0, 1.0)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.sigmoid(x)


class Softmax(Layer):
    """y = e^x / sum(e^x) along the last axis: scores become probabilities that sum to 1."""

    bounds = (0.0, 1.0)
    scope = "features"

    def __call__(self, x: Tensor) -> Tensor:
        return ad.softmax(x)


# --- x where x is large, and less than a line below ---


class ReLU(Layer):
    """y = max(x, 0)."""

    bounds = (0.0, math.inf)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.relu(x)


class LeakyReLU(Layer):
    """y = x where x > 0, else slope x, so that no unit stops learning (Maas, Hannun and Ng 2013).

    slope: How steep the line below 0 is; 0 makes a ReLU.
    """

    def __init__(self, slope: NonNegative = 0.01) -> None:
        self.slope = slope

    def __call__(self, x: Tensor) -> Tensor:
        return ad.leaky_relu(x, self.slope)


class ELU(Layer):
    """y = x where x > 0, else alpha (e^x - 1) (Clevert and others, arXiv:1511.07289).

    alpha: How far below 0 y levels off, at -alpha; with 1 the slope has no jump at 0.
    """

    def __init__(self, alpha: Positive = 1.0) -> None:
        self.alpha = alpha
        self.bounds = (-alpha, math.inf)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.elu(x, self.alpha)


class Softplus(Layer):
    """y = log(1 + e^x), a smooth ReLU that is always positive."""

    bounds = (0.0, math.inf)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.softplus(x)


class SiLU(Layer):
    """y = x / (1 + e^-x), also called Swish (Hendrycks and Gimpel 2016; Ramachandran and others 2017)."""

    def __call__(self, x: Tensor) -> Tensor:
        return ad.silu(x)


class GELU(Layer):
    """y = x P(x), where P(x) is the probability that a standard normal number is below x.

    Hendrycks and Gimpel 2016, arXiv:1606.08415.

    approximate: With `tanh`, P(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, which is quicker and changes y by
        less than 0.0005.
    """

    def __init__(self, approximate: Literal["none", "tanh"] = "none") -> None:
        self.approximate = approximate

    def __call__(self, x: Tensor) -> Tensor:
        return ad.gelu(x, self.approximate)
