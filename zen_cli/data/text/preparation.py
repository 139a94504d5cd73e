"""Examples from text: at every step of a sequence of tokens, the next one is the target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from zen_cli.data.text.corpus import Corpus, Lines
from zen_cli.data.text.tokens import END
from zen_cli.data.text.vocabulary import Vocabulary
from zen_cli.errors import DataError
from zen_cli.memory import demand
from zen_cli.padded import Padded

Array = np.ndarray


class NextTokens(NamedTuple):
    """Tokens (N, T) and, for each step, the one that follows; int32, below the vocabulary's size.

    `positions` (N,) say where a sequence begins: of a running text after how many tokens, of lines in which line of the
    file, from 1.
    """

    inputs: Array | Padded
    targets: Array | Padded
    positions: Array


@dataclass(frozen=True)
class TextPreparation:
    """How text becomes sequences of tokens.

    A running text is cut into windows of `window` tokens, each from where the one before ends, so that a token is the
    target once. With `lines`, each line is a sequence that begins after an end of a line and ends with one; the longest
    that trains has `window` tokens.
    """

    vocabulary: Vocabulary
    lines: bool
    window: int

    @classmethod
    def fit(cls, train: Corpus, window: int | None = None) -> "TextPreparation":
        """The vocabulary of the part that trains; lines need no window.

        Raises DataError where there is nothing to train on.
        """
        if not train.text.strip():
            raise DataError(f"{train.name}: there is no text in the part that trains")
        if isinstance(train, Lines):
            vocabulary = Vocabulary.fit(train.text, train.reading, always=(END,))
            longest = int(_lengths(vocabulary.encode(train.text), vocabulary.places[END]).max())
            return cls(vocabulary, True, longest)
        if window is None:
            raise DataError(f"{train.name}: a running text needs a window", setting="window", instead={"window": 64})
        return cls(Vocabulary.fit(train.text, train.reading), False, window)

    @property
    def start(self) -> int:
        """The token that a text may begin after: the end of a line, or else the most frequent."""
        return self.vocabulary.places.get(END, min(1, len(self.vocabulary) - 1))

    def state(self) -> dict[str, Any]:
        """All of it as plain data, which `from_state` takes."""
        return {"vocabulary": self.vocabulary.state(), "lines": self.lines, "window": self.window}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "TextPreparation":
        return cls(Vocabulary.from_state(state["vocabulary"]), state["lines"], state["window"])

    def examples(self, corpus: Corpus) -> NextTokens:
        """The sequences in a text that is read as the one that trained; windows are views.

        The last tokens of a running text, too few for a window, are in none. Raises DataError where all of them are.
        """
        if isinstance(corpus, Lines) != self.lines:
            kinds = ("lines", "a running text") if self.lines else ("a running text", "lines")
            raise DataError(f"{corpus.name}: the model was trained on {kinds[0]}, but this is read as {kinds[1]}")
        tokens = self.vocabulary.encode(corpus.text)
        return self._of_lines(tokens, corpus) if isinstance(corpus, Lines) else self._of_running(tokens, corpus.name)

    def _of_running(self, tokens: Array, name: str) -> NextTokens:
        T, count = self.window, (len(tokens) - 1) // self.window
        if count < 1:
            instead = {"window": len(tokens) - 1} if len(tokens) > 1 else {}
            message = (
                f"a window of {T} {self.vocabulary.kind} and the next one need {T + 1}, but a part of the text has"
            )
            raise DataError(f"{name}: {message} {len(tokens)}", setting="window", instead=instead)
        inputs, targets = (tokens[first : first + count * T].reshape(count, T) for first in (0, 1))
        return NextTokens(inputs, targets, T * np.arange(count))

    def _of_lines(self, tokens: Array, corpus: Lines) -> NextTokens:
        lengths = _lengths(tokens, self.vocabulary.places[END])
        longest = int(lengths.max(initial=1))
        size = 2 * len(lengths) * longest * tokens.itemsize
        demand(size, f"{corpus.name}: {len(lengths):,} lines, the longest of {longest:,} {self.vocabulary.kind},")
        inputs, targets = (_padded(part, lengths, longest) for part in (tokens[:-1], tokens[1:]))
        return NextTokens(inputs, targets, corpus.numbers)


def _lengths(tokens: Array, end: int) -> Array:
    """How many tokens each line has, its end among them, where an end stands before the first too."""
    return np.diff(np.flatnonzero(tokens == end))


def _padded(tokens: Array, lengths: Array, longest: int) -> Padded:
    """Sequences of these lengths, one after the other in `tokens`, as rows."""
    padded = Padded(np.zeros((len(lengths), longest), tokens.dtype), lengths)
    padded.values[padded.mask] = tokens
    return padded
