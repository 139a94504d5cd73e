"""How text is cut into tokens, and put together again."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Protocol

import numpy as np

Array = np.ndarray
Kind = Literal["characters", "words"]

# A number, a word with what it has inside (don't, well-known), a mark, or the end of a line.
WORD = re.compile(r"\d+(?:[.,]\d+)+|\w+(?:['\u2019-]\w+)*|[^\w\s]|\n")
CLOSING = frozenset(".,;:!?…%)]}»\u2019\u201d")  # and right quotation marks
OPENING = frozenset("([{«\u2018\u201c")  # and left ones

END = "\n"  # of a line
UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # the label of all tokens that a vocabulary lacks
CODES = 0x110000  # of Unicode
AT_ONCE = 2**20  # characters that are looked up in one go


class Tokenizer(Protocol):
    """One way to cut text. An end of a line is a token in each."""

    def counts(self, text: str) -> Mapping[str, int]:
        """How often each token is in a text."""

    def ids(self, text: str, places: Mapping[str, int]) -> Array:
        """The place of each token (N,), int32; where a token has none, that of UNKNOWN."""

    def between(self, before: str, token: str) -> str:
        """What stands between a token and the one before it."""


class Characters:
    """Each character is a token, white space too: text that is put together again is what it was."""

    def counts(self, text: str) -> Mapping[str, int]:
        found = np.zeros(CODES, np.int64)
        for codes in _codes(text):
            here = np.bincount(codes)
            found[: len(here)] += here
        return {chr(code): int(found[code]) for code in np.flatnonzero(found)}

    def ids(self, text: str, places: Mapping[str, int]) -> Array:
        place_of = np.full(CODES, places[UNKNOWN], np.int32)
        place_of[[ord(character) for character in places]] = list(places.values())
        ids = np.empty(len(text), np.int32)
        for number, codes in enumerate(_codes(text)):
            start = number * AT_ONCE
            ids[start : start + len(codes)] = place_of[codes]
        return ids

    def between(self, before: str, token: str) -> str:  # noqa: ARG002 - nothing, whatever they are
        return ""


class Words:
    """Words, numbers, marks and ends of lines are tokens; other white space is not kept."""

    def counts(self, text: str) -> Mapping[str, int]:
        return Counter(_words(text))

    def ids(self, text: str, places: Mapping[str, int]) -> Array:
        unknown = places[UNKNOWN]
        return np.fromiter((places.get(word, unknown) for word in _words(text)), np.int32)

    def between(self, before: str, token: str) -> str:
        alone = "\n" in (before, token) or token in CLOSING or before in OPENING
        return "" if alone or not before else " "


TOKENIZERS: dict[Kind, Tokenizer] = {"characters": Characters(), "words": Words()}


def joined(tokenizer: Tokenizer, tokens: Iterable[str], before: str = "") -> Iterator[str]:
    """Tokens, each with what stands before it."""
    for token in tokens:
        yield tokenizer.between(before, token) + token
        before = token


def _words(text: str) -> Iterator[str]:
    return (match.group() for match in WORD.finditer(text))


def _codes(text: str) -> Iterator[Array]:
    """The code points, many at a time."""
    for start in range(0, len(text), AT_ONCE):
        yield np.frombuffer(text[start : start + AT_ONCE].encode("utf-32-le", "surrogatepass"), np.uint32)
