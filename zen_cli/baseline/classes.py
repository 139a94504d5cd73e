"""Classes without a network: how often each occurs, and logistic regression. They say probabilities (N, ..., C)."""

import numpy as np

from zen_cli.baseline.base import MOST_NUMBERS, Baseline
from zen_cli.baseline.lbfgs import minimised
from zen_cli.baseline.linear import Rows, Sample, sample

Array = np.ndarray

MOST_PRODUCTS = 200_000_000  # of an input and a weight, in one pass over the examples: a few seconds in all
MOST_WEIGHTS = 1_000_000  # 160 MB in the memory of L-BFGS
STEPS = 200
TOLERANCE = 1e-6  # of the slope of the mean loss


def predictions_of_classes(inputs: Rows, targets: Rows, asked: Rows, classes: int) -> list[Baseline]:
    """What the frequencies and logistic regression, fitted to inputs and targets, say of the inputs `asked`.

    Targets (N, T) say a class for each step of inputs (N, T, ...). With more than a million weights there is no
    logistic regression.
    """
    steps = len(targets.shape) > 1
    training = sample(inputs, targets, steps=steps, most=min(MOST_NUMBERS, MOST_PRODUCTS // classes))
    often = frequencies(training.targets, classes)
    answers = (len(asked), *asked.shape[1:2]) if steps else (len(asked),)
    said = [Baseline("most frequent class", np.broadcast_to(often, (*answers, classes)), training.note)]
    if training.form.columns * classes <= MOST_WEIGHTS:
        said.append(Baseline("logistic regression", logistic_regression(training, asked, classes), training.note))
    return said


def frequencies(targets: Array, classes: int) -> Array:
    """The share of each class (C,), with one more of each, so that none is impossible (Laplace)."""
    counts = np.bincount(targets.ravel(), minlength=classes) + 1.0
    share: Array = counts / counts.sum()
    return share


def logistic_regression(training: Sample, asked: Rows, classes: int) -> Array:
    """Probabilities of the classes: softmax(x W + b), with the W and b of scikit-learn's defaults.

    They minimise sum cross-entropy + ||W||^2 / 2 on standardised inputs. Of two classes there is one weight w for both,
    which here is the difference of two: ||w||^2 = 2 ||W||^2.
    """
    x, y = training.x, training.targets.ravel()
    n, features = x.shape
    penalty = (2.0 if classes == 2 else 1.0) / n

    def mean_loss(weights: Array) -> tuple[float, Array]:
        W, b = weights[classes:].reshape(features, classes), weights[:classes]
        p, loss = _softmax_crossentropy(x @ W + b, y)
        p[np.arange(n), y] -= 1
        g = np.concatenate([p.mean(axis=0), (x.T @ (p / n) + penalty * W).ravel()])
        return loss + penalty / 2 * float(np.vdot(W, W)), g

    weights = minimised(mean_loss, np.zeros((features + 1) * classes), TOLERANCE, STEPS)
    W, b = weights[classes:].reshape(features, classes), weights[:classes]
    return training.predicted(asked, lambda rows: _softmax(rows @ W + b))


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    p: Array = e / e.sum(axis=-1, keepdims=True)
    return p


def _softmax_crossentropy(z: Array, y: Array) -> tuple[Array, float]:
    """The probabilities (n, C), and the mean of -log of those of y (n,)."""
    z -= z.max(axis=1, keepdims=True)
    e = np.exp(z)
    total = e.sum(axis=1, keepdims=True)
    loss = float((np.log(total[:, 0]) - z[np.arange(len(y)), y]).mean())
    return e / total, loss
