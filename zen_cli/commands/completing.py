"""What the shell offers for the arguments of a command: configs, runs, and what a config may say."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from zen_cli.config.guide.suggest import Suggestion

CONFIG_ENDINGS = (".yaml", ".yml")
Entry = os.DirEntry[str]


def config_files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(path) for path in paths(incomplete, lambda entry: entry.name.endswith(CONFIG_ENDINGS))]


def files(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(path) for path in paths(incomplete)]


def runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of runs, the newest last; where none fits, directories on the way to one."""
    from zen_cli.training.run import all_runs

    given = ctx.params.get(param.name or "") or ()
    names = [run.name for run in all_runs(ctx.params.get("runs") or Path("runs"))]
    fitting = [name for name in names if name.startswith(incomplete) and name not in given]
    return [CompletionItem(name) for name in fitting or folders(incomplete)]


def configs_and_runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    found = config_files(ctx, param, incomplete) + runs(ctx, param, incomplete)
    return list({item.value: item for item in found}.values())


def overrides(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """KEY=VALUE for the config that is the first argument."""
    from zen_cli.config.guide.suggest import suggestions

    first = next(each.name for each in ctx.command.params if isinstance(each, click.Argument))
    config, earlier = (ctx.params.get(name or "") for name in (first, param.name))
    found = suggestions(Path(config) if config else None, earlier or (), incomplete)
    return [item for each in found for item in _items(each)]


def _items(suggestion: "Suggestion") -> Iterator[CompletionItem]:
    if not suggestion.leads_to_files:
        yield CompletionItem(suggestion.text, help=suggestion.meaning)
        return
    key, _, begun = suggestion.text.partition("=")
    yield from (CompletionItem(f"{key}={path}") for path in paths(begun))


def paths(incomplete: str, is_wanted: Callable[[Entry], bool] = lambda _: True) -> Iterator[str]:
    """What the beginning of a path may become: directories, each with a `/`, and the files that are wanted."""
    folder, slash, beginning = incomplete.rpartition("/")
    try:
        entries = sorted(os.scandir(Path(folder + slash).expanduser()), key=lambda entry: entry.name)
    except (OSError, ValueError, RuntimeError):  # no such folder, a NUL in its name, a home that is not known
        return
    for entry in entries:
        is_hidden = entry.name.startswith(".") and not beginning
        if entry.name.startswith(beginning) and not is_hidden and (entry.is_dir() or is_wanted(entry)):
            yield f"{folder}{slash}{entry.name}{'/' if entry.is_dir() else ''}"


def folders(incomplete: str) -> Iterator[str]:
    return paths(incomplete, lambda _: False)
