"""A convolution of which only the largest output of each window is kept."""

import numpy as np

from zen_cli.autodiff.convolution import NO_PADDING, Convolution, Padding, Pair, as_images, conv2d, output_size, stored
from zen_cli.autodiff.pooling import find_largest, max_pool, share
from zen_cli.autodiff.shapes import expand_dims, squeeze
from zen_cli.autodiff.tensor import Array, Gradient, Operand, PullBack, Tensor, primitive


def conv2d_max_pool_composed(
    x: Operand,
    w: Operand,
    b: Operand,
    size: Pair,
    stride: Pair = (1, 1),
    padding: Padding = NO_PADDING,
    dilation: Pair = (1, 1),
) -> Tensor:
    """What `conv2d_max_pool` does, as two ops."""
    return max_pool(conv2d(x, w, b, stride, padding, dilation), size)


@primitive
def conv2d_max_pool(
    x: Array,
    w: Array,
    b: Array,
    /,
    size: Pair,
    stride: Pair = (1, 1),
    padding: Padding = NO_PADDING,
    dilation: Pair = (1, 1),
) -> tuple[Array, PullBack]:
    """The largest output of `conv2d` in each window of `size`, the windows side by side.

    The outputs of the convolution never leave the cache: of a row of windows, only the largest and where they were are
    kept. Outputs that no whole window covers are not computed, and the bias is added to the largest alone.
    """
    height, width = output_size(x.shape, w.shape, stride, padding, dilation)
    (ph, pw), H, W = size, height // size[0], width // size[1]
    if not H or not W:
        raise ValueError(f"conv2d_max_pool: windows of {size} do not fit into outputs of {(height, width)}")
    conv = Convolution(x, w, stride, padding, dilation, (pw, H * ph, W))
    N, B = w.shape[3], len(x)
    y = np.empty((H, N, W, B), conv.dtype)
    is_largest = np.empty((ph * pw - 1, H, N, W, B), bool)
    blocks = conv.blocks(unit=ph)  # of rows of windows
    room = np.empty((pw, blocks[0].stop * ph, N, W, B), conv.dtype)
    for block in blocks:
        outputs = room[:, : (block.stop - block.start) * ph]
        conv.outputs(slice(block.start * ph, block.stop * ph), outputs)
        find_largest(_cells(outputs, ph), y[block], is_largest[:, block])
        y[block] += b[:, None, None]

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        g_rows, g_outputs = stored(g), np.empty((pw, H * ph, N, W, B), conv.dtype)
        cells = _cells(g_outputs, ph)
        for block in blocks:
            share(g_rows[block], is_largest[:, block], [cell[block] for cell in cells])
        g_phases = g_outputs.reshape(pw, H * ph, N, W * B)
        return lambda: conv.d_x(g_phases), lambda: conv.d_w(g_phases), lambda: np.add.reduce(g, axis=(0, 1, 2))

    return as_images(y), pull_back


def conv1d_max_pool(
    x: Operand, w: Operand, b: Operand, size: int, stride: int = 1, padding: Pair = (0, 0), dilation: int = 1
) -> Tensor:
    """The largest output of `conv1d` in each window of `size` steps, the windows side by side."""
    images, kernel = expand_dims(x, 1), expand_dims(w, 0)
    y = conv2d_max_pool(images, kernel, b, (1, size), (1, stride), ((0, 0), padding), (1, dilation))
    return squeeze(y, 1)


def _cells(outputs: Array, height: int) -> list[Array]:
    """The first cell of each window, the second, ...: views (H, N, W, B) of outputs (phases, H height, N, W, B)."""
    return [phase[row::height] for row in range(height) for phase in outputs]
