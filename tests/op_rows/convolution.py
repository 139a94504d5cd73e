import numpy as np

from op_rows.draw import numbers
from op_rows.pooling import numpy_max_pool


def numpy_conv2d(x, w, b, stride=(1, 1), padding=((0, 0), (0, 0)), dilation=(1, 1)):
    """Output by output and tap by tap."""
    x = np.pad(x, ((0, 0), *padding, (0, 0)))
    counts = [
        len(range(0, n - d * (k - 1), s))
        for n, k, s, d in zip(x.shape[1:3], w.shape[:2], stride, dilation, strict=True)
    ]
    y = np.zeros((len(x), *counts, w.shape[3]), x.dtype)
    for i, j in np.ndindex(*counts):
        for k, m in np.ndindex(w.shape[:2]):
            y[:, i, j] += x[:, i * stride[0] + k * dilation[0], j * stride[1] + m * dilation[1]] @ w[k, m]
    return y + b


def numpy_conv1d(x, w, b, stride=1, padding=(0, 0), dilation=1):
    return numpy_conv2d(x[:, :, None], w[:, None], b, (stride, 1), (padding, (0, 0)), (dilation, 1))[:, :, 0]


def numpy_conv2d_max_pool(x, w, b, size, *settings):
    return numpy_max_pool(numpy_conv2d(x, w, b, *settings), size)


def numpy_conv1d_max_pool(x, w, b, size, *settings):
    return numpy_max_pool(numpy_conv1d(x, w, b, *settings), (size,))


REFERENCES = {
    "conv1d": numpy_conv1d,
    "conv1d_max_pool": numpy_conv1d_max_pool,
    **dict.fromkeys(["conv2d", "conv2d_composed"], numpy_conv2d),
    **dict.fromkeys(["conv2d_max_pool", "conv2d_max_pool_composed"], numpy_conv2d_max_pool),
}

# shapes of images, kernel and bias, then stride, padding and dilation
CONV2D = [
    ([(2, 5, 6, 3), (3, 2, 3, 4), (4,)], ()),
    ([(1, 1, 1, 1), (1, 1, 1, 1), (1,)], ()),
    ([(3, 4, 4, 1), (3, 3, 1, 2), (2,)], ()),
    ([(2, 3, 3, 2), (3, 3, 2, 2), (2,)], ((1, 1), ((1, 1), (1, 1)))),
    ([(2, 6, 5, 2), (2, 3, 2, 2), (2,)], ((2, 1), ((0, 1), (3, 0)))),
    ([(2, 5, 7, 2), (1, 2, 2, 3), (3,)], ((3, 2),)),
    ([(2, 5, 7, 2), (2, 3, 2, 1), (1,)], ((1, 1), ((0, 0), (0, 0)), (3, 2))),
    ([(1, 7, 6, 2), (2, 2, 2, 2), (2,)], ((2, 3), ((2, 1), (0, 1)), (2, 3))),
    ([numbers(2, 3, 4, 2).transpose(3, 0, 1, 2), (2, 2, 4, 2), (2,)], ()),
]
CONV1D = [
    ([(2, 6, 3), (3, 3, 2), (2,)], ()),
    ([(1, 3, 1), (3, 1, 1), (1,)], ()),
    ([(2, 7, 2), (2, 2, 3), (3,)], (2, (1, 2), 3)),
]
POOLED = [
    ([(2, 5, 6, 2), (2, 3, 2, 3), (3,)], ((2, 2),)),
    ([(2, 4, 6, 20), (2, 3, 20, 2), (2,)], ((1, 2),)),
    ([(1, 3, 5, 41), (1, 3, 41, 1), (1,)], ((2, 2), (1, 1), ((0, 0), (1, 2)))),
    ([(2, 7, 5, 2), (3, 2, 2, 2), (2,)], ((1, 1),)),
    ([(2, 9, 9, 1), (2, 2, 1, 2), (2,)], ((2, 3), (2, 1), ((1, 0), (0, 1)), (1, 2))),
]
ROWS = [
    *[(op, *row) for op in ("conv2d", "conv2d_composed") for row in CONV2D],
    *[(op, *row) for op in ("conv2d_max_pool", "conv2d_max_pool_composed") for row in POOLED],
    *[("conv1d", *row) for row in CONV1D],
    *[("conv1d_max_pool", inputs, (2, *settings)) for inputs, settings in CONV1D[::2]],
]
