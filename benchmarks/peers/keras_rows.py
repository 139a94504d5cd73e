"""The rows with an LSTM in Keras on JAX: its layers, loss and optimizer in one jitted step, as its JAX guide shows."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import keras
import layers as spec
import numpy as np
from jax import Array
from problem import BETAS, EPSILON, LEARNING_RATE, Problem
from rows import Row

from peers.jax_rows import product

__all__ = ["product", "variants", "version"]

LOSSES: dict[str, Callable[[], keras.losses.Loss]] = {
    "MSE": keras.losses.MeanSquaredError,
    "cross-entropy": partial(keras.losses.SparseCategoricalCrossentropy, from_logits=True),
}


# --- the worker's interface ---


def variants(row: Row, problem: Problem) -> dict[str, Callable]:
    if not all(type(layer) in LAYERS for layer in row.layers):
        raise LookupError("this row is not written for keras")
    return {"stateless": partial(_step, row, problem)}


def version() -> str:
    return f"keras {keras.__version__} on {keras.backend.backend()}"


# --- models ---


def _lstm(layer: spec.LSTM) -> keras.layers.Layer:
    return keras.layers.LSTM(layer.hidden_dim, return_sequences=layer.return_sequences)


LAYERS: dict[type, Callable[..., keras.layers.Layer]] = {
    spec.LSTM: _lstm,
    spec.Linear: lambda layer: keras.layers.Dense(layer.units),
    spec.Embedding: lambda layer: keras.layers.Embedding(layer.tokens, layer.dim),
}


def _model(row: Row, problem: Problem) -> keras.Model:
    model = keras.Sequential([LAYERS[type(layer)](layer) for layer in row.layers])
    model.build((row.batch, *row.shape))
    for placed, layer in zip(spec.placed(row.layers, row.shape), model.layers, strict=True):
        arrays = [problem.weights[f"{placed.name}.{name}"] for name in placed.layer.weights(placed.shape)]
        layer.set_weights(list(map(_gates, arrays)) if isinstance(placed.layer, spec.LSTM) else arrays)
    return model


def _gates(array: np.ndarray) -> np.ndarray:
    """Gates i, f, o, g in Keras's order: i, f, g, o."""
    i, f, o, g = np.split(array, 4, axis=-1)
    return np.concatenate([i, f, g, o], axis=-1)


# --- training ---


def _step(row: Row, problem: Problem) -> Callable[[int], Array]:
    model, loss_fn = _model(row, problem), LOSSES[row.loss]()
    first, second = BETAS
    optimizer = keras.optimizers.Adam(LEARNING_RATE, beta_1=first, beta_2=second, epsilon=EPSILON)
    optimizer.build(model.trainable_variables)

    def loss_of(weights: list, fixed: list, x: Array, y: Array) -> Array:
        outputs, _ = model.stateless_call(weights, fixed, x, training=True)
        return loss_fn(y, outputs)

    @partial(jax.jit, donate_argnums=(0, 2))
    def train(weights: list, fixed: list, state: list, x: Array, y: Array) -> tuple[list, list, Array]:
        loss, gradients = jax.value_and_grad(loss_of)(weights, fixed, x, y)
        weights, state = optimizer.stateless_apply(state, gradients, weights)
        return weights, state, loss

    weights, fixed = ([v.value for v in part] for part in (model.trainable_variables, model.non_trainable_variables))
    state = [v.value for v in optimizer.variables]
    batches = [(jnp.array(x), jnp.array(y)) for x, y in zip(problem.inputs, problem.targets, strict=True)]

    def step(batch: int) -> Array:
        nonlocal weights, state
        weights, state, loss = train(weights, fixed, state, *batches[batch])
        return loss

    return step
