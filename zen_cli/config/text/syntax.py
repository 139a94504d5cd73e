"""Below the tree: bytes to text, and text to PyYAML's events, with what PyYAML says put in plain words."""

import codecs
import re
from typing import Any

import yaml
from yaml.scanner import ScannerError

from zen_cli.config.text.problems import ConfigError, Place, Problem, Source

MOST_BYTES = 256 * 1024
MOST_DEPTH = 32
LONGEST_PATH = 150  # of a KEY=VALUE
MOST_BASES = 8  # files that extend one another

# --- bytes to text ---

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # where PyYAML, too, begins a new line
# Control characters, halves of surrogate pairs, and a byte order mark in the midst of a text.
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_OTHER_ENCODINGS = {  # the longer marks first: that of UTF-32-LE begins with that of UTF-16-LE
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def decoded(data: bytes | str, name: str, order: int) -> str:
    begin = Place(Source(name, (), order), 1, 1)
    if len(data) > MOST_BYTES:
        message = f"this is over {MOST_BYTES // 1024} KiB, too long for a config"
        raise ConfigError([Problem(begin, "", message, "keep data in a file of its own")])
    if isinstance(data, str):
        return data
    for mark, encoding in _OTHER_ENCODINGS.items():
        if data.startswith(mark):
            raise ConfigError([Problem(begin, "", f"this text is {encoding}", "save it as UTF-8")])
    return _from_utf8(data.removeprefix(codecs.BOM_UTF8), name, order)


def bad_character(character: str) -> str:
    return f"a config cannot hold the character U+{ord(character):04X}"


def _from_utf8(data: bytes, name: str, order: int) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        bad, before = data[error.start], LINE_BREAK.split(data[: error.start].decode())
    source = Source(name, LINE_BREAK.split(data.decode(errors="replace")), order)
    latin = f" (in Latin-1 it is {chr(bad)})" if chr(bad).isprintable() else ""
    message, hint = f"byte 0x{bad:02x} is not UTF-8{latin}", "save the text as UTF-8"
    raise ConfigError([Problem(Place(source, len(before), len(before[-1]) + 1), "", message, hint)])


# --- text to events ---

_QUOTES = "put quotes around the text"
_INDENT = "check the indentation, or put quotes around the text"
# What PyYAML says; what to say instead; what to do; whether to point to where the broken thing began, or to its break.
_SYNTAX = (
    (r"character '\t'", "a tab stands here", "use spaces", False),
    ("while scanning a directive", "a line that starts with `%` is no setting", _QUOTES, True),
    ("cannot start any token", "a text cannot start with this character", _QUOTES, False),
    ("mapping values are not", "a `:` cannot stand here", _INDENT, False),
    ("mapping keys are not", "a `?` cannot stand here", _QUOTES, False),
    ("YAML document", "this version of YAML is not read", "take the line out", False),
    ("sequence entries are not", "a list cannot start here", "put its first `-` on a line of its own", False),
    ("could not find expected ':'", "there is no `: ` after this key", "write `key: value`", True),
    (
        "a quoted scalar; found unexpected",
        "this quote is never closed",
        "put one at the end of the text",
        True,
    ),
    ("unknown escape", r"this `\` starts no known escape", r"use single quotes, or write `\\`", False),
    ("hexadecimal", r"this escape needs more digits", r"use single quotes, or write `\\`", False),
    ("expected ',' or ']'", "this `[` is not closed, or a `,` is missing between its values", "", True),
    ("expected ',' or '}'", "this `{` is not closed, or a `,` is missing between its values", "", True),
    ("while scanning an a", "a text that starts with `&` or `*` needs quotes around it", "", True),
    ("a tag", "a text that starts with `!` needs quotes around it", "", True),
    ("undefined tag", "a text that starts with `!` needs quotes around it", "", True),
    ("a block scalar", "after `|` or `>` the text starts on the next line", "else put quotes around the text", True),
    ("the node content", "a value or a closing bracket is missing before this", "", False),
    (
        "but found",
        "this does not fit what stands before it",
        "check the indentation, quotes, brackets, and the space after each `-`",
        False,
    ),
)
TOO_DEEP = f"this is nested more than {MOST_DEPTH} levels deep: a config needs only a few"
_BAD_CODE = "this number is too large"


class Events(yaml.SafeLoader):
    """PyYAML as far as its events, with an error of its own wherever it stops."""

    def fetch_more_tokens(self) -> None:
        try:
            super().fetch_more_tokens()
        except (ValueError, OverflowError):  # chr() of "\UFFFFFFFF", int() of a %YAML with 5,000 digits
            raise ScannerError(None, None, _BAD_CODE, self.get_mark()) from None

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:
        if self.flow_level >= MOST_DEPTH:  # before the parser sees it: the scanner reads 1,024 characters ahead
            raise ScannerError(None, None, TOO_DEEP, self.get_mark())
        super().fetch_flow_collection_start(TokenClass)


def in_plain_words(error: yaml.MarkedYAMLError) -> tuple[str, str, Any]:
    """What is wrong, what to do, and PyYAML's mark of the place."""
    said = f"{error.context}; {error.problem}"
    for fragment, message, hint, where_it_began in _SYNTAX:
        if fragment in said:
            return message, hint, error.context_mark if where_it_began else error.problem_mark
    return str(error.problem), "", error.problem_mark
