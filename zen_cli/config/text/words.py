"""Names as messages say them: in a list, and the one that was probably meant."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` was probably meant to be; another case of the letters counts as near."""
    names = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=0.7)
    return names[found[0]] if found else None


def listed(names: Iterable[str], word: str = "and") -> str:
    """The names as they stand in a sentence, `word` before the last: `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def count(number: int, noun: str) -> str:
    """`1 epoch`, `2,000 epochs`."""
    return f"{number:,} {noun}{'s' * (number != 1)}"
