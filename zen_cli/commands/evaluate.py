"""`zen evaluate`"""

import sys
from pathlib import Path

import click

from zen_cli.commands.options import data_argument, run_argument, runs_option, told_of


@click.command(short_help="Score a trained model beside simple baselines.")
@run_argument
@data_argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@runs_option
def evaluate(run: str | None, data: str | None, as_json: bool, runs: Path) -> None:
    """Score the model of RUN, a path, a run's name or the beginning of it, without RUN the newest, beside baselines.

    On the test part of its own data, or the validation part where there is no other. DATA is a file of other data with
    the values that are to be told, such as `zen predict` takes; - is standard input. Says whether the model is better
    than rules that need no network, and which share of the real values lies in its intervals.

    \b
    Example:
      zen evaluate
      zen evaluate sine-1 --json
      zen evaluate iris-1 more.csv
    """
    from zen_cli.report import scores
    from zen_cli.training.judging import judged
    from zen_cli.training.run import find_with_data

    chosen, given = find_with_data(runs, run, data)
    found = judged(told_of(chosen), given)
    if as_json:
        click.echo(scores.as_json({found.part: found.found}).decode(), nl=False)
    else:
        scores.show_evaluation(found, sys.stdout)
