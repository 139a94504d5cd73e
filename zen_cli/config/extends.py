"""`extends: other.yaml`: the settings of another file below those of a config."""

import os
from pathlib import Path

from zen_cli.config.language.grammar import expand_components
from zen_cli.config.language.schema import Config
from zen_cli.config.merging import merged
from zen_cli.config.text import hints
from zen_cli.config.text.problems import ConfigError, Problem
from zen_cli.config.text.reader import Node, file_near, read_file
from zen_cli.config.text.syntax import MOST_BASES
from zen_cli.config.text.written import flow
from zen_cli.errors import UserError, printable

KEY = "extends"
LONGEST_FILE = 120  # of a base, as messages call it


def with_bases(root: Node, path: Path) -> Node:
    """The tree of the config at `path` over those of the files that it extends, one after the other.

    Raises ConfigError where one of them cannot be read.
    """
    seen = [path]
    while (named := _take_base(root)) is not None:
        base = seen[-1].parent / str(named.value)
        _demand_new(base, seen, named)
        try:
            _, below = read_file(base, printable(str(base), LONGEST_FILE), order=len(seen))
        except ConfigError:
            raise
        except UserError as error:
            near = file_near(base)
            instead = hints.write(flow(os.path.relpath(near, seen[-1].parent))) if near and near != seen[-1] else ""
            raise _refusal(named, error.message, instead) from None
        seen.append(base)
        expand_components(root)
        expand_components(below)
        root = merged(below, root, Config)
    return root


def _take_base(root: Node) -> Node | None:
    """The name of the file that comes below, taken out of the tree; what is no name stays there, to be refused."""
    assert isinstance(root.value, dict)
    named = root.value.get(KEY)
    if named is None or not isinstance(named.value, str | None):
        return None
    root.keys.pop(KEY)
    root.value.pop(KEY)
    return named if named.value is not None else None


def _demand_new(base: Path, seen: list[Path], named: Node) -> None:
    try:
        if any(base.samefile(other) for other in seen):
            chain = " -> ".join(printable(str(path)) for path in [*seen[-2:], base])
            raise _refusal(named, f"this leads back to a file that is read already: {chain}")
        if base.exists() and not (base.is_file() or base.is_dir()):
            raise _refusal(named, "this is no file that can be read again, as a base has to be")
    except (OSError, ValueError):
        return  # it cannot be read, and the reader will say why
    if len(seen) > MOST_BASES:
        raise _refusal(named, f"more than {MOST_BASES} files extend one another")


def _refusal(named: Node, message: str, hint: str = "") -> ConfigError:
    return ConfigError([Problem(named.place, KEY, message, hint or hints.remove((KEY,)))])
