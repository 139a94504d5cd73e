"""What to do about a problem of the schema. A hint, applied as it is written, cures its problem: a test does that.

In backticks stands what to type. `did you mean` and `use` change the text under the caret, `write` the whole value
there; `add`, `remove` and `move` name dotted paths.
"""

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from zen_cli.config import written
from zen_cli.config.examples import example
from zen_cli.config.grammar import (
    ARTICLES,
    KeyPath,
    component_kind,
    dotted,
    expanded,
    is_section,
    known_component,
    only_key,
)
from zen_cli.config.problems import Place, listed
from zen_cli.config.reader import Node, plain_scalar
from zen_cli.config.registry import COMPONENTS, REQUIRED, Setting, Settings, settings_in_yaml, settings_of
from zen_cli.config.schema import Config
from zen_cli.config.synonyms import meant
from zen_cli.config.values import RefusedError, accept, shown
from zen_cli.errors import printable, quoted

Complaint = tuple[Place, KeyPath, str, str]  # where, the key, what is wrong, the hint

LONGEST_NAME = 40


# --- keys ---


def for_missing(setting: Setting, path: KeyPath) -> str:
    return f"add `{setting.name}: {written.flow(example(setting))}` to {_block(path)}"


def for_unknown_key(
    key: str, node: Node, path: KeyPath, known: Settings, blocks: Mapping[KeyPath, Settings], in_argument: bool
) -> str:
    """For a key, with its node, that is near none of those here: it may belong into another block of the config."""
    full = dotted((*path, key))
    for block, settings in blocks.items():
        if key in settings:
            return _as_override((*block, key), node.plain()) if in_argument else f"move `{full}` to {_block(block)}"
    if len(key) > LONGEST_NAME:
        return ""
    owner = path[-1] if path else "a config"
    return f"remove `{full}`, as {owner} {f'has {listed(known)}' if known else 'takes no settings'}"


def blocks_of(root: Node) -> dict[KeyPath, Settings]:
    """The blocks of a config that take settings, outside of lists, by their paths."""
    return dict(_blocks(Config, root, ()))


def _blocks(annotation: Any, node: Node | None, path: KeyPath) -> Iterator[tuple[KeyPath, Settings]]:
    if is_section(annotation):
        known = settings_of(annotation)
        yield path, known
        for name, setting in known.items():
            below = node.value.get(name) if node and isinstance(node.value, dict) else None
            yield from _blocks(setting.annotation, below, (*path, name))
    elif node and (kind := component_kind(annotation)) and (chosen := known_component(expanded(node, kind), kind)):
        yield (*path, chosen), settings_in_yaml(kind, chosen)


def _as_override(path: KeyPath, value: Any) -> str:
    """To write this as a whole argument, quoted as a shell needs it."""
    return f"write `{shlex.quote(f'{dotted(path)}={written.one_line(value)}')}`"


def _block(path: KeyPath) -> str:
    return f"`{dotted(path)}`" if path else "the config"


def another_name(name: str, taken: set[str]) -> str:
    free = next(f"{name}_{number}" for number in range(2, len(taken) + 3) if f"{name}_{number}" not in taken)
    return f"write `{free}`"


# --- values ---

_WORDS = {"yes": True, "on": True, "no": False, "off": False, "none": None, "nil": None}


def for_value(annotation: Any, node: Node) -> str:
    """A value that fits and is close to the one given."""
    value = node.plain()
    for meaning in _meanings(value):
        if _is_accepted(annotation, meaning):
            return f"write `{written.flow(meaning)}`"
    near = meant(value, _choices(annotation)) if isinstance(value, str) else None
    return f"write `{near}`" if near else ""


def _meanings(value: Any) -> Iterator[Any]:
    """What was perhaps meant: a number in quotes, `1,000`, `80%`, `yes`, 1 for true, a list around a value."""
    if isinstance(value, str):
        text = value.strip()
        yield plain_scalar(text)
        yield plain_scalar(re.sub(r"(?<=\d)[_,](?=\d)", "", text))
        if re.fullmatch(r"\d{1,9}(\.\d{1,9})?%", text):
            yield float(text[:-1]) / 100
        if text.casefold() in _WORDS:
            yield _WORDS[text.casefold()]
    elif isinstance(value, int) and value in (0, 1):
        yield bool(value)
    elif isinstance(value, list) and len(value) == 1:
        yield value[0]


def _choices(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [choice for option in get_args(annotation) for choice in _choices(option)]


def for_list(annotation: Any, node: Node) -> str:
    """For one thing that stands where a list of such things is expected."""
    kind = component_kind(annotation)
    fits = known_component(expanded(node, kind), kind) if kind else _is_accepted(annotation, node.plain())
    return f"write `[{written.flow(node.plain())}]`" if fits else ""


def for_block(known: Settings, node: Node) -> str:
    """For a value that stands where a block of keys is expected: it may be that of the first one."""
    first = next(iter(known.values()))
    if is_section(first.annotation) or component_kind(first.annotation):
        return ""
    fits = _is_accepted(first.annotation, node.plain())
    return f"write `{written.flow({first.name: node.plain()})}`" if fits else ""


def _is_accepted(annotation: Any, value: Any) -> bool:
    try:
        accept(annotation, value)
    except RefusedError:
        return False
    return True


# --- components ---


def unknown_component(name: str, kind: str) -> tuple[str, str]:
    """The message and the hint for a name that no component of the kind has."""
    message = f"there is no {kind} named {quoted(name)}"
    if near := meant(name, COMPONENTS[kind]):
        return message, f"did you mean `{near}`?"
    others = [ARTICLES[other] for other, components in COMPONENTS.items() if name in components]
    return message + (f", which is {listed(others)}" if others else ""), _any_of(kind)


def not_one_component(kind: str, node: Node, path: KeyPath) -> Complaint:
    """The problem of a node that should hold one component's name and holds something else, or several."""
    if not isinstance(node.value, dict) or not node.value:
        hint = _any_of(kind)
        if isinstance(node.value, list) and len(node.value) == 1 and only_key(expanded(node.value[0], kind)):
            hint = f"write `{written.one_line(node.plain()[0])}`"
        return node.place, path, f"expected the name of {ARTICLES[kind]}, got {shown(node.plain())}", hint
    first, second = _first_and_surplus(kind, node)
    place = node.keys[second]
    if place.source.is_argument:
        return place, (*path, second), *_beside_in_override(kind, node, path, first, second)
    names = listed(printable(name, LONGEST_NAME) for name in node.value)
    message = f"expected one {kind}, got {len(node.value)} keys: {names}"
    return place, (*path, second), message, _hint_for_surplus(kind, path, first, second)


def _first_and_surplus(kind: str, node: Node) -> tuple[str, str]:
    """The key that is probably the component's name, and one that should not stand beside it."""
    assert isinstance(node.value, dict)
    in_order = sorted(node.value, key=lambda key: (node.keys[key].source.order, key not in COMPONENTS[kind]))
    return in_order[0], in_order[-1] if node.keys[in_order[-1]].source.is_argument else in_order[1]


def _hint_for_surplus(kind: str, path: KeyPath, first: str, second: str) -> str:
    here = dotted((*path, second))
    if first in COMPONENTS[kind] and second in settings_in_yaml(kind, first):
        return f"move `{here}` to `{dotted((*path, first))}`, for example by indenting it"
    if second not in COMPONENTS[kind]:
        return f"remove `{here}`" if len(second) <= LONGEST_NAME else ""
    if path and isinstance(path[-1], int):
        return f"put a dash before `{second}`"
    return f"remove `{here}`; or remove `{dotted((*path, first))}`"


def _beside_in_override(kind: str, node: Node, path: KeyPath, first: str, second: str) -> tuple[str, str]:
    """For an override such as optimizer.lr=1, or optimizer.Adam.lr=1 where the file has SGD."""
    message = f"{dotted(path)} is {printable(first, LONGEST_NAME)} here"
    if first not in COMPONENTS[kind]:
        return message, ""
    if meant(second, [first]) or second in (settings := settings_in_yaml(kind, first)):
        return message, f"did you mean `{first}`?" if meant(second, [first]) else f"did you mean `{first}.{second}`?"
    if other := meant(second, COMPONENTS[kind]):
        assert isinstance(node.value, dict)
        return f"{message}, not {other}", _as_override(path, {other: node.value[second].plain()})
    if near := meant(second, settings):
        return message, f"did you mean `{first}.{near}`?"
    return f"{message}, {f'whose settings are {listed(settings)}' if settings else 'which takes no settings'}", ""


def too_short(kind: str, name: str, node: Node, settings: Node, path: KeyPath) -> Complaint | None:
    """The problem of a component in one of its short forms that leaves out a setting which it needs."""
    assert isinstance(settings.value, dict)
    argument = node.value[name] if isinstance(node.value, dict) else settings
    known = settings_of(COMPONENTS[kind][name])
    lacks = [s for s in known.values() if s.default is REQUIRED and s.name not in settings.value]
    if not lacks or (isinstance(node.value, dict) and isinstance(argument.value, dict)):
        return None
    given = {key: child.plain() for key, child in settings.value.items()}
    if not all(_is_accepted(known[key].annotation, value) for key, value in given.items()):
        return None  # that comes first
    examples = {setting.name: example(setting) for setting in lacks}
    whole = _shortest(known, given | examples)
    message = "is missing"
    if given:
        message += f": `{name}: {written.flow(argument.plain())}` gives {next(iter(given))}"
    hint = f"write `{name}: {whole}`"
    if given and len(lacks) == 1 and _is_accepted(lacks[0].annotation, argument.plain()):
        hint = f"write `{name}: {written.flow({lacks[0].name: argument.plain()})}`; or {hint}"
    return node.place, (*path, lacks[0].name), message, hint


def _shortest(known: Settings, values: dict[str, Any]) -> str:
    return written.flow(values[next(iter(known))] if list(values) == [next(iter(known))] else values)


def _any_of(kind: str) -> str:
    return f"use {listed((f'`{name}`' for name in COMPONENTS[kind]), 'or')}"
