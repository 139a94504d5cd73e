"""Which tokens a model knows, and their numbers."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from zen_cli.data.text.corpus import Reading
from zen_cli.data.text.tokens import TOKENIZERS, UNKNOWN, Kind, Tokenizer, joined

Array = np.ndarray


@dataclass(frozen=True)
class Vocabulary:
    """The tokens' `labels`, by their numbers: 0 is every token that is not known, and the more frequent come first.

    Its size depends on nothing but the text that it was fitted on. With `lower`, text is read in small letters.
    """

    kind: Kind
    lower: bool
    labels: tuple[str, ...]

    @classmethod
    def fit(cls, text: str, reading: Reading, always: Collection[str] = ()) -> "Vocabulary":
        """The tokens of a text that are frequent enough.

        Those of `always` are among them however often they occur. Equally frequent ones are in order of their text.
        """
        counts = dict(TOKENIZERS[reading.tokens].counts(text.lower() if reading.lower else text))
        counts.pop(UNKNOWN, None)
        known = [token for token in counts if counts[token] >= reading.min_count or token in always]
        ranked = sorted(known, key=lambda token: (token not in always, -counts[token], token))
        chosen = ranked if reading.max_size is None else ranked[: reading.max_size - 1]
        by_frequency = sorted(chosen, key=lambda token: (-counts[token], token))
        return cls(reading.tokens, reading.lower, (UNKNOWN, *by_frequency))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def tokenizer(self) -> Tokenizer:
        return TOKENIZERS[self.kind]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The number of each label."""
        return {label: place for place, label in enumerate(self.labels)}

    def encode(self, text: str) -> Array:
        """The numbers of a text's tokens (N,), int32, each below the vocabulary's size."""
        return self.tokenizer.ids(text.lower() if self.lower else text, self.places)

    def decode(self, ids: Iterable[int]) -> str:
        """The text that tokens stand for: of characters the one that was encoded, of words one with usual spaces."""
        return "".join(joined(self.tokenizer, (self.labels[i] for i in ids)))

    def missing(self, text: str) -> list[str]:
        """The tokens of a text that are not known, each once."""
        counts = self.tokenizer.counts(text.lower() if self.lower else text)
        return [token for token in counts if token not in self.places]

    def state(self) -> dict[str, Any]:
        """All of it as plain data, which `from_state` takes."""
        return {"tokens": self.kind, "lower": self.lower, "labels": list(self.labels)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Vocabulary":
        return cls(state["tokens"], state["lower"], tuple(state["labels"]))
