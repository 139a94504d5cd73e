"""The errors of parts that do not go together, each with its place in the config and what would cure it."""

from collections.abc import Iterator
from contextlib import contextmanager

from zen_cli.config.meaning.cures import Add, Cure, problem, setting
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath
from zen_cli.config.text.problems import ConfigError
from zen_cli.errors import UserError


def misfit(resolved: Resolved, path: KeyPath, message: str, *cures: Cure) -> ConfigError:
    return ConfigError([problem(resolved, path, message, cures)])


@contextmanager
def blamed_on(resolved: Resolved, *path: str | int, otherwise: Cure | None = None) -> Iterator[None]:
    """Give an error of the user's that comes up in here its place in the config, and as hint what it says would do.

    Where it names no value that would do, the hint is the cure `otherwise`, and its own advice stays in the message.
    """
    try:
        yield
    except UserError as error:
        blamed = (*path, error.setting) if error.setting else path
        cures = [
            setting(resolved, blamed, value) if key == error.setting else Add(path, key, value)
            for key, value in error.instead.items()
        ] or [cure for cure in [otherwise] if cure]
        raise misfit(resolved, blamed, error.message if cures else str(error), *cures) from None
