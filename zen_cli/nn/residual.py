"""A stack of layers with a way around it."""

from functools import reduce
from typing import Annotated

import numpy as np

from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Layer, Moment, build_in_order
from zen_cli.nn.lengths import padded_through, steps_end
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.nn.stages import stages
from zen_cli.settings import OneOf


class Residual(Layer):
    """y = x + f(x), where f is `layers`, one after the other.

    He, Zhang, Ren and Sun 2015, "Deep residual learning for image recognition", equation 1.

    layers: What f is made of, as a list after its name: `Residual: [Linear: 32, ReLU, Linear: 32]`. Together they have
        to keep the shape.
    """

    def __init__(self, layers: list[Annotated[Layer, OneOf("layer")]]) -> None:
        if not layers:
            raise ValueError("Residual needs at least one layer")
        self.parts = tuple(layers)
        self._within = (type(self).__name__, "layers")

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        *_, (_, output) = build_in_order(self.parts, shape, declare, self._within)
        if output != shape:
            raise ShapeError(
                f"Residual adds its input to what its layers make of it, but that has shape {output} and the input "
                f"{shape}",
                _hint(shape, output),
            )
        self.stages = stages(self.parts)
        return shape

    def __call__(self, x: Tensor) -> Tensor:
        return x + reduce(lambda y, stage: stage(y), self.stages, x)

    def in_training(self, x: Tensor, moment: Moment) -> Tensor:
        return x + reduce(lambda y, stage: stage.in_training(y, moment), self.stages, x)

    def keeps_steps(self, shape: Shape) -> bool:
        end = steps_end(self.parts, shape, self._within)
        if end < len(self.parts):
            name = type(self.parts[end]).__name__
            message = f"Residual adds to each step of a sequence, but {name} leaves none of those of different lengths"
            raise ShapeError(message, layer=(*self._within, end))
        return True

    def padded(self, x: Tensor, lengths: np.ndarray, moment: Moment | None) -> Tensor:
        return x + padded_through(self.parts, x, lengths, moment)


def _hint(shape: Shape, output: Shape) -> str:
    if shape and output[:-1] == shape[:-1]:
        return f"end its layers with Linear: {shape[-1]}"
    return "take layers that keep the shape, such as RNN with return_sequences: true"
