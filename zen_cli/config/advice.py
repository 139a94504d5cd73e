"""What to do about a problem of the schema. A hint, applied as it is written, cures its problem: a test does that."""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import NoneType
from typing import Any

from zen_cli.config.language.examples import example, required
from zen_cli.config.language.grammar import component_kind, expanded, is_section, known_component, only_key, shortest
from zen_cli.config.language.registry import (
    ACTIVATIONS,
    COMMON_SETTINGS,
    COMPONENTS,
    Setting,
    Settings,
    first_of,
    settings_in_yaml,
    settings_of,
)
from zen_cli.config.language.schema import Config
from zen_cli.config.language.synonyms import called_here, meant
from zen_cli.config.language.values import RefusedError, accept, choices
from zen_cli.config.text import hints, written
from zen_cli.config.text.paths import KeyPath, dotted
from zen_cli.config.text.reader import Node, plain_scalar
from zen_cli.config.text.words import listed

LONGEST_NAME = 40


# --- keys ---


def for_missing(setting: Setting, path: KeyPath) -> str:
    return hints.add(written.one_line({setting.name: example(setting)}), path)


def for_unknown_key(key: str, node: Node, path: KeyPath, known: Settings) -> str:
    """For a key, with its node, that is near none of those here, and that no other block has."""
    if key == "activation" and path[1:] and isinstance(path[-2], int) and not node.place.source.is_argument:
        layer = meant(str(node.value), ACTIVATIONS)
        return hints.as_layer(layer) if layer else hints.remove((*path, key))
    if len(key) > LONGEST_NAME or "." in key:
        return ""
    return f"{hints.remove((*path, key))}, as {path[-1] if path else 'a config'} {_takes(known)}"


def _takes(known: Settings) -> str:
    own = [name for name in known if name not in COMMON_SETTINGS["layer"]]
    return f"has {listed(known)}" if own else "takes no settings"


def home_of(key: str, blocks: Mapping[KeyPath, Settings]) -> KeyPath | None:
    """The path of the setting of that name, here or elsewhere, in another block of the config."""
    homes = ((*block, name) for name in (key, called_here(key)) for block, known in blocks.items() if name in known)
    return next(homes, None)


def with_space(text: str, node: Node | None, known: Iterable[str]) -> str | None:
    """`epochs:10`, or `epochs=10`, as it should have been written where `epochs` is known and nothing follows."""
    found = re.fullmatch(r"([\w.]{1,40})\s*[:=]\s*([\w.+-]{1,40})", text)
    name = meant(found[1].rpartition(".")[2], known) if found and (node is None or node.value is None) else None
    return f"{name}: {found[2]}" if found and name else None


def for_misplaced(key: str, node: Node, path: KeyPath, home: KeyPath) -> str:
    """For a key, with its node, that belongs into another block."""
    if node.place.source.is_argument:
        return as_override(home, node.plain())
    return hints.move((*path, key), home[:-1], str(home[-1]) if home[-1] != key else "")


def blocks_of(root: Node) -> dict[KeyPath, Settings]:
    """The blocks that take settings, outside of lists, by their paths: the sections, then the components."""
    found = dict(_blocks(Config, root, ()))
    return dict(sorted(found.items(), key=lambda block: _is_of_component(block[0])))


def _is_of_component(path: KeyPath) -> bool:
    return bool(path) and any(path[-1] in names for names in COMPONENTS.values())


def _blocks(annotation: Any, node: Node | None, path: KeyPath) -> Iterator[tuple[KeyPath, Settings]]:
    if is_section(annotation) and (node is None or isinstance(node.value, dict | NoneType)):
        known = settings_of(annotation)
        yield path, known
        for name, setting in known.items():
            below = node.value.get(name) if node and isinstance(node.value, dict) else None
            yield from _blocks(setting.annotation, below, (*path, name))
    elif node and (kind := component_kind(annotation)) and (chosen := known_component(expanded(node, kind), kind)):
        yield (*path, chosen), settings_in_yaml(kind, chosen)


def as_override(path: KeyPath, value: Any) -> str:
    return hints.write_argument(dotted(path), written.one_line(value))


def another_name(name: str, taken: set[str]) -> str:
    return next(f"{name}_{number}" for number in range(2, len(taken) + 3) if f"{name}_{number}" not in taken)


# --- values ---

_MARKS = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_WORDS: Mapping[str, Any] = {"yes": True, "on": True, "no": False, "off": False, "none": None, "nil": None, **_MARKS}


def for_value(annotation: Any, node: Node) -> str:
    """A value that fits and is close to the one given."""
    if node.place.is_whole_argument:  # it gives an item of the value alone
        return ""
    value = node.plain()
    for meaning in _meanings(value):
        if is_accepted(annotation, meaning):
            return hints.write(written.flow(meaning))
    near = meant(value, choices(annotation)) if isinstance(value, str) else None
    return hints.write(near) if near else ""


def _meanings(value: Any) -> Iterator[Any]:
    """What was perhaps meant: 1 for true, 50 for 0.5, what stands in a list alone, and what texts may mean."""
    if isinstance(value, str):
        yield from _readings(value.strip())
        yield [value]
    elif not value and isinstance(value, bool | NoneType):
        yield "none"
    elif isinstance(value, int) and value in (0, 1):
        yield bool(value)
    elif isinstance(value, int) and 5 <= value <= 100:
        yield value / 100
    elif isinstance(value, list) and len(value) == 1:
        yield value[0]


def _readings(text: str) -> Iterator[Any]:
    """A number in quotes, `1,000`, `0,5`, `80%`, `(8, 8)`, `8x8`, `yes`."""
    yield plain_scalar(text)
    if re.fullmatch(r"[1-9]\d{0,2}([,_]\d{3}){1,3}", text):
        yield int(re.sub("[,_]", "", text))
    if re.fullmatch(r"\d{1,9},\d{1,9}", text):
        yield float(text.replace(",", "."))
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?%", text):
        yield float(text[:-1]) / 100
    if re.fullmatch(r"\(?\d{1,9}(\s*[,x]\s*\d{1,9}){1,9}\)?", text):
        yield [int(number) for number in re.findall(r"\d+", text)]
    if text.casefold() in _WORDS:
        yield _WORDS[text.casefold()]


def for_list(annotation: Any, node: Node) -> str:
    """For what stands where a list is expected: one such thing, or several without dashes."""
    kind = component_kind(annotation)
    if kind and isinstance(node.value, dict) and len(node.value) > 1:
        items = [{name: value.plain()} if value.value is not None else name for name, value in node.value.items()]
        return hints.write(written.flow(items)) if node.value.keys() <= COMPONENTS[kind].keys() else ""
    if not kind and (several := [m for m in _meanings(node.plain()) if isinstance(m, list)]):
        return hints.write(written.flow(several[0])) if all(is_accepted(annotation, n) for n in several[0]) else ""
    fits = known_component(expanded(node, kind), kind) if kind else is_accepted(annotation, node.plain())
    return hints.write(written.flow([node.plain()])) if fits else ""


def for_block(section: type, node: Node) -> str:
    """For what stands where a block of keys is expected: a list of them, or the value of the first one."""
    if isinstance(node.value, list) and node.value and all(only_key(item) for item in node.value):
        return hints.write(written.flow({key: value for item in node.plain() for key, value in item.items()}))
    first = first_of(section)
    if first and component_kind(first.annotation) == "source" and (source := source_of(str(node.value))):
        return hints.write(written.flow({first.name: source}))
    if not first or is_section(first.annotation) or component_kind(first.annotation):
        return ""
    fits = is_accepted(first.annotation, node.plain())
    return hints.write(written.flow({first.name: node.plain()})) if fits else ""


_ENDINGS = {"CSV": "csv tsv csv.gz tsv.gz", "NPZ": "npz npy", "UCR": "ts", "Text": "txt", "IDX": "ubyte ubyte.gz"}


def source_of(text: str) -> Any:
    """`prices.csv` as the source that reads such a file, as plain data; None where it is no name of a known kind."""
    stem, dot, ending = text.rpartition("/")[2].casefold().partition(".")
    if not dot:
        stem, _, ending = stem.rpartition("-")
    source = next((source for source, endings in _ENDINGS.items() if ending in endings.split()), None)
    if not stem or source is None:
        return None
    made = COMPONENTS["source"][source]
    first = first_of(made)
    assert first
    return shortest("source", source, required(made) | {first.name: text})


def is_accepted(annotation: Any, value: Any) -> bool:
    try:
        accept(annotation, value)
    except RefusedError:
        return False
    return True
