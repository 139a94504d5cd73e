"""Going on with a training that was interrupted, or that is to last longer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zen_cli.config import build
from zen_cli.config.build import Experiment
from zen_cli.config.text.words import count
from zen_cli.errors import RunError, UserError
from zen_cli.schedule import Progress, Schedule
from zen_cli.training import durable, environment, kept, space
from zen_cli.training.best import Best
from zen_cli.training.checkpoint import Checkpoint, DamagedError
from zen_cli.training.durable import Lock
from zen_cli.training.job import Job, facts_of, make_ready
from zen_cli.training.kept import Standing
from zen_cli.training.plan import Extension, ScheduleRule
from zen_cli.training.position import Position
from zen_cli.training.run import Run, describe
from zen_cli.training.saver import order_check

Warn = Callable[[str], object]


@dataclass(frozen=True)
class Wish:
    """What a person asks for besides going on."""

    epochs: int | None = None  # in all
    schedule: ScheduleRule | None = None
    changed_data: bool = False


def resume(run: Run, wish: Wish, warn: Warn) -> Job:
    """The training of a run, as its newest whole checkpoint left it, with the lock of the run.

    `warn` is told of what is not as it was. Where this raises, nothing in the run has changed: RunError where it cannot
    go on exactly, UserError for a wish that it cannot have, MachineError where another process trains it.
    """
    run.info()
    run.demand_own_files()
    lock = Lock(run.lock)
    try:
        return _resumed(run, lock, wish, warn)
    except BaseException:
        lock.release()
        raise


def _resumed(run: Run, lock: Lock, wish: Wish, warn: Warn) -> Job:
    found, damaged = kept.to_go_on_from(run)
    standing = None if found is None else kept.standing_of(found)
    experiment = rebuilt(run, found)
    facts = facts_of(experiment)
    described = _with_data(run, facts, wish.changed_data)
    if found and standing:
        _restore(found, standing, experiment, run)
    position = standing.position if standing else None
    described |= _extension(run, experiment, position or Position(), wish)
    best, lost = _whole_best(run, experiment, standing, wish) if standing else (None, "")
    if found and found.metadata["data"] != facts["data"]:
        best = Best()  # since its score was on other data
    space.demand(run.path, experiment)
    # from here on the run changes
    if standing:
        _tell_of_damage(damaged, standing, warn)
        _tell_of_environment(standing.environment, facts["environment"], warn)
        if lost:
            warn(lost)
        _set_aside_newer(run, standing.position.step)
        durable.cut(run.metrics, standing.metrics_bytes)
    for folder in (run.path, *run.folders):
        durable.make_directories(folder)
        durable.sweep(folder)
    if described:
        describe(run, {**run.info(), **described})
    job = Job(experiment, run, lock, facts, position, best)
    if standing:
        job.saver.drop_old()
    if not job.ended_by:
        durable.remove(run.scores)  # of a training that goes on
        durable.sync_directory(run.path)
    return job


def rebuilt(run: Run, found: Checkpoint | None) -> Experiment:
    """The experiment of a run, with its data read again, and its first parameters where there is no checkpoint."""
    known = run.facts()
    state = None if found is None else found.metadata.get("preparation")
    name = str(found.path if found else run.path / "run.json")
    experiment = build.resumed(known["config"], state, Path(known["folder"]), name)
    if found:
        found.demand_fit(experiment.model)
    make_ready(experiment, draw=found is None)
    return experiment


# --- what is as it was, and what is not ---


def _with_data(run: Run, facts: Mapping[str, Any], may_change: bool) -> dict[str, Any]:
    """What run.json is to say of other data: RunError where the data have changed and may not."""
    known, now = run.facts(), facts["data"]
    then = known["data"]
    if then == now:
        return {}
    if not may_change:
        raise RunError(
            f"{run.path}: the data have changed since it was trained: {_what_changed(then, now)}: "
            "bring back the old ones, or go on with the new ones by --changed-data"
        )
    return {"data": now, "earlier_data": [*known["earlier_data"], then]}


def _what_changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    for key, words in (("examples", "there were {} examples, and are {}"), ("train", "{} examples trained, and {} do")):
        if then.get(key) != now[key]:
            return words.format(then.get(key), now[key])
    return "there are as many examples, but with other values"


def _tell_of_environment(then: Mapping[str, Any], now: Mapping[str, Any], warn: Warn) -> None:
    if differences := environment.differences(then, now):
        what = "; ".join(differences)
        warn(f"from here on the last digits may differ from those of a run without a stop: {what}")


def _restore(found: Checkpoint, standing: Standing, experiment: Experiment, run: Run) -> None:
    """Put the experiment where its training was."""
    there = run.metrics.stat().st_size if run.metrics.exists() else 0
    if there < standing.metrics_bytes:
        raise RunError(f"{run.metrics}: lacks epochs that {found.path} knows of: restore it, or train again")
    if found.metadata["data"].get("train") != experiment.data.train:
        standing.position.begin_epoch()  # with the examples that there are now
    elif standing.order != order_check(experiment, standing.position.stored()):
        raise RunError(
            f"{found.path}: this NumPy draws another order of the examples than the one in which the epoch began: "
            "go on with the NumPy that began it"
        )
    try:
        found.state.restore(experiment.model, experiment.optimizer, standing.position.step)
    except RunError as error:
        raise RunError(f"{found.path}: {error}") from None


def _whole_best(run: Run, experiment: Experiment, standing: Standing, wish: Wish) -> tuple[Best, str]:
    """The best epoch so far, and what to say if its checkpoint is lost; RunError where no epoch can take its place."""
    best, position = standing.best, standing.position
    if not best.step or best.step == position.step:
        return best, ""
    try:
        kept.at(run, best.step)
    except RunError as error:
        patience = experiment.config["training"]["patience"]
        if wish.epochs is None and run.plan().ended_by(position.epoch, position.step, best.waited, patience):
            raise
        return Best(waited=best.waited), f"{error}; the best epoch of those to come takes its place"
    return best, ""


def _tell_of_damage(damaged: Sequence[DamagedError], standing: Standing, warn: Warn) -> None:
    if damaged:
        what = "; ".join(map(str, damaged))
        warn(f"{what}; going on from step {standing.position.step} instead, and what is newer is set aside")


def _set_aside_newer(run: Run, step: int) -> None:
    """Rename the checkpoints of later steps, which are to be trained again, so that none is taken for the newest."""
    for later in run.steps():
        if later > step:
            path = run.checkpoint(later)
            durable.move(path, path.with_name(f"{path.name}.aside"))


# --- longer ---


def _extension(run: Run, experiment: Experiment, position: Position, wish: Wish) -> dict[str, Any]:
    """What run.json is to say of a wish for more epochs."""
    plan, schedule = run.plan(), experiment.schedule
    if wish.epochs is None:
        if wish.schedule:
            raise UserError("--schedule says what becomes of the schedule in a longer training: name --epochs, too")
        return {}
    if wish.epochs <= plan.epochs:
        raise UserError(f"--epochs {wish.epochs}: {run.path} has {count(plan.epochs, 'epoch')} already: name more")
    if schedule is not None and schedule.has_end:
        _demand_rule(schedule, plan.scheduled(position.step), wish)
    extension = Extension(position.step, wish.epochs, wish.schedule or "keep")
    return {"extensions": plan.extended(extension).stored()}


def _demand_rule(schedule: Schedule, made_for: int, wish: Wish) -> None:
    """UserError where it is not said what becomes of a schedule with an end, or where no rate is left after it."""
    if wish.schedule is None:
        raise UserError(
            f"the schedule is made for {count(made_for, 'epoch')}",
            "add --schedule keep, and the rate stays where it ends, or --schedule stretch, and it is made for "
            f"{wish.epochs:,} from here on",
        )
    if wish.schedule == "keep" and not schedule(Progress(made_for, made_for, per_epoch=1)):
        raise UserError("--schedule keep: the schedule ends at a rate of 0, by which nothing is learnt: say stretch")
