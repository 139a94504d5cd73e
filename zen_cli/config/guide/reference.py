"""docs/config.md, from the signatures that check configs: `python -m zen_cli.config.guide.reference`."""

from collections.abc import Callable, Iterator
from typing import Any

from zen_cli.config.guide import usage
from zen_cli.config.guide.topics import Component, Section, sections
from zen_cli.config.language.docs import default_in_words, describe_setting, document
from zen_cli.config.language.grammar import PLURALS
from zen_cli.config.language.registry import COMMON_SETTINGS, COMPONENTS, Setting, Settings, settings_of
from zen_cli.config.language.values import describe

HEAD = """# What a config may say

A component (a source, a scaler, a layer, an initializer, the loss, a metric, the optimizer, a schedule) is written
`Name`, `Name: first-setting` or `Name: {setting: value, ...}`. Numbers may be written 5e-4. On the command line,
KEY=VALUE after the config changes a value: `optimizer.RMSProp.lr=1e-3`, `model.0.RNN.hidden_dim=64`. Paths of files
start from the config that they stand in, and on the command line from where one is. Shapes are those of one example,
without the batch: (T, n) is a sequence of T steps with n features, (H, W, C) an image with C channels.

`zen explain` says the same in a terminal. This page is made by `python -m zen_cli.config.guide.reference`.
"""


def page() -> str:
    """The whole page, in Markdown."""
    parts = [HEAD, *(_entry("##", section) for section in sections())]
    for kind, components in COMPONENTS.items():
        parts += [f"## {PLURALS[kind].capitalize()}\n", *_common(kind)]
        parts += [_entry("###", Component(kind, name)) for name in components]
    return "\n".join(parts)


def _entry(level: str, topic: Section | Component) -> str:
    """Prose, settings and an example of a section or a component."""
    title = topic.title or "The file"
    parts = [f"{level} {title}", document(topic.made).text, *_table(topic.made, settings_of(topic.made))]
    return "\n\n".join([*parts, f"```yaml\n{usage.in_file(topic)}\n```\n"])


def _common(kind: str) -> Iterator[str]:
    """The settings that all components of a kind have."""
    if kind in COMMON_SETTINGS:
        some = next(iter(COMPONENTS[kind].values()))
        yield f"Every {kind} has, besides its own:\n"
        yield from (f"{table}\n" for table in _table(some, COMMON_SETTINGS[kind]))


def _table(made: Callable[..., Any], settings: Settings) -> list[str]:
    rows = [_row(setting, describe_setting(made, name)) for name, setting in settings.items()]
    return ["\n".join(["| setting | value | default | |", "|---|---|---|---|", *rows])] if rows else []


def _row(setting: Setting, said: str) -> str:
    return f"| `{setting.name}` | {describe(setting.annotation)} | {default_in_words(setting)} | {said} |"


if __name__ == "__main__":
    print(page(), end="")
