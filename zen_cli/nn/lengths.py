"""Sequences of different lengths in a stack of layers.

They stand side by side in one array (B, T, ...). Behind the end of each are numbers that are nobody's: zeros at first,
then what layers make of them.
"""

from collections.abc import Sequence
from functools import reduce

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Layer, Moment
from zen_cli.nn.parameters import Shape
from zen_cli.padded import present


def steps_end(layers: Sequence[Layer], shape: Shape, within: tuple[str, ...] = ()) -> int:
    """The place of the layer that makes each sequence one row, behind which lengths are equal; else len(layers).

    The layers are built, for examples of `shape`. Raises ShapeError, whose `layer` leads to the first that cannot take
    sequences of different lengths: `within`, then its place.
    """
    for place, layer in enumerate(layers):
        try:
            if not layer.keeps_steps(shape):
                return place
        except ShapeError as error:
            path = (*within, place, *error.layer)
            raise ShapeError(error.message, error.hint, layer=path, given=error.given or shape) from None
        assert layer.summary
        shape = layer.summary.output
    return len(layers)


def padded_through(layers: Sequence[Layer], x: Tensor, lengths: np.ndarray, moment: Moment | None) -> Tensor:
    """The layers one after the other, on sequences of these lengths."""
    return reduce(lambda y, layer: layer.padded(y, lengths, moment), layers, x)


def there(x: Tensor, lengths: np.ndarray) -> np.ndarray:
    """True for the steps that are there, with as many axes as x (B, T, ...): (B, T, 1, ...)."""
    return present(lengths, x.shape[1]).reshape(*x.shape[:2], *[1] * (x.ndim - 2))


def up_to_ends(x: Tensor, lengths: np.ndarray, behind: float = 0.0) -> Tensor:
    """x (B, T, ...), with the number `behind` in all places behind the ends."""
    return ad.where(there(x, lengths), x, behind)
