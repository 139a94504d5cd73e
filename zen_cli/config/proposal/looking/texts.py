"""A text file: whether its lines are sequences of their own, such as names, or run on."""

from collections.abc import Sequence

import numpy as np

from zen_cli.config.proposal.looking.facts import TextFacts
from zen_cli.data.formats.opening import shown
from zen_cli.data.formats.plain_text import Encoding, read_text
from zen_cli.errors import DataError

LONGEST_LINE = 60  # characters of a name or a term
MOST_WORDS = 2.5  # of a line, on average
LEAST_LINES = 5
FEWEST = 100  # characters to learn from


def text_facts(path: str) -> TextFacts:
    text, encoding = _read(path)
    lines = text.split("\n")
    if len(text.strip()) < FEWEST:
        raise DataError(f"{shown(path)}: {len(text.strip())} characters are too few to learn to write from")
    return TextFacts(
        path=path,
        encoding=encoding,
        characters=len(text),
        lines=sum(1 for line in lines if line.strip()),
        longest=max(map(len, lines)),
        of_lines=_are_names(lines),
    )


def _read(path: str) -> tuple[str, Encoding]:
    try:
        return read_text(path, "utf-8"), "utf-8"
    except DataError as error:
        if error.setting != "encoding":
            raise
        encoding: Encoding = error.instead["encoding"]
        return read_text(path, encoding), encoding


def _are_names(lines: Sequence[str]) -> bool:
    """Whether all lines are short, of a word or two, and none between them is empty."""
    told = [line for line in lines if line.strip()]
    between = len(lines) - len(told) - (not lines[-1].strip())
    words = float(np.mean([len(line.split()) for line in told]))
    return len(told) >= LEAST_LINES and max(map(len, told)) <= LONGEST_LINE and words <= MOST_WORDS and not between
