"""`zen init`"""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

FIRST = "forecast"


def _templates(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from zen_cli.report.starters import templates

    return [CompletionItem(t.name, help=t.purpose) for t in templates().values() if t.name.startswith(incomplete)]


@click.command(short_help="Write a commented config to start from.")
@click.argument("file", required=False, type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "-t",
    "--template",
    "name",
    metavar="NAME",
    default=FIRST,
    show_default=True,
    shell_complete=_templates,
    help="What to start from.",
)
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def init(file: Path | None, name: str, force: bool) -> None:
    """Write a config that trains as it stands, with a comment on each setting. Prints its path.

    FILE is NAME.yaml unless you say otherwise; - is standard output. A schema is put beside it, by which
    editors complete and check the config.

    \b
    Templates:
      forecast  Forecast a series: an LSTM reads the latest values and gives the next one.
      classify  Classify rows of numbers: a dense network tells which digit 64 pixels show.
      images    Classify images: a small convolutional network tells the digit on 8x8 pixels.
      minimal   The least that trains: a sine wave and an LSTM, all else at its default.

    \b
    Example:
      zen init
      zen init digits.yaml --template images
      zen init - --template minimal
    """
    from zen_cli.report import starters

    known = starters.templates()
    if str(file) in known:
        raise click.UsageError(f"{file} is a template: write zen init --template {file}, or {file}.yaml for the file")
    template = starters.chosen("template", name, known)
    path = file or Path(f"{template.name}.yaml")
    if str(path) == "-":
        click.echo(template.text, nl=False)
    else:
        talk = starters.write({path: template.named(path.name)}, force, "name another FILE")
        click.echo(path)
        click.echo(talk, err=True)
