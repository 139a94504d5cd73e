"""`zen generate`"""

from pathlib import Path

import click

from zen_cli.commands.options import MOST_STEPS, run_argument, runs_option, told_of


@click.command(short_help="Write text with a trained model.")
@run_argument
@click.option("--prompt", metavar="TEXT", default="", help="What the text begins with.")
@click.option(
    "--length",
    type=click.IntRange(1, MOST_STEPS),
    metavar="N",
    help="How many characters, words or lines to write. [default: 500, or 10 lines]",
)
@click.option(
    "--temperature",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    metavar="T",
    help="Below 1 likely tokens become likelier; 0 always takes the likeliest.",
)
@click.option("--top-k", type=click.IntRange(1), metavar="K", help="Choose among the K likeliest tokens alone.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, metavar="N", help="Another seed, another text."
)
@runs_option
def generate(
    run: str | None,
    prompt: str,
    length: int | None,
    temperature: float,
    top_k: int | None,
    seed: int,
    runs: Path,
) -> None:
    """Write text with the model of RUN: a path, a run's name or the beginning of it. Without RUN, the newest.

    The text goes to standard output, piece by piece as it comes. A model that was trained on lines, such as names,
    writes lines, each of which begins with the prompt. The same seed gives the same text.

    \b
    Example:
      zen generate
      zen generate shakespeare-1 --prompt "ROMEO:" --length 1000 --temperature 0.8
      zen generate names-1 --prompt jo --length 20 --top-k 5 --seed 1
    """
    from zen_cli.training.generation import Sampling, written
    from zen_cli.training.run import find

    for piece in written(told_of(find(runs, run)), prompt, length, Sampling(temperature, top_k, seed)):
        click.echo(piece, nl=False)
    click.echo()
