"""What can be explained: sections, kinds of components, components and settings, by all the names that they have."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from zen_cli.config.language.grammar import PLURALS, component_kind, is_section, item_type
from zen_cli.config.language.registry import COMPONENTS, Setting, settings_in_yaml, settings_of
from zen_cli.config.language.schema import Config
from zen_cli.config.language.synonyms import meant
from zen_cli.config.text.hints import did_you_mean
from zen_cli.config.text.paths import KeyPath, dotted
from zen_cli.errors import UserError, quoted

# Where a component of each kind may stand in a config.
HOMES: Mapping[str, KeyPath] = {
    "source": ("data", "source"),
    "scaler": ("data", "scaling", 0),
    "layer": ("model", 0),
    "initializer": ("model", 0, "Linear", "initializer"),
    "loss": ("loss",),
    "metric": ("metrics", 0),
    "optimizer": ("optimizer",),
    "schedule": ("schedule",),
}


@dataclass(frozen=True)
class Section:
    """A block of keys: where it stands, and the dataclass of config/language/schema.py that it is."""

    path: KeyPath
    made: type

    @property
    def title(self) -> str:
        return dotted(self.path)


@dataclass(frozen=True)
class Kind:
    name: str

    @property
    def title(self) -> str:
        return PLURALS[self.name]


@dataclass(frozen=True)
class Component:
    kind: str
    name: str

    @property
    def title(self) -> str:
        return self.name

    @property
    def made(self) -> Callable[..., Any]:
        return COMPONENTS[self.kind][self.name]


@dataclass(frozen=True)
class Leaf:
    """A setting of a section or a component."""

    owner: Section | Component
    setting: Setting

    @property
    def title(self) -> str:
        return f"{self.owner.title}.{self.setting.name}".removeprefix(".")


Topic: TypeAlias = Section | Kind | Component | Leaf

FILE = Section((), Config)


def inside(topic: Topic) -> Mapping[str, Topic]:
    """The topics that a dotted path leads to from here, by its next key."""
    match topic:
        case Section(path, made):
            return {key: _of_section(topic, setting, (*path, key)) for key, setting in settings_of(made).items()}
        case Component(kind, name):
            return {key: Leaf(topic, setting) for key, setting in settings_in_yaml(kind, name).items()}
        case Kind(kind):
            return {name: Component(kind, name) for name in COMPONENTS[kind]}
        case Leaf(_, setting):
            taken = _kind_in(setting.annotation)
            return inside(Kind(taken)) if taken else {}


def _of_section(section: Section, setting: Setting, path: KeyPath) -> Topic:
    if is_section(setting.annotation):
        return Section(path, setting.annotation)
    kind = _kind_in(setting.annotation)
    return Kind(kind) if kind else Leaf(section, setting)


def _kind_in(annotation: Any) -> str | None:
    """The kind of the component, or of each in the list, that a setting takes."""
    return component_kind(item_type(annotation) or annotation)


def sections(outermost: Section = FILE) -> Iterator[Section]:
    """A section, and those inside of it."""
    yield outermost
    for topic in inside(outermost).values():
        if isinstance(topic, Section):
            yield from sections(topic)


def takers(kind: str) -> list[Leaf]:
    """The settings that take a component of this kind, or a list of them."""
    leaves = (Leaf(owner, setting) for owner in _owners() for setting in settings_of(owner.made).values())
    return [leaf for leaf in leaves if _kind_in(leaf.setting.annotation) == kind]


def _owners() -> Iterator[Section | Component]:
    yield from sections()
    yield from (Component(kind, name) for kind, components in COMPONENTS.items() for name in components)


# --- by name ---

MOST_KEYS = 20


def find(text: str) -> list[Topic]:
    """What a name or a dotted path stands for: several topics where a name has several meanings.

    The case of letters does not matter. UserError where there is no such thing, with what was probably meant.
    """
    keys = text.split(".")
    if len(keys) > MOST_KEYS:
        raise UserError(f"a path of {len(keys)} keys leads nowhere", "`zen explain` lists what there is")
    found = _reached(keys)
    if not found:
        raise _unknown(keys)
    return found


def names_below(text: str) -> list[str]:
    """What `text` may become: the names that begin like it, or like its last key behind the ones before."""
    before, dot, begun = text.rpartition(".")
    below = (inside(topic).items() for topic in _reached(before.split("."))) if dot else (_outer(), _inner())
    names = dict.fromkeys(name for name, _ in chain.from_iterable(below))
    return [f"{before}{dot}{name}" for name in names if name.casefold().startswith(begun.casefold())]


def _reached(keys: list[str]) -> list[Topic]:
    return [end for topic in _called(keys[0]) for end in _follow(topic, keys[1:])]


def _called(name: str) -> list[Topic]:
    """The topics of this name: parts of the file, kinds and components; in another case, or else, settings too."""
    outer, inner = list(_outer()), list(_inner())
    exact = [topic for known, topic in outer if known == name]
    return list(dict.fromkeys(exact or [topic for known, topic in outer + inner if _same(known, name)]))


def _outer() -> Iterator[tuple[str, Topic]]:
    yield from inside(FILE).items()
    for kind, components in COMPONENTS.items():
        yield from ((name, Kind(kind)) for name in (kind, PLURALS[kind]))
        yield from ((name, Component(kind, name)) for name in components)


def _inner() -> Iterator[tuple[str, Topic]]:
    return chain.from_iterable(inside(owner).items() for owner in _owners())


def _follow(topic: Topic, keys: list[str]) -> list[Topic]:
    """Where the keys lead to from a topic. Items of a list are known by their numbers, layers also by their names.

    `optimizer.lr` lacks the name that a config would need there, and means each optimizer that has an lr.
    """
    if not keys:
        return [topic]
    key, *rest = keys
    if key.isdecimal() and _is_list(topic):
        return _follow(topic, rest)
    found = [end for known, child in inside(topic).items() if _same(known, key) for end in _follow(child, rest)]
    if isinstance(topic, Kind) and not found:
        found = [end for child in inside(topic).values() for end in _follow(child, keys)]
    return found or (_follow(topic, rest) if rest and topic == Kind("layer") else [])


def _same(known: str, name: str) -> bool:
    return known.casefold() == name.casefold()


def _is_list(topic: Topic) -> bool:
    if isinstance(topic, Kind):
        return isinstance(HOMES[topic.name][-1], int)
    return isinstance(topic, Leaf) and item_type(topic.setting.annotation) is not None


def _unknown(keys: list[str]) -> UserError:
    """Blames the key after the longest path that leads somewhere."""
    length = max(n for n in range(len(keys)) if n == 0 or _reached(keys[:n]))
    before, wrong, rest = keys[:length], keys[length], keys[length + 1 :]
    below = (inside(topic).items() for topic in _reached(before)) if before else (_outer(), _inner())
    near = meant(wrong, [name for name, _ in chain.from_iterable(below)])
    message = f"there is nothing called {quoted('.'.join(keys))}"
    if near is None:
        return UserError(message, "`zen explain` lists what there is")
    whole = [*before, near, *rest]
    return UserError(message, did_you_mean(".".join(whole if _reached(whole) else [*before, near])))
