"""The rows of the step benchmark, as zen runs them. The peers' side of a row stands in `peers/` under the same name.

To add a row: an entry in ROWS here, and a function in the ROWS of `peers/torch_models.py` and `peers/jax_models.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from problem import BETA, EPSILON, LEARNING_RATE, Problem, sine_batches

from zen_cli import __version__
from zen_cli.loss import MSE
from zen_cli.nn import RNN, Linear, Model
from zen_cli.nn.layers import Layer
from zen_cli.optim import RMSProp
from zen_cli.training.loop import train_step


@dataclass(frozen=True)
class Row:
    """Layers and data of a row; the optimizer is RMSProp with the settings in `problem.py`."""

    title: str
    layers: Callable[[], list[Layer]]
    data: Callable[[], tuple[np.ndarray, ...]]
    loss: Callable = MSE

    def model(self, batch: np.ndarray) -> Model:
        """The model, after the first call, which makes its parameters."""
        model = Model(self.layers(), seed=0, dtype="float32")
        model(batch)
        return model

    def problem(self) -> Problem:
        """The data, with the weights that zen draws for it."""
        inputs, targets = self.data()
        weights = {p.name: p.value for p in self.model(inputs[0]).parameters}
        return Problem(inputs, targets, weights)


def seed_layers() -> list[Layer]:
    """The article's model of a sine curve."""
    return [RNN(32, hidden_dim=32, return_sequences=True), RNN(hidden_dim=32), Linear(8), Linear(1)]


ROWS = {
    "seed": Row(
        "RNN 1>32 with a Linear 32 per step, RNN 32, Linear 8, Linear 1; batch 8, 50 steps", seed_layers, sine_batches
    ),
}


# --- the worker's interface ---


def variants(name: str, problem: Problem) -> dict[str, Callable]:
    return {"train_step": lambda: _step(ROWS[name], problem)}


def _step(row: Row, problem: Problem) -> Callable[[int], float]:
    model, optimizer = row.model(problem.inputs[0]), RMSProp(LEARNING_RATE, beta=BETA, epsilon=EPSILON**2)
    for p in model.parameters:
        p.value[...] = problem.weights[p.name]

    def step(batch: int) -> float:
        x, y = problem.inputs[batch], problem.targets[batch]
        return train_step(model, x, y, row.loss, optimizer, optimizer.steps + 1)

    return step


def version() -> str:
    return f"zen {__version__}, numpy {np.__version__}"
