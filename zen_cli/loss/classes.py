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
from zen_cli.loss.weights import ClassWeights, weights_of
from zen_cli.settings import Share


def categorical_crossentropy(
    pred: Tensor,
    real: np.ndarray,
    mask: Mask = None,
    *,
    from_logits: bool = False,
    label_smoothing: Share = 0.0,
    class_weights: ClassWeights = None,
) -> Tensor:
    """-sum(real * log(pred)) over the classes, the last axis, averaged over the rest. PyTorch's CrossEntropyLoss.

    `pred` (..., C) holds probabilities, or logits with `from_logits`. `real` holds integer classes (...) or a row for
    each answer (..., C), one-hot or any distribution.

    from_logits: Whether the model ends with a score of any size for each class, without Softmax. The loss is the same.
    label_smoothing: Which share of each answer is spread over all classes alike, so that the model does not become too
        sure (Szegedy et al. 2016).
    class_weights: How much an answer of each class counts, as a list of a weight for each; `balanced` makes all classes
        together count alike, however rare. The loss is divided by the sum of the weights of the answers.
    """
    logits = pred if from_logits else softmax_logits(pred)
    given = pred if logits is None else logits
    real = np.asarray(real)
    weights = None if class_weights is None else weights_of(class_weights, given.shape[-1], given.dtype)
    if logits is not None and not label_smoothing and _are_classes(real, given.shape):
        return _of_classes(logits, real, mask, weights)
    rows = _rows(real, given, "categorical_crossentropy")
    log_p = ad.log(pred) if logits is None else ad.log_softmax(logits)
    return ad.reduce_sum(log_p * _counts(rows, label_smoothing, mask, weights))


def binary_crossentropy(
    pred: Tensor,
    real: np.ndarray,
    mask: Mask = None,
    *,
    from_logits: bool = False,
    class_weights: ClassWeights = None,
) -> Tensor:
    """-(real log(pred) + (1 - real) log(1 - pred)), averaged over all elements. PyTorch's BCELoss, BCEWithLogitsLoss.

    `pred` holds the probability of a yes, or its logit with `from_logits`. Of two classes (..., 1) a yes is the second;
    of several (..., C), each is one against the rest. `real` holds integers, the classes (...), or a number from 0 to 1
    for each of `pred`. Of probabilities, no logarithm counts as less than -100.

    from_logits: Whether the model ends with scores of any size, without Sigmoid. The loss is the same.
    class_weights: How much an answer of each class counts, as a list of a weight for each; `balanced` makes all classes
        together count alike, however rare. The loss is divided by the sum of the weights of the answers.
    """
    logits = pred if from_logits else sigmoid_logits(pred)
    given = pred if logits is None else logits
    answers = _rows(np.asarray(real), given, "binary_crossentropy")
    terms = ad.binary_crossentropy(pred, answers) if logits is None else ad.sigmoid_crossentropy(logits, answers)
    if class_weights is not None:
        weights = weights_of(class_weights, max(2, terms.shape[-1]), terms.dtype)
        mask = shares(mask, terms.shape, terms.dtype) * _weights_of_answers(np.asarray(real), answers, weights)
    return average(terms, mask)


def _of_classes(logits: Tensor, real: np.ndarray, mask: Mask, weights: np.ndarray | None) -> Tensor:
    if weights is not None:
        mask = shares(mask, real.shape, logits.dtype) * weights.take(real, mode="clip")  # which the op refuses
    counts = None if mask is None else shares(mask, real.shape, logits.dtype)
    try:
        return ad.softmax_crossentropy(logits, real, counts)
    except IndexError as error:
        raise DataError(str(error)) from None


def _counts(rows: np.ndarray, smoothing: float, mask: Mask, weights: np.ndarray | None) -> np.ndarray:
    """How much each logarithm counts, (..., C), for answers (..., C) before smoothing; below zero.

    With weights w of the classes that is w smooth / sum(w real). PyTorch has the same for one-hot rows that it gets as
    classes; for rows, its mean takes all of them to weigh 1.
    """
    share = shares(mask, rows.shape[:-1], rows.dtype)[..., None]
    if weights is not None:
        share = share * weights
        share /= float((rows * share).sum()) or 1.0
    smooth = (1 - smoothing) * rows + smoothing / rows.shape[-1] if smoothing else rows
    counts: np.ndarray = smooth * -share
    return counts


def _weights_of_answers(real: np.ndarray, answers: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """How much each answer counts, (..., 1): a class, or in `answers` (..., 1) the share of a yes."""
    if answers.shape[-1] == 1:
        return np.asarray(weights[0] + answers * (weights[1] - weights[0]))
    if not _are_classes(real, answers.shape):
        raise DataError(
            "class_weights are for answers that are one of the classes, but these targets have a number for each class"
        )
    return np.asarray(weights[real][..., None])


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
