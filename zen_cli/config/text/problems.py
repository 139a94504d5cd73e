"""What is wrong with a config, and where: problems are collected, sorted by place and shown all at once."""

import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from zen_cli.errors import UserError, printable

P = ParamSpec("P")
T = TypeVar("T")

MOST_SHOWN = 20
FIRST_ARGUMENT = 100  # its `order` as a source
WIDEST = 100  # of a hint
WIDEST_EXCERPT = 120
NARROWEST = 20
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

    @property
    def is_whole_argument(self) -> bool:
        return self.source.is_argument and (self.column, self.width) == (1, len(self.source.lines[0]))

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
    widest = _columns(WIDEST_EXCERPT, margin=8)
    if len(text) <= widest:
        return text, index
    begin = max(0, min(index - widest // 2, len(text) - widest))
    cut = text[begin : begin + widest]
    if begin:
        cut = f"...{cut[3:]}"
    return cut if begin + widest >= len(text) else f"{cut[:-3]}...", index - begin


def _columns(most: int, margin: int = 0) -> int:
    """How wide a line may be: a terminal would break a wider one, and then a caret points nowhere."""
    there_are = shutil.get_terminal_size().columns - margin if sys.stderr and sys.stderr.isatty() else most
    return max(NARROWEST, min(most, there_are))


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
        hint = textwrap.fill(self.hint, _columns(WIDEST), initial_indent=" " * 6, subsequent_indent=" " * 6)
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


@dataclass
class Found:
    """The problems of steps that do not depend on each other."""

    problems: list[Problem] = field(default_factory=list)

    def attempt(self, step: Callable[P, T], *args: P.args, **settings: P.kwargs) -> T | None:
        """What the step returns; None where it found problems, which are then among these."""
        try:
            return step(*args, **settings)
        except ConfigError as error:
            self.problems += error.problems
            return None
