from itertools import product

import numpy as np


def windows(x, size, stride=None):
    """The windows of each example, by the place that they go to."""
    stride = stride or size
    axes = zip(x.shape[1:-1], size, stride, strict=True)
    starts = [[*enumerate(range(0, n - k + 1, s))] for n, k, s in axes]
    for places in product(*starts):
        inside = tuple(slice(start, start + k) for (_, start), k in zip(places, size, strict=True))
        yield tuple(to for to, _ in places), x[(slice(None), *inside)]


def numpy_pool(reduce, x, size, stride=None):
    found = {to: reduce(window, axis=tuple(range(1, x.ndim - 1))) for to, window in windows(x, size, stride)}
    counts = [n + 1 for n in max(found)]
    y = np.zeros((len(x), *counts, x.shape[-1]), x.dtype)
    for to, value in found.items():
        y[(slice(None), *to)] = value
    return y


def numpy_max_pool(x, size, stride=None):
    return numpy_pool(np.max, x, size, stride)


def numpy_average_pool(x, size, stride=None):
    return numpy_pool(np.mean, x, size, stride)


REFERENCES = {"max_pool": numpy_max_pool, "average_pool": numpy_average_pool}
POOLS = [
    ((2, 4, 6, 3), ((2, 2),)),
    ((1, 5, 7, 2), ((2, 3),)),
    ((2, 5, 5, 2), ((3, 2), (1, 1))),
    ((2, 7, 4, 1), ((2, 1), (3, 2))),
    ((2, 3, 2, 2), ((3, 2),)),
    ((2, 6, 3), ((2,),)),
    ((2, 7, 2), ((3,), (2,))),
]
ROWS = [(op, [shape], settings) for op in ("max_pool", "average_pool") for shape, settings in POOLS]
