"""Recurrent layers, on sequences of shape (T, n): T steps of n features."""

import functools
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Layer, Linear
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.ranges import Count, CountOrZero

MOST_STAGGERED = 128  # hidden units together: above it, products weigh more than calls (benchmarks/step.py)


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
        return run_staggered([self], x)


def run_staggered(layers: Sequence[RNN], x: Tensor) -> Tensor:
    """RNN layers one after the other, computed as one recurrence in which layer l runs l ticks behind the first.

    At tick k the state is s_k = [h1_k, h2_(k-1), ...], and s_k = tanh(x_k + s_(k-1) M), where M has each W on its
    diagonal and V of a layer times U of the next beside it. A call per tick then serves all layers: small models
    spend their time in calls. All layers but the last return sequences.
    """
    first, last, lag = layers[0], layers[-1], len(layers) - 1
    by_step = ad.transpose(x, (1, 0, 2))  # (T, B, n): every step's input part is one product
    inputs = ad.linear(by_step, first.U.w, first.U.b + first.W.b)  # (T, B, H)
    weights: Tensor = first.W.w
    if lag:
        maps = [_carried(*pair) for pair in pairwise(layers)]
        inputs = ad.staggered_inputs(inputs, *(bias for _, bias in maps))  # (T + lag, B, H1 + H2 + ...)
        blocks = [block for layer, (carry, _) in zip(layers[1:], maps, strict=True) for block in (carry, layer.W.w)]
        weights = ad.staggered_weights(first.W.w, *blocks)
    h0 = np.zeros(inputs.shape[1:], inputs.dtype)
    h = ad.rnn(inputs, weights, h0, last.return_sequences)
    if lag:
        h = h[..., -last.hidden_dim :]
    if not last.return_sequences:
        return h
    h = h[lag:] if lag else h
    return ad.transpose(last.V(h) if last.V else h, (1, 0, 2))


def staggered(layers: Sequence[Layer]) -> list[Callable[[Tensor], Tensor]]:
    """The layers to call, in order, with RNN layers that follow each other put together where that is faster."""
    stages: list[list[Layer]] = []
    for layer in layers:
        if stages and _can_join(stages[-1], layer):
            stages[-1].append(layer)
        else:
            stages.append([layer])
    return [stage[0] if len(stage) == 1 else functools.partial(run_staggered, _rnns(stage)) for stage in stages]


def _rnns(layers: Iterable[Layer]) -> list[RNN]:
    return [layer for layer in layers if isinstance(layer, RNN)]


def _can_join(stage: Sequence[Layer], layer: Layer) -> bool:
    rnns = _rnns((*stage, layer))
    joined = len(rnns) == len(stage) + 1 and all(rnn.return_sequences for rnn in rnns[:-1])
    return joined and sum(rnn.hidden_dim for rnn in rnns) <= MOST_STAGGERED


def _carried(layer: RNN, following: RNN) -> tuple[Tensor, Tensor]:
    """The states of a layer into the inputs of the next: U(V(h)) as one matrix (H, H') and one bias (H',)."""
    weight, bias = following.U.w, following.U.b + following.W.b
    if layer.V is None:
        return weight, bias
    return layer.V.w @ weight, layer.V.b @ weight + bias
