"""The errors of parts that do not go together, each with its place in the config and what would cure it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zen_cli.config.meaning.components import name_of, settings_in
from zen_cli.config.meaning.cures import Add, Cure, Write, at, problem, setting
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath
from zen_cli.config.text.problems import ConfigError
from zen_cli.data.formats.opening import MissingFileError
from zen_cli.data.table import NoColumnError
from zen_cli.errors import UserError


def misfit(resolved: Resolved, path: KeyPath, message: str, *cures: Cure) -> ConfigError:
    return ConfigError([problem(resolved, path, message, cures)])


def no_column(resolved: Resolved, path: KeyPath, error: NoColumnError) -> ConfigError:
    """The setting at the path names a column that there is not."""
    cures = [Write(path, error.nearest)] if error.nearest else []
    return misfit(resolved, path, error.message if cures else str(error), *cures)


@contextmanager
def blamed_on(resolved: Resolved, *path: str | int, otherwise: Cure | None = None) -> Iterator[None]:
    """Give an error of the user's that comes up in here its place in the config, and as hint what it says would do.

    Where it names no value that would do, the hint is the cure `otherwise`, and its own advice stays in the message.
    """
    try:
        yield
    except ConfigError:
        raise
    except UserError as error:
        blamed = (*path, error.setting) if error.setting else path
        cures = [
            setting(resolved, blamed, value) if key == error.setting else Add(path, key, value)
            for key, value in error.instead.items()
        ] or [cure for cure in [otherwise] if cure]
        if isinstance(error, MissingFileError) and error.setting:
            meant = _meant(resolved, blamed, error.nearest)
            raise misfit(resolved, blamed, error.message, *(Write(blamed, path) for path in meant)) from None
        raise misfit(resolved, blamed, error.message if cures else str(error), *cures) from None


@contextmanager
def blamed_on_source(resolved: Resolved) -> Iterator[None]:
    """As `blamed_on` the source, of errors that blame one of its settings, or none."""
    source = resolved.values["data"]["source"]
    try:
        yield
    except ConfigError:
        raise
    except UserError as error:
        if error.setting and error.setting not in settings_in(source):
            raise
        with blamed_on(resolved, "data", "source", name_of(source)):
            raise


def _meant(resolved: Resolved, path: KeyPath, nearest: str) -> Iterator[str]:
    """The path that was probably meant by the one at `path`, written as from where that stands.

    It is the nearest beside it that is not named already, or else one that leads from the current directory, or one
    beside the config.
    """
    given, settings = at(resolved.values, path), settings_in(at(resolved.values, path[:-2]))
    source = resolved.place(*path).source
    start = Path() if source.is_argument else Path(source.name).parent
    named = {str(resolved.folder / value) for value in settings.values() if isinstance(value, str)}
    others = [os.path.relpath(resolved.folder / given, start), str(resolved.folder / Path(given).name)]
    for other in [nearest] * bool(nearest) + others:
        if other not in named and Path(other).exists():
            yield other if Path(given).is_absolute() else os.path.relpath(other, start)
            return
