"""What a model is to tell, and all that follows from it: which losses and metrics fit, and what is shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zen_cli import loss, metric

Array = np.ndarray
Shape = tuple[int, ...]
Columns = Mapping[str, Sequence[Any] | Array]  # of a table, by name
Scores = Mapping[str, Callable[..., float | Array]]
OF_SERIES: Scores = metric.OF_VALUES
OF_ROWS: Scores = {name: score for name, score in OF_SERIES.items() if name != "MASE"}  # that have no order


class Task:
    """A kind of targets, and of predictions: what `loss.Outputs` reads from a model's outputs."""

    losses: loss.Losses
    metrics: Scores  # the first is shown always
    labels: tuple[str, ...] = ()  # of classes
    targets: str  # what they are called
    examples = "examples"  # what these are called

    def prediction_shape(self, target: Shape) -> Shape:
        """The shape of a prediction for a target of this shape; neither has the batch."""
        return target

    def column(self, name: str, targets: Array) -> Columns:
        """Targets as columns of a table, whose names begin with this one."""
        raise NotImplementedError

    def columns(self, predictions: Array) -> Columns:
        """Predictions as columns of a table."""
        return self.column("prediction", predictions)


@dataclass(frozen=True)
class Regression(Task):
    """Numbers: targets and predictions (N, n), one for each of `names`."""

    names: tuple[str, ...]

    losses = loss.OF_VALUES
    metrics = OF_ROWS
    targets = "numbers"

    def column(self, name: str, targets: Array) -> Columns:
        if len(self.names) == 1:
            return {name: targets[:, 0]}
        return {f"{name}_{output}": targets[:, i] for i, output in enumerate(self.names)}


@dataclass(frozen=True)
class Forecast(Regression):
    """The values of a series' channels, `names`, for `horizon` steps after a window.

    Targets and predictions are (N, horizon * channels), and in a table a row for each step.
    """

    horizon: int = 1

    metrics = OF_SERIES
    targets = "values of a series"
    examples = "windows"

    def column(self, name: str, targets: Array) -> Columns:
        return super().column(name, targets.reshape(-1, len(self.names)))


@dataclass(frozen=True)
class Classification(Task):
    """One of several classes: targets (N,) are places in `labels`, predictions (N, C) probabilities.

    For a class at each step of a sequence they are (N, T) and (N, T, C), and in a table a row for each step.
    """

    labels: tuple[str, ...]

    losses = loss.OF_CLASSES
    metrics = metric.OF_CLASSES
    targets = "classes"

    def prediction_shape(self, target: Shape) -> Shape:
        return (*target, len(self.labels))

    def column(self, name: str, targets: Array) -> Columns:
        return {name: [self.labels[i] if i >= 0 else "" for i in targets.ravel()]}

    def columns(self, predictions: Array) -> Columns:
        each = predictions.reshape(-1, len(self.labels))
        told = self.column("prediction", each.argmax(axis=-1))
        if predictions.ndim > 2:  # there may be very many of both, steps and classes
            return {**told, "probability": each.max(axis=-1)}
        return {**told, **{f"probability_{label}": each[:, i] for i, label in enumerate(self.labels)}}
