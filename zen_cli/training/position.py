"""How far a training has come, in numbers of constant size."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from zen_cli.schedule import Watch
from zen_cli.training.reading import is_count, is_finite


class Sum(NamedTuple):
    """A running sum, as a number and what it lacks, twice as exact as one number. It needs no list of what is added."""

    value: float = 0.0
    rest: float = 0.0

    def plus(self, x: float) -> "Sum":
        total = self.value + x
        if not math.isfinite(total):
            return Sum(total)
        part = total - self.value  # what of x has arrived, as Knuth's TwoSum finds it
        rest = self.rest + ((self.value - (total - part)) + (x - part))
        value = total + rest
        return Sum(value, rest - (value - total))

    def stored(self) -> list[float | str]:
        """As plain data, for JSON, which knows no infinity."""
        return [x if math.isfinite(x) else str(x) for x in self]

    @classmethod
    def of(cls, stored: Sequence[Any]) -> "Sum":
        """Raises TypeError or ValueError where this is not what `stored` gave."""
        value, rest = stored
        return cls(float(value) if value in ("inf", "-inf") else _number(value), _number(rest))


@dataclass(slots=True)
class Position:
    """Where a training is: the loop keeps it up to date, and goes on from one as if it had never been elsewhere.

    `epoch` counts the epochs that are over, `step` all updates. Of the epoch under way there are the number of its
    batches that are done, the sum of their losses, that of the examples' (or of the steps', where sequences have a
    target for each), and their number.
    """

    epoch: int = 0
    step: int = 0
    batches: int = 0
    batch_losses: Sum = field(default_factory=Sum)
    example_losses: Sum = field(default_factory=Sum)
    examples: int = 0
    watch: Watch = field(default_factory=Watch)

    def add(self, loss: float, examples: int) -> None:
        """One more update, with the mean loss of so many examples."""
        self.step += 1
        self.batches += 1
        self.batch_losses = self.batch_losses.plus(loss)
        self.example_losses = self.example_losses.plus(loss * examples)
        self.examples += examples

    @property
    def in_epoch(self) -> bool:
        """Whether an epoch has begun and is not over: at its last step the scores after it are still to come."""
        return self.batches > 0

    def end_epoch(self, watch: Watch) -> None:
        self.epoch += 1
        self.watch = watch
        self.begin_epoch()

    def begin_epoch(self) -> None:
        """Count nothing of the epoch under way as done."""
        self.batches, self.batch_losses, self.example_losses, self.examples = 0, Sum(), Sum(), 0

    @property
    def mean_loss(self) -> float:
        return self.example_losses.value / self.examples

    def stored(self) -> dict[str, Any]:
        """As plain data, for JSON, which knows no infinity."""
        best = self.watch.best
        return {
            "epoch": self.epoch,
            "step": self.step,
            "batches": self.batches,
            "batch_losses": self.batch_losses.stored(),
            "example_losses": self.example_losses.stored(),
            "examples": self.examples,
            "watch": [best if math.isfinite(best) else None, self.watch.waited, self.watch.factor],
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Position":
        """Raises KeyError, TypeError or ValueError where this is not what `stored` gave."""
        best, waited, factor = stored["watch"]
        position = cls(
            _count(stored["epoch"]),
            _count(stored["step"]),
            _count(stored["batches"]),
            Sum.of(stored["batch_losses"]),
            Sum.of(stored["example_losses"]),
            _count(stored["examples"]),
            Watch(math.inf if best is None else _number(best), _count(waited), _number(factor)),
        )
        if position.epoch + position.batches > position.step:
            raise ValueError(f"{position.step} steps are too few for {position.epoch} epochs")
        return position


def _count(value: Any) -> int:
    if not is_count(value):
        raise ValueError(f"{value!r} is not a count")
    return value


def _number(value: Any) -> float:
    if not is_finite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return float(value)
