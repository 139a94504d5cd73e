"""Layers: settings in the signature, parameters declared in `build`, the equation in `__call__`.

A layer is an equation over autodiff's ops: it needs no backpropagation code. Shapes leave out the batch,
which is always the first axis.
"""

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.initializers import uniform_fan_in, zeros
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.ranges import Count


class Layer:
    """One step of a stack. A layer without parameters that keeps the shape needs only `__call__`."""

    owned = False  # set by the one model that a layer belongs to

    def build(self, shape: Shape, declare: Declaration) -> Shape:  # noqa: ARG002 - for layers that do declare
        """Declare the parameters for inputs of `shape` and return the shape of the output.

        Raises ShapeError where such inputs cannot be used. A layer belongs to one model, and is built once.
        """
        return shape

    def __call__(self, x: Tensor) -> Tensor:
        raise NotImplementedError


class Linear(Layer):
    """y = x w + b on the last axis: (..., n) becomes (..., units).

    w starts uniform on +-1/sqrt(n), b at zero.
    """

    def __init__(self, units: Count) -> None:
        self.units = units

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        if not shape:
            raise ShapeError("Linear expects inputs with at least one axis of features, but each example is one number")
        n = shape[-1]
        self.w = declare("w", (n, self.units), uniform_fan_in)
        self.b = declare("b", (self.units,), zeros)
        return (*shape[:-1], self.units)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.linear(x, self.w, self.b)


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
