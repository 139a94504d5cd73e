"""Which states of a training are put where they last, and when."""

import math
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from zen_cli.config.build import Experiment
from zen_cli.data.parts import size_of
from zen_cli.data.stored import stored
from zen_cli.interval import Interval
from zen_cli.training import checkpoint, durable
from zen_cli.training.best import Best
from zen_cli.training.evaluation import calibrated
from zen_cli.training.loop import EpochRecord, Record, epoch_order
from zen_cli.training.metrics import Written
from zen_cli.training.retention import Retention
from zen_cli.training.run import Run
from zen_cli.training.state import State

LARGEST_SHARE = 0.01  # of the time goes into saving, where only the clock asks for it


@dataclass(frozen=True)
class Snapshot:
    """All that the future of a training depends on, at one moment. Equal ones make equal checkpoints."""

    state: State
    position: Mapping[str, Any]  # as plain data
    best: Best
    metrics: Written

    @property
    def step(self) -> int:
        return int(self.position["step"])


class Saver:
    """Saves an experiment's training in its run. `facts` are what each checkpoint says of where it comes from."""

    def __init__(self, experiment: Experiment, run: Run, facts: Mapping[str, Any]) -> None:
        self.experiment = experiment
        self.run = run
        self.saved: Snapshot | None = None  # the last that was
        self.retention = Retention(run, experiment.config["checkpoints"]["keep"])
        self._facts = facts
        settings = experiment.config["checkpoints"]
        self._every_epochs: int | None = settings["every_epochs"]
        self._every_steps: int | None = settings["every_steps"]
        self._seconds = math.inf if settings["every_seconds"] is None else float(settings["every_seconds"])
        self._unsaved_best: Snapshot | None = None
        self._best_state: State | None = None  # whose arrays each best one takes
        self._wait = 0.0  # seconds until the next save may be, so that all of them take but a small share of the time
        self._saved_at = time.monotonic()

    def is_due(self, record: Record) -> bool:
        """Whether the settings ask for a checkpoint after this record."""
        if time.monotonic() - self._saved_at >= max(self._seconds, self._wait):
            return True
        if isinstance(record, EpochRecord):
            return _is_due(self._every_steps, record.step) or _is_due(self._every_epochs, record.epoch)
        return record.batch < record.batches and _is_due(self._every_steps, record.step)

    def keep_best(self, snapshot: Snapshot) -> None:
        """Let this be saved together with the next one, unless a better one comes before that."""
        self._best_state = snapshot.state.copied(self._best_state)
        self._unsaved_best = replace(snapshot, state=self._best_state)

    def save(self, snapshot: Snapshot) -> None:
        """Make the best state and this one last, then drop the checkpoints that are not to stay."""
        started = time.monotonic()
        durable.sync_file(self.run.metrics)
        if self._unsaved_best and self._unsaved_best.step < snapshot.step:
            self._write(self._unsaved_best)
        self._unsaved_best = None
        self._write(snapshot)
        self.saved, self._saved_at = snapshot, time.monotonic()
        self._wait = (self._saved_at - started) / LARGEST_SHARE
        durable.append(self.run.log, f"saved step {snapshot.step}\n".encode())
        self.retention.apply()

    def save_best(self) -> None:
        """Make the best state last, if it does not yet."""
        if self._unsaved_best:
            self.save(self._unsaved_best)

    def _write(self, snapshot: Snapshot) -> None:
        e, interval = self.experiment, self._interval(snapshot)
        metadata = {
            **self._facts,
            "step": snapshot.step,
            "metrics_bytes": snapshot.metrics.length,
            "metrics_crc": snapshot.metrics.crc,
            "preparation": stored(e.preparation),
            "interval": interval.state() if interval else None,
            "position": snapshot.position,
            "order": order_check(e, snapshot.position),
            "best": snapshot.best.stored(),
        }
        checkpoint.save(self.run.checkpoint(snapshot.step), snapshot.state, metadata)
        self.retention.note(snapshot.step, snapshot.best.step)

    def _interval(self, snapshot: Snapshot) -> Interval | None:
        """The widths of intervals around what the model predicts with this state, where they are asked for.

        None within an epoch: a save that a signal asks for is not to wait for the validation part.
        """
        e = self.experiment
        if e.config["interval"] is None or not snapshot.step or snapshot.position["batches"]:
            return None
        if snapshot is not self._unsaved_best:
            return calibrated(e, e.config["interval"])
        now = {name: array.copy() for name, array in e.model.parameters.arrays().items()}
        snapshot.state.restore_values(e.model)
        try:
            return calibrated(e, e.config["interval"])
        finally:
            for name, array in e.model.parameters.arrays().items():
                array[...] = now[name]


def order_check(experiment: Experiment, position: Mapping[str, Any]) -> int | None:
    """The CRC-32 of the order of the epoch under way, where one is drawn: another NumPy might draw another."""
    if not position["examples"] or not experiment.config["training"]["shuffle"]:
        return None
    count = size_of(experiment.data.parts.train)
    return zlib.crc32(epoch_order(experiment.model.seed, position["epoch"] + 1, count).data)


def _is_due(every: int | None, number: int) -> bool:
    return every is not None and number % every == 0
