"""`zen schema`"""

from pathlib import Path

import click


@click.command(short_help="Print the JSON Schema of configs, for editors.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write it to this file; - is standard output.",
)
def schema(output: Path | None) -> None:
    """Print the JSON Schema of a config, with which an editor completes, explains and checks one as it is written.

    In VS Code the YAML extension does; other editors use yaml-language-server, too. A config names its schema, as a
    path from itself or a URL, in its first line: `# yaml-language-server: $schema=zen.schema.json`.

    \b
    Example:
      zen schema --output zen.schema.json
    """
    from zen_cli.config.guide import json_schema
    from zen_cli.training import durable

    if output is None or str(output) == "-":
        click.echo(json_schema.text(), nl=False)
    else:
        durable.deliver(output, json_schema.text().encode())
