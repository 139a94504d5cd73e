"""Examples as rows of a matrix, for models that are linear in them.

Inputs (N, ...) are whatever gives `inputs[batch]` and `inputs.shape`, so that they may be larger than the memory. Where
`steps` are asked for, each step of a sequence (N, T, ...) is a row of its own. A `Padded` sequence has zeros behind its
end, and its steps there do not train.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from zen_cli.baseline.base import MOST_NUMBERS, evenly, note_of
from zen_cli.padded import Padded

Array = np.ndarray

AT_ONCE = 1_000_000  # numbers of the inputs that are predicted from together


class Rows(Protocol):
    """Something whose rows can be read."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, batch: Array, /) -> "Array | Padded": ...


@dataclass(frozen=True)
class Form:
    """How inputs become rows: `example` is the shape of one, without the batch."""

    example: tuple[int, ...]
    steps: bool

    @property
    def columns(self) -> int:
        return math.prod(self.example[1:] if self.steps else self.example)

    @property
    def rows(self) -> int:
        """How many an example has."""
        return self.example[0] if self.steps else 1

    def matrix(self, inputs: Rows, batch: Array) -> Array:
        """These examples as (rows, columns), in float64."""
        block = inputs[batch]
        if isinstance(block, Padded):
            block = _lengthened(block.values, self.example[0])
        return np.asarray(block, np.float64).reshape(-1, self.columns)


@dataclass(frozen=True)
class Sample:
    """Training examples: `x` (n, F) standardised, and the `targets` (n, ...). `note` says how many there are of all."""

    form: Form
    x: Array
    targets: Array
    center: Array
    scale: Array
    note: str

    def predicted(self, inputs: Rows, rule: Callable[[Array], Array]) -> Array:
        """What `rule` makes of the standardised rows, a block of them at a time: (N, ...), or (N, T, ...) for steps."""
        form = Form(tuple(inputs.shape[1:]), True) if self.form.steps else self.form
        count = max(1, AT_ONCE // (form.columns * form.rows))
        blocks = [np.arange(i, min(i + count, len(inputs))) for i in range(0, len(inputs), count)]
        said = [rule((form.matrix(inputs, block) - self.center) / self.scale) for block in blocks]
        rows = np.concatenate(said)
        return rows.reshape(len(inputs), form.rows, *rows.shape[1:]) if form.steps else rows


def sample(inputs: Rows, targets: Rows, *, steps: bool = False, most: int = MOST_NUMBERS) -> Sample:
    """Training examples with at most `most` numbers in the inputs, or in the targets: of more, evenly spaced ones."""
    form = Form(tuple(inputs.shape[1:]), steps)
    places = evenly(len(inputs), most // max(form.columns * form.rows, math.prod(targets.shape[1:])))
    x, block = form.matrix(inputs, places), targets[places]
    if isinstance(block, Padded):
        there = _lengthened(block.mask, form.rows).ravel()
        x, answers = x[there], block.steps(block.values)
    else:
        answers = block.reshape(-1, *block.shape[2:]) if steps else block
    center, scale = x.mean(axis=0), x.std(axis=0)
    scale[scale <= 1e-12 * np.abs(center)] = 1  # 0, but for rounding: a column that is the same everywhere
    return Sample(form, (x - center) / scale, answers, center, scale, note_of(len(places), len(inputs), "examples"))


def _lengthened(values: Array, length: int) -> Array:
    """Sequences (N, T, ...) cut to this length, or with zeros up to it."""
    same = np.zeros((len(values), length, *values.shape[2:]), values.dtype)
    same[:, : values.shape[1]] = values[:, :length]
    return same
