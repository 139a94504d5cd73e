"""`zen explain`"""

import click
from click.shell_completion import CompletionItem


def _names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from zen_cli.config.guide import topics

    return [CompletionItem(name) for name in topics.names_below(incomplete)]


@click.command(short_help="Say what a key, a layer or any other part of a config is.")
@click.argument("topic", metavar="[KEY|COMPONENT]", required=False, shell_complete=_names)
def explain(topic: str | None) -> None:
    """Say what a part of a config is: what it does, what it may be, its default, and an example.

    It may be a layer or another component (RNN), a kind of them (layers), a setting (lr), or a key as it stands in a
    file or in an override (training.epochs, model.0.RNN.hidden_dim). Without argument all that there is is listed.

    \b
    Example:
      zen explain
      zen explain RNN
      zen explain optimizer.RMSProp.lr
    """
    from zen_cli.config.guide import topics
    from zen_cli.report import explanations

    explanations.show([] if topic is None else topics.find(topic))
