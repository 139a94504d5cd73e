"""What `zen explain` prints: pages of plain text, and colours over them where a terminal shows them."""

import re
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

from rich.text import Text

from zen_cli.config.guide import usage
from zen_cli.config.guide.topics import Component, Kind, Leaf, Section, Topic, takers
from zen_cli.config.language.docs import default_in_words, describe_setting, document, first_sentence
from zen_cli.config.language.grammar import ARTICLES, PLURALS, component_kind, is_section
from zen_cli.config.language.registry import COMPONENTS, Setting, Settings, settings_in_yaml, settings_of
from zen_cli.config.language.schema import Config
from zen_cli.config.language.values import describe
from zen_cli.config.text.words import listed
from zen_cli.report.console import PlainConsole

WIDEST = 100  # lines that are easy to read
CONFIG = "mine.yaml"

THE_FILE = (
    "A config is a YAML file with these keys. On the command line KEY=VALUE after the file changes a value, as in "
    f"`zen train {CONFIG} training.epochs=20`."
)
THE_COMPONENTS = (
    "What is chosen by its name is written `Name`, `Name: first-setting` or `Name: {setting: value, ...}`. There are"
)
MORE = "`zen explain layers` says what each of them does, `zen explain RNN` or `zen explain training.epochs` says more."


def show(topics: Sequence[Topic], out: TextIO | None = None) -> None:
    """Explain topics, or without any say what there is, as wide as the terminal."""
    console = PlainConsole(out or sys.stdout)
    page = Page(min(WIDEST, console.width))
    text = page.of(topics) if topics else page.overview()
    console.print(_coloured(text) if console.is_terminal else text, soft_wrap=True)


def _coloured(text: str) -> Text:
    """Headings and names in bold, what can be typed in a colour in place of its backticks."""
    parts = re.split(r"`([^`]+)`", text)
    coloured = Text.assemble(*((part, "cyan" if i % 2 else "") for i, part in enumerate(parts)))
    coloured.highlight_regex(r"(?m)^[\w.]+(?=,|$)", "bold")
    coloured.highlight_regex(r"(?m)^  [\w.]+(?=:|  )", "bold")
    return coloured


class Page:
    """Text at most `width` columns wide, but for examples, which stay as they are typed."""

    def __init__(self, width: int) -> None:
        self.width = width

    def overview(self) -> str:
        keys = {name: first_sentence(describe_setting(Config, name)) for name in settings_of(Config)}
        kinds = {PLURALS[kind]: ", ".join(components) for kind, components in COMPONENTS.items()}
        parts = [self.wrapped(THE_FILE, 0), self.rows(keys), self.wrapped(THE_COMPONENTS, 0), self.rows(kinds)]
        return "\n\n".join([*parts, self.wrapped(MORE, 0)])

    def of(self, topics: Sequence[Topic]) -> str:
        return "\n\n\n".join("\n\n".join([*self.topic(alike), *self.example(alike[0])]) for alike in _alike(topics))

    def topic(self, alike: Sequence[Topic]) -> list[str]:
        """One topic, or settings that only their owners and defaults tell apart."""
        match topic := alike[0]:
            case Kind(kind):
                return [topic.title, *self.takers(kind), self.rows(_summaries(kind))]
            case Section(_, made):
                return [f"{topic.title}, a block of keys", *self.documented(made, settings_of(made))]
            case Component(kind, name):
                return [f"{name}, {ARTICLES[kind]}", *self.documented(topic.made, settings_in_yaml(kind, name))]
            case Leaf():
                return self.leaf([leaf for leaf in alike if isinstance(leaf, Leaf)])

    def documented(self, made: Callable[..., Any], settings: Settings) -> list[str]:
        """The prose of a docstring and an entry for each setting."""
        prose = [self.wrapped(paragraph) for paragraph in document(made).text.split("\n\n")]
        entries = [self.entry(name, setting, describe_setting(made, name)) for name, setting in settings.items()]
        return [*prose, "\n".join(entries)] if entries else prose

    def leaf(self, leaves: Sequence[Leaf]) -> list[str]:
        """A setting, of one owner or of several."""
        setting = leaves[0].setting
        said = self.wrapped(describe_setting(leaves[0].owner.made, setting.name))
        kind = component_kind(setting.annotation)
        choices = [self.wrapped(f"One of {listed(COMPONENTS[kind], 'or')}.")] if kind else []
        if len(leaves) == 1:
            return [leaves[0].title, self.wrapped(_value(setting)), said, *choices]
        heading = self.wrapped(f"{setting.name}, a setting of {listed(leaf.owner.title for leaf in leaves)}", 0)
        return [heading, self.wrapped(_value_of_several(leaves)), said, *choices]

    def takers(self, kind: str) -> list[str]:
        """The settings that take components of a kind: those of the file as entries."""
        of_file = [leaf for leaf in takers(kind) if isinstance(leaf.owner, Section)]
        others = [f"`{leaf.title}`" for leaf in takers(kind) if isinstance(leaf.owner, Component)]
        lines = [self.entry(f.title, f.setting, describe_setting(f.owner.made, f.setting.name)) for f in of_file]
        return [*lines, self.wrapped(f"{'Also t' if lines else 'T'}aken by {listed(others)}.")] if others else lines

    def example(self, topic: Topic) -> list[str]:
        lines = ["  In a file:", *(f"      {line}" for line in usage.in_file(topic).splitlines())]
        if override := usage.as_override(topic):
            lines += ["  On the command line:", f"      zen train {CONFIG} {override}"]
        return ["\n".join(lines)]

    # --- pieces ---

    def wrapped(self, text: str, indent: int = 2) -> str:
        margin = " " * indent
        return textwrap.fill(
            " ".join(text.split("\n")),
            self.width,
            initial_indent=margin,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def entry(self, name: str, setting: Setting, said: str) -> str:
        head = textwrap.fill(f"{name}: {_value(setting)}", self.width, initial_indent="  ", subsequent_indent="    ")
        return f"{head}\n{self.wrapped(said, 6)}"

    def rows(self, rows: Mapping[str, str]) -> str:
        """Names, and beside them what they are."""
        column = max(map(len, rows)) + 4
        margin = " " * column
        return "\n".join(
            textwrap.fill(text, self.width, initial_indent=f"  {name}".ljust(column), subsequent_indent=margin)
            for name, text in rows.items()
        )


def _alike(topics: Sequence[Topic]) -> list[list[Topic]]:
    """Settings of several owners together where type and documentation are the same."""
    groups: dict[Any, list[Topic]] = {}
    for topic in topics:
        key: Any = topic
        if isinstance(topic, Leaf):
            name = topic.setting.name
            key = name, topic.setting.annotation, describe_setting(topic.owner.made, name)
        groups.setdefault(key, []).append(topic)
    return list(groups.values())


def _value(setting: Setting) -> str:
    """`a whole number >= 1, default 32`."""
    words, default = describe(setting.annotation), default_in_words(setting)
    if is_section(setting.annotation):
        return words
    return f"{words}, {default}" if setting.is_required else f"{words}, default {default}"


def _value_of_several(leaves: Sequence[Leaf]) -> str:
    """`a number > 0, default 0.1 in SGD, 0.001 in Adam and AdamW`."""
    owners: dict[str, list[str]] = {}
    for leaf in leaves:
        owners.setdefault(default_in_words(leaf.setting), []).append(leaf.owner.title)
    if len(owners) == 1:
        return _value(leaves[0].setting)
    defaults = (f"{default} in {listed(names)}" for default, names in owners.items())
    return f"{describe(leaves[0].setting.annotation)}, default {', '.join(defaults)}"


def _summaries(kind: str) -> dict[str, str]:
    return {name: document(made).summary for name, made in COMPONENTS[kind].items()}
