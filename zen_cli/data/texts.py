"""Text as sequences of tokens, with the next token at each step as the target."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from zen_cli.data.dataset import Dataset, Preparation, Shape
from zen_cli.data.parts import Parts
from zen_cli.data.plain import fingerprint_of, numbered
from zen_cli.data.rows import Where
from zen_cli.data.tasks import Classification, Columns
from zen_cli.data.text.corpus import Corpus
from zen_cli.data.text.preparation import NextTokens, TextPreparation
from zen_cli.padded import Padded

Array = np.ndarray


class TextParts(NamedTuple):
    """A text cut into its parts."""

    train: Corpus
    validation: Corpus
    test: Corpus


@dataclass(frozen=True)
class Texts(Preparation):
    """A vocabulary, and how text is cut into sequences of its tokens."""

    text: TextPreparation

    kind = "text"

    @classmethod
    def fit(cls, train: Corpus, window: int | None) -> "Texts":
        return cls(TextPreparation.fit(train, window))

    @property
    def task(self) -> Classification:  # type: ignore[override]
        return Classification(tuple(self.text.vocabulary.labels))

    @property
    def tokens(self) -> int:  # type: ignore[override]
        return len(self.text.vocabulary)

    @property
    def input_shape(self) -> Shape:  # type: ignore[override]
        return (self.text.window,)

    @property
    def target_shape(self) -> Shape:  # type: ignore[override]
        return (self.text.window,)

    @property
    def lengths_vary(self) -> bool:  # type: ignore[override]
        return self.text.lines

    def state(self) -> Mapping[str, Any]:
        return self.text.state()

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Texts":
        return cls(TextPreparation.from_state(state))

    def dataset(self, raw: Corpus, parts: Any = None) -> "TextDataset":
        corpora = parts or TextParts(raw[:0], raw[:0], raw)
        found = [self.text.examples(corpus) if len(corpus) else self._none() for corpus in corpora]
        ends = np.cumsum([0, *(len(part.inputs) for part in found)]).tolist()
        inputs, targets = _joined([part.inputs for part in found]), _joined([part.targets for part in found])
        positions = np.concatenate([part.positions for part in found])
        return TextDataset(
            inputs, targets, Parts(*map(slice, ends[:-1], ends[1:])), self.task, positions, self.text.window
        )

    def _none(self) -> NextTokens:
        tokens = np.empty((0, self.text.window), np.int32)
        empty = Padded(tokens, np.empty(0, np.intp)) if self.text.lines else tokens
        return NextTokens(empty, empty, np.empty(0, np.intp))


def _joined(parts: list[Array | Padded]) -> Array | Padded:
    """Sequences after each other; those of different lengths as long as the longest of all."""
    padded = [part for part in parts if isinstance(part, Padded)]
    if not padded:
        return np.concatenate([part[:] for part in parts])
    longest = max(part.values.shape[1] for part in padded)
    values = [np.pad(part.values, ((0, 0), (0, longest - part.values.shape[1]))) for part in padded]
    return Padded(np.concatenate(values), np.concatenate([part.lengths for part in padded]))


@dataclass(frozen=True)
class TextDataset(Dataset):
    """Sequences of tokens; `positions` say where in the text each begins."""

    positions: Array
    window: int

    @property
    def input_shape(self) -> Shape:
        return (self.window,)

    @property
    def target_shape(self) -> Shape:
        return (self.window,)

    def truth(self, where: Where) -> Any:
        return self.targets[where]

    def in_units(self, predictions: Array, where: Where) -> Array:  # noqa: ARG002 - tokens have no unit
        return predictions

    def names(self, where: Where) -> Columns:
        return numbered(self.positions[where], self.truth(where))

    def content(self) -> str:
        return fingerprint_of(self.inputs, self.targets)
