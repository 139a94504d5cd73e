"""Options that several commands have. Like the commands, they import nothing heavy: `zen --help` stays quick."""

from pathlib import Path

import click

MOST_STEPS = 1_000_000  # of an extrapolation


def warn(text: str) -> None:
    """Tell of what is not as it was meant, on standard error."""
    click.echo(f"zen: warning: {text}", err=True)


runs_option = click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
    help="Directory that holds the runs.",
)
