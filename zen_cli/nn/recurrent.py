"""Recurrent layers, on sequences of shape (T, n): T steps of n features."""

import functools
from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Layer, Linear
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.settings import Count, CountOrZero

# Where one recurrence for all layers was measured to be faster: with few states (batch times hidden units of all
# layers), since products then weigh less than calls, and not too few steps, since it has costs of its own.
MOST_STATES = 1024
FEWEST_STEPS = 10


class RNN(Layer):
    """h_t = tanh(U x_t + W h_(t-1)), y_t = V h_t, where U, W and V are Linear layers and h_0 is zero.

    (T, n) becomes (T, units) with `return_sequences`, and (hidden_dim,), the last state, without. `units` is
    the size of V; 0 leaves V out, so that sequences are the states themselves, (T, hidden_dim). The last
    state never passes through V. (Elman 1990, "Finding structure in time".)
    """

    def __init__(self, units: CountOrZero = 0, *, hidden_dim: Count, return_sequences: bool = False) -> None:
        self.units = units
        self.hidden_dim = hidden_dim
        self.return_sequences = return_sequences

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        if len(shape) != 2:
            raise ShapeError(f"RNN expects sequences of shape (steps, features) but each example has shape {shape}")
        steps, _ = shape
        state = (self.hidden_dim,)
        self.U, self.W, self.V = Linear(self.hidden_dim), Linear(self.hidden_dim), None
        with declare.inside("U"):
            self.U.build(shape[1:], declare)
        with declare.inside("W"):
            self.W.build(state, declare)
        if not self.return_sequences:
            return state
        if not self.units:
            return (steps, *state)
        self.V = Linear(self.units)
        with declare.inside("V"):
            return (steps, *self.V.build(state, declare))

    def __call__(self, x: Tensor) -> Tensor:
        U, W, V = self.U, self.W, self.V
        by_step = ad.transpose(x, (1, 0, 2))  # (T, B, n): every step's input part is one product
        inputs = ad.linear(by_step, U.w, U.b + W.b)  # (T, B, H)
        h0 = np.zeros(inputs.shape[1:], inputs.dtype)
        h = ad.rnn(inputs, W.w, h0, self.return_sequences)
        if not self.return_sequences:
            return h
        return ad.transpose(V(h) if V else h, (1, 0, 2))


class StackedRNN(Layer):
    """RNN layers one after the other, computed as one recurrence where that is faster. All but the last give sequences.

    Layer l runs l ticks behind the first: at tick k the state is s_k = [h1_k, h2_(k-1), ...], and
    s_k = tanh(x_k + s_(k-1) M), where M has each W on its diagonal, V of a layer times U of the next beside it, and
    zeros elsewhere. One call per tick then serves all layers: small models spend their time in calls.
    """

    def __init__(self, layers: Sequence[RNN]) -> None:
        self.layers = tuple(layers)
        self.hidden_dim = sum(layer.hidden_dim for layer in layers)

    def __call__(self, x: Tensor) -> Tensor:
        batch, steps, _ = x.shape
        if batch * self.hidden_dim > MOST_STATES or steps < FEWEST_STEPS:
            return functools.reduce(lambda y, layer: layer(y), self.layers, x)
        return self.staggered(x)

    def staggered(self, x: Tensor) -> Tensor:
        first, last, lag = self.layers[0], self.layers[-1], len(self.layers) - 1
        maps = [_carried(*pair) for pair in pairwise(self.layers)]
        own = ad.linear(ad.transpose(x, (1, 0, 2)), first.U.w, first.U.b + first.W.b)  # (T, B, H1)
        inputs = ad.staggered_inputs(own, *(bias for _, bias in maps))  # (T + lag, B, H1 + H2 + ...)
        carried = zip((weight for weight, _ in maps), (layer.W.w for layer in self.layers[1:]), strict=True)
        weights = ad.staggered_weights(first.W.w, *chain.from_iterable(carried))
        h0 = np.zeros(inputs.shape[1:], inputs.dtype)
        h = ad.rnn(inputs, weights, h0, last.return_sequences)
        if not last.return_sequences:
            return h[:, -last.hidden_dim :]
        h = h[lag:, :, -last.hidden_dim :]
        return ad.transpose(last.V(h) if last.V else h, (1, 0, 2))


def stages(layers: Sequence[Layer]) -> list[Layer]:
    """What to call, in order, for a stack of layers: RNN layers that follow each other are put together."""
    found: list[Layer] = []
    for layer in layers:
        before = _rnns(found[-1]) if found else ()
        if isinstance(layer, RNN) and before and before[-1].return_sequences:
            found[-1] = StackedRNN([*before, layer])
        else:
            found.append(layer)
    return found


def _rnns(stage: Layer) -> tuple[RNN, ...]:
    """The RNN layers that a stage is made of, if it is."""
    if isinstance(stage, StackedRNN):
        return stage.layers
    return (stage,) if isinstance(stage, RNN) else ()


def _carried(layer: RNN, following: RNN) -> tuple[Tensor, Tensor]:
    """The states of a layer into the inputs of the next: U(V(h)) as one matrix (H, H') and one bias (H',)."""
    weight, bias = following.U.w, following.U.b + following.W.b
    if layer.V is None:
        return weight, bias
    return layer.V.w @ weight, layer.V.b @ weight + bias
