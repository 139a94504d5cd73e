"""Layers for images (B, H, W, C) and sequences (B, T, C): zen has channels last, PyTorch has them first."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from differentiated import Case, Shape
from torch import Tensor
from torch.nn import functional

SEQUENCES, IMAGES, DEEP_IMAGES = (2, 7, 3), (2, 6, 5, 2), (2, 3, 4, 16)


def channels_first(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    return lambda x, *others: function(x.movedim(-1, 1), *others).movedim(1, -1)


# --- convolution ---


def convolution(around: tuple[int, ...] = (), **settings: Any) -> Callable[..., Tensor]:
    """zen's weights are (k, C, N) and (kh, kw, C, N), PyTorch's (N, C, k) and (N, C, kh, kw).

    `around` are zeros as functional.pad takes them, the last axis first: PyTorch has no `same` with a stride.
    """

    def convolved(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        function = functional.conv1d if w.ndim == 3 else functional.conv2d
        return function(functional.pad(x, around), w.movedim((-1, -2), (0, 1)), b, **settings)

    return channels_first(convolved)


def conv1d(kernel_size: int, **settings: Any) -> Case:
    return Case(convolution(**settings), {"x": SEQUENCES, "w": (kernel_size, 3, 2), "b": (2,)})


def conv2d(height: int, width: int, x: Shape = IMAGES, **settings: Any) -> Case:
    return Case(convolution(**settings), {"x": x, "w": (height, width, x[-1], 2), "b": (2,)})


CONVOLUTIONS = {
    "Conv1D: {filters: 2, kernel_size: 3}": conv1d(3),
    "Conv1D: {filters: 2, kernel_size: 4, padding: same}": conv1d(4, padding="same"),
    "Conv1D: {filters: 2, kernel_size: 3, stride: 2, padding: 2, dilation: 3}": conv1d(
        3, stride=2, padding=2, dilation=3
    ),
    "Conv2D: {filters: 2, kernel_size: 3}": conv2d(3, 3),
    "Conv2D: {filters: 2, kernel_size: 1}": conv2d(1, 1),
    "Conv2D: {filters: 2, kernel_size: [3, 2]}": conv2d(3, 2),
    "Conv2D: {filters: 2, kernel_size: 3, stride: 2}": conv2d(3, 3, stride=2),
    "Conv2D: {filters: 2, kernel_size: 3, stride: [1, 2]}": conv2d(3, 3, stride=(1, 2)),
    "Conv2D: {filters: 2, kernel_size: 3, padding: 1}": conv2d(3, 3, padding=1),
    "Conv2D: {filters: 2, kernel_size: 3, padding: [2, 0]}": conv2d(3, 3, padding=(2, 0)),
    "Conv2D: {filters: 2, kernel_size: [2, 3], padding: same}": conv2d(2, 3, padding="same"),
    "Conv2D: {filters: 2, kernel_size: 3, stride: 2, padding: same}": conv2d(3, 3, around=(1, 1, 0, 1), stride=2),
    "Conv2D: {filters: 2, kernel_size: 3, dilation: 2}": conv2d(3, 3, dilation=2),
    "Conv2D: {filters: 2, kernel_size: 2, stride: [2, 1], padding: 1, dilation: [1, 3]}": conv2d(
        2, 2, stride=(2, 1), padding=1, dilation=(1, 3)
    ),
    "Conv2D: {filters: 2, kernel_size: 3}  # of many channels": conv2d(3, 3, DEEP_IMAGES),  # fewer products in zen
}

# --- pooling ---

EQUALS = np.array([0, 1, 1, 0, 2, 2, 1, 0, 0, 1, 2, 0.0])  # MaxPool: the first gets the gradient; GlobalPool: all share

Pool = Callable[..., Tensor]


def pools(name: str, of_sequences: Pool, of_images: Pool) -> dict[str, Case]:
    def case(function: Pool, shape: Shape, *settings: Any) -> Case:
        return Case(channels_first(lambda x: function(x, *settings)), {"x": shape})

    return {
        name: case(of_images, IMAGES, 2),
        f"{name}: [3, 2]": case(of_images, IMAGES, (3, 2)),
        f"{name}: {{size: 3, stride: 1}}": case(of_images, IMAGES, 3, 1),
        f"{name}: {{size: [2, 3], stride: [3, 1]}}": case(of_images, IMAGES, (2, 3), (3, 1)),
        f"{name}: 3  # of sequences": case(of_sequences, SEQUENCES, 3),
        f"{name}: {{size: 3, stride: 2}}  # of sequences": case(of_sequences, SEQUENCES, 3, 2),
    }


max_of_images = channels_first(functional.max_pool2d)

POOLS = {
    **pools("MaxPool", functional.max_pool1d, functional.max_pool2d),
    "MaxPool: 2  # of equals": Case(lambda x: max_of_images(x, 2), {"x": EQUALS.reshape(1, 2, 6, 1)}),
    "MaxPool: {size: 2, stride: 1}  # of equals": Case(
        lambda x: max_of_images(x, 2, 1), {"x": EQUALS.reshape(1, 3, 4, 1)}
    ),
    **pools("AveragePool", functional.avg_pool1d, functional.avg_pool2d),
    "GlobalPool": Case(lambda x: x.mean((1, 2)), {"x": IMAGES}),
    "GlobalPool  # of sequences": Case(lambda x: x.mean(1), {"x": SEQUENCES}),
    "GlobalPool: max": Case(lambda x: x.amax((1, 2)), {"x": IMAGES}),
    "GlobalPool: max  # of equals": Case(lambda x: x.amax((1, 2)), {"x": EQUALS.reshape(2, 2, 3, 1)}),
    "GlobalPool: max  # of sequences": Case(lambda x: x.amax(1), {"x": SEQUENCES}),
}

# --- other shapes ---

SHAPES = {
    "Flatten": Case(lambda x: x.flatten(1), {"x": IMAGES}),
    "Reshape: [5, 2, 6]": Case(lambda x: x.reshape(-1, 5, 2, 6), {"x": IMAGES}),
}

SPATIAL: Mapping[str, Case] = CONVOLUTIONS | POOLS | SHAPES
