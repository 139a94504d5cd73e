"""Values as YAML, such that config/text/reader.py reads them back as they are."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from zen_cli.config.text.paths import KeyPath
from zen_cli.config.text.reader import plain_scalar

INDENT = "  "
_PLAIN = re.compile(r"(?!\.\.\.)[\w(./][\w ()+*/.-]*")  # without what YAML may take for more than text
_ODD = re.compile("[\x7f-\xa0\u2028\u2029]")  # some end a line

# --- on one line ---


def flow(value: Any) -> str:
    """`[8, 8, 1]`, `{units: 32, name: head}`, `sin(x)`."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{scalar(key)}: {flow(child)}' for key, child in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    return scalar(value)


def one_line(value: Any) -> str:
    """As `flow`, but one key alone needs no braces: `Linear: {units: 32}`."""
    if isinstance(value, dict) and len(value) == 1:
        ((key, child),) = value.items()
        return f"{scalar(key)}: {flow(child)}"
    return flow(value)


def scalar(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value).replace("inf", ".inf").replace("nan", ".nan")


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and not text.endswith(" ") and plain_scalar(text) == text:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return _ODD.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


# --- over several lines ---

Line = tuple[KeyPath | None, str]  # the path of the value that it gives, None where a block begins
Opens = Callable[[KeyPath, Any], bool]


def block(values: Mapping[str, Any], opens: Opens, path: KeyPath = ()) -> Iterator[Line]:
    """The lines of a mapping at this path. A value that `opens` stands in lines of its own, another beside its key."""
    for key, value in values.items():
        here, head = (*path, key), f"{scalar(key)}:"
        if name := _bare(value):
            yield (*here, name), f"{head} {name}"
        elif opens(here, value):
            below = block(value, opens, here) if isinstance(value, Mapping) else _items(value, opens, here)
            yield None, head
            yield from ((at, f"{INDENT}{line}") for at, line in below)
        else:
            yield here, f"{head} {flow(value)}"


def _items(values: Sequence[Any], opens: Opens, path: KeyPath) -> Iterator[Line]:
    for i, item in enumerate(values):
        first, *others = _item(item, opens, (*path, i))
        yield first[0], f"- {first[1]}"
        yield from ((at, f"{INDENT}{line}") for at, line in others)


def _item(value: Any, opens: Opens, path: KeyPath) -> Iterator[Line]:
    if name := _bare(value):
        yield (*path, name), name
    elif isinstance(value, Mapping):
        yield from block(value, opens, path)
    else:
        yield path, flow(value)


def _bare(value: Any) -> str | None:
    """The name of a component without settings, `{Name: {}}`, which is written `Name`."""
    return next(iter(value)) if isinstance(value, Mapping) and list(value.values()) == [{}] else None
