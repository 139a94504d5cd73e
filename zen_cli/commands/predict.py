"""`zen predict`"""

from pathlib import Path

import click

from zen_cli.commands import completing
from zen_cli.commands.options import MOST_STEPS, data_argument, run_argument, runs_option, told_of, warn


@click.command(short_help="Predict with a trained model.")
@run_argument
@data_argument
@click.option(
    "--steps",
    type=click.IntRange(1, MOST_STEPS),
    help="Go on for N steps, predictions fed back.",
    metavar="N",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=completing.files,
    help="Write the CSV here; - is standard output. [default: in the run]",
)
@runs_option
def predict(run: str | None, data: str | None, steps: int | None, output: str | None, runs: Path) -> None:
    """Predict with the model of RUN: a path, a run's name or the beginning of it. Without RUN, the newest.

    By default, for every window or example of the data that it was trained on, beside the truth. DATA is a file of
    other data of the same kind: a CSV file with the columns of the training data, in any order, images, text; - is
    standard input. --steps goes beyond the end of a series: predictions are fed back as the newest values. The result
    is CSV.

    \b
    Example:
      zen predict
      zen predict sine-1 --steps 100 --output -
      zen predict digits-1 images.csv --output labels.csv
    """
    from zen_cli.report import answers
    from zen_cli.training.run import find_with_data

    chosen, given = find_with_data(runs, run, data)
    path = answers.predict(told_of(chosen), given, steps, output, warn)
    if path is not None:
        click.echo(path)
