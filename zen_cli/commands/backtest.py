"""`zen backtest`"""

import sys
import time
from pathlib import Path

import click

from zen_cli.commands import completing
from zen_cli.commands.options import config_argument, overrides_argument, warn


@click.command(short_help="Forecast the past of a series, and score that.")
@config_argument
@overrides_argument
@click.option(
    "--origins",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    metavar="N",
    help="How many times to train and forecast.",
)
@click.option(
    "--every",
    type=click.IntRange(1),
    metavar="STEPS",
    help="How many values lie between two origins. [default: data.horizon]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    shell_complete=completing.files,
    help="Write all forecasts here as CSV; - is standard output.",
)
def backtest(config: Path, overrides: tuple[str, ...], origins: int, every: int | None, output: Path | None) -> None:
    """Train the model of CONFIG again and again, each time on the series up to an origin, and forecast what follows.

    That is how good the forecasts would have been, had it been used in the past: one split may be lucky. The last
    origin lies as many values before the end as are predicted, data.horizon, and the others before it; data.split does
    not count. Everything is fitted anew at each origin, scaling too. An origin goes by the date of the first value that
    is predicted. No run is made.

    \b
    Example:
      zen backtest air.yaml
      zen backtest air.yaml --origins 10 --every 1 --output forecasts.csv
      zen backtest air.yaml training.epochs=20 -o - | head
    """
    from zen_cli.config.rolling import rolling
    from zen_cli.config.text.words import count
    from zen_cli.report import answers, progress, scores
    from zen_cli.training.backtest import overall, rolled

    started = time.monotonic()
    opened = rolling(config, overrides)
    if output:
        answers.demand_no_data(output, opened.resolved, [config])
    for warning in opened.warnings:
        warn(warning)
    steps = every or opened.horizon
    found = progress.follow_origins(rolled(opened, origins, steps), origins)
    told = answers.kept(found, output) if output else list(found)
    together = overall(told, opened.horizon, steps)
    scores.show_backtest(told, together, sys.stderr if output == answers.STANDARD_OUTPUT else sys.stdout)
    click.echo(
        f"{count(sum(bool(origin.contenders) for origin in told), 'training')} took {time.monotonic() - started:.1f} s",
        err=True,
    )
