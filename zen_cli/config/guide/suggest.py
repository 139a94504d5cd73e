"""What may come next in a KEY=VALUE that changes a config: for the shell's completion.

It has to be quick, so it walks the stored JSON Schema: the signatures that this is made from would import NumPy.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zen_cli import shipped
from zen_cli.config.text.reader import read_file, read_text
from zen_cli.config.text.syntax import LONGEST_PATH, MOST_BASES
from zen_cli.config.text.written import scalar
from zen_cli.errors import ZenError

Schema = dict[str, Any]


@dataclass(frozen=True)
class Suggestion:
    """What an argument may become. Where it `leads_to_files`, the text ends with the beginning of a path."""

    text: str
    meaning: str
    leads_to_files: bool = False


def suggestions(path: Path | None, earlier: Sequence[str], beginning: str) -> list[Suggestion]:
    """The arguments that `beginning` may become, whole or one key further, where `earlier` ones come before it.

    A config that cannot be read is taken as empty.
    """
    try:
        schema = json.loads((shipped.folder() / shipped.SCHEMA).read_bytes())
    except (ZenError, OSError, ValueError):
        return []
    root = _read(_Spot(schema["definitions"], schema, None), path)
    for argument in earlier:
        root = root.changed(argument)
    key, equals, value = beginning.partition("=")
    found = _values(root, key, value) if equals else _keys(root, key)
    return [suggestion for suggestion in found if suggestion.text.startswith(beginning)]


def _keys(root: "_Spot", key: str) -> Iterator[Suggestion]:
    """Every key that may stand in the place of the last one in `key`, with what comes after it: `.`, `=` or `+=`."""
    path, dot, _ = key.rpartition(".")
    owner = root.at(path)
    for name, spot in owner.children():
        if name != "extends" or path:  # which only a file may say
            endings = [ending for ending in spot.endings() if ending == "." or not owner.items]
            yield from (Suggestion(f"{path}{dot}{name}{ending}", spot.meaning) for ending in endings)


def _values(root: "_Spot", key: str, begun: str) -> Iterator[Suggestion]:
    spot = root.at(key.removesuffix("+"))
    if key.endswith("+"):
        spot = spot.item(None)
    if spot.schema.get("format") == "path":
        yield Suggestion(f"{key}={begun}", "", leads_to_files=True)
    yield from (Suggestion(f"{key}={value}", meaning) for value, meaning in spot.values())


def _read(empty: "_Spot", path: Path | None, bases: int = MOST_BASES) -> "_Spot":
    """The config in a file, over those that it extends."""
    if path is None or not path.is_file():  # a pipe would be used up, a terminal waited for
        return empty
    try:
        content = read_file(path, str(path))[1].plain()
    except (ZenError, OSError):
        return empty
    base = content.get("extends")
    if not isinstance(base, str) or not bases:
        return replace(empty, content=content)
    return _read(empty, path.parent / base, bases - 1).below(content)


@dataclass(frozen=True)
class _Spot:
    """A place in a config: the schema of what may stand there, and what does, None where nothing does."""

    definitions: Schema
    schema: Schema
    content: Any

    @property
    def forms(self) -> Schema:
        """The schema with that of its longest form, which a component has and what stands after its name."""
        return {**self.schema, **self.schema.get("then", {})}

    @property
    def is_component(self) -> bool:
        return "defaultSnippets" in self.forms

    @property
    def items(self) -> list[Any]:
        return self.content if "items" in self.schema and isinstance(self.content, list) else []

    @property
    def block(self) -> dict[str, Any]:
        """What is written here by its keys, in the longest form of the grammar."""
        names = self.forms.get("properties", {})
        if isinstance(self.content, dict):
            return {name: value for name, value in self.content.items() if name in names}
        if self.is_component:
            return {self.content: None} if isinstance(self.content, str) and self.content in names else {}
        return {next(iter(names)): self.content} if names and self.content is not None else {}

    # --- to other places ---

    def to(self, schema: Schema, content: Any) -> "_Spot":
        (reference,) = schema.get("allOf", [{}])
        name = reference.get("$ref", "").rpartition("/")[2]
        return _Spot(self.definitions, self.definitions.get(name, {}) | schema, content)

    def item(self, content: Any) -> "_Spot":
        return self.to(self.schema.get("items", {}), content)

    def step(self, key: str) -> "_Spot":
        """The place under a key; one where nothing may stand where there is no such key."""
        if key in (schemas := self.forms.get("properties", {})):
            return self.to(schemas[key], self.block.get(key))
        for number, item in enumerate(map(self.item, self.items)):
            if key in (str(number), item.name):
                return item
        return _Spot(self.definitions, {}, None)

    def at(self, path: str) -> "_Spot":
        place = self
        for key in filter(None, path.split(".")):
            place = place.step(key)
        return place

    # --- to another content ---

    def changed(self, argument: str) -> "_Spot":
        """After an earlier KEY=VALUE; as it is where that cannot be read."""
        key, equals, _ = argument.partition("=")
        if len(key) > LONGEST_PATH:
            return self
        try:
            value = read_text(argument, "", value_at=len(key) + 1).plain() if equals else None
        except ZenError:
            return self
        if key.endswith("+"):
            key = key.removesuffix("+")
            value = [*self.at(key).items, *(value if isinstance(value, list) else [value])]
        return replace(self, content=self.put(key.split("."), value))

    def put(self, keys: list[str], value: Any) -> Any:
        """The content with another value over the one under the path."""
        if not keys:
            return value if value is None else self.below(value).content
        inner = self.step(keys[0]).put(keys[1:], value)
        if not self.items:
            return {**self.block, keys[0]: inner}
        names = [{str(number), item.name} for number, item in enumerate(map(self.item, self.items))]
        return [inner if keys[0] in name else item for name, item in zip(names, self.items, strict=True)]

    def below(self, content: Any) -> "_Spot":
        """With what another config says over this."""
        over = replace(self, content=content)
        if not self.block or not over.block or (self.is_component and self.block.keys() != over.block.keys()):
            return self if content is None else over
        merged = {name: self.step(name).below(value).content for name, value in over.block.items()}
        return replace(self, content=self.block | merged)

    # --- what is said of it ---

    @property
    def name(self) -> str | None:
        """The name of a layer."""
        for settings in self.block.values() if self.is_component else ():
            name = settings.get("name") if isinstance(settings, dict) else None
            if isinstance(name, str):
                return name
        return None

    @property
    def meaning(self) -> str:
        return str(self.schema.get("description", next(iter(self.block), "")))

    def children(self) -> Iterator[tuple[str, "_Spot"]]:
        """The places below: of a component's names the one that is written, where there is one."""
        for number, item in enumerate(map(self.item, self.items)):
            yield str(number), item
            if item.name:
                yield item.name, item
        for name in (self.is_component and self.block) or self.forms.get("properties", {}):
            yield name, self.step(name)

    @property
    def takes_items(self) -> bool:
        """Whether an item can be added: here stands a list, or can stand nothing else."""
        types = self.schema.get("type", ())
        alone = set([types] if isinstance(types, str) else types) <= {"array", "null"}
        return "items" in self.schema and (alone or isinstance(self.content, list))

    def endings(self) -> list[str]:
        """What may be written after the key of this place."""
        if self.takes_items:
            leads_on = any("." in item.endings() for item in map(self.item, self.items))
            return [".", "=", "+="] if leads_on else ["=", "+="]
        if self.is_component:
            return [".", "="] if any(place.endings() for _, place in self.children()) else ["="]
        if "properties" in self.forms:
            return ["."] if self.forms["properties"] else []
        return ["="]

    def values(self) -> Iterator[tuple[str, str]]:
        """The values that may stand here, where they are few, and what they mean."""
        for offer in self.forms.get("defaultSnippets", ()):
            if isinstance(offer["body"], str):  # the others need settings
                yield offer["label"], offer["description"]
        yield from ((scalar(value), "") for value in _choices(self.schema))


def _choices(schema: Schema) -> Iterator[Any]:
    types = schema.get("type", ())
    if "enum" in schema:
        yield from schema["enum"]
    elif "boolean" in types:
        yield from (True, False)
    if "null" in types:
        yield None
    for option in schema.get("anyOf", ()):
        yield from _choices(option)
