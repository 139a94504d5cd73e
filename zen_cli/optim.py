"""Optimizers: textbook rules on arrays. The base class owns the state and walks the parameter vector in blocks.

Defaults are the article's where it has them. `slots` names the arrays a rule keeps, each as long as the
parameter vector and zero at first; their order follows the parameters, so a checkpoint stores them as they are.
"""

import math
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from zen_cli.nn.parameters import Parameters
from zen_cli.settings import Decay, Positive

__all__ = ["SGD", "Adam", "Momentum", "Optimizer", "RMSProp"]

Array = np.ndarray

BLOCK = 16_384  # numbers per block: a rule's temporaries then stay in the cache


class Optimizer:
    """Moves the parameters of one model against their gradient. `steps` counts the updates so far."""

    slots: ClassVar[tuple[str, ...]] = ()

    # rule(lr, w, g, *slots): changes w and the slots in place, element by element; g is the gradient. It is called by
    # position, and names its slots in the order of `slots`.
    rule: Callable[..., None]

    def __init__(self, lr: Positive) -> None:
        self.lr = lr
        self.steps = 0
        self.state: dict[str, Array] = {}
        self._vector: Array | None = None

    def attach(self, parameters: Parameters) -> None:
        """Make room for the state of `parameters`; an optimizer serves one model for good."""
        if self._vector is None:
            self._vector = parameters.vector
            self.state = {slot: np.zeros_like(parameters.vector) for slot in self.slots}
        elif self._vector is not parameters.vector:
            raise ValueError(f"this {type(self).__name__} holds the state of another model: make a new one")

    def update(self, parameters: Parameters) -> None:
        """One step along `parameters.gradient`."""
        self.attach(parameters)
        self.steps += 1
        arrays = (parameters.vector, parameters.gradient, *self.state.values())
        for start in range(0, len(parameters.vector), BLOCK):
            self.rule(self.lr, *(array[start : start + BLOCK] for array in arrays))


class SGD(Optimizer):
    """w -= lr g"""

    def __init__(self, lr: Positive = 0.1) -> None:
        super().__init__(lr)

    def rule(self, lr: float, w: Array, g: Array) -> None:
        w -= lr * g


class Momentum(Optimizer):
    """v = beta v + g;  w -= lr v

    PyTorch's form of Polyak's heavy ball. The article multiplies g by lr inside v, which is the same at a
    constant learning rate.
    """

    slots = ("velocity",)

    def __init__(self, lr: Positive = 0.01, beta: Decay = 0.9) -> None:
        super().__init__(lr)
        self.beta = beta

    def rule(self, lr: float, w: Array, g: Array, velocity: Array) -> None:
        velocity *= self.beta
        velocity += g
        w -= lr * velocity


class RMSProp(Optimizer):
    """s = beta s + (1 - beta) g^2;  w -= lr g / sqrt(s + epsilon)

    As in the article, epsilon stands inside the root (in PyTorch it is added to the root, and beta is alpha,
    0.99). Tieleman and Hinton 2012, lecture 6.5.
    """

    slots = ("square_average",)

    def __init__(self, lr: Positive = 0.01, beta: Decay = 0.9, epsilon: Positive = 1e-10) -> None:
        super().__init__(lr)
        self.beta = beta
        self.epsilon = epsilon

    def rule(self, lr: float, w: Array, g: Array, square_average: Array) -> None:
        square_average *= self.beta
        square_average += (1 - self.beta) * g * g
        w -= lr * g / np.sqrt(square_average + self.epsilon)


class Adam(Optimizer):
    """m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;  w -= lr m' / (sqrt(v') + epsilon)

    where m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t) at step t: Kingma and Ba 2015, algorithm 1, and
    PyTorch's Adam. (The article leaves out the power t.)
    """

    slots = ("mean", "square_average")

    def __init__(
        self, lr: Positive = 0.001, beta1: Decay = 0.9, beta2: Decay = 0.999, epsilon: Positive = 1e-8
    ) -> None:
        super().__init__(lr)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def rule(self, lr: float, w: Array, g: Array, mean: Array, square_average: Array) -> None:
        mean *= self.beta1
        mean += (1 - self.beta1) * g
        square_average *= self.beta2
        square_average += (1 - self.beta2) * g * g
        unbiased = math.sqrt(1 - self.beta2**self.steps)
        w -= lr / (1 - self.beta1**self.steps) * mean / (np.sqrt(square_average) / unbiased + self.epsilon)
