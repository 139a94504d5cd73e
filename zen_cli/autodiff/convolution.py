"""Convolution over images (B, H, W, C) and sequences (B, T, C), channels last, with weights (kh, kw, C, N) and (k, C, N).

Inside, images are stored (H, C, W, B): what a row of outputs depends on, kh rows of columns that `filters` lays out, is
then one matrix as it lies there, and the row is a product that nothing has to be added to. Values are views in the order
(B, H, W, C), so the next convolution finds its input stored as it needs it.
"""

from collections.abc import Sequence

import numpy as np

from zen_cli.autodiff.filters import Direct, Filter, Minimal
from zen_cli.autodiff.shapes import pad, reshape
from zen_cli.autodiff.tensor import Array, Gradient, Operand, PullBack, Tensor, add, getitem, matmul, primitive
from zen_cli.autodiff.windows import span, steps

Pair = tuple[int, int]
Padding = tuple[Pair, Pair]

NO_PADDING = ((0, 0), (0, 0))
FEWEST_CHANNELS = 16  # where `Minimal` was measured to be faster: with fewer, products are not what takes the time


def conv2d_composed(
    x: Operand, w: Operand, b: Operand, stride: Pair = (1, 1), padding: Padding = NO_PADDING, dilation: Pair = (1, 1)
) -> Tensor:
    """What `conv2d` does, without any backpropagation code: the sum of a product for each tap of the kernel."""
    x, kernel = pad(x, ((0, 0), *padding, (0, 0))), np.shape(w)
    height, width = output_size(x.shape, kernel, stride, NO_PADDING, dilation)
    y = b
    for i, j in np.ndindex(kernel[:2]):
        rows, columns = span(i * dilation[0], stride[0], height), span(j * dilation[1], stride[1], width)
        y = add(y, matmul(x[:, rows, columns], getitem(w, (i, j))))
    return y


@primitive
def conv2d(
    x: Array, w: Array, b: Array, /, stride: Pair = (1, 1), padding: Padding = NO_PADDING, dilation: Pair = (1, 1)
) -> tuple[Array, PullBack]:
    """y[i, j] = sum over k, l of x[i s + k d, j s + l d] w[k, l] + b: (B, H, W, C) becomes (B, H', W', N).

    The settings are for height and width. `padding` counts the rows and columns of zeros before and after.
    """
    height, width = output_size(x.shape, w.shape, stride, padding, dilation)
    phases = 2 if suits_minimal(w.shape, stride, dilation) else 1
    conv = Convolution(x, w, (height, -(-width // phases), phases), stride, padding, dilation)
    y = np.empty((height, conv.N, conv.count, phases, conv.B), conv.dtype)
    for row, y_row in enumerate(y):
        conv.row(row, np.moveaxis(y_row, 2, 0))
        y_row += b[:, None, None, None]

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        phased = np.zeros((phases, *y.shape[:3], conv.B), conv.dtype)
        for f, phase in enumerate(phased):
            part = stored(g, conv.dtype)[:, :, f::phases]
            phase[:, :, : part.shape[2]] = part
        return lambda: conv.d_x(phased), lambda: conv.d_w(phased), lambda: np.add.reduce(g, axis=(0, 1, 2))

    return as_images(y.reshape(height, conv.N, -1, conv.B)[:, :, :width]), pull_back


def conv1d(x: Operand, w: Operand, b: Operand, stride: int = 1, padding: Pair = (0, 0), dilation: int = 1) -> Tensor:
    """y[t] = sum over k of x[t s + k d] w[k] + b: (B, T, C) becomes (B, T', N), as images that are one row high."""
    B, T, C = np.shape(x)
    images, kernel = reshape(x, (B, 1, T, C)), reshape(w, (1, *np.shape(w)))
    y = conv2d(images, kernel, b, (1, stride), ((0, 0), padding), (1, dilation))
    return reshape(y, (B, *y.shape[2:]))


def output_size(images: Sequence[int], kernel: Sequence[int], stride: Pair, padding: Padding, dilation: Pair) -> Pair:
    """Height and width of the outputs; 0 or less where the kernel is larger than the padded images."""
    cells = [n + sum(around) for n, around in zip(images[1:3], padding, strict=True)]
    height, width = map(steps, cells, kernel, stride, dilation)
    return height, width


def suits_minimal(kernel: Sequence[int], stride: Pair, dilation: Pair) -> bool:
    return kernel[1] == 3 and stride[1] == dilation[1] == 1 and kernel[2] >= FEWEST_CHANNELS


class Convolution:
    """The arrays of a convolution, and the products that make its rows of outputs and its gradients.

    `size` is how many rows of outputs are wanted, and how many columns in each phase of how many. B images have N
    channels of outputs; G groups of columns, K rows for each row of the images, are what `filters` says.
    """

    def __init__(
        self, x: Array, w: Array, size: tuple[int, int, int], stride: Pair, padding: Padding, dilation: Pair
    ) -> None:
        height, self.count, phases = size
        self.B, self.N, self.dtype, self.shape = len(x), w.shape[3], np.result_type(x, w), w.shape
        self.filter: Filter = Direct(w.shape[1], stride[1], dilation[1], phases, self.count)
        if phases == 2 and suits_minimal(w.shape, stride, dilation):
            self.filter = Minimal(self.count)
        self.met = [span(row * stride[0], dilation[0], w.shape[0]) for row in range(height)]
        self.padding, self.inside = self._around(x, padding)
        images = stored(x, self.dtype)
        self.images = np.pad(images, self.padding) if any(map(any, self.padding)) else images
        self.columns = self.filter.spread(self.images)  # (G, H, K, count B)
        self.weights = self.filter.kernels(w.astype(self.dtype, copy=False))  # (G, kh K, N)
