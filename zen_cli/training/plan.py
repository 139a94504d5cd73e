"""How long a training is to last, as that was said when it was started and each time it was extended."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from zen_cli.training.best import Best
    from zen_cli.training.position import Position

ScheduleRule = Literal["keep", "stretch"]
_RULES: Mapping[str, ScheduleRule] = {"keep": "keep", "stretch": "stretch"}


@dataclass(frozen=True)
class Extension:
    """From `step` on, the training is to have `epochs` in all; `epoch` of them were over when that was said.

    Its schedule is kept as it was planned, and stays where it ends, or is stretched: made for that many epochs.
    """

    epoch: int
    step: int
    epochs: int
    schedule: ScheduleRule = "keep"


@dataclass(frozen=True)
class Plan:
    """The number of epochs at first, and the extensions in their order.

    What it says of a step before an extension stays, so a training that is repeated from there goes the same way.
    """

    first: int
    extensions: tuple[Extension, ...] = ()

    @property
    def epochs(self) -> int:
        """How many there are in all."""
        return self.extensions[-1].epochs if self.extensions else self.first

    def scheduled(self, step: int) -> int:
        """For how many epochs the schedule is made that holds for the update after `step`."""
        if not self.extensions:  # asked at each step
            return self.first
        made = [e.epochs for e in self.extensions if e.step <= step and e.schedule == "stretch"]
        return made[-1] if made else self.first

    def was_extended_at(self, epoch: int, step: int) -> bool:
        """Whether that was said when the training was there, whatever had ended it."""
        return any((e.epoch, e.step) == (epoch, step) for e in self.extensions)

    def ended_by(self, position: "Position", best: "Best", patience: int | None) -> str:
        """What ends it there: `epochs` or `patience`; empty if it goes on."""
        if position.in_epoch:
            return ""
        if position.epoch >= self.epochs:
            return "epochs"
        extended = self.was_extended_at(position.epoch, position.step)
        return "patience" if best.is_out_of(patience) and not extended else ""

    def extended(self, extension: Extension) -> "Plan":
        return Plan(self.first, (*self.extensions, extension))

    def stored(self) -> list[dict[str, Any]]:
        """The extensions as plain data."""
        return [asdict(e) for e in self.extensions]

    @classmethod
    def of(cls, first: int, stored: Sequence[dict[str, Any]]) -> "Plan":
        """Raises KeyError, TypeError or ValueError where these are not what `stored` gave."""
        return cls(
            first,
            tuple(Extension(int(e["epoch"]), int(e["step"]), int(e["epochs"]), _RULES[e["schedule"]]) for e in stored),
        )
