"""The outputs for every window of a series, at the cost of one time step each where the model allows it.

A value is in many windows, at another place in each. Where only recurrences carry anything from step to step, all
windows that hold a value take it in together, as one batch. Each starts from zero, so the outputs are those of windows
that run one by one, up to rounding.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from zen_cli.autodiff import Tensor
from zen_cli.autodiff.elementwise import logistic
from zen_cli.autodiff.recurrent import ACTIVATIONS
from zen_cli.nn.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from zen_cli.nn.cells import GRUCell, LSTMCell, RNNCell
from zen_cli.nn.dropout import Dropout
from zen_cli.nn.layers import Layer, Linear
from zen_cli.nn.model import Model
from zen_cli.nn.normalization import BatchNorm, LayerNorm
from zen_cli.nn.recurrent import Recurrent
from zen_cli.nn.residual import Residual

Array = np.ndarray
Fed = tuple[Sequence[Layer], RNNCell | LSTMCell | GRUCell]  # a recurrence and, first, what its inputs come through
Action = Callable[[], object]
Advance = Callable[[Array, Array], object]  # takes the gates z and changes the states h

ON_LAST_AXIS = (
    *(Linear, Dropout, LayerNorm, BatchNorm, Residual),
    *(ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh),
)


def outputs_along(model: Model, values: Array, length: int) -> Iterator[Array]:
    """The outputs (1, ...) for each window of `length` values, in order, where `values` is (N,), of the model's dtype.

    The last value of a window is not read before its outputs are asked for: it may depend on the outputs before.
    """
    model.predict(np.zeros((1, length, 1)))  # makes the parameters, and refuses windows that do not fit
    if split := _split(model.layers):
        return _together(*split, values, length)
    return (model.predict(values[None, end - length : end, None]) for end in range(length, len(values) + 1))


def _together(body: Sequence[Fed], head: Sequence[Layer], values: Array, length: int) -> Iterator[Array]:
    """Each window has a column of its own until it is complete; then another starts there."""
    windows = len(values) - length + 1
    count = min(length, windows)
    columns, actions = _laid_out(_steps(body), count, values.dtype)
    at_start, H = columns[:, 0].copy(), body[-1][1].hidden_dim
    states, outputs = columns[-1 - H :].T, _outputs(head, H, values.dtype)
    for i in range(len(values)):
        if i < windows:
            columns[:, i % count] = at_start
        columns[0] = values[i]
        for act in actions:
            act()
        if (complete := i + 1 - length) >= 0:
            column = complete % count
            yield outputs(states[column : column + 1])


def _outputs(head: Sequence[Layer], H: int, dtype: np.dtype) -> Callable[[Array], Array]:
    """The head as a function of a last state and a 1, (1, H + 1); the Linear layers that it starts with become one."""
    maps = _linear_maps(head)
    others = head[len(maps) :]
    w_b = reduce(_composed, maps, np.eye(H + 1, H, dtype=dtype))

    def outputs(h_1: Array) -> Array:
        y: Array = h_1.dot(w_b)
        return _through(others, y) if others else y

    return outputs


# --- what a stack is made of ---


def _split(layers: Sequence[Layer]) -> tuple[Sequence[Fed], Sequence[Layer]] | None:
    """The recurrences up to the one that gives its last state, and the layers after it.

    None where anything but their states goes from step to step.
    """
    layers = [layer for layer in layers if not isinstance(layer, Dropout)]  # which changes no prediction
    body: list[Fed] = []
    between: list[Layer] = []
    for place, layer in enumerate(layers, start=1):
        if isinstance(layer, Recurrent) and _is_known(layer):
            for (cell,) in layer.cells:
                body.append((between, cell))
                between = []
            if not layer.return_sequences:
                return body, layers[place:]
            between = [layer.V] if layer.V else []
        elif _is_on_last_axis(layer):
            between.append(layer)
        else:
            break
    return None


def _is_known(layer: Recurrent[Any]) -> bool:
    return not layer.bidirectional and all(type(cell) in CELLS for (cell,) in layer.cells)


def _is_on_last_axis(layer: Layer) -> bool:
    return type(layer) in ON_LAST_AXIS and all(map(_is_on_last_axis, layer.parts))


def _through(layers: Iterable[Layer], x: Array) -> Array:
    return reduce(lambda y, layer: layer(y), layers, Tensor(x, requires_grad=False)).value


# --- x w + b as one matrix, [w; b] ---


def _linear_maps(layers: Iterable[Layer]) -> list[Array]:
    """Those of the Linear layers that these begin with."""
    maps: list[Array] = []
    for layer in layers:
        if not isinstance(layer, Linear):
            break
        maps.append(np.vstack([layer.w.value, layer.b.value]))
    return maps


def _composed(first: Array, second: Array) -> Array:
    both: Array = first.dot(second[:-1])
    both[-1] += second[-1]
    return both


# --- steps on columns ---


@dataclass(frozen=True)
class Recurrence:
    """One product for all gates, z = [x, 1, h] [u; b; w], and `advance`, which makes the next states h of them."""

    u_b: Array  # (n + 1, gates)
    w: Array  # (H, gates)
    advance: Advance

    @property
    def n(self) -> int:
        return len(self.u_b) - 1

    @property
    def height(self) -> int:
        return len(self.w)

    def on(self, x1h: Array) -> Action:
        """What does the step, where x, 1 and h are the rows (n + 1 + H, C) of `x1h`, for C windows."""
        weights, h, advance = np.vstack([self.u_b, self.w]).T, x1h[self.n + 1 :], self.advance
        z = np.empty((len(weights), x1h.shape[1]), x1h.dtype)

        def act() -> None:
            weights.dot(x1h, z)
            advance(z, h)

        return act


@dataclass(frozen=True)
class EachAlone:
    """Layers that take each time step alone: n features x become y, of `height`."""

    layers: Sequence[Layer]
    n: int
    height: int

    def on(self, x1y: Array) -> Action:
        x, y = x1y[: self.n].T, x1y[self.n + 1 :].T

        def act() -> None:
            y[...] = _through(self.layers, x)

        return act


def _steps(body: Sequence[Fed]) -> list[Recurrence | EachAlone]:
    """What is done for each value, in order; Linear layers right before a recurrence become one with it."""
    steps: list[Recurrence | EachAlone] = []
    n = 1
    for layers, cell in body:
        maps = _linear_maps(reversed(layers))[::-1]
        u_b, w, advance = CELLS[type(cell)](cell)
        recurrence = Recurrence(reduce(_composed, [*maps, u_b]), w, advance)
        if others := layers[: len(layers) - len(maps)]:
            steps.append(EachAlone(others, n, recurrence.n))
        steps.append(recurrence)
        n = cell.hidden_dim
    return steps


def _laid_out(steps: Sequence[Recurrence | EachAlone], count: int, dtype: np.dtype) -> tuple[Array, list[Action]]:
    """A matrix with the rows x, 1, y of the first step, 1, y of the second, 1, ..., and what does the steps on it.

    So the rows of a step are one block of memory: its x, a 1 for the bias, and its y, which is the next one's x.
    """
    ends = list(accumulate((step.height + 1 for step in steps), initial=2))
    columns = np.zeros((ends[-1], count), dtype)
    columns[np.subtract(ends, 1)] = 1
    places = zip(steps, pairwise(ends), strict=True)
    return columns, [step.on(columns[x_end - 1 - step.n : y_end - 1]) for step, (x_end, y_end) in places]


# --- the equations of the cells: [u; b], w and what makes h of z ---


def _rnn(cell: RNNCell) -> tuple[Array, Array, Advance]:
    U, W = cell.U, cell.W
    return np.vstack([U.w.value, U.b.value + W.b.value]), W.w.value, ACTIVATIONS[cell.activation]


def _lstm(cell: LSTMCell) -> tuple[Array, Array, Advance]:
    """As in `autodiff.lstm`. The cell states c stand before h, and no gate is made of them."""
    H = cell.hidden_dim

    def advance(z: Array, c_h: Array) -> None:
        c, h = c_h.reshape(2, H, -1)
        i, f, o = logistic(z[: 3 * H]).reshape(3, H, -1)
        c[...] = f * c + i * np.tanh(z[3 * H :])
        h[...] = o * np.tanh(c)

    W = cell.W.value
    return np.vstack([cell.U.value, cell.b.value]), np.vstack([np.zeros_like(W), W]), advance


def _gru(cell: GRUCell) -> tuple[Array, Array, Advance]:
    """As in `autodiff.gru`. The parts of z are those of r, of z, q = h w_n + b_n, and what x adds to n."""
    H = cell.hidden_dim

    def advance(gates: Array, h: Array) -> None:
        r, z = logistic(gates[: 2 * H]).reshape(2, H, -1)
        q, from_x = gates[2 * H :].reshape(2, H, -1)
        n = np.tanh(from_x + r * q)
        h[...] = n + z * (h - n)

    u_b, w = np.vstack([cell.U.value, cell.b.value]), cell.W.value
    to_q = np.zeros_like(u_b[:, :H])
    to_q[-1] = cell.b_n.value
    u_b = np.hstack([u_b[:, : 2 * H], to_q, u_b[:, 2 * H :]])
    return u_b, np.hstack([w, np.zeros_like(w[:, :H])]), advance


CELLS: dict[type, Callable[[Any], tuple[Array, Array, Advance]]] = {RNNCell: _rnn, LSTMCell: _lstm, GRUCell: _gru}
