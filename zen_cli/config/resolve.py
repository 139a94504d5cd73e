"""A tree of YAML against the schema: every default filled in, every problem found in one pass."""

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from zen_cli.config import advice, misnamed
from zen_cli.config.extends import KEY
from zen_cli.config.language.grammar import (
    PLURALS,
    component_kind,
    expanded,
    is_file,
    is_section,
    item_type,
    may_be_null,
    only_key,
)
from zen_cli.config.language.registry import COMMON_SETTINGS, COMPONENTS, Settings, settings_in_yaml, settings_of
from zen_cli.config.language.schema import Config
from zen_cli.config.language.synonyms import meant
from zen_cli.config.language.values import RefusedError, accept, describe, shown
from zen_cli.config.text import hints
from zen_cli.config.text.paths import KeyPath, dotted
from zen_cli.config.text.problems import ConfigError, Place, Problem
from zen_cli.config.text.reader import Node
from zen_cli.errors import quoted

ENOUGH = 500  # problems: a text of nothing else is not looked at to its end


@dataclass
class Resolved:
    """A config with every default filled in, as plain data, and the place that each key came from."""

    values: dict[str, Any]
    places: dict[KeyPath, Place] = field(default_factory=dict)
    undone: Sequence[Problem] = ()  # what is said of arguments that later ones undo
    folder: Path = Path()  # of the config, which paths in it lead from

    def place(self, *path: str | int) -> Place:
        """Where the value at `path` was written, or else what it would have been written in."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path]


def resolve(root: Node, known_problems: Iterable[Problem] = ()) -> Resolved:
    """The config that `root` says; ConfigError with all that is wrong, what is known already included.

    What it extends is in it already: see config/extends.py.
    """
    resolver = _Resolver(root)
    resolver.problems += known_problems
    values = resolver.section(Config, root, ())
    resolver.demand_different_names()
    resolver.problems += [problem for path, problem in resolver.missing.items() if path not in resolver.elsewhere]
    if resolver.problems:
        raise ConfigError(resolver.problems)
    del values["extends"]
    return Resolved(values, resolver.places, folder=resolver.folder)


class _Resolver:
    """Walks tree and schema together. A value with a problem resolves to None, and the walk goes on."""

    def __init__(self, root: Node) -> None:
        self.root = root
        self.folder = Path(root.place.source.name).parent
        self.base_is_unknown = isinstance(root.value, dict) and KEY in root.value  # it is no file's name
        self.problems: list[Problem] = []
        self.places: dict[KeyPath, Place] = {}
        self.missing: dict[KeyPath, Problem] = {}
        self.elsewhere: set[KeyPath] = set()  # where keys belong that stand in another block
        self.names: list[tuple[str, Place, KeyPath]] = []  # those that the config gives to layers

    @cached_property
    def blocks(self) -> Mapping[KeyPath, Settings]:
        return advice.blocks_of(self.root)

    def section(self, section: type, node: Node, path: KeyPath) -> Any:
        self.places[path] = node.place
        if node.value is None:  # a block whose lines are all taken out
            node = Node({}, node.place)
        known = settings_of(section)
        if not isinstance(node.value, dict):
            message = f"expected a block of keys ({', '.join(known)}), got {shown(node.plain())}"
            return self.refuse(node.place, path, message, advice.for_block(section, node))
        return self.settings(known, node, path)

    def settings(self, known: Settings, node: Node, path: KeyPath) -> dict[str, Any]:
        """The settings in a mapping node: unknown ones refused, the others checked, defaults filled in."""
        assert isinstance(node.value, dict)
        misspelt = self.unknown_keys(known, node, path)
        result: dict[str, Any] = {}
        for name, setting in known.items():
            if name in node.value:
                given = node.value[name]
                if setting.default == () and given.value in ([], None):  # as it is by default
                    self.places[(*path, name)], result[name] = given.place, []
                else:
                    result[name] = self.value(setting.annotation, given, (*path, name))
            elif not setting.is_required:
                result[name] = _as_plain(setting.default)
            elif name not in misspelt and not self.base_is_unknown:
                place = node.place if path else dataclasses.replace(node.place, width=0)  # no part of the file
                problem = Problem(place, dotted((*path, name)), "is missing", advice.for_missing(setting, path))
                self.missing[(*path, name)] = problem
        return result

    def unknown_keys(self, known: Settings, node: Node, path: KeyPath) -> set[str]:
        """Refuse the keys that are not known; returns the names that they were probably meant to be."""
        assert isinstance(node.value, dict)
        misspelt = set()
        for key in (key for key in node.value if key not in known):
            place = node.keys[key]
            free = [name for name in known if not self.is_beside(name, key, node)]
            if whole := advice.with_space(key, node.value[key], free):
                misspelt.add(whole.partition(":")[0])
                hint = hints.did_you_mean(whole)
            elif near := meant(key, free):
                misspelt.add(near)
                self.base_is_unknown |= near == KEY
                hint = hints.did_you_mean(near)
            elif home := advice.home_of(key, self.blocks):
                self.elsewhere.add(home)
                hint = advice.for_misplaced(key, node.value[key], path, home)
            else:
                hint = advice.for_unknown_key(key, node.value[key], path, known)
            self.refuse(place, (*path, key), "there is no such key", hint)
        return misspelt

    def is_beside(self, name: str, key: str, node: Node) -> bool:
        """Whether the name stands in the same file as the key, so that this cannot have been meant for it."""
        source = node.keys[key].source
        return name in node.keys and node.keys[name].source is source and not source.is_argument

    def value(self, annotation: Any, node: Node, path: KeyPath) -> Any:
        self.places[path] = node.place
        if is_section(annotation):
            return self.section(annotation, node, path)
        if kind := component_kind(annotation):
            if may_be_null(annotation) and node.value is None:
                return None
            if may_be_null(annotation) and str(node.value).casefold() in ("none", "nil"):
                message = f"there is no {kind} named {quoted(str(node.value))}"
                return self.refuse(node.place, path, message, hints.write("null"))
            return self.component(kind, node, path)
        if item_type(annotation) is not None:
            return self.items(annotation, node, path)
        try:
            accepted = accept(annotation, node.plain())
            return self.relative(accepted, node) if is_file(annotation) and accepted is not None else accepted
        except RefusedError as refusal:
            return self.refuse(node.place, path, str(refusal), advice.for_value(annotation, node))

    def relative(self, path: str, node: Node) -> str:
        """A path that leads from the file in which it stands, or as an argument from here, as one from the config."""
        source = node.place.source
        folder = Path() if source.is_argument else Path(source.name).parent
        if folder == self.folder or Path(path).is_absolute():
            return path
        return os.path.relpath(folder / path, self.folder)

    def items(self, annotation: Any, node: Node, path: KeyPath) -> Any:
        item, kind = item_type(annotation), component_kind(item_type(annotation))
        if not isinstance(node.value, list) or not node.value:
            expected = f"a list of {PLURALS[kind]}, each after a dash" if kind else describe(annotation)
            message = f"expected {expected}, got {shown(node.plain())}"
            return self.refuse(node.place, path, message, advice.for_list(item, node))
        return [self.value(item, child, (*path, i)) for i, child in enumerate(node.value)]

    def component(self, kind: str, node: Node, path: KeyPath) -> Any:
        longest = expanded(node, kind)
        name = only_key(longest)
        if name is None:
            return self.refuse(*misnamed.not_one_component(kind, node, path, self.blocks))
        if name not in COMPONENTS[kind]:
            return self.refuse(*misnamed.unknown_component(kind, name, node, path))
        assert isinstance(longest.value, dict)
        settings, inner = longest.value[name], (*path, name)
        if not isinstance(settings.value, dict):
            message = f"{name} takes no value, got {shown(settings.plain())}"
            if settings.place.source.is_argument:
                return self.refuse(settings.place, path, message)
            return self.refuse(node.place, path, message, hints.write(name))
        self.places[inner] = longest.keys[name]
        if complaint := misnamed.too_short(kind, name, node, settings, inner):
            return self.refuse(*complaint)
        resolved = self.settings(settings_in_yaml(kind, name), settings, inner)
        if isinstance(given := resolved.get("name"), str) and "name" in COMMON_SETTINGS.get(kind, {}):
            self.names.append((given, self.places[*inner, "name"], inner))
        absent = {key for key in COMMON_SETTINGS.get(kind, {}) if resolved[key] is None}
        return {name: {key: value for key, value in resolved.items() if key not in absent}}

    def demand_different_names(self) -> None:
        taken = {name for name, *_ in self.names}
        first: dict[str, KeyPath] = {}
        for name, place, path in sorted(self.names, key=lambda named: named[1].source.is_argument):
            if name in first:
                message = f"this is the name of {dotted(first[name][:-1])} already: a name stands for one layer"
                other = advice.another_name(name, taken)
                taken.add(other)
                self.refuse(place, (*path, "name"), message, hints.write(other))
            first.setdefault(name, path)

    def refuse(self, place: Place, path: KeyPath, message: str, hint: str = "") -> Any:
        self.problems.append(Problem(place, dotted(path), message, hint))
        if len(self.problems) >= ENOUGH:
            raise ConfigError(self.problems)
        return None


def _as_plain(default: Any) -> Any:
    if isinstance(default, tuple):
        return list(default)
    return dataclasses.asdict(default) if dataclasses.is_dataclass(default) else default  # type: ignore[arg-type]
