"""Whether the hints of a config's problems, each done as it is written, make their problems go away."""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hints import cured, in_long_form

from zen_cli.config.build import open_config
from zen_cli.config.text.problems import FIRST_ARGUMENT, ConfigError, Problem
from zen_cli.config.text.reader import read_text

Files = dict[str, str]  # texts by name; the config is wrong.yaml
ABOUT_YAML = {"there is no value after the `=`"}


def demand_cures(files: Files, arguments: Sequence[str]) -> None:
    """Writes the files where the process is."""
    before = problems_in(files, arguments)
    for problem in before:
        for cure in cures(problem, files, arguments):
            after = problems_in(*cure)
            assert is_readable(cure[0]) or not is_readable(files), f"{problem}\n{cure}"
            assert not stays(problem, before, after) or layers(cure[0]) < layers(files), f"{problem}\n{cure}"


def is_readable(files: Files) -> bool:
    """Whether the config is YAML, and so in its long form: there a text that names a component is a key."""
    try:
        in_long_form(files["wrong.yaml"])
    except ConfigError:
        return False
    return True


def stays(problem: Problem, before: Sequence[Problem], after: Sequence[Problem]) -> bool:
    """Whether as many problems as before say the same, at the same path and anywhere: items of a list may move."""
    return not any(
        sum(map(like, after)) < sum(map(like, before))
        for like in (
            lambda p: (p.path, p.message) == (problem.path, problem.message),
            lambda p: p.message == problem.message,
        )
    )


def layers(files: Files) -> int:
    """How many the config has: where one goes, the next may have the same problem in its place."""
    return _layers_in(read_text(files["wrong.yaml"], "wrong.yaml").plain().get("model"))


def _layers_in(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_layers_in, value.values()))
    layers = [item for item in value if isinstance(item, str | dict)] if isinstance(value, list) else []
    return len(layers) + sum(map(_layers_in, layers))


def problems_in(files: Files, arguments: Sequence[str]) -> list[Problem]:
    for name, text in files.items():
        Path(name).write_text(text, encoding="utf-8", newline="")
    try:
        open_config(Path("wrong.yaml"), arguments)
    except ConfigError as error:
        return error.problems
    return []


def cures(problem: Problem, files: Files, arguments: Sequence[str]) -> Iterator[tuple[Files, Sequence[str]]]:
    """Files and arguments after each alternative of the hint; test_syntax.py does what hints about YAML say."""
    source = problem.place.source
    if not problem.hint or problem.message in ABOUT_YAML or not (problem.path or source.is_argument):
        return
    if source.is_argument:
        place = source.order - FIRST_ARGUMENT
        for instead in cured_argument(problem, source.lines[0]):
            yield files, [*arguments[:place], *instead, *arguments[place + 1 :]]
    else:
        for text in cured(files[source.name], problem):
            yield files | {source.name: text}, arguments


def cured_argument(problem: Problem, argument: str) -> Iterator[list[str]]:
    """What to type for the argument: the whole of it where the hint is KEY=VALUE, else for what the caret marks."""
    start = problem.place.column - 1
    for alternative in problem.hint.split("; or "):
        if alternative.startswith("remove"):
            yield []
        for word in re.findall("`([^`]+)`", alternative.partition(", as ")[0]):
            if re.match(r"'?[\w.]+\+?=", word):
                yield shlex.split(word)
            elif not alternative.startswith("remove"):
                yield [argument[:start] + word + argument[start + problem.place.width :]]
