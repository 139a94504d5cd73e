"""Layers that arrange the same numbers differently."""

import math
from collections.abc import Sequence

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Layer
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.settings import Count


class Flatten(Layer):
    """All numbers of an example in one axis, the last index running fastest: (H, W, C) becomes (H W C,)."""

    scope = "example"

    def build(self, shape: Shape, declare: Declaration) -> Shape:  # noqa: ARG002 - nothing to declare
        return (math.prod(shape),)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.reshape(x, (len(x), math.prod(x.shape[1:])))


class Reshape(Layer):
    """The numbers of an example in another shape, the last index running fastest.

    shape: The new shape of each example, without the batch, as a list after its name: `Reshape: [8, 8, 1]` makes an
        image of 64 pixels, with one channel.
    """

    scope = "example"

    def __init__(self, shape: Sequence[Count]) -> None:
        self.shape = tuple(shape)

    def build(self, shape: Shape, declare: Declaration) -> Shape:  # noqa: ARG002 - nothing to declare
        given, wanted = math.prod(shape), math.prod(self.shape)
        if given != wanted:
            raise ShapeError(
                f"Reshape to {self.shape} takes {wanted} numbers, but each example has {given}, of shape {shape}"
            )
        return self.shape

    def __call__(self, x: Tensor) -> Tensor:
        return ad.reshape(x, (len(x), *self.shape))
