"""Metrics: functions of predictions and targets that score them, and the confusion matrix.

Those of values take predictions and targets (N, ..., n), those of classes probabilities (N, ..., C) and integer classes
(N, ...). Keyword-only parameters are settings in YAML. What cannot be scored at all, such as no examples, is nan. All
is computed in float64.
"""

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from zen_cli.settings import Count

Array = np.ndarray
Metric = Callable[[Array, Array], float | Array]  # an array (C,) has a score for each class
Metrics = Sequence[tuple[str, Metric]]  # with the names of their scores

# --- of values ---


def MAE(pred: Array, real: Array) -> float:
    """Mean absolute error, in the unit of the values."""
    return _mean(np.abs(_error(pred, real)))


def RMSE(pred: Array, real: Array) -> float:
    """Root of the mean squared error, in the unit of the values."""
    return math.sqrt(_mean(_error(pred, real) ** 2))


def MAPE(pred: Array, real: Array) -> float:
    """Mean absolute percentage error: 100 mean(|pred - real| / |real|).

    A 0 predicted as 0 counts as no error; one that is missed makes it infinite.
    """
    return 100 * _mean(_ratio(np.abs(_error(pred, real)), np.abs(real)))


def sMAPE(pred: Array, real: Array) -> float:
    """Symmetric mean absolute percentage error, from 0 to 200: 200 mean(|pred - real| / (|pred| + |real|)).

    A 0 predicted as 0 counts as no error. Hyndman and Koehler 2006, with absolute values below too, so that values of
    any sign may be scored.
    """
    return 200 * _mean(
        _ratio(np.abs(_error(pred, real)), np.abs(pred, dtype=np.float64) + np.abs(real, dtype=np.float64))
    )


def MASE(pred: Array, real: Array, naive_error: Array, *, season: Count = 1) -> float:  # noqa: ARG001 - of `naive_error`
    """Mean absolute scaled error: that of the predictions over that of the naive ones on the values that trained.

    The naive prediction is the value `season` steps ago, and its error, for each of the n columns, `naive_error`: it is
    mean(|y_t - y_(t - season)|). Below 1 is better than naive. Where that never errs, any error is infinite, and none
    is 0. Hyndman and Koehler 2006.

    season: After how many steps the series repeats itself, such as 12 for months; 1 repeats the value before.
    """
    return _mean(_ratio(_columns(np.abs(_error(pred, real))).mean(axis=0), naive_error))


def R2(pred: Array, real: Array) -> float:
    """The share of the variance that is explained: 1 - sum((real - pred)^2) / sum((real - mean(real))^2).

    Averaged over the last axis. 1 is perfect, 0 as good as the mean, below 0 worse. As in scikit-learn, values that are
    all the same give 1 where they are met exactly, and otherwise 0; fewer than two have no R2.
    """
    if len(real) < 2:
        return math.nan
    missed = _columns(_error(pred, real) ** 2).sum(axis=0)
    varied = _columns(_error(real, _columns(real).mean(axis=0)) ** 2).sum(axis=0)
    return _mean(np.where(varied == 0, missed == 0, 1 - _ratio(missed, varied)))


# --- of classes ---


def accuracy(pred: Array, real: Array) -> float:
    """The share of answers whose most probable class is the right one; of equals, the first is taken."""
    return _mean(pred.argmax(axis=-1) == real)


def top_k(pred: Array, real: Array, *, k: Count = 5) -> float:
    """The share of answers whose right class is among the `k` most probable; of equals, the first are taken.

    k: How many of the most probable classes count. With one it is `accuracy`; it has to be less than there are classes.
    """
    best = np.argsort(-pred, axis=-1, kind="stable")[..., :k]
    return _mean((best == real[..., None]).any(axis=-1))


def precision(pred: Array, real: Array, *, per_class: bool = False) -> float | Array:
    """Of the answers that were said to be of a class, the share that is; 0 where none was said to be.

    Averaged over the classes that occur or were predicted (macro). scikit-learn's.

    per_class: Whether each class has a score of its own, in place of the average.
    """
    right, said, occurring = _counts(pred, real)
    return _by_class(_ratio(right, said), said + occurring, per_class)


def recall(pred: Array, real: Array, *, per_class: bool = False) -> float | Array:
    """Of the answers that are of a class, the share that was said to be; 0 where none is.

    Averaged over the classes that occur or were predicted (macro). scikit-learn's.

    per_class: Whether each class has a score of its own, in place of the average.
    """
    right, said, occurring = _counts(pred, real)
    return _by_class(_ratio(right, occurring), said + occurring, per_class)


def F1(pred: Array, real: Array, *, per_class: bool = False) -> float | Array:
    """The harmonic mean of precision and recall, 0 where both are.

    Averaged over the classes that occur or were predicted (macro). scikit-learn's.

    per_class: Whether each class has a score of its own, in place of the average.
    """
    right, said, occurring = _counts(pred, real)
    return _by_class(_ratio(2 * right, said + occurring), said + occurring, per_class)


def perplexity(pred: Array, real: Array) -> float:
    """e to the power of the mean cross-entropy: as unsure as a choice among so many equally probable classes."""
    return math.exp(_crossentropy(pred, real))


def bits_per_character(pred: Array, real: Array) -> float:
    """The mean cross-entropy in bits: what an ideal compressor would need for an answer."""
    return _crossentropy(pred, real) / math.log(2)


def confusion_matrix(pred: Array, real: Array, classes: int) -> Array:
    """How many answers of each real class (rows) were predicted as each class (columns), from integer classes."""
    pairs = real.ravel() * classes + pred.ravel()
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


OF_VALUES = {metric.__name__: metric for metric in (RMSE, MAE, MAPE, sMAPE, MASE, R2)}
OF_CLASSES = {
    metric.__name__: metric for metric in (accuracy, top_k, precision, recall, F1, perplexity, bits_per_character)
}
MORE_IS_BETTER = {"R2", "accuracy", "top_k", "precision", "recall", "F1"}
OF_DISTRIBUTIONS = {"perplexity", "bits_per_character"}  # they want probabilities that sum to 1

# --- several at once ---


def bound(
    metric: Callable[..., float | Array], settings: Mapping[str, Any], naive_error: Callable[[int], Array]
) -> Metric:
    """The metric with its settings, and where it asks for that, with the `naive_error` of its season in training."""
    asked = {}
    if "naive_error" in inspect.signature(metric).parameters:
        asked["naive_error"] = naive_error(settings["season"])
    return functools.partial(metric, **settings, **asked)


def measured(metrics: Metrics, pred: Array, real: Array, labels: Sequence[str] = ()) -> dict[str, float]:
    """Each metric's score under its name; of one that scores each class, the class's label ends the name."""
    scores: dict[str, float] = {}
    with np.errstate(all="ignore"):
        for name, metric in metrics:
            score = metric(pred, real)
            if isinstance(score, float):
                scores[name] = score
            else:
                scores |= {f"{name}_{label}": float(one) for label, one in zip(labels, score, strict=True)}
    return scores


def more_is_better(score: str) -> bool:
    """Whether a higher number is better, of a score's name in a record: `val_accuracy`, but not `loss`."""
    return _metric_of(score.removeprefix("val_")) in MORE_IS_BETTER


def title(score: str) -> str:
    """The name of a score for people: RMSE for `rmse`, Top k 3 for `top_k_3`."""
    if name := _metric_of(score):
        words = f"{name}{score[len(name) :]}".replace("_", " ")
        return words[0].upper() + words[1:] if name.islower() else words
    return score


def _metric_of(score: str) -> str | None:
    """The name of the metric whose score has this name: `top_k` for `top_k_3`."""
    names = (*OF_VALUES, *OF_CLASSES)
    return next((name for name in names if f"{score}_".startswith(f"{name.lower()}_")), None)


# --- pieces ---


def _error(pred: Array, real: Array) -> Array:
    error: Array = np.subtract(pred, real, dtype=np.float64)
    return error


def _mean(numbers: Array) -> float:
    return float(np.mean(numbers, dtype=np.float64)) if numbers.size else math.nan


def _ratio(a: Array, b: Array) -> Array:
    """a / b, where 0 / 0 is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: Array = np.where(a == 0, 0.0, a / b)
    return ratio


def _columns(values: Array) -> Array:
    """Values (N, ..., n) as (-1, n), in float64."""
    return values.reshape(-1, values.shape[-1]).astype(np.float64, copy=False)


def _counts(pred: Array, real: Array) -> tuple[Array, Array, Array]:
    """For each class how many answers were right, said to be of it, and of it: (C,) each."""
    matrix = confusion_matrix(pred.argmax(axis=-1), real, pred.shape[-1])
    return matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)


def _by_class(scores: Array, occurrences: Array, per_class: bool) -> float | Array:
    return scores if per_class else _mean(scores[occurrences > 0])


def _crossentropy(pred: Array, real: Array) -> float:
    """-log of the probability of the right class, on average; 0 counts as the smallest number above it."""
    p = np.take_along_axis(pred, real[..., None], axis=-1)
    return -_mean(np.log(np.maximum(p, np.finfo(p.dtype).tiny), dtype=np.float64))
