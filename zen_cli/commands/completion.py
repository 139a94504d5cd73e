"""`zen completion`"""

import os
from pathlib import PurePath

import click
from click.shell_completion import get_completion_class

from zen_cli.commands import shells

SHELLS = [shell.name for shell in (shells.Bash, shells.Zsh, shells.Fish)]


@click.command(short_help="Print a script with which the shell completes zen's arguments.")
@click.argument("shell", required=False, type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str | None) -> None:
    """Print the script with which SHELL completes commands, configs, runs, keys and values. Without SHELL, for yours.

    \b
    Where it goes; it works in the next shell that you start:
      bash  zen completion bash > ~/.local/share/bash-completion/completions/zen
      zsh   zen completion zsh > ~/.zfunc/_zen
            with this in ~/.zshrc: fpath=(~/.zfunc $fpath); autoload -U compinit; compinit
      fish  zen completion fish > ~/.config/fish/completions/zen.fish

    \b
    Example:
      zen completion bash
    """
    name = shell or PurePath(os.environ.get("SHELL", "")).name
    complete = get_completion_class(name)
    if complete is None:
        raise click.UsageError(f"SHELL is {name or 'not set'}: name one of {', '.join(SHELLS)}")
    click.echo(complete(context.find_root().command, {}, "zen", "_ZEN_COMPLETE").source(), nl=False)
