"""One value against one type: pydantic decides, the sentence about it is ours."""

import math
from contextlib import suppress
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from zen_cli.errors import printable
from zen_cli.settings import Range

NOUNS = {int: "a whole number", float: "a number", bool: "true or false", str: "text", NoneType: "null"}
LONGEST_VALUE_SHOWN = 60


class RefusedError(Exception):
    """The value does not fit; the message says what would."""


def accept(annotation: Any, value: Any) -> Any:
    """`value` as the type wants it, or RefusedError. A whole number may be written 1e3; nothing else is converted."""
    readings = [value]
    if isinstance(value, float) and value.is_integer() and value != 1:  # 1.0 of a fraction is all, not one
        readings.append(int(value))
    for reading in readings:
        with suppress(ValidationError):
            return _adapter(annotation).validate_python(reading, strict=True)
    raise RefusedError(f"expected {describe(annotation)}, got {shown(value)}")


def describe(annotation: Any) -> str:
    """A type in words: `a number > 0 or null`."""
    if get_origin(annotation) is Annotated:
        base, *extras = get_args(annotation)
        bounds = " ".join(str(extra) for extra in extras if isinstance(extra, Range))
        return f"{NOUNS[base]} {bounds}".strip()
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(describe(option) for option in get_args(annotation))
    if get_origin(annotation) is Literal:
        return " or ".join(get_args(annotation))
    if get_origin(annotation) is tuple:
        items = get_args(annotation)
        return f"a list of {len(items)}, each {describe(items[0])}"
    return NOUNS[annotation]


def shown(value: Any) -> str:
    """A value as a message quotes it."""
    if value is None:
        return "nothing"
    if isinstance(value, list) and value and all(isinstance(item, int | float) for item in value):
        return _shortened(f"[{', '.join(map(shown, value))}]")
    if isinstance(value, dict | list):
        kind = "a block of keys" if isinstance(value, dict) else "a list"
        return kind if value else kind.replace("a ", "an empty ", 1)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return f".{value}".replace(".-", "-.")
    if isinstance(value, str):
        return f'"{printable(value)}"'
    return _shortened(f"{value}")


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE_SHOWN else text[: LONGEST_VALUE_SHOWN - 3] + "..."


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(_for_pydantic(annotation), config=ConfigDict(strict=True, allow_inf_nan=False))


def _for_pydantic(annotation: Any) -> Any:
    """The type with our Range spelt as pydantic's Field; a tuple, whose items are of one type, as a list so long."""
    if get_origin(annotation) is Annotated:
        base, *extras = get_args(annotation)
        (bounds,) = (extra for extra in extras if isinstance(extra, Range))
        return Annotated[base, Field(gt=bounds.above, ge=bounds.least, lt=bounds.below, le=bounds.most)]
    if get_origin(annotation) in (Union, UnionType):
        return Union[tuple(map(_for_pydantic, get_args(annotation)))]  # noqa: UP007 - built from a tuple
    if get_origin(annotation) is tuple:
        items = get_args(annotation)
        return Annotated[list[_for_pydantic(items[0])], Field(min_length=len(items), max_length=len(items))]  # type: ignore[misc]
    return annotation
