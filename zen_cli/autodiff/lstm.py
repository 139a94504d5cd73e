"""The LSTM over a whole sequence: composed from ops, and fused into one op for speed.

Time is the first axis in here: T steps, B sequences of n features, H hidden units. Inside of the fused op each step is
stored features first, (features, B): the gates are then whole blocks of memory, and the products quicker.
"""

import functools

import numpy as np

from zen_cli.autodiff.elementwise import sigmoid, tanh
from zen_cli.autodiff.products import linear, product_of
from zen_cli.autodiff.shapes import stack
from zen_cli.autodiff.tensor import Array, Gradient, Operand, PullBack, Tensor, primitive

BLOCK = 100_000  # numbers per block of steps: what is computed for many steps at once then stays in the cache


def lstm_composed(
    x: Tensor, u: Operand, b: Operand, w: Operand, h0: Operand, c0: Operand, return_sequences: bool = True
) -> Tensor:
    """What `lstm` does, step by step and without any backpropagation code."""
    H, states = len(w), []
    h, c = (np.zeros((x.shape[1], H), x.dtype) + first for first in (h0, c0))
    for x_t in linear(x, u, b):  # (B, 4H)
        z = x_t + h @ w
        i, f, o = (sigmoid(z[:, k * H : (k + 1) * H]) for k in range(3))
        g = tanh(z[:, 3 * H :])
        c = f * c + i * g
        h = o * tanh(c)
        states.append(h)
    return stack(states) if return_sequences else states[-1]


@primitive
def lstm(
    x: Array,
    u: Array,
    b: Array,
    w: Array,
    h0: Array,
    c0: Array,
    /,
    return_sequences: bool = True,
    last_cell: Array | None = None,
) -> tuple[Array, PullBack]:
    """The states h_1 ... h_T of shape (T, B, H), or h_T alone, (B, H), of

        z_t = x_t u + h_(t-1) w + b
        i, f, o, g = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o), tanh(z_g), the four parts of z_t
        c_t = f c_(t-1) + i g
        h_t = o tanh(c_t)

    `x` is (T, B, n), `u` (n, 4H), `b` (4H,), `w` (H, 4H), `h0` and `c0` (B, H) or what broadcasts to it. `last_cell`,
    where given, receives c_T, (B, H): a state to be carried into the next batch, through which no gradient flows.

    (Hochreiter and Schmidhuber 1997, "Long short-term memory"; f is from Gers, Schmidhuber and Cummins 2000, "Learning
    to forget: continual prediction with LSTM".)
    """
    (T, B, n), H = x.shape, len(w)
    dtype = np.result_type(x, u, b, w, h0, c0)
    s = np.empty((T + 1, H + n + 1, B), dtype)  # h_(t-1), x_t and 1 below each other: z_t = [w; u; b]^T s_t
    s[0, :H].T[:] = h0
    s[:-1, H:-1] = x.mT
    s[:-1, -1] = 1
    gates = np.empty((T + 1, 2, 3, H, B), dtype)  # i, f, o and what each is multiplied by: g, c_(t-1), tanh(c_t)
    gates[0, 1, 1].T[:] = c0
    _run(s, gates, np.concatenate([w.T, u.T, b[:, None]], axis=1, dtype=dtype))
    if last_cell is not None:
        last_cell[...] = gates[T, 1, 1].T

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        arriving = np.ascontiguousarray((g if return_sequences else g[None]).mT)  # (T or 1, H, B)
        dz, dh, dc = _run_back(gates[:-1], w.astype(dtype, copy=False), arriving)

        @functools.cache
        def d_weights() -> Array:  # (H + n + 1, 4H), of w, u and b
            transposed: Array = dz.dot(s[:-1].mT.reshape(T * B, H + n + 1))
            return transposed.T

        return (
            lambda: u.dot(dz).reshape(n, T, B).transpose(1, 2, 0),
            lambda: d_weights()[H:-1],
            lambda: d_weights()[-1],
            lambda: d_weights()[:H],
            dh.T,
            dc.T,
        )

    h = s[1:, :H].mT
    return h if return_sequences else h[-1], pull_back


def _run(s: Array, gates: Array, weights: Array) -> None:
    """Fill in the states of `s` and the `gates` after the first, from `weights` (4H, H + n + 1)."""
    steps, _, _, H, B = gates.shape
    z = gates.reshape(steps, 6 * H, B)[:-1, : 4 * H]  # of i, f, o and g: replaced by them
    weights[: 3 * H] *= 0.5  # sigmoid(z) = tanh(z / 2) / 2 + 1 / 2: one tanh then serves all gates
    product = product_of(weights, B)
    half = np.array(0.5, s.dtype)  # a number would be made an array in each call
    add, multiply = np.add, np.multiply  # a look-up counts in small networks
    ig_fc = np.empty((2, H, B), s.dtype)
    ig, fc = ig_fc
    for s_t, z_t, ifo, i_f, g_c, o, tanh_c, c, h in zip(
        s[:-1],
        z,
        z[:, : 3 * H],
        gates[:-1, 0, :2],
        gates[:-1, 1, :2],
        gates[:-1, 0, 2],
        gates[:-1, 1, 2],
        gates[1:, 1, 1],
        s[1:, :H],
        strict=True,
    ):
        product(s_t, z_t)
        np.tanh(z_t, z_t)
        multiply(ifo, half, ifo)
        add(ifo, half, ifo)
        multiply(i_f, g_c, ig_fc)
        add(ig, fc, c)
        np.tanh(c, tanh_c)
        multiply(o, tanh_c, h)


def _run_back(gates: Array, w: Array, arriving: Array) -> tuple[Array, Array, Array]:
    """dL/dz of all steps, (4H, T B), then dL/dh_0 and dL/dc_0, (H, B).

    `arriving` (steps, H, B) is what reaches the last states from outside.
    """
    T, _, _, H, B = gates.shape
    dz = np.empty((4 * H, T, B), gates.dtype)
    dh, dc = np.zeros((2, H, B), gates.dtype)
    product, from_outside = product_of(w, B), iter(arriving[::-1])
    add, multiply = np.add, np.multiply
    length = min(T, max(1, BLOCK // (6 * H * B)))
    work = np.empty((length, *gates.shape[1:]), gates.dtype)
    for end in range(T, 0, -length):
        block = gates[max(0, end - length) : end]
        slopes = _slopes(block, work[: len(block)])
        dz_block = slopes.reshape(-1, 6 * H, B)[:, : 4 * H]
        for f, to_i, to_f, to_o, to_g, to_c, dz_t in zip(
            block[::-1, 0, 1],
            slopes[::-1, 0, 0],
            slopes[::-1, 0, 1],
            slopes[::-1, 0, 2],
            slopes[::-1, 1, 0],
            slopes[::-1, 1, 2],
            dz_block[::-1],
            strict=True,
        ):
            if (g := next(from_outside, None)) is not None:
                add(dh, g, dh)
            multiply(dh, to_c, to_c)
            add(dc, to_c, dc)
            multiply(dc, to_i, to_i)
            multiply(dc, to_f, to_f)
            multiply(dh, to_o, to_o)
            multiply(dc, to_g, to_g)
            multiply(dc, f, dc)
            product(dz_t, dh)
        dz[:, end - len(block) : end] = dz_block.swapaxes(0, 1)
    return dz.reshape(4 * H, T * B), dh, dc


def _slopes(gates: Array, slopes: Array) -> Array:
    """The derivatives of p = i g, f c and o tanh(c), placed as in `gates`: by z_i, z_f and z_o, by z_g, none, by c.

    For p = a v, where a = sigmoid(z_a) and v = tanh(z_v), they are dp/dz_a = a (1 - a) v and dp/dz_v = a (1 - v^2).
    """
    a, v = gates[:, 0], gates[:, 1]  # (steps, 3, H, B)
    to_a, to_v = slopes[:, 0], slopes[:, 1]
    p = a * v
    np.multiply(p, v, to_v)
    np.subtract(a, to_v, to_v)
    np.multiply(p, a, to_a)
    np.subtract(p, to_a, to_a)
    return slopes
