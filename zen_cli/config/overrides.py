"""KEY=VALUE arguments: changes to the tree of a config before it is resolved.

KEY is a dotted path, `optimizer.RMSProp.lr` or `model.0.RNN.hidden_dim`, in which an item of a list is given by its
number, a layer also by its name; VALUE is YAML, read by the same reader. It stands over the config as the config stands
over one that it extends: blocks are merged. KEY+=VALUE adds to a list, and null in the place of an item takes it out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import NamedTuple

from zen_cli.config.language.grammar import component_kind, expand_components, is_section, item_type, only_key
from zen_cli.config.language.registry import COMMON_SETTINGS
from zen_cli.config.language.schema import Config
from zen_cli.config.merging import Type, below, merged
from zen_cli.config.text import hints
from zen_cli.config.text.problems import FIRST_ARGUMENT, ConfigError, Place, Problem, Source
from zen_cli.config.text.reader import Node, read_text
from zen_cli.config.text.syntax import LONGEST_PATH
from zen_cli.config.text.words import listed, nearest
from zen_cli.errors import printable

Removal = tuple[list[Node], Node]  # an item, and the list that it is to be taken out of


class Applied(NamedTuple):
    """The problems of the arguments that cannot be applied, and what is said of those that a later one undoes."""

    problems: list[Problem]
    undone: list[Problem]


def apply(root: Node, arguments: Sequence[str]) -> Applied:
    """Change the tree as the arguments say, in their order."""
    applied = Applied([], [])
    taken_out: list[Removal] = []
    if "=" in arguments[1:]:
        return Applied([_spaced(arguments)], [])
    if arguments:
        expand_components(root)  # so that each step of a path exists, however the file writes it
    for order, argument in enumerate(arguments, start=FIRST_ARGUMENT):
        try:
            _Override(argument, order, taken_out, applied.undone).change(root)
        except ConfigError as error:
            applied.problems.extend(error.problems)
    for items, item in taken_out:  # at the end, so that the numbers in a command line are those of the file
        items[:] = [other for other in items if other is not item]
    return applied


class _Override:
    def __init__(self, argument: str, order: int, taken_out: list[Removal], undone: list[Problem]) -> None:
        self.taken_out, self.undone = taken_out, undone
        key, equals, _ = argument.partition("=")
        self.argument, self.source = argument, Source("override", [argument], order)
        self.appends = key.endswith("+")
        self.keys = key.removesuffix("+").split(".")
        if not equals or not all(self.keys):
            raise self.error("an override is KEY=VALUE", _example(argument))
        if len(key) > LONGEST_PATH or not key.isprintable():
            raise self.error(f"a key has at most {LONGEST_PATH} characters, all of them printable")
        if (dotted := re.sub(r"\[(\w+)\]", r".\1", key)) != key:
            hint = hints.write_argument(dotted, self.given())
            raise self.error("an item of a list goes by its number after a dot", hint)
        if self.keys == ["extends"]:
            raise self.error("only a file can extend another: an override has no place that paths start from")
        self.value = read_text(argument, "override", order, value_at=len(key) + 1)

    def change(self, root: Node) -> None:
        """Change the tree; items that are to be taken out of their lists are still there."""
        owner, node, kind_of = root, root, Config
        for depth, key in enumerate(self.keys):
            owner, node, kind_of = node, self.step(node, key, depth), below(kind_of, key)
        if self.appends:
            self.append(node, kind_of)
        elif self.value.value is None and isinstance(owner.value, list):
            self.tell_undone(node, self.value)
            self.taken_out.append((owner.value, node))
        else:
            self.put(node, kind_of)
        self.claim(*((node, item_type(kind_of)) if self.appends else (owner, kind_of)))

    def claim(self, changed: Node, item: Type) -> None:
        """A list of values is one setting: where an item changed, the whole comes from this argument."""
        if isinstance(changed.value, list) and not component_kind(item):
            changed.place = self.whole

    def put(self, node: Node, kind_of: Type) -> None:
        if is_section(kind_of) and self.value.value is None:
            raise self.error(f"{self.path()} is a block of keys, and null turns off only one of them")
        value = self.in_longest_form(kind_of)
        new = merged(node, value, kind_of) if value.value is not None else value
        self.tell_undone(node, new)
        node.value, node.keys, node.place = new.value, new.keys, new.place

    def tell_undone(self, old: Node, new: Node) -> None:
        """Note what earlier arguments said and is not said any more."""
        kept = {id(leaf) for leaf in _leaves(new)}
        for lost in _leaves(old) if old.plain() != new.plain() else ():
            if lost.place.source.is_argument and id(lost) not in kept and lost.place.source is not self.source:
                earlier = printable("\n".join(lost.place.source.lines))
                message = f"{printable(self.argument)} takes the place of {earlier}, which comes before it"
                self.undone.append(Problem(lost.place, self.path(), message))

    def in_longest_form(self, kind_of: Type) -> Node:
        """The value with its components in full; `optimizer.SGD=0.1` gives the first setting, as `SGD: 0.1` does."""
        if isinstance(kind_of, Mapping) and self.value.value is None:
            return Node({}, self.value.place)
        own = [key for key in kind_of if key not in COMMON_SETTINGS["layer"]] if isinstance(kind_of, Mapping) else []
        if own and not isinstance(self.value.value, dict | NoneType):
            return Node({own[0]: self.value}, self.value.place, {own[0]: self.value.place})
        expand_components(self.value, kind_of)
        return self.value

    def append(self, node: Node, kind_of: Type) -> None:
        if node.place.source is self.source or node.value is None:  # not in the file
            node.value, node.place = [], self.value.place
        if not isinstance(node.value, list):
            message = f"{self.path()} is no list, so nothing can be added to it"
            raise self.error(message, hints.write(f"{self.path()}={self.given()}"))
        node.value += self.value.value if isinstance(self.value.value, list) else [self.value]
        expand_components(node, kind_of)

    def step(self, node: Node, key: str, depth: int) -> Node:
        """The node under `key`; a key that is not in the file yet is made."""
        if isinstance(node.value, list):
            return node.value[self.index(key, node.value, depth)]
        if key.isdecimal() and node.place.source is self.source:
            node.value = []
            raise self.error(*self.no_item(key, [], depth), depth)
        if not isinstance(node.value, dict):
            node.value, node.keys, node.place = {}, {}, self.place(depth)
        node.keys.setdefault(key, self.place(depth))
        return node.value.setdefault(key, Node({}, self.place(depth)))

    def index(self, key: str, items: list[Node], depth: int) -> int:
        gone = [item for removed_from, item in self.taken_out if removed_from is items]
        names = [_name(item) if not any(item is other for other in gone) else None for item in items]
        if key in names:
            return names.index(key)
        if key.isdecimal() and key.isascii() and len(key) < 10 and int(key) < len(items):
            if any(items[int(key)] is other for other in gone):
                raise self.error(f"{self.path(depth)}.{key} is taken out by an earlier argument", depth=depth)
            return int(key)
        raise self.error(*self.no_item(key, items, depth), depth)

    def no_item(self, key: str, items: list[Node], depth: int) -> tuple[str, str]:
        message = f"{self.path(depth)} has no item {printable(key)}"
        names = [name for name in map(_name, items) if name]
        if near := nearest(key, names):
            return message, hints.did_you_mean(near)
        if not items:
            return f"{message}: it is an empty list", hints.write(f"{self.path(depth)}+={self.given()}")
        if same := [str(i) for i, item in enumerate(items) if only_key(item) == key]:
            return f"{message}: one goes by its number, or its name", hints.use(same)
        called = f", and there are the names {listed(names)}" if names else ""
        return f"{message}: they are numbered from 0 to {len(items) - 1}{called}", ""

    def path(self, depth: int | None = None) -> str:
        return ".".join(self.keys[:depth])

    def given(self) -> str:
        """The VALUE as it was typed."""
        return self.argument.partition("=")[2]

    def place(self, depth: int) -> Place:
        """That of the path's key at this depth."""
        return Place(self.source, 1, len(".".join(self.keys[:depth])) + 1 + (depth > 0), max(1, len(self.keys[depth])))

    @property
    def whole(self) -> Place:
        return Place(self.source, 1, 1, max(1, len(self.argument)))

    def error(self, message: str, hint: str = "", depth: int | None = None) -> ConfigError:
        return ConfigError([Problem(self.whole if depth is None else self.place(depth), "", message, hint)])


def _leaves(node: Node) -> Iterator[Node]:
    """The values in a tree that hold no others."""
    if isinstance(node.value, dict | list) and node.value:
        for child in node.value.values() if isinstance(node.value, dict) else node.value:
            yield from _leaves(child)
    else:
        yield node


def _spaced(arguments: Sequence[str]) -> Problem:
    """The problem of `key = value`, which a shell makes three arguments of."""
    i = arguments.index("=", 1)
    whole = printable("".join(arguments[i - 1 : i + 2]))
    place = Place(
        Source("override", [" ".join(arguments[i - 1 : i + 2])], FIRST_ARGUMENT), 1, len(arguments[i - 1]) + 2
    )
    return Problem(place, "", f"an override has no spaces around its `=`: {whole}")


def _example(argument: str) -> str:
    key, colon, value = argument.partition(":")
    if colon and key and value.strip() and len(argument) <= LONGEST_PATH:
        return hints.write_argument(key, value.strip())
    return f"{hints.write_argument('training.epochs', '20')}, for example"


def _name(item: Node) -> str | None:
    """The name that a layer was given."""
    layer = only_key(item)
    settings = item.value[layer] if isinstance(item.value, dict) and layer else item
    name = settings.value.get("name") if isinstance(settings.value, dict) else None
    return name.value if name and isinstance(name.value, str) else None
