"""How the outputs of a model are read: the loss that it is trained with gives them their meaning."""

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.errors import UserError

Array = np.ndarray
Shape = tuple[int, ...]


class Outputs:
    """Outputs that are the prediction: values, or a probability for each class. Made from the settings of the loss."""

    ending: str | None = None  # the layer that the model has to end with
    per_value = 1  # how many outputs there are for each number of the prediction

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings

    def shape(self, prediction: Shape) -> Shape:
        """The shape of the outputs that predictions of this shape are read from; neither has the batch."""
        return (*prediction[:-1], self.per_value * prediction[-1])

    def prediction(self, outputs: Array) -> Array:
        """The best guess for each value (N, ..., n), or the probabilities of classes (N, ..., C)."""
        return outputs

    def spread(self, outputs: Array) -> dict[str, Array]:  # noqa: ARG002 - for those that tell more
        """What else the outputs tell of each value, by name, each (N, ..., n)."""
        return {}


class Quantiles(Outputs):
    """Several quantiles for each value; the prediction is the median, between its neighbours where it is not there."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self.quantiles: list[float] = list(settings["quantiles"])
        self.per_value = len(self.quantiles)
        if any(above <= below for below, above in itertools.pairwise(self.quantiles)):
            in_order = sorted(set(self.quantiles))
            message = f"each of the quantiles must be above the one before it, but they are {self.quantiles}"
            raise UserError(message, setting="quantiles", instead={"quantiles": in_order})

    def prediction(self, outputs: Array) -> Array:
        weights = [np.interp(0.5, self.quantiles, one_hot) for one_hot in np.eye(self.per_value)]
        median: Array = self._each(outputs) @ np.asarray(weights, outputs.dtype)
        return median

    def spread(self, outputs: Array) -> dict[str, Array]:
        each = self._each(outputs)
        return {f"quantile_{q:g}": each[..., i] for i, q in enumerate(self.quantiles)}

    def _each(self, outputs: Array) -> Array:
        return outputs.reshape(*outputs.shape[:-1], -1, self.per_value)


class MeanAndVariance(Outputs):
    """A mean and the logarithm of a variance for each value."""

    per_value = 2

    def prediction(self, outputs: Array) -> Array:
        return outputs[..., ::2]

    def spread(self, outputs: Array) -> dict[str, Array]:
        log_variance: Array = outputs[..., 1::2]
        return {"std": np.sqrt(np.maximum(np.exp(log_variance), self.settings["epsilon"]))}


class Categorical(Outputs):
    """A probability, or a logit, for each class."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self.ending = None if settings["from_logits"] else "Softmax"

    def prediction(self, outputs: Array) -> Array:
        return outputs if self.ending else ad.softmax(outputs).value


class Binary(Outputs):
    """The probability, or the logit, of the second of two classes, or of each of several against the rest."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        super().__init__(settings)
        self.ending = None if settings["from_logits"] else "Sigmoid"

    def shape(self, prediction: Shape) -> Shape:
        return (*prediction[:-1], 1) if prediction[-1] == 2 else prediction

    def prediction(self, outputs: Array) -> Array:
        p = outputs if self.ending else ad.sigmoid(outputs).value
        return p if p.shape[-1] > 1 else np.concatenate([1 - p, p], axis=-1)
