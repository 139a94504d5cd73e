"""Baselines: against loops, books, scikit-learn and dense probabilities."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from known_series import AIRLINE, BEER, SUNSPOTS

import zen_cli
from zen_cli import metric
from zen_cli.baseline import (
    base,
    classes,
    forecasts,
    linear,
    predictions_of_classes,
    predictions_of_values,
    readings,
    season_of,
    text,
)
from zen_cli.baseline.forecasts import drift, mean, naive, seasonal_naive
from zen_cli.baseline.lbfgs import minimised
from zen_cli.padded import Padded, pad

NAN = math.nan
RNG = np.random.default_rng(0)

# --- forecasts ---


def loop_naive(past, h):  # noqa: ARG001 - the same for all
    return past[-1]


def loop_seasonal(past, h, season=3):
    k = (h - 1) // season
    place = len(past) + h - season * (k + 1) - 1  # y_(T + h - m (k + 1)), from 1
    return past[place] if place >= 0 else past[-1]


def loop_drift(past, h):
    return past[-1] + h * (past[-1] - past[0]) / (len(past) - 1) if len(past) > 1 else past[-1]


METHODS = [
    (naive, loop_naive),
    (lambda *history: seasonal_naive(*history, 3), loop_seasonal),
    (drift, loop_drift),
    (lambda *history: mean(*history, 5), None),
]
HISTORY, ORIGINS = RNG.normal(size=(11, 2)), np.array([1, 2, 5, 6, 11])


@pytest.mark.parametrize(("method", "loop"), METHODS[:3])
def test_forecasts_are_the_formula_at_every_origin_step_and_column(method, loop):
    said = method(HISTORY, ORIGINS, 7)
    assert said.shape == (5, 7, 2)
    for (n, h, column), value in np.ndenumerate(said):
        assert value == pytest.approx(loop(HISTORY[: ORIGINS[n], column], h + 1), rel=1e-12)


# Forecasting: principles and practice, 2nd edition, section 3.4: beer from 2008 on, from the years before.
BOOK = [
    (lambda *history: mean(*history, 64), 38.45, 34.83, 8.28),
    (naive, 62.69, 57.40, 14.18),
    (lambda *history: seasonal_naive(*history, 4), 14.31, 13.40, 3.17),
]


@pytest.mark.parametrize(("method", "rmse", "mae", "mape"), BOOK)
def test_errors_are_those_in_the_book(method, rmse, mae, mape):
    pred, real = method(BEER[:64, None], np.array([64]), 10)[0], BEER[64:, None]
    found = [round(score(pred, real), 2) for score in (metric.RMSE, metric.MAE, metric.MAPE)]
    assert found == [rmse, mae, mape]


@pytest.mark.parametrize("method", [row[0] for row in METHODS])
def test_no_forecast_looks_ahead(method):
    changed = HISTORY.copy()
    changed[6:] = NAN
    origins = np.array([5, 6])
    np.testing.assert_array_equal(method(HISTORY, origins, 4), method(changed, origins, 4))


def test_for_a_missing_value_the_last_known_one_counts():
    values = np.array([NAN, 1, NAN, 4, NAN, 8, NAN, NAN])[:, None]
    origins = np.array([0, 1, 2, 5, 8])
    assert naive(values, origins, 1)[:, 0, 0].tolist() == pytest.approx([NAN, NAN, 1, 4, 8], nan_ok=True)
    assert seasonal_naive(values, origins, 2, 2)[4, :, 0].tolist() == [8, 8]  # even rows have none: the last value
    assert seasonal_naive(values, origins, 3, 4)[4, :, 0].tolist() == [8, 8, 8]
    assert seasonal_naive(values, origins, 4, 4)[4, 3, 0] == 4  # of row 7 in row 3
    assert drift(values, origins, 2)[4, :, 0].tolist() == [8 + 3 * 7 / 4, 8 + 4 * 7 / 4]
    assert drift(values, origins, 1)[2, 0, 0] == 1
    assert mean(values, origins, 1, 6)[:, 0, 0].tolist() == [13 / 3] * 5
    assert np.isnan(mean(values, origins, 1, 1)).all()


def test_a_forecast_has_its_baselines_the_simplest_first():
    two, origins = np.stack([np.arange(144.0), AIRLINE], axis=1), np.array([120])
    said = forecasts(two, origins, 12, two[:120])
    assert [baseline.name for baseline in said] == ["naive", "mean", "drift", "seasonal naive (12)"]
    assert all(baseline.predictions.shape == (1, 12, 2) for baseline in said)
    assert len(forecasts(two[:, :1], origins, 12, two[:120, :1])) == 3
    assert forecasts(two, origins, 12, two[:120], season=6)[-1].name == "seasonal naive (6)"


def test_without_the_rows_that_trained_there_is_neither_their_mean_nor_their_season():
    values, origins = AIRLINE[:, None], np.array([120])
    assert [baseline.name for baseline in forecasts(values, origins, 12, None)] == ["naive", "drift"]
    assert forecasts(values, origins, 12, None, season=12)[-1].name == "seasonal naive (12)"


# --- seasons ---

HOURS = np.arange(24 * 7 * 8)
WEEKEND = HOURS // 24 % 7 >= 5
DAILY = np.sin(2 * np.pi * HOURS / 24)


def noise(n, seed=0):
    return np.random.default_rng(seed).normal(size=n)


SEASONS = {
    "airline": (AIRLINE, 12),
    "four years of airline": (AIRLINE[:48], 12),
    "beer": (BEER, 4),
    "sunspots": (SUNSPOTS, 11),
    "days of hours": (DAILY + 0.3 * noise(len(HOURS)), 24),
    "weeks of hours": ((1 - 0.8 * WEEKEND) * DAILY - WEEKEND + 0.2 * noise(len(HOURS)), 168),
    "a smooth curve": (np.sin(0.1 * np.arange(400)), 63),
    "a spike a week": ((np.arange(100) % 7 == 0) + 0.1 * noise(100), 7),
    "every other": (np.arange(60) % 2.0, 2),
    "on a parabola": (np.arange(500) ** 2 / 5e4 + np.sin(2 * np.pi * np.arange(500) / 50), 50),
    "with gaps": (np.where(np.arange(144) % 10 == 3, NAN, AIRLINE), 12),
}


@pytest.mark.parametrize("name", SEASONS)
@pytest.mark.parametrize("scale", [1, 1e-9, -1e9])
def test_a_season_is_found(name, scale):
    values, season = SEASONS[name]
    assert season_of(values * scale) == season


NONE = {
    "constant": np.full(99, 0.1),
    "line": 1e6 + 0.1 * np.arange(99),
    "parabola": np.arange(99.0) ** 2,
    "growth": np.exp(np.arange(99) / 9),
    "short": np.array([1.0, 2, 1, 2, 1]),
    "hardly longer": np.array([1.0, 5, 2, 4, 9, 1]),
    "empty": np.empty(0),
    "missing": np.full(99, NAN),
    "infinite": np.array([1.0, math.inf] * 20),
}


@pytest.mark.parametrize("name", NONE)
def test_and_where_there_is_none_it_is_not(name):
    assert season_of(NONE[name]) is None


@pytest.mark.parametrize("made", [lambda e: e, np.cumsum, lambda e: np.cumsum(e + 0.5), lambda e: e.cumsum().cumsum()])
@pytest.mark.parametrize("n", [50, 300, 3000])
def test_chance_seldom_has_a_season(made, n):
    found = [season_of(made(noise(n, seed))) for seed in range(40)]
    assert sum(season is not None for season in found) <= 2  # of the 40, at a level of 5 %


# --- examples evenly spaced ---


@pytest.mark.parametrize(("count", "most"), [(0, 5), (1, 5), (5, 5), (6, 5), (10**12, 7), (9, 0)])
def test_places_are_in_order_and_all_different(count, most):
    places = base.evenly(count, most)
    assert len(places) == min(count, max(most, 1))
    assert (np.diff(places) > 0).all()
    assert ((places >= 0) & (places < count)).all()


# --- classes and values, on every third digit ---

DIGITS = np.load(Path(zen_cli.__file__).parent / "data" / "digits.npz", allow_pickle=False)
PIXELS, LABELS = DIGITS["pixels"], DIGITS["labels"].astype(int)


def thirds(keep):
    """Of the digits that are kept, inputs and targets to train with, and those to test."""
    x, y = PIXELS[keep], LABELS[keep]
    test = np.arange(len(x)) % 3 == 0
    return x[~test], y[~test], x[test], y[test]


# scikit-learn 1.9.1, LogisticRegression(tol=1e-10, max_iter=10000) behind a StandardScaler: cross-entropy, accuracy
@pytest.mark.parametrize(("number", "loss", "accuracy"), [(10, 0.13337863, 578 / 599), (2, 0.007564892, 1)])
def test_logistic_regression_is_that_of_scikit_learn(number, loss, accuracy):
    x, y, asked, real = thirds(np.isin(LABELS, range(number)))
    often, logistic = predictions_of_classes(x, y, asked, number)
    assert (often.name, logistic.name) == ("most frequent class", "logistic regression")
    assert math.log(metric.perplexity(logistic.predictions, real)) == pytest.approx(loss, rel=2e-3 / number)
    assert metric.accuracy(logistic.predictions, real) == accuracy
    np.testing.assert_allclose(logistic.predictions.sum(axis=1), 1)
    counts = np.bincount(y, minlength=number)
    np.testing.assert_allclose(often.predictions, np.tile((counts + 1) / (len(y) + number), (len(real), 1)))


def test_linear_regression_is_that_of_scikit_learn():  # Ridge(alpha=1e-6 n), as above
    x, y, asked, real = thirds(LABELS >= 0)
    average, regression = predictions_of_values(x, y[:, None].astype(np.float32), asked)
    assert metric.RMSE(regression.predictions, real[:, None]) == pytest.approx(1.9191012470340871, rel=1e-9)
    np.testing.assert_allclose(average.predictions, y.mean(), rtol=1e-12)


def test_more_features_than_examples_take_the_other_gram_matrix():
    x, y = RNG.normal(size=(20, 30)), RNG.normal(size=(20, 2, 3))
    fitted = predictions_of_values(x, y, x)[1].predictions
    np.testing.assert_allclose(fitted, y, atol=1e-4)
    z = linear.sample(x, y)
    w = np.linalg.solve(z.x.T @ z.x + 2e-5 * np.eye(30), z.x.T @ (y - y.mean(axis=0)).reshape(20, 6))
    np.testing.assert_allclose(fitted.reshape(20, 6) - y.mean(axis=0).ravel(), z.x @ w, atol=1e-7)


def test_each_step_of_a_sequence_has_its_class():
    x = RNG.normal(size=(30, 6, 2))
    y = (x[..., 0] > 0).astype(int)
    often, logistic = predictions_of_classes(x, y, x[:4, :5], 3)
    assert often.predictions.shape == logistic.predictions.shape == (4, 5, 3)
    assert (logistic.predictions.argmax(axis=-1) == y[:4, :5]).mean() >= 0.9
    flat = predictions_of_classes(x.reshape(-1, 2), y.ravel(), x[:4, :5].reshape(-1, 2), 3)
    np.testing.assert_array_equal(flat[1].predictions, logistic.predictions.reshape(-1, 3))


def test_of_padded_sequences_only_the_steps_that_are_there_train():
    lengths = RNG.integers(1, 7, 30)
    x = [RNG.normal(size=(n, 2)) for n in lengths]
    y = [(one[:, 0] > 0).astype(int) for one in x]
    said = predictions_of_classes(pad(x), pad(y), pad(x), 2)
    flat = predictions_of_classes(np.concatenate(x), np.concatenate(y), np.concatenate(x), 2)
    for padded, joined in zip(said, flat, strict=True):
        np.testing.assert_array_equal(pad(x).steps(padded.predictions), joined.predictions)


def test_padded_sequences_with_one_class_each_are_as_long_as_those_that_trained():
    x = pad([RNG.normal(size=(n, 1)) for n in (1, 4, 2, 3, 4, 2)])
    y = np.array([0, 1, 0, 1, 1, 0])
    longer, shorter = Padded(np.ones((2, 9, 1)), np.array([9, 5])), Padded(np.ones((2, 4, 1)), np.array([4, 4]))
    said = [predictions_of_classes(x, y, asked, 2)[1].predictions for asked in (longer, shorter)]
    np.testing.assert_array_equal(*said)


def test_of_too_many_examples_evenly_spaced_ones_train(monkeypatch):
    x = RNG.normal(size=(100, 2))
    y = (x[:, 0] > 0).astype(int)
    monkeypatch.setattr(classes, "MOST_NUMBERS", 50)
    often, logistic = predictions_of_classes(x, y, x, 2)
    assert often.note == logistic.note == "fitted to 25 of 100 examples"
    whole = predictions_of_classes(x[::4], y[::4], x, 2)
    assert whole[1].note == ""
    np.testing.assert_array_equal(whole[1].predictions, logistic.predictions)


def test_what_would_have_too_many_weights_is_left_out():
    x, y = np.zeros((2, 300_000)), np.array([0, 1])
    assert [b.name for b in predictions_of_classes(x, y, x, 4)] == ["most frequent class"]
    assert [b.name for b in predictions_of_values(x, np.zeros((2, 40)), x)] == ["mean"]


def test_constant_inputs_and_a_single_class_do_no_harm():
    x, y = np.full((6, 3), 0.1), np.zeros(6, int)
    often, logistic = predictions_of_classes(x, y, x, 2)
    assert (often.predictions[:, 0] == 7 / 8).all()
    assert (logistic.predictions[:, 0] > 0.99).all()
    np.testing.assert_allclose(predictions_of_values(x, x, x)[1].predictions, x)


def test_blocks_and_repetition_change_no_bit(monkeypatch):
    x, y, asked, _ = thirds(LABELS < 3)
    first = predictions_of_classes(x, y, asked, 3)[1].predictions
    np.testing.assert_array_equal(first, predictions_of_classes(x, y, asked, 3)[1].predictions)
    monkeypatch.setattr(linear, "AT_ONCE", 640)
    np.testing.assert_allclose(first, predictions_of_classes(x, y, asked, 3)[1].predictions, rtol=1e-12)


def test_the_least_value_is_found():
    def bowl(x):  # a narrow one: 1 to 10^4
        scale = 10.0 ** np.arange(5)
        return float(scale @ (x - 1) ** 2), 2 * scale * (x - 1)

    np.testing.assert_allclose(minimised(bowl, np.zeros(5), 1e-8, 200), 1, atol=1e-8)
    np.testing.assert_allclose(minimised(bowl, np.zeros(5), -1, 10_000), 1, atol=1e-8)  # until rounding ends it
    assert not np.allclose(minimised(bowl, np.zeros(5), 1e-8, 2), 1)


# --- text ---


def dense(ids, vocabulary):
    """(V, V): p(b | a), a number at a time."""
    share = [(sum(ids[1:] == b) + 1) / (len(ids) - 1 + vocabulary) for b in range(vocabulary)]
    p = np.tile(share, (vocabulary, 1))
    pairs = list(itertools.pairwise(ids))
    for a, b in np.ndindex(p.shape):
        seen, kinds = sum(c == a for c, _ in pairs), len({d for c, d in pairs if c == a})
        if seen:
            p[a, b] = (pairs.count((a, b)) + kinds * share[b]) / (seen + kinds)
    return np.array(share), p


@pytest.mark.parametrize("seed", range(5))
def test_pairs_of_tokens_have_the_probabilities_of_witten_and_bell(seed):
    rng = np.random.default_rng(seed)
    ids = np.minimum(rng.geometric(0.3, 60), 7) - 1  # tokens 7 and 8 never occur
    before, after = rng.integers(0, 9, 50), rng.integers(0, 9, 50)
    share, p = dense(ids, 9)
    single, pairs = readings(ids, before, after, 9)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    np.testing.assert_allclose(single.losses, -np.log(share[after]))
    np.testing.assert_allclose(pairs.losses, -np.log(p[before, after]))
    likeliest = text.Pairs.counted(ids, 9).likeliest
    np.testing.assert_allclose(p[np.arange(9), likeliest], p.max(axis=1))
    np.testing.assert_array_equal(pairs.right, likeliest[before] == after)
    assert single.scores["accuracy"] == (share.argmax() == after).mean()


def test_a_reading_has_the_scores_that_the_metrics_give_probabilities():
    ids = RNG.integers(0, 4, 100)
    _, p = dense(ids, 4)
    scores = readings(ids, ids[:-1], ids[1:], 4)[1].scores
    expected = {m.__name__: m(p[ids[:-1]], ids[1:]) for m in (metric.perplexity, metric.bits_per_character)}
    assert scores == pytest.approx(
        expected | {"loss": math.log(expected["perplexity"]), "accuracy": scores["accuracy"]}
    )


def test_a_reading_of_nothing_has_no_score():
    nothing = np.empty(0, int)
    assert all(math.isnan(score) for score in readings(np.arange(3), nothing, nothing, 3)[1].scores.values())


def test_of_a_long_text_evenly_spaced_pairs_count(monkeypatch):
    monkeypatch.setattr(text, "MOST_NUMBERS", 10)
    ids = np.tile([0, 1, 2], 14)[:41]
    reading = readings(ids, ids[:-1], ids[1:], 3)[1]
    assert reading.note == "fitted to 10 of 40 pairs of tokens"
    assert reading.right.all()
