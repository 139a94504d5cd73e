"""YAML text to a tree whose every node knows its line and column.

Built on PyYAML's events, so that no tag can make an object and no alias can multiply one. Plain scalars follow the
core schema of YAML 1.2: `1e-3` is a number, `no`, `on` and `12:30` are text. What a config does not need (tags,
anchors, aliases, merge keys, several documents) is refused, as is any key that is not short, printable text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from yaml.scanner import ScannerError

from zen_cli.config.text import hints
from zen_cli.config.text.problems import ConfigError, Place, Problem, Source
from zen_cli.config.text.syntax import (
    FORBIDDEN,
    LINE_BREAK,
    MOST_BYTES,
    MOST_DEPTH,
    TOO_DEEP,
    Events,
    bad_character,
    decoded,
    in_plain_words,
)
from zen_cli.config.text.words import nearest
from zen_cli.errors import UserError, printable

LONGEST_NUMBER = 100  # Python itself stops at 4,300 digits, with an exception
LONGEST_KEY = 100
NO_BREAK = "\u00a0"
SUFFIXES = {".yaml", ".yml"}

Scalar: TypeAlias = bool | int | float | str | None
Value: TypeAlias = "Scalar | list[Node] | dict[str, Node]"


@dataclass(slots=True)
class Node:
    """A value and where it stands. `keys` holds the place of each key of a mapping and is empty otherwise."""

    value: Value
    place: Place = field(repr=False)
    keys: dict[str, Place] = field(default_factory=dict, repr=False)

    def plain(self) -> Any:
        """The value as plain Python: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value


def tree_of(value: Any, place: Place) -> Node:
    """The tree of plain Python, all of it at one place."""
    if isinstance(value, dict):
        children = {key: tree_of(child, place) for key, child in value.items()}
        return Node(children, place, dict.fromkeys(value, place))
    return Node([tree_of(child, place) for child in value] if isinstance(value, list) else value, place)


# --- files and arguments ---


def read_file(path: Path, shown_as: str, order: int = 0) -> tuple[bytes, Node]:
    """The config in a file that messages call `shown_as`, as it stands and as a tree.

    UserError if it cannot be opened, ConfigError if what it says cannot be read.
    """
    data = _content(path, shown_as)
    return data, read_text(data, printable(shown_as, longest=None), order)


def _content(path: Path, shown_as: str) -> bytes:
    name = printable(shown_as, longest=None)
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)  # not all of it: it may be as endless as /dev/zero
    except FileNotFoundError:
        near = file_near(path)
        hint = hints.did_you_mean(printable(str(near), longest=None)) if near else "check the path"
        raise UserError(f"{name} does not exist", hint) from None
    except IsADirectoryError:
        raise UserError(f"{name} is a directory", "name a config file in it") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{name} cannot be read ({reason})", "check its name and permissions") from None


def read_text(data: bytes | str, source_name: str, order: int = 0, *, value_at: int | None = None) -> Node:
    """The tree of a config's text, whose root is a mapping. Raises ConfigError with every problem that was found.

    With `value_at`, `data` is an argument KEY=VALUE and VALUE begins at that index: only VALUE is read, its root may
    be any node, and places count from the beginning of the argument.
    """
    text = decoded(data, source_name, order)
    source = Source(source_name, LINE_BREAK.split(text), order)
    reader = _TreeReader(source, text, value_at)
    root = reader.tree()
    if root is None or reader.problems:
        raise ConfigError(reader.problems)
    return root


def file_near(path: Path) -> Path | None:
    """The config beside `path` that was probably meant."""
    try:
        files = [entry for entry in path.parent.iterdir() if entry.is_file() and entry.suffix in SUFFIXES]
    except (OSError, ValueError):
        return None
    stem = path.stem if path.suffix in SUFFIXES else path.name  # else every .yaml would be near to every other
    near = nearest(stem, (entry.stem for entry in files))
    return next((path.with_name(entry.name) for entry in files if entry.stem == near), None)


# --- events to a tree ---

_CONSTANTS = {"": None, "~": None} | {
    spelling: value
    for word, value in (("null", None), ("true", True), ("false", False))
    for spelling in (word, word.title(), word.upper())
}
_INTEGER = re.compile("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_KINDS = {dict: "a mapping", list: "a list", str: "text", bool: "true or false", type(None): "null"}


def _kind(node: Node) -> str:
    return _KINDS.get(type(node.value), "a number")


def plain_scalar(text: str) -> Scalar:
    """A plain scalar's value by the core schema of YAML 1.2."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _SPECIAL.fullmatch(text) else text


Complaint = tuple[str, str]  # what is wrong, what to do

_EMPTY = "this config is empty", "`zen init` writes one to start from"
_NO_VALUE = "there is no value after the `=`", 'write null for none, or "" for an empty text'
_NO_ALIAS = "an alias (`*name`) is not read", "write the value out, or put quotes around a text"
_NO_ANCHOR = "an anchor (`&name`) is not read", "take it out, or put quotes around a text"
_NO_TAG = "a tag (`!name`) is not read", "take it out, or put quotes around a text"
_NO_MERGE = "a merge key (`<<`) is not read", "write the settings out"
_COMMA = "a `,` ends the value before this", "write numbers with a point, as 0.5, and no `,` between digits"
_ODD_SPACE = "a no-break space (U+00A0) stands here", "use plain spaces"
_SECOND_DOCUMENT = "a second document starts here", "take it out"


def _complaint(
    event: yaml.Event, key: Node, value: Node, earlier: Mapping[str, Place], in_list: bool
) -> Complaint | None:
    """What is wrong with a mapping's key, if anything; `in_list` is whether the mapping is the item of a list."""
    if isinstance(event, yaml.ScalarEvent) and event.style is None and event.value == "<<":
        return _NO_MERGE
    if not isinstance(key.value, str):
        if value.value is None and isinstance(key.value, int | float) and not isinstance(key.value, bool):
            return _COMMA
        written = event.value if isinstance(event, yaml.ScalarEvent) else ""
        hint = f"put quotes around `{printable(written)}`" if written else ""
        return f"a key is text, and this one is {_kind(key)}", hint
    if NO_BREAK in key.value:
        return _ODD_SPACE
    if len(key.value) > LONGEST_KEY or not key.value.isprintable():
        return f"a key has at most {LONGEST_KEY} characters, all of them printable", ""
    if key.value in earlier:
        message = f"the key `{printable(key.value)}` stands here again: it is on line {earlier[key.value].line} already"
        dash = [hints.put_dash(printable(key.value))] if in_list else []
        return message, hints.either([*dash, "keep one of the two"])
    return None


class _TreeReader:
    """One pass over the events. It goes on after a problem where the rest can still be told apart."""

    def __init__(self, source: Source, text: str, value_at: int | None) -> None:
        before = LINE_BREAK.split(text[: value_at or 0])
        self.first_line, self.first_column = len(before), len(before[-1]) + 1
        self.source, self.is_argument = source, value_at is not None
        self.text = text[value_at or 0 :]
        self.problems: list[Problem] = []
        self.depth = 0
        self.events = yaml.parse(self.text, Loader=Events)
        self.ahead: Any = None
        self.last_end: Any = None

    def take(self) -> Any:
        event, self.ahead = self.peek(), None
        return event

    def peek(self) -> Any:
        self.ahead = self.ahead or next(self.events)
        return self.ahead

    def tree(self) -> Node | None:
        """None where there is no value or the text is not YAML; `problems` says why."""
        try:
            self.demand_characters()
            return self.document()
        except yaml.MarkedYAMLError as error:
            message, hint, mark = in_plain_words(error)
            self.refuse(_ODD_SPACE if NO_BREAK in self.line(mark) else (message, hint), mark)
            return None

    def demand_characters(self) -> None:
        if bad := FORBIDDEN.search(self.text):
            before = LINE_BREAK.split(self.text[: bad.start()])
            mark = yaml.Mark("", 0, len(before) - 1, len(before[-1]), None, 0)
            raise ScannerError(None, None, bad_character(bad[0]), mark)

    def document(self) -> Node | None:
        beginning = self.take().start_mark
        if isinstance(self.peek(), yaml.StreamEndEvent):
            self.refuse(_NO_VALUE if self.is_argument else _EMPTY, beginning)
            return None
        self.take()  # the document begins
        root = self.root()
        self.take()  # the document ends
        if not isinstance(self.peek(), yaml.StreamEndEvent):
            self.refuse(_SECOND_DOCUMENT, self.peek().start_mark)
        return root

    def root(self) -> Node:
        event = self.peek()
        root = self.node()
        if not self.is_argument and not isinstance(event, yaml.MappingStartEvent | yaml.AliasEvent):
            message = f"a config gives settings by name, such as `seed: 0`, but this is {_kind(root)}"
            odd = isinstance(root.value, str) and NO_BREAK in root.value
            self.refuse(_ODD_SPACE if odd else (message, ""), event.start_mark)
        return root

    def node(self, in_list: bool = False) -> Node:
        event = self.take()
        if isinstance(event, yaml.CollectionStartEvent):
            node = self.collection(event, in_list)
        else:
            value = self.scalar(event) if isinstance(event, yaml.ScalarEvent) else ""  # an alias, refused below
            self.last_end = event.end_mark
            node = Node(value, self.place(event.start_mark, event.end_mark))
        self.refuse_decoration(event)
        return node

    def collection(self, start: Any, in_list: bool) -> Node:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ScannerError(None, None, TOO_DEEP, start.start_mark)
        value, keys = self.mapping(in_list) if isinstance(start, yaml.MappingStartEvent) else (self.sequence(), {})
        self.depth -= 1
        end = self.take()
        if start.flow_style:  # a block ends where the next thing begins: what counts is the end of its last value
            self.last_end = end.end_mark
        return Node(value, self.place(start.start_mark, self.last_end), keys)

    def sequence(self) -> list[Node]:
        values = []
        while not isinstance(self.peek(), yaml.SequenceEndEvent):
            values.append(self.node(in_list=True))
        return values

    def mapping(self, in_list: bool) -> tuple[dict[str, Node], dict[str, Place]]:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(self.peek(), yaml.MappingEndEvent):
            event = self.peek()
            key, value = self.node(), self.node()
            if complaint := _complaint(event, key, value, keys, in_list):
                self.problems.append(Problem(key.place, "", *complaint))
            else:
                values[str(key.value)], keys[str(key.value)] = value, key.place
        return values, keys

    def scalar(self, event: yaml.ScalarEvent) -> Scalar:
        if event.style is not None:  # it has quotes, or `|` or `>`
            if bad := FORBIDDEN.search(event.value):  # as an escape: "\0"
                self.refuse((bad_character(bad[0]), "take it out"), event.start_mark, event.end_mark)
            return event.value
        if len(event.value) > LONGEST_NUMBER and (_INTEGER.fullmatch(event.value) or _FLOAT.fullmatch(event.value)):
            message = f"this number has over {LONGEST_NUMBER} characters"
            hint = "shorten it, or put quotes around it if it is text"
            self.refuse((message, hint), event.start_mark, event.end_mark)
            return 0
        return plain_scalar(event.value)

    def refuse_decoration(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.refuse(_NO_ALIAS, event.start_mark, event.end_mark)
        elif event.anchor is not None:
            self.refuse(_NO_ANCHOR, event.start_mark)
        elif event.tag is not None:
            self.refuse(_NO_TAG, event.start_mark)

    def line(self, mark: Any) -> str:
        return str(LINE_BREAK.split(self.text)[mark.line])

    def refuse(self, complaint: Complaint, start: Any, end: Any = None) -> None:
        self.problems.append(Problem(self.place(start, end or start), "", *complaint))

    def place(self, start: Any, end: Any) -> Place:
        """Between two of PyYAML's marks, which count from 0 in the text that it was given."""
        first_column = self.first_column if start.line == 0 else 1
        width = end.column - start.column if end.line == start.line else 1
        return Place(self.source, self.first_line + start.line, first_column + start.column, max(1, width))
