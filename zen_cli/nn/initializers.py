"""First values of parameters: functions of a generator and a shape, drawn in float64 whatever the model's dtype."""

import math
from collections.abc import Callable

import numpy as np

Initializer = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]


def zeros(_: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.zeros(shape)


def uniform_fan_in(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Uniform on +-1/sqrt(n) for weights of shape (n, m), n inputs each: as in the article, and in PyTorch's Linear."""
    bound = 1 / math.sqrt(shape[0])
    return rng.uniform(-bound, bound, shape)
