"""Pooling over sequences (T, C) and images (H, W, C): windows become one cell each, channel by channel."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.autodiff.windows import steps
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Layer, Moment
from zen_cli.nn.lengths import up_to_ends
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.settings import PerAxis


def per_axis(setting: Any, axes: int) -> tuple[Any, ...]:
    """A setting for each axis, where one may stand for all."""
    return (setting,) * axes if isinstance(setting, str | int) else tuple(setting)


def by(sizes: Sequence[int]) -> str:
    """Sizes in words: `3 x 3`."""
    return " x ".join(map(str, sizes))


class Pool(Layer):
    """What MaxPool and AveragePool share.

    size: How many cells long a window is, on both sides of an image, or [height, width].
    stride: How many cells lie between the beginnings of two windows, or [down, across]; null puts them side by side.
    """

    scope = "example"

    def __init__(self, size: PerAxis, stride: PerAxis | None) -> None:
        self.size = size
        self.stride = size if stride is None else stride

    @property
    def side_by_side(self) -> bool:
        return self.strides == self.sizes

    def build(self, shape: Shape, declare: Declaration) -> Shape:  # noqa: ARG002 - nothing to declare
        name, axes = type(self).__name__, _axes(self, shape)
        self.sizes, self.strides = per_axis(self.size, axes), per_axis(self.stride, axes)
        if not len(self.sizes) == len(self.strides) == axes:
            message = f"{name} has settings for two axes, but each example has shape {shape}"
            raise ShapeError(message, "give one number")
        outputs = tuple(map(steps, shape, self.sizes, self.strides))
        if min(outputs) < 1:
            raise ShapeError(
                f"{name} takes windows of {by(self.sizes)}, but each example has shape {shape}",
                "take a smaller size, or fewer layers that shrink the input",
            )
        return (*outputs, shape[-1])


class MaxPool(Pool):
    """The largest cell of each window of a sequence (T, C) or an image (H, W, C).

    Cells at the end that no whole window covers are left out.
    """

    def __init__(self, size: PerAxis = 2, *, stride: PerAxis | None = None) -> None:
        super().__init__(size, stride)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.max_pool(x, self.sizes, self.strides)


class AveragePool(Pool):
    """The mean of each window of a sequence (T, C) or an image (H, W, C).

    Cells at the end that no whole window covers are left out.
    """

    def __init__(self, size: PerAxis = 2, *, stride: PerAxis | None = None) -> None:
        super().__init__(size, stride)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.average_pool(x, self.sizes, self.strides)


class GlobalPool(Layer):
    """The mean, or the largest, of all cells of each channel: (T, C) and (H, W, C) become (C,).

    kind: Which of the two; the largest tells whether something occurs anywhere, the mean how much of it there is.
    """

    def __init__(self, kind: Literal["average", "max"] = "average") -> None:
        self.kind = kind

    def build(self, shape: Shape, declare: Declaration) -> Shape:  # noqa: ARG002 - nothing to declare
        _axes(self, shape)
        return shape[-1:]

    def __call__(self, x: Tensor) -> Tensor:
        cells = tuple(range(1, x.ndim - 1))
        return ad.reduce_max(x, cells) if self.kind == "max" else ad.reduce_mean(x, cells)

    def keeps_steps(self, shape: Shape) -> bool:  # noqa: ARG002 - whatever the shape
        return False

    def padded(self, x: Tensor, lengths: np.ndarray, moment: Moment | None) -> Tensor:  # noqa: ARG002 - as in training
        cells = tuple(range(1, x.ndim - 1))
        if self.kind == "max":
            return ad.reduce_max(up_to_ends(x, lengths, -math.inf), cells)
        counts = lengths[:, None] * math.prod(x.shape[2:-1])  # (B, 1)
        return ad.reduce_sum(up_to_ends(x, lengths), cells) * (1 / counts).astype(x.dtype)


def _axes(layer: Layer, shape: Shape) -> int:
    """How many axes there are to pool over."""
    if len(shape) not in (2, 3):
        raise ShapeError(
            f"{type(layer).__name__} expects sequences (steps, channels) or images (height, width, channels), but each "
            f"example has shape {shape}",
            "put Reshape before it",
        )
    return len(shape) - 1
