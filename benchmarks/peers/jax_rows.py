"""The rows in JAX: one jitted training step on weights by name or packed into a vector, and jitted predictions."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.flatten_util import ravel_pytree
from layers import GRU, LSTM, RNN, MaxPool
from problem import BETA, BETAS, EPSILON, LEARNING_RATE, Problem
from rows import FREE_STEPS, Row

from peers.jax_models import Way, forward

IMAGES = [Way(), Way(pool_by_window=True)]
RECURRENT = [*(Way(unroll=n) for n in (1, 5, 10, 50)), Way(unroll=5, inside=True, remat=True)]
GATED = [Way(), Way(inside=True), Way(inside=True, remat=True), Way(unroll=5, inside=True, remat=True)]


# --- the worker's interface ---


def variants(row: Row, problem: Problem) -> dict[str, Callable]:
    ways = {way: partial(forward, row.layers, way) for way in _ways(row)}
    if row.task != "train":
        ask = _predict if row.task == "predict" else _extrapolate
        return {str(way): partial(ask, problem, predict) for way, predict in ways.items()}
    small = sum(value.size for value in problem.weights.values()) < 100_000
    return {
        f"{form}, {way}": partial(_train, row, problem, predict, form)
        for form in (("tree", "packed") if small else ("tree",))
        for way, predict in ways.items()
    }


def _ways(row: Row) -> list[Way]:
    """The choices that were fastest for some row of this kind."""
    kinds = {type(layer) for layer in row.layers}
    choices = ((RNN, RECURRENT), (LSTM, GATED), (GRU, GATED), (MaxPool, IMAGES))
    return next((ways for kind, ways in choices if kind in kinds), [Way()])


def version() -> str:
    return f"jax {jax.__version__}"


def product(a: np.ndarray, b: np.ndarray) -> Callable[[], object]:
    """A function that multiplies the two matrices."""
    multiply, x, y = jax.jit(jnp.matmul), jnp.array(a), jnp.array(b)
    return lambda: multiply(x, y).block_until_ready()


# --- training ---


def mse(outputs: Array, targets: Array) -> Array:
    return jnp.mean((outputs - targets) ** 2)


def cross_entropy(scores: Array, classes: Array) -> Array:
    if classes.ndim == 2:  # a class per step: scores are time first
        classes = classes.T
    right = jnp.take_along_axis(scores, classes[..., None], axis=-1)[..., 0]
    return jnp.mean(jax.nn.logsumexp(scores, axis=-1) - right)


def rmsprop(w: Array, g: Array, _: Array, square: Array) -> tuple[Array, ...]:
    square = BETA * square + (1 - BETA) * g * g
    return w - LEARNING_RATE * g / (jnp.sqrt(square) + EPSILON), square


def adam(w: Array, g: Array, t: Array, mean: Array, square: Array) -> tuple[Array, ...]:
    first, second = BETAS
    mean = first * mean + (1 - first) * g
    square = second * square + (1 - second) * g * g
    root = jnp.sqrt(square / (1 - second**t))
    return w - LEARNING_RATE * mean / (1 - first**t) / (root + EPSILON), mean, square


LOSSES = {"MSE": mse, "cross-entropy": cross_entropy}
RULES = {"RMSProp": (rmsprop, 1), "Adam": (adam, 2)}  # and how many arrays each keeps


@partial(jax.jit, static_argnums=(0, 1, 2), donate_argnums=(3, 4))
def train_step(
    predict: Callable, loss_fn: Callable, rule: Callable, weights: Any, state: Any, x: Array, y: Array
) -> tuple[Any, Any, Array]:
    """Weights and the optimizer's state after the step, and the loss before it; `weights` is any tree of arrays."""
    t, *slots = state
    loss, gradients = jax.value_and_grad(lambda w: loss_fn(predict(w, x), y))(weights)
    moved = jax.tree.map(lambda w, g, *s: rule(w, g, t, *s), weights, gradients, *slots)
    weights, *slots = jax.tree.transpose(
        jax.tree.structure(weights), jax.tree.structure((0,) * (1 + len(slots))), moved
    )
    return weights, (t + 1, *slots), loss


def _train(row: Row, problem: Problem, predict: Callable, form: str) -> Callable[[int], Array]:
    """A step on the weights by name, or packed into one vector: fewer arrays to pass, as in zen."""
    weights: Any = _weights(problem)
    weights, unpack = ravel_pytree(weights) if form == "packed" else (weights, lambda tree: tree)
    rule, count = RULES[row.optimizer]
    state = (jnp.float32(1), *(jax.tree.map(jnp.zeros_like, weights) for _ in range(count)))
    batches = [(jnp.array(x), jnp.array(y)) for x, y in zip(problem.inputs, problem.targets, strict=True)]
    train = partial(train_step, lambda w, x: predict(unpack(w), x), LOSSES[row.loss], rule)

    def step(batch: int) -> Array:
        nonlocal weights, state
        weights, state, loss = train(weights, state, *batches[batch])
        return loss

    return step


def _weights(problem: Problem) -> dict[str, Array]:
    return {name: jnp.array(value) for name, value in problem.weights.items()}


# --- predicting ---


def _predict(problem: Problem, predict: Callable) -> Callable[[int], float]:
    answer, batches = jax.jit(partial(predict, _weights(problem))), list(map(jnp.array, problem.inputs))
    return lambda batch: float(answer(batches[batch])[0, 0])


def _extrapolate(problem: Problem, predict: Callable) -> Callable[[int], float]:
    """The mean of the predictions that follow the batch's one window, in a scan over them."""
    weights, windows = _weights(problem), list(map(jnp.array, problem.inputs[:, 0]))  # (T, 1) each

    @jax.jit
    def mean(window: Array) -> Array:
        def push(window: Array, _: None) -> tuple[Array, Array]:
            value = predict(weights, window[None])  # (1, 1)
            return jnp.concatenate([window[1:], value]), value

        return jnp.mean(lax.scan(push, window, length=FREE_STEPS)[1])

    return lambda batch: float(mean(windows[batch]))
