"""The checkpoints of a run: which of them is meant, and whether they belong there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from zen_cli.errors import RunError
from zen_cli.interval import Interval
from zen_cli.training import checkpoint
from zen_cli.training.best import Best
from zen_cli.training.checkpoint import Checkpoint, DamagedError, GoneError
from zen_cli.training.metrics import Written
from zen_cli.training.position import Position
from zen_cli.training.run import Run

ATTEMPTS = 5  # a training may take a checkpoint away between the moment it is named and the one it is opened


@dataclass(frozen=True)
class Standing:
    """Where a training was when a checkpoint was written.

    `metrics` are those that it had written; `order` is a checksum of the order of the epoch under way, and
    `environment` what its results depend on.
    """

    position: Position
    best: Best
    metrics: Written
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
        cure = "train again" if run.has_saved() else f"nothing of it is saved yet, and {run.how_to_resume} begins it"
        raise RunError(f"{run.path} has no checkpoint: {cure}")
    return at(run, steps[-1])


def _chosen(run: Run) -> Checkpoint:
    last = _newest(run)
    return last if last.best.step in {0, last.step} else at(run, last.best.step)


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
        if run.plan().ended_by(position, best, patience_of(metadata["config"])):
            return ""
    except (RunError, LookupError, TypeError, ValueError, ArithmeticError):
        return ""
    return f"{run.path} is not trained to its end: step {position.step:,} is saved: {run.how_to_resume} goes on"


class Ending(NamedTuple):
    """After how many epochs a training has come to its end, `by` "epochs", those that were planned, or "patience"."""

    epochs: int
    by: str


def ending(run: Run) -> Ending | None:
    """How its training has come to its end, if it has, and if its results are there too."""
    if not run.scores.is_file() or not run.steps():
        return None
    try:
        found = newest(run)
        standing = standing_of(found)
        by = run.plan().ended_by(standing.position, standing.best, patience_of(found.config))
        chosen(run)
    except RunError:  # which is told of when it is gone on from
        return None
    return Ending(standing.position.epoch, by) if by else None


def patience_of(config: Mapping[str, Any]) -> int | None:
    """None in a config from before there was any."""
    patience: int | None = config["training"].get("patience")
    return patience


def to_go_on_from(run: Run) -> tuple[Checkpoint | None, list[RunError]]:
    """The newest that is whole, as is the best that it names, and what is wrong with those that are newer.

    Where no best is whole, the newest that is. None where there never was one. RunError where all are damaged, or where
    one is whole but does not belong there: it may have been put there by mistake.
    """
    wrong: list[RunError] = []
    newest_whole: tuple[Checkpoint, list[RunError]] | None = None
    for found in _newest_first(run, wrong):
        newest_whole = newest_whole or (found, list(wrong))
        try:
            _demand_best(run, found)
        except (DamagedError, GoneError) as error:
            wrong.append(error)
        else:
            return found, wrong
    if newest_whole:
        return newest_whole
    if wrong:
        raise RunError(f"{run.path}: none of its checkpoints is whole: {wrong[0]}")
    if run.has_saved():
        raise RunError(f"{run.path}: its checkpoints are gone: bring them back, or train again")
    return None, []


def _newest_first(run: Run, wrong: list[RunError]) -> Iterator[Checkpoint]:
    for step in reversed(run.steps()):
        try:
            yield at(run, step)
        except (DamagedError, GoneError) as error:
            wrong.append(error)


def _demand_best(run: Run, found: Checkpoint) -> None:
    """RunError unless the best that it names is whole."""
    if found.best.step not in {0, found.step}:
        at(run, found.best.step)


def standing_of(found: Checkpoint) -> Standing:
    """Where its training was; RunError where it does not say so."""
    metadata = found.metadata
    if "position" not in metadata:
        raise RunError(f"{found.path}: written by an older zen, which kept too little to go on from: train again")
    try:
        order = metadata["order"]
        position = Position.of(metadata["position"])
        if position.step != found.step or position.in_epoch != (position.examples > 0):
            raise ValueError
        return Standing(
            position,
            found.best,
            Written(int(metadata["metrics_bytes"]), int(metadata["metrics_crc"])),
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
