"""What every framework is handed: the batches, the first weights and the optimizer's settings.

Written once per row by zen and read by each worker, so that all of them start from the same numbers.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

LEARNING_RATE = 5e-4
BETA = 0.9
# PyTorch adds epsilon to the root, zen inside it: g / (sqrt(s) + EPSILON) and g / sqrt(s + EPSILON**2). At this size
# it does not matter which, as no gradient here comes near it. The article's 1e-10 inside the root does matter: losses
# after 20 steps would differ by 2e-4.
EPSILON = 1e-10


@dataclass(frozen=True)
class Problem:
    """`inputs` (batches, B, ...) and `targets` (batches, B, ...) in float32; `weights` under zen's names."""

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


def sine_batches(points: int = 200, window: int = 50, examples: int = 48, batch: int = 8) -> tuple[np.ndarray, ...]:
    """Windows of sin(0), sin(1), ... and the value after each, in full batches: (6, 8, 50, 1) and (6, 8, 1)."""
    curve = np.sin(np.arange(points)).astype(np.float32)
    inputs = np.lib.stride_tricks.sliding_window_view(curve[:-1], window)[:examples]
    targets = curve[window:][:examples]
    return inputs.reshape(-1, batch, window, 1).copy(), targets.reshape(-1, batch, 1)
