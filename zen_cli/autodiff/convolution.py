"""Convolution over images (B, H, W, C) and sequences (B, T, C), channels last; weights (kh, kw, C, N) and (k, C, N).

Inside, images are stored (H, C, W, B): what a row of outputs depends on, kh rows of columns that `filters` lays out, is
then one matrix as it lies there, and the row is a product that nothing has to be added to. Values are views in the
order (B, H, W, C), so the next convolution finds its input stored as it needs it.
"""

import math
from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from zen_cli.autodiff.filters import filter_for, suits_minimal
from zen_cli.autodiff.shapes import expand_dims, pad, squeeze
from zen_cli.autodiff.tensor import Array, Gradient, Operand, PullBack, Tensor, add, getitem, matmul, primitive
from zen_cli.autodiff.windows import span, steps

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]

NO_PADDING = ((0, 0), (0, 0))
CACHED = 2**18  # outputs at a time, so that they stay in the cache

FEWEST_TO_WEAVE = 1536  # kh C B: where two phases were measured to be faster though they must be woven together


def conv2d_composed(
    x: Operand, w: Operand, b: Operand, stride: Pair = (1, 1), padding: Padding = NO_PADDING, dilation: Pair = (1, 1)
) -> Tensor:
    """What `conv2d` does, without any backpropagation code: the sum of a product for each tap of the kernel."""
    kernel = np.shape(w)
    height, width = output_size(np.shape(x), kernel, stride, padding, dilation)
    x = pad(x, ((0, 0), *padding, (0, 0)))
    products = []
    for i, j in np.ndindex(kernel[:2]):
        rows, columns = span(i * dilation[0], stride[0], height), span(j * dilation[1], stride[1], width)
        products.append(matmul(x[:, rows, columns], getitem(w, (i, j))))
    return add(reduce(add, products), b)


@primitive
def conv2d(
    x: Array, w: Array, b: Array, /, stride: Pair = (1, 1), padding: Padding = NO_PADDING, dilation: Pair = (1, 1)
) -> tuple[Array, PullBack]:
    """y[i, j] = sum over k, l of x[i s + k d, j s + l d] w[k, l] + b: (B, H, W, C) becomes (B, H', W', N).

    The settings are for height and width. `padding` counts the rows and columns of zeros before and after.
    """
    height, width = output_size(x.shape, w.shape, stride, padding, dilation)
    weave = w.shape[0] > 1 and w.shape[0] * w.shape[2] * len(x) >= FEWEST_TO_WEAVE
    phases = 2 if weave and suits_minimal(w.shape, stride[1], dilation[1]) else 1
    conv = Convolution(x, w, stride, padding, dilation, (phases, height, -(-width // phases)))
    _, _, N, count, B = conv.shape
    y = np.empty((height, N, count, phases, B), conv.dtype)
    for rows in conv.blocks():
        conv.outputs(rows, y[rows].transpose(3, 0, 1, 2, 4))
        y[rows] += b[:, None, None, None]

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        g_phases = in_phases(stored(g), phases)
        return lambda: conv.d_x(g_phases), lambda: conv.d_w(g_phases), lambda: np.add.reduce(g, axis=(0, 1, 2))

    return as_images(y.reshape(height, N, count * phases, B)[:, :, :width]), pull_back


def conv1d(x: Operand, w: Operand, b: Operand, stride: int = 1, padding: Pair = (0, 0), dilation: int = 1) -> Tensor:
    """y[t] = sum over k of x[t s + k d] w[k] + b: (B, T, C) becomes (B, T', N), as images that are one row high."""
    images, kernel = expand_dims(x, 1), expand_dims(w, 0)
    return squeeze(conv2d(images, kernel, b, (1, stride), ((0, 0), padding), (1, dilation)), 1)


def output_size(images: Sequence[int], kernel: Sequence[int], stride: Pair, padding: Padding, dilation: Pair) -> Pair:
    """Height and width of the outputs; 0 or less where the kernel is larger than the padded images."""
    cells = [n + sum(around) for n, around in zip(images[1:3], padding, strict=True)]
    height, width = map(steps, cells, kernel, stride, dilation)
    return height, width


# --- what all convolutions share ---


def stored(images: Array) -> Array:
    """(B, H, W, C) as (H, C, W, B), one after the other in memory; no copy where they are stored so."""
    return np.ascontiguousarray(images.transpose(1, 3, 2, 0))


def as_images(y: Array) -> Array:
    """(H, C, W, B) as (B, H, W, C), a view."""
    return y.transpose(3, 0, 2, 1)


def in_phases(y: Array, phases: int) -> Array:
    """(H, N, W, B) as (phases, H, N, M), zeros where a phase has a column less than the first."""
    H, N, W, B = y.shape
    if phases == 1:
        return y.reshape(1, H, N, W * B)
    out = np.zeros((phases, H, N, -(-W // phases), B), y.dtype)
    for f, phase in enumerate(out):
        phase[:, :, : len(range(f, W, phases))] = y[:, :, f::phases]
    return out.reshape(phases, H, N, -1)


class Convolution:
    """The arrays of a convolution, and the products that make its outputs and its gradients.

    `size` is (phases, H', count): how many rows of outputs are wanted, and columns in each phase. Outputs then have the
    shape (phases, H', N, count, B); M stands for count B. Columns are in G groups, K rows for each row of the images,
    as `filters` has it.
    """

    def __init__(
        self, x: Array, w: Array, stride: Pair, padding: Padding, dilation: Pair, size: tuple[int, int, int]
    ) -> None:
        phases, height, count = size
        self.shape = (phases, height, w.shape[3], count, len(x))
        self.kernel, self.dtype = w.shape, np.result_type(x, w)
        self.stride, self.dilation = stride[0], dilation[0]
        self.filter = filter_for(w.shape, stride[1], dilation[1], phases, count)
        images, self.inside = self._padded(stored(x).astype(self.dtype, copy=False), padding)
        self.image_shape = images.shape
        self.columns = self.filter.spread(images)  # (G, H, K, M)
        self.windows = self._windows(self.columns)  # (G, H', kh, K, M)
        self.weights = self.filter.kernels(w.astype(self.dtype, copy=False))  # (G, kh K, N)

    def _padded(self, images: Array, padding: Padding) -> tuple[Array, tuple[slice, ...]]:
        """The images in zeros, as wide as the filter reads at least, and where in them they are."""
        (top, bottom), (left, right) = padding
        H, _, W, _ = images.shape
        right = max(right, self.filter.reach - left - W)
        inside = (slice(top, top + H), slice(None), slice(left, left + W))
        if top == bottom == left == right == 0:
            return images, inside
        return np.pad(images, ((top, bottom), (0, 0), (left, right), (0, 0))), inside

    def _windows(self, columns: Array) -> Array:
        """The rows that each row of outputs depends on: a view (G, H', kh, K, M) of (G, H, K, M)."""
        length = self.dilation * (self.kernel[0] - 1) + 1
        windows = sliding_window_view(columns, length, axis=1, writeable=True)[..., :: self.dilation]
        return np.moveaxis(windows[:, span(0, self.stride, self.shape[1])], -1, 2)

    def blocks(self, unit: int = 1) -> list[slice]:
        """The rows of outputs, or units of so many rows, in blocks that stay in the cache."""
        phases, height, *row = self.shape
        count, step = height // unit, max(1, CACHED // max(1, unit * phases * math.prod(row)))
        return [slice(first, min(first + step, count)) for first in range(0, count, step)]

    def outputs(self, rows: slice, out: Array) -> None:
        """Write rows of outputs into `out` (phases, rows, N, count, B)."""
        products = self.filter.room(out)
        for windows, weights, product in zip(self.windows, self.weights, products, strict=True):
            np.matmul(weights.T, _matrices(windows[rows]), out=product)
        self.filter.combine(products, out)

    def d_w(self, g: Array) -> Array:
        """The gradient of the weights from that of the outputs, (phases, H', N, M)."""
        d = np.zeros(self.weights.shape, self.dtype)
        for d_group, windows, g_group in zip(d, self.windows, self.filter.split(g), strict=True):
            for rows in self.blocks():
                d_group += np.add.reduce(np.matmul(_matrices(windows[rows]), g_group[rows].mT))
        return self.filter.d_kernels(d, self.kernel)

    def d_x(self, g: Array) -> Array:
        """The gradient of the images, (B, H, W, C), from that of the outputs, (phases, H', N, M)."""
        d = np.zeros_like(self.columns)
        for d_windows, weights, g_group in zip(self._windows(d), self.weights, self.filter.split(g), strict=True):
            for rows in self.blocks():
                product = np.matmul(weights, g_group[rows])  # (rows, kh K, M)
                _add_by_tap(d_windows[rows], product)
        d_images = np.zeros(self.image_shape, self.dtype)
        self.filter.collect(d, d_images)
        return as_images(d_images[self.inside])


def _matrices(windows: Array) -> Array:
    """(rows, kh, K, M) as (rows, kh K, M): a view where the taps are neighbours."""
    rows, kh, K, M = windows.shape
    return windows.reshape(rows, kh * K, M)


def _add_by_tap(d_windows: Array, product: Array) -> None:
    """Add to windows (rows, kh, K, M), which overlap: those of one tap do not."""
    parts = product.reshape(d_windows.shape)
    for tap in range(d_windows.shape[1]):
        d_windows[:, tap] += parts[:, tap]
