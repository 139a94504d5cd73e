import numpy as np

from op_rows.draw import positive


def numpy_softmax(x, axis=-1):
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


REFERENCES = {
    "softmax": numpy_softmax,
    "log_softmax": lambda x, axis=-1: np.log(numpy_softmax(x, axis)),
    "log_probabilities": np.log,
}
ROWS = [
    *[(op, [(2, 3)], axis) for op in ("softmax", "log_softmax") for axis in ((), (0,), (-1,), ((0, 1),))],
    *[(op, [(4, 2, 3)], axis) for op in ("softmax", "log_softmax") for axis in ((2,), (-2,), ((0, -1),))],
    ("log_probabilities", [positive(2, 3)], ()),
]
