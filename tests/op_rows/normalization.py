import numpy as np


def normalized(x, axis, epsilon):
    return (x - x.mean(axis, keepdims=True)) / np.sqrt(x.var(axis, keepdims=True) + epsilon)


def numpy_layer_norm(x, w, b, epsilon=1e-5):
    return normalized(x, -1, epsilon) * w + b


def numpy_batch_norm(x, w, b, epsilon=1e-5):
    return normalized(x, tuple(range(x.ndim - 1)), epsilon) * w + b


SHAPES = [(1, 3), (5, 3), (2, 4, 3), (2, 3, 2, 4)]
LAYER_NORMS, BATCH_NORMS = (["layer_norm", "layer_norm_composed"], ["batch_norm", "batch_norm_composed"])

REFERENCES = dict.fromkeys(LAYER_NORMS, numpy_layer_norm) | dict.fromkeys(BATCH_NORMS, numpy_batch_norm)
ROWS = [
    *[(op, [x, x[-1:], x[-1:]], s) for op in LAYER_NORMS + BATCH_NORMS for x in SHAPES for s in ((), (0.1,))],
    *[(op, [(3,), (3,), (3,)], ()) for op in LAYER_NORMS],
    *[(op, [(5, 1), (1,), (1,)], ()) for op in BATCH_NORMS],
]
