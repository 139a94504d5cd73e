"""`zen train`"""

import sys
from pathlib import Path

import click

from zen_cli.commands.options import config_argument, overrides_argument, runs_option, warn


@click.command(short_help="Train the model that a config describes.")
@config_argument
@overrides_argument
@runs_option
@click.option("-q", "--quiet", is_flag=True, help="Print the run's path on standard output and nothing else.")
def train(config: Path, overrides: tuple[str, ...], runs: Path, quiet: bool) -> None:
    """Train the model that CONFIG, a YAML file, describes.

    Leaves checkpoint, metrics, predictions and plots in a new directory under runs/, named after the config.
    KEY=VALUE changes a value of the config for this run: a dotted path and YAML, with list items by number, layers also
    by name. KEY+=VALUE adds to a list.

    \b
    Example:
      zen train configs/sine.yaml
      zen train configs/sine.yaml seed=1 optimizer.RMSProp.lr=1e-3
      zen train configs/digits.yaml optimizer=Adam --quiet
    """
    from zen_cli.config.build import open_config
    from zen_cli.data.forecasting import Forecasting
    from zen_cli.report import progress, results, tables
    from zen_cli.training.job import Job
    from zen_cli.training.loop import EpochRecord
    from zen_cli.training.predictions import Said
    from zen_cli.training.scores import scores_by_part

    opened = open_config(config, overrides)
    experiment = opened.experiment
    for warning in opened.warnings:
        warn(warning)
    job = Job(experiment, runs, config.stem, opened.text, sys.argv[1:])
    records = job.records()
    if not quiet:
        tables.show_start(job.run, experiment.model.summary, experiment.data)
        records = progress.follow(records, experiment.config["training"]["epochs"])
    last = [record for record in records if isinstance(record, EpochRecord)][-1]
    trained = job.trained()
    said = Said(trained, experiment.data)
    scores = scores_by_part(said)
    files = results.write(job.run, said, scores)
    if quiet:
        click.echo(job.run.path)
    else:
        preparation = experiment.preparation
        goes_on = isinstance(preparation, Forecasting) and preparation.goes_on
        tables.show_result(job.run, last, scores, files, goes_on)
