"""The outputs for every window of a series, each at the cost of one time step where the model allows it.

A value is in many windows, at another place in each. Where only recurrences carry anything from step to step, all
windows that hold a value take it in together, as one batch. Each starts from zero, so the outputs are those of windows
that run one by one, up to rounding.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from zen_cli.autodiff import Tensor
from zen_cli.autodiff.elementwise import logistic
from zen_cli.nn.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from zen_cli.nn.cells import GRUCell, LSTMCell, RNNCell
from zen_cli.nn.dropout import Dropout
from zen_cli.nn.layers import Layer, Linear
from zen_cli.nn.model import Model
from zen_cli.nn.normalization import BatchNorm, LayerNorm
from zen_cli.nn.recurrent import Recurrent
from zen_cli.nn.residual import Residual

Array = np.ndarray
Part = Layer | RNNCell | LSTMCell | GRUCell
Stage = Callable[[Array], Array]

ON_LAST_AXIS = (
    *(Linear, Dropout, LayerNorm, BatchNorm, Residual),
    *(ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh),
)


def outputs_along(model: Model, values: Array, length: int) -> Iterator[Array]:
    """The outputs (1, ...) for each window of `length` values, in order, where `values` is (N,).

    The last value of a window is not read before its outputs are asked for: it may depend on the outputs before.
    """
    model.predict(np.zeros((1, length, 1)))  # makes the parameters, and refuses windows that do not fit
    if parts := _parts(model.layers):
        return _together(*parts, values, length)
    return (model.predict(values[None, end - length : end, None]) for end in range(length, len(values) + 1))


def _together(body: Sequence[Part], head: Sequence[Layer], values: Array, length: int) -> Iterator[Array]:
    """Each window has a row of the batch, which is left to another window once it is complete."""
    windows = len(values) - length + 1
    rows = min(length, windows)
    to_states, to_outputs = _stages(body, rows), _stages(head, 1)
    carried = [stage.carried for stage in to_states if isinstance(stage, Recurrence)]
    for step in range(len(values)):
        if step < windows:
            for states in carried:
                states[step % rows] = 0
        h = _through(to_states, values[step : step + 1, None])  # (rows, H)
        if (complete := step + 1 - length) >= 0:
            row = complete % rows
            yield _through(to_outputs, h[row : row + 1])


def _through(stages: Sequence[Stage], x: Array) -> Array:
    for stage in stages:
        x = stage(x)
    return x


# --- what a stack is made of ---


def _parts(layers: Sequence[Layer]) -> tuple[list[Part], Sequence[Layer]] | None:
    """What takes in a series step by step, up to the recurrence that gives its last state, and the layers after it.

    None where anything else goes from step to step.
    """
    body: list[Part] = []
    for place, layer in enumerate(layers, start=1):
        if isinstance(layer, Recurrent) and not layer.bidirectional:
            body += [cell for (cell,) in layer.cells]
            if not layer.return_sequences:
                return body, layers[place:]
            body += [layer.V] if layer.V else []
        elif _is_on_last_axis(layer):
            body.append(layer)
        else:
            break
    return None


def _is_on_last_axis(layer: Layer) -> bool:
    return isinstance(layer, ON_LAST_AXIS) and all(map(_is_on_last_axis, layer.parts))


def _stages(parts: Sequence[Part], rows: int) -> list[Stage]:
    """The parts as functions of arrays; a Linear layer becomes one with a Linear layer or a recurrence after it."""
    stages: list[Stage] = []
    for part in parts:
        if isinstance(part, Linear):
            stages.append(Affine(part.w.value, part.b.value[None]).after(_pop_affine(stages)))
        elif isinstance(part, RNNCell | LSTMCell | GRUCell):
            stages.append(RECURRENCES[type(part)](part, _pop_affine(stages), rows))
        elif not isinstance(part, Dropout):
            stages.append(partial(_on_array, part))
    return stages


def _on_array(layer: Layer, x: Array) -> Array:
    return layer(Tensor(x, requires_grad=False)).value


class Affine(NamedTuple):
    """x w + b"""

    w: Array  # (n, m)
    b: Array  # (1, m): NumPy adds two matrices sooner than a matrix and a vector

    def __call__(self, x: Array) -> Array:
        y: Array = x.dot(self.w) + self.b
        return y

    def after(self, before: "Affine | None") -> "Affine":
        """Both as one."""
        return Affine(before.w.dot(self.w), self(before.b)) if before else self


def _pop_affine(stages: list[Stage]) -> Affine | None:
    if stages and isinstance(last := stages[-1], Affine):
        stages.pop()
        return last
    return None


# --- one step of a recurrence ---


class Recurrence:
    """One time step of B sequences: x (B, n) gives their next states h (B, H).

    All gates are parts of one product, z = [x, 1, h] [u; b; w], which `advance` makes the states of. They are stored
    features first, (n, B): each of x, h and the gates is then one block of memory.
    """

    arrays = 1  # that are carried from step to step, each (H, B)

    def __init__(self, inputs: Affine, w: Array, before: Affine | None, B: int) -> None:
        u, b = inputs.after(before)
        n, H = len(u), len(w)
        stored = np.zeros((n + 1 + self.arrays * H, B), w.dtype)
        stored[n] = 1
        self.x1h, self.h = stored[: n + 1 + H], stored[n + 1 : n + 1 + H]
        self.x_rows, self.h_rows, self.carried = stored[:n].T, self.h.T, stored[n + 1 :].T
        self.weights = np.concatenate([u, b, w]).T  # (gates, n + 1 + H)
        self.z = np.empty((len(self.weights), B), w.dtype)

    def __call__(self, x: Array) -> Array:
        self.x_rows[...] = x
        self.weights.dot(self.x1h, self.z)
        self.advance()
        return self.h_rows

    def advance(self) -> None:
        raise NotImplementedError


class RNNStep(Recurrence):
    """h = f(z)"""

    def __init__(self, cell: RNNCell, before: Affine | None, B: int) -> None:
        U, W = cell.U, cell.W
        super().__init__(Affine(U.w.value, (U.b.value + W.b.value)[None]), W.w.value, before, B)
        self.f = {"tanh": np.tanh, "relu": partial(np.maximum, 0)}[cell.activation]

    def advance(self) -> None:
        self.f(self.z, out=self.h)


class LSTMStep(Recurrence):
    """As in `autodiff.lstm`; the cell state c is stored behind h."""

    arrays = 2

    def __init__(self, cell: LSTMCell, before: Affine | None, B: int) -> None:
        super().__init__(Affine(cell.U.value, cell.b.value[None]), cell.W.value, before, B)
        self.c = self.carried.T[len(self.h) :]

    def advance(self) -> None:
        H = len(self.h)
        i, f, o = logistic(self.z[: 3 * H]).reshape(3, H, -1)
        g = np.tanh(self.z[3 * H :])
        self.c[:] = f * self.c + i * g
        np.multiply(o, np.tanh(self.c), self.h)


class GRUStep(Recurrence):
    """As in `autodiff.gru`; z holds what r and z are functions of, q = h w_n + b_n, and what x adds to n."""

    def __init__(self, cell: GRUCell, before: Affine | None, B: int) -> None:
        u, b, w = cell.U.value, cell.b.value, cell.W.value
        H = len(w)
        no_x, no_h = np.zeros_like(u[:, :H]), np.zeros_like(w[:, :H])
        u = np.hstack([u[:, : 2 * H], no_x, u[:, 2 * H :]])
        b = np.hstack([b[: 2 * H], cell.b_n.value, b[2 * H :]])
        super().__init__(Affine(u, b[None]), np.hstack([w, no_h]), before, B)

    def advance(self) -> None:
        H = len(self.h)
        r, z = logistic(self.z[: 2 * H]).reshape(2, H, -1)
        q, from_x = self.z[2 * H :].reshape(2, H, -1)
        n = np.tanh(from_x + r * q)
        self.h[:] = n + z * (self.h - n)


RECURRENCES: dict[type, Callable[[Any, Affine | None, int], Recurrence]] = {
    RNNCell: RNNStep,
    LSTMCell: LSTMStep,
    GRUCell: GRUStep,
}
