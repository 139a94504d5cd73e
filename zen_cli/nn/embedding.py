"""Vectors for tokens."""

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import DataError
from zen_cli.nn.initializers import ChosenInitializer, Normal
from zen_cli.nn.layers import Layer
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.settings import Count, Tokens


class Embedding(Layer):
    """y = w_i: a vector for each token i, a whole number from 0 to tokens - 1. (...) becomes (..., dim).

    w (tokens, dim) starts as `initializer` says, without one normal with standard deviation 1, as in PyTorch.
    """

    def __init__(self, tokens: Tokens, dim: Count, *, initializer: ChosenInitializer = None) -> None:
        self.tokens = tokens
        self.dim = dim
        self.initializer = initializer or Normal(std=1)

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        self.w = declare("w", (self.tokens, self.dim), self.initializer)
        return (*shape, self.dim)

    def __call__(self, x: Tensor) -> Tensor:
        return ad.embedding(self.w, self.ids(x.value))

    def ids(self, numbers: np.ndarray) -> np.ndarray:
        """Whole numbers, which a model has made floats, as integers again; DataError where they are no tokens."""
        with np.errstate(invalid="ignore"):  # a NaN or an infinity is refused below
            ids = numbers.astype(np.intp)
        wrong = numbers[(ids != numbers) | (ids < 0) | (ids >= self.tokens)]
        if wrong.size:
            raise DataError(f"Embedding takes whole numbers from 0 to {self.tokens - 1}, but got {wrong[0]:g}")
        return ids
