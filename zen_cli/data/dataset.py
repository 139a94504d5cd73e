"""Examples ready for training, and what makes them of raw data: fitted on the part that trains, kept with the model."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zen_cli.data.parts import Parts, size_of
from zen_cli.data.rows import Where, blocks
from zen_cli.data.tasks import Columns, Task
from zen_cli.padded import Padded, Rows

Array = np.ndarray
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Dataset:
    """Inputs (N, *input_shape), and targets (N, ...) as the task says, both as the model computes with them."""

    inputs: Rows
    targets: Rows
    parts: Parts
    task: Task

    @property
    def lengths_vary(self) -> bool:
        """Whether the inputs are sequences of different lengths."""
        return isinstance(self.inputs, Padded)

    @property
    def input_shape(self) -> Shape:
        return self.inputs.shape[1:]

    @property
    def target_shape(self) -> Shape:
        return self.targets.shape[1:]

    def __len__(self) -> int:
        return sum(size_of(part) for _, part in self.parts.named())

    @property
    def train(self) -> int:
        """How many examples train."""
        return size_of(self.parts.train)

    @property
    def held_out(self) -> int:
        """How many do not."""
        return len(self) - self.train

    def numbers(self) -> Iterator[Array]:
        """All that the model sees, in blocks, each number once or more."""
        for block in blocks(self.inputs):
            yield block.values if isinstance(block, Padded) else block

    @property
    def left_out(self) -> int:
        """How many examples there would be besides, were no value missing."""
        return 0

    @property
    def notes(self) -> Sequence[str]:
        """What was found out, or assumed, of the files that the data came from."""
        return ()

    def left_out_in_words(self) -> str:
        """Those left out, of how many; empty where none is."""
        count = self.left_out
        return f"{count:,} of {len(self) + count:,} {self.task.examples}" if count else ""

    def fingerprint(self) -> str:
        """SHA-256 of the raw data and of what they mean: equal data, equal fingerprint."""
        return hashlib.sha256(f"{self.content()} {json.dumps(self.meaning())}".encode()).hexdigest()

    def content(self) -> str:
        """SHA-256 of the raw numbers alone."""
        raise NotImplementedError

    def meaning(self) -> list[Any]:
        """What the raw numbers are, as plain data: names, labels and the like."""
        return [self.task.labels]

    def truth(self, where: Where) -> Any:
        """The targets of some examples in the user's units; NaN, or -1 for a class, where they are not known."""
        raise NotImplementedError

    def truths(self, where: Where) -> Rows:
        """The same, not all read at once where they are on disk."""
        truth: Rows = self.truth(where)
        return truth

    def in_units(self, predictions: Array, where: Where) -> Array:
        """Predictions for these examples, as the model makes them, in the user's units."""
        raise NotImplementedError

    def groups(self, where: Where) -> Array:
        """The number of the group that each of these is in, which errors are alike in: (n,)."""
        return np.zeros(size_of(where), np.intp)

    @property
    def group_count(self) -> int:
        return 1

    def names(self, where: Where) -> Columns:
        """Columns that tell which examples these are, with a row for each that the task's columns have."""
        raise NotImplementedError


class Preparation:
    """How raw data of one kind become a dataset. What is fitted is so on the training part alone."""

    kind: str  # its name in a checkpoint
    task: Task
    input_shape: Shape
    target_shape: Shape
    lengths_vary: bool  # of the sequences that are inputs
    tokens = 0  # how many there are, where the inputs are such
    fed_back = 0  # so many steps are predicted, each from the predictions before it

    def state(self) -> Mapping[str, Any]:
        """All of it as plain data, which `from_state` of the same kind takes."""
        raise NotImplementedError

    def naive_error(self, season: int) -> Array:
        """For each number of a target the mean error of the value a season before, in training; see metric.MASE."""
        raise NotImplementedError

    def keep_naive_error(self, season: int, data: Any) -> Array:
        """The one that is kept, or else that on the training part of these data, which is kept from now on."""
        raise NotImplementedError

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Preparation":
        raise NotImplementedError

    def dataset(self, raw: Any, parts: Any = None) -> Dataset:
        """The examples in raw data; without parts, all are a test part, and targets may be unknown.

        Raises DataError where the data are not like those that this was fitted on.
        """
        raise NotImplementedError
