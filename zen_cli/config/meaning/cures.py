"""Cures: changes to a config that make a problem go away, in the words of a hint and as plain data.

A hint is right when it cures the problem as it is written. So where that depends on more than one value (shapes that go
through a model), a cure is tried on the config before anybody is told of it.
"""

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from zen_cli.config.language.grammar import shortest
from zen_cli.config.language.schema import Component
from zen_cli.config.meaning.components import name_of, settings_in
from zen_cli.config.resolve import Resolved, resolve
from zen_cli.config.text import hints, written
from zen_cli.config.text.paths import KeyPath, dotted
from zen_cli.config.text.problems import ConfigError, Problem
from zen_cli.config.text.reader import tree_of

MOST_OFFERED = 2
MOST_TRIED_PLACES = 2000  # in all the configs that are tried for one problem


class Cure(ABC):
    """A change, whose text is a hint. `blames` is the path that a problem must have for that text to be right."""

    @property
    def blames(self) -> KeyPath | None:
        return None

    @abstractmethod
    def __str__(self) -> str: ...

    def hint(self, resolved: Resolved) -> str:  # noqa: ARG002 - for those whose words depend on what is written
        return str(self)

    @abstractmethod
    def change(self, config: dict[str, Any]) -> None:
        """Change a config, as plain data with every component in its longest form."""


# --- of what is under the caret ---


@dataclass(frozen=True)
class CureInPlace(Cure):
    path: KeyPath

    @property
    def blames(self) -> KeyPath:
        return self.path


@dataclass(frozen=True)
class Write(CureInPlace):
    """Another value for the one that is blamed, which stands in the text."""

    value: Any

    def __str__(self) -> str:
        return hints.write(written.flow(self.value))

    def hint(self, resolved: Resolved) -> str:
        if resolved.place(*self.path).is_whole_argument:
            return hints.write_argument(dotted(self.path), written.flow(self.value))
        return str(self)

    def change(self, config: dict[str, Any]) -> None:
        at(config, self.path[:-1])[self.path[-1]] = self.value


@dataclass(frozen=True)
class Use(CureInPlace):
    """Another name, any of these, for what is blamed: a text, or a component that is written as its name alone."""

    names: Sequence[str]

    def __str__(self) -> str:
        return hints.use(self.names)

    def change(self, config: dict[str, Any]) -> None:
        at(config, self.path[:-1])[self.path[-1]] = self.names[0]


@dataclass(frozen=True)
class Put(CureInPlace):
    """Layers next to the one that is blamed."""

    layers: Sequence[Component]
    after: bool = False

    def __str__(self) -> str:
        return hints.put(map(_in_short, self.layers), self.after)

    def change(self, config: dict[str, Any]) -> None:
        place = int(self.path[-1]) + self.after
        at(config, self.path[:-1])[place:place] = self.layers


# --- of what has a path ---


@dataclass(frozen=True)
class Add(Cure):
    """A setting for a block, or another value for one that stands there."""

    block: KeyPath
    setting: str
    value: Any

    def __str__(self) -> str:
        return hints.add(written.one_line({self.setting: self.value}), self.block)

    def hint(self, resolved: Resolved) -> str:
        path = (*self.block, self.setting)
        return hints.change(path, written.flow(self.value)) if path in resolved.places else str(self)

    def change(self, config: dict[str, Any]) -> None:
        at(config, self.block)[self.setting] = self.value


@dataclass(frozen=True)
class Remove(Cure):
    path: KeyPath

    def __str__(self) -> str:
        return hints.remove(self.path)

    def change(self, config: dict[str, Any]) -> None:
        del at(config, self.path[:-1])[self.path[-1]]


@dataclass(frozen=True)
class End(Cure):
    """Layers for the end of the model."""

    layers: Sequence[Component]

    def __str__(self) -> str:
        return hints.end(map(_in_short, self.layers))

    def change(self, config: dict[str, Any]) -> None:
        config["model"] += self.layers


# --- pieces ---


def setting(resolved: Resolved, path: KeyPath, value: Any) -> Cure:
    """Another value for a setting, which may stand in the text or not; nothing for one that is better left out."""
    if value in (None, []):
        return Remove(path)
    return Write(path, value) if path in resolved.places else Add(path[:-1], str(path[-1]), value)


def is_name_alone(resolved: Resolved, path: KeyPath) -> bool:
    """Whether the component at `path` is written `Name`, so that one word changes it."""
    return resolved.places.get(path) == resolved.places.get((*path, name_of(at(resolved.values, path))))


def at(config: Any, path: KeyPath) -> Any:
    """What stands at a path in a config that is plain data."""
    for key in path:
        config = config[key]
    return config


def _in_short(layer: Component) -> str:
    """`Linear: 10`, `Softmax`, `Reshape: [8, 8, 1]`."""
    return written.one_line(shortest("layer", name_of(layer), settings_in(layer)))


# --- what is offered ---


def few(cures: Iterable[Cure], resolved: Resolved) -> Iterator[Cure]:
    """The first of the cures: as many as can be tried while a person waits, since each builds the config anew."""
    return islice(cures, max(4, MOST_TRIED_PLACES // len(resolved.places)))


def tried(cure: Cure, resolved: Resolved) -> Resolved | None:
    """The config with the change; None where that is none: a list without items, say."""
    config = copy.deepcopy(resolved.values)
    with suppress(ConfigError):
        cure.change(config)
        return resolve(tree_of(config, resolved.place()))
    return None


def problem(resolved: Resolved, path: KeyPath, message: str, cures: Iterable[Cure] = ()) -> Problem:
    """A problem whose hint offers the cures. Where the first is for a certain path, that is the one blamed."""
    offered = list(cures)
    path = (offered[0].blames or path) if offered else path
    said = list(dict.fromkeys(cure.hint(resolved) for cure in offered if cure.blames in (None, path)))
    return Problem(resolved.place(*path), dotted(path), message, hints.either(said[:MOST_OFFERED]))
