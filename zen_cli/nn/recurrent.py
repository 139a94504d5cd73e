"""Recurrent layers, on sequences of shape (T, n): T steps of n features."""

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Layer, Linear
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.ranges import Count, CountOrZero


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
