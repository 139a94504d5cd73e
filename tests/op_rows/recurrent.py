import numpy as np


def numpy_rnn(x, m, h, return_sequences=True, activation="tanh", late=()):
    """Step by step; recurrences that start late are kept at zero until then."""
    f = {"tanh": np.tanh, "relu": lambda z: np.where(z > 0, z, 0)}[activation]
    (_, B, n), H = x.shape, m.shape[1]
    padded, states = np.concatenate([x, np.zeros((len(late), B, n))]), []
    for t, x_t in enumerate(padded):
        h = f(h @ m[:H] + x_t @ m[H:-1] + m[-1])
        h = np.where(np.arange(H) < (late[t] if t < len(late) else H), h, 0)
        states.append(h[:, late[-1] if late else 0 :])
    return np.stack(states[len(late) :]) if return_sequences else states[-1]


def numpy_lstm(x, u, b, w, h, c, return_sequences=True):
    """Step by step, with the logistic function as it is written in books."""
    states = []
    for x_t in x:
        *gates, z_g = np.split(x_t @ u + h @ w + b, 4, axis=1)
        i, f, o = (1 / (1 + np.exp(-z)) for z in gates)
        c = f * c + i * np.tanh(z_g)
        h = o * np.tanh(c)
        states.append(h)
    return np.stack(states) if return_sequences else h


def numpy_gru(x, u, b, w, b_n, h, return_sequences=True):
    """Step by step, with the logistic function as it is written in books."""
    states = []
    for x_t in x:
        (x_r, x_z, x_n), (h_r, h_z, h_n) = (np.split(a, 3, axis=1) for a in (x_t @ u + b, h @ w))
        r, z = (1 / (1 + np.exp(-a)) for a in (x_r + h_r, x_z + h_z))
        n = np.tanh(x_n + r * (h_n + b_n))
        h = (1 - z) * n + z * h
        states.append(h)
    return np.stack(states) if return_sequences else h


def numpy_weights(layers):
    """The blocks of a single layer below each other."""
    ((*v, u, u_b, w, w_b),) = layers
    feed, bias = (v[0] @ u, v[1] @ u + u_b + w_b) if v else (u, u_b + w_b)
    return np.vstack([w, feed, bias])


RNN = [(4, 2, 3), (2 + 3 + 1, 2), (2, 2)]
SETTINGS = [(s, f, late) for s in (True, False) for f in ("tanh", "relu") for late in ((), (1,))]
LSTM = [(4, 2, 3), (3, 8), (8,), (2, 8), (2, 2), (2, 2)]
GRU = [(4, 2, 3), (3, 6), (6,), (2, 6), (2,), (2, 2)]

REFERENCES = {
    **dict.fromkeys(["rnn", "rnn_composed"], numpy_rnn),
    **dict.fromkeys(["lstm", "lstm_composed"], numpy_lstm),
    **dict.fromkeys(["gru", "gru_composed"], numpy_gru),
    **dict.fromkeys(["staggered_weights", "staggered_weights_composed"], numpy_weights),
}
ROWS = [
    *[(op, RNN, settings) for op in ("rnn", "rnn_composed") for settings in SETTINGS],
    *[(op, [(1, 2, 3), *RNN[1:]], ()) for op in ("rnn", "rnn_composed")],
    *[(op, LSTM, (sequences,)) for op in ("lstm", "lstm_composed") for sequences in (True, False)],
    *[(op, GRU, (sequences,)) for op in ("gru", "gru_composed") for sequences in (True, False)],
    *[
        (op, [*v, (2, 3), (3,), (3, 3), (3,)], ())
        for op in ("staggered_weights", "staggered_weights_composed")
        for v in ([], [(4, 2), (2,)])
    ],
]
