"""Layers without parameters that work on each element, or along the last axis."""

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.nn.layers import Layer


class Tanh(Layer):
    """y = tanh(x), between -1 and 1."""

    def __call__(self, x: Tensor) -> Tensor:
        return ad.tanh(x)


class Sigmoid(Layer):
    """y = 1 / (1 + e^-x), between 0 and 1."""

    def __call__(self, x: Tensor) -> Tensor:
        return ad.sigmoid(x)


class ReLU(Layer):
    """y = max(x, 0)."""

    def __call__(self, x: Tensor) -> Tensor:
        return ad.relu(x)


class Softmax(Layer):
    """y = e^x / sum(e^x) along the last axis: scores become probabilities that sum to 1."""

    def __call__(self, x: Tensor) -> Tensor:
        return ad.softmax(x)
