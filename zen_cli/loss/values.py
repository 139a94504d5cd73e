"""Losses of values: how far predictions are from numbers."""

from collections.abc import Sequence

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.loss.averages import Mask, average, demand_same_shape
from zen_cli.settings import Fraction, Positive


def MSE(pred: Tensor, real: np.ndarray, mask: Mask = None) -> Tensor:
    """Mean squared error: the mean of (pred - real)^2 over all elements. PyTorch's MSELoss."""
    real = _like(pred, real, "MSE")
    return ad.mean_squared_error(pred, real) if mask is None else average(ad.square(pred - real), mask)


def MAE(pred: Tensor, real: np.ndarray, mask: Mask = None) -> Tensor:
    """Mean absolute error: the mean of |pred - real| over all elements. PyTorch's L1Loss."""
    return average(ad.absolute(pred - _like(pred, real, "MAE")), mask)


def Huber(pred: Tensor, real: np.ndarray, mask: Mask = None, *, delta: Positive = 1.0) -> Tensor:
    """The mean of error^2 / 2 for errors up to `delta`, and of delta (|error| - delta / 2) beyond.

    Outliers weigh less than in MSE. Huber 1964; PyTorch's HuberLoss.

    delta: From which error on, in the unit of the values, the loss grows in proportion to it and no longer as its
        square.
    """
    error = pred - _like(pred, real, "Huber")
    near = ad.clip(error, -delta, delta)
    return average(near * (error - near / 2), mask)


def quantile(
    pred: Tensor, real: np.ndarray, mask: Mask = None, *, quantiles: Sequence[Fraction] = (0.1, 0.5, 0.9)
) -> Tensor:
    """The pinball loss, smallest where a share q of the values lies below the prediction, for each q of `quantiles`.

    That is the mean of max(q error, (q - 1) error), with error = real - pred. The model gives Q numbers for each value,
    (..., n Q) for values (..., n), and what it predicts is the median, or, where 0.5 is not among `quantiles`, what
    lies between its neighbours. Koenker and Bassett 1978.

    quantiles: The Q shares of the values that are to lie below, each larger than the one before; between 0.1 and 0.9
        lie 80 % of them.
    """
    levels = np.asarray(quantiles, pred.dtype)  # (Q,)
    each, real = _several_for_each(pred, real, len(levels), "quantile")
    error = real[..., None] - each
    return average(ad.maximum(levels * error, (levels - 1) * error), mask)


def gaussian_nll(pred: Tensor, real: np.ndarray, mask: Mask = None, *, epsilon: Positive = 1e-6) -> Tensor:
    """-log of a normal density, up to a constant: the mean of (log v + (mean - real)^2 / v) / 2.

    The model gives two numbers for a value, (..., 2 n) for values (..., n): the mean and log v, the logarithm of the
    variance. Nix and Weigend 1994; PyTorch's GaussianNLLLoss.

    epsilon: No variance counts as less, so that a model that is sure of a value does not divide by nearly 0.
    """
    both, real = _several_for_each(pred, real, 2, "gaussian_nll")
    mean, variance = both[..., 0], ad.exp(both[..., 1])
    missing = np.maximum(epsilon - variance.value, 0)  # a constant: a variance below epsilon keeps its gradient
    v = variance + missing
    return average((ad.log(v) + ad.square(mean - real) / v) / 2, mask)


def _like(pred: Tensor, real: np.ndarray, loss: str) -> np.ndarray:
    real = np.asarray(real, pred.dtype)
    demand_same_shape(loss, pred.shape, real.shape)
    return real


def _several_for_each(pred: Tensor, real: np.ndarray, count: int, loss: str) -> tuple[Tensor, np.ndarray]:
    """Predictions (..., n count) as (..., n, count), beside values (..., n)."""
    real = np.asarray(real, pred.dtype)
    wanted = (*real.shape[:-1], real.shape[-1] * count) if real.ndim else (count,)
    if pred.shape != wanted:
        raise ShapeError(
            f"{loss} takes {count} numbers for each value, so predictions of shape {wanted} for targets of shape "
            f"{real.shape}, but got {pred.shape}"
        )
    return ad.reshape(pred, (*real.shape, count)), real
