"""What `zen train configs/sine.yaml` does, in JAX: `python sine_jax.py DIRECTORY`.

The last batch of an epoch is shorter, and predictions are one batch: three shapes to compile, as a plain script would.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import sine_output
from jax import Array, lax

Weights = dict[str, Array]

SHAPES = {
    "rnn0.u": (1, 32),
    "rnn0.w": (32, 32),
    "rnn0.v": (32, 32),
    "rnn1.u": (32, 32),
    "rnn1.w": (32, 32),
    "linear2": (32, 8),
    "linear3": (8, 1),
}


def first_weights() -> Weights:
    """Uniform on +-1/sqrt(n) for n inputs; biases zero."""
    rng = np.random.default_rng(0)
    weights = {}
    for name, (n, m) in SHAPES.items():
        weights[name] = jnp.asarray(rng.uniform(-(n**-0.5), n**-0.5, (n, m)), jnp.float32)
        weights[f"{name}.b"] = jnp.zeros(m)
    return weights


def linear(w: Weights, name: str, x: Array) -> Array:
    return x @ w[name] + w[f"{name}.b"]


def rnn(w: Weights, name: str, x: Array) -> tuple[Array, Array]:
    """The last state (B, H) and all of them (T, B, H) for x (T, B, n)."""
    inputs = linear(w, f"{name}.u", x)

    def cell(h: Array, u: Array) -> tuple[Array, Array]:
        h = jnp.tanh(u + linear(w, f"{name}.w", h))
        return h, h

    return lax.scan(cell, jnp.zeros_like(inputs[0]), inputs)


@jax.jit
def predict(w: Weights, x: Array) -> Array:
    _, states = rnn(w, "rnn0", x.transpose(1, 0, 2))
    last, _ = rnn(w, "rnn1", linear(w, "rnn0.v", states))
    return linear(w, "linear3", linear(w, "linear2", last))


@jax.jit
def train_step(w: Weights, s: Weights, x: Array, y: Array) -> tuple[Weights, Weights, Array]:
    loss, g = jax.value_and_grad(lambda w: jnp.mean((predict(w, x) - y) ** 2))(w)
    s = jax.tree.map(lambda s, g: 0.9 * s + 0.1 * g * g, s, g)
    return jax.tree.map(lambda w, g, s: w - 5e-4 * g / jnp.sqrt(s + 1e-10), w, g, s), s, loss


def train(w: Weights, inputs: np.ndarray, targets: np.ndarray) -> tuple[Weights, list[float]]:
    """The trained weights and the mean loss of each epoch."""
    squares, losses = jax.tree.map(jnp.zeros_like, w), []
    for _ in range(10):
        total = 0.0
        for start in range(0, len(inputs), 8):
            x, y = inputs[start : start + 8], targets[start : start + 8]
            w, squares, loss = train_step(w, squares, x, y)
            total += float(loss) * len(x)
        losses.append(total / len(inputs))
    return w, losses


def main() -> None:
    out = Path(sys.argv[1])
    curve = np.sin(np.arange(200)).astype(np.float32)
    inputs = np.lib.stride_tricks.sliding_window_view(curve[:-1], 50)[:, :, None]  # (150, 50, 1)
    targets = curve[50:, None]
    weights, losses = train(first_weights(), inputs[:50], targets[:50])
    np.savez(out / "weights.npz", **weights)
    sine_output.write(out, losses, targets[:, 0].tolist(), predict(weights, inputs)[:, 0].tolist())


if __name__ == "__main__":
    main()
