"""What a model says comes after a sequence of tokens, asked again and again as the sequence grows.

Where only recurrences carry anything from step to step, a token costs one time step: their states go on for as long as
the sequence does. Other models read the last tokens again, as many as they were trained on.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from zen_cli.autodiff import no_grad
from zen_cli.errors import ShapeError, UserError
from zen_cli.nn.embedding import Embedding
from zen_cli.nn.layers import Layer
from zen_cli.nn.model import Model
from zen_cli.nn.recurrent import Recurrent
from zen_cli.nn.time_steps import Fed, laid_out, outputs_of, recurrences, steps_of, without_dropout
from zen_cli.padded import Padded

Array = np.ndarray
Continuation = Callable[[Iterable[int]], Array]


def continuation(model: Model) -> Continuation:
    """A function of the next tokens of one sequence, one or more, that gives the outputs (1, n) for what follows them.

    The model was planned for tokens (T,), and its outputs are (T, n), or (n,) for the last step alone. The function
    raises UserError where the model cannot read sequences shorter than T, and there are fewer tokens so far.
    """
    split = _split(model.layers)
    return _CarriedStates(*split, model.dtype) if split else _WholeWindow(model)


class _CarriedStates:
    """One column of features and states, on which each token does one step."""

    def __init__(self, embedding: Embedding, body: Sequence[Fed], head: Sequence[Layer], dtype: np.dtype) -> None:
        self.vectors = embedding.w.value[:, :, None]  # (V, dim, 1): a column for each token
        self.columns = laid_out(steps_of(body, embedding.dim), 1, dtype)
        self.outputs = outputs_of(head, body[-1][1].hidden_dim, dtype)

    def __call__(self, tokens: Iterable[int]) -> Array:
        with no_grad(), np.errstate(all="ignore"):
            for token in tokens:
                self.columns.x[...] = self.vectors[token]
                for act in self.columns.actions:
                    act()
            return self.outputs(self.columns.y_1.T)


class _WholeWindow:
    """The last tokens, as many as the model was trained on, through all layers for each token more."""

    def __init__(self, model: Model) -> None:
        assert model.input_shape
        (self.longest,) = model.input_shape
        self.model = model
        self.tokens = deque[int](maxlen=self.longest)

    def __call__(self, tokens: Iterable[int]) -> Array:
        self.tokens.extend(tokens)
        window = np.array([self.tokens], self.model.dtype)
        outputs = self.model.predict(window) if len(self.tokens) == self.longest else self._of_shorter(window)
        return outputs if outputs.ndim == 2 else outputs[:, -1]

    def _of_shorter(self, window: Array) -> Array:
        try:
            return self.model.predict(Padded(window, np.array([len(self.tokens)])))
        except ShapeError:
            needed = f"the model reads {self.longest} tokens before it says what follows"
            raise UserError(f"{needed}, but there are only {len(self.tokens)}", "give a longer prompt") from None


def _split(layers: Sequence[Layer]) -> tuple[Embedding, Sequence[Fed], Sequence[Layer]] | None:
    """The embedding, the recurrences, and the layers after them; None where more than states goes from step to step."""
    first, *others = without_dropout(layers)
    if not isinstance(first, Embedding) or not all(_gives_each_step(layer) for layer in others):
        return None
    found = recurrences(others)
    return (first, *found) if found else None


def _gives_each_step(layer: Layer) -> bool:
    return not isinstance(layer, Recurrent) or layer.return_sequences
