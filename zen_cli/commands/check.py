"""`zen check`"""

import sys
from pathlib import Path

import click

from zen_cli.commands.options import config_argument, overrides_argument, warn


@click.command(short_help="Check a config without training, and estimate time and memory.")
@config_argument
@overrides_argument
@click.option(
    "--level",
    type=click.Choice(["schema", "data", "model", "step"]),
    default="step",
    show_default=True,
    help="How far to go: keys and values, then the data, then the model for them, then a training step.",
)
def check(config: Path, overrides: tuple[str, ...], level: str) -> None:
    """Check CONFIG without training it. Writes nothing.

    Tells of the data, of the model, of one training step that is really taken, and how long the whole training will
    take and how much memory. Problems come with their places in the config, and exit code 2.

    \b
    Example:
      zen check configs/sine.yaml
      zen check configs/digits.yaml training.batch_size=512
      zen check configs/rnn.yaml --level model
    """
    from zen_cli.report import findings
    from zen_cli.training import levels

    findings.show(levels.check(config, overrides, level), sys.stdout, warn)
