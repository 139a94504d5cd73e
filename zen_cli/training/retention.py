"""Which checkpoints of a run stay."""

from zen_cli.training import checkpoint, durable
from zen_cli.training.checkpoint import DamagedError, GoneError
from zen_cli.training.run import Run


class Retention:
    """Keeps the newest checkpoints of a run, so many of them, and the best ones that these name."""

    def __init__(self, run: Run, keep: int) -> None:
        self.run = run
        self.keep = keep
        self._bests: dict[int, int] = {}  # by the step of each checkpoint, that of the best it names, or its own

    def note(self, step: int, best: int) -> None:
        """Know the step of the best that a new checkpoint names, 0 where it names none, without reading it."""
        self._bests[step] = best or step

    def apply(self) -> None:
        """Take away all others."""
        steps = self.run.steps()
        self._bests = {step: best for step, best in self._bests.items() if step in steps}
        newest = steps[-self.keep :]
        for step in {*steps} - {*newest, *map(self._best_named_by, newest)}:
            durable.remove(self.run.checkpoint(step))

    def _best_named_by(self, step: int) -> int:
        if step not in self._bests:
            try:
                self.note(step, checkpoint.load(self.run.checkpoint(step)).best.step)
            except (DamagedError, GoneError):  # none can go on from it, so what it names is not missed
                self.note(step, step)
        return self._bests[step]
