"""One training from start to end: the loop's records put where they last."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from zen_cli.config.build import Experiment
from zen_cli.data.rows import selected
from zen_cli.errors import MachineError, NonFiniteError
from zen_cli.optim import Clip
from zen_cli.training import durable, environment, kept, metrics, space
from zen_cli.training import run as run_directory
from zen_cli.training.best import Best
from zen_cli.training.durable import Lock
from zen_cli.training.evaluation import held_out_scores
from zen_cli.training.footprint import demand_memory
from zen_cli.training.interrupt import Interrupted, SignalWatch
from zen_cli.training.kept import Standing
from zen_cli.training.loop import EpochRecord, Record, fit, in_words
from zen_cli.training.metrics import Written
from zen_cli.training.plan import Plan
from zen_cli.training.position import Position
from zen_cli.training.run import Run
from zen_cli.training.saver import Saver, Snapshot
from zen_cli.training.state import State

T = TypeVar("T")


class Job:
    """Trains an experiment, which is ready for it, in a run directory that this process holds the lock of."""

    def __init__(
        self,
        experiment: Experiment,
        run: Run,
        lock: Lock,
        facts: Mapping[str, Any],
        standing: Standing | None = None,
    ) -> None:
        """`facts` are what each checkpoint says of where it comes from. It begins where it stands, or at the start."""
        self.experiment = experiment
        self.run = run
        self.plan = run.plan()
        self.position = standing.position if standing else Position()
        self.best = standing.best if standing else Best()
        self.saver = Saver(experiment, run, facts)
        self._lock = lock
        self._patience = kept.patience_of(experiment.config)
        self._metrics = standing.metrics if standing else Written()
        self._started_at = time.monotonic()
        if standing:
            self.saver.saved = self._snapshot()
            self._begin_anew_where_extended()

    def __enter__(self) -> "Job":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @property
    def ended_by(self) -> str:
        """What has ended the training: `epochs` or `patience`; empty while it is to go on."""
        return self.plan.ended_by(self.position, self.best, self._patience)

    @property
    def has_best_weights(self) -> bool:
        """Whether the trained model has the weights of the best epoch, and not those of the last."""
        return self.best.step > 0

    def records(self) -> Iterator[Record]:
        """Train; the records are in metrics.jsonl, and what they describe in a checkpoint, when this ends.

        Raises NonFiniteError, which leaves what is saved finite; Interrupted, after saving; and MachineError where
        that is not possible.
        """
        if self.saver.saved is None:
            self.save()  # a disk that cannot be written to is found before the first batch
        if self.ended_by:
            return
        with SignalWatch() as watch:
            try:
                yield from self._recorded(watch)
            except NonFiniteError as error:
                self.attempt(self.saver.save_best)
                saved = f"{self.saved_in_words()}, and finite, in {self.run.path}"
                raise NonFiniteError(
                    f"{error}; {saved}: train anew with a lower rate or `training.clip_norm`"
                ) from None
            except Interrupted as stop:
                watch.received = stop.number
            if watch.received is not None:
                self.save()
        if watch.received is not None:
            raise Interrupted(watch.received, self.goes_on_in_words())

    def trained(self) -> Experiment:
        """The experiment with the weights that were chosen, and what is known of their errors, once the records end."""
        stored = kept.chosen(self.run)
        stored.demand_fit(self.experiment.model)
        stored.state.restore_values(self.experiment.model)
        return replace(self.experiment, interval=kept.interval_of(stored))

    def save(self) -> None:
        """Make the state as it is last, unless it does."""
        snapshot = self._snapshot()
        saved = self.saver.saved
        if saved is None or saved.position != snapshot.position:
            self.attempt(lambda: self.saver.save(snapshot))

    def saved_in_words(self) -> str:
        """Up to where it is saved."""
        return f"step {self.saver.saved.step} is saved" if self.saver.saved else "nothing is saved yet"

    def goes_on_in_words(self) -> str:
        """Up to where it is saved, and how to go on from there."""
        return f"{self.saved_in_words()}: {self.run.how_to_resume} goes on"

    def attempt(self, write: Callable[[], T]) -> T:
        """Do it; MachineError, which says what is saved all the same, where the disk does not let us."""
        try:
            return write()
        except OSError as error:
            why = f"{error.filename or self.run.path}: {error.strerror or error}"
            cure = f"once that is mended, {self.run.how_to_resume} goes on"
            raise MachineError(f"{why}; {self.saved_in_words()}: {cure}") from None

    def _recorded(self, watch: SignalWatch) -> Iterator[Record]:
        def scores() -> dict[str, float]:
            with watch.at_once():  # they may take long, and change nothing that is to be saved
                return held_out_scores(self.experiment)

        for record in training(self.experiment, scores, self.plan, self.position):
            if isinstance(record, EpochRecord):
                self._keep(record)
            if self.saver.is_due(record):
                self.save()
            yield record
            if isinstance(record, EpochRecord):
                if self.ended_by:
                    return self.save()
                self._begin_anew_where_extended()
            if watch.received is not None:
                return None

    def _keep(self, record: EpochRecord) -> None:
        """Put the record into metrics.jsonl, and the state into memory if it is the best."""
        seconds = time.monotonic() - self._started_at
        line = f"{in_words(record, self.plan.epochs)}  {seconds:.2f} s\n"
        self._metrics = self.attempt(lambda: metrics.append(self.run.metrics, self._metrics, record))
        self.attempt(lambda: durable.append(self.run.log, line.encode()))
        e = self.experiment
        if e.monitor is None:
            return
        self.best = self.best.after(record, e.monitor, e.config["training"]["min_delta"])
        if not e.keeps_best:
            self.best = replace(self.best, step=0)
        elif self.best.step == record.step:
            self.saver.keep_best(self._snapshot())

    def _begin_anew_where_extended(self) -> None:
        """Let patience begin anew where the training had ended for want of it, and a person has extended it."""
        extended = self.plan.was_extended_at(self.position.epoch, self.position.step)
        if extended and self.best.is_out_of(self._patience):
            self.best = self.best.waiting(0)

    def _snapshot(self) -> Snapshot:
        e = self.experiment
        state = State.of(e.model, e.optimizer, self.position.in_epoch)
        return Snapshot(state, self.position.stored(), self.best, self._metrics)


def begin(experiment: Experiment, runs: Path, name: str, text: bytes, argv: list[str]) -> Job:
    """A training in a new run directory.

    `name` is the run's without its number, `text` the config file, `argv` the command line.
    """
    make_ready(experiment)
    space.demand(runs, experiment)
    facts = facts_of(experiment)
    folder = experiment.resolved.folder.absolute()
    from_run = os.path.relpath(folder.resolve(), runs.resolve() / name)
    described = {**facts, "argv": argv, "folder": str(folder), "folder_from_run": from_run}
    run, lock = run_directory.create(runs, name, text, described)
    return Job(experiment, run, lock, facts)


def facts_of(experiment: Experiment, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a run and each of its checkpoints say of where they come from; after `make_ready`.

    The config of a run stays as it was, whatever settings there have come to be since.
    """
    data = experiment.data
    return {
        "config": config or experiment.config,
        "environment": environment.describe(),
        "data": {"sha256": data.fingerprint(), "examples": len(data), "train": data.train},
    }


def make_ready(experiment: Experiment, draw: bool = True) -> None:
    """Make the parameters, drawn or zero, in a process that computes as the config says, and has the memory for it."""
    environment.pin_threads(experiment.config["training"]["threads"])
    environment.keep_freed_memory()
    demand_memory(experiment)
    experiment.model.build(draw)
    experiment.optimizer.attach(experiment.model.parameters)


def training(
    experiment: Experiment,
    evaluate: Callable[[], Mapping[str, float]],
    plan: Plan | None = None,
    position: Position | None = None,
) -> Iterator[Record]:
    """The loop as the config says it; `evaluate` gives the held-out scores after each epoch."""
    e, settings = experiment, experiment.config["training"]
    return fit(
        e.model,
        selected(e.data.inputs, e.data.parts.train),
        selected(e.data.targets, e.data.parts.train),
        epochs=plan or settings["epochs"],
        loss_fn=e.loss_fn,
        optimizer=e.optimizer,
        batch_size=settings["batch_size"],
        shuffle=settings["shuffle"],
        evaluate=evaluate,
        schedule=e.schedule,
        clip=Clip(settings["clip_norm"], settings["clip_value"]),
        position=position,
    )
