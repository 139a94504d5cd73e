"""`zen show`"""

from pathlib import Path

import click

from zen_cli.commands.options import config_argument, overrides_argument


@click.command(short_help="Show a config in full, and where each value comes from.")
@config_argument
@overrides_argument
def show(config: Path, overrides: tuple[str, ...]) -> None:
    """Show all that CONFIG says: every setting, and beside it the line, override or default that it comes from.

    What is printed is a config itself. It does not extend another, so it can be kept or sent as it is.

    \b
    Example:
      zen show configs/sine.yaml
      zen show configs/sine.yaml optimizer.RMSProp.lr=1e-3
      zen show configs/sine.yaml > full.yaml
    """
    from zen_cli.config.build import read_config
    from zen_cli.report import origins

    _, resolved = read_config(config, overrides)
    for yaml, origin in origins.aligned(origins.lines(resolved)):
        click.echo(yaml + click.style(origin, dim=True))
