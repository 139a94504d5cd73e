"""The GRU over a whole sequence: composed from ops, and fused into one op for speed.

Time is the first axis in here: T steps, B sequences of F features, H hidden units. Inside of the fused op each step is
stored features first, (features, B): the gates are then whole blocks of memory, and the products quicker.
"""

import numpy as np

from zen_cli.autodiff.elementwise import sigmoid, tanh
from zen_cli.autodiff.products import linear, product_of
from zen_cli.autodiff.shapes import stack
from zen_cli.autodiff.tensor import Array, Gradient, Operand, PullBack, Tensor, primitive

BLOCK = 2**16  # states per block of steps: what is computed for many steps at once then stays in the cache


def gru_composed(
    x: Tensor, u: Operand, b: Operand, w: Operand, b_n: Operand, h0: Operand, return_sequences: bool = True
) -> Tensor:
    """What `gru` does, step by step and without any backpropagation code."""
    H, states = len(w), []
    of_r, of_z, of_n = (slice(k * H, (k + 1) * H) for k in range(3))
    h = np.zeros((x.shape[1], H), x.dtype) + h0
    for x_t in linear(x, u, b):  # (B, 3H)
        a = h @ w
        r = sigmoid(x_t[:, of_r] + a[:, of_r])
        z = sigmoid(x_t[:, of_z] + a[:, of_z])
        n = tanh(x_t[:, of_n] + r * (a[:, of_n] + b_n))
        h = (1 - z) * n + z * h
        states.append(h)
    return stack(states) if return_sequences else states[-1]


@primitive
def gru(
    x: Array, u: Array, b: Array, w: Array, b_n: Array, h0: Array, /, return_sequences: bool = True
) -> tuple[Array, PullBack]:
    """The states h_1 ... h_T of shape (T, B, H), or h_T alone, (B, H), of

        r = sigmoid(x_t u_r + b_r + h_(t-1) w_r)
        z = sigmoid(x_t u_z + b_z + h_(t-1) w_z)
        n = tanh(x_t u_n + b_x + r q), where q = h_(t-1) w_n + b_n
        h_t = (1 - z) n + z h_(t-1)

    `x` is (T, B, F). `u` (F, 3H), `b` (3H,) and `w` (H, 3H) hold u_r, u_z, u_n, and b_r, b_z, b_x, and w_r, w_z, w_n
    side by side. `b_n` is (H,), `h0` (B, H) or what broadcasts to it.

    (Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder for statistical machine translation";
    as in cuDNN and PyTorch the reset gate r multiplies the product with w_n, not the state before the product.)
    """
    (T, B, F), H = x.shape, len(w)
    dtype = np.result_type(x, u, b, w, b_n, h0)
    s = np.empty((T + 1, H + 1 + F, B), dtype)  # h_(t-1), 1 and x_t below each other
    h, x_1 = s[:, :H], s[:-1, H:]
    h[0].T[:] = h0
    x_1[:, 1:] = x.mT
    s[:, H] = 1
    rz, new = slice(2 * H), slice(2 * H, None)
    gates = np.empty((T, 3, H, B), dtype)  # r, z and q
    n = np.matmul(_stacked(dtype, b[None, new], u[:, new]), x_1)  # (T, H, B): what x_t adds to n, to be replaced by n
    w_rz = _stacked(dtype, w[:, rz], b[None, rz], u[:, rz])
    w_rz *= 0.5  # sigmoid(a) = tanh(a / 2) / 2 + 1 / 2
    _run(s, gates, n, w_rz, _stacked(dtype, w[:, new], b_n[None]))

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        arriving = np.ascontiguousarray((g if return_sequences else g[None]).mT)  # (T or 1, H, B)
        w_qrz = np.concatenate([w[:, new], w[:, rz]], axis=1, dtype=dtype)
        d, dh = _run_back(h[:-1], gates, n, w_qrz, arriving)
        d_qrz, d_rzn = d[: 3 * H], d[H:]
        every_s = s[:-1].swapaxes(0, 1).reshape(-1, T * B)
        every_h, ones, every_x = every_s[:H], every_s[H], every_s[H + 1 :]

        def d_w() -> Array:
            by_qrz = d_qrz.dot(every_h.T)
            return np.concatenate([by_qrz[H:], by_qrz[:H]]).T

        return (
            lambda: u.dot(d_rzn).reshape(F, T, B).transpose(1, 2, 0),
            lambda: d_rzn.dot(every_x.T).T,
            lambda: d_rzn.dot(ones),
            d_w,
            lambda: d[:H].dot(ones),
            dh.T,
        )

    states = h[1:].mT
    return states if return_sequences else states[-1], pull_back


def _stacked(dtype: np.dtype, *weights: Array) -> Array:
    """Weights and biases below each other, features first: (columns, rows)."""
    return np.ascontiguousarray(np.concatenate(weights, dtype=dtype).T)


def _run(s: Array, gates: Array, n: Array, w_rz: Array, w_q: Array) -> None:
    """Fill in the states of `s` after the first, and the `gates`; `n` holds what x adds to n, and is replaced by n."""
    T, _, H, B = gates.shape
    product_rz, product_q = product_of(w_rz, B), product_of(w_q, B)
    half = np.array(0.5, s.dtype)  # a number would be made an array in each call
    add, multiply, subtract = np.add, np.multiply, np.subtract  # a look-up counts in small networks
    a = np.empty((H, B), s.dtype)
    for s_t, h_1, h, rz, r, z, q, n_t, h_t in zip(
        s[:-1],
        s[:-1, : H + 1],
        s[:-1, :H],
        gates.reshape(T, 3 * H, B)[:, : 2 * H],
        gates[:, 0],
        gates[:, 1],
        gates[:, 2],
        n,
        s[1:, :H],
        strict=True,
    ):
        product_rz(s_t, rz)
        product_q(h_1, q)
        np.tanh(rz, rz)
        multiply(rz, half, rz)
        add(rz, half, rz)
        multiply(r, q, a)
        add(n_t, a, n_t)
        np.tanh(n_t, n_t)
        subtract(h, n_t, a)
        multiply(z, a, a)
        add(n_t, a, h_t)


def _run_back(h: Array, gates: Array, n: Array, w_qrz: Array, arriving: Array) -> tuple[Array, Array]:
    """dL/d of q and of what r, z and n are functions of, for all steps, (4H, T B), and dL/dh_0, (H, B).

    `h` are the states before each step; `arriving` (steps, H, B) is what reaches the last ones from outside.
    """
    T, _, H, B = gates.shape
    d = np.empty((4 * H, T, B), n.dtype)
    dh = np.zeros((H, B), n.dtype)
    product, from_outside = product_of(w_qrz, B), iter(arriving[::-1])
    add, multiply = np.add, np.multiply
    length = max(1, BLOCK // (H * B))
    for end in range(T, 0, -length):
        block = slice(max(0, end - length), end)
        slopes = _slopes(h[block], gates[block], n[block])
        d_block = slopes.reshape(-1, 5 * H, B)
        for slopes_t, d_qrz, d_kept in zip(slopes[::-1], d_block[::-1, : 3 * H], slopes[::-1, 4], strict=True):
            if (g := next(from_outside, None)) is not None:
                add(dh, g, dh)
            multiply(slopes_t, dh, slopes_t)
            product(d_qrz, dh)
            add(dh, d_kept, dh)
        d[:, block] = d_block[:, : 4 * H].swapaxes(0, 1)
    return d.reshape(4 * H, T * B), dh


def _slopes(h: Array, gates: Array, n: Array) -> Array:
    """The derivatives of h_t = (1 - z) n + z h by q, by what r, z and n are functions of, and by h: (t, 5, H, B)."""
    r, z, q = gates.swapaxes(0, 1)
    slopes = np.empty((len(n), 5, *n.shape[1:]), n.dtype)
    by_q, by_r, by_z, by_n, by_h = slopes.swapaxes(0, 1)
    # NumPy copies an input that lies between parts of the output: no line both reads and writes `slopes`
    not_z = 1 - z
    a = n * n
    np.subtract(1, a, a)
    a *= not_z
    by_n[:] = a
    np.multiply(a, r, by_q)
    np.subtract(1, r, a)
    a *= by_q
    np.multiply(a, q, by_r)
    np.subtract(h, n, a)
    a *= z
    np.multiply(a, not_z, by_z)
    by_h[:] = z
    return slopes
