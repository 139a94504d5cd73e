"""Going on with a training that was interrupted, or that is to last longer."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from zen_cli.config import build
from zen_cli.config.build import Experiment
from zen_cli.config.text.words import count
from zen_cli.errors import MachineError, RunError, UserError
from zen_cli.schedule import Progress, Watch
from zen_cli.training import durable, environment, kept, metrics, space
from zen_cli.training.best import Best
from zen_cli.training.checkpoint import Checkpoint
from zen_cli.training.durable import Lock
from zen_cli.training.job import Job, facts_of, make_ready
from zen_cli.training.kept import Standing
from zen_cli.training.plan import Extension, ScheduleRule
from zen_cli.training.position import Position
from zen_cli.training.retention import Retention
from zen_cli.training.run import Run, describe
from zen_cli.training.saver import order_check

Warn = Callable[[str], object]


@dataclass(frozen=True)
class Wish:
    """What a person asks for besides going on."""

    epochs: int | None = None  # in all
    schedule: ScheduleRule | None = None
    changed_data: bool = False

    def is_met_by(self, ending: kept.Ending) -> bool:
        """Whether there is nothing to do for a run that has ended like this."""
        return self.epochs == ending.epochs or (self.epochs is None and self.schedule is None)


@dataclass(frozen=True)
class _Going:
    """What a training goes on from, with what is new in run.json, and what a person has to know of."""

    experiment: Experiment
    facts: Mapping[str, Any]
    described: Mapping[str, Any]
    standing: Standing | None
    remarks: Sequence[str]


def resume(run: Run, wish: Wish, warn: Warn) -> Job:
    """The training of a run, as its newest whole checkpoint left it, with the lock of the run.

    To be asked for where the wish is not met by its ending already.
    `warn` is told of what is not as it was. Where this raises, nothing in the run has changed: RunError where it cannot
    go on exactly, UserError for a wish that it cannot have, MachineError where another process trains it.
    """
    run.info()
    run.demand_own_files()
    lock = Lock(run.lock)
    try:
        going = _planned(run, wish)
        for remark in going.remarks:
            warn(remark)
        return _committed(run, lock, going)
    except BaseException:
        lock.release()
        raise


def tidy(run: Run) -> None:
    """Take away what a power cut has brought back to a run that is trained to its end, where that can be done."""
    with suppress(RunError, MachineError, OSError):
        run.demand_own_files()
        lock = Lock(run.lock)
        try:
            _sweep(run)
            Retention(run, run.facts()["config"]["checkpoints"]["keep"]).apply()
        finally:
            lock.release()


def _sweep(run: Run) -> None:
    for folder in (run.path, run.folders[0]):  # others may write into the rest
        durable.sweep(folder)


def _planned(run: Run, wish: Wish) -> _Going:
    """Nothing changes in here."""
    found, wrong = kept.to_go_on_from(run)
    standing = None if found is None else kept.standing_of(found)
    experiment = rebuilt(run, found)
    facts = facts_of(experiment, run.facts()["config"])
    described = _with_data(run, facts, wish.changed_data) | _extension(run, experiment, standing, wish)
    remarks: list[str] = []
    if found and standing:
        _restore(found, standing, experiment, run)
        remarks += _damage(wrong, standing)
        remarks += _other_environment(standing.environment, facts["environment"])
        standing = _with_whole_best(run, standing, wish, remarks)
        if found.metadata["data"] != facts["data"]:
            standing = _without_scores(run, standing, described)
    space.demand(run.path, experiment, run.checkpoints())
    return _Going(experiment, facts, described, standing, remarks)


def _committed(run: Run, lock: Lock, going: _Going) -> Job:
    for folder in run.folders:
        durable.make_directories(folder)
    _sweep(run)
    if going.standing:
        _set_aside_newer(run, going.standing.position.step)
        durable.cut(run.metrics, going.standing.metrics.length)
    if going.described:
        describe(run, {**run.info(), **going.described})
    job = Job(going.experiment, run, lock, going.facts, going.standing)
    if going.standing:
        job.saver.retention.apply()
    if not job.ended_by:
        durable.remove(run.scores)  # of a training that goes on
        durable.sync_directory(run.path)
    return job


def rebuilt(run: Run, found: Checkpoint | None) -> Experiment:
    """The experiment of a run, with its data read again, and its first parameters where there is no checkpoint."""
    known = run.facts()
    state = None if found is None else found.metadata.get("preparation")
    name = str(found.path if found else run.path / "run.json")
    experiment = build.resumed(known["config"], state, run.folder(), name)
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
        cure = "bring back the old ones, or go on with the new ones by --changed-data"
        raise RunError(f"{run.path}: the data have changed since it was trained: {_what_changed(then, now)}: {cure}")
    return {"data": now, "earlier_data": [*known["earlier_data"], then]}


def _what_changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    for key, words in (("examples", "there were {} examples, and are {}"), ("train", "{} examples trained, and {} do")):
        if then.get(key) != now[key]:
            return words.format(then.get(key), now[key])
    return "there are as many examples, but with other values"


def _other_environment(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    differences = "; ".join(environment.differences(then, now))
    limits = "from here on the last digits may differ from those of a run without a stop"
    return [f"{limits}: {differences}"] if differences else []


def _restore(found: Checkpoint, standing: Standing, experiment: Experiment, run: Run) -> None:
    """Put the experiment where its training was."""
    if not metrics.begins_with(run.metrics, standing.metrics):
        raise RunError(f"{run.metrics}: is not what {found.path} knows of: restore it from a copy, or train again")
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


def _with_whole_best(run: Run, standing: Standing, wish: Wish, remarks: list[str]) -> Standing:
    """Without the best epoch if its checkpoint is lost, which is remarked; RunError where none is to come."""
    best = standing.best
    if best.step in {0, standing.position.step}:
        return standing
    try:
        kept.at(run, best.step)
    except RunError as error:
        if wish.epochs is None and _has_ended(run, standing):
            raise
        remarks.append(f"{error}; the best epoch of those to come takes its place")
        return replace(standing, best=Best(waited=best.waited))
    return standing


def _without_scores(run: Run, standing: Standing, described: Mapping[str, Any]) -> Standing:
    """Without what was best, and what a plateau has seen, since those scores were on other data."""
    if "extensions" not in described and _has_ended(run, standing):
        raise RunError(f"{run.path} is trained to its end: with other data it needs --epochs, too")
    standing.position.watch = Watch(factor=standing.position.watch.factor)
    return replace(standing, best=Best())


def _damage(wrong: Sequence[RunError], standing: Standing) -> list[str]:
    what = "; ".join(dict.fromkeys(map(str, wrong)))
    goes_on = f"going on from step {standing.position.step} instead, and what is newer is set aside"
    return [f"{what}; {goes_on}"] if wrong else []


def _set_aside_newer(run: Run, step: int) -> None:
    """Rename the checkpoints of later steps, which are to be trained again, so that none is taken for the newest."""
    for later in reversed(run.steps()):  # so that the newest of those that are left names a best that is there
        if later > step:
            path = run.checkpoint(later)
            durable.move(path, path.with_name(f"{path.name}.aside"))


# --- longer ---


def _extension(run: Run, experiment: Experiment, standing: Standing | None, wish: Wish) -> dict[str, Any]:
    """What run.json is to say of a wish for another number of epochs."""
    plan, position = run.plan(), standing.position if standing else Position()
    if wish.epochs is None:
        if wish.schedule:
            raise UserError("--schedule says what becomes of the schedule in a longer training: name --epochs, too")
        return {}
    if wish.epochs == plan.epochs and not (standing and _has_ended(run, standing)):
        return {}  # it is planned already, perhaps by the same command before it was interrupted
    begun = position.epoch + position.in_epoch
    if wish.epochs < begun:
        raise UserError(f"--epochs {wish.epochs}: {run.path} is in epoch {begun:,} already: name that or more")
    made_for = plan.scheduled(position.step)
    if experiment.schedule is not None and experiment.schedule.has_end and wish.epochs > made_for:
        _demand_rule(experiment, made_for, wish)
    return {
        "extensions": plan.extended(
            Extension(position.epoch, position.step, wish.epochs, wish.schedule or "keep")
        ).stored()
    }


def _has_ended(run: Run, standing: Standing) -> bool:
    patience = kept.patience_of(run.facts()["config"])
    return bool(run.plan().ended_by(standing.position, standing.best, patience))


def _demand_rule(experiment: Experiment, made_for: int, wish: Wish) -> None:
    """UserError where it is not said what becomes of a schedule with an end, or where no rate is left after it."""
    per_epoch = -(-experiment.data.train // experiment.config["training"]["batch_size"])
    steps = made_for * per_epoch
    assert experiment.schedule is not None
    last = experiment.schedule(Progress(steps, steps, per_epoch))
    stretch = f"--schedule stretch makes it for {wish.epochs:,} from here on"
    if wish.schedule != "stretch" and not last:
        raise UserError(
            f"the schedule of {count(made_for, 'epoch')} ends at a rate of 0, by which nothing is learnt", stretch
        )
    if wish.schedule is None:
        keep = f"--schedule keep leaves the rate where it ends, at {last:.3g} of `lr`"
        raise UserError(f"the schedule is made for {count(made_for, 'epoch')}", f"{keep}, and {stretch}")
