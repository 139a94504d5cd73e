"""One time step after another, for stacks where only recurrences carry anything from step to step.

A step is done for several sequences at once, each in a column of its own. It equals what the layers make of whole
sequences, up to rounding.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
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
from zen_cli.nn.normalization import BatchNorm, LayerNorm
from zen_cli.nn.recurrent import Recurrent
from zen_cli.nn.residual import Residual

Array = np.ndarray
Fed = tuple[Sequence[Layer], RNNCell | LSTMCell | GRUCell]  # a recurrence and, first, what its inputs come through
Action = Callable[[], object]
Advance = Callable[..., object]  # takes the gates z and changes the states: h, and after it c where there is one

ON_LAST_AXIS = (
    *(Linear, Dropout, LayerNorm, BatchNorm, Residual),
    *(ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh),
)


# --- what a stack is made of ---


def without_dropout(layers: Iterable[Layer]) -> list[Layer]:
    """Those that change a prediction."""
    return [layer for layer in layers if not isinstance(layer, Dropout)]


def recurrences(layers: Iterable[Layer]) -> tuple[Sequence[Fed], Sequence[Layer]] | None:
    """Each recurrence with the layers before it, and the layers after the last one, all of which take steps alone.

    None where anything but the states of recurrences goes from step to step.
    """
    body: list[Fed] = []
    between: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Recurrent) and _is_known(layer):
            for (cell,) in layer.cells:
                body.append((between, cell))
                between = []
            between = [layer.V] if layer.V else []
        elif _is_on_last_axis(layer):
            between.append(layer)
        else:
            return None
    return (body, between) if body else None


def _is_known(layer: Recurrent[Any]) -> bool:
    return not layer.bidirectional and all(type(cell) in CELLS for (cell,) in layer.cells)


def _is_on_last_axis(layer: Layer) -> bool:
    return type(layer) in ON_LAST_AXIS and all(map(_is_on_last_axis, layer.parts))


def through(layers: Iterable[Layer], x: Array) -> Array:
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
    """One product for all gates, z = [x, 1, h] [u; b; w], and `advance`, which makes the next states of them."""

    u_b: Array  # (n + 1, gates)
    w: Array  # (H, gates)
    advance: Advance
    kept: int = 0  # numbers of the state c beside h, which no gate is made of

    @property
    def n(self) -> int:
        return len(self.u_b) - 1

    @property
    def height(self) -> int:
        return len(self.w)

    def on(self, x1h: Array, c: Array) -> Action:
        """What does the step, where x, 1 and h are the rows (n + 1 + H, C) of `x1h`, for C sequences."""
        weights, h, advance = np.vstack([self.u_b, self.w]).T, x1h[self.n + 1 :], self.advance
        z = np.empty((len(weights), x1h.shape[1]), x1h.dtype)
        states = (h, c) if self.kept else (h,)

        def act() -> None:
            weights.dot(x1h, z)
            advance(z, *states)

        return act


@dataclass(frozen=True)
class EachAlone:
    """Layers that take each time step alone: n features x become y, of `height`."""

    layers: Sequence[Layer]
    n: int
    height: int
    kept = 0

    def on(self, x1y: Array, _: Array) -> Action:
        x, y = x1y[: self.n].T, x1y[self.n + 1 :].T

        def act() -> None:
            y[...] = through(self.layers, x)

        return act


def steps_of(body: Sequence[Fed], n: int) -> list[Recurrence | EachAlone]:
    """What is done at each step on n features, in order; Linear layers right before a recurrence become one with it."""
    steps: list[Recurrence | EachAlone] = []
    for layers, cell in body:
        maps = _linear_maps(reversed(layers))[::-1]
        own = CELLS[type(cell)](cell)
        recurrence = replace(own, u_b=reduce(_composed, [*maps, own.u_b]))
        if others := layers[: len(layers) - len(maps)]:
            steps.append(EachAlone(others, n, recurrence.n))
        steps.append(recurrence)
        n = cell.hidden_dim
    return steps


@dataclass(frozen=True)
class Columns:
    """A matrix with the rows x, 1, y of the first step, 1, y of the second, 1, ..., and last each c that is kept.

    So the rows of a step are one block of memory: its x, a 1 for the bias, and its y, which is the next one's x.
    """

    values: Array
    x: Array  # (n, C), of the first step
    y_1: Array  # (H + 1, C): y of the last step, and a 1
    actions: Sequence[Action]  # what does the steps


def laid_out(steps: Sequence[Recurrence | EachAlone], count: int, dtype: np.dtype) -> Columns:
    """Columns for so many sequences, all at the start."""
    ends = list(accumulate((step.height + 1 for step in steps), initial=steps[0].n + 1))
    kept = list(accumulate((step.kept for step in steps), initial=ends[-1]))
    values = np.zeros((kept[-1], count), dtype)
    values[np.subtract(ends, 1)] = 1
    places = zip(steps, pairwise(ends), pairwise(kept), strict=True)
    actions = [step.on(values[x_end - 1 - step.n : y_end - 1], values[slice(*c)]) for step, (x_end, y_end), c in places]
    return Columns(values, values[: steps[0].n], values[ends[-2] : ends[-1]], actions)


def outputs_of(head: Sequence[Layer], H: int, dtype: np.dtype) -> Callable[[Array], Array]:
    """The head as a function of a last state and a 1, (1, H + 1); the Linear layers that it starts with become one."""
    maps = _linear_maps(head)
    others = head[len(maps) :]
    w_b = reduce(_composed, maps, np.eye(H + 1, H, dtype=dtype))

    def outputs(h_1: Array) -> Array:
        y: Array = h_1.dot(w_b)
        return through(others, y) if others else y

    return outputs


# --- the equations of the cells ---


def _rnn(cell: RNNCell) -> Recurrence:
    U, W = cell.U, cell.W
    return Recurrence(np.vstack([U.w.value, U.b.value + W.b.value]), W.w.value, ACTIVATIONS[cell.activation])


def _lstm(cell: LSTMCell) -> Recurrence:
    """As in `autodiff.lstm`."""
    H = cell.hidden_dim

    def advance(z: Array, h: Array, c: Array) -> None:
        i, f, o = logistic(z[: 3 * H]).reshape(3, H, -1)
        c[...] = f * c + i * np.tanh(z[3 * H :])
        h[...] = o * np.tanh(c)

    return Recurrence(np.vstack([cell.U.value, cell.b.value]), cell.W.value, advance, kept=H)


def _gru(cell: GRUCell) -> Recurrence:
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
    return Recurrence(u_b, np.hstack([w, np.zeros_like(w[:, :H])]), advance)


CELLS: dict[type, Callable[[Any], Recurrence]] = {RNNCell: _rnn, LSTMCell: _lstm, GRUCell: _gru}
