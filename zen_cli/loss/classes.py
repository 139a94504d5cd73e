"""Losses of classes: how improbable the right answers were.

Straight after a Softmax or Sigmoid layer, and with `from_logits`, they are computed from the logits: nothing overflows,
however sure the model is.
"""

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.autodiff.logits import sigmoid_logits, softmax_logits
from zen_cli.errors import DataError
from zen_cli.loss.averages import Mask, average, demand_same_shape, shares
from zen_cli.settings import Share


def categorical_crossentropy(
    pred: Tensor,
    real: np.ndarray,
    mask: Mask = None,
    *,
    from_logits: bool = False,
    label_smoothing: Share = 0.0,
) -> Tensor:
    """-sum(real * log(pred)) over the classes, the last axis, averaged over the rest. PyTorch's CrossEntropyLoss.

    `pred` (..., C) holds probabilities, or logits with `from_logits`. `real` holds integer classes (...) or a row for
    each answer (..., C), one-hot or any distribution.

    from_logits: Whether the model ends with a score of any size for each class, without Softmax. The loss is the same.
    label_smoothing: Which share of each answer is spread over all classes alike, so that the model does not become too
        sure (Szegedy et al. 2016).
    """
    logits = pred if from_logits else softmax_logits(pred)
    given = pred if logits is None else logits
    real = np.asarray(real)
    if logits is not None and not label_smoothing and _are_classes(real, given.shape):
        weights = None if mask is None else shares(mask, real.shape, given.dtype)
        try:
            return ad.softmax_crossentropy(logits, real, weights)
        except IndexError as error:
            raise DataError(str(error)) from None
    rows = _rows(real, given, "categorical_crossentropy")
    rows = (1 - label_smoothing) * rows + label_smoothing / rows.shape[-1] if label_smoothing else rows
    log_p = ad.log(pred) if logits is None else ad.log_softmax(logits)
    return ad.reduce_sum(log_p * (rows * -shares(mask, rows.shape[:-1], rows.dtype)[..., None]))


def binary_crossentropy(pred: Tensor, real: np.ndarray, mask: Mask = None, *, from_logits: bool = False) -> Tensor:
    """-(real log(pred) + (1 - real) log(1 - pred)), averaged over all elements. PyTorch's BCELoss, BCEWithLogitsLoss.

    `pred` holds the probability of a yes, or its logit with `from_logits`. Of two classes (..., 1) a yes is the second;
    of several (..., C), each is one against the rest. `real` holds integers, the classes (...), or a number from 0 to 1
    for each of `pred`. Of probabilities, no logarithm counts as less than -100.

    from_logits: Whether the model ends with scores of any size, without Sigmoid. The loss is the same.
    """
    logits = pred if from_logits else sigmoid_logits(pred)
    given = pred if logits is None else logits
    answers = _rows(np.asarray(real), given, "binary_crossentropy")
    terms = ad.binary_crossentropy(pred, answers) if logits is None else ad.sigmoid_crossentropy(logits, answers)
    return average(terms, mask)


def _are_classes(real: np.ndarray, pred: tuple[int, ...]) -> bool:
    """Whether the targets are integer classes, of predictions (..., C)."""
    return real.dtype.kind in "iu" and real.shape == pred[:-1]


def _rows(real: np.ndarray, pred: Tensor, loss: str) -> np.ndarray:
    """The targets with a number for each of `pred` (..., C): classes as one-hot rows, but as 0 or 1 where C is 1."""
    if not _are_classes(real, pred.shape):
        demand_same_shape(loss, pred.shape, real.shape)
        return real.astype(pred.dtype, copy=False)
    C = max(2, pred.shape[-1])
    if real.size and not 0 <= real.min() <= real.max() < C:
        raise DataError(f"classes are numbered from 0 to {C - 1}, but got {real.min()} to {real.max()}")
    one_hot: np.ndarray = (real[..., None] == np.arange(C)).astype(pred.dtype)
    return one_hot[..., -pred.shape[-1] :]
