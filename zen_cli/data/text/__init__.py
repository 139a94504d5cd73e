"""Text as tokens: what was read, the vocabulary of its training part, and the examples cut from it."""

from zen_cli.data.text.corpus import Corpus, Lines, Reading, RunningText
from zen_cli.data.text.preparation import TextPreparation
from zen_cli.data.text.vocabulary import Vocabulary

__all__ = ["Corpus", "Lines", "Reading", "RunningText", "TextPreparation", "Vocabulary"]
