"""Convolution over sequences (T, C) and images (H, W, C)."""

from collections.abc import Sequence
from functools import reduce
from itertools import takewhile
from typing import Literal

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.autodiff.windows import steps
from zen_cli.errors import ShapeError
from zen_cli.nn.activations import ELU, LeakyReLU, ReLU, Sigmoid, Softplus, Tanh
from zen_cli.nn.initializers import ChosenInitializer, uniform_fan_in, zeros
from zen_cli.nn.layers import Layer, Moment
from zen_cli.nn.lengths import up_to_ends
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.nn.pooling import MaxPool, by, per_axis
from zen_cli.settings import Count, CountOrZero, Padding, PerAxis

NON_DECREASING = (ReLU, LeakyReLU, ELU, Softplus, Sigmoid, Tanh)


class Convolution(Layer):
    """What Conv1D and Conv2D share, with each setting for every axis that the kernel moves along.

    filters: How many features are looked for at each place, and so channels of the output.
    initializer: How w starts; null draws it uniformly from +-1/sqrt(n), where n is how many numbers a kernel covers.
    """

    inputs = ""  # what the layer takes, in words
    scope = "example"

    def __init__(
        self,
        filters: int,
        kernel_size: Sequence[int],
        stride: Sequence[int],
        padding: Sequence[str | int],
        dilation: Sequence[int],
        initializer: ChosenInitializer,
    ) -> None:
        self.filters = filters
        self.kernel_size = tuple(kernel_size)
        self.stride = tuple(stride)
        self.padding = tuple(padding)
        self.dilation = tuple(dilation)
        self.initializer = initializer or uniform_fan_in

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        if len(shape) != len(self.kernel_size) + 1:
            message = f"{type(self).__name__} expects {self.inputs} but each example has shape {shape}"
            raise ShapeError(message, "put Reshape before it")
        *cells, channels = shape
        spans = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel_size, strict=True)]
        self.around = tuple(map(_around, cells, spans, self.stride, self.padding))
        padded = [n + before + after for n, (before, after) in zip(cells, self.around, strict=True)]
        outputs = tuple(map(steps, padded, spans, self.stride))
        if min(outputs) < 1:
            raise ShapeError(
                f"{type(self).__name__} has a kernel that spans {by(spans)}, but with its padding each example is only "
                f"{by(padded)}",
                "take a smaller kernel, padding: same, or fewer layers that shrink the input",
            )
        self.w = declare("w", (*self.kernel_size, channels, self.filters), self.initializer)
        self.b = declare("b", (self.filters,), zeros)
        return (*outputs, self.filters)

    def pooled(self, x: Tensor, size: Sequence[int]) -> Tensor:
        """The largest output of each window of `size`, the windows side by side."""
        raise NotImplementedError


def _around(cells: int, span: int, stride: int, padding: str | int) -> tuple[int, int]:
    """How many zeros stand before an axis and after it; of an odd number for `same`, one more after, as in JAX."""
    if padding == "same":
        needed = max(0, (-(-cells // stride) - 1) * stride + span - cells)
        return needed // 2, needed - needed // 2
    count = 0 if padding == "valid" else int(padding)
    return count, count


class Conv1D(Convolution):
    """Filters that slide along a sequence: (T, C) becomes (T', filters).

    y_t = sum over k of x_(t s + k d) w_k + b, with stride s and dilation d

    The kernel has weights w (kernel_size, C, filters); b starts at zero.

    kernel_size: How many steps one output is computed from.
    stride: How many steps the kernel moves on from one output to the next; 2 halves the length.
    padding: How many zeros stand on each side; with `valid` none, so that the kernel stays on the sequence, with `same`
        as many as make T' = T / s, rounded up.
    dilation: How many steps apart the neighbours in a kernel are; from 2 on it looks further with the same weights.
    """

    inputs = "sequences of shape (steps, channels)"

    def __init__(
        self,
        filters: Count,
        kernel_size: Count,
        *,
        stride: Count = 1,
        padding: Literal["valid", "same"] | CountOrZero = "valid",
        dilation: Count = 1,
        initializer: ChosenInitializer = None,
    ) -> None:
        super().__init__(filters, (kernel_size,), (stride,), (padding,), (dilation,), initializer)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.conv1d(x, self.w, self.b, self.stride[0], self.around[0], self.dilation[0])

    def keeps_steps(self, shape: Shape) -> bool:  # noqa: ARG002 - whatever the shape
        span = self.dilation[0] * (self.kernel_size[0] - 1)
        if self.stride != (1,) or sum(self.around[0]) != span:
            raise ShapeError(
                "Conv1D makes sequences shorter, which those of different lengths cannot all be",
                "take stride: 1 and padding: same",
            )
        return True

    def padded(self, x: Tensor, lengths: np.ndarray, moment: Moment | None) -> Tensor:  # noqa: ARG002 - as in training
        return self(up_to_ends(x, lengths))

    def pooled(self, x: Tensor, size: Sequence[int]) -> Tensor:
        return ad.conv1d_max_pool(x, self.w, self.b, size[0], self.stride[0], self.around[0], self.dilation[0])


class Conv2D(Convolution):
    """Filters that slide over an image: (H, W, C) becomes (H', W', filters).

    y_ij = sum over k, l of x_(i s + k d, j s + l d) w_kl + b, with stride s and dilation d

    The kernel has weights w (height, width, C, filters), and b starts at zero. Its
    size, stride, padding and dilation are a number for both axes, or [height, width].

    kernel_size: How many cells on each side one output is computed from.
    stride: How many cells the kernel moves on from one output to the next; 2 halves height and width.
    padding: How many zeros stand on each side; with `valid` none, so that the kernel stays on the image, with `same` as
        many as make H' = H / s, rounded up.
    dilation: How many cells apart the neighbours in a kernel are; from 2 on it looks further with the same weights.
    """

    inputs = "images of shape (height, width, channels)"

    def __init__(
        self,
        filters: Count,
        kernel_size: PerAxis,
        *,
        stride: PerAxis = 1,
        padding: Padding = "valid",
        dilation: PerAxis = 1,
        initializer: ChosenInitializer = None,
    ) -> None:
        kernel, strides, paddings, dilations = (per_axis(x, 2) for x in (kernel_size, stride, padding, dilation))
        super().__init__(filters, kernel, strides, paddings, dilations, initializer)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.conv2d(x, self.w, self.b, self.stride, self.around, self.dilation)

    def pooled(self, x: Tensor, size: Sequence[int]) -> Tensor:
        return ad.conv2d_max_pool(x, self.w, self.b, size, self.stride, self.around, self.dilation)


class PooledConvolution(Layer):
    """A convolution, activations and a MaxPool as one: what is pooled first gives the activations less to do.

    The largest of a window stays the largest under activations that never decrease.
    """

    def __init__(self, convolution: Convolution, activations: Sequence[Layer], pool: MaxPool) -> None:
        self.convolution = convolution
        self.activations = activations
        self.pool = pool
        self.summary = pool.summary

    def __call__(self, x: Tensor) -> Tensor:
        pooled = self.convolution.pooled(x, self.pool.sizes)
        return reduce(lambda y, activation: activation(y), self.activations, pooled)


def pooled_stages(layers: Sequence[Layer]) -> list[Layer]:
    """What to call, in order, for layers that are built: a convolution and the MaxPool after it are put together."""
    found: list[Layer] = []
    for layer in layers:
        activations = list(takewhile(_never_decreases, reversed(found)))
        place = len(found) - len(activations) - 1
        convolution = found[place] if place >= 0 else None
        if isinstance(convolution, Convolution) and isinstance(layer, MaxPool) and layer.side_by_side:
            found[place:] = [PooledConvolution(convolution, activations[::-1], layer)]
        else:
            found.append(layer)
    return found


def _never_decreases(stage: Layer) -> bool:
    return type(stage) in NON_DECREASING and getattr(stage, "slope", 0) >= 0
