"""Vectors for tokens."""

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import DataError
from zen_cli.nn.initializers import ChosenInitializer, Normal
from zen_cli.nn.layers import Layer
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.settings import MOST_TOKENS, Count, Tokens


class Embedding(Layer):
    """A learnt vector for each token: y = w_i for token i, a whole number from 0 to tokens - 1.

    (...) becomes (..., dim).

    tokens: How many different tokens there are; w has a row for each.
    dim: How many numbers stand for a token.
    initializer: How w (tokens, dim) starts; null draws it normal with standard deviation 1, as in PyTorch.
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
            message = f"Embedding takes whole numbers from 0 to {self.tokens - 1}, but got {wrong[0]:g}"
            raise DataError(message, setting="tokens", instead=_tokens_for(numbers))
        return ids


def _tokens_for(numbers: np.ndarray) -> dict[str, int]:
    """How many tokens these numbers take, if they are tokens."""
    fit = (numbers == np.floor(numbers)) & (numbers >= 0) & (numbers < MOST_TOKENS)
    return {"tokens": int(numbers.max()) + 1} if fit.all() else {}
