"""Which epoch was the best so far, and whether it is worth while to go on."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from zen_cli.metric import more_is_better
from zen_cli.training.loop import EpochRecord


@dataclass(frozen=True)
class Best:
    """The epoch with the best score, 0 before there is one, and how many since have not beaten it.

    `step` is that of the checkpoint with its weights, 0 where they are not kept; less is better of `score`, which is
    the one that is monitored, or that times -1.
    """

    epoch: int = 0
    step: int = 0
    score: float = math.inf
    waited: int = 0

    def after(self, record: EpochRecord, monitor: str, min_delta: float) -> "Best":
        """What is best after one more epoch: a score that is not finite never is."""
        given = {"loss": record.loss, **record.scores}[monitor]
        score = -given if more_is_better(monitor) else given
        if math.isfinite(score) and score < self.score - min_delta:
            return Best(record.epoch, record.step, score)
        return self.waiting(self.waited + 1)

    def is_out_of(self, patience: int | None) -> bool:
        """Whether so many epochs or more have not beaten it."""
        return patience is not None and self.waited >= patience

    def waiting(self, epochs: int) -> "Best":
        return replace(self, waited=epochs)

    def stored(self) -> dict[str, Any]:
        """As plain data, for JSON, which knows no infinity."""
        score = self.score if math.isfinite(self.score) else None
        return {"epoch": self.epoch, "step": self.step, "score": score, "waited": self.waited}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Best":
        """Raises KeyError, TypeError or ValueError where this is not what `stored` gave."""
        score = math.inf if stored["score"] is None else float(stored["score"])
        return cls(int(stored["epoch"]), int(stored["step"]), score, int(stored["waited"]))
