"""The rows in zen, with its public classes."""

import os
from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import numpy as np
from layers import Layer
from problem import BETA, BETAS, EPSILON, LEARNING_RATE, Problem
from rows import FREE_STEPS, Row

from zen_cli import __version__, nn
from zen_cli.loss import MSE, categorical_crossentropy
from zen_cli.optim import Adam, RMSProp
from zen_cli.training import environment
from zen_cli.training.loop import train_step

# what `zen train` does at its start
environment.pin_threads(int(os.environ["OPENBLAS_NUM_THREADS"]))
environment.keep_freed_memory()

LOSSES = {"MSE": MSE, "cross-entropy": categorical_crossentropy}
OPTIMIZERS = {
    "RMSProp": partial(RMSProp, LEARNING_RATE, beta=BETA, epsilon=EPSILON**2),
    "Adam": partial(Adam, LEARNING_RATE, *BETAS, epsilon=EPSILON),
}


# --- the worker's interface ---


def variants(row: Row, problem: Problem) -> dict[str, Callable]:
    return {"zen": partial(TASKS[row.task], row, problem)}


def version() -> str:
    return f"zen {__version__}, numpy {np.__version__}"


def product(a: np.ndarray, b: np.ndarray) -> Callable[[], object]:
    """A function that multiplies the two matrices."""
    return partial(np.dot, a, b)


# --- models ---


def model_of(row: Row, problem: Problem) -> nn.Model:
    """The row's model with the problem's weights."""
    layers = [_layer(layer) for layer in row.layers]
    if row.loss == "cross-entropy":
        layers.append(nn.Softmax())
    model = nn.Model(layers, seed=0, dtype="float32")
    model(problem.inputs[0])  # which makes the parameters
    ours, theirs = (
        {name: value.shape for name, value in found} for found in (_parameters(model), problem.weights.items())
    )
    if ours != theirs:
        raise LookupError(f"zen's parameters are {ours}, the problem's {theirs}")
    for name, value in _parameters(model):
        value[...] = problem.weights[name]
    return model


def _layer(layer: Layer) -> nn.Layer:
    name = type(layer).__name__
    if not hasattr(nn, name):
        raise LookupError(f"zen has no layer {name}")
    return getattr(nn, name)(**asdict(layer))


def _parameters(model: nn.Model) -> list[tuple[str, np.ndarray]]:
    return [(p.name, p.value) for p in model.parameters]


# --- tasks ---


def _train(row: Row, problem: Problem) -> Callable[[int], float]:
    model, optimizer, loss_fn = model_of(row, problem), OPTIMIZERS[row.optimizer](), LOSSES[row.loss]

    def step(batch: int) -> float:
        x, y = problem.inputs[batch], problem.targets[batch]
        return train_step(model, x, y, loss_fn, optimizer, optimizer.steps + 1)

    return step


def _predict(row: Row, problem: Problem) -> Callable[[int], float]:
    model = model_of(row, problem)
    return lambda batch: float(model.predict(problem.inputs[batch])[0, 0])


def _extrapolate(row: Row, problem: Problem) -> Callable[[int], float]:
    """The mean of the predictions that follow the batch's one window."""
    from zen_cli.training.predictions import extrapolate

    model, windows = model_of(row, problem), problem.inputs[:, 0, :, 0]  # (batches, T)
    return lambda batch: float(extrapolate(model, windows[batch], FREE_STEPS).mean())


TASKS = {"train": _train, "predict": _predict, "extrapolate": _extrapolate}
