"""Text as it was read, before it is tokens."""

import re
from dataclasses import dataclass, replace

import numpy as np

from zen_cli.data.rows import Where
from zen_cli.data.text.tokens import Kind
from zen_cli.errors import DataError

Array = np.ndarray
BETWEEN_WORDS = re.compile(r"(?<![\w.,'\u2019-])|(?![\w.,'\u2019-])")  # where no token can go on


@dataclass(frozen=True)
class Reading:
    """How text becomes tokens; the settings are those of `Text`."""

    tokens: Kind = "characters"
    lower: bool = False
    min_count: int = 1
    max_size: int | None = None


@dataclass(frozen=True)
class RunningText:
    """One text. A part of it is a slice, of characters; where tokens are words, none of them is cut in two."""

    name: str
    text: str
    reading: Reading = Reading()

    def __len__(self) -> int:
        return len(self.text)

    def __getitem__(self, where: Where) -> "RunningText":
        if not isinstance(where, slice):
            message = "a text that runs on is divided in its order, since anything else would leak what follows"
            raise DataError(message, setting="method", instead={"method": "order"})
        start, end, _ = where.indices(len(self))
        return replace(self, text=self.text[self._cut(start) : self._cut(end)])

    def _cut(self, place: int) -> int:
        """This place, or the end of the word that it is in."""
        if self.reading.tokens == "characters":
            return place
        between = BETWEEN_WORDS.search(self.text, place)
        return between.start() if between else len(self)


@dataclass(frozen=True)
class Lines:
    """Lines (N,) that are a sequence each, without their ends, and their numbers in the file, from 1."""

    name: str
    lines: tuple[str, ...]
    numbers: Array
    reading: Reading = Reading()

    @classmethod
    def of(cls, name: str, text: str, reading: Reading) -> "Lines":
        """The lines of a text that are not blank."""
        numbered = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
        numbers = np.array([number for number, _ in numbered], np.intp)
        return cls(name, tuple(line for _, line in numbered), numbers, reading)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, where: Where) -> "Lines":
        lines = tuple(self.lines[i] for i in np.arange(len(self))[where])
        return replace(self, lines=lines, numbers=self.numbers[where])

    @property
    def text(self) -> str:
        """The lines with an end of a line before the first and after each: what follows one begins the next."""
        return "\n".join(("", *self.lines, "")) if self.lines else ""


Corpus = RunningText | Lines
