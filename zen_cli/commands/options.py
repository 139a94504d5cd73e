"""Arguments and options that several commands have. They import nothing heavy: `zen --help` stays quick."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zen_cli.commands import completing

if TYPE_CHECKING:
    from zen_cli.training.run import Run

MOST_STEPS = 1_000_000  # of an extrapolation
MOST_EPOCHS = 1_000_000_000


def warn(text: str) -> None:
    """Tell of what is not as it was meant, on standard error."""
    click.echo(f"zen: warning: {text}", err=True)


def told_of(run: "Run") -> "Run":
    """The run, after a warning where its training did not come to its end."""
    from zen_cli.training.kept import shortfall

    if words := shortfall(run):
        warn(words)
    return run


config_argument = click.argument("config", type=click.Path(path_type=Path), shell_complete=completing.config_files)
overrides_argument = click.argument(
    "overrides", metavar="[KEY=VALUE]...", nargs=-1, shell_complete=completing.overrides
)
config_or_run_argument = click.argument("wanted", metavar="CONFIG|RUN", shell_complete=completing.configs_and_runs)
run_argument = click.argument("run", required=False, shell_complete=completing.runs)
data_argument = click.argument("data", required=False, shell_complete=completing.files)
several_runs_argument = click.argument("names", metavar="[RUN]...", nargs=-1, shell_complete=completing.runs)

runs_option = click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Directory that holds the runs.",
)

quiet_option = click.option(
    "-q", "--quiet", is_flag=True, help="Print the run's path on standard output and nothing else."
)
