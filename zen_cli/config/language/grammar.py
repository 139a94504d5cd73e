"""The one grammar of configs: where components stand in a tree, and the three forms in which they are written."""

import dataclasses
from collections.abc import Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from zen_cli.config.language.registry import COMPONENTS, first_of, settings_in_yaml, settings_of, types_in
from zen_cli.config.language.schema import Config
from zen_cli.config.text.reader import Node
from zen_cli.settings import IsFile, OneOf

PLURALS = {kind: f"{kind}s" for kind in COMPONENTS} | {"loss": "losses"}
ARTICLES = {kind: f"an {kind}" if kind[0] in "aeiou" else f"a {kind}" for kind in COMPONENTS}


# --- what a setting takes ---


def is_section(annotation: Any) -> bool:
    return dataclasses.is_dataclass(annotation)


def component_kind(annotation: Any) -> str | None:
    """The kind of component that a setting takes, if it takes one (or, where null is allowed, none)."""
    if get_origin(annotation) in (Union, UnionType):
        return next(filter(None, map(component_kind, get_args(annotation))), None)
    extras = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    return next((extra.kind for extra in extras if isinstance(extra, OneOf)), None)


def item_type(annotation: Any) -> Any:
    """The type of the items of a setting that takes a list; None for any other setting."""
    return get_args(annotation)[0] if get_origin(annotation) in (list, Sequence) else None


def is_file(annotation: Any) -> bool:
    """Whether a setting takes the path of a file."""
    if get_origin(annotation) in (Union, UnionType):
        return any(map(is_file, get_args(annotation)))
    return get_origin(annotation) is Annotated and any(isinstance(extra, IsFile) for extra in get_args(annotation)[1:])


def may_be_null(annotation: Any) -> bool:
    return NoneType in get_args(annotation)


# --- the forms of a component ---


def only_key(node: Node) -> str | None:
    """The name in a component's node; None where the node does not hold just one."""
    return next(iter(node.value)) if isinstance(node.value, dict) and len(node.value) == 1 else None


def known_component(node: Node, kind: str) -> str | None:
    """The name in a component's node in its longest form, where there is such a component."""
    name = only_key(node)
    return name if name in COMPONENTS[kind] else None


def expanded(node: Node, kind: str) -> Node:
    """A component's node in its longest form, `Name: {argument: value}`; other nodes as they are.

    The three forms of the grammar are one from here on, so that `optimizer.SGD.lr=0.1` means the same for each.
    """
    if isinstance(node.value, str):
        return Node({node.value: Node({}, node.place)}, node.place, {node.value: node.place})
    name = only_key(node)
    if name is None:
        return node
    assert isinstance(node.value, dict)
    argument = node.value[name]
    first = first_of(COMPONENTS[kind][name]) if name in COMPONENTS[kind] else None
    if argument.value is None:
        settings = Node({}, argument.place)
    elif isinstance(argument.value, dict) or first is None:
        return node
    else:
        settings = Node({first.name: argument}, argument.place, {first.name: argument.place})
    return Node({name: settings}, node.place, node.keys)


def shortest(kind: str, name: str, settings: Mapping[str, Any]) -> Any:
    """A component with these settings, as plain data in its shortest form: `Name`, `Name: value` or `Name: {...}`."""
    first = first_of(COMPONENTS[kind][name])
    if first and list(settings) == [first.name] and not isinstance(settings[first.name], dict | NoneType):
        return {name: settings[first.name]}
    return {name: dict(settings)} if settings else name


def expand_components(node: Node, annotation: Any = Config) -> None:
    """Write every component below `node`, whose type is `annotation`, in its longest form.

    Of a block of settings, it is the annotation of each.
    """
    if isinstance(annotation, Mapping):
        _expand_below(node, annotation)
    elif kind := component_kind(annotation):
        longest = expanded(node, kind)
        node.value, node.keys = longest.value, longest.keys
        if (known := known_component(node, kind)) and isinstance(node.value, dict):
            _expand_below(node.value[known], types_in(settings_in_yaml(kind, known)))
    elif is_section(annotation):
        _expand_below(node, types_in(settings_of(annotation)))
    elif (item_annotation := item_type(annotation)) and isinstance(node.value, list):
        for item in node.value:
            expand_components(item, item_annotation)


def _expand_below(node: Node, annotations: Mapping[str, Any]) -> None:
    if isinstance(node.value, dict):
        for name, child in node.value.items():
            if name in annotations:
                expand_components(child, annotations[name])
