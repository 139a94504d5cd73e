"""One value against one type: pydantic decides, the sentence about it is ours."""

from contextlib import suppress
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from zen_cli.config.language.grammar import PLURALS, component_kind, is_file, is_section, item_type, may_be_null
from zen_cli.config.text.written import scalar
from zen_cli.errors import printable
from zen_cli.settings import LARGEST, Pattern, Range

NOUNS = {int: "a whole number", float: "a number", bool: "true or false", str: "text", NoneType: "null"}
LONGEST_VALUE_SHOWN = 60


class RefusedError(Exception):
    """The value does not fit; the message says what would."""


def accept(annotation: Any, value: Any) -> Any:
    """`value` as the type wants it, or RefusedError. A whole number may be written 1e3; nothing else is converted."""
    readings = [value]
    if isinstance(value, float) and value.is_integer() and not (value == 1 and _takes_fractions(annotation)):
        readings.append(int(value))
    for reading in readings:
        with suppress(ValidationError):
            return _adapter(annotation).validate_python(reading, strict=True)
    too_large = ", which is over 2^53" if isinstance(value, int | float) and value > LARGEST else ""
    raise RefusedError(f"expected {describe(annotation)}, got {shown(value)}{too_large}")


def _takes_fractions(annotation: Any) -> bool:
    """Whether 1.0 would be all of them here, and not one."""
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else ()
    return any(get_origin(option) is Annotated and get_args(option)[0] is float for option in options)


def describe(annotation: Any) -> str:
    """A type in words: `a number > 0 or null`, `a list, each one of the layers`."""
    if kind := component_kind(annotation):
        return f"one of the {PLURALS[kind]}{' or null' * may_be_null(annotation)}"
    if item := item_type(annotation):
        return f"a list, each {describe(item)}"
    if is_section(annotation):
        return "a block of keys"
    if get_origin(annotation) is Annotated:
        if is_file(annotation):
            return "a path"
        base, *extras = get_args(annotation)
        bounds = " ".join(_bounds(extra) for extra in extras)
        return f"{NOUNS[base]} {bounds}".strip()
    if get_origin(annotation) in (Union, UnionType):
        options = [describe(option) for option in get_args(annotation)]
        return " or ".join(sorted(options, key=lambda words: " that " in words or ", each " in words))
    if get_origin(annotation) is Literal:
        return " or ".join(map(scalar, get_args(annotation)))
    if get_origin(annotation) is tuple:
        items = get_args(annotation)
        return f"a list of {len(items)}, each {describe(items[0])}"
    return NOUNS[annotation]


def choices(annotation: Any) -> list[Any]:
    """The values that a type lists one by one."""
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [choice for option in get_args(annotation) for choice in choices(option)]


def as_json_schema(annotation: Any) -> dict[str, Any]:
    """What `accept` takes, as JSON Schema; but for infinity and NaN, which JSON does not know."""
    return _adapter(annotation).json_schema()


def _bounds(extra: Any) -> str:
    if isinstance(extra, Pattern):
        return extra.words
    return str(extra) if isinstance(extra, Range) else ""


def shown(value: Any) -> str:
    """A value as a message quotes it."""
    if value is None:
        return "nothing"
    if isinstance(value, list) and _holds_numbers(value):
        return _shortened(f"[{', '.join(map(shown, value))}]")
    if isinstance(value, dict | list):
        kind = "a block of keys" if isinstance(value, dict) else "a list"
        return kind if value else kind.replace("a ", "an empty ", 1)
    return f'"{printable(value)}"' if isinstance(value, str) else _shortened(scalar(value))


def _holds_numbers(value: list[Any]) -> bool:
    """Whether a list has numbers in it, alone or among texts."""
    return any(isinstance(item, int | float) for item in value) and all(
        isinstance(item, int | float | str) for item in value
    )


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE_SHOWN else text[: LONGEST_VALUE_SHOWN - 3] + "..."


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(_for_pydantic(annotation), config=ConfigDict(strict=True, allow_inf_nan=False))


def _for_pydantic(annotation: Any) -> Any:
    """The type with our Range spelt as pydantic's Field.

    A tuple, whose items are of one type, is a list so long, and a list has an item at least.
    """
    if get_origin(annotation) is Annotated:
        base, *extras = get_args(annotation)
        fields = list(filter(None, map(_as_field, extras)))
        return Annotated[base, *fields] if fields else base
    if get_origin(annotation) in (Union, UnionType):
        return Union[tuple(map(_for_pydantic, get_args(annotation)))]  # noqa: UP007 - built from a tuple
    if get_origin(annotation) is tuple:
        items = get_args(annotation)
        return Annotated[list[_for_pydantic(items[0])], Field(min_length=len(items), max_length=len(items))]  # type: ignore[misc]
    if item := item_type(annotation):
        return Annotated[list[_for_pydantic(item)], Field(min_length=1)]  # type: ignore[misc]
    return annotation


def _as_field(extra: Any) -> Any:
    if isinstance(extra, Range):
        return Field(gt=extra.above, ge=extra.least, lt=extra.below, le=extra.most)
    return Field(pattern=f"^({extra.expression})$") if isinstance(extra, Pattern) else None
