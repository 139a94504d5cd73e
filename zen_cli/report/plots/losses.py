"""Losses over the epochs."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator

from zen_cli.report.plots.canvas import BLUE, CYCLE, ORANGE, canvas


class _PlainLog(LogFormatter):
    """0.01 instead of a power of ten, whose typesetting takes longer than to train a small model."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{x:g}" if super().__call__(x, pos) else ""


def loss_curves(runs: Sequence[tuple[str, Sequence[Mapping[str, Any]]]]) -> Figure:
    """Training loss (solid) and validation loss (dotted) over the epochs, from each run's name and records.

    The axis is logarithmic, unless a loss is negative, as a density's may be, or none is above 0.
    """
    alone, keys = len(runs) == 1, ("loss", "val_loss")
    losses = [record.get(key) or 0 for _, records in runs for record in records for key in keys]
    linear = min(losses, default=0) < 0 or max(losses, default=1) == 0
    label = "loss" if linear else "loss (logarithmic)"
    figure, axes = canvas(f"Loss of {runs[0][0]}" if alone else "Loss", "epoch", label)
    marker = "." if max(len(records) for _, records in runs) <= 30 else None
    for i, (name, records) in enumerate(runs):
        prefix = "" if alone else f" {name}: "  # a label that starts with _ would be left out of the legend
        colors = (BLUE, ORANGE) if alone else 2 * (CYCLE[i % len(CYCLE)],)
        for key, part, line, color in zip(keys, ("training", "validation"), "-:", colors, strict=True):
            points = _points(records, key, -math.inf if linear else 0)
            if points:
                axes.plot(*zip(*points, strict=True), line, label=prefix + part, color=color, marker=marker)
    if axes.lines:
        axes.set_yscale("linear" if linear else "log")
        if not linear:
            axes.yaxis.set_major_formatter(_PlainLog())
            axes.yaxis.set_minor_formatter(_PlainLog())
        for text in axes.legend().get_texts():
            text.set_parse_math(False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


def _points(records: Sequence[Mapping[str, Any]], key: str, above: float) -> list[tuple[int, float]]:
    """The epochs with a score above that number, and the score: a logarithm needs it above 0."""
    return [(record["epoch"], record[key]) for record in records if record.get(key) is not None and record[key] > above]
