"""docs/config.md from the same signatures that configs are checked against: `python -m zen_cli.config.reference`."""

import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import NoneType
from typing import Any, get_args

from zen_cli.config.registry import COMPONENTS, REQUIRED, Setting, settings_of
from zen_cli.config.resolve import PLURALS, component_kind, item_type
from zen_cli.config.schema import Config, Data, Split, Training
from zen_cli.config.values import describe
from zen_cli.nn.recurrent import Recurrent

HEAD = """# What a config may say

A component (a source, a layer, an initializer, the loss, a metric, the optimizer, a schedule) is written `Name`,
`Name: first-setting` or `Name: {setting: value, ...}`. Numbers may be written 5e-4. On the command line, KEY=VALUE
after the config changes a value: `optimizer.RMSProp.lr=1e-3`, `model.0.RNN.hidden_dim=64`.

This page is made by `python -m zen_cli.config.reference`.
"""


def page() -> str:
    """The whole page, in Markdown."""
    sections = {"The file": Config, "data": Data, "data.split": Split, "training": Training}
    parts = [HEAD, *(_entry("##", title, section) for title, section in sections.items())]
    for kind, components in COMPONENTS.items():
        parts += [f"## {PLURALS[kind].capitalize()}\n", *_entries(components)]
        if kind == "layer":
            parts.append(f"### Recurrent layers\n\n{inspect.getdoc(Recurrent)}\n")
    return "\n".join(parts)


def _entries(components: Mapping[str, Callable[..., Any]]) -> Iterator[str]:
    return (_entry("###", name, component) for name, component in components.items())


def _entry(level: str, title: str, component: Callable[..., Any]) -> str:
    rows = [_row(setting) for setting in settings_of(component).values()]
    table = ["| setting | value | default |", "|---|---|---|", *rows, ""] if rows else []
    return "\n".join([f"{level} {title}", "", inspect.cleandoc(component.__doc__ or ""), "", *table])


def _row(setting: Setting) -> str:
    if setting.default is REQUIRED:
        default = "required"
    elif dataclasses.is_dataclass(setting.default):
        default = "as below"
    elif setting.default in (None, ()):
        default = "none"
    else:
        plain = list(setting.default) if isinstance(setting.default, tuple) else setting.default
        default = f"{plain}".replace("True", "true").replace("False", "false")
    return f"| `{setting.name}` | {_words(setting.annotation)} | {default} |"


def _words(annotation: Any) -> str:
    if kind := component_kind(annotation):
        return f"one of the {PLURALS[kind]}" + (" or null" if NoneType in get_args(annotation) else "")
    if item := item_type(annotation):
        return f"a list, each {_words(item)}"
    return "a block of keys" if dataclasses.is_dataclass(annotation) else describe(annotation)


if __name__ == "__main__":
    print(page(), end="")
