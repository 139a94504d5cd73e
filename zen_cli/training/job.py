"""One training from start to end: the loop's records put where they last."""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from zen_cli.config.build import Experiment
from zen_cli.data.rows import selected
from zen_cli.data.stored import stored
from zen_cli.errors import NonFiniteError
from zen_cli.interval import Interval
from zen_cli.optim import Clip
from zen_cli.training import checkpoint, durable, environment
from zen_cli.training import run as run_directory
from zen_cli.training.evaluation import calibrated, held_out_scores
from zen_cli.training.footprint import demand_memory
from zen_cli.training.interrupt import Interrupted, SignalWatch
from zen_cli.training.loop import EpochRecord, Record, fit, in_words

SECONDS_BETWEEN_SAVES = 60.0


class Job:
    """Trains an experiment in a run directory of its own, claimed when this is made."""

    def __init__(self, experiment: Experiment, runs: Path, name: str, text: bytes, argv: list[str]) -> None:
        """`name` is the run's without its number, `text` the config file, `argv` the command line."""
        make_ready(experiment)
        self.experiment = experiment
        self.environment = environment.describe()
        self.fingerprint = experiment.data.fingerprint()
        self.run = run_directory.create(
            runs, name, text, {**self._facts(), "argv": argv, "folder": str(experiment.resolved.folder.absolute())}
        )
        self.interval: Interval | None = None
        self.saved_step = -1
        self._saved_at = time.monotonic()

    def records(self) -> Iterator[Record]:
        """Train; the records are in metrics.jsonl, and what they describe in a checkpoint, when this ends.

        Raises NonFiniteError, which leaves the last checkpoint as it is, and Interrupted, after saving.
        """
        self.save(step=0)  # a disk that cannot be written to is found before the first batch
        started = time.monotonic()
        with SignalWatch() as watch:
            try:
                for record in training(self.experiment, lambda: held_out_scores(self.experiment)):
                    if isinstance(record, EpochRecord):
                        self._keep(record, time.monotonic() - started)
                    yield record
                    if watch.received is not None:
                        self.save(record.step)
                        break
            except NonFiniteError as error:
                saved = f"the last saved step, {self.saved_step} in {self.run.path}, is finite"
                raise NonFiniteError(f"{error}; {saved}") from None
        if watch.received is not None:  # out here, so that a signal during the last steps counts too
            raise Interrupted(watch.received, f"step {self.saved_step} in {self.run.path}")

    def save(self, step: int) -> None:
        """Make the state after `step` last, then drop the checkpoint before it."""
        parameters, optimizer = self.experiment.model.parameters, self.experiment.optimizer
        durable.sync_file(self.run.metrics)
        progress = {"step": step, "metrics_bytes": self.run.metrics.stat().st_size}
        fitted = {"preparation": stored(self.experiment.preparation), "interval": self._interval(step)}
        checkpoint.save(self.run.checkpoint(step), parameters, optimizer, {**self._facts(), **progress, **fitted})
        self.saved_step, self._saved_at = step, time.monotonic()
        for old in self.run.checkpoints()[:-1]:
            old.unlink()

    def _keep(self, record: EpochRecord, seconds: float) -> None:
        epochs = self.experiment.config["training"]["epochs"]
        durable.append(self.run.metrics, f"{json.dumps(as_line(record))}\n".encode())
        durable.append(self.run.log, f"{in_words(record, epochs)}  {seconds:.2f} s\n".encode())
        if record.epoch == epochs or time.monotonic() - self._saved_at >= SECONDS_BETWEEN_SAVES:
            self.save(record.step)

    def _interval(self, step: int) -> dict[str, Any] | None:
        """The widths of intervals around what the model predicts now, where they are asked for."""
        e = self.experiment
        if e.config["interval"] is None or not step:
            return None
        self.interval = calibrated(e, e.config["interval"])
        return self.interval.state()

    def trained(self) -> Experiment:
        """The experiment with what the last save knew of its errors."""
        return replace(self.experiment, interval=self.interval)

    def _facts(self) -> dict[str, Any]:
        """What a run and each of its checkpoints say of where they come from."""
        data = self.experiment.data
        return {
            "config": self.experiment.config,
            "environment": self.environment,
            "data": {"sha256": self.fingerprint, "examples": len(data), "train": data.train},
        }


def make_ready(experiment: Experiment) -> None:
    """Draw the first parameters, in a process that computes as the config says, and has the memory for it."""
    environment.pin_threads(experiment.config["training"]["threads"])
    environment.keep_freed_memory()
    demand_memory(experiment)
    experiment.model.build()
    experiment.optimizer.attach(experiment.model.parameters)


def training(experiment: Experiment, evaluate: Callable[[], Mapping[str, float]]) -> Iterator[Record]:
    """The loop as the config says it; `evaluate` gives the held-out scores after each epoch."""
    e, settings = experiment, experiment.config["training"]
    return fit(
        e.model,
        selected(e.data.inputs, e.data.parts.train),
        selected(e.data.targets, e.data.parts.train),
        epochs=settings["epochs"],
        loss_fn=e.loss_fn,
        optimizer=e.optimizer,
        batch_size=settings["batch_size"],
        shuffle=settings["shuffle"],
        evaluate=evaluate,
        schedule=e.schedule,
        clip=Clip(settings["clip_norm"], settings["clip_value"]),
    )


def as_line(record: EpochRecord) -> dict[str, Any]:
    """A record as it stands in metrics.jsonl: deterministic values only; null for a number that is not finite."""
    numbers = {"loss": record.loss, "loss_sum": record.loss_sum, "lr": record.lr, **record.scores}
    finite = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    return {"epoch": record.epoch, "step": record.step, **finite}
