"""Losses: functions of predictions and targets that return one number to minimise, averaged over what counts.

Keyword-only parameters, where a loss has them, are its settings in YAML. A `mask` of ones and zeros says what counts:
(B,) for examples, (B, T) for steps of sequences. The tables at the end say what a loss compares, and how it reads the
outputs of a model.
"""

from collections.abc import Callable

from zen_cli.autodiff import Tensor
from zen_cli.loss.classes import binary_crossentropy, categorical_crossentropy
from zen_cli.loss.compared import Loss, Targets, compared, counted
from zen_cli.loss.outputs import Binary, Categorical, MeanAndVariance, Outputs, Quantiles
from zen_cli.loss.values import MAE, MSE, Huber, gaussian_nll, quantile
from zen_cli.loss.weights import balanced, demand_a_weight_each

__all__ = [
    "MAE",
    "MSE",
    "OF_CLASSES",
    "OF_VALUES",
    "Huber",
    "Loss",
    "Losses",
    "Outputs",
    "Targets",
    "balanced",
    "binary_crossentropy",
    "categorical_crossentropy",
    "compared",
    "counted",
    "demand_a_weight_each",
    "gaussian_nll",
    "quantile",
]

Losses = dict[str, tuple[Callable[..., Tensor], type[Outputs]]]  # by the name that YAML knows

OF_VALUES: Losses = {
    "MSE": (MSE, Outputs),
    "MAE": (MAE, Outputs),
    "Huber": (Huber, Outputs),
    "quantile": (quantile, Quantiles),
    "gaussian_nll": (gaussian_nll, MeanAndVariance),
}
OF_CLASSES: Losses = {
    "categorical_crossentropy": (categorical_crossentropy, Categorical),
    "binary_crossentropy": (binary_crossentropy, Binary),
}
