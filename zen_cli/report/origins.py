"""A resolved config as a person reads it: every value, and beside it where it comes from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from zen_cli.config.language.grammar import KeyPath
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.problems import Place
from zen_cli.config.text.written import flow
from zen_cli.errors import printable

INDENT = "  "
WIDEST_COLUMN = 60
LONGEST_ORIGIN = 80
DEFAULT = "default"


class Line(NamedTuple):
    """A line of YAML, and the origin of its value; empty where a block begins."""

    yaml: str
    origin: str = ""


def lines(resolved: Resolved) -> list[Line]:
    """The config as lines of YAML that give the same config when they are read."""
    return list(_Origins(resolved).block(resolved.values, (), ""))


def aligned(found: list[Line]) -> Iterator[tuple[str, str]]:
    """Each line's YAML, and its origin as a comment; these stand in one column."""
    column = max((len(line.yaml) for line in found if line.origin and len(line.yaml) <= WIDEST_COLUMN), default=0)
    return ((f"{line.yaml:<{column}}", f"  # {line.origin}") if line.origin else (line.yaml, "") for line in found)


class _Origins:
    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.files = {place.source.name for place in resolved.places.values()}

    def block(self, values: dict[str, Any], path: KeyPath, indent: str) -> Iterator[Line]:
        for key, value in values.items():
            yield from self.value(f"{indent}{key}:", value, (*path, key), indent + INDENT)

    def value(self, head: str, value: Any, path: KeyPath, indent: str) -> Iterator[Line]:
        """A value after its key, or its dash, on the same line or, where it is a block, below."""
        if _is_bare_component(value):
            yield Line(f"{head} {next(iter(value))}", self.origin((*path, next(iter(value)))))
        elif isinstance(value, dict):
            yield Line(head)
            yield from self.block(value, path, indent)
        elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
            yield Line(head)
            for i, item in enumerate(value):
                yield from self.item(item, (*path, i), indent)
        else:
            yield Line(f"{head} {flow(value)}", self.origin(path))

    def item(self, component: dict[str, Any], path: KeyPath, indent: str) -> Iterator[Line]:
        ((name, settings),) = component.items()
        head = f"{indent}- {name}"
        if settings:
            yield Line(f"{head}:")
            yield from self.block(settings, (*path, name), indent + 2 * INDENT)
        else:
            yield Line(head, self.origin((*path, name)))

    def origin(self, path: KeyPath) -> str:
        place = self.resolved.places.get(path)
        return self.name(place) if place else DEFAULT

    def name(self, place: Place) -> str:
        if place.source.is_argument:
            return printable("\n".join(place.source.lines), LONGEST_ORIGIN)
        path = Path(place.source.name)
        alone = sum(Path(file).name == path.name for file in self.files) == 1
        return f"{path.name if alone else path}:{place.line}"


def _is_bare_component(value: Any) -> bool:
    return isinstance(value, dict) and list(value.values()) == [{}]
