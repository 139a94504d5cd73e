import numpy as np

AXES = [None, 0, 1, -1, (0,), (0, 2), (-1, 0), (0, 1, 2), ()]


def reduction(function):
    return lambda x, axis=None, keepdims=False: function(x, axis=axis, keepdims=keepdims)


REFERENCES = {
    "reduce_sum": reduction(np.sum),
    "reduce_mean": reduction(np.mean),
    "reduce_variance": reduction(np.var),
    "reduce_max": reduction(np.max),
    "reduce_min": reduction(np.min),
    "logsumexp": reduction(lambda x, **over: np.log(np.exp(x).sum(**over))),
}
ROWS = [
    *[(op, [(2, 1, 3)], (a, keep)) for op in REFERENCES for a in AXES for keep in (False, True)],
    *[(op, [()], (None, keep)) for op in REFERENCES for keep in (False, True)],
]
