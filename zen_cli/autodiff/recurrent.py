"""The simple recurrence over a whole sequence: composed from ops, and fused into one op for speed.

Time is the first axis in here: T steps, B sequences of n features, H hidden units.
"""

import functools
from collections.abc import Callable, Sequence
from itertools import accumulate, chain, pairwise

import numpy as np

from zen_cli.autodiff.elementwise import relu, tanh
from zen_cli.autodiff.shapes import concatenate, reshape, stack
from zen_cli.autodiff.tensor import Array, Gradient, Operand, PullBack, Tensor, primitive


def rnn_composed(
    x: Tensor,
    m: Tensor,
    h0: Operand,
    return_sequences: bool = True,
    activation: str = "tanh",
    late: tuple[int, ...] = (),
) -> Tensor:
    """h_t = tanh([h_(t-1), x_t, 1] m), step by step: what `rnn` does, without any backpropagation code."""
    f = {"tanh": tanh, "relu": relu}[activation]
    (T, B, n), H, dtype = x.shape, m.shape[1], x.dtype
    h, states = np.zeros((B, H), dtype) + h0, []
    for t in range(T + len(late)):
        fed = [h, x[t] if t < T else np.zeros((B, n), dtype), np.ones((B, 1), dtype)]
        started = np.arange(H) < (late[t] if t < len(late) else H)
        h = f(concatenate(fed, axis=1) @ m) * started.astype(dtype)
        states.append(h)
    last = slice(late[-1] if late else 0, None)
    return stack(states[len(late) :])[:, :, last] if return_sequences else states[-1][:, last]


@primitive
def rnn(
    x: Array,
    m: Array,
    h0: Array,
    /,
    return_sequences: bool = True,
    activation: str = "tanh",
    late: tuple[int, ...] = (),
) -> tuple[Array, PullBack]:
    """h_t = tanh([h_(t-1), x_t, 1] m): the states h_1 ... h_T of shape (T, B, H), or h_T alone, (B, H).

    `x` is (T, B, n), `h0` (B, H); `m` (H + n + 1, H) has the weights of the state, of the input and the bias below each
    other. With `activation` "relu" it is max(0, ...).

    `late` is for several recurrences side by side, each fed by the one before (`staggered_weights`): the columns from
    late[l] on start l + 1 ticks after the first, at zero. There are then len(late) more ticks than steps, and the
    result holds the states of the last recurrence alone.
    """
    (T, B, n), H, lag = x.shape, m.shape[1], len(late)
    dtype = np.result_type(x, m, h0)
    m = m.astype(dtype, copy=False)
    w, u_b = m[:H], m[H:]
    last, f = late[-1] if late else 0, ACTIVATIONS[activation]
    s = np.empty((1 + T + lag, B, H + n + 1 if B == 1 else H), dtype)
    h = s[:, :, :H]
    h[0] = h0
    x_1 = s[:-1, :, H:] if B == 1 else np.empty((T + lag, B, n + 1), dtype)
    x_1[:T, :, :n] = x
    x_1[T:, :, :n] = 0  # what the ticks after the last step are fed
    x_1[:, :, n] = 1
    rows = x_1.reshape(-1, n + 1)
    if B > 1:
        rows.dot(u_b, h[1:].reshape(-1, H))  # to be replaced by the states
    for tick, column in enumerate(late, start=1):
        _advance(f, s[tick - 1 : tick + 1], m)
        h[tick, :, column:] = 0
    _advance(f, s[lag:], m)

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        dz = _SLOPES[activation](h[1:])  # (T + lag, B, H): becomes dL/dz_t for h_t = f(z_t)
        for dz_t, column in zip(dz, late, strict=False):
            dz_t[:, column:] = 0
        dh = np.zeros((B, H), dtype)  # dL/dh_t
        dh_last, w_back = dh[:, last:], np.ascontiguousarray(w.T)
        arriving, multiply = iter(g[::-1] if return_sequences else g[None]), np.multiply
        for dz_t in dz[::-1]:
            if (g_t := next(arriving, None)) is not None:
                np.add(dh_last, g_t, dh_last)
            multiply(dh, dz_t, dz_t)
            dz_t.dot(w_back, dh)

        def d_m() -> Array:
            every = dz.reshape(-1, H)
            dm = np.empty(m.shape, dtype)
            h[:-1].reshape(-1, H).T.dot(every, dm[:H])
            rows.T.dot(every, dm[H:])
            return dm

        return lambda: dz[:T].reshape(T * B, H).dot(u_b[:n].T).reshape(T, B, n), d_m, dh

    return (h[1 + lag :] if return_sequences else h[-1])[..., last:], pull_back


def _advance(f: Callable[[Array, Array], object], s: Array, m: Array) -> None:
    """Fill in the states in s[1], s[2], ... after those in s[0].

    A single sequence has its inputs beside its states, [h, x, 1]: that saves a call. Of several, the states would then
    be apart in memory, which costs more: s[1], s[2], ... hold their input parts instead.
    """
    H = m.shape[1]
    before, z, add = s[0], np.empty_like(s[0, :, :H]), np.add  # look-ups count in small networks
    if s.shape[2] > H:
        for s_t, h_t in zip(s, s[1:, :, :H], strict=False):
            s_t.dot(m, z)
            f(z, h_t)
        return
    w = m[:H]
    for now in s[1:]:
        before.dot(w, z)
        add(z, now, z)
        f(z, now)
        before = now


def _relu(z: Array, out: Array) -> None:
    np.maximum(z, 0, out=out)  # NumPy refuses a third argument here


def _slopes_of_tanh(h: Array) -> Array:
    slopes: Array = h * h
    np.subtract(1, slopes, slopes)
    return slopes


def _slopes_of_relu(h: Array) -> Array:
    return (h > 0).astype(h.dtype)


ACTIVATIONS: dict[str, Callable[[Array, Array], object]] = {"tanh": np.tanh, "relu": _relu}
_SLOPES = {"tanh": _slopes_of_tanh, "relu": _slopes_of_relu}


# --- the weights of one recurrence, or of several that run as one ---

Weights = Sequence[Operand]  # w and b of U, then of W; in front of them w and b of a V that its inputs pass through


def staggered_weights_composed(layers: Sequence[Weights]) -> Tensor:
    """What `staggered_weights` does, without any backpropagation code."""
    sizes = [len(w) for *_, w, _ in layers]
    zeros = functools.partial(np.zeros, dtype=layers[0][0].dtype)
    n, columns = len(layers[0][0]), []
    for place, (*v, u, u_b, w, w_b) in enumerate(layers):
        H = sizes[place]
        fed = v[0] @ u if v else u
        bias = v[1] @ u + u_b + w_b if v else u_b + w_b
        above, below = (zeros((sum(part), H)) for part in (sizes[: max(0, place - 1)], sizes[place + 1 :]))
        blocks = [above, fed, w, below, zeros((n, H))] if place else [w, below, fed]
        columns.append(concatenate([*blocks, reshape(bias, (1, H))]))
    return concatenate(columns, axis=1)


def staggered_weights(layers: Sequence[Weights]) -> Tensor:
    """The matrix m (H + n + 1, H) with which `rnn` runs one layer, or several, each a tick behind the one before.

    Layer l has H_l hidden units, and H is their sum. On the diagonal of the upper (H, H) stands W of each layer, above
    it what feeds it the states of the layer before: its U, or V U. Then follow what feeds the first layer, (n, H_1),
    and the biases, those of U, W and V in one. All other elements are zero.
    """
    return _staggered_weights(*chain.from_iterable(layers), counts=tuple(map(len, layers)))


@primitive
def _staggered_weights(*arrays: Array, counts: tuple[int, ...]) -> tuple[Array, PullBack]:
    layers = [arrays[own] for own in _slices(counts)]
    feeds, parts = _places(len(arrays[0]), tuple([len(layer[-2]) for layer in layers]))
    H = parts[-1].stop
    m = np.zeros((H + len(arrays[0]) + 1, H), arrays[0].dtype)
    for feed, part, (*v, u, u_b, w, w_b) in zip(feeds, parts, layers, strict=True):
        m[part, part] = w
        m[feed, part] = v[0].dot(u) if v else u
        m[-1, part] = v[1].dot(u) + u_b + w_b if v else u_b + w_b

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        found: list[Gradient] = []
        for feed, part, (*v, u, _, _, _) in zip(feeds, parts, layers, strict=True):
            d_feed, d_b = g[feed, part], g[-1, part]
            if v:
                found += [d_feed.dot(u.T), u.dot(d_b)]
                d_feed = v[0].T.dot(d_feed) + v[1][:, None] * d_b
            found += [d_feed, d_b, g[part, part], d_b]
        return tuple(found)

    return m, pull_back


@functools.lru_cache
def _places(n: int, sizes: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """For each layer, of `sizes` units, the rows of m that feed it and its own rows, which are its columns too."""
    parts = _slices(sizes)
    return (slice(parts[-1].stop, parts[-1].stop + n), *parts[:-1]), parts


@functools.lru_cache
def _slices(sizes: tuple[int, ...]) -> tuple[slice, ...]:
    """Consecutive stretches of these sizes."""
    return tuple(slice(start, stop) for start, stop in pairwise(accumulate(sizes, initial=0)))
