"""Metrics: against formulas a number at a time, values that others publish, and the cases without a quotient."""

import functools
import math

import numpy as np
import pytest

from zen_cli import metric

RNG = np.random.default_rng(0)
INF, NAN = math.inf, math.nan


def column(*numbers):
    return np.array(numbers, float)[:, None]


# --- of values ---

REAL, PRED = column(3, -0.5, 2, 7), column(2.5, 0, 2, 8)  # scikit-learn's example for r2_score
VALUES = [
    (metric.MAE, PRED, REAL, 0.5),
    (metric.RMSE, PRED, REAL, math.sqrt(0.375)),
    (metric.R2, PRED, REAL, 0.9486081370449679),
    (metric.MAPE, PRED, REAL, 100 * (0.5 / 3 + 1 + 0 + 1 / 7) / 4),
    (metric.sMAPE, PRED, REAL, 200 * (0.5 / 5.5 + 0.5 / 0.5 + 0 + 1 / 15) / 4),
    (functools.partial(metric.MASE, naive_error=np.array([2.0])), PRED, REAL, 0.5 / 2),
]
TWO_COLUMNS = np.array([[0.5, 1], [-1, 1], [7, -6]]), np.array([[0, 2], [-1, 2], [8, -5]])
VALUES += [(metric.R2, TWO_COLUMNS[1], TWO_COLUMNS[0], 0.9368005266622779)]  # scikit-learn's, too
EDGES = [  # what a quotient by 0 is
    (metric.MAPE, column(0, 1), column(0, 1), 0),
    (metric.MAPE, column(1, 1), column(0, 1), INF),
    (metric.sMAPE, column(0, 1), column(0, 1), 0),
    (metric.sMAPE, column(1, 1), column(0, 1), 100),
    (metric.sMAPE, column(-1, 1), column(1, 1), 100),
    (metric.R2, column(5, 5), column(5, 5), 1),
    (metric.R2, column(5, 6), column(5, 5), 0),
    (metric.R2, column(5), column(5), NAN),
    (functools.partial(metric.MASE, naive_error=np.zeros(1)), column(1, 1), column(1, 1), 0),
    (functools.partial(metric.MASE, naive_error=np.zeros(1)), column(1, 2), column(1, 1), INF),
    *[(function, column(), column(), NAN) for function in (metric.MAE, metric.RMSE, metric.MAPE, metric.sMAPE)],
]


@pytest.mark.parametrize(("function", "pred", "real", "score"), VALUES + EDGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_values(function, pred, real, score, dtype):
    found = function(pred.astype(dtype), real)
    assert isinstance(found, float)
    assert found == pytest.approx(score, rel=1e-6 if dtype == "float32" else 1e-12, nan_ok=True)


def test_mase_of_several_columns_scales_each_by_itself():
    pred, real = np.array([[2.0, 300]]), np.array([[1.0, 100]])
    assert metric.MASE(pred, real, np.array([1.0, 100])) == (1 / 1 + 200 / 100) / 2


# --- of classes ---

LABELS = np.array([0, 1, 2, 0, 1, 2])  # scikit-learn's example for f1_score
SAID = np.eye(4)[[0, 2, 1, 0, 0, 1]]  # with a class that does not occur
RANKED = np.array([[0.5, 0.2, 0.2, 0.1], [0.3, 0.4, 0.2, 0.1], [0.2, 0.4, 0.3, 0.1], [0.7, 0.2, 0.1, 0]])
CLASSES = [
    (metric.accuracy, SAID, LABELS, 1 / 3),
    (metric.precision, SAID, LABELS, 2 / 9),
    (metric.recall, SAID, LABELS, 1 / 3),
    (metric.F1, SAID, LABELS, 0.26666666666666666),
    (functools.partial(metric.precision, per_class=True), SAID, LABELS, [2 / 3, 0, 0, 0]),
    (functools.partial(metric.recall, per_class=True), SAID, LABELS, [1, 0, 0, 0]),
    (functools.partial(metric.F1, per_class=True), SAID, LABELS, [0.8, 0, 0, 0]),
    *[
        (functools.partial(metric.top_k, k=k), RANKED, np.array([0, 1, 2, 2]), score)
        for k, score in ((1, 0.5), (2, 0.75), (3, 1))
    ],
    (metric.perplexity, np.full((3, 8), 1 / 8), np.array([0, 3, 7]), 8),
    (metric.bits_per_character, np.full((3, 8), 1 / 8), np.array([0, 3, 7]), 3),
    (metric.perplexity, RANKED[:2], np.array([0, 1]), math.exp(-(math.log(0.5) + math.log(0.4)) / 2)),
    (metric.bits_per_character, np.eye(2), np.array([1, 0]), 1022),  # 2^-1022 stands for 0
]


@pytest.mark.parametrize(("function", "pred", "real", "score"), CLASSES)
def test_scores_of_classes_and_of_classes_at_every_step(function, pred, real, score):
    assert function(pred, real) == pytest.approx(score, rel=1e-12)
    steps = len(real) // 2
    pred, real = pred[: 2 * steps].reshape(2, steps, -1), real[: 2 * steps].reshape(2, steps)
    np.testing.assert_array_equal(function(pred, real), function(pred.reshape(-1, pred.shape[-1]), real.ravel()))


@pytest.mark.parametrize("k", [1, 2])
def test_of_equal_probabilities_the_first_count_as_the_largest(k):
    pred, real = np.full((4, 4), 0.25), np.arange(4)
    assert metric.top_k(pred, real, k=k) == k / 4
    assert metric.accuracy(pred, real) == 1 / 4


def test_a_confusion_matrix_has_the_real_classes_in_rows():
    real, pred = RNG.integers(0, 3, 40), RNG.integers(0, 3, 40)
    matrix = metric.confusion_matrix(pred, real, 4)
    assert matrix.shape == (4, 4)
    for i, j in np.ndindex(4, 4):
        assert matrix[i, j] == sum((r, p) == (i, j) for r, p in zip(real, pred, strict=True))


def test_tables_have_a_row_for_every_metric():
    names = {getattr(row[0], "func", row[0]).__name__ for row in VALUES}
    assert names == metric.OF_VALUES.keys()
    names = {getattr(row[0], "func", row[0]).__name__ for row in CLASSES}
    assert names == metric.OF_CLASSES.keys()


# --- several at once ---


def test_scores_stand_under_their_names_and_those_of_classes_under_their_labels():
    errors = {2: np.array([3.0])}.__getitem__  # of the naive forecast, by its season
    mae, mase = metric.bound(metric.MAE, {}, errors), metric.bound(metric.MASE, {"season": 2}, errors)
    assert metric.measured([("mae", mae), ("mase_2", mase)], PRED, REAL) == {"mae": 0.5, "mase_2": 0.5 / 3}
    metrics = [("accuracy", metric.accuracy), ("f1", metric.bound(metric.F1, {"per_class": True}, errors))]
    scores = metric.measured(metrics, SAID[:, :3], LABELS, ("a", "b", "C"))
    assert scores == {"accuracy": 1 / 3, "f1_a": 0.8, "f1_b": 0, "f1_C": 0}
    assert all(type(score) is float for score in scores.values())


TITLES = {"rmse": "RMSE", "smape": "sMAPE", "mase_12": "MASE 12", "f1": "F1", "f1_Fizz": "F1 Fizz"}
TITLES |= {"top_k_3": "Top k 3", "precision_a b": "Precision a b", "accuracy": "Accuracy"}


@pytest.mark.parametrize(("score", "title"), TITLES.items())
def test_a_score_has_a_title(score, title):
    assert metric.title(score) == title


# --- which way is better ---

HIGHER = ["accuracy", "val_accuracy", "val_top_k_3", "val_precision_fizz", "recall", "val_f1", "val_r2"]
LOWER = ["loss", "val_loss", "val_rmse", "val_mae", "val_mape", "smape", "val_mase_12", "val_perplexity"]


@pytest.mark.parametrize(("score", "more"), [*((name, True) for name in HIGHER), *((name, False) for name in LOWER)])
def test_more_is_better_of_some_scores(score, more):
    assert metric.more_is_better(score) is more


def test_the_names_in_the_tables_are_metrics():
    names = metric.OF_VALUES.keys() | metric.OF_CLASSES.keys()
    assert names >= metric.MORE_IS_BETTER | metric.OF_DISTRIBUTIONS
