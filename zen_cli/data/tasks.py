"""What a model is to tell, and all that follows from it: which losses and metrics fit, and what is shown."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zen_cli import loss, metric
from zen_cli.data.series import Series, windows
from zen_cli.errors import DataError

Array = np.ndarray
Shape = tuple[int, ...]
Columns = Mapping[str, Sequence[Any] | Array]  # of a table, by name


class Task:
    """A kind of targets, and of predictions: what `loss.Outputs` reads from a model's outputs."""

    losses: loss.Losses
    metrics: Mapping[str, Callable[..., float | Array]]  # the first is shown always
    labels: tuple[str, ...]  # of classes
    targets: str  # what they are called
    examples = "examples"  # what these are called
    position = "example"  # what their positions are called

    def prediction_shape(self, target: Shape) -> Shape:
        """The shape of a prediction for a target of this shape; neither has the batch."""
        return target

    def column(self, targets: Array) -> Sequence[Any] | Array:
        """Targets as a column of a table."""
        raise NotImplementedError

    def columns(self, predictions: Array) -> Columns:
        """Predictions as columns of a table."""
        raise NotImplementedError

    def asked(self, inputs: Array, example: Shape) -> tuple[Array, Columns]:
        """New inputs, as a source gives them, cut into examples of this shape, and the columns that name these.

        Raises DataError where the inputs are too few.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class Forecast(Task):
    """The value that follows a window of a series: targets and predictions (N, 1)."""

    series: Series

    losses = loss.OF_VALUES
    metrics = metric.OF_VALUES
    labels = ()
    targets = "values of a series"
    examples = "windows"
    position = "x"

    def column(self, targets: Array) -> Array:
        return targets[:, 0]

    def columns(self, predictions: Array) -> Columns:
        return {"prediction": self.column(predictions)}

    def asked(self, inputs: Array, example: Shape) -> tuple[Array, Columns]:
        values, width = inputs[:, 0], example[0]
        demand_a_window(values, width)
        truth = [*values[width:], ""]  # the last prediction is of a value that is not known yet
        return windows(values, width), {"index": np.arange(width, len(values) + 1), "truth": truth}


def demand_a_window(values: Array, width: int) -> None:
    """DataError where there are fewer values than a model looks at."""
    if len(values) < width:
        raise DataError(f"the model looks at {width} values to predict the next, but there are only {len(values)}")


@dataclass(frozen=True)
class Classification(Task):
    """One of several classes: targets (N,) are places in `labels`, predictions (N, C) probabilities."""

    labels: tuple[str, ...]

    losses = loss.OF_CLASSES
    metrics = metric.OF_CLASSES
    targets = "classes"

    def prediction_shape(self, target: Shape) -> Shape:
        return (*target, len(self.labels))

    def column(self, targets: Array) -> Sequence[str]:
        return [self.labels[i] for i in targets]

    def columns(self, predictions: Array) -> Columns:
        probabilities = {f"probability_{label}": predictions[:, i] for i, label in enumerate(self.labels)}
        return {"prediction": self.column(predictions.argmax(axis=-1)), **probabilities}

    def asked(self, inputs: Array, example: Shape) -> tuple[Array, Columns]:  # noqa: ARG002 - an input is an example
        return inputs, {"example": np.arange(len(inputs))}
