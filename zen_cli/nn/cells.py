"""Recurrent cells: the weights of one recurrence in one direction, and its equation over a whole sequence.

Time is the first axis in here: a cell takes (T, B, n) and gives its states, (T, B, H), or the last of them, (B, H).
"""

from typing import Protocol

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.nn.initializers import Constant, Initializer, Orthogonal, Xavier, blocks, side_by_side, zeros
from zen_cli.nn.layers import Linear
from zen_cli.nn.parameters import Declaration

State = tuple[np.ndarray, ...]  # what is carried from step to step, each (B, H)


class Cell(Protocol):
    """One recurrence in one direction."""

    def build(self, n: int, declare: Declaration) -> None:
        """Declare the weights for inputs of n features."""

    def __call__(self, x: Tensor, state: State | None, sequences: bool) -> tuple[Tensor, State]:
        """All states for inputs (T, B, n), or the last one, and what the next batch would start from.

        `state` is what this one starts from, zero without it.
        """


class RNNCell:
    """h_t = f(U x_t + W h_(t-1)), where U and W are Linear layers."""

    def __init__(self, hidden_dim: int, activation: str, initializer: Initializer | None) -> None:
        self.hidden_dim = hidden_dim
        self.activation = activation
        self.U = Linear(hidden_dim, initializer=initializer)
        self.W = Linear(hidden_dim, initializer=initializer)

    def build(self, n: int, declare: Declaration) -> None:
        for name, part, inputs in (("U", self.U, n), ("W", self.W, self.hidden_dim)):
            with declare.inside(name):
                part.build((inputs,), declare)

    @property
    def weights(self) -> tuple[Tensor, ...]:
        """w and b of U and of W."""
        return self.U.w, self.U.b, self.W.w, self.W.b

    def __call__(self, x: Tensor, state: State | None, sequences: bool) -> tuple[Tensor, State]:
        (h0,) = state or (np.zeros((x.shape[1], self.hidden_dim), x.dtype),)
        h = ad.rnn(x, ad.staggered_weights([self.weights]), h0, sequences, self.activation)
        return h, (h.value[-1] if sequences else h.value,)


class LSTMCell:
    """z_t = U x_t + W h_(t-1) + b, in four parts: the gates i, f and o and the candidate g."""

    def __init__(self, hidden_dim: int, forget_bias: float, initializer: Initializer | None) -> None:
        self.hidden_dim = hidden_dim
        self.forget_bias = forget_bias
        self.initializer = initializer

    def build(self, n: int, declare: Declaration) -> None:
        H = self.hidden_dim
        bias = side_by_side(zeros, Constant(self.forget_bias), zeros, zeros)
        self.U = declare("U", (n, 4 * H), blocks(self.initializer or Xavier(), 4))
        self.W = declare("W", (H, 4 * H), blocks(self.initializer or Orthogonal(), 4))
        self.b = declare("b", (4 * H,), bias)

    def __call__(self, x: Tensor, state: State | None, sequences: bool) -> tuple[Tensor, State]:
        c = np.empty((x.shape[1], self.hidden_dim), x.dtype)
        h0, c0 = state or (np.zeros_like(c), np.zeros_like(c))
        h = ad.lstm(x, self.U, self.b, self.W, h0, c0, sequences, last_cell=c)
        return h, (h.value[-1] if sequences else h.value, c)


class GRUCell:
    """Gates r and z and the candidate n from U x_t + W h_(t-1) + b, and b_n within the candidate's reset part."""

    def __init__(self, hidden_dim: int, initializer: Initializer | None) -> None:
        self.hidden_dim = hidden_dim
        self.initializer = initializer

    def build(self, n: int, declare: Declaration) -> None:
        H = self.hidden_dim
        self.U = declare("U", (n, 3 * H), blocks(self.initializer or Xavier(), 3))
        self.W = declare("W", (H, 3 * H), blocks(self.initializer or Orthogonal(), 3))
        self.b = declare("b", (3 * H,), zeros)
        self.b_n = declare("b_n", (H,), zeros)

    def __call__(self, x: Tensor, state: State | None, sequences: bool) -> tuple[Tensor, State]:
        (h0,) = state or (np.zeros((x.shape[1], self.hidden_dim), x.dtype),)
        h = ad.gru(x, self.U, self.b, self.W, self.b_n, h0, sequences)
        return h, (h.value[-1] if sequences else h.value,)
