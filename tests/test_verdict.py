"""The line that sets a model's score beside the best baseline's."""

import math

import numpy as np
import pytest

from zen_cli.baseline import standard_errors_between, verdict

INF, NAN = math.inf, math.nan
TWO = {"naive": 50.0, "seasonal naive (12)": 36.3}
SIMPLER = "Use the baseline: it is simpler."

LINES = [
    (
        ("rmse", 18.2, TWO, False, "the test part"),
        "Better than the best baseline, seasonal naive (12): RMSE 18.2 against 36.3 on the test part, 50 % less error.",
    ),
    (
        ("val_rmse", 20, {"naive": 18}, False, "the validation part"),
        f"No better than the baseline, naive: RMSE 20 against 18 on the validation part, 11 % more error. {SIMPLER}",
    ),
    (
        ("mae", 90, {"naive": 18}, False, "the test part"),
        f"No better than the baseline, naive: MAE 90 against 18 on the test part, 5 times the error. {SIMPLER}",
    ),
    (
        ("mase_12", 1.001, {"a": 1, "b": 1}, False, "the test part"),
        f"About as good as the best baseline, a: MASE 12 1.001 against 1 on the test part. {SIMPLER}",
    ),
    (
        ("rmse", 0, {"a": 0}, False, "the test part"),
        f"About as good as the baseline, a: RMSE 0 against 0 on the test part. {SIMPLER}",
    ),
    (
        ("rmse", 3, {"a": 0}, False, "the test part"),
        f"No better than the baseline, a: RMSE 3 against 0 on the test part. {SIMPLER}",
    ),
    (
        ("rmse", 0, {"a": 3}, False, "the test part"),
        "Better than the baseline, a: RMSE 0 against 3 on the test part, 100 %",
    ),
    (
        ("rmse", 0.001, {"a": 3}, False, "the test part"),
        "Better than the baseline, a: RMSE 0.001 against 3 on the test part, more",
    ),
    (
        ("mape", 3, {"a": INF, "b": NAN}, False, "the test part"),
        "Better than the baseline, a: MAPE 3 against inf on the test part.",
    ),
    (
        ("mape", INF, {"a": 3}, False, "the test part"),
        "No better than the baseline, a: MAPE inf against 3 on the test part. Use",
    ),
    (
        ("rmse", 18234.4, {"a": 36312}, False, "the test part"),
        "Better than the baseline, a: RMSE 18234 against 36312 on the test",
    ),
    (
        ("accuracy", 0.94, {"a": 0.1, "b": 0.82}, True, "the test part"),
        "Better than the best baseline, b: Accuracy 0.94 against 0.82 on the test part, 67 % fewer errors.",
    ),
    (
        ("top_k_3", 0.9, {"a": 0.92}, True, "the test part"),
        f"No better than the baseline, a: Top k 3 0.9 against 0.92 on the test part, 25 % more errors. {SIMPLER}",
    ),
    (
        ("accuracy", 1, {"a": 1}, True, "the test part"),
        "About as good as the baseline, a: Accuracy 1 against 1 on the test part.",
    ),
    (
        ("r2", 0.9, {"a": -0.25}, True, "the test part"),
        "Better than the baseline, a: R2 0.9 against -0.25 on the test part, 92 % less unexplained variance.",
    ),
    (
        ("f1_Fizz", 0.9, {"a": 0}, True, "the test part"),
        "Better than the baseline, a: F1 Fizz 0.9 against 0 on the test part.",
    ),
    (
        ("val_loss", -2, {"a": -1}, False, "the test part"),
        "Better than the baseline, a: loss -2 against -1 on the test part.",
    ),
    (
        ("perplexity", 4, {"a": 8}, False, "the test part"),
        "Better than the baseline, a: Perplexity 4 against 8 on the test part, 50",
    ),
    (("rmse", NAN, {"a": 3}, False, "the test part"), "No verdict: the model has no RMSE on the test part."),
    (("rmse", 3, {"a": NAN}, False, "the test part"), "No verdict: no baseline is scored by RMSE on the test part."),
    (("rmse", 3, {}, False, "the test part"), "No verdict: no baseline is scored by RMSE on the test part."),
    (
        ("mape", INF, {"a": INF}, False, "the test part"),
        "No verdict: the MAPE on the test part is inf for the model and for every",
    ),
]


@pytest.mark.parametrize(("said", "line"), LINES)
def test_the_line(said, line):
    found = verdict(*said)
    assert found.startswith(line)
    assert found == line or not line.endswith(".") or SIMPLER in found
    assert "\n" not in found
    assert "nan" not in found.removeprefix("Better").replace("naive", "")


LUCK = [
    (18.2, {"examples": 13}, " Only 13 examples: the difference may be luck."),
    (18.2, {"examples": 1}, " Only 1 example: the difference may be luck."),
    (18.2, {"examples": 13, "standard_errors": 1.2}, " the difference is 1.2 standard errors over only 13 examples."),
    (18.2, {"examples": 13, "standard_errors": 4.1}, " Only 13 examples, but the difference is 4.1 standard errors."),
    (
        18.2,
        {"examples": 200, "standard_errors": 1.2},
        " It may be luck: the difference is 1.2 standard errors over 200 examples.",
    ),
    (18.2, {"standard_errors": 1.2}, " It may be luck: the difference is 1.2 standard errors."),
    (18.2, {"examples": 200, "standard_errors": 9}, ", 50 % less error."),
    (18.2, {"examples": 30, "standard_errors": NAN}, ", 50 % less error."),
    (40, {"examples": 13}, f" Only 13 examples: the difference may be luck. {SIMPLER}"),
    (40, {"examples": 13, "standard_errors": 3}, f" more error. Only 13 examples. {SIMPLER}"),
    (40, {"examples": 200, "standard_errors": 1}, f" more error. {SIMPLER}"),
]


@pytest.mark.parametrize(("score", "known", "end"), LUCK)
def test_that_it_may_be_luck_is_said(score, known, end):
    assert verdict("rmse", score, TWO, False, "the test part", **known).endswith(end)


def test_standard_errors_are_those_of_a_paired_t_test():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=40), rng.normal(0.3, 1, 40)
    d = a - b
    t = abs(d.mean()) / (d.std(ddof=1) / math.sqrt(40))
    assert standard_errors_between(a, b) == standard_errors_between(b, a) == pytest.approx(t, rel=1e-12)


def test_forecasts_that_overlap_count_for_less():
    walk = np.convolve(np.random.default_rng(0).normal(0.3, 1, 300), np.ones(12), "valid")
    zero = np.zeros_like(walk)
    assert standard_errors_between(walk, zero, overlap=11) < standard_errors_between(walk, zero) / 2


SAME = np.full(9, 0.1)
EDGES = [
    (SAME, SAME, 0, 0),
    (SAME, 3 * SAME, 0, INF),
    (SAME[:2], SAME[:2], 0, NAN),
    (SAME, SAME, 8, NAN),
    (SAME, np.full(9, INF), 0, NAN),
]


@pytest.mark.parametrize(("a", "b", "overlap", "apart"), EDGES)
def test_where_losses_do_not_vary(a, b, overlap, apart):
    assert standard_errors_between(a, b, overlap) == pytest.approx(apart, nan_ok=True)
