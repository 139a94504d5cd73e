"""What stands where a component should and is none: the complaint, and what to do about it, as in config/advice.py."""

import re
from collections.abc import Mapping
from typing import Any

from zen_cli.config.advice import LONGEST_NAME, as_override, for_misplaced, home_of, is_accepted, source_of, with_space
from zen_cli.config.language.examples import example, kind_example
from zen_cli.config.language.grammar import ARTICLES, expanded, only_key, shortest
from zen_cli.config.language.registry import (
    COMPONENTS,
    Settings,
    first_of,
    required_in,
    settings_in_yaml,
    settings_of,
)
from zen_cli.config.language.synonyms import meant
from zen_cli.config.language.values import shown
from zen_cli.config.text import hints, written
from zen_cli.config.text.paths import KeyPath, dotted
from zen_cli.config.text.problems import Place
from zen_cli.config.text.reader import Node, plain_scalar
from zen_cli.config.text.words import listed
from zen_cli.errors import printable, quoted

Complaint = tuple[Place, KeyPath, str, str]  # where, the key, what is wrong, the hint

# Where other tools keep the name of a class, and its arguments.
_NAME_KEYS = ("type", "class_path", "_target_", "class_name", "name")
_ARGUMENT_KEYS = ("init_args", "config", "params", "args", "kwargs", "settings")


def unknown_component(kind: str, name: str, node: Node, path: KeyPath) -> Complaint:
    """The problem of a node with a single name that no component of the kind has."""
    place, message = node.keys[name] if node.keys else node.place, f"there is no {kind} named {quoted(name)}"
    whole = _spelt_otherwise(kind, node) or _settings_alone(kind, node) or _called(kind, name)
    whole = whole or (source_of(name) if kind == "source" else None)
    if whole:
        return node.place, path, message, _write(whole, path)
    argument = node.value[name] if isinstance(node.value, dict) else None
    if near := with_space(name, argument, COMPONENTS[kind]) or meant(name, COMPONENTS[kind]):
        return place, path, message, hints.did_you_mean(near)
    others = [ARTICLES[other] for other, components in COMPONENTS.items() if name in components]
    return place, path, message + (f", which is {listed(others)}" if others else ""), hints.use(COMPONENTS[kind])


def not_one_component(kind: str, node: Node, path: KeyPath, blocks: Mapping[KeyPath, Settings]) -> Complaint:
    """The problem of a node that should hold one component's name and holds something else, or several keys."""
    if not isinstance(node.value, dict) or not node.value:
        return (
            node.place,
            path,
            f"expected the name of {ARTICLES[kind]}, got {shown(node.plain())}",
            _in_list(kind, node, path),
        )
    first, second = _first_and_surplus(kind, node)
    if node.keys[second].source.is_argument and not node.keys[first].source.is_argument:
        return node.keys[second], (*path, second), *_beside_in_override(kind, node, path, first, second)
    names = listed(printable(name, LONGEST_NAME) for name in node.value)
    message = f"expected one {kind}, got {len(node.value)} keys: {names}"
    whole = _spelt_otherwise(kind, node) or _settings_alone(kind, node) or _with_surplus(kind, node, first)
    if whole:
        return node.place, path, message, _write(whole, path)
    return node.keys[second], (*path, second), message, _for_surplus(kind, node, path, first, second, blocks)


def too_short(kind: str, name: str, node: Node, settings: Node, path: KeyPath) -> Complaint | None:
    """The problem of a component in one of its short forms that leaves out a setting which it needs."""
    assert isinstance(settings.value, dict)
    argument = node.value[name] if isinstance(node.value, dict) else settings
    known = settings_of(COMPONENTS[kind][name])
    lacks = [known[key] for key in required_in(known) if key not in settings.value]
    if not lacks or (isinstance(node.value, dict) and isinstance(argument.value, dict)):
        return None
    given = {key: child.plain() for key, child in settings.value.items()}
    if not all(is_accepted(known[key].annotation, value) for key, value in given.items()):
        return None  # that comes first
    message = "is missing"
    if given:
        message += f": `{name}: {written.flow(argument.plain())}` gives {next(iter(given))}"
    offered = [shortest(kind, name, given | {setting.name: example(setting) for setting in lacks})]
    if len(lacks) == len(required_in(known)) == len(given) == 1 and is_accepted(lacks[0].annotation, argument.plain()):
        offered = [{name: {lacks[0].name: argument.plain()}}, *offered]
    hint = hints.either(_write(component, path[:-1]) for component in offered)
    return node.place, (*path, lacks[0].name), message, hint


def _write(component: Any, path: KeyPath) -> str:
    """A component, plain data, in the place of what stands at the path: braces let it stand on the line of its key."""
    return hints.write(written.one_line(component) if isinstance(path[-1], int) else written.flow(component))


def _in_list(kind: str, node: Node, path: KeyPath) -> str:
    """For a list around the one component, or for anything else that is no name."""
    if isinstance(node.value, list) and len(node.value) == 1 and only_key(expanded(node.value[0], kind)):
        return _write(node.plain()[0], path)
    return hints.use(COMPONENTS[kind])


# --- written as elsewhere ---


def _spelt_otherwise(kind: str, node: Node) -> Any:
    """`{type: Linear, units: 4}`, or `{class_path: torch.optim.Adam, init_args: {lr: 0.1}}`, as it is written here."""
    if not isinstance(node.value, dict) or node.value.keys() & COMPONENTS[kind].keys():
        return None
    settings = {key: child.plain() for key, child in node.value.items()}
    for key in _NAME_KEYS:
        text = settings.get(key)
        if isinstance(text, str) and (name := meant(text.rpartition(".")[2], COMPONENTS[kind])):
            del settings[key]
            for holder in _ARGUMENT_KEYS:
                if isinstance(settings.get(holder), dict):
                    settings |= settings.pop(holder)
            return {name: settings} if settings else name
    return None


def _called(kind: str, name: str) -> Any:
    """`Adam(lr=0.1)` or `LSTM(16)`, as Python calls it."""
    call = re.fullmatch(r"([\w.]{1,60})\(([\w.=+\"', -]{0,100})\)", name)
    known = meant(call[1].rpartition(".")[2], COMPONENTS[kind]) if call else None
    if call is None or known is None:
        return None
    first, arguments = first_of(COMPONENTS[kind][known]), [part for part in call[2].split(",") if part.strip()]
    alone = first is not None and first.is_required and len(arguments) == 1 and "=" not in call[2]
    pairs = [(first.name, "=", arguments[0])] if first and alone else [part.partition("=") for part in arguments]
    settings = {key.strip(): plain_scalar(value.strip().strip("\"'")) for key, _, value in pairs}
    if not settings.keys() <= settings_of(COMPONENTS[kind][known]).keys():
        return None
    return shortest(kind, known, settings)


def _settings_alone(kind: str, node: Node) -> Any:
    """`{lr: 0.1}` with the name of a component before it, where it is clear which."""
    if not isinstance(node.value, dict):
        return None
    owners = [name for name in COMPONENTS[kind] if node.value.keys() <= settings_of(COMPONENTS[kind][name]).keys()]
    usual = next(iter(kind_example(kind))) if isinstance(kind_example(kind), dict) else kind_example(kind)
    owner = usual if usual in owners else owners[0] if len(owners) == 1 else None
    return {owner: node.plain()} if owner else None


# --- several keys ---


def _first_and_surplus(kind: str, node: Node) -> tuple[str, str]:
    """The key that is probably the component's name, and one that should not stand beside it."""
    assert isinstance(node.value, dict)
    in_order = sorted(node.value, key=lambda key: (node.keys[key].source.order, key not in COMPONENTS[kind]))
    return in_order[0], in_order[-1] if node.keys[in_order[-1]].source.is_argument else in_order[1]


def _with_surplus(kind: str, node: Node, first: str) -> Any:
    """`Linear: 4` with `name: head` beside it, as one block of settings."""
    assert isinstance(node.value, dict)
    argument = node.value[first]
    if first not in COMPONENTS[kind] or argument.value is None or isinstance(argument.value, dict):
        return None
    beside = {key: child.plain() for key, child in node.value.items() if key != first}
    if not beside.keys() <= settings_in_yaml(kind, first).keys():
        return None
    longest = expanded(Node({first: argument}, node.place, {first: node.place}), kind).plain()[first]
    return {first: longest | beside} if isinstance(longest, dict) else None


def _for_surplus(
    kind: str, node: Node, path: KeyPath, first: str, second: str, blocks: Mapping[KeyPath, Settings]
) -> str:
    assert isinstance(node.value, dict)
    here = (*path, second)
    if first in COMPONENTS[kind] and second in settings_in_yaml(kind, first):
        return f"{hints.move(here, (*path, first))}, for example by indenting it"
    if second in COMPONENTS[kind]:
        has_its_line = node.keys[second].line > node.keys[first].line
        in_list = bool(path) and isinstance(path[-1], int) and has_its_line
        return hints.put_dash(second) if in_list else hints.either(map(hints.remove, [here, (*path, first)]))
    if home := home_of(second, blocks):
        return for_misplaced(second, node.value[second], path, home)
    return hints.remove(here) if len(second) <= LONGEST_NAME else ""


def _beside_in_override(kind: str, node: Node, path: KeyPath, first: str, second: str) -> tuple[str, str]:
    """For an override such as optimizer.lr=1, or optimizer.Adam.lr=1 where the file has SGD."""
    message = f"{dotted(path)} is {printable(first, LONGEST_NAME)} here"
    if first not in COMPONENTS[kind]:
        return message, ""
    settings = settings_in_yaml(kind, first)
    if second not in COMPONENTS[kind] and meant(second, [first]):
        return message, hints.did_you_mean(first)
    if second not in settings and (other := meant(second, COMPONENTS[kind])):
        assert isinstance(node.value, dict)
        return f"{message}, not {other}", as_override(path, {other: node.value[second].plain()})
    if near := meant(second, settings):
        return message, hints.did_you_mean(f"{first}.{near}")
    has = f"whose settings are {listed(settings)}" if settings else "which takes no settings"
    return f"{message}, {has}, and there is no {kind} named {quoted(second)}", ""
