"""`zen init`"""

from pathlib import Path

import click
from click.shell_completion import CompletionItem

FIRST = "forecast"
CONFIGS = {".yaml", ".yml"}


def _templates(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from zen_cli.report.starters import templates

    return [CompletionItem(t.name, help=t.purpose) for t in templates().values() if t.name.startswith(incomplete)]


@click.command(short_help="Write a commented config to start from.")
@click.argument("file", required=False, type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "-d",
    "--data",
    type=click.Path(path_type=Path),
    metavar="DATA",
    help="Look at this file, and write a config for it.",
)
@click.option("--target", metavar="COLUMN", help="The column of DATA that is to be predicted.")
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
@click.pass_context
def init(
    context: click.Context, file: Path | None, data: Path | None, target: str | None, name: str, force: bool
) -> None:
    """Write a config that trains as it stands, with a comment on each setting. Prints its path.

    FILE is NAME.yaml unless you say otherwise, or with --data that of the data; - is standard output. A schema is put
    beside it, by which editors complete and check the config.

    DATA may be a CSV file (a series with a column of dates, or a table), text, a .npz, IDX images such as MNIST's, a
    .ts or .tsv of UCR, or a folder with a folder of images for each class. What belongs to it, such as labels or a test
    part, is looked for beside it.

    \b
    Templates:
      forecast  Forecast a series: an LSTM reads the latest values and gives the next one.
      classify  Classify rows of numbers: a dense network tells which digit 64 pixels show.
      images    Classify images: a small convolutional network tells the digit on 8x8 pixels.
      minimal   The least that trains: a sine wave and an LSTM, all else at its default.

    \b
    Example:
      zen init
      zen init --data sales.csv
      zen init --data iris.csv --target species flowers.yaml
      zen init digits.yaml --template images
    """
    if data is not None:
        _demand_no_template(context)
        _write_for(data, target, file, force)
    elif target is not None:
        raise click.UsageError("--target is a column of your data: name them with --data")
    else:
        _demand_no_data(file)
        _write_template(name, file, force)


def _write_for(data: Path, target: str | None, file: Path | None, force: bool) -> None:
    from zen_cli.config.proposal import propose
    from zen_cli.config.proposal.writing import text_of
    from zen_cli.report import starters

    path = file or starters.named_after(data)
    proposal = propose(data, target)
    for line in proposal.found:
        click.echo(line, err=True)
    _put(path, text_of(proposal, path), force)


def _write_template(name: str, file: Path | None, force: bool) -> None:
    from zen_cli.report import starters

    known = starters.templates()
    if str(file) in known:
        raise click.UsageError(f"{file} is a template: write zen init --template {file}, or {file}.yaml for the file")
    template = starters.chosen("template", name, known)
    path = file or Path(f"{template.name}.yaml")
    _put(path, template.text if str(path) == "-" else template.named(path.name), force)


def _put(path: Path, text: str, force: bool) -> None:
    from zen_cli.report import starters

    if str(path) == "-":
        click.echo(text, nl=False)
    else:
        talk = starters.write({path: text}, force, "name another FILE")
        click.echo(path)
        click.echo(talk, err=True)


def _demand_no_template(context: click.Context) -> None:
    if context.get_parameter_source("name") is not click.core.ParameterSource.DEFAULT:
        raise click.UsageError("--data and --template are two ways to begin: take one of them")


def _demand_no_data(file: Path | None) -> None:
    """A file that is there and no config is probably what the config is to be for."""
    if file is not None and file.is_file() and file.suffix not in CONFIGS:
        raise click.UsageError(f"{file} is there and no config: for a config that trains on it, name it with --data")
