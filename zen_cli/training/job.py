"""One training from start to end: the loop's records put where they last."""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from zen_cli.autodiff import no_grad
from zen_cli.config.build import Experiment
from zen_cli.errors import NonFiniteError
from zen_cli.loss import Loss
from zen_cli.metric import measured
from zen_cli.nn.model import Model, batches
from zen_cli.optim import Clip
from zen_cli.training import checkpoint, durable, environment
from zen_cli.training import run as run_directory
from zen_cli.training.interrupt import Interrupted, SignalWatch
from zen_cli.training.loop import EpochRecord, Record, fit, in_words

SECONDS_BETWEEN_SAVES = 60.0
EVALUATION_BATCH = 256


class Job:
    """Trains an experiment in a run directory of its own, claimed when this is made."""

    def __init__(self, experiment: Experiment, runs: Path, name: str, text: bytes, argv: list[str]) -> None:
        """`name` is the run's without its number, `text` the config file, `argv` the command line."""
        environment.pin_threads(experiment.config["training"]["threads"])
        environment.keep_freed_memory()
        self.experiment = experiment
        self.environment = environment.describe()
        self.fingerprint = experiment.data.fingerprint()
        self.run = run_directory.create(runs, name, text, {**self._facts(), "argv": argv})
        self.saved_step = -1
        self._saved_at = time.monotonic()

    def records(self) -> Iterator[Record]:
        """Train; the records are in metrics.jsonl, and what they describe in a checkpoint, when this ends.

        Raises NonFiniteError, which leaves the last checkpoint as it is, and Interrupted, after saving.
        """
        self.experiment.optimizer.attach(self.experiment.model.parameters)
        self.save(step=0)  # a disk that cannot be written to is found before the first batch
        started = time.monotonic()
        with SignalWatch() as watch:
            try:
                for record in self._fit():
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
        checkpoint.save(self.run.checkpoint(step), parameters, optimizer, {**self._facts(), **progress})
        self.saved_step, self._saved_at = step, time.monotonic()
        for old in self.run.checkpoints()[:-1]:
            old.unlink()

    def _fit(self) -> Iterator[Record]:
        e, training = self.experiment, self.experiment.config["training"]
        train = slice(0, e.data.train)
        return fit(
            e.model,
            e.data.inputs[train],
            e.data.targets[train],
            epochs=training["epochs"],
            loss_fn=e.loss_fn,
            optimizer=e.optimizer,
            batch_size=training["batch_size"],
            shuffle=training["shuffle"],
            evaluate=lambda: held_out_scores(e),
            schedule=e.schedule,
            clip=Clip(training["clip_norm"], training["clip_value"]),
        )

    def _keep(self, record: EpochRecord, seconds: float) -> None:
        epochs = self.experiment.config["training"]["epochs"]
        durable.append(self.run.metrics, f"{json.dumps(as_line(record))}\n".encode())
        durable.append(self.run.log, f"{in_words(record, epochs)}  {seconds:.2f} s\n".encode())
        if record.epoch == epochs or time.monotonic() - self._saved_at >= SECONDS_BETWEEN_SAVES:
            self.save(record.step)

    def _facts(self) -> dict[str, Any]:
        """What a run and each of its checkpoints say of where they come from."""
        data = self.experiment.data
        return {
            "config": self.experiment.config,
            "environment": self.environment,
            "data": {"sha256": self.fingerprint, "examples": len(data), "train": data.train},
        }


def held_out_scores(experiment: Experiment) -> dict[str, float]:
    """`val_loss`, and the metrics, on the examples that do not train; empty where every example trains."""
    e, held_out = experiment, slice(experiment.data.train, None)
    inputs, targets = e.data.inputs[held_out], e.data.targets[held_out]
    if not len(inputs):
        return {}
    loss, outputs = evaluate(e.model, inputs, targets, e.loss_fn)
    with np.errstate(all="ignore"):
        scores = measured(e.metrics, e.outputs.prediction(outputs), targets, e.data.task.labels)
    return {"val_loss": loss, **{f"val_{name}": score for name, score in scores.items()}}


def evaluate(model: Model, inputs: np.ndarray, targets: np.ndarray, loss_fn: Loss) -> tuple[float, np.ndarray]:
    """The mean loss over all examples, and the outputs for them."""
    outputs, losses, sizes = [], [], []
    with no_grad(), np.errstate(all="ignore"):
        for batch in batches(len(inputs), EVALUATION_BATCH):
            pred = model(inputs[batch])
            losses.append(float(loss_fn(pred, targets[batch]).value))
            sizes.append(batch.stop - batch.start)
            outputs.append(pred.value)
    return float(np.dot(losses, sizes)) / len(inputs), np.concatenate(outputs)


def as_line(record: EpochRecord) -> dict[str, Any]:
    """A record as it stands in metrics.jsonl: deterministic values only; null for a number that is not finite."""
    numbers = {"loss": record.loss, "loss_sum": record.loss_sum, "lr": record.lr, **record.scores}
    finite = {key: value if math.isfinite(value) else None for key, value in numbers.items()}
    return {"epoch": record.epoch, "step": record.step, **finite}
