"""Text that a trained model writes, token by token."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile

import numpy as np

from zen_cli.data.text import TextPreparation
from zen_cli.data.text.tokens import END, joined
from zen_cli.data.texts import Texts
from zen_cli.errors import RunError, UserError, quoted
from zen_cli.loss import Outputs
from zen_cli.nn import Model
from zen_cli.nn.generation import continuation
from zen_cli.streams import Stream, generator
from zen_cli.training import predictions
from zen_cli.training.run import Run

Array = np.ndarray

TOKENS, LINES = 500, 10  # that are written where nobody says how many


@dataclass(frozen=True)
class Sampling:
    """How a token is drawn: by p^(1 / temperature), among the `top_k` most probable; at 0 it is the most probable."""

    temperature: float = 1.0
    top_k: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < math.inf:
            raise UserError(f"a temperature is a number from 0 on, not {self.temperature:g}")
        if self.top_k is not None and self.top_k < 1:
            raise UserError(f"top_k is the number of tokens that one is drawn among, and cannot be {self.top_k}")

    def draw(self, p: Array, rng: np.random.Generator) -> int:
        """One of the classes that have these probabilities (C,)."""
        weights = self._weights(p)
        if self.top_k is not None and self.top_k < len(weights):
            weights[np.argpartition(weights, -self.top_k)[: -self.top_k]] = 0
        sums = weights.cumsum()
        if not sums[-1] > 0:
            raise RunError("the model's probabilities are not numbers: train it again, with a lower learning rate")
        return int(sums.searchsorted(rng.random() * sums[-1], side="right"))

    def _weights(self, p: Array) -> Array:
        """The probabilities as float64, sharpened, and without their sum."""
        if self.temperature == 0:
            return np.where(np.arange(len(p)) == p.argmax(), p, 0.0)
        with np.errstate(all="ignore"):  # the logarithm of 0 is -inf, and that becomes 0 again
            log_p = np.log(p, dtype=np.float64)
            weights: Array = np.exp((log_p - log_p.max()) / self.temperature)
        return weights


def written(run: Run, prompt: str, length: int | None, sampling: Sampling) -> Iterator[str]:
    """What the model of a run writes, as `Writer.text` does."""
    trained = predictions.load(run)
    if not isinstance(trained.preparation, Texts):
        raise UserError(f"{run.path}: its model was not trained on text", "use zen predict")
    text = trained.preparation.text
    length = length or (LINES if text.lines else TOKENS)
    return Writer(trained.model, text, trained.outputs, sampling).text(prompt, length)


@dataclass(frozen=True)
class Writer:
    """A model that writes on. `outputs` reads probabilities from what it gives.

    Equal settings give equal text, piece by piece.
    """

    model: Model
    preparation: TextPreparation
    outputs: Outputs = field(default_factory=lambda: Outputs({}))
    sampling: Sampling = Sampling()

    def text(self, prompt: str, length: int) -> Iterator[str]:
        """The prompt and `length` tokens after it; a model of lines writes so many lines, which begin with the prompt.

        No line is longer than the longest that trained. Raises UserError for a prompt that the model cannot read.
        """
        tokens = self._read(prompt)
        rng = generator(self.sampling.seed, Stream.SAMPLING)
        if self.preparation.lines:
            return self._lines(prompt, tokens, length, rng)
        return self._running(prompt, tokens, length, rng)

    def _running(self, prompt: str, tokens: list[int], length: int, rng: np.random.Generator) -> Iterator[str]:
        following = islice(self._following(tokens or [self.preparation.start], rng), length)
        yield prompt
        yield from self._joined(prompt, tokens, following)

    def _lines(self, prompt: str, tokens: list[int], length: int, rng: np.random.Generator) -> Iterator[str]:
        begun = [self.preparation.start, *tokens]
        for number in range(length):
            line = takewhile(lambda token: token != END, self._following(begun, rng))
            yield END * (number > 0) + prompt
            yield from self._joined(prompt, tokens, islice(line, self.preparation.window - 1 - len(tokens)))

    def _following(self, tokens: Sequence[int], rng: np.random.Generator) -> Iterator[str]:
        """What is drawn after these tokens, without end."""
        outputs_after, labels = continuation(self.model), self.preparation.vocabulary.labels
        while True:
            p = self.outputs.prediction(outputs_after(tokens))[0]
            tokens = (self.sampling.draw(_without_unknown(p), rng),)
            yield labels[tokens[0]]

    def _joined(self, prompt: str, tokens: Sequence[int], following: Iterator[str]) -> Iterator[str]:
        """What follows a prompt of these tokens, each with the space before it."""
        vocabulary = self.preparation.vocabulary
        before = "" if not tokens or prompt[-1].isspace() else vocabulary.labels[tokens[-1]]
        return joined(vocabulary.tokenizer, following, before)

    def _read(self, prompt: str) -> list[int]:
        """The prompt's tokens; words that are not known are the unknown token."""
        vocabulary = self.preparation.vocabulary
        if vocabulary.kind == "characters" and (missing := vocabulary.missing(prompt)):
            raise UserError(f"the prompt has {_listed(missing)}, which the model has not seen in training")
        tokens: list[int] = vocabulary.encode(prompt).tolist()
        if self.preparation.lines:
            self._demand_a_beginning(prompt, len(tokens))
        return tokens

    def _demand_a_beginning(self, prompt: str, count: int) -> None:
        """UserError for a prompt that begins no line."""
        if END in prompt:
            raise UserError("the prompt has more than one line, but the model writes lines that begin with it")
        if count >= self.preparation.window:
            longest = f"the longest line that the model was trained on has {self.preparation.window - 1}"
            raise UserError(f"the prompt has {count} {self.preparation.vocabulary.kind}, but {longest}")


def _listed(tokens: Sequence[str]) -> str:
    shown = [quoted(token) for token in tokens[:10]] + ["..."] * (len(tokens) > 10)
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def _without_unknown(p: Array) -> Array:
    """Probabilities (C,) with none of the unknown token, unless there is no other."""
    known = p.copy()
    known[0] = 0
    return known if known.any() else p
