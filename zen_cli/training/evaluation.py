"""How good a model is on examples that do not train."""

import numpy as np

from zen_cli.autodiff import no_grad
from zen_cli.config.build import Experiment
from zen_cli.loss import Loss
from zen_cli.metric import measured
from zen_cli.nn.model import Model, batches

EVALUATION_BATCH = 256


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
