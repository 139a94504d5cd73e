"""`zen predict`"""

from pathlib import Path

import click

from zen_cli.commands import completing
from zen_cli.commands.options import MOST_STEPS, run_argument, runs_option


@click.command(short_help="Predict with a trained model.")
@run_argument
@click.option(
    "--steps",
    type=click.IntRange(1, MOST_STEPS),
    help="Go on for N steps, predictions fed back.",
    metavar="N",
)
@click.option(
    "--input",
    "input_file",
    metavar="FILE",
    shell_complete=completing.files,
    help="Predict for new values from a CSV file; - is standard input.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    shell_complete=completing.files,
    help="Write the CSV here; - is standard output. [default: in the run]",
)
@runs_option
def predict(run: str | None, steps: int | None, input_file: str | None, output: str | None, runs: Path) -> None:
    """Predict with the model of RUN: a path, a run's name or the beginning of it. Without RUN, the newest.

    By default, one step ahead for every window of the data, or the class of every example, beside the truth.
    --steps goes beyond the end of a series: each prediction is fed back as the newest value. --input takes new
    values, one example a line: for a series, a line for each value. The result is CSV.

    \b
    Example:
      zen predict
      zen predict sine-1 --steps 100 --output -
      zen predict digits-1 --input images.csv --output labels.csv
    """
    from zen_cli.report import answers
    from zen_cli.training.run import find

    path = answers.predict(find(runs, run), steps, input_file, output)
    if path is not None:
        click.echo(path)
