"""`zen examples`"""

from pathlib import Path

import click
from click.shell_completion import CompletionItem


def _examples(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from zen_cli.report.starters import examples

    return [CompletionItem(e.name, help=e.purpose) for e in examples().values() if e.name.startswith(incomplete)]


@click.command(short_help="List the configs that come with zen, or copy some.")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=_examples)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False, allow_dash=True, path_type=Path),
    help="Directory for the copies; - prints one on standard output. [default: this one]",
)
@click.option("--force", is_flag=True, help="Replace files that exist.")
def examples(names: tuple[str, ...], output: Path | None, force: bool) -> None:
    """List the configs that come with zen: what each learns, and the score and time to expect.

    With NAMEs, copy those, with the data that they name, and print their paths. A schema is put beside them, by
    which editors complete and check them.

    \b
    Example:
      zen examples
      zen examples sine digits
      zen examples sine --output configs
    """
    from zen_cli.report import starters

    if not names:
        _demand(not output and not force, "--output and --force are for copies: name a config to copy")
        click.echo(starters.listing(), nl=False)
        return
    known = starters.examples()
    chosen = [starters.chosen("example", name, known) for name in names]
    copies = {f"{example.name}.yaml": example.text for example in chosen}
    if str(output) == "-":
        _demand(len(copies) == 1, "standard output takes one config at a time")
        click.echo("".join(copies.values()), nl=False)
        return
    copies |= {path: text for example in chosen for path, text in example.data.items()}
    files = {(output or Path()) / name: text for name, text in copies.items()}
    talk = starters.write(files, force, "name another directory with --output")
    click.echo("\n".join(map(str, files)))
    click.echo(talk, err=True)


def _demand(holds: bool, message: str) -> None:
    if not holds:
        raise click.UsageError(message)
