"""The checkpoints of a run: which of them is meant, and whether they belong there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from zen_cli.errors import RunError
from zen_cli.interval import Interval
from zen_cli.training import checkpoint
from zen_cli.training.best import Best
from zen_cli.training.checkpoint import Checkpoint, DamagedError, GoneError
from zen_cli.training.position import Position
from zen_cli.training.run import Run

ATTEMPTS = 5  # a training may take a checkpoint away between the moment it is named and the one it is opened


@dataclass(frozen=True)
class Standing:
    """Where a training was when a checkpoint was written.

    It had written so many bytes of metrics; `order` is a checksum of the order of the epoch under way, and
    `environment` what its results depend on.
    """

    position: Position
    best: Best
    metrics_bytes: int
    order: int | None
    environment: Mapping[str, Any]


def newest(run: Run) -> Checkpoint:
    """The one with the highest step; RunError unless it is whole and of this run."""
    return _while_it_trains(lambda: _newest(run))


def chosen(run: Run) -> Checkpoint:
    """The one whose weights the trained model has: the best, as the newest one says, or that; never another."""
    return _while_it_trains(lambda: _chosen(run))


def _while_it_trains(find: Callable[[], Checkpoint]) -> Checkpoint:
    """What is found, once no training takes it away while it is looked for."""
    for _ in range(ATTEMPTS):
        with suppress(GoneError):
            return find()
    return find()


def _newest(run: Run) -> Checkpoint:
    steps = run.steps()
    if not steps:
        raise RunError(f"{run.path} has no checkpoint: train again")
    return at(run, steps[-1])


def _chosen(run: Run) -> Checkpoint:
    last = _newest(run)
    training, step = last.config.get("training"), last.best.step
    weights = training.get("weights", "last") if isinstance(training, dict) else "last"
    return last if weights == "last" or step in {0, last.step} else at(run, step)


def at(run: Run, step: int) -> Checkpoint:
    """The one of that step; RunError unless it is whole and of this run."""
    found, facts = checkpoint.load(run.checkpoint(step)), run.facts()
    if found.step != step:
        raise RunError(f"{found.path}: it is of step {found.step}: name it after that step again")
    if found.config != facts["config"] or found.metadata.get("data") not in [facts["data"], *facts["earlier_data"]]:
        raise RunError(f"{found.path}: it is of another run than {run.path}: bring back the one that belongs there")
    return found


def shortfall(run: Run) -> str:
    """That the training of a run has not come to its end, in words; else empty, and where that cannot be known."""
    steps = run.steps()
    metadata = checkpoint.peek(run.checkpoint(steps[-1])) if steps else {}
    try:
        position, best = Position.of(metadata["position"]), Best.of(metadata["best"])
        patience = metadata["config"]["training"]["patience"]
        if run.plan().ended_by(position.epoch, position.step, best.waited, patience):
            return ""
    except (RunError, LookupError, TypeError, ValueError, ArithmeticError):
        return ""
    return f"{run.path} is not trained to its end: step {position.step:,} is saved: {run.how_to_resume} goes on"


def to_go_on_from(run: Run) -> tuple[Checkpoint | None, list[DamagedError]]:
    """The newest that is whole, as is the best that it names, and what is wrong with each that is newer.

    Where no best is whole, the newest that is. None where there never was one. RunError where all are damaged, or where
    one is whole but does not belong there: it may have been put there by mistake.
    """
    damaged: list[DamagedError] = []
    whole: list[Checkpoint] = []
    for found in _newest_first(run, damaged):
        whole.append(found)
        best = found.best.step
        if best in {0, found.step} or _is_whole(run, best):
            return found, damaged
    if whole:
        return whole[0], damaged
    if damaged:
        raise RunError(f"{run.path}: none of its checkpoints is whole: {damaged[0]}")
    if run.metrics.exists() and run.metrics.stat().st_size:
        raise RunError(f"{run.path}: its checkpoints are gone: bring them back, or train again")
    return None, []


def _newest_first(run: Run, damaged: list[DamagedError]) -> Iterator[Checkpoint]:
    for step in reversed(run.steps()):
        try:
            yield at(run, step)
        except DamagedError as error:
            damaged.append(error)


def _is_whole(run: Run, step: int) -> bool:
    try:
        at(run, step)
    except RunError:
        return False
    return True


def standing_of(found: Checkpoint) -> Standing:
    """Where its training was; RunError where it does not say so."""
    metadata = found.metadata
    if "position" not in metadata:
        raise RunError(f"{found.path}: written by an older zen, which kept too little to go on from: train again")
    try:
        order = metadata["order"]
        return Standing(
            Position.of(metadata["position"]),
            found.best,
            int(metadata["metrics_bytes"]),
            None if order is None else int(order),
            dict(metadata["environment"]),
        )
    except (LookupError, TypeError, ValueError, ArithmeticError):
        raise RunError(f"{found.path}: it does not say where its training was, so none can go on from there") from None


def interval_of(found: Checkpoint) -> Interval | None:
    """RunError where what is stored is none."""
    state = found.metadata.get("interval")
    try:
        return None if state is None else Interval.from_state(state)
    except ValueError:
        raise RunError(f"{found.path}: its interval is not one that a training leaves") from None
