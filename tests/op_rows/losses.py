import numpy as np

from op_rows.draw import numbers


def numpy_binary_crossentropy(p, real):
    return -(real * np.log(p) + (1 - real) * np.log(1 - p))


def numpy_sigmoid_crossentropy(x, real):
    return numpy_binary_crossentropy(1 / (1 + np.exp(-x)), real)


def numpy_softmax_crossentropy(x, classes, weights=None):
    rows = x.reshape(-1, x.shape[-1])
    losses = [np.log(np.exp(row).sum()) - row[c] for row, c in zip(rows, classes.ravel(), strict=True)]
    return np.mean(losses) if weights is None else np.dot(losses, weights.ravel())


def numpy_mean_squared_error(pred, real):
    return np.mean((pred - real) ** 2)


REFERENCES = {
    "binary_crossentropy": numpy_binary_crossentropy,
    **dict.fromkeys(["mean_squared_error", "mean_squared_error_composed"], numpy_mean_squared_error),
    **dict.fromkeys(["sigmoid_crossentropy", "sigmoid_crossentropy_composed"], numpy_sigmoid_crossentropy),
    **dict.fromkeys(["softmax_crossentropy", "softmax_crossentropy_composed"], numpy_softmax_crossentropy),
}
FAR_APART = numbers(3, 4) + np.array([[0.0], [400.0], [-300.0]])  # too far for one shift of all rows
CLASSES = [
    ((1, 1), np.array([0])),
    ((4, 3), np.array([2, 0, 1, 1])),
    ((2, 3, 5), np.array([[4, 0, 1], [2, 2, 3]], np.uint8)),
    (numbers(3, 4).T, np.array([0, 2, 1, 1])),
    (FAR_APART, np.array([3, 0, 1])),
]
WEIGHTED = [((4, 3), np.array([2, 0, 1, 1]), np.array([0.5, 0.0, 0.2, 0.3]))]
WEIGHTED += [((2, 2, 3), np.array([[2, 0], [1, 1]]), np.array([[0.5, 0.0], [0.5, 0.0]]))]

ROWS = [
    *[
        ("binary_crossentropy", [numbers(*s, low=0.01, high=0.99), numbers(*s, low=0, high=1)], ())
        for s in ((3,), (2, 1))
    ],
    *[(op, [s, s], ()) for op in ("sigmoid_crossentropy", "sigmoid_crossentropy_composed") for s in ((4,), (2, 3))],
    *[
        (op, [s, s], ())
        for op in ("mean_squared_error", "mean_squared_error_composed")
        for s in ((1,), (2, 3), (2, 3, 2))
    ],
    *[(op, [numbers(3, 4).T, (4, 3)], ()) for op in ("mean_squared_error", "mean_squared_error_composed")],
    *[
        (op, [x], settings)
        for op in ("softmax_crossentropy", "softmax_crossentropy_composed")
        for x, *settings in (*CLASSES, *WEIGHTED)
    ],
]
