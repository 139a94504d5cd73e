"""Values as YAML on one line, such that config/text/reader.py reads them back as they are."""

import json
import re
from typing import Any

from zen_cli.config.text.reader import plain_scalar

_PLAIN = re.compile(r"[\w(][\w ()+*/.-]*")  # without what YAML may take for more than text
_ODD = re.compile("[\x7f-\xa0\u2028\u2029]")  # some end a line


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
