"""The tables that a person sees around a training."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from zen_cli.config.build import Experiment
from zen_cli.nn.model import LayerSummary
from zen_cli.training.loop import EpochRecord
from zen_cli.training.run import Run

SCORE_NAMES = {"val_loss": "held-out loss", "val_rmse": "held-out RMSE", "val_accuracy": "held-out accuracy"}


def show_model(name: str, layers: Sequence[LayerSummary], out: TextIO | None = None) -> None:
    """The stack of a model: each layer's output shape without the batch, and its number of parameters."""
    table = Table(title=f"Model {name}", title_justify="left", title_style="bold")
    table.add_column("Layer")
    table.add_column("Output shape", justify="right")
    table.add_column("Parameters", justify="right")
    for layer in layers:
        table.add_row(layer.name, " x ".join(map(str, layer.output)), f"{layer.parameters:,}")
    table.add_section()
    table.add_row("Total", "", f"{sum(layer.parameters for layer in layers):,}", style="bold")
    _console(out).print(table)


def show_result(
    run: Run, last: EpochRecord, experiment: Experiment, files: Sequence[Path], out: TextIO | None = None
) -> None:
    """The end of a training: scores, where everything is, and what to type next."""
    grid = Table.grid(padding=(0, 2))
    grid.add_row("training loss", f"{last.loss:.6g}")
    for key, value in last.scores.items():
        grid.add_row(SCORE_NAMES[key], f"{value:.6g}  ({experiment.data.held_out} examples)")
    grid.add_row("run", f"{run.path}")
    for i, path in enumerate(files):
        grid.add_row("" if i else "in it", str(path.relative_to(run.path)))
    grid.add_row("next", f"zen predict {run.name}" + (" --steps 100" if experiment.data.series else ""))
    grid.add_row("", f"zen plot {run.name}")
    title = f"Trained {last.epoch} epochs, {last.step} steps"
    _console(out).print(Panel(grid, title=title, title_align="left", expand=False))


def _console(out: TextIO | None) -> Console:
    return Console(file=out or sys.stderr, highlight=False, soft_wrap=False)
