"""Optimizers: textbook rules on arrays. The base class owns the state and walks the parameter vector in blocks.

Defaults are the article's where it has them. `slots` names the arrays a rule keeps, each as long as the
parameter vector and zero at first; their order follows the parameters, so a checkpoint stores them as they are.

`weight_decay` is decoupled from the gradient for all of them: Loshchilov and Hutter 2019.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from zen_cli.nn.parameters import Parameters
from zen_cli.settings import Decay, NonNegative, Positive

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Clip", "Momentum", "Nesterov", "Optimizer", "RMSProp"]

Array = np.ndarray

BLOCK = 32_768  # numbers per block: the five arrays of Adam then stay in a cache of 1 MB


class Optimizer:
    """Moves the parameters of one model against their gradient. `steps` counts the updates so far.

    `state` holds the arrays named in `slots`: write into them, never replace them.

    lr: The learning rate, how far a step goes. The first setting to change, by factors of 3: too large and the loss
        grows, too small and it hardly falls. A schedule multiplies it.
    weight_decay: How much the parameters shrink before each step: w *= 1 - lr weight_decay. (PyTorch's optimizers, but
        for AdamW, add weight_decay w to the gradient: the same for SGD, but not for others.)
    """

    slots: ClassVar[tuple[str, ...]] = ()

    # rule(lr, w, g, *slots, spare): changes w and the slots in place, element by element; g is the gradient, and spare
    # an array to compute in. It is called by position, and names its slots in the order of `slots`.
    rule: Callable[..., None]

    def __init__(self, lr: Positive, weight_decay: NonNegative = 0.0) -> None:
        self.lr = lr
        self.weight_decay = weight_decay
        self.steps = 0
        self.state: dict[str, Array] = {}
        self._vector: Array | None = None
        self._blocks: list[list[Array]] = []

    def attach(self, parameters: Parameters) -> None:
        """Make room for the state of `parameters`; an optimizer serves one model for good."""
        if self._vector is None:
            self._vector = vector = parameters.vector
            self.state = {slot: np.zeros_like(vector) for slot in self.slots}
            arrays = (vector, parameters.gradient, *self.state.values())
            spare = np.empty(min(BLOCK, len(vector)), vector.dtype)
            for start in range(0, len(vector), BLOCK):
                block = [array[start : start + BLOCK] for array in arrays]
                self._blocks.append([*block, spare[: len(block[0])]])
        elif self._vector is not parameters.vector:
            raise ValueError(f"this {type(self).__name__} holds the state of another model: make a new one")

    def update(self, parameters: Parameters, factor: float = 1.0) -> bool:
        """One step along `parameters.gradient`, at `factor` times the learning rate.

        Returns False if a parameter may now be infinite or NaN: their squares do not add up to a finite number.
        """
        self.attach(parameters)
        self.steps += 1
        lr, squares = factor * self.lr, 0.0
        for block in self._blocks:
            w = block[0]
            if self.weight_decay:
                w *= 1 - lr * self.weight_decay
            self.rule(lr, *block)
            squares += float(w.dot(w))  # here, while the block is in the cache
        return math.isfinite(squares)


def _average(average: Array, x: Array, beta: float, spare: Array) -> None:
    """average = beta average + (1 - beta) x, where `spare` may be x itself."""
    average *= beta
    average += np.multiply(x, 1 - beta, out=spare)


def _descend(w: Array, rate: float, step: Array, spare: Array) -> None:
    """w -= rate step, where `spare` may be the step itself."""
    w -= np.multiply(step, rate, out=spare)


# --- a velocity ---


class SGD(Optimizer):
    """w -= lr g"""

    def __init__(self, lr: Positive = 0.1, weight_decay: NonNegative = 0.0) -> None:
        super().__init__(lr, weight_decay)

    def rule(self, lr: float, w: Array, g: Array, spare: Array) -> None:
        _descend(w, lr, g, spare)


class Momentum(Optimizer):
    """v = beta v + g;  w -= lr v

    PyTorch's form of Polyak's heavy ball. The article and Keras have lr inside, v = beta v + lr g and w -= v, which
    is the same at a constant learning rate. Where v is an average, v = beta v + (1 - beta) g, steps are 1 - beta times
    as long.

    beta: How much of the velocity is kept from step to step; along a steady slope steps become 1 / (1 - beta) times as
        long.
    """

    slots = ("velocity",)

    def __init__(self, lr: Positive = 0.01, beta: Decay = 0.9, weight_decay: NonNegative = 0.0) -> None:
        super().__init__(lr, weight_decay)
        self.beta = beta

    def rule(self, lr: float, w: Array, g: Array, velocity: Array, spare: Array) -> None:
        velocity *= self.beta
        velocity += g
        _descend(w, lr, velocity, spare)


class Nesterov(Momentum):
    """v = beta v + g;  w -= lr (g + beta v)

    Momentum that looks ahead (Nesterov 1983), in PyTorch's form: its SGD with nesterov=True.
    """

    def rule(self, lr: float, w: Array, g: Array, velocity: Array, spare: Array) -> None:
        velocity *= self.beta
        velocity += g
        ahead = np.multiply(velocity, self.beta, out=spare)
        ahead += g
        _descend(w, lr, ahead, spare)


# --- a learning rate per parameter ---


class Adagrad(Optimizer):
    """s = s + g^2;  w -= lr g / (sqrt(s) + epsilon)

    Duchi et al. 2011, with PyTorch's defaults.

    epsilon: Keeps the division finite where all gradients were 0.
    """

    slots = ("square_sum",)

    def __init__(self, lr: Positive = 0.01, epsilon: Positive = 1e-10, weight_decay: NonNegative = 0.0) -> None:
        super().__init__(lr, weight_decay)
        self.epsilon = epsilon

    def rule(self, lr: float, w: Array, g: Array, square_sum: Array, spare: Array) -> None:
        square_sum += np.multiply(g, g, out=spare)
        root = np.sqrt(square_sum, out=spare)
        root += self.epsilon
        _descend(w, lr, np.divide(g, root, out=spare), spare)


class RMSProp(Optimizer):
    """s = beta s + (1 - beta) g^2;  w -= lr g / sqrt(s + epsilon)

    Tieleman and Hinton 2012, lecture 6.5, with epsilon inside the root as in the article. PyTorch divides by sqrt(s) +
    epsilon: its defaults are `{lr: 0.01, beta: 0.99, epsilon: 1e-8, epsilon_inside_root: false}`.

    beta: How much of the mean square is kept from step to step, which so looks about 1 / (1 - beta) steps back.
    epsilon: Keeps steps small where gradients are nearly 0.
    epsilon_inside_root: Whether epsilon is added before the root is taken, or after it, as in PyTorch.
    """

    slots = ("square_average",)

    def __init__(
        self,
        lr: Positive = 0.01,
        beta: Decay = 0.9,
        epsilon: Positive = 1e-10,
        epsilon_inside_root: bool = True,
        weight_decay: NonNegative = 0.0,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.beta = beta
        self.epsilon = epsilon
        self.epsilon_inside_root = epsilon_inside_root

    def rule(self, lr: float, w: Array, g: Array, square_average: Array, spare: Array) -> None:
        _average(square_average, np.multiply(g, g, out=spare), self.beta, spare)
        if self.epsilon_inside_root:
            root = np.sqrt(np.add(square_average, self.epsilon, out=spare), out=spare)
        else:
            root = np.sqrt(square_average, out=spare)
            root += self.epsilon
        _descend(w, lr, np.divide(g, root, out=spare), spare)


class Adam(Optimizer):
    """m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;  w -= lr m' / (sqrt(v') + epsilon)

    where m' = m / (1 - beta1^t) and v' = v / (1 - beta2^t) at step t: Kingma and Ba 2015, algorithm 1, and
    PyTorch's Adam. (The article leaves out the power t.)

    beta1: How much of the mean gradient m is kept from step to step, which so looks about 1 / (1 - beta1) steps back.
    beta2: How much of the mean square v is kept from step to step, which so looks about 1 / (1 - beta2) steps back.
    epsilon: Keeps steps small where gradients are nearly 0.
    """

    slots = ("mean", "square_average")

    def __init__(
        self,
        lr: Positive = 0.001,
        beta1: Decay = 0.9,
        beta2: Decay = 0.999,
        epsilon: Positive = 1e-8,
        weight_decay: NonNegative = 0.0,
    ) -> None:
        super().__init__(lr, weight_decay)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def rule(self, lr: float, w: Array, g: Array, mean: Array, square_average: Array, spare: Array) -> None:
        _average(mean, g, self.beta1, spare)
        _average(square_average, np.multiply(g, g, out=spare), self.beta2, spare)
        # m' / (sqrt(v') + epsilon) with sqrt(1 - beta2^t) multiplied through: numbers change instead of arrays
        unbiased = math.sqrt(1 - self.beta2**self.steps)
        root = np.sqrt(square_average, out=spare)
        root += self.epsilon * unbiased
        rate = lr * unbiased / (1 - self.beta1**self.steps)
        _descend(w, rate, np.divide(mean, root, out=spare), spare)


class AdamW(Adam):
    """Adam with weight decay: w *= 1 - lr weight_decay goes before Adam's step.

    Loshchilov and Hutter 2019, algorithm 2, in PyTorch's form and with its defaults.
    """

    def __init__(
        self,
        lr: Positive = 0.001,
        beta1: Decay = 0.9,
        beta2: Decay = 0.999,
        epsilon: Positive = 1e-8,
        weight_decay: NonNegative = 0.01,
    ) -> None:
        super().__init__(lr, beta1, beta2, epsilon, weight_decay)


# --- the gradient before it is used ---


@dataclass(frozen=True)
class Clip:
    """Bounds on the gradient: on each number in it, and on its Euclidean norm over all parameters. None is no bound.

    As PyTorch's clip_grad_value_ and clip_grad_norm_, whose 1e-6 leaves a clipped gradient a little below the bound.
    Values are cut first, so that one wild number does not shrink all the others.
    """

    norm: float | None = None
    value: float | None = None

    def __call__(self, parameters: Parameters, norm: float) -> None:
        """Change the gradient of `parameters`, which has this norm, in place."""
        gradient = parameters.gradient
        if self.value is not None:
            np.clip(gradient, -self.value, self.value, out=gradient)
            norm = parameters.gradient_norm()
        if self.norm is not None and norm + 1e-6 > self.norm:
            gradient *= self.norm / (norm + 1e-6)
