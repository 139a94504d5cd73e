"""The tables that a person sees around a training."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.table import Table

from zen_cli.metric import title
from zen_cli.nn.model import LayerSummary
from zen_cli.training.loop import EpochRecord
from zen_cli.training.predictions import Scores
from zen_cli.training.run import Run


def show_model(run: Run, layers: Sequence[LayerSummary], out: TextIO | None = None) -> None:
    """The stack of a run's model: each layer's output shape without the batch, and its number of parameters."""
    table = _table("Layer", "Output shape", "Parameters")
    for layer in layers:
        table.add_row(layer.name, " x ".join(map(str, layer.output)), f"{layer.parameters:,}")
    table.add_section()
    table.add_row("Total", "", f"{sum(layer.parameters for layer in layers):,}", style="bold")
    _print(out, f"Model of {run.path}", table)


def show_result(
    run: Run, last: EpochRecord, scores: Scores, files: Sequence[Path], goes_on: bool, out: TextIO | None = None
) -> None:
    """The end of a training: the scores of each part of the data, where everything is, and what to type next.

    `goes_on` is whether the model can predict beyond the end of its data.
    """
    table = _table("Examples", *scores)
    table.add_row("Count", *(f"{count:,}" for count, _ in scores.values()))
    for name in scores["all"][1]:
        table.add_row(title(name), *(f"{values[name]:.4g}" for _, values in scores.values()))
    name = shlex.quote(run.name if run.path.parent == Path("runs") else str(run.path))
    lines = [f"Run    {run.path}", *(f"       {path}" for path in files)]
    lines += [f"Next   zen predict {name}{' --steps 100' * goes_on}", f"       zen plot {name}"]
    _print(out, f"Trained {last.epoch} epochs, {last.step} steps: loss {last.loss:.4g}", table, *lines)


def _table(*columns: str) -> Table:
    table = Table()
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left")
    return table


def _print(out: TextIO | None, title: str, *parts: Table | str) -> None:
    console = Console(file=out or sys.stderr, highlight=False, markup=False)
    console.print(title, style="bold")
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))
