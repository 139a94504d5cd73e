"""One training from start to end: the loop's records put where they last."""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from zen_cli.config.build import Experiment
from zen_cli.data.rows import selected
from zen_cli.errors import MachineError, NonFiniteError
from zen_cli.optim import Clip
from zen_cli.training import durable, environment, kept, space
from zen_cli.training import run as run_directory
from zen_cli.training.best import Best
from zen_cli.training.durable import Lock
from zen_cli.training.evaluation import held_out_scores
from zen_cli.training.footprint import demand_memory
from zen_cli.training.interrupt import Interrupted, SignalWatch
from zen_cli.training.loop import EpochRecord, Record, fit, in_words
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
        position: Position | None = None,
        best: Best | None = None,
    ) -> None:
        """`facts` are what each checkpoint says of where it comes from. Without a position, it begins at the start."""
        self.experiment = experiment
        self.run = run
        self.plan = run.plan()
        self.position = position or Position()
        self.best = best or Best()
        self.saver = Saver(experiment, run, facts)
        self._lock = lock
        self._started_at = time.monotonic()
        if position is not None:
            self.saver.saved = self._snapshot()
            self._begin_anew_where_extended()

    def __enter__(self) -> "Job":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @property
    def ended_by(self) -> str:
        """What has ended the training: `epochs` or `patience`; empty while it is to go on."""
        patience = self.experiment.config["training"]["patience"]
        return self.plan.ended_by(self.position.epoch, self.position.step, self.best.waited, patience)

    @property
    def has_best_weights(self) -> bool:
        """Whether the trained model has the weights of the best epoch, and not those of the last."""
        return self.best.step > 0 and self.experiment.keeps_best

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
                raise NonFiniteError(f"{error}; {self.saved_in_words()}, and finite, in {self.run.path}") from None
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
        self.attempt(lambda: durable.append(self.run.metrics, f"{json.dumps(as_line(record))}\n".encode()))
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
        patience = self.experiment.config["training"]["patience"]
        is_out = patience is not None and self.best.waited >= patience
        if is_out and self.plan.goes_on_at(self.position.step):
            self.best = self.best.waiting(0)

    def _snapshot(self) -> Snapshot:
        e = self.experiment
        state = State.of(e.model, e.optimizer, self.position.in_epoch)
        return Snapshot(state, self.position.stored(), self.best, self.run.metrics.stat().st_size)


def begin(experiment: Experiment, runs: Path, name: str, text: bytes, argv: list[str]) -> Job:
    """A training in a new run directory.

    `name` is the run's without its number, `text` the config file, `argv` the command line.
    """
    make_ready(experiment)
    space.demand(runs, experiment)
    facts = facts_of(experiment)
    described = {**facts, "argv": argv, "folder": str(experiment.resolved.folder.absolute())}
    run, lock = run_directory.create(runs, name, text, described)
    return Job(experiment, run, lock, facts)


def facts_of(experiment: Experiment) -> dict[str, Any]:
    """What a run and each of its checkpoints say of where they come from; after `make_ready`."""
    data = experiment.data
    return {
        "config": experiment.config,
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


def as_line(record: EpochRecord) -> dict[str, Any]:
    """A record as it stands in metrics.jsonl: deterministic values only; null for a number that is not finite."""
    numbers = {"loss": record.loss, "loss_sum": record.loss_sum, "lr": record.lr, **record.scores}
    finite = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    return {"epoch": record.epoch, "step": record.step, **finite}
