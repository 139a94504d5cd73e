"""Losses: functions of predictions and targets that return one number to minimise, averaged over the examples.

Keyword-only parameters, where a loss has them, are its settings in YAML.
"""

from collections.abc import Callable

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError

Loss = Callable[[Tensor, np.ndarray], Tensor]


def MSE(pred: Tensor, real: np.ndarray) -> Tensor:
    """Mean squared error: the mean of (pred - real)^2 over all elements, which are as many on both sides."""
    _demand_same_shape("MSE", pred, np.shape(real))
    return ad.reduce_mean(ad.power(pred - real, 2))


def categorical_crossentropy(pred: Tensor, real: np.ndarray) -> Tensor:
    """-sum(real * log(pred)) over the classes, the last axis, averaged over everything else.

    `pred` (..., C) holds probabilities. Where they come straight from Softmax, the logits are used: nothing
    overflows, however sure the model is. `real` holds integer classes (...) or a row per example (..., C),
    one-hot or any distribution.
    """
    real = np.asarray(real)
    if real.ndim == pred.ndim - 1 and real.dtype.kind in "iu":
        real = np.eye(pred.shape[-1], dtype=pred.dtype)[real]
    _demand_same_shape("categorical_crossentropy", pred, real.shape)
    examples = real.size // real.shape[-1]
    return ad.multiply(ad.reduce_sum(ad.log_probabilities(pred) * real), -1 / examples)


def _demand_same_shape(loss: str, pred: Tensor, real: tuple[int, ...]) -> None:
    if pred.shape != real:
        raise ShapeError(f"{loss} compares like with like, but predictions have shape {pred.shape} and targets {real}")
