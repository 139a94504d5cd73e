"""Losses: functions of predictions and targets that return one number to minimise, averaged over the examples.

Keyword-only parameters, where a loss has them, are its settings in YAML.
"""

from collections.abc import Callable

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import DataError, ShapeError

Loss = Callable[[Tensor, np.ndarray], Tensor]


def MSE(pred: Tensor, real: np.ndarray) -> Tensor:
    """Mean squared error: the mean of (pred - real)^2 over all elements, which are as many on both sides."""
    real = np.asarray(real, pred.dtype)
    _demand_same_shape("MSE", pred, real.shape)
    return ad.reduce_mean(ad.power(pred - real, 2))


def categorical_crossentropy(pred: Tensor, real: np.ndarray) -> Tensor:
    """-sum(real * log(pred)) over the classes, the last axis, averaged over everything else.

    `pred` (..., C) holds probabilities. Where they come straight from Softmax, the logits are used: nothing
    overflows, however sure the model is. `real` holds integer classes (...) or a row per example (..., C),
    one-hot or any distribution.
    """
    real = np.asarray(real)
    if real.ndim == pred.ndim - 1 and real.dtype.kind in "iu":
        real = _one_hot(real, pred.shape[-1])
    real = real.astype(pred.dtype, copy=False)
    _demand_same_shape("categorical_crossentropy", pred, real.shape)
    examples = real.size // real.shape[-1]
    return ad.multiply(ad.reduce_sum(ad.log_probabilities(pred) * real), -1 / examples)


def _one_hot(classes: np.ndarray, count: int) -> np.ndarray:
    """Rows (..., count) with a one at the place of each class (...)."""
    if classes.size and not 0 <= classes.min() <= classes.max() < count:
        raise DataError(f"classes are numbered from 0 to {count - 1}, but got {classes.min()} to {classes.max()}")
    rows = np.zeros((*classes.shape, count), np.float32)
    np.put_along_axis(rows, classes[..., None], 1, axis=-1)
    return rows


def _demand_same_shape(loss: str, pred: Tensor, real: tuple[int, ...]) -> None:
    if pred.shape != real:
        raise ShapeError(f"{loss} compares like with like, but predictions have shape {pred.shape} and targets {real}")
