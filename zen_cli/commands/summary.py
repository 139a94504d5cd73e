"""`zen summary`"""

import sys
from pathlib import Path

import click

from zen_cli.commands.options import config_or_run_argument, overrides_argument, runs_option


@click.command(short_help="Show the layers of a config's or a run's model.")
@config_or_run_argument
@overrides_argument
@runs_option
def summary(wanted: str, overrides: tuple[str, ...], runs: Path) -> None:
    """Show the layers of the model that CONFIG describes or RUN trained: what each gives, and its parameters.

    What is a file is a config; anything else is a run's path, its name or the beginning of it.

    \b
    Example:
      zen summary configs/sine.yaml
      zen summary configs/digits.yaml model.0.Linear.units=256
      zen summary sine-1
    """
    from zen_cli.report import tables
    from zen_cli.training.planned import model_of

    tables.show_summary(*model_of(wanted, overrides, runs), sys.stdout)
