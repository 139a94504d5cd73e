"""A resolved config as a person reads it: every value, and beside it where it comes from."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath
from zen_cli.config.text.problems import Place
from zen_cli.config.text.written import block
from zen_cli.errors import printable

WIDEST_COLUMN = 60
LONGEST_ORIGIN = 80
DEFAULT = "default"


class Line(NamedTuple):
    """A line of YAML, and the origin of its value; empty where a block begins."""

    yaml: str
    origin: str = ""


def lines(resolved: Resolved) -> list[Line]:
    """The config as lines of YAML that give the same config when they are read."""
    origins = _Origins(resolved)
    return [Line(line, origins.origin(path) if path else "") for path, line in block(resolved.values, _opens)]


def aligned(found: list[Line]) -> Iterator[tuple[str, str]]:
    """Each line's YAML, and its origin as a comment; these stand in one column."""
    column = max((len(line.yaml) for line in found if line.origin and len(line.yaml) <= WIDEST_COLUMN), default=0)
    return ((f"{line.yaml:<{column}}", f"  # {line.origin}") if line.origin else (line.yaml, "") for line in found)


class _Origins:
    def __init__(self, resolved: Resolved) -> None:
        self.resolved = resolved
        self.files = {place.source.name for place in resolved.places.values()}

    def origin(self, path: KeyPath) -> str:
        place = self.resolved.places.get(path)
        return self.name(place) if place else DEFAULT

    def name(self, place: Place) -> str:
        if place.source.is_argument:
            return printable("\n".join(place.source.lines), LONGEST_ORIGIN)
        path = Path(place.source.name)
        alone = sum(Path(file).name == path.name for file in self.files) == 1
        return f"{path.name if alone else path}:{place.line}"


def _opens(_: KeyPath, value: Any) -> bool:
    """What a config is made of does, and lists of that; a list of numbers stands on one line."""
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))
