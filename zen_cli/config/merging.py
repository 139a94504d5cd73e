"""One tree over another: a config over the file that it extends, and KEY=VALUE over a config."""

from collections.abc import Mapping
from typing import Any

from zen_cli.config.language.grammar import component_kind, is_section, item_type, may_be_null, only_key
from zen_cli.config.language.registry import COMPONENTS, settings_in_yaml, settings_of, types_in
from zen_cli.config.text.reader import Node

# What stands at a place: an annotation, or, within a block of settings, the annotation of each.
Type = Any


def below(kind_of: Type, key: str) -> Type:
    """The type of what stands under a key, or of the items of a list; None where nothing is known of it."""
    if isinstance(kind_of, Mapping):
        return kind_of.get(key)
    if is_section(kind_of):
        return types_in(settings_of(kind_of)).get(key)
    if kind := component_kind(kind_of):
        return types_in(settings_in_yaml(kind, key)) if key in COMPONENTS[kind] else None
    return item_type(kind_of)


def merged(base: Node, over: Node, kind_of: Type) -> Node:
    """`over` where it says something, `base` elsewhere; both of this type, components in their longest form.

    A list, or a component of another name, takes the place of the whole one below.
    """
    if over.value is None and not (isinstance(kind_of, Mapping) or may_be_null(kind_of)):
        return base  # a key whose lines are all taken out says nothing
    another = component_kind(kind_of) and (only_key(base) is None or only_key(base) != only_key(over))
    if another or not _is_block(kind_of) or not isinstance(base.value, dict) or not isinstance(over.value, dict):
        return over
    value = dict(base.value)
    for key, node in over.value.items():
        value[key] = merged(value[key], node, below(kind_of, key)) if key in value else node
    return Node(value, over.place, base.keys | over.keys)


def _is_block(kind_of: Type) -> bool:
    return isinstance(kind_of, Mapping) or is_section(kind_of) or component_kind(kind_of) is not None
