"""A tree of YAML against the schema: every default filled in, every problem found in one pass."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from zen_cli.config.problems import ConfigError, Place, Problem, listed, nearest
from zen_cli.config.reader import Node
from zen_cli.config.registry import COMPONENTS, REQUIRED, Setting, settings_of
from zen_cli.config.schema import Config
from zen_cli.config.values import RefusedError, accept, describe, shown
from zen_cli.errors import printable, quoted
from zen_cli.settings import OneOf

KeyPath = tuple[str | int, ...]

PLURALS = {kind: f"{kind}s" for kind in COMPONENTS} | {"loss": "losses"}
ARTICLES = {kind: f"an {kind}" if kind[0] in "aeiou" else f"a {kind}" for kind in COMPONENTS}
LONGEST_NAME = 40


@dataclass
class Resolved:
    """A config with every default filled in, as plain data, and the place that each key came from."""

    values: dict[str, Any]
    places: dict[KeyPath, Place] = field(default_factory=dict)

    def place(self, *path: str | int) -> Place:
        """Where the value at `path` was written, or else what it would have been written in."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path]


def resolve(root: Node, known_problems: Iterable[Problem] = ()) -> Resolved:
    """The config that `root` says; ConfigError with all that is wrong, what is known already included."""
    resolver = _Resolver()
    resolver.problems += known_problems
    values = resolver.section(Config, root, ())
    if resolver.problems:
        raise ConfigError(resolver.problems)
    return Resolved(values or {}, resolver.places)


class _Resolver:
    """Walks tree and schema together. A value with a problem resolves to None, and the walk goes on."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.places: dict[KeyPath, Place] = {}

    def section(self, section: type, node: Node, path: KeyPath) -> Any:
        self.places[path] = node.place
        if not isinstance(node.value, dict):
            known = listed(settings_of(section))
            return self.refuse(node.place, path, f"expected a block of keys ({known}), got {shown(node.value)}")
        return self.settings(settings_of(section), node, path)

    def settings(self, known: dict[str, Setting], node: Node, path: KeyPath) -> dict[str, Any]:
        """The settings in a mapping node: unknown ones refused, the others checked, defaults filled in."""
        assert isinstance(node.value, dict)
        explained = self.unknown_keys(known, node, path)
        result = {}
        for name, setting in known.items():
            if name in node.value:
                empty = setting.default == () and node.value[name].value == []  # as it is by default
                result[name] = [] if empty else self.value(setting.annotation, node.value[name], (*path, name))
            elif setting.default is REQUIRED:
                if name not in explained:
                    self.refuse(node.place, (*path, name), "is missing")
            else:
                result[name] = _as_plain(setting.default)
        return result

    def unknown_keys(self, known: dict[str, Setting], node: Node, path: KeyPath) -> set[str]:
        """Refuse the keys that are not known; returns the names that they were probably meant to be."""
        assert isinstance(node.value, dict)
        meant = set()
        for key in node.value.keys() - known.keys():
            near = nearest(key, known)
            meant |= {near} if near else set()
            choices = f"the keys here are {listed(known)}" if known else f"{path[-1]} takes no settings"
            hint = f"did you mean '{near}'?" if near else choices
            self.refuse(node.keys[key], (*path, key), "there is no such key", hint)
        return meant

    def value(self, annotation: Any, node: Node, path: KeyPath) -> Any:
        self.places[path] = node.place
        if _is_section(annotation):
            return self.section(annotation, node, path)
        if kind := component_kind(annotation):
            absent = node.value is None and NoneType in get_args(annotation)
            return None if absent else self.component(kind, node, path)
        if (item := item_type(annotation)) is not None:
            return self.items(item, node, path)
        try:
            return accept(annotation, node.plain())
        except RefusedError as refusal:
            return self.refuse(node.place, path, str(refusal))

    def items(self, annotation: Any, node: Node, path: KeyPath) -> Any:
        if not isinstance(node.value, list) or not node.value:
            return self.refuse(node.place, path, f"expected {_list_of(annotation)}, got {shown(node.plain())}")
        return [self.value(annotation, item, (*path, i)) for i, item in enumerate(node.value)]

    def component(self, kind: str, node: Node, path: KeyPath) -> Any:
        node = expanded(node, kind)
        names = COMPONENTS[kind]
        if not isinstance(node.value, dict) or len(node.value) != 1:
            return self.refuse(*_not_one_component(kind, node, path))
        ((name, settings),) = node.value.items()
        if name not in names:
            near = nearest(name, names)
            hint = f"did you mean '{near}'?" if near else f"the {PLURALS[kind]} are {listed(names)}"
            return self.refuse(node.keys[name], path, f"there is no {kind} named {quoted(name)}", hint)
        inner = (*path, name)
        self.places[inner] = node.keys[name]
        return {name: self.settings(settings_of(names[name]), settings, inner)}

    def refuse(self, place: Place, path: KeyPath, message: str, hint: str = "") -> Any:
        self.problems.append(Problem(place, ".".join(map(str, path)), message, hint))
        return None


def expand_components(node: Node, annotation: Any = Config) -> None:
    """Write every component below `node`, whose type is `annotation`, in its longest form."""
    if kind := component_kind(annotation):
        longest = expanded(node, kind)
        node.value, node.keys = longest.value, longest.keys
        _expand_settings(node, kind)
    elif _is_section(annotation) and isinstance(node.value, dict):
        for name, setting in settings_of(annotation).items():
            if name in node.value:
                expand_components(node.value[name], setting.annotation)
    elif (item_annotation := item_type(annotation)) and isinstance(node.value, list):
        for item in node.value:
            expand_components(item, item_annotation)


def _expand_settings(node: Node, kind: str) -> None:
    """Components among the settings of a component, where it is one."""
    for name, settings in (node.value if isinstance(node.value, dict) else {}).items():
        if name in COMPONENTS[kind] and isinstance(settings.value, dict):
            for setting in settings_of(COMPONENTS[kind][name]).values():
                if setting.name in settings.value:
                    expand_components(settings.value[setting.name], setting.annotation)


def expanded(node: Node, kind: str) -> Node:
    """A component's node in its longest form, `Name: {argument: value}`; other nodes as they are.

    The three forms of the grammar are one from here on, so that `optimizer.SGD.lr=0.1` means the same for each.
    """
    if isinstance(node.value, str):
        node = Node({node.value: Node(None, node.place)}, node.place, {node.value: node.place})
    if not isinstance(node.value, dict) or len(node.value) != 1:
        return node
    ((name, argument),) = node.value.items()
    if isinstance(argument.value, dict):
        return node
    first = _first_setting(COMPONENTS[kind].get(name))
    if argument.value is None:
        settings = Node({}, argument.place)
    else:  # for a component that takes nothing the argument becomes a key that it does not know
        key = first or str(argument.plain())
        settings = Node({key: argument}, argument.place, {key: argument.place})
    return Node({name: settings}, node.place, node.keys)


def _is_section(annotation: Any) -> bool:
    return dataclasses.is_dataclass(annotation)


def _first_setting(component: Callable[..., Any] | None) -> str | None:
    return next(iter(settings_of(component)), None) if component else None


def component_kind(annotation: Any) -> str | None:
    """The kind of component that a setting takes, if it takes one (or, where null is allowed, none)."""
    if get_origin(annotation) in (Union, UnionType):
        return next(filter(None, map(component_kind, get_args(annotation))), None)
    extras = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((extra.kind for extra in extras if isinstance(extra, OneOf)), None)


def item_type(annotation: Any) -> Any:
    """The type of the items of a setting that takes a list; None for any other setting."""
    return get_args(annotation)[0] if get_origin(annotation) in (list, Sequence) else None


def _list_of(annotation: Any) -> str:
    """A list of such items, in words."""
    kind = component_kind(annotation)
    return f"a list of {PLURALS[kind]}, each after a dash" if kind else f"a list, each {describe(annotation)}"


def _not_one_component(kind: str, node: Node, path: KeyPath) -> tuple[Place, KeyPath, str, str]:
    """The problem of a node that should hold one component's name and holds something else, or several."""
    if not isinstance(node.value, dict) or not node.value:
        message = f"expected the name of {ARTICLES[kind]}, got {shown(node.plain())}"
        return node.place, path, message, f"the {PLURALS[kind]} are {listed(COMPONENTS[kind])}"
    first, second = list(node.value)[:2]
    written_as = ".".join(map(str, path))
    names = listed(printable(name, LONGEST_NAME) for name in node.value)
    message = f"expected one {kind}, got {len(node.value)} keys: {names}"
    hint = f"if {second} is a setting of {first}, indent it below, or override {written_as}.{first}.{second}"
    if second in COMPONENTS[kind]:
        hint = f"keep one; to replace it in an override write {written_as}='{second}: ...'"
    last = max(node.keys.values(), key=lambda place: place.source.order)  # an override is to blame before the file
    if last.source.order:
        return last, (*path, second), message, hint
    return node.place, path, message, hint


def _as_plain(default: Any) -> Any:
    if isinstance(default, tuple):
        return list(default)
    return dataclasses.asdict(default) if dataclasses.is_dataclass(default) else default  # type: ignore[arg-type]
