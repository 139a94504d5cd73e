"""Layers: settings in the signature, parameters declared in `build`, the equation in `__call__`.

A layer is an equation over autodiff's ops: it needs no backpropagation code. Shapes leave out the batch,
which is always the first axis.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.initializers import ChosenInitializer, uniform_fan_in, zeros
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.settings import Count
from zen_cli.streams import Stream, generator


class Moment:
    """A training step as layers see it: where their random numbers come from.

    `rng` is made when it is first asked for, from the seed and the step's number alone, and the layers of a model draw
    from it in their order.
    """

    def __init__(self, seed: int, step: int) -> None:
        self.seed = seed
        self.step = step

    @cached_property
    def rng(self) -> np.random.Generator:
        return generator(self.seed, Stream.DROPOUT, self.step)


@dataclass(frozen=True)
class LayerSummary:
    """What is known of a layer once it is built: the shape of its output, and how many numbers its parameters hold.

    Those of its `parts` are among them. `name` is what it is, `label` what a config calls it.
    """

    name: str
    output: Shape
    parameters: int
    parts: tuple["LayerSummary", ...] = ()
    label: str | None = None


class Layer:
    """One step of a stack. A layer without parameters that keeps the shape needs only `__call__`.

    name: What to call the layer in place of its number, in overrides (`model.head.Linear.units=16`), messages and the
        summary.
    """

    name: str | None = None  # as a config has it
    owned = False  # set by the one model that a layer belongs to
    parts: Sequence["Layer"] = ()  # those that it is made of, where a config names them
    bounds = (-math.inf, math.inf)  # of the numbers that come out
    fewest_examples = 1  # of a batch that it can train on; known once it is built
    scope: Literal["number", "features", "example"] = "number"  # of the input, that a number of the output depends on
    summary: "LayerSummary | None" = None  # set once it is built
    states: Sequence[tuple[np.ndarray, ...]] = ()  # carried from one batch of a training to the next: of each cell

    def build(self, shape: Shape, declare: Declaration) -> Shape:  # noqa: ARG002 - for layers that do declare
        """Declare the parameters for inputs of `shape` and return the shape of the output.

        Raises ShapeError where such inputs cannot be used. A layer belongs to one model, and is built once.
        """
        return shape

    def __call__(self, x: Tensor) -> Tensor:
        """The output for a batch (B, *shape), as it is predicted."""
        raise NotImplementedError

    def in_training(self, x: Tensor, moment: Moment) -> Tensor:  # noqa: ARG002 - for layers that use it
        """The output while training. It is that of prediction but for layers that override this, such as Dropout."""
        return self(x)

    def keeps_steps(self, shape: Shape) -> bool:
        """Whether sequences (T, ...) of different lengths, of `shape` at most, come out step by step, and not as one.

        Raises ShapeError where the layer cannot take such sequences.
        """
        if self.scope == "example" or (self.scope == "features" and len(shape) < 2):
            raise ShapeError(
                f"{type(self).__name__} takes all steps of a sequence together, and so as many of each, but these "
                "sequences have different lengths",
                "put Embedding before it" if len(shape) < 2 else "put GlobalPool or a recurrent layer before it",
            )
        return True

    def padded(self, x: Tensor, lengths: np.ndarray, moment: Moment | None) -> Tensor:  # noqa: ARG002 - for overrides
        """The output for sequences (B, T, ...) of these lengths (B,): while training, where there is a moment.

        Behind the ends are any numbers, before and after. A layer that looks along the steps overrides this, lest
        they have a say in what comes of a sequence.
        """
        return applied(self, x, moment)

    def reset_states(self) -> None:
        """Forget what a layer, and each that it is made of, carries from one batch of a training to the next."""
        self.states = ()
        for part in self.parts:
            part.reset_states()


def applied(layer: Layer, x: Tensor, moment: Moment | None) -> Tensor:
    """The output for a batch: while training, where there is a moment."""
    return layer(x) if moment is None else layer.in_training(x, moment)


def every_layer(layers: Sequence[Layer]) -> Iterator[Layer]:
    """The layers, each followed by those that it is made of."""
    for layer in layers:
        yield layer
        yield from every_layer(layer.parts)


def build_in_order(
    layers: Sequence[Layer], shape: Shape, declare: Declaration, within: tuple[str, ...] = ()
) -> Iterator[tuple[Layer, Shape]]:
    """Build each layer for what the one before gives, the first for `shape`, and yield it with its output's shape.

    Raises ShapeError, whose `layer` leads to the first that does not fit: `within`, then its place.
    """
    for place, layer in enumerate(layers):
        before = declare.size
        try:
            with declare.inside(f"{place}.{type(layer).__name__}"):
                shape = layer.build(shape, declare)
        except ShapeError as error:
            given = error.given if error.layer else shape
            raise ShapeError(error.message, error.hint, layer=(*within, place, *error.layer), given=given) from None
        inner = tuple(part.summary for part in layer.parts if part.summary)
        layer.summary = LayerSummary(type(layer).__name__, shape, declare.size - before, inner, layer.name)
        yield layer, shape


class Linear(Layer):
    """Weighted sums of all features: y = x w + b on the last axis.

    (..., n) becomes (..., units). b starts at zero.

    units: How many numbers come out. At the end of a model: one for each value to predict, or for each class.
    initializer: How w starts; null draws it uniformly from +-1/sqrt(n).
    """

    scope = "features"

    def __init__(self, units: Count, *, initializer: ChosenInitializer = None) -> None:
        self.units = units
        self.initializer = initializer or uniform_fan_in

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        if not shape:
            raise ShapeError("Linear expects inputs with at least one axis of features, but each example is one number")
        n = shape[-1]
        self.w = declare("w", (n, self.units), self.initializer)
        self.b = declare("b", (self.units,), zeros)
        return (*shape[:-1], self.units)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.linear(x, self.w, self.b)
