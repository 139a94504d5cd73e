"""What every framework is handed: batches and first weights, written once per row; and the optimizers' settings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from layers import Shape

LEARNING_RATE = 5e-4
BETA = 0.9  # of RMSProp
BETAS = (0.9, 0.999)  # of Adam
# So small that its place does not matter, as no gradient here comes near it. RMSProp: PyTorch adds it to the root, zen
# inside, g / (sqrt(s) + EPSILON) and g / sqrt(s + EPSILON**2); with the article's 1e-10 inside the root losses after 20
# steps would differ by 2e-4. Adam: Keras adds it to a root that is not yet divided by sqrt(1 - beta2^t).
EPSILON = 1e-10

BATCHES = 6
CLASSES = 10
TOKENS = 64


@dataclass(frozen=True)
class Problem:
    """`inputs` (batches, B, ...) and `targets` (batches, B, ...), float32 or integers; `weights` under zen's names."""

    inputs: np.ndarray
    targets: np.ndarray
    weights: dict[str, np.ndarray]

    def save(self, path: Path) -> None:
        np.savez(path, inputs=self.inputs, targets=self.targets, **self.weights)

    @classmethod
    def load(cls, path: Path) -> "Problem":
        with np.load(path) as file:
            arrays = dict(file)
        return cls(arrays.pop("inputs"), arrays.pop("targets"), arrays)


def first_weights(shapes: Mapping[str, Shape]) -> dict[str, np.ndarray]:
    """Uniform on +-1/sqrt(n) for n inputs; biases on +-0.1, not zero, so that a misplaced one shows."""
    rng = np.random.default_rng(0)
    limits = {name: 0.1 if len(shape) == 1 else 1 / math.sqrt(math.prod(shape[:-1])) for name, shape in shapes.items()}
    return {name: rng.uniform(-limits[name], limits[name], shape).astype(np.float32) for name, shape in shapes.items()}


# --- data: inputs (BATCHES, batch, *shape) and their targets ---

Data = tuple[np.ndarray, np.ndarray]


def sines(batch: int, shape: Shape) -> Data:
    """Windows of sin(0), sin(1), ... and the value after each."""
    window, _ = shape
    curve = np.sin(np.arange(BATCHES * batch + window)).astype(np.float32)
    inputs = np.lib.stride_tricks.sliding_window_view(curve[:-1], window)
    return inputs.reshape(BATCHES, batch, window, 1).copy(), curve[window:].reshape(BATCHES, batch, 1)


def values(batch: int, shape: Shape) -> Data:
    """Normal numbers, and a normal number to predict from them."""
    rng = np.random.default_rng(1)
    inputs, targets = (rng.standard_normal((BATCHES, batch, *size), np.float32) for size in (shape, (1,)))
    return inputs, targets


def images(batch: int, shape: Shape) -> Data:
    """Grey values between -0.5 and 0.5, and a class for each image."""
    rng = np.random.default_rng(1)
    return rng.random((BATCHES, batch, *shape), np.float32) - 0.5, rng.integers(CLASSES, size=(BATCHES, batch))


def text(batch: int, shape: Shape) -> Data:
    """Tokens, and the token after each."""
    (steps,) = shape
    tokens = np.random.default_rng(1).integers(TOKENS, size=(BATCHES, batch, steps + 1))
    return tokens[..., :-1].copy(), tokens[..., 1:].copy()
