"""`zen plot`"""

from pathlib import Path

import click

from zen_cli.commands.options import MOST_STEPS, runs_option, several_runs_argument, told_of, warn


@click.command(short_help="Draw the pictures of a run, or compare several.")
@several_runs_argument
@click.option("--format", "kind", type=click.Choice(["png", "svg", "pdf"]), default="png", show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the pictures. [default: RUN/plots]",
)
@click.option(
    "--steps",
    metavar="N",
    type=click.IntRange(1, MOST_STEPS),
    default=100,
    show_default=True,
    help="Length of the extrapolation.",
)
@runs_option
def plot(names: tuple[str, ...], kind: str, output: Path | None, steps: int, runs: Path) -> None:
    """Draw the pictures of RUN: a path, a run's name or the beginning of it. Without RUN, the newest.

    Loss curves; for a series the predictions over the truth and the extrapolation; for classes the confusion
    matrix. Several runs are compared: their loss curves go into one picture. Prints the paths of the pictures.

    \b
    Example:
      zen plot
      zen plot sine-1 --format svg --output figures
      zen plot sine-1 sine-2 sine_cosine-1
    """
    from zen_cli.report import results
    from zen_cli.training.run import find

    chosen = [told_of(find(runs, name)) for name in names or (None,)]
    for path in results.plot(chosen, kind, output, steps, warn):
        click.echo(path)
