"""`zen train`"""

import sys
from pathlib import Path

import click

from zen_cli.commands.options import config_argument, overrides_argument, quiet_option, runs_option, warn


@click.command(short_help="Train the model that a config describes.")
@config_argument
@overrides_argument
@runs_option
@quiet_option
def train(config: Path, overrides: tuple[str, ...], runs: Path, quiet: bool) -> None:
    """Train the model that CONFIG, a YAML file, describes.

    Leaves checkpoints, metrics, predictions and plots in a new directory under runs/, named after the config. A
    training that is stopped, by a signal or a power cut, goes on with `zen resume`.
    KEY=VALUE changes a value of the config for this run: a dotted path and YAML, with list items by number, layers also
    by name. KEY+=VALUE adds to a list.

    \b
    Example:
      zen train configs/sine.yaml
      zen train configs/sine.yaml seed=1 optimizer.RMSProp.lr=1e-3
      zen train configs/digits.yaml optimizer=Adam --quiet
    """
    from zen_cli.config.build import open_config
    from zen_cli.report.finishing import finish
    from zen_cli.report.tables import show_start
    from zen_cli.training.job import begin

    opened = open_config(config, overrides)
    for warning in opened.warnings:
        warn(warning)
    with begin(opened.experiment, runs, config.stem, opened.text, sys.argv[1:]) as job:
        if not quiet:
            show_start(job.run, job.experiment.model.summary, job.experiment.data)
        finish(job, quiet)
