"""`zen resume`"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zen_cli.commands.options import MOST_EPOCHS, quiet_option, run_argument, runs_option, warn

if TYPE_CHECKING:
    from zen_cli.training.plan import ScheduleRule


@click.command(short_help="Go on with a training that was stopped.")
@run_argument
@click.option(
    "--epochs",
    type=click.IntRange(1, MOST_EPOCHS),
    metavar="N",
    help="Train N epochs in all, more than was planned, or fewer.",
)
@click.option(
    "--schedule",
    type=click.Choice(["keep", "stretch"]),
    help="With --epochs: keep the schedule, whose last rate then stays, or stretch it over N epochs.",
)
@click.option("--changed-data", is_flag=True, help="Go on although the data are others by now.")
@runs_option
@quiet_option
def resume(
    run: str | None,
    epochs: int | None,
    schedule: "ScheduleRule | None",
    changed_data: bool,
    runs: Path,
    quiet: bool,
) -> None:
    """Go on with the training of RUN: a path, a run's name or the beginning of it. Without RUN, the newest.

    It goes on from the newest checkpoint that is whole, and ends with the same bytes as a training that was never
    stopped. Nothing but the run and its data is needed. What has come to its end stays as it is, unless --epochs asks
    for more.

    \b
    Example:
      zen resume
      zen resume sine-1 --epochs 50
      zen resume sine-1 --epochs 50 --schedule stretch
    """
    from zen_cli.report import finishing
    from zen_cli.training import kept
    from zen_cli.training import resume as resuming
    from zen_cli.training.run import find

    found, wish = find(runs, run), resuming.Wish(epochs, schedule, changed_data)
    ending = kept.ending(found)
    if ending and wish.is_met_by(ending):
        resuming.tidy(found)
        finishing.show_ending(found, ending, quiet)
        return
    with resuming.resume(found, wish, warn) as job:
        finishing.go_on(job, quiet)
