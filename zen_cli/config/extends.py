"""`extends: other.yaml`: the settings of another file below those of a config."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zen_cli.config.language.grammar import component_kind, expand_components, is_section, only_key
from zen_cli.config.language.registry import COMPONENTS, settings_in_yaml, settings_of, types_in
from zen_cli.config.language.schema import Config
from zen_cli.config.text.problems import ConfigError, Problem
from zen_cli.config.text.reader import Node, file_near, read_file
from zen_cli.config.text.syntax import MOST_BASES
from zen_cli.config.text.written import flow
from zen_cli.errors import UserError, printable

KEY = "extends"
LONGEST_FILE = 120  # of a base, as messages call it


def with_bases(root: Node, path: Path) -> Node:
    """The tree of the config at `path` over those of the files that it extends, one after the other.

    Raises ConfigError where one of them cannot be read.
    """
    seen = [path]
    while (named := _take_base(root)) is not None:
        base = seen[-1].parent / str(named.value)
        _demand_new(base, seen, named)
        try:
            _, below = read_file(base, printable(str(base), LONGEST_FILE), order=len(seen))
        except ConfigError:
            raise
        except UserError as error:
            near = file_near(base)
            instead = f"write `{flow(os.path.relpath(near, seen[-1].parent))}`" if near and near != seen[-1] else ""
            raise _refusal(named, error.message, instead) from None
        seen.append(base)
        expand_components(root)
        expand_components(below)
        root = merged(below, root, Config)
    return root


def _take_base(root: Node) -> Node | None:
    """The name of the file that comes below, taken out of the tree; what is no name stays there, to be refused."""
    assert isinstance(root.value, dict)
    named = root.value.get(KEY)
    if named is None or not isinstance(named.value, str | None):
        return None
    root.keys.pop(KEY)
    root.value.pop(KEY)
    return named if named.value is not None else None


def _demand_new(base: Path, seen: list[Path], named: Node) -> None:
    try:
        if any(base.samefile(other) for other in seen):
            chain = " -> ".join(printable(str(path)) for path in [*seen[-2:], base])
            raise _refusal(named, f"this leads back to a file that is read already: {chain}")
        if base.exists() and not (base.is_file() or base.is_dir()):
            raise _refusal(named, "this is no file that can be read again, as a base has to be")
    except (OSError, ValueError):
        return  # it cannot be read, and the reader will say why
    if len(seen) > MOST_BASES:
        raise _refusal(named, f"more than {MOST_BASES} files extend one another")


def _refusal(named: Node, message: str, hint: str = "") -> ConfigError:
    return ConfigError([Problem(named.place, KEY, message, hint or f"remove `{KEY}`")])


def merged(base: Node, over: Node, annotation: Any) -> Node:
    """`over` where it says something, `base` elsewhere; both of this type, components in their longest form.

    A list, or a component of another name, takes the place of the whole one below.
    """
    if is_section(annotation):
        if over.value is None:  # a block whose lines are all taken out
            return base
        return _merged_settings(base, over, types_in(settings_of(annotation)))
    if (kind := component_kind(annotation)) and (name := only_key(over)) and name == only_key(base):
        assert isinstance(base.value, dict)
        assert isinstance(over.value, dict)
        types = types_in(settings_in_yaml(kind, name)) if name in COMPONENTS[kind] else {}
        return Node({name: _merged_settings(base.value[name], over.value[name], types)}, over.place, over.keys)
    return over


def _merged_settings(base: Node, over: Node, types: Mapping[str, Any]) -> Node:
    if not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    value = dict(base.value)
    for key, node in over.value.items():
        value[key] = merged(value[key], node, types[key]) if key in value and key in types else node
    return Node(value, over.place, base.keys | over.keys)
