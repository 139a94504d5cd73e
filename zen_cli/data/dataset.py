"""Examples ready for training: inputs and targets, and which of them train."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from zen_cli.data.examples import Examples
from zen_cli.data.series import Series, windows
from zen_cli.data.tasks import Classification, Forecast, Task
from zen_cli.errors import DataError


@dataclass(frozen=True)
class Dataset:
    """Inputs (N, *input_shape), and targets (N, ...) as the task says; the first `train` examples train, others do not.

    For a series, example i is a window and its target the value that follows it, at `positions[i]`; otherwise
    positions count the examples.
    """

    inputs: np.ndarray
    targets: np.ndarray
    train: int
    positions: np.ndarray
    task: Task

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def held_out(self) -> int:
        return len(self) - self.train

    def split(self, train: int | float) -> "Dataset":
        """The same examples, of which the first `train` train: a number of them, or a fraction."""
        number = round(train * len(self)) if isinstance(train, float) else train
        if not 1 <= number <= len(self):
            there_are = f"{len(self)} {self.task.examples}"
            raise DataError(
                f"cannot train on {number} of {there_are}",
                f"choose from 1 to {len(self)}",
                setting="train",
                instead={"train": 1 if number < 1 else 0.8},
            )
        return replace(self, train=number)

    def fingerprint(self) -> str:
        """SHA-256 over the series, or over inputs and targets: equal data, equal fingerprint."""
        digest = hashlib.sha256()
        for array in (self.task.series.values,) if isinstance(self.task, Forecast) else (self.inputs, self.targets):
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.tobytes())
        return digest.hexdigest()


def from_series(series: Series, window: int) -> Dataset:
    """Windows of `window` values, each with the next value as its target; all of them train."""
    if len(series) <= window:
        raise DataError(
            f"a window of {window} values and the next one need {window + 1} points, but the series has {len(series)}",
            setting="window",
            instead={"window": len(series) - 1} if len(series) > 1 else {},
        )
    inputs = windows(series.values, window)[:-1]
    targets, positions = series.values[window:, None], series.positions[window:]
    return Dataset(inputs, targets, len(inputs), positions, Forecast(series))


def from_examples(examples: Examples) -> Dataset:
    """Classified examples as they are; all of them train."""
    assert isinstance(examples.inputs, np.ndarray)
    assert isinstance(examples.targets, np.ndarray)
    count, classes = len(examples.inputs), examples.targets.astype(np.intp)
    return Dataset(examples.inputs, classes, count, np.arange(count), Classification(examples.labels))
