"""Forecasts are honest: blind to what comes later, the same of new data and of rows on disk, and kept as they were."""

import json

import numpy as np
import pytest
from small_series import CHAINS, CUTS, EVERY, NAN, Elsewhere, drawn, of_part, prepared, series, series_set

from zen_cli.data.forecasting import Forecasting, divide
from zen_cli.data.parts import numbers_of
from zen_cli.data.places import Cut, Division
from zen_cli.data.rows import selected
from zen_cli.data.scaling import Difference, MinMax
from zen_cli.data.series import Series, SeriesSet
from zen_cli.errors import DataError

# --- blind to what comes later ---


@pytest.mark.parametrize("scalers", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("cut", CUTS, ids=str)
@pytest.mark.parametrize("missing", ["error", "drop", "fill", "interpolate"])
@pytest.mark.parametrize("known", ["past", "future"])
def test_what_comes_after_the_training_part_changes_nothing_in_it(scalers, cut, missing, known):
    divisions = [Division(7, 40, 60, 80), Division(7, 30, 40, 50)]
    made = []
    for change in (False, True):
        rows = [drawn(division.end, 3, seed) for seed, division in enumerate(divisions)]
        for values, division in zip(rows, divisions, strict=True):
            if missing != "error":
                values[np.random.default_rng(5).random(values.shape) < 0.03] = NAN
            if change:
                values[division.validation :] = 1000 * drawn(division.end - division.validation, 3, 9)
        raw = series_set(*rows, missing=missing, **{known: 1})
        preparation = Forecasting.fit(raw, cut, scalers, divisions)
        inputs, targets, truth = of_part(preparation.dataset(raw, divisions), "train")
        made.append((json.dumps(preparation.state()), inputs, targets, truth))
    assert made[0][0] == made[1][0]
    assert len(made[0][1]) > 5
    for before, after in zip(made[0][1:], made[1][1:], strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_no_part_predicts_values_of_another(cut):
    raw = series_set(*([[row, 10 + row] for row in range(length)] for length in (30, 20)), past=1)
    divisions = divide(raw, cut, 0, 0.5, 0.25)
    data = Forecasting.fit(raw, cut, [], divisions).dataset(raw, divisions)
    for number, (_, part) in enumerate(data.parts.named()):
        truth, owners = data.truth(part), data.owners(part)
        assert len(truth) > 0
        for owner, division in enumerate(divisions):
            start, end = division.spans()[number]
            predicted = truth[owners == owner]
            assert predicted.min() >= start
            assert predicted.max() < end
    before = selected(data.inputs, data.parts.test)[:][:, :, 0].max(axis=1)
    np.testing.assert_array_equal(before + 1, data.truth(data.parts.test)[:, 0])


# --- new data ---


def test_new_data_are_predicted_to_one_step_after_their_end():
    preparation, _ = prepared(series_set([1, 3, 5, 7, 9]), Cut(2), [MinMax()])
    new = preparation.dataset(series_set([5, 9, 13]))
    assert new.inputs[:][:, :, 0].tolist() == [[0.5, 1], [1, 1.5]]
    np.testing.assert_array_equal(new.truth(EVERY), [[13], [NAN]])
    assert new.names(slice(0, len(new)))["x"].tolist() == [2, 3]
    assert new.in_units(np.array([[0.0], [1.0]]), EVERY).tolist() == [[1], [9]]
    assert [numbers_of(part).tolist() for _, part in new.parts.named()] == [[], [], [0, 1]]


def test_a_horizon_goes_beyond_the_end_of_new_data():
    preparation, _ = prepared(series_set(range(8)), Cut(2, 3), [Difference()])
    new = preparation.dataset(series_set([5, 9, 13, 14]))
    assert new.inputs[:][:, :, 0].tolist() == [[4, 4], [4, 1]]
    np.testing.assert_array_equal(new.truth(EVERY), [[14, NAN, NAN], [NAN, NAN, NAN]])
    assert new.names(slice(0, len(new)))["x"].tolist() == [3, 4, 5, 4, 5, 6]
    assert new.in_units(np.array([[1, 1, 1], [0, -1, 0]]), EVERY).tolist() == [[14, 15, 16], [14, 13, 13]]


@pytest.mark.parametrize("scalers", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_the_data_that_trained_give_the_same_windows_as_new_ones(scalers, cut):
    raw = series_set(drawn(40, 3, 1), drawn(30, 3, 2), past=1)
    preparation, data = prepared(raw, cut, scalers)
    new = preparation.dataset(raw)
    seen = {(owner, tuple(window.ravel())) for owner, window in zip(new.owners(EVERY), new.inputs[:], strict=True)}
    for owner, window in zip(data.owners(EVERY), data.inputs[:], strict=True):
        assert (owner, tuple(window.ravel())) in seen
    assert len(new) == len(data) + 2 * cut.horizon


def test_future_covariates_of_new_data_reach_as_far_as_the_predictions():
    preparation, _ = prepared(series_set([[i, 10 + i] for i in range(6)], future=1), Cut(1, 2))
    new = preparation.dataset(series_set([[1, 10], [2, 11], [NAN, 12], [NAN, 13]], future=1))
    assert new.inputs[:].tolist() == [[[1, 11, 12]], [[2, 12, 13]]]
    np.testing.assert_array_equal(new.truth(EVERY), [[2, NAN], [NAN, NAN]])


@pytest.mark.parametrize("missing", ["drop", "fill", "interpolate"])
def test_what_nobody_knows_yet_is_not_made_up(missing):
    preparation, _ = prepared(series_set(range(8)), Cut(2, 2))
    new = preparation.dataset(series_set([1, 2, NAN, 4, 5], missing=missing))
    truth = {"drop": [[NAN, 4], [NAN, NAN]], "fill": [[NAN, 4], [4, 5], [5, NAN], [NAN, NAN]]}
    truth["interpolate"] = [[NAN, 4], [5, NAN], [NAN, NAN]]  # not from a line to the 4 that is to be predicted
    np.testing.assert_array_equal(new.truth(EVERY), truth[missing])
    assert np.isfinite(new.inputs[:]).all()
    ahead, _ = prepared(series_set([[i, i] for i in range(8)], future=1), Cut(1, 2))
    rows = [[1, 10], [2, 11], [NAN, 12], [NAN, 13], [NAN, 14]]
    assert ahead.dataset(series_set(rows, future=1, missing=missing)).inputs[:].tolist() == [
        [[1, 11, 12]],
        [[2, 12, 13]],
    ]


def test_a_series_among_others_may_be_too_short_for_a_window():
    preparation, _ = prepared(series_set(range(10), range(10)), Cut(2), [Difference(3)])
    short, long = series([1.0, 2], "two"), series(np.arange(7.0) ** 2, "one")
    for order in ((short, long), (long, short)):
        new = preparation.dataset(SeriesSet(order, ("a",)))
        assert new.inputs[:][:, :, 0].tolist() == [[9, 15], [15, 21], [21, 27]]
        assert set(new.names(slice(0, len(new)))["series"]) == {"one"}
        np.testing.assert_array_equal(new.in_units(np.zeros((3, 1)), EVERY), [[4], [9], [16]])


NO_WINDOWS = [
    (Cut(3), [], series_set([1, 2]), "the model looks at 3 values to predict the next, but there are only 2$"),
    (Cut(3), [Difference(2)], series_set([1, 2, 3, 4]), "looks at 5 values to predict the next, but there are only 4$"),
    (Cut(3, 4), [], series_set([1, 2], [1]), "looks at 3 values to predict the next, but there are only 2$"),
    (Cut(2), [], series_set([1, NAN, 3, NAN], missing="drop"), "a value is missing in every window of these data"),
]


@pytest.mark.parametrize(("cut", "scalers", "new", "message"), NO_WINDOWS)
def test_new_data_without_a_window_are_refused(cut, scalers, new, message):
    trained = series_set(*[range(20)] * len(new.series))
    with pytest.raises(DataError, match=message):
        prepared(trained, cut, scalers)[0].dataset(new)


def test_a_training_part_without_a_window_is_refused():
    holes = series_set([1, NAN] * 6, missing="drop")
    with pytest.raises(DataError, match="a value is missing in every window of the training part") as caught:
        prepared(holes, Cut(2), train=0.5)
    assert caught.value.setting == "window"


def test_future_values_do_not_count_among_those_that_the_model_looks_at():
    preparation, _ = prepared(series_set([[i, i] for i in range(9)], future=1), Cut(3, 2))
    message = "the model looks at 3 values to predict the next, but there are only 2 before the 2 to predict"
    with pytest.raises(DataError, match=message):
        preparation.dataset(series_set([[1, 1], [2, 2], [NAN, 3], [NAN, 4]], future=1))


def test_other_series_than_those_that_trained_are_refused_but_one_alone_stands_for_any():
    alone, _ = prepared(series_set(range(9)), Cut(2))
    assert len(alone.dataset(SeriesSet((series(range(4), "x"), series(range(4), "y")), ("a",)))) == 6
    several, _ = prepared(series_set(range(9), range(9)), Cut(2))
    with pytest.raises(DataError, match="does not know a series 'three': it was trained on 'one', 'two'"):
        several.dataset(SeriesSet((series(range(9), "three"),), ("a",)))
    with pytest.raises(DataError, match="was trained on the columns a, but these are a, b"):
        alone.dataset(series_set([[1, 2]] * 9))


# --- what is kept ---


@pytest.mark.parametrize("scalers", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_a_preparation_comes_back_from_its_state(scalers, cut):
    raw = series_set(drawn(40, 3, 1), drawn(30, 3, 2), past=1)
    preparation, data = prepared(raw, cut, scalers, train=0.5)
    preparation.keep_naive_error(2, data)
    state = json.loads(json.dumps(preparation.state()))
    again = Forecasting.from_state(state)
    assert again.state() == state == preparation.state()
    assert again.naive_error(2).tolist() == preparation.naive_error(2).tolist()
    assert (again.task, again.input_shape, again.target_shape) == (data.task, data.input_shape, data.target_shape)
    new, same = preparation.dataset(raw), again.dataset(raw)
    np.testing.assert_array_equal(new.inputs[:], same.inputs[:])
    predictions = np.random.default_rng(0).random((len(new), *preparation.target_shape))
    np.testing.assert_array_equal(new.in_units(predictions, EVERY), same.in_units(predictions, EVERY))


def test_the_naive_error_is_that_of_the_values_that_train():
    raw = series_set([5, 5, 1, 2, 4, 7, 100], [0, 0, 10, 10, 20, 0, 0])
    preparation, data = prepared(raw, Cut(2, 2), train=4)
    np.testing.assert_allclose(preparation.keep_naive_error(1, data), [(1 + 2 + 3 + 0 + 10 + 20) / 6] * 2)
    np.testing.assert_allclose(preparation.keep_naive_error(2, data), [(3 + 5 + 10 + 10) / 4] * 2)
    assert preparation.naive_error(1).tolist() == [6, 6]


def test_the_naive_error_of_each_channel_is_its_own_and_knows_no_missing_values():
    raw = series_set([[0, 0], [1, 10], [NAN, 20], [2, 40], [4, 80]], missing="drop")
    preparation, data = prepared(raw, Cut(1))
    assert preparation.keep_naive_error(1, data).tolist() == [2, (10 + 20 + 40) / 3]


def test_a_fingerprint_tells_data_apart_and_depends_on_nothing_else():
    def fingerprint(*rows, window=3, train=2, scalers=()):
        return prepared(series_set(*rows), Cut(window), scalers, train)[1].fingerprint()

    values = np.linspace(0, 1, 9)
    assert fingerprint(values) == fingerprint(values.copy(), window=4, train=1, scalers=[Difference()])
    different = [values], [values + 1e-16], [values[::-1]], [values[:-1]], [np.stack([values] * 2, 1)], [values] * 2
    assert len({fingerprint(*rows) for rows in different}) == 6


# --- rows that are not in memory ---


@pytest.mark.parametrize("scalers", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("cut", CUTS, ids=str)
@pytest.mark.parametrize("missing", ["error", "drop", "fill", "interpolate"])
@pytest.mark.parametrize("known", ["past", "future"])
def test_a_series_on_disk_gives_the_same_as_one_in_memory(scalers, cut, missing, known, monkeypatch):
    monkeypatch.setattr("zen_cli.data.rows.AT_ONCE", 24)  # several blocks
    values = drawn(60, 3, 1)
    if missing != "error":
        values[[5, 30, 31, 50], 0] = NAN
    made = []
    for rows in (values, Elsewhere(values)):
        raw = SeriesSet((Series(np.arange(60.0), rows),), ("a", "b", "c"), missing=missing, **{known: 1})
        preparation, data = prepared(raw, cut, scalers, train=0.5, test=0.2)
        arrays = [data.inputs[:], data.targets[:], data.truth(EVERY)]
        arrays.append(data.in_units(np.zeros((len(data), *preparation.target_shape)), EVERY))
        made.append((json.dumps(preparation.state()), data.fingerprint(), arrays))
    assert made[0][:2] == made[1][:2]
    for here, there in zip(made[0][2], made[1][2], strict=True):
        np.testing.assert_array_equal(here, there)
