"""Text, from which the next character or word is predicted."""

from typing import Annotated

from zen_cli.data.dataset import Preparation
from zen_cli.data.formats.opening import shown
from zen_cli.data.formats.plain_text import Encoding, read_text
from zen_cli.data.sources.base import Source, blaming
from zen_cli.data.text.corpus import Corpus, Lines, Reading, RunningText
from zen_cli.data.text.tokens import Kind
from zen_cli.errors import DataError
from zen_cli.settings import MOST_TOKENS, Count, File, Range


class Text(Source):
    """A text, in which a model learns to tell the next character or word at every step.

    Each token is a whole number below the size V of the vocabulary, which is that of the training part: 0 for what is
    not in it, then the most frequent first. So a model begins with `Embedding: {tokens: V, dim: 32}` and ends with
    `Linear: V` and `Softmax`.

    file: The text, as a plain file or gzipped.
    tokens: What is predicted: `characters`, white space among them, or `words`, which are words, numbers, marks and
        ends of lines.
    lines: Whether each line is a sequence of its own, such as a name, and not a piece of one text. Blank lines are left
        out.
    lower: Whether capital letters are made small ones.
    min_count: How often a token must occur in the training part; rarer ones are all one, the unknown.
    max_size: The most tokens of the vocabulary, the unknown among them; null sets no limit. The rarest are left out.
    encoding: How the file's bytes stand for characters.
    """

    def __init__(
        self,
        file: File,
        tokens: Kind = "characters",
        lines: bool = False,
        lower: bool = False,
        min_count: Count = 1,
        max_size: Annotated[int, Range(least=2, most=MOST_TOKENS)] | None = None,
        encoding: Encoding = "utf-8",
    ) -> None:
        self.file = file
        self.lines = lines
        self.encoding = encoding
        self.reading = Reading(tokens, lower, min_count, max_size)

    def load(self, seed: int) -> Corpus:  # noqa: ARG002 - nothing is random here
        with blaming("file"):
            return self._text(self.file)

    def read(self, path: str, prepared: Preparation) -> Corpus:  # noqa: ARG002 - a text is read as `file` is
        return self._text(path)

    def _text(self, path: str) -> Corpus:
        name, text = shown(path), read_text(path, self.encoding)
        if not text.strip():
            raise DataError(f"{name}: there is no text in it")
        return Lines.of(name, text, self.reading) if self.lines else RunningText(name, text, self.reading)
