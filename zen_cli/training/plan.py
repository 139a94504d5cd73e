"""How long a training is to last, as that was said when it was started and each time it was extended."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

ScheduleRule = Literal["keep", "stretch"]
_RULES: Mapping[str, ScheduleRule] = {"keep": "keep", "stretch": "stretch"}


@dataclass(frozen=True)
class Extension:
    """From `step` on, the training is to have `epochs` in all.

    Its schedule is kept as it was planned, and stays where it ends, or is stretched: made for that many epochs.
    """

    step: int
    epochs: int
    schedule: ScheduleRule = "keep"


@dataclass(frozen=True)
class Plan:
    """The number of epochs at first, and the extensions in their order.

    What it says of a step never changes, so a training that is repeated from an earlier step goes the same way.
    """

    first: int
    extensions: tuple[Extension, ...] = ()

    @property
    def epochs(self) -> int:
        """How many there are in all."""
        return self.extensions[-1].epochs if self.extensions else self.first

    def scheduled(self, step: int) -> int:
        """For how many epochs the schedule is made that holds for the update after `step`."""
        made = [e.epochs for e in self.extensions if e.step <= step and e.schedule == "stretch"]
        return made[-1] if made else self.first

    def goes_on_at(self, step: int) -> bool:
        """Whether the training was extended there, whatever had ended it."""
        return any(e.step == step for e in self.extensions)

    def ended_by(self, epoch: int, step: int, waited: int, patience: int | None) -> str:
        """What ends it after that epoch: `epochs` or `patience`, when `waited` were no better; empty if it goes on."""
        if epoch >= self.epochs:
            return "epochs"
        is_out = patience is not None and waited >= patience
        return "patience" if is_out and not self.goes_on_at(step) else ""

    def extended(self, extension: Extension) -> "Plan":
        return Plan(self.first, (*self.extensions, extension))

    def stored(self) -> list[dict[str, Any]]:
        """The extensions as plain data."""
        return [asdict(e) for e in self.extensions]

    @classmethod
    def of(cls, first: int, stored: Sequence[dict[str, Any]]) -> "Plan":
        """Raises KeyError, TypeError or ValueError where these are not what `stored` gave."""
        return cls(first, tuple(Extension(int(e["step"]), int(e["epochs"]), _RULES[e["schedule"]]) for e in stored))
