"""What a trained model says, as tables: for every example, for new data, and beyond the end of a series."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zen_cli.autodiff import no_grad
from zen_cli.config import build
from zen_cli.config.build import Experiment
from zen_cli.data.tasks import Columns, Forecast, demand_a_window
from zen_cli.errors import RunError, UserError
from zen_cli.loss import Outputs
from zen_cli.metric import measured
from zen_cli.nn import Model
from zen_cli.nn.streaming import outputs_along
from zen_cli.training import checkpoint, environment
from zen_cli.training.run import Run

Table = Columns  # all of one length
Scores = Mapping[str, tuple[int, Mapping[str, float]]]  # for each part of the data: how many examples, and their scores

TRAINED, HELD_OUT = "train", "held out"


def load(run: Run) -> Experiment:
    """The experiment of a run as its newest checkpoint left it, with the threads of its config pinned."""
    files = run.checkpoints()
    if not files:
        raise RunError(f"{run.path} has no checkpoint: train again")
    stored = checkpoint.load(files[-1])
    if stored.step != int(stored.path.stem):
        raise RunError(f"{stored.path}: it is of step {stored.step}: name it after that step again")
    if stored.config != run.info().get("config"):
        raise RunError(f"{stored.path}: it is of another run than {run.path}: bring back the one that belongs there")
    experiment = build.from_stored(stored.config, str(stored.path))
    experiment.model.build(draw=False)
    stored.restore(experiment.model.parameters)
    environment.pin_threads(experiment.config["training"]["threads"])
    environment.keep_freed_memory()
    return experiment


@dataclass(frozen=True)
class OneStep:
    """What a model says of its own data; the table has the truth beside it, and whether each example trained."""

    predictions: np.ndarray  # (N, ..., n) values, or (N, ..., C) probabilities
    table: Table


def one_step(experiment: Experiment) -> OneStep:
    return in_table(experiment, experiment.model.predict(experiment.data.inputs))


def in_table(experiment: Experiment, outputs: np.ndarray) -> OneStep:
    """What the model's outputs for all of its data say."""
    data, task = experiment.data, experiment.data.task
    predictions, columns = _read(experiment, outputs)
    part = [TRAINED] * data.train + [HELD_OUT] * data.held_out
    table = {task.position: data.positions, "truth": task.column(data.targets), **columns, "part": part}
    return OneStep(predictions, table)


def scores_by_part(experiment: Experiment, predictions: np.ndarray) -> Scores:
    """How good the predictions are that `one_step` made."""
    data, parts = experiment.data, {TRAINED: slice(experiment.data.train), HELD_OUT: slice(experiment.data.train, None)}
    scores = {}
    for name, part in (parts | {"all": slice(None)}).items():
        pred, real = predictions[part], data.targets[part]
        if len(real):
            scores[name] = len(real), measured(experiment.metrics, pred, real, data.task.labels)
    return scores


def _read(experiment: Experiment, outputs: np.ndarray) -> tuple[np.ndarray, Table]:
    """The predictions in a model's outputs, and as columns they and what else the outputs tell."""
    task, read = experiment.data.task, experiment.outputs
    with np.errstate(all="ignore"):  # outputs may be as large as they like
        predictions = read.prediction(outputs)
        spread = {name: task.column(values) for name, values in read.spread(outputs).items()}
        return predictions, {**task.columns(predictions), **spread}


def for_new(experiment: Experiment, table: np.ndarray) -> Table:
    """Predictions for a table of new numbers: a class for each row, or the value after every window of a series."""
    data = experiment.data
    examples, names = data.task.asked(experiment.source.inputs(table), data.inputs.shape[1:])
    _, columns = _read(experiment, experiment.model.predict(examples))
    return {**names, **columns}


def extrapolation(experiment: Experiment, steps: int, table: np.ndarray | None = None) -> Table:
    """The `steps` values after the end of the series, or of new values: each prediction is fed back as the newest."""
    task, width = experiment.data.task, experiment.data.inputs.shape[1]
    if not isinstance(task, Forecast):
        raise UserError(f"--steps goes beyond the end of a series, but this model tells {task.targets} apart")
    if table is None:
        values, x0, dx = task.series.values, task.series.positions[-1], task.series.step
    else:
        values, x0, dx = experiment.source.inputs(table)[:, 0], len(table) - 1, 1
    demand_a_window(values, width)
    predictions = extrapolate(experiment.model, values[-width:], steps, experiment.outputs)
    return {"x": x0 + dx * np.arange(1, steps + 1), "prediction": predictions}


def extrapolate(model: Model, window: np.ndarray, steps: int, read: Outputs | None = None) -> np.ndarray:
    """`steps` values after `window` (T,): each is predicted from the T values before it, predicted ones included.

    `read` reads a prediction from the model's outputs; without it, they are one.
    """
    width, read = len(window), read or Outputs({})
    values = np.empty(width + steps, model.dtype)
    with no_grad(), np.errstate(all="ignore"):
        values[:width] = window
        for end, outputs in enumerate(outputs_along(model, values[:-1], width), start=width):
            values[end] = read.prediction(outputs)[0, 0]
    return values[width:]


def as_csv(table: Table) -> bytes:
    """The table as CSV in UTF-8. Numbers have the nine digits that tell any two float32 apart."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    for row in zip(*table.values(), strict=True):
        writer.writerow([f"{cell:.9g}" if isinstance(cell, float | np.floating) else cell for cell in row])
    return text.getvalue().encode()
