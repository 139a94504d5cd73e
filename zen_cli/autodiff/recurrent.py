"""Recurrence over a whole sequence: composed from ops, and fused into one op for speed.

Time is the first axis in here: T steps, B sequences, H hidden units.
"""

from itertools import accumulate, pairwise

import numpy as np

from zen_cli.autodiff.elementwise import tanh
from zen_cli.autodiff.shapes import stack
from zen_cli.autodiff.tensor import Array, Gradient, Operand, PullBack, Tensor, primitive


def rnn_composed(x: Tensor, w: Operand, h0: Operand, return_sequences: bool = True) -> Tensor:
    """h_t = tanh(x_t + h_(t-1) w), step by step: what `rnn` does, without any backpropagation code."""
    h, states = h0, []
    for x_t in x:  # (B, H)
        h = tanh(x_t + h @ w)
        states.append(h)
    return stack(states) if return_sequences else states[-1]


@primitive
def rnn(x: Array, w: Array, h0: Array, /, return_sequences: bool = True) -> tuple[Array, PullBack]:
    """h_t = tanh(x_t + h_(t-1) w): the states h_1 ... h_T of shape (T, B, H), or h_T alone, (B, H).

    `x` (T, B, H) is each step's input, already multiplied by its weights; `w` is (H, H), `h0` (B, H).
    """
    T, B, H = x.shape
    dtype = np.result_type(x, w, h0)
    w = w.astype(dtype, copy=False)
    h = np.empty((T + 1, B, H), dtype)
    h[0] = h0
    for before, now, x_t in zip(h[:-1], h[1:], x, strict=True):
        before.dot(w, now)
        np.add(now, x_t, now)
        np.tanh(now, now)

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        dz = h[1:] * h[1:]  # (T, B, H): becomes dL/dz_t for z_t = x_t + h_(t-1) w
        np.subtract(1, dz, out=dz)
        w_back = np.ascontiguousarray(w.T)
        dh = np.array(g[-1] if return_sequences else g, order="C")  # (B, H): dL/dh_t
        for dz_t, g_before in zip(dz[:0:-1], g[-2::-1] if return_sequences else [None] * (T - 1), strict=True):
            np.multiply(dh, dz_t, dz_t)
            dz_t.dot(w_back, dh)
            if g_before is not None:
                np.add(dh, g_before, dh)
        np.multiply(dh, dz[0], dz[0])
        return dz, lambda: h[:-1].reshape(T * B, H).T.dot(dz.reshape(T * B, H)), lambda: dz[0].dot(w_back)

    return h[1:] if return_sequences else h[T], pull_back


# --- several layers as one recurrence ---


@primitive
def staggered_inputs(x: Array, /, *biases: Array) -> tuple[Array, PullBack]:
    """The inputs of stacked recurrences that run as one, each a tick behind the one before.

    `x` (T, B, H_1) goes to the first; the others get their bias (H_l,) for T ticks from tick l on, counted from 0,
    and zero before, which leaves a zero state at zero: (T + L - 1, B, H_1 + ... + H_L) for L recurrences.
    """
    T, B, _ = x.shape
    parts = _slices([x.shape[2], *map(len, biases)])
    inputs = np.zeros((T + len(biases), B, parts[-1].stop), x.dtype)
    inputs[:T, :, parts[0]] = x
    for lag, (bias, part) in enumerate(zip(biases, parts[1:], strict=True), start=1):
        inputs[lag : lag + T, :, part] = bias

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        ones = np.ones(T * B, g.dtype)
        rows = (g[lag : lag + T, :, part].reshape(T * B, -1) for lag, part in enumerate(parts[1:], start=1))
        return g[:T, :, parts[0]], *(ones.dot(row) for row in rows)

    return inputs, pull_back


@primitive
def staggered_weights(*blocks: Array) -> tuple[Array, PullBack]:
    """The one matrix of stacked recurrences that run as one.

    `blocks` are W_1, M_12, W_2, M_23, ... W_L: W_l (H_l, H_l) on the diagonal, M_l(l+1) (H_l, H_(l+1)), which carries
    the states of a recurrence into the next, right of it, and zero elsewhere.
    """
    parts = _slices([len(w) for w in blocks[::2]])
    places = [(parts[i // 2], parts[(i + 1) // 2]) for i in range(len(blocks))]
    whole = np.zeros((parts[-1].stop, parts[-1].stop), blocks[0].dtype)
    for place, block in zip(places, blocks, strict=True):
        whole[place] = block
    return whole, lambda g: tuple(g[place] for place in places)


def _slices(sizes: list[int]) -> list[slice]:
    """Consecutive stretches of these sizes."""
    return [slice(start, stop) for start, stop in pairwise(accumulate(sizes, initial=0))]
