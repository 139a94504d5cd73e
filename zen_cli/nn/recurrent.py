"""Recurrent layers, on sequences of shape (T, n): T steps of n features."""

import math
from collections.abc import Callable, Sequence
from typing import Generic, Literal, TypeVar

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.cells import Cell, GRUCell, LSTMCell, RNNCell, State
from zen_cli.nn.initializers import ChosenInitializer
from zen_cli.nn.layers import Layer, Linear, Moment
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.nn.stacking import Link, run
from zen_cli.settings import Count, CountOrZero, Few, Finite, Rate

C = TypeVar("C", bound=Cell)


def _reversed(y: Tensor) -> Tensor:
    return y[::-1]


class Recurrent(Layer, Generic[C]):
    """What RNN, LSTM and GRU have in common.

    (T, n) becomes (T, D) with `return_sequences`, and (D,), the last states, without; D is `hidden_dim`, or twice that
    with `bidirectional`.

    hidden_dim: How many numbers the state has, all that the layer remembers of the steps so far. Twice as many make
        about four times the work.
    return_sequences: Whether the states of all steps come out, as a recurrent layer behind this one needs them, or that
        of the last step alone.
    layers: How many cells stand one upon the other, each reading the states of the one below.
    bidirectional: Whether more cells read each sequence from its end. Their states are the second half of the features,
        and their last state is the one after the first step.
    dropout: While training, which share of the features is zeroed between the cells of one layer and the next.
    stateful: Whether, while training, the last states of a batch are the first of the next, example by example, so that
        sequences can be longer than what one batch holds. Gradients stay within a batch. Epochs, batches of another
        size and predictions start at zero.
    """

    bounds = (-1.0, 1.0)
    V: Linear | None = None

    def __init__(
        self, hidden_dim: int, return_sequences: bool, layers: int, bidirectional: bool, dropout: float, stateful: bool
    ) -> None:
        self.hidden_dim = hidden_dim
        self.return_sequences = return_sequences
        self.layers = layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.stateful = stateful
        self.cells: list[list[C]] = []  # for each layer the forward cell and, with `bidirectional`, the backward one

    def cell(self) -> C:
        """A new cell with this layer's settings."""
        raise NotImplementedError

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        name = type(self).__name__
        if len(shape) != 2:
            hint = (
                "put Reshape before it"
                if len(shape) > 2
                else "let the recurrent layer before it return_sequences, or put Reshape before it"
            )
            message = f"{name} expects sequences of shape (steps, features) but each example has shape {shape}"
            raise ShapeError(message, hint)
        if self.stateful and self.bidirectional:
            raise ShapeError(f"{name}: stateful sequences go on in the next batch, so none can be read from its end")
        steps, width = shape
        directions = (["forward"], ["backward"]) if self.bidirectional else ([],)
        self.cells = []
        for number in range(self.layers):
            place = [f"layer{number}"] if self.layers > 1 else []
            row = [self.cell() for _ in directions]
            for direction, cell in zip(directions, row, strict=True):
                with declare.inside(*place, *direction):
                    cell.build(width, declare)
            self.cells.append(row)
            width = self.hidden_dim * len(directions)
        return (steps, width) if self.return_sequences else (width,)

    def __call__(self, x: Tensor) -> Tensor:
        return self._through_time(x, None, [], self.return_sequences)

    def in_training(self, x: Tensor, moment: Moment) -> Tensor:
        if self.states and len(self.states[0][0]) != len(x.value):
            self.reset_states()
        return self._through_time(x, moment, self.states if self.stateful else [], self.return_sequences)

    def keeps_steps(self, shape: Shape) -> bool:  # noqa: ARG002 - whatever the shape
        if self.stateful:
            raise ShapeError(
                f"{type(self).__name__}: stateful sequences go on in the next batch, but these end at different steps",
                "leave stateful out",
            )
        return self.return_sequences

    def padded(self, x: Tensor, lengths: np.ndarray, moment: Moment | None) -> Tensor:
        states = self._through_time(x, moment, [], True, lambda y: ad.reverse_sequences(y, lengths))
        return states if self.return_sequences else self._last(states, lengths)

    def _last(self, states: Tensor, lengths: np.ndarray) -> Tensor:
        """Of all states (B, T, D), those after the last step that each cell reads: (B, D)."""
        H, ends = self.hidden_dim, states[np.arange(len(lengths)), lengths - 1]
        return ad.concatenate([ends[:, :H], states[:, 0, H:]], axis=-1) if self.bidirectional else ends

    def _through_time(
        self,
        x: Tensor,
        moment: Moment | None,
        states: Sequence[State],
        return_sequences: bool,
        reverse: Callable[[Tensor], Tensor] = _reversed,
    ) -> Tensor:
        """All states for x (B, T, n), or the last ones; `reverse` turns (T, B, ...) round for what reads backward."""
        y, first, last = ad.transpose(x, (1, 0, 2)), iter(states), []  # (T, B, n): a view
        for number, row in enumerate(self.cells, start=1):
            sequences = return_sequences or number < self.layers
            outputs = []
            for cell, backward in zip(row, (False, True), strict=False):
                h, state = cell(reverse(y) if backward else y, next(first, None), sequences)
                outputs.append(reverse(h) if backward and sequences else h)
                last.append(state)
            y = ad.concatenate(outputs, axis=-1) if self.bidirectional else outputs[0]
            if moment and self.dropout and number < self.layers:
                y = ad.dropout(y, self.dropout, moment.rng)
        if moment and self.stateful:
            # copied, as views would keep every step alive, into the one layout that they also have when they are read
            self.states = [tuple(array.copy() for array in state) for state in last]
        if not return_sequences:
            return y
        return ad.transpose(self.V(y) if self.V else y, (1, 0, 2))


class RNN(Recurrent[RNNCell]):
    """The simplest recurrent layer: its state h is made anew of each input and the state before.

    h_t = tanh(U x_t + W h_(t-1)), y_t = V h_t

    where U, W and V are Linear layers and h_0 is zero. (T, n) becomes (T, units) with `return_sequences`, and
    (hidden_dim,), the last state, without; that never passes through V. (Elman 1990, "Finding structure in time".)

    units: The size of V, which sequences alone pass through; 0 leaves V out, so that they are the states themselves,
        (T, hidden_dim).
    activation: The function that makes a sum the next state. With `relu` states have no bound, and long sequences may
        need `training.clip_norm`.
    initializer: How U, W and V start; null draws them uniformly from +-1/sqrt(n), n inputs each.
    """

    def __init__(
        self,
        units: CountOrZero = 0,
        *,
        hidden_dim: Count,
        return_sequences: bool = False,
        activation: Literal["tanh", "relu"] = "tanh",
        layers: Few = 1,
        bidirectional: bool = False,
        dropout: Rate = 0.0,
        stateful: bool = False,
        initializer: ChosenInitializer = None,
    ) -> None:
        super().__init__(hidden_dim, return_sequences, layers, bidirectional, dropout, stateful)
        self.units = units
        self.activation = activation
        if activation == "relu":
            self.bounds = (0.0, math.inf)
        self.initializer = initializer

    def cell(self) -> RNNCell:
        return RNNCell(self.hidden_dim, self.activation, self.initializer)

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        output = super().build(shape, declare)
        if not self.units or not self.return_sequences:
            return output
        self.V = Linear(self.units, initializer=self.initializer)
        self.bounds = self.V.bounds
        with declare.inside("V"):
            return self.V.build(output, declare)

    @property
    def links(self) -> list[Link]:
        """The layer as a chain of recurrences; empty where it is more than that."""
        if self.bidirectional or self.stateful or (self.dropout and self.layers > 1):
            return []
        *lower, (top,) = self.cells
        return [*(Link(cell) for (cell,) in lower), Link(top, self.V)]

    def _through_time(
        self,
        x: Tensor,
        moment: Moment | None,
        states: Sequence[State],
        return_sequences: bool,
        reverse: Callable[[Tensor], Tensor] = _reversed,
    ) -> Tensor:
        if links := self.links:
            return run(links, x, return_sequences)
        return super()._through_time(x, moment, states, return_sequences, reverse)


class LSTM(Recurrent[LSTMCell]):
    """A recurrent layer whose gates guard a memory c: it can hold on to a value over many steps.

    i, f, o = sigmoid, g = tanh of the parts of U x_t + W h_(t-1) + b;  c_t = f c_(t-1) + i g;  h_t = o tanh(c_t)

    (T, n) becomes (T, hidden_dim) with `return_sequences`, and (hidden_dim,), the last state, without.
    (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000: as in PyTorch, which keeps b in two.) b
    starts at zero, but for the forget gate.

    forget_bias: Where b starts for the forget gate f; at 1 the cell remembers until it learns to forget (Jozefowicz et
        al. 2015).
    initializer: How U and W start, each gate for itself; null makes U Xavier's and W orthogonal, as in Keras.
    """

    def __init__(
        self,
        hidden_dim: Count,
        *,
        return_sequences: bool = False,
        layers: Few = 1,
        bidirectional: bool = False,
        dropout: Rate = 0.0,
        stateful: bool = False,
        forget_bias: Finite = 1.0,
        initializer: ChosenInitializer = None,
    ) -> None:
        super().__init__(hidden_dim, return_sequences, layers, bidirectional, dropout, stateful)
        self.forget_bias = forget_bias
        self.initializer = initializer

    def cell(self) -> LSTMCell:
        return LSTMCell(self.hidden_dim, self.forget_bias, self.initializer)


class GRU(Recurrent[GRUCell]):
    """A recurrent layer with gates but no memory beside its state: lighter than an LSTM, often as good.

    r, z = sigmoid(U x_t + W h_(t-1) + b);  n = tanh(U x_t + b + r (W h_(t-1) + b_n));  h_t = (1 - z) n + z h_(t-1)

    where each of r, z and n has its own part of U, W and b. (T, n) becomes (T, hidden_dim) with `return_sequences`, and
    (hidden_dim,), the last state, without. (Cho et al. 2014, in the form of cuDNN, PyTorch and Keras, where r comes
    after the product.) b and b_n start at zero.

    initializer: How U and W start, each gate for itself; null makes U Xavier's and W orthogonal, as in Keras.
    """

    def __init__(
        self,
        hidden_dim: Count,
        *,
        return_sequences: bool = False,
        layers: Few = 1,
        bidirectional: bool = False,
        dropout: Rate = 0.0,
        stateful: bool = False,
        initializer: ChosenInitializer = None,
    ) -> None:
        super().__init__(hidden_dim, return_sequences, layers, bidirectional, dropout, stateful)
        self.initializer = initializer

    def cell(self) -> GRUCell:
        return GRUCell(self.hidden_dim, self.initializer)


class StackedRNN(Layer):
    """RNN layers one after the other, all but the last with sequences, as one chain of recurrences."""

    def __init__(self, layers: Sequence[RNN]) -> None:
        self.members = tuple(layers)
        self.summary = layers[-1].summary
        self.links = [link for layer in layers for link in layer.links]

    def __call__(self, x: Tensor) -> Tensor:
        return run(self.links, x, self.members[-1].return_sequences)


def chained_stages(layers: Sequence[Layer]) -> list[Layer]:
    """What to call, in order, for layers that are built: RNN layers that follow each other are put together."""
    found: list[Layer] = []
    for layer in layers:
        before = _chain(found[-1]) if found else ()
        if _chain(layer) and before and before[-1].return_sequences:
            found[-1] = StackedRNN([*before, *_chain(layer)])
        else:
            found.append(layer)
    return found


def _chain(stage: Layer) -> tuple[RNN, ...]:
    """The RNN layers that a stage is made of, if it is a chain of recurrences."""
    if isinstance(stage, StackedRNN):
        return stage.members
    return (stage,) if type(stage) is RNN and stage.links else ()
