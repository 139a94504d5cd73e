"""A series of values, and the windows that turn forecasting into examples."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Series:
    """Values at increasing positions: both (N,), float64. `name` is what a picture calls the values."""

    positions: np.ndarray
    values: np.ndarray
    name: str

    def __len__(self) -> int:
        return len(self.values)

    @property
    def step(self) -> float:
        """The distance between the last two positions, by which a forecast goes on."""
        return float(self.positions[-1] - self.positions[-2]) if len(self) > 1 else 1.0


def windows(values: np.ndarray, width: int) -> np.ndarray:
    """Every window of `width` values in a row: (N - width + 1, width, 1), as a view of `values` (N,)."""
    return np.lib.stride_tricks.sliding_window_view(values, width)[:, :, None]
