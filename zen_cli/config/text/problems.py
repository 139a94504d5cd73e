"""What is wrong with a config, and where: problems are collected, sorted by place and shown all at once."""

import difflib
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zen_cli.errors import UserError, printable

MOST_SHOWN = 20
FIRST_ARGUMENT = 100  # its `order` as a source
WIDEST_EXCERPT = 120
WIDEST_HINT = 100
LONGEST_PATH_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Source:
    """Text that was read: a file, named as the user named it, or a KEY=VALUE argument."""

    name: str
    lines: Sequence[str]
    order: int = 0  # the file comes first, then those that it extends, then the arguments as they were typed

    @property
    def is_argument(self) -> bool:
        return self.order >= FIRST_ARGUMENT


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a source. `line` and `column` count from 1; `width` is how many columns the caret marks.

    Where it is 0 nothing there is to blame, and the line is not shown.
    """

    source: Source
    line: int
    column: int
    width: int = 1

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"

    def excerpt(self) -> str:
        """The source line with the stretch marked below it; empty where the line cannot be shown."""
        if not 1 <= self.line <= len(self.source.lines) or not self.width:
            return ""
        text = self.source.lines[self.line - 1].rstrip().replace("\t", " ")
        text, start = _around(text, self.column - 1)
        if not text.isprintable():
            return ""
        number = f"{self.line:>5} | "
        width = max(1, min(self.width, len(text) - start))
        return f"{number}{text}\n{' ' * (len(number) + start)}{'^' * width}"


def _around(text: str, index: int) -> tuple[str, int]:
    """What is shown of a long line, and where in it the character at `index` is."""
    if len(text) <= WIDEST_EXCERPT:
        return text, index
    begin = max(0, min(index - WIDEST_EXCERPT // 2, len(text) - WIDEST_EXCERPT))
    cut = text[begin : begin + WIDEST_EXCERPT]
    if begin:
        cut = f"...{cut[3:]}"
    return cut if begin + WIDEST_EXCERPT >= len(text) else f"{cut[:-3]}...", index - begin


def nowhere(name: str) -> Place:
    """The place of what no text says; messages call it `name`."""
    return Place(Source(name, ()), 1, 1, 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `path` is the dotted key, empty where the text could not be read that far."""

    place: Place
    path: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        subject = f"{_shortened(self.path)}: " if self.path else ""
        hint = textwrap.fill(self.hint, WIDEST_HINT, initial_indent=" " * 6, subsequent_indent=" " * 6)
        return "\n".join(
            part for part in (f"{self.place}: {subject}{self.message}", self.place.excerpt(), hint) if part
        )


def _shortened(path: str) -> str:
    half = LONGEST_PATH_SHOWN // 2
    return printable(path if len(path) <= LONGEST_PATH_SHOWN else f"{path[:half]}...{path[-half:]}", longest=None)


class ConfigError(UserError):
    """Everything that is wrong with a config."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda p: (p.place.source.order, p.place.line, p.place.column))
        shown = [str(problem) for problem in self.problems[:MOST_SHOWN]]
        if left := len(self.problems) - len(shown):
            shown.append(f"... and {left} more")
        super().__init__("\n".join(shown))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` was probably meant to be; another case of the letters counts as near."""
    names = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=0.7)
    return names[found[0]] if found else None


def listed(names: Iterable[str], word: str = "and") -> str:
    """The names as they stand in a sentence, `word` before the last: `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
