"""The layers in JAX, on weights under zen's names. Sequences run time first, (T, B, n), from first layer to last."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import layers as spec
from jax import Array, lax

Weights = dict[str, Array]
Carry = tuple[Array, ...]

SEQUENTIAL = (spec.Embedding, spec.RNN, spec.Gated)


@dataclass(frozen=True)
class Way:
    """Choices that leave the result as it is, and the time not. Which are fastest depends on the sizes."""

    unroll: int = 1  # steps of a scan that are one iteration of its loop
    inside: bool = False  # inputs are projected in each step of the scan, not all before it: less memory to walk
    remat: bool = False  # the backward pass computes again what is not a product, instead of reading it back
    pool_by_window: bool = False

    def __str__(self) -> str:
        scan = f"unroll {self.unroll}{', projection inside' * self.inside}{', remat' * self.remat}"
        return scan + ", pool by window" * self.pool_by_window


def forward(row_layers: tuple[spec.Layer, ...], way: Way, weights: Weights, x: Array) -> Array:
    """The output for a batch: (B, ...), or time first, (T, B, ...), where it is a sequence."""
    if isinstance(row_layers[0], SEQUENTIAL):
        x = x.swapaxes(0, 1)
    for place, layer in enumerate(row_layers):
        x = apply(layer, partial(_weight, weights, f"{place}.{type(layer).__name__}"), x, way)
    return x


def _weight(weights: Weights, layer: str, name: str) -> Array:
    return weights[f"{layer}.{name}"]


def apply(layer: spec.Layer, w: Callable, x: Array, way: Way) -> Array:
    """The layer's output; `w` gives its weights by name."""
    match layer:
        case spec.Linear():
            return linear(w, x)
        case spec.ReLU():
            return jax.nn.relu(x)
        case spec.Sigmoid():
            return jax.nn.sigmoid(x)
        case spec.Flatten():
            return x.reshape(len(x), -1)
        case spec.Embedding():
            return w("w")[x]
        case spec.Conv2D():
            return convolution(w, x)
        case spec.MaxPool():
            return max_pool(x, layer.size, way.pool_by_window)
    return RECURRENT[type(layer)](layer, w, x, way)


def linear(w: Callable, x: Array, part: str = "") -> Array:
    return x @ w(f"{part}w") + w(f"{part}b")


# --- images ---


def convolution(w: Callable, x: Array) -> Array:
    numbers = ("NHWC", "HWIO", "NHWC")
    return lax.conv_general_dilated(x, w("w"), (1, 1), "VALID", dimension_numbers=numbers) + w("b")


def max_pool(x: Array, size: int, by_window: bool) -> Array:
    """By `reduce_window`, whose gradient is a scatter, or by a maximum over axes, whose gradient is a comparison."""
    if by_window:
        window = (1, size, size, 1)
        return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")
    B, height, width, C = x.shape
    H, W = height // size, width // size
    return x[:, : H * size, : W * size].reshape(B, H, size, W, size, C).max((2, 4))


# --- sequences ---


def states(cell: Callable, project: Callable, x: Array, first: Carry, way: Way, sequences: bool) -> Array:
    """All states (T, B, H) of a cell, or the last, (B, H).

    The cell takes a carry, which begins with the state, and `project(x)` of a step.
    """
    inputs = x if way.inside else project(x)

    def step(carry: Carry, x: Array) -> tuple[Carry, Array | None]:
        carry = cell(carry, project(x) if way.inside else x)
        return carry, carry[0] if sequences else None

    if way.remat:
        step = jax.checkpoint(step, policy=jax.checkpoint_policies.dots_with_no_batch_dims_saveable)
    last, found = lax.scan(step, first, inputs, unroll=way.unroll)
    return found if sequences else last[0]


def rnn(layer: spec.RNN, w: Callable, x: Array, way: Way) -> Array:
    W = w("W.w")

    def cell(carry: Carry, u: Array) -> Carry:
        (h,) = carry
        return (jnp.tanh(u + h @ W),)

    first = (jnp.zeros((x.shape[1], layer.hidden_dim)),)
    h = states(cell, lambda x: linear(w, x, "U.") + w("W.b"), x, first, way, layer.return_sequences)
    return linear(w, h, "V.") if layer.units else h


def lstm(layer: spec.LSTM, w: Callable, x: Array, way: Way) -> Array:
    W = w("W")

    def cell(carry: Carry, u: Array) -> Carry:
        h, c = carry
        i, f, o, g = jnp.split(u + h @ W, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    zero = jnp.zeros((x.shape[1], layer.hidden_dim))
    return states(cell, lambda x: x @ w("U") + w("b"), x, (zero, zero), way, layer.return_sequences)


def gru(layer: spec.GRU, w: Callable, x: Array, way: Way) -> Array:
    W, b_n, split = w("W"), w("b_n"), 2 * layer.hidden_dim

    def cell(carry: Carry, u: Array) -> Carry:
        (h,) = carry
        recurrent = h @ W
        r, z = jnp.split(jax.nn.sigmoid(u[:, :split] + recurrent[:, :split]), 2, axis=-1)
        n = jnp.tanh(u[:, split:] + r * (recurrent[:, split:] + b_n))
        return (n + z * (h - n),)

    first = (jnp.zeros((x.shape[1], layer.hidden_dim)),)
    return states(cell, lambda x: x @ w("U") + w("b"), x, first, way, layer.return_sequences)


RECURRENT: dict[type, Callable[..., Array]] = {spec.RNN: rnn, spec.LSTM: lstm, spec.GRU: gru}
