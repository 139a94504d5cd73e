"""The rows in JAX: one jitted step, the recurrence a `lax.scan`, everything else over the whole sequence at once."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.flatten_util import ravel_pytree
from problem import BETA, EPSILON, LEARNING_RATE, Problem

UNROLL = (1, 5, 10, 25, 50)

Weights = dict[str, Array]


def linear(w: Weights, name: str, x: Array) -> Array:
    return x @ w[f"{name}.w"] + w[f"{name}.b"]


def rnn(w: Weights, name: str, x: Array, unroll: int) -> tuple[Array, Array]:
    """The last state (B, H) and all of them (T, B, H) for x (T, B, n)."""
    inputs = linear(w, f"{name}.U", x) + w[f"{name}.W.b"]
    recurrent = w[f"{name}.W.w"]

    def cell(h: Array, u: Array) -> tuple[Array, Array]:
        h = jnp.tanh(u + h @ recurrent)
        return h, h

    return lax.scan(cell, jnp.zeros_like(inputs[0]), inputs, unroll=unroll)


def seed(w: Weights, x: Array, unroll: int) -> Array:
    _, states = rnn(w, "0.RNN", x.transpose(1, 0, 2), unroll)
    last, _ = rnn(w, "1.RNN", linear(w, "0.RNN.V", states), unroll)
    return linear(w, "3.Linear", linear(w, "2.Linear", last))


ROWS = {"seed": seed}


# --- training ---


@partial(jax.jit, static_argnums=0)
def train_step(forward: Callable, weights: Any, squares: Any, x: Array, y: Array) -> tuple[Any, Any, Array]:
    """Weights and RMSProp's squares after the step, and the loss before it; `weights` is any tree of arrays."""
    loss, gradients = jax.value_and_grad(lambda w: jnp.mean((forward(w, x) - y) ** 2))(weights)
    squares = jax.tree.map(lambda s, g: BETA * s + (1 - BETA) * g * g, squares, gradients)
    weights = jax.tree.map(lambda w, g, s: w - LEARNING_RATE * g / (jnp.sqrt(s) + EPSILON), weights, gradients, squares)
    return weights, squares, loss


# --- the worker's interface ---


def variants(name: str, problem: Problem) -> dict[str, Callable]:
    return {
        f"{'packed' if packed else 'tree'}, unroll {n}": partial(_step, ROWS[name], packed, n, problem)
        for packed in (True, False)
        for n in UNROLL
    }


def _step(model: Callable, packed: bool, unroll: int, problem: Problem) -> Callable[[int], Array]:
    """A step on the weights by name, or packed into one vector: fewer arrays to pass, as in zen."""
    weights: Any = {name: jnp.array(value) for name, value in problem.weights.items()}
    weights, unpack = ravel_pytree(weights) if packed else (weights, lambda tree: tree)
    squares = jax.tree.map(jnp.zeros_like, weights)
    batches = [(jnp.array(x), jnp.array(y)) for x, y in zip(problem.inputs, problem.targets, strict=True)]

    def forward(w: Any, x: Array) -> Array:
        return model(unpack(w), x, unroll)

    def step(batch: int) -> Array:
        nonlocal weights, squares
        weights, squares, loss = train_step(forward, weights, squares, *batches[batch])
        return loss

    return step


def version() -> str:
    return f"jax {jax.__version__}"
