"""The tables that a person sees around a training."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from rich.table import Table

from zen_cli.data.dataset import Dataset
from zen_cli.memory import bytes_in_words
from zen_cli.metric import title
from zen_cli.nn import Model
from zen_cli.nn.layers import LayerSummary
from zen_cli.nn.parameters import Shape
from zen_cli.report.console import PlainConsole, new_table
from zen_cli.report.scores import judgement
from zen_cli.training.run import Run
from zen_cli.training.scores import PartScores


def remarks(data: Dataset) -> Iterator[str]:
    """What was made of the data that a person may want to know of."""
    yield from data.notes
    if left_out := data.left_out_in_words():
        yield f"left out, since they miss a value: {left_out}"


def show_start(run: Run, layers: Sequence[LayerSummary], data: Dataset, out: TextIO | None = None) -> None:
    """The stack of a run's model, and what a person may want to know of its data."""
    _print(out, f"Model of {run.path}", model_table(layers), *remarks(data))


def show_summary(name: str, model: Model, out: TextIO) -> None:
    """The stack of a planned model, and how much of it a checkpoint holds."""
    size = f"Parameters take {bytes_in_words(model.bytes_kept)} of a checkpoint, without the optimizer's state."
    _print(out, f"Model of {name}", model_table(model.summary), size)


def model_table(layers: Sequence[LayerSummary]) -> Table:
    """Each layer's output shape without the batch, and its number of parameters; those inside of another indented."""
    table = new_table("Layer", "Output shape", "Parameters")
    for depth, layer in _with_parts(layers):
        name = f"{'  ' * depth}{layer.name}{f' ({layer.label})' if layer.label else ''}"
        table.add_row(name, shape_in_words(layer.output), f"{layer.parameters:,}")
    table.add_section()
    table.add_row("Total", "", f"{sum(layer.parameters for layer in layers):,}", style="bold")
    return table


def shape_in_words(shape: Shape) -> str:
    return " x ".join(map(str, shape)) or "one number"


def _with_parts(layers: Sequence[LayerSummary], depth: int = 0) -> Iterator[tuple[int, LayerSummary]]:
    for layer in layers:
        yield depth, layer
        yield from _with_parts(layer.parts, depth + 1)


def show_result(
    run: Run,
    ending: Sequence[str],
    scores: Mapping[str, PartScores],
    files: Sequence[Path],
    goes_on: bool,
    out: TextIO | None = None,
) -> None:
    """The end of a training: the scores of each part of the data, where everything is, and what to type next.

    `ending` says how it came about; `goes_on` is whether the model can predict beyond the end of its data from these
    alone.
    """
    table = new_table("Examples", *scores)
    table.add_row("Count", *(f"{found.examples:,}" for found in scores.values()))
    for name in next(iter(scores.values())).scores:
        table.add_row(title(name), *(f"{found.scores[name]:.4g}" for found in scores.values()))
    name = shlex.quote(run.name if run.path.parent == Path("runs") else str(run.path))
    lines = [f"Run    {run.path}", *(f"       {path}" for path in files)]
    asked = f"predict {name} --steps 100" if goes_on else f"evaluate {name}"
    lines += [f"Next   zen {asked}", f"       zen plot {name}"]
    _print(out, ending[0], *ending[1:], table, *judgement(scores), *lines)


def _print(out: TextIO | None, title: str, *parts: Table | str) -> None:
    console = PlainConsole(out or sys.stderr)
    console.print(title, style="bold", soft_wrap=True)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))
