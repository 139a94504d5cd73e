"""Scores of predictions, and the confusion matrix."""

import math

import numpy as np

Array = np.ndarray


def rmse(pred: Array, real: Array) -> float:
    """Root of the mean squared error, in the unit of the values."""
    return math.sqrt(np.mean((pred.astype(np.float64) - real) ** 2))


def equal(pred: Array, real: Array) -> float:
    """The share of elements that are the same: accuracy, from classes or their names (N,)."""
    return float(np.mean(pred == real))


def accuracy(pred: Array, real: Array) -> float:
    """The share of rows whose largest prediction is at the place of the largest target: both (N, C)."""
    return equal(pred.argmax(axis=-1), real.argmax(axis=-1))


def confusion_matrix(pred: Array, real: Array, classes: int) -> Array:
    """How many examples of each real class (rows) were predicted as each class (columns), from integer classes (N,)."""
    return np.bincount(real * classes + pred, minlength=classes * classes).reshape(classes, classes)
