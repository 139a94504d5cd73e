"""What a model says of examples, in the user's units, and how good that is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zen_cli.autodiff import no_grad
from zen_cli.config.build import Experiment, Predictor
from zen_cli.data.dataset import Dataset
from zen_cli.data.parts import size_of, thinned
from zen_cli.data.rows import Where, selected
from zen_cli.interval import Interval
from zen_cli.loss import Loss, Outputs, compared, counted
from zen_cli.metric import measured
from zen_cli.nn.model import Model, batches
from zen_cli.padded import Padded, Rows

EVALUATION_BATCH = 256
NUMBERS_AT_ONCE = 2**25  # in predictions that are held: 128 MiB

Array = np.ndarray


@dataclass(frozen=True)
class Answers:
    """What a model says of n examples: predictions (n, ..., k), what else its outputs tell of them, and the loss."""

    predictions: Array
    spread: Mapping[str, Array]
    loss: float


def held_out_scores(experiment: Experiment) -> dict[str, float]:
    """`val_loss`, and the metrics, on the validation part; empty where there is none."""
    part = thinned(experiment.data.parts.validation, most_at_once(experiment.data))
    if not size_of(part):
        return {}
    found = answers(experiment, experiment.data, part)
    scores = scored(experiment, found.predictions, experiment.data.truth(part))
    return {"val_loss": found.loss, **{f"val_{name}": score for name, score in scores.items()}}


def most_at_once(data: Dataset) -> int:
    """Of how many examples the predictions may be held at once: of text each has a number for every token."""
    each = math.prod(data.task.prediction_shape(data.target_shape))
    return max(1, NUMBERS_AT_ONCE // max(1, each))


def answers(predictor: Predictor, data: Dataset, where: Where) -> Answers:
    """What the model says of these examples; the loss is that of training, and nan where targets are unknown."""
    inputs, read = selected(data.inputs, where), predictor.outputs
    loss, outputs = evaluate(predictor.model, inputs, selected(data.targets, where), predictor.loss_fn)
    with np.errstate(all="ignore"):  # outputs may be as large as they like
        if steps := predictor.preparation.fed_back:
            return in_units(data, fed_back(predictor.model, inputs, steps, read), {}, where, loss)
        return in_units(data, read.prediction(outputs), read.spread(outputs), where, loss)


def in_units(data: Dataset, predictions: Array, spread: Mapping[str, Array], where: Where, loss: float) -> Answers:
    """The answers, from what a model says in the units that it computes with."""
    answer = data.in_units(predictions, where)
    converted = {
        name: data.in_units(predictions + values, where) - answer if name == "std" else data.in_units(values, where)
        for name, values in spread.items()
    }
    return Answers(answer, converted, loss)


def calibrated(experiment: Experiment, level: float) -> Interval:
    """Intervals from the errors on the validation part."""
    data, part = experiment.data, experiment.data.parts.validation
    found, groups = answers(experiment, data, part), data.groups(part)
    return Interval.of(level, found.predictions, found.spread, data.truth(part), groups, data.group_count)


def fed_back(model: Model, windows: Rows, steps: int, read: Outputs) -> Array:
    """`steps` values of each channel after windows (n, W, t), each predicted from those before it: (n, steps * t)."""
    parts = []
    for batch in batches(len(windows), EVALUATION_BATCH):
        seen = np.array(windows[batch], model.dtype)
        predicted: list[Array] = []
        for _ in range(steps):
            predicted.append(read.prediction(model.predict(seen)))
            seen = np.concatenate([seen[:, 1:], predicted[-1][:, None]], axis=1)
        parts.append(np.concatenate(predicted, axis=1))
    return np.concatenate(parts)


def scored(predictor: Predictor, predictions: Array, truth: Any) -> dict[str, float]:
    """The metrics of predictions against the truth, of those that are known."""
    pred, real = known(predictions, truth)
    return measured(predictor.metrics, pred, real, predictor.task.labels)


def known(predictions: Array, truth: Any) -> tuple[Array, Array]:
    """Predictions and truth where that is known; of sequences of different lengths, the steps one after the other."""
    if isinstance(truth, Padded):
        predictions, truth = truth.steps(predictions), truth.steps(truth.values)
    there = truth >= 0 if truth.dtype.kind in "iu" else ~np.isnan(truth).any(axis=-1)
    return (predictions, truth) if there.all() else (predictions[there], truth[there])


def evaluate(model: Model, inputs: Rows, targets: Rows, loss_fn: Loss) -> tuple[float, np.ndarray]:
    """The mean loss over all examples, nan where a target is unknown, and the outputs, as `Model.predict` gives them.

    Where sequences of different lengths have a target for each step, the mean is over all steps.
    """
    outputs, losses, sizes = [], [], []
    with no_grad(), np.errstate(all="ignore"):
        for batch in batches(len(inputs), EVALUATION_BATCH):
            pred, real = model(inputs[batch]), targets[batch]
            losses.append(math.nan if _lacks_a_class(real) else float(compared(loss_fn, pred, real).value))
            sizes.append(counted(real))
            outputs.append(pred.value)
    return float(np.dot(losses, sizes)) / sum(sizes), model.joined(outputs, inputs)


def _lacks_a_class(targets: Array | Padded) -> bool:
    values = targets.values if isinstance(targets, Padded) else targets
    return values.dtype.kind in "iu" and bool((values < 0).any())
