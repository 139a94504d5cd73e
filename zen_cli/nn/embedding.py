"""Vectors for tokens."""

from collections.abc import Iterable

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

    def demand_tokens(self, blocks: Iterable[np.ndarray]) -> None:
        """DataError where there are others among these numbers."""
        wrong = [(block, error) for block in blocks if (error := self._refusal(block))]
        if wrong:
            fitting = [_tokens_for(block).get("tokens", MOST_TOKENS + 1) for block, _ in wrong]
            instead = {"tokens": max(fitting)} if max(fitting) <= MOST_TOKENS else {}
            raise DataError(wrong[0][1].message, setting="tokens", instead=instead)

    def _refusal(self, numbers: np.ndarray) -> DataError | None:
        try:
            self.ids(numbers)
        except DataError as error:
            return error
        return None


def _tokens_for(numbers: np.ndarray) -> dict[str, int]:
    """How many tokens these numbers take, if they are tokens."""
    fit = (numbers == np.floor(numbers)) & (numbers >= 0) & (numbers < MOST_TOKENS)
    return {"tokens": int(numbers.max()) + 1} if fit.all() else {}
