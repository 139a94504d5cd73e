"""Intervals: the rank of the residual that counts, the promise kept on many draws, and what is said of it."""

import json
import math

import numpy as np
import pytest

from zen_cli import interval

NAN = math.nan

# --- split conformal ---


@pytest.mark.parametrize(
    ("count", "level", "rank"),
    [(9, 0.9, 9), (10, 0.9, 10), (19, 0.9, 18), (29, 0.9, 27), (99, 0.9, 90), (99, 0.95, 95), (3, 0.5, 2), (1, 0.5, 1)],
)
def test_the_radius_is_the_kth_smallest_residual(count, level, rank):
    residuals = np.random.default_rng(0).permutation(np.arange(1, count + 1)) * np.resize([1.0, -1], count)
    assert interval.radius(residuals[:, None], level).tolist() == [rank]


LEAST = {0.5: 1, 0.8: 4, 0.9: 9, 0.95: 19, 0.99: 99, 0.999: 999, 0.1: 1, 0.85: 6}


@pytest.mark.parametrize(("level", "least"), LEAST.items())
def test_with_too_few_examples_an_interval_has_no_end(level, least):
    assert interval.least_examples(level) == least
    assert np.isfinite(interval.radius(np.ones((least, 2)), level)).all()
    assert (interval.radius(np.ones((least - 1, 2)), level) == math.inf).all()
    assert interval.shortage(least, level) == ""


def test_too_few_examples_are_told():
    said = "90 % intervals need at least 9 examples of a validation part, which has 5"
    assert interval.shortage(5, 0.9) == said


def test_every_column_and_step_has_its_own_radius_from_what_is_known():
    residuals = np.random.default_rng(0).normal(size=(40, 3, 2)).astype(np.float32)
    residuals[::2, 1, 0] = NAN
    residuals[5:, 2, 1] = NAN
    found = interval.radius(residuals, 0.9)
    assert found.shape == (3, 2)
    assert found.dtype == np.float64
    assert found[2, 1] == math.inf
    known = residuals[1::2, 1, :1]
    assert found[1, 0] == interval.radius(known, 0.9)[0] == np.sort(np.abs(known[:, 0]))[18]  # ceil(21 0.9) = 19th


def test_of_too_many_residuals_evenly_spaced_ones_count(monkeypatch):
    residuals = np.random.default_rng(0).normal(size=(1000, 2))
    expected = interval.radius(residuals[::4], 0.9)
    monkeypatch.setattr(interval, "MOST_NUMBERS", 500)
    np.testing.assert_array_equal(interval.radius(residuals, 0.9), expected)


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9])
def test_the_promise_is_kept_on_average_and_by_little(level):
    """Over many calibrations: level <= coverage <= level + 1 / (N + 1), Lei et al. 2018, theorem 2.2."""
    n, draws = 19, 20_000
    errors = np.random.default_rng(0).standard_t(3, (n + 1, draws))
    inside = np.abs(errors[n]) <= interval.radius(errors[:n], level)
    deviation = 3 * math.sqrt(level * (1 - level) / draws)
    assert level - deviation <= inside.mean() <= level + 1 / (n + 1) + deviation


# --- quantile regression ---


def test_quantiles_are_widened_by_how_far_values_were_outside():
    low, high = np.zeros((9, 1)), np.ones((9, 1))
    real = np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, -0.2, 1.1, 1.3])[:, None]
    assert interval.quantile_offset(low, high, real, 0.9) == pytest.approx([0.3])
    assert interval.quantile_offset(low, high, real, 0.8) == pytest.approx([0.2])
    assert interval.quantile_offset(low, high, real, 0.5) == pytest.approx([-0.5])
    assert interval.quantile_offset(low[:5], high[:5], real[:5], 0.9) == [math.inf]


@pytest.mark.parametrize("scale", [0.2, 1, 5])
def test_quantiles_that_are_wrong_keep_the_promise_then(scale):
    rng = np.random.default_rng(0)
    spread = rng.uniform(0.5, 2, 4000)
    real = (spread * rng.normal(size=4000))[:, None]
    low, high = (side * scale * spread[:, None] for side in (-1, 1))
    offset = interval.quantile_offset(low[:2000], high[:2000], real[:2000], 0.9)
    found = interval.coverage(*interval.widened(low[2000:], high[2000:], offset), real[2000:])
    assert found.share == pytest.approx(0.9, abs=0.02)


def test_an_interval_has_no_less_than_a_point():
    low, high = interval.widened(np.array([0.0, 0]), np.array([1.0, 10]), np.array([-2.0, -2]))
    assert low.tolist() == [0.5, 2]
    assert high.tolist() == [0.5, 8]


# --- coverage ---


def test_coverage_counts_the_ends_and_leaves_out_what_is_not_known():
    real = np.array([0, 1, 1.5, NAN])
    found = interval.coverage(np.zeros(4), np.array([1.0, 1, 1, 99]), real)
    assert found == interval.Coverage(2 / 3, 1.0, 3)
    nothing = interval.coverage(np.zeros(1), np.ones(1), np.array([NAN]))
    assert nothing.count == 0
    assert math.isnan(nothing.share)


KEPT = "The 90 % intervals hold 88.3 % of 120 values of the test part; their mean width is 24.1."
WORDS = [
    (interval.Coverage(106 / 120, 24.13, 120), KEPT),
    (
        interval.Coverage(0.5, 24.13, 120),
        "The 90 % intervals hold 50 % of 120 values of the test part; their mean width is 24.1. That is fewer than "
        "promised: the test part differs from what they were made from.",
    ),
    (
        interval.Coverage(1.0, math.inf, 1200),
        "The 90 % intervals hold 100 % of 1200 values of the test part; their mean width is inf. They are wider than "
        "they need to be there.",
    ),
    (
        interval.Coverage(NAN, NAN, 0),
        "There are no values in the test part to measure the coverage of the 90 % intervals on.",
    ),
]


@pytest.mark.parametrize(("found", "words"), WORDS)
def test_coverage_is_told_in_a_line(found, words):
    assert interval.coverage_in_words(found, 0.9, 100, "the test part") == words


def test_each_group_has_widths_of_its_own():
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], [200, 200, 3])
    scale = np.array([1.0, 1000.0, 5.0])[groups, None]
    real = scale * rng.standard_normal((len(groups), 2))
    made = interval.Interval.of(0.9, np.zeros_like(real), {}, real, groups, 3)
    assert made == interval.Interval.from_state(json.loads(json.dumps(made.state())))
    low, high = made.around(np.zeros_like(real), {}, groups)
    inside = (low <= real) & (real <= high)
    assert [inside[groups == group].mean() for group in (0, 1)] == pytest.approx([0.9, 0.9], abs=0.03)
    assert high[0, 0] < 3
    together = interval.radius(real, 0.9)
    np.testing.assert_array_equal(high[-1], together)  # three examples are too few
