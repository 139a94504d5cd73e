"""First values of parameters: functions of a generator and a shape, drawn in float64 whatever the model's dtype.

Weights are (n, m), n inputs by m outputs; a convolution's have its window in front of that, (kh, kw, n, m). A
layer that lets YAML choose has a setting `initializer: ChosenInitializer = None` and declares its weights with
`self.initializer or uniform_fan_in`. Where it keeps several matrices side by side, as gates are, `blocks` draws each
as if it stood alone.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np

from zen_cli.settings import Finite, OneOf, Positive

Shape = tuple[int, ...]
Initializer = Callable[[np.random.Generator, Shape], np.ndarray]
ChosenInitializer: TypeAlias = Annotated[Initializer, OneOf("initializer")] | None  # null is the layer's own
Distribution = Literal["uniform", "normal"]

__all__ = [
    "Constant",
    "He",
    "Normal",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zeros",
    "blocks",
    "fans",
    "side_by_side",
    "uniform_fan_in",
    "zeros",
]


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs an output has, and how many outputs an input, as PyTorch and Keras count them.

    A convolution has them at every place of its window; a vector counts as long as it is for both.
    """
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    *window, inputs, outputs = shape
    places = math.prod(window)
    return places * inputs, places * outputs


# --- constant ---


@dataclass(frozen=True)
class Zeros:
    """0 everywhere."""

    def __call__(self, _: np.random.Generator, shape: Shape) -> np.ndarray:
        return np.zeros(shape)


@dataclass(frozen=True)
class Constant:
    """The same number everywhere.

    value: What every weight starts as. Units that start alike and get the same inputs stay alike.
    """

    value: Finite

    def __call__(self, _: np.random.Generator, shape: Shape) -> np.ndarray:
        return np.full(shape, float(self.value))


# --- random ---


@dataclass(frozen=True)
class Uniform:
    """Uniform on +-1/sqrt(fan_in), fan_in inputs to each output: as in the article, and in PyTorch's layers."""

    def __call__(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        bound = 1 / math.sqrt(fans(shape)[0])
        return rng.uniform(-bound, bound, shape)


@dataclass(frozen=True)
class Normal:
    """Normal with mean 0.

    std: The standard deviation, whatever the size of the layer; Xavier and He go by that.
    """

    std: Positive = 0.05

    def __call__(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        return rng.normal(0, self.std, shape)


@dataclass(frozen=True)
class Xavier:
    """Mean 0 and variance 2 / (fan_in + fan_out), for tanh and sigmoid. Glorot and Bengio 2010, equations 12 and 16.

    distribution: What each weight is drawn from; the variance is the same for both.
    """

    distribution: Distribution = "uniform"

    def __call__(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        return _centred(rng, shape, self.distribution, 2 / sum(fans(shape)))


@dataclass(frozen=True)
class He:
    """Mean 0 and variance 2 / fan_in, for ReLU. He et al. 2015, equation 10; PyTorch's kaiming.

    distribution: What each weight is drawn from; the variance is the same for both.
    """

    distribution: Distribution = "normal"

    def __call__(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        return _centred(rng, shape, self.distribution, 2 / fans(shape)[0])


def _centred(rng: np.random.Generator, shape: Shape, distribution: Distribution, variance: float) -> np.ndarray:
    if distribution == "normal":
        return rng.normal(0, math.sqrt(variance), shape)
    bound = math.sqrt(3 * variance)
    return rng.uniform(-bound, bound, shape)


@dataclass(frozen=True)
class Orthogonal:
    """A random matrix with orthonormal columns, or rows where these are fewer, times `gain`. Saxe et al. 2014.

    All axes but the last are one, as in Keras.

    gain: How much longer a vector is after the product than before.
    """

    gain: Positive = 1.0

    def __call__(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        rows, columns = math.prod(shape[:-1]), shape[-1]
        tall = rng.normal(size=(max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        q *= np.where(np.diag(r) < 0, -1, 1)  # else not every orthogonal matrix were equally probable
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


# --- what layers use ---

zeros = Zeros()
uniform_fan_in = Uniform()


def side_by_side(*initializers: Initializer) -> Initializer:
    """One initializer for blocks of equal size along the last axis, each drawn for itself.

    A bias (4H,) with ones for the second gate alone: `side_by_side(zeros, Constant(1), zeros, zeros)`.
    """

    def draw(rng: np.random.Generator, shape: Shape) -> np.ndarray:
        block = (*shape[:-1], shape[-1] // len(initializers))
        return np.concatenate([initializer(rng, block) for initializer in initializers], axis=-1)

    return draw


def blocks(initializer: Initializer, count: int) -> Initializer:
    """`count` blocks along the last axis, each drawn as if it stood alone: (H, 4H) from 4 of (H, H)."""
    return side_by_side(*[initializer] * count)
