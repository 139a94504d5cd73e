"""`zen reproduce`"""

import tempfile
from pathlib import Path

import click

from zen_cli.commands.options import run_argument, runs_option, warn


@click.command(short_help="Train a run once more, and compare.")
@run_argument
@runs_option
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def reproduce(run: str | None, runs: Path, quiet: bool) -> None:
    """Train RUN once more from its start and compare: a path, a run's name or its beginning. Without RUN, the newest.

    The training is that of run.json, on the same data, up to the newest checkpoint. Metrics and weights have to be the
    same to the last bit, as they are on the same machine with the same NumPy and as many threads. Where they are not,
    the first difference is named, and the exit code is 3. The run itself stays as it is.

    \b
    Example:
      zen reproduce
      zen reproduce sine-1 --quiet
    """
    from zen_cli.report.progress import follow
    from zen_cli.training.reproduce import Reproduction
    from zen_cli.training.run import find

    chosen = find(runs, run)
    with tempfile.TemporaryDirectory(prefix="zen-") as scratch, Reproduction(chosen, Path(scratch), warn) as again:
        records = again.records()
        for _ in records if quiet else follow(records, again.job.plan.epochs):
            pass
        click.echo(f"{chosen.path} is reproduced, {again.demand_same()}")
