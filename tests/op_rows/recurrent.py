import numpy as np


def numpy_rnn(x, w, h, return_sequences=True):
    states = []
    for x_t in x:
        h = np.tanh(x_t + h @ w)
        states.append(h)
    return np.stack(states) if return_sequences else h


def numpy_staggered_inputs(x, *biases):
    """By appending and prepending ticks of zeros."""
    parts = [x, *(np.broadcast_to(b, (*x.shape[:2], len(b))) for b in biases)]
    lag = len(biases)
    return np.concatenate([np.pad(p, ((i, lag - i), (0, 0), (0, 0))) for i, p in enumerate(parts)], axis=2)


def numpy_staggered_weights(first, *others):
    """np.block's matrix: the diagonal, and beside it what carries one layer's states into the next."""
    diagonal, beside = [first, *others[1::2]], others[::2]
    zero = [[np.zeros((len(a), len(b))) for b in diagonal] for a in diagonal]
    for i, block in enumerate(diagonal):
        zero[i][i] = block
    for i, block in enumerate(beside):
        zero[i][i + 1] = block
    return np.block(zero)


REFERENCES = {
    **dict.fromkeys(["rnn", "rnn_composed"], numpy_rnn),
    "staggered_inputs": numpy_staggered_inputs,
    "staggered_weights": numpy_staggered_weights,
}
ROWS = [
    *[(op, [(T, 2, 3), (3, 3), (2, 3)], (r,)) for op in ("rnn", "rnn_composed") for T in (1, 4) for r in (True, False)],
    *[("staggered_inputs", [(4, 2, 3), *biases], ()) for biases in ([], [(2,)], [(1,), (5,)])],
    *[("staggered_weights", blocks, ()) for blocks in ([(3, 3)], [(3, 3), (3, 2), (2, 2)])],
    ("staggered_weights", [(1, 1), (1, 4), (4, 4), (4, 2), (2, 2)], ()),
]
