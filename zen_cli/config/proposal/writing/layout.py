"""Lines of YAML with comments beside them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from zen_cli.config.text.written import INDENT, flow, scalar

COLUMN = 31  # where comments begin
WIDEST = 118
WHOLE = re.compile(r"(?:`[^`]*`|\(default [^)]*\)|\S)+")  # a word, with all of what must stand on one line


@dataclass(frozen=True)
class Row:
    """A setting, or the beginning of a block, so many levels deep, and what is said of it."""

    depth: int
    text: str
    remark: str = ""


def setting(depth: int, key: str, value: Any, remark: str, hidden: bool = False) -> Row:
    """`key: value`, or `#key: value` for one that is hidden."""
    text = f"{'#' if hidden else ''}{scalar(key)}: {flow(value)}"
    if len(INDENT * depth + text) > WIDEST and isinstance(value, list):
        text = _over_lines(depth, key, value)
    return Row(depth, text, remark)


def _over_lines(depth: int, key: str, items: Iterable[Any]) -> str:
    """A list that is too long for one line."""
    inside = INDENT * (depth + 1)
    listed = "\n".join(
        f"{inside}{line}" for line in _wrapped((flow(item) for item in items), WIDEST - len(inside), ", ")
    )
    return f"{scalar(key)}: [\n{listed}\n{INDENT * depth}]"


def lines(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        yield from _lines(row)


def _lines(row: Row) -> Iterator[str]:
    indent = INDENT * row.depth
    text = f"{indent}{row.text}"
    if not row.remark:
        yield text
    elif len(text) <= COLUMN - 2:
        first, *others = _pieces(row.remark, WIDEST - COLUMN - 2)
        yield f"{text:{COLUMN}}# {first}"
        yield from (f"{'':{COLUMN}}# {more}" for more in others)
    elif "\n" not in text and len(f"{text}  # {row.remark}") <= WIDEST:
        yield f"{text}  # {row.remark}"
    else:
        yield from comment(row.remark, indent)
        yield text


def comment(text: str, indent: str = "") -> Iterator[str]:
    yield from (f"{indent}# {line}" for line in _pieces(text, WIDEST - len(indent) - 2))


def _pieces(text: str, width: int) -> list[str]:
    """Lines of prose, in which no code and no default is broken."""
    return _wrapped((found[0] for found in WHOLE.finditer(text)), width, " ")


def _wrapped(words: Iterable[str], width: int, between: str) -> list[str]:
    wrapped = [""]
    for word in words:
        longer = f"{wrapped[-1]}{between}{word}" if wrapped[-1] else word
        if len(longer) > width and wrapped[-1]:
            wrapped[-1] += between.rstrip()
            wrapped.append(word)
        else:
            wrapped[-1] = longer
    return wrapped
