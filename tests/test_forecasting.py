"""Series as windows and what follows them: by hand, and scaled and back."""

import numpy as np
import pytest
from small_series import CHAINS, CUTS, EVERY, drawn, of_part, prepared, series_set

from zen_cli.data.forecasting import demand_lengths, divide
from zen_cli.data.parts import numbers_of
from zen_cli.data.places import Cut, Division
from zen_cli.data.rows import selected
from zen_cli.data.scaling import Difference, MinMax
from zen_cli.data.series import Series, SeriesSet
from zen_cli.errors import DataError

# --- windows ---


def test_each_window_has_the_next_value_as_its_target():
    _, data = prepared(series_set([100, 101, 102, 103, 104]), Cut(2), train=2)
    assert data.inputs[:][:, :, 0].tolist() == [[100, 101], [101, 102], [102, 103]]
    assert data.targets[:].tolist() == data.truth(EVERY).tolist() == [[102], [103], [104]]
    assert data.names(slice(0, len(data)))["x"].tolist() == [2, 3, 4]
    assert (len(data), data.train, data.held_out, data.task.labels) == (3, 2, 1, ())
    assert (data.input_shape, data.target_shape, data.lengths_vary) == ((2, 1), (1,), False)


def test_windows_of_a_series_that_is_not_scaled_are_views_of_it():
    raw = series_set([100, 101, 102, 103, 104])
    _, data = prepared(raw, Cut(2), train=2)
    assert np.shares_memory(selected(data.inputs, data.parts.train), raw.series[0].values)


def test_several_steps_of_several_channels_stand_one_step_after_the_other():
    raw = series_set([[i, 10 * i] for i in range(6)])
    _, data = prepared(raw, Cut(2, horizon=3))
    assert data.inputs[:].tolist() == [[[0, 0], [1, 10]], [[1, 10], [2, 20]]]
    assert data.targets[:].tolist() == [[2, 20, 3, 30, 4, 40], [3, 30, 4, 40, 5, 50]]
    assert data.truth(EVERY).tolist() == data.targets[:].tolist()
    assert {name: list(column) for name, column in data.names(slice(0, len(data))).items()} == {
        "x": [2, 3, 4, 3, 4, 5],
        "step": [1, 2, 3, 1, 2, 3],
    }


def test_a_recursive_model_is_taught_one_step_and_asked_for_all():
    preparation, data = prepared(series_set(range(6)), Cut(2, horizon=3, recursive=True))
    assert data.targets[:].tolist() == [[2], [3]]
    assert data.truth(EVERY).tolist() == [[2, 3, 4], [3, 4, 5]]
    assert (preparation.fed_back, preparation.target_shape, preparation.task.horizon) == (3, (1,), 3)
    assert prepared(series_set(range(6)), Cut(2, horizon=3))[0].fed_back == 0


def test_the_windows_of_each_series_are_its_own():
    raw = series_set([0, 1, 2, 3], [10, 11, 12, 13, 14])
    _, data = prepared(raw, Cut(2), train=0.5)
    assert of_part(data, "train")[0][:, :, 0].tolist() == [[0, 1], [10, 11], [11, 12]]
    assert of_part(data, "train")[1].tolist() == [[2], [12], [13]]
    assert of_part(data, "validation")[1].tolist() == [[3], [14]]
    assert data.names(slice(0, len(data)))["series"] == ["one", "two", "two", "one", "two"]
    assert data.names(slice(0, len(data)))["x"].tolist() == [2, 2, 3, 3, 4]


def test_past_covariates_are_seen_up_to_the_present():
    raw = series_set([[i, 10 + i, 20 + i] for i in range(5)], past=2)
    preparation, data = prepared(raw, Cut(2, horizon=2))
    assert data.inputs[:].tolist() == [[[0, 10, 20], [1, 11, 21]], [[1, 11, 21], [2, 12, 22]]]
    assert data.targets[:].tolist() == [[2, 3], [3, 4]]
    assert (preparation.input_shape, preparation.target_shape, preparation.task.names) == ((2, 3), (2,), ("a",))


def test_future_covariates_are_seen_for_the_steps_after_each_row():
    raw = series_set([[i, 10 + i, 20 + i] for i in range(6)], past=1, future=1)
    preparation, data = prepared(raw, Cut(2, horizon=2))
    assert data.inputs[:].tolist() == [
        [[0, 10, 21, 22], [1, 11, 22, 23]],
        [[1, 11, 22, 23], [2, 12, 23, 24]],
        [[2, 12, 23, 24], [3, 13, 24, 25]],
    ]
    assert data.targets[:].tolist() == [[2, 3], [3, 4], [4, 5]]
    assert (preparation.input_shape, data.input_shape) == ((2, 4), (2, 4))


def test_covariates_of_each_series_are_its_own():
    raw = series_set([[0, 50], [1, 51], [2, 52]], [[10, 60], [11, 61], [12, 62]], future=1)
    _, data = prepared(raw, Cut(1))
    assert data.inputs[:].tolist() == [[[0, 51]], [[1, 52]], [[10, 61]], [[11, 62]]]


# --- how many train ---

SPLITS = [(1, 1), (10, 10), (7, 7), (0.5, 5), (0.8, 8), (0.99, 10), (0.14, 1), (0.26, 3)]


@pytest.mark.parametrize(("train", "count"), SPLITS)
def test_a_split_is_a_count_or_a_fraction_of_the_windows(train, count):
    _, data = prepared(series_set(range(13)), Cut(3), train=train)
    assert (data.train, data.held_out) == (count, 10 - count)


def test_the_last_are_the_test_and_what_lies_between_the_validation():
    _, data = prepared(series_set(range(13)), Cut(3), train=0.5, test=0.2)
    targets = {name: of_part(data, name)[1].ravel().tolist() for name, _ in data.parts.named()}
    assert targets == {"train": [3, 4, 5, 6, 7], "validation": [8, 9, 10], "test": [11, 12]}


def test_dates_divide_what_is_predicted():
    days = SeriesSet((Series(86400.0 * np.arange(13), np.arange(13.0)[:, None]),), ("a",), dated=True)
    divisions = divide(days, Cut(3), 0, "1970-01-09", "1970-01-12")
    assert divisions == [Division(3, 8, 11, 13)]
    assert divide(days, Cut(3), 2, "1970-01-09", "1970-01-12") == [Division(5, 8, 11, 13)]


@pytest.mark.parametrize("train", [11, 0, 0.01, -1])
def test_a_split_that_leaves_nothing_to_train_on_is_refused(train):
    with pytest.raises(DataError, match=r"cannot train on -?\d+ of 10 windows: choose from 1 to 10"):
        prepared(series_set(range(13)), Cut(3), train=train)


def test_a_horizon_longer_than_what_trains_is_refused():
    with pytest.raises(DataError, match="no window trains: 4 values in a row are predicted, and fewer are") as caught:
        prepared(series_set(range(13)), Cut(3, 4), train=3)
    assert prepared(series_set(range(13)), Cut(3, 4), train=caught.value.instead["train"])[1].train > 0


@pytest.mark.parametrize("window", [13, 14, 10**12])
def test_a_window_needs_one_value_more(window):
    with pytest.raises(DataError, match=f"need {window + 1} points, but the series has 13") as caught:
        demand_lengths(series_set(range(13)), Cut(window), 0)
    assert caught.value.instead == {"window": 12}
    demand_lengths(series_set(range(13)), Cut(12), 0)
    assert len(prepared(series_set(range(13)), Cut(12))[1]) == 1


def test_a_series_that_is_too_short_is_named_with_all_that_it_needs():
    raw = series_set(range(9), range(7))
    demand_lengths(raw, Cut(3, 2), 2)
    message = "a window of 4 values, 2 before it for scaling, and the next 2 need 8 points, but the series 'two' has 7"
    with pytest.raises(DataError, match=message) as caught:
        demand_lengths(raw, Cut(4, 2), 2)
    demand_lengths(raw, Cut(caught.value.instead["window"], 2), 2)
    with pytest.raises(DataError) as caught:
        demand_lengths(series_set([1, 2]), Cut(4, 2), 2)
    assert caught.value.instead == {}


# --- scaled and back ---


@pytest.mark.parametrize("scalers", CHAINS.values(), ids=CHAINS)
@pytest.mark.parametrize("cut", CUTS, ids=str)
@pytest.mark.parametrize("lengths", [(40,), (40, 23, 31)], ids=["one", "three"])
def test_targets_in_units_are_the_truth(scalers, cut, lengths):
    raw = series_set(*(drawn(length, 3, length) for length in lengths), past=1)
    preparation, data = prepared(raw, cut, scalers, train=0.5, test=0.25)
    for _, part in data.parts.named():
        for where in (part, numbers_of(part)[::-1], numbers_of(part)[2:3]):
            targets, truth = np.asarray(selected(data.targets, where)[:]), data.truth(where)
            restored = data.in_units(targets, where)
            np.testing.assert_allclose(restored, truth[:, : restored.shape[1]], rtol=1e-10)
    assert (len(data.targets), len(data.inputs)) == (len(data), len(data))
    assert data.inputs[:].shape[1:] == preparation.input_shape
    assert data.targets[:].shape[1:] == preparation.target_shape
    assert np.isfinite(data.inputs[:]).all()
    assert np.isfinite(data.targets[:]).all()


def test_values_are_scaled_by_what_trains():
    _, data = prepared(series_set([1, 3, 5, 7, 100, 200]), Cut(2), [MinMax()], train=2)
    assert data.inputs[:][:, :, 0].tolist() == [[0, 2 / 6], [2 / 6, 4 / 6], [4 / 6, 1], [1, 99 / 6]]
    assert data.targets[:].ravel().tolist() == [4 / 6, 1, 99 / 6, 199 / 6]
    assert data.truth(EVERY).ravel().tolist() == [5, 7, 100, 200]
    assert data.in_units(np.array([[0.5]] * 4), EVERY).tolist() == [[4]] * 4


def test_each_series_is_scaled_by_itself_or_all_alike():
    raw = series_set([0, 1, 2], [0, 10, 20])
    _, own = prepared(raw, Cut(1), [MinMax()])
    assert own.targets[:].ravel().tolist() == [0.5, 1, 0.5, 1]
    assert own.in_units(np.array([[0.5], [0.5], [0.5], [1]]), EVERY).ravel().tolist() == [1, 1, 10, 20]
    _, shared = prepared(raw, Cut(1), [MinMax(per_series=False)])
    assert shared.targets[:].ravel().tolist() == [0.05, 0.1, 0.5, 1]


def test_differences_are_undone_from_the_values_right_before():
    _, data = prepared(series_set([1, 2, 4, 8, 16, 32, 64, 128]), Cut(2, 2), [Difference(2)], train=2, test=2)
    assert data.inputs[:][:, :, 0].tolist() == [[3, 6], [12, 24]]
    assert data.targets[:].tolist() == [[12, 24], [48, 96]]
    assert data.in_units(np.array([[0, 0], [1, 2]]), EVERY).tolist() == [[4, 8], [17, 34]]
    assert data.in_units(np.array([[1, 2]]), np.array([1])).tolist() == [[17, 34]]


def test_a_future_covariate_is_scaled_before_it_is_shown_ahead():
    raw = series_set([[0, 0], [0, 2], [0, 4], [0, 8]], future=1)
    _, data = prepared(raw, Cut(1), [MinMax(columns=["b"])])
    assert data.inputs[:].tolist() == [[[0, 0.25]], [[0, 0.5]], [[0, 1]]]
