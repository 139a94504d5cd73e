import numpy as np

AXES = [None, 0, 1, -1, (0,), (0, 2), (-1, 0), (0, 1, 2), ()]

REFERENCES = {
    "reduce_sum": lambda x, axis=None, keepdims=False: np.sum(x, axis=axis, keepdims=keepdims),
    "reduce_mean": lambda x, axis=None, keepdims=False: np.mean(x, axis=axis, keepdims=keepdims),
}
ROWS = [
    *[(op, [(2, 1, 3)], (a, keep)) for op in ("reduce_sum", "reduce_mean") for a in AXES for keep in (False, True)],
    *[(op, [()], (None, keep)) for op in ("reduce_sum", "reduce_mean") for keep in (False, True)],
]
