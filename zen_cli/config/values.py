"""One value against one type: pydantic decides, the sentence about it is ours."""

import math
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from zen_cli.ranges import Range

NOUNS = {int: "a whole number", float: "a number", bool: "true or false", str: "text", NoneType: "null"}
LONGEST_VALUE_SHOWN = 60


class RefusedError(Exception):
    """The value does not fit; the message says what would."""


def accept(annotation: Any, value: Any) -> Any:
    """`value` as the type wants it, or RefusedError. A whole number may be written 1e3; nothing else is converted."""
    if isinstance(value, float) and value.is_integer() and float not in _plain_types(annotation):
        value = int(value)
    try:
        return _adapter(annotation).validate_python(value, strict=True)
    except ValidationError:
        raise RefusedError(f"expected {describe(annotation)}, got {shown(value)}") from None


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
    return NOUNS[annotation]


def shown(value: Any) -> str:
    """A value as a message quotes it."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a block of keys" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return f".{value}".replace(".-", "-.")
    text = f'"{value}"' if isinstance(value, str) else f"{value}"
    return text if len(text) <= LONGEST_VALUE_SHOWN else text[: LONGEST_VALUE_SHOWN - 3] + "..."


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(_for_pydantic(annotation), config=ConfigDict(strict=True, allow_inf_nan=False))


def _for_pydantic(annotation: Any) -> Any:
    """The type with our Range spelt as pydantic's Field."""
    if get_origin(annotation) is Annotated:
        base, *extras = get_args(annotation)
        (bounds,) = (extra for extra in extras if isinstance(extra, Range))
        return Annotated[base, Field(gt=bounds.above, ge=bounds.least, lt=bounds.below)]
    if get_origin(annotation) in (Union, UnionType):
        return Union[tuple(map(_for_pydantic, get_args(annotation)))]  # noqa: UP007 - built from a tuple
    return annotation


def _plain_types(annotation: Any) -> set[Any]:
    """The bare types among the alternatives of a type."""
    if get_origin(annotation) is Annotated:
        return {get_args(annotation)[0]}
    if get_origin(annotation) in (Union, UnionType):
        return set().union(*map(_plain_types, get_args(annotation)))
    return {annotation}
