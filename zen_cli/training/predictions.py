"""What a trained model says, as tables: for every example, for new data, and beyond the end of a series."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from zen_cli.config import build
from zen_cli.config.build import Experiment
from zen_cli.data.series import windows
from zen_cli.errors import DataError, RunError, UserError
from zen_cli.metric import equal, rmse
from zen_cli.nn import Model
from zen_cli.training import checkpoint, environment
from zen_cli.training.run import Run

Table = Mapping[str, Sequence[Any] | np.ndarray]  # columns by name, all of one length
Scores = Mapping[str, tuple[int, float]]  # for each part of the data: how many examples, and their score

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
    stored.restore(experiment.model.parameters)
    environment.pin_threads(experiment.config["training"]["threads"])
    return experiment


def one_step(experiment: Experiment) -> Table:
    """The prediction for every example beside the truth, and whether the example trained."""
    data = experiment.data
    outputs = experiment.model.predict(data.inputs)
    part = [TRAINED] * data.train + [HELD_OUT] * data.held_out
    if data.labels:
        truth = [data.labels[i] for i in data.targets.argmax(axis=-1)]
        return {"example": data.positions, "truth": truth, **_classes(outputs, data.labels), "part": part}
    return {"x": data.positions, "truth": data.targets[:, 0], "prediction": outputs[:, 0], "part": part}


def scores_by_part(experiment: Experiment, table: Table) -> Scores:
    """The scores of a table that `one_step` made: accuracy for classes, RMSE for values."""
    real, pred, part = (np.asarray(table[column]) for column in ("truth", "prediction", "part"))
    score = equal if experiment.data.labels else rmse
    chosen = {TRAINED: part == TRAINED, HELD_OUT: part == HELD_OUT, "all": part != ""}
    return {name: (int(mask.sum()), score(pred[mask], real[mask])) for name, mask in chosen.items() if mask.any()}


def for_new(experiment: Experiment, table: np.ndarray) -> Table:
    """Predictions for a table of new numbers: a class for each row, or the value after every window of a series."""
    inputs = experiment.source.inputs(table)
    if experiment.data.labels:
        outputs = experiment.model.predict(inputs)
        return {"example": np.arange(len(inputs)), **_classes(outputs, experiment.data.labels)}
    values = inputs[:, 0]
    width = _window(experiment, values)
    outputs = experiment.model.predict(windows(values, width))
    return {
        "index": np.arange(width, len(values) + 1),
        "truth": [*values[width:], ""],  # the last prediction is of a value that is not known yet
        "prediction": outputs[:, 0],
    }


def extrapolation(experiment: Experiment, steps: int, table: np.ndarray | None = None) -> Table:
    """The `steps` values after the end of the series, or of new values: each prediction is fed back as the newest."""
    series = experiment.data.series
    if series is None:
        raise UserError("--steps goes beyond the end of a series, but this model tells classes apart")
    if table is None:
        values, x0, dx = series.values, series.positions[-1], series.step
    else:
        values, x0, dx = experiment.source.inputs(table)[:, 0], len(table) - 1, 1
    width = _window(experiment, values)
    return {"x": x0 + dx * np.arange(1, steps + 1), "prediction": extrapolate(experiment.model, values[-width:], steps)}


def extrapolate(model: Model, window: np.ndarray, steps: int) -> np.ndarray:
    """`steps` values after `window` (T,): each is predicted from the T values before it, predicted ones included."""
    width = len(window)
    values = np.empty(width + steps, model.dtype)
    with np.errstate(over="ignore"):
        values[:width] = window
    for end in range(width, width + steps):
        values[end] = model.predict(values[None, end - width : end, None])[0, 0]
    return values[width:]


def as_csv(table: Table) -> bytes:
    """The table as CSV in UTF-8. Numbers have the nine digits that tell any two float32 apart."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    for row in zip(*table.values(), strict=True):
        writer.writerow([f"{cell:.9g}" if isinstance(cell, float | np.floating) else cell for cell in row])
    return text.getvalue().encode()


def _window(experiment: Experiment, values: np.ndarray) -> int:
    """How many values the model looks at; DataError where `values` are fewer."""
    width = int(experiment.data.inputs.shape[1])
    if len(values) < width:
        raise DataError(f"the model looks at {width} values to predict the next, but there are only {len(values)}")
    return width


def _classes(outputs: np.ndarray, labels: Sequence[str]) -> Table:
    names = [labels[i] for i in outputs.argmax(axis=-1)]
    probabilities = {f"probability_{label}": outputs[:, i] for i, label in enumerate(labels)}
    return {"prediction": names, **probabilities}
