"""YAML text to a tree whose every node knows its line and column.

Built on PyYAML's events, so that no tag can make an object and no alias can multiply one. Plain scalars follow the
core schema of YAML 1.2: `1e-3` is a number, `no`, `on` and `12:30` are text. What a config does not need (tags,
anchors, aliases, merge keys, several documents) is refused, as is any key that is not short, printable text.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from yaml.scanner import ScannerError

from zen_cli.config.problems import ConfigError, Place, Problem, Source, nearest
from zen_cli.errors import UserError

MOST_BYTES = 256 * 1024
MOST_DEPTH = 32
LONGEST_NUMBER = 100  # Python itself stops at 4,300 digits, with an exception
LONGEST_KEY = 100

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


# --- files and arguments ---


def read_file(path: Path, shown_as: str) -> Node:
    """The config in a file that messages call `shown_as`. UserError if it cannot be opened, ConfigError if read."""
    name = _printable(shown_as)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)  # not all of it: it may be as endless as /dev/zero
    except FileNotFoundError:
        raise UserError(f"{name} does not exist: {_what_is_near(path)}") from None
    except IsADirectoryError:
        raise UserError(f"{name} is a directory: name a config file in it") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{name} cannot be read ({reason}): check its name and permissions") from None
    return read_text(data, name)


def read_text(data: bytes | str, source_name: str, order: int = 0, *, value_at: int | None = None) -> Node:
    """The tree of a config's text, whose root is a mapping. Raises ConfigError with every problem that was found.

    With `value_at`, `data` is an argument KEY=VALUE and VALUE begins at that index: only VALUE is read, its root may
    be any node, and places count from the beginning of the argument.
    """
    text = _decoded(data, source_name, order)
    source = Source(source_name, _LINE_BREAK.split(text), order)
    reader = _TreeReader(source, text, value_at)
    root = reader.tree()
    if root is None or reader.problems:
        raise ConfigError(reader.problems)
    return root


def _what_is_near(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except (OSError, ValueError):
        names = []
    near = nearest(path.name, names)
    return f"did you mean {_printable(near)}?" if near else "check the path"


def _shown(text: str) -> str:
    """A piece of the config as a piece of a message."""
    printable = _printable(text)
    return printable if len(printable) <= 60 else f"{printable[:57]}..."


def _printable(text: str) -> str:
    return text if text.isprintable() else repr(text)[1:-1]


# --- bytes to text ---

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # where PyYAML, too, begins a new line
# Control characters, halves of surrogate pairs, and a byte order mark in the midst of a text.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_OTHER_ENCODINGS = {  # the longer marks first: that of UTF-32-LE begins with that of UTF-16-LE
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def _decoded(data: bytes | str, name: str, order: int) -> str:
    begin = Place(Source(name, (), order), 1, 1)
    if len(data) > MOST_BYTES:
        message = f"this is over {MOST_BYTES // 1024} KiB, too long for a config: keep data in a file of its own"
        raise ConfigError([Problem(begin, "", message)])
    if isinstance(data, str):
        return data
    for mark, encoding in _OTHER_ENCODINGS.items():
        if data.startswith(mark):
            raise ConfigError([Problem(begin, "", f"this text is {encoding}: save it as UTF-8")])
    return _from_utf8(data.removeprefix(codecs.BOM_UTF8), name, order)


def _bad_character(character: str) -> str:
    return f"a config cannot hold the character U+{ord(character):04X}: take it out"


def _from_utf8(data: bytes, name: str, order: int) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        bad, before = data[error.start], _LINE_BREAK.split(data[: error.start].decode())
    source = Source(name, _LINE_BREAK.split(data.decode(errors="replace")), order)
    latin = f" (in Latin-1 it is {chr(bad)})" if chr(bad).isprintable() else ""
    message = f"byte 0x{bad:02x} is not UTF-8{latin}: save the text as UTF-8"
    raise ConfigError([Problem(Place(source, len(before), len(before[-1]) + 1), "", message)])


# --- text to events ---

# What PyYAML says; what to say instead; whether to point to where the broken thing began or to where it broke.
_SYNTAX = (
    (r"character '\t'", "a tab stands here: use spaces", False),
    ("while scanning a directive", "a line that starts with `%` is no setting: put quotes around the text", True),
    ("cannot start any token", "a text cannot start with this character: put quotes around the text", False),
    ("mapping values are not", "a `:` cannot stand here: check the indentation, or put quotes around the text", False),
    ("mapping keys are not", "a `?` cannot stand here: put quotes around the text", False),
    ("YAML document", "this version of YAML is not read: take the line out", False),
    ("sequence entries are not", "a list cannot start here: put its first `-` on a line of its own", False),
    ("could not find expected ':'", "there is no `:` after this key: write `key: value`", True),
    ("a quoted scalar; found unexpected", "this quote is never closed", True),
    ("unknown escape", r"this `\` starts no known escape: use single quotes, or write `\\`", False),
    ("hexadecimal", r"this escape needs more digits: use single quotes, or write `\\`", False),
    ("expected ',' or ']'", "this `[` is not closed, or a `,` is missing between its values", True),
    ("expected ',' or '}'", "this `{` is not closed, or a `,` is missing between its values", True),
    ("while scanning an a", "a text that starts with `&` or `*` needs quotes around it", True),
    ("a tag", "a text that starts with `!` needs quotes around it", True),
    ("undefined tag", "a text that starts with `!` needs quotes around it", True),
    ("a block scalar", "after `|` or `>` the text starts on the next line; else put quotes around it", True),
    ("the node content", "a value or a closing bracket is missing before this", False),
    ("but found", "this does not fit what stands before it: check the indentation, quotes and brackets", False),
)
_TOO_DEEP = f"this is nested more than {MOST_DEPTH} levels deep: a config needs only a few"
_BAD_CODE = "this number is too large"


class _Events(yaml.SafeLoader):
    """PyYAML as far as its events, with an error of its own wherever it stops."""

    def fetch_more_tokens(self) -> None:
        try:
            super().fetch_more_tokens()
        except (ValueError, OverflowError):  # chr() of "\UFFFFFFFF", int() of a %YAML with 5,000 digits
            raise ScannerError(None, None, _BAD_CODE, self.get_mark()) from None

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:
        if self.flow_level >= MOST_DEPTH:  # before the parser sees it: the scanner reads 1,024 characters ahead
            raise ScannerError(None, None, _TOO_DEEP, self.get_mark())
        super().fetch_flow_collection_start(TokenClass)


def _in_plain_words(error: yaml.MarkedYAMLError) -> tuple[str, Any]:
    """What is wrong, and PyYAML's mark of the place."""
    said = f"{error.context}; {error.problem}"
    for fragment, message, where_it_began in _SYNTAX:
        if fragment in said:
            return message, error.context_mark if where_it_began else error.problem_mark
    return str(error.problem), error.problem_mark


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


def _plain_scalar(text: str) -> Scalar:
    """A plain scalar's value by the core schema of YAML 1.2."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _SPECIAL.fullmatch(text) else text


_EMPTY = "this config is empty: write settings into it, such as `seed: 0`"
_NO_VALUE = 'there is no value after the `=`: write null for none, or "" for an empty text'
_NO_ALIAS = "an alias (`*name`) is not read: write the value out, or put quotes around a text"
_NO_ANCHOR = "an anchor (`&name`) is not read: take it out, or put quotes around a text"
_NO_TAG = "a tag (`!name`) is not read: take it out, or put quotes around a text"


def _complaint(event: yaml.Event, key: Node, earlier: Mapping[str, Place]) -> str:
    """What is wrong with a mapping's key; empty where nothing is."""
    if isinstance(event, yaml.ScalarEvent) and event.style is None and event.value == "<<":
        return "a merge key (`<<`) is not read: write the settings out"
    if not isinstance(key.value, str):
        written = event.value if isinstance(event, yaml.ScalarEvent) else ""
        cure = f": put quotes around `{_shown(written)}`" if written else ""
        return f"a key is text, and this one is {_kind(key)}{cure}"
    if len(key.value) > LONGEST_KEY or not key.value.isprintable():
        return f"a key has at most {LONGEST_KEY} characters, all of them printable"
    if key.value in earlier:
        return f"the key `{_shown(key.value)}` stands here again: it is on line {earlier[key.value].line} already"
    return ""


class _TreeReader:
    """One pass over the events. It goes on after a problem where the rest can still be told apart."""

    def __init__(self, source: Source, text: str, value_at: int | None) -> None:
        before = _LINE_BREAK.split(text[: value_at or 0])
        self.first_line, self.first_column = len(before), len(before[-1]) + 1
        self.source, self.is_argument = source, value_at is not None
        self.text = text[value_at or 0 :]
        self.problems: list[Problem] = []
        self.depth = 0
        self.events = yaml.parse(self.text, Loader=_Events)
        self.ahead: Any = None

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
            message, mark = _in_plain_words(error)
            self.refuse(message, mark)
            return None

    def demand_characters(self) -> None:
        if bad := _FORBIDDEN.search(self.text):
            before = _LINE_BREAK.split(self.text[: bad.start()])
            mark = yaml.Mark("", 0, len(before) - 1, len(before[-1]), None, 0)
            raise ScannerError(None, None, _bad_character(bad[0]), mark)

    def document(self) -> Node | None:
        beginning = self.take().start_mark
        if isinstance(self.peek(), yaml.StreamEndEvent):
            self.refuse(_NO_VALUE if self.is_argument else _EMPTY, beginning)
            return None
        self.take()  # the document begins
        root = self.root()
        self.take()  # the document ends
        if not isinstance(self.peek(), yaml.StreamEndEvent):
            self.refuse("a second document starts here: take it out", self.peek().start_mark)
        return root

    def root(self) -> Node:
        event = self.peek()
        root = self.node()
        if not self.is_argument and not isinstance(event, yaml.MappingStartEvent | yaml.AliasEvent):
            message = f"a config gives settings by name, such as `seed: 0`, but this is {_kind(root)}"
            self.refuse(message, event.start_mark)
        return root

    def node(self) -> Node:
        event = self.take()
        if isinstance(event, yaml.CollectionStartEvent):
            node = self.collection(event)
        else:
            value = self.scalar(event) if isinstance(event, yaml.ScalarEvent) else ""  # an alias, refused below
            node = Node(value, self.place(event.start_mark, event.end_mark))
        self.refuse_decoration(event)
        return node

    def collection(self, start: Any) -> Node:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ScannerError(None, None, _TOO_DEEP, start.start_mark)
        value, keys = self.mapping() if isinstance(start, yaml.MappingStartEvent) else (self.sequence(), {})
        self.depth -= 1
        return Node(value, self.place(start.start_mark, self.take().end_mark), keys)

    def sequence(self) -> list[Node]:
        values = []
        while not isinstance(self.peek(), yaml.SequenceEndEvent):
            values.append(self.node())
        return values

    def mapping(self) -> tuple[dict[str, Node], dict[str, Place]]:
        values: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        while not isinstance(self.peek(), yaml.MappingEndEvent):
            event = self.peek()
            key, value = self.node(), self.node()
            if complaint := _complaint(event, key, keys):
                self.problems.append(Problem(key.place, "", complaint))
            else:
                values[str(key.value)], keys[str(key.value)] = value, key.place
        return values, keys

    def scalar(self, event: yaml.ScalarEvent) -> Scalar:
        if event.style is not None:  # it has quotes, or `|` or `>`
            if bad := _FORBIDDEN.search(event.value):  # as an escape: "\0"
                self.refuse(_bad_character(bad[0]), event.start_mark, event.end_mark)
            return event.value
        if len(event.value) > LONGEST_NUMBER and (_INTEGER.fullmatch(event.value) or _FLOAT.fullmatch(event.value)):
            message = (
                f"this number has over {LONGEST_NUMBER} characters: shorten it, or put quotes around it if it is text"
            )
            self.refuse(message, event.start_mark, event.end_mark)
            return 0
        return _plain_scalar(event.value)

    def refuse_decoration(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.refuse(_NO_ALIAS, event.start_mark, event.end_mark)
        elif event.anchor is not None:
            self.refuse(_NO_ANCHOR, event.start_mark)
        elif event.tag is not None:
            self.refuse(_NO_TAG, event.start_mark)

    def refuse(self, message: str, start: Any, end: Any = None) -> None:
        self.problems.append(Problem(self.place(start, end or start), "", message))

    def place(self, start: Any, end: Any) -> Place:
        """Between two of PyYAML's marks, which count from 0 in the text that it was given."""
        first_column = self.first_column if start.line == 0 else 1
        width = end.column - start.column if end.line == start.line else 1
        return Place(self.source, self.first_line + start.line, first_column + start.column, max(1, width))
