"""Values without a network: the mean, and linear regression."""

import math

import numpy as np

from zen_cli.baseline.base import MOST_NUMBERS, Baseline
from zen_cli.baseline.linear import Rows, Sample, sample

Array = np.ndarray

RIDGE = 1e-6  # per example: too little to see, but inputs that depend on each other have a solution with it


def predictions_of_values(inputs: Rows, targets: Rows, asked: Rows) -> list[Baseline]:
    """What the mean and linear regression, fitted to inputs and targets (N, ...), say of the inputs `asked`.

    With more than ten million weights there is no linear regression.
    """
    training = sample(inputs, targets)
    y = np.asarray(training.targets, np.float64)
    average = np.broadcast_to(y.mean(axis=0), (len(asked), *y.shape[1:]))
    said = [Baseline("mean", average, training.note)]
    if training.form.columns * math.prod(y.shape[1:]) <= MOST_NUMBERS:
        linear = linear_regression(training, asked).reshape(average.shape)
        said.append(Baseline("linear regression", linear, training.note))
    return said


def linear_regression(training: Sample, asked: Rows) -> Array:
    """Ridge regression with next to no ridge: each number of a target (N, ...) from all inputs, as (N', K)."""
    y = np.asarray(training.targets, np.float64).reshape(len(training.targets), -1)  # (n, K)
    bias = y.mean(axis=0)
    w = _ridge(training.x, y - bias)
    return training.predicted(asked, lambda x: x @ w + bias)


def _ridge(x: Array, y: Array) -> Array:
    """The w (F, K) with the least ||y - x w||^2 + RIDGE n ||w||^2, from the smaller of the two Gram matrices."""
    n, features = x.shape
    penalty = RIDGE * n
    if features <= n:
        solved: Array = np.linalg.solve(x.T @ x + penalty * np.eye(features), x.T @ y)
        return solved
    return x.T @ np.linalg.solve(x @ x.T + penalty * np.eye(n), y)
