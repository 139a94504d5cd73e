"""Where the windows of series are: each in the part of what it predicts, and none that lacks a value it needs."""

import math

import numpy as np
import pytest

from zen_cli.data.gaps import any_missing, patched
from zen_cli.data.parts import numbers_of
from zen_cli.data.places import Cut, Division, Places
from zen_cli.data.series import Series, SeriesSet

NAN = math.nan


def series_of(*values, missing="drop", past=0, future=0):
    """Series of these values; each is a list of numbers, or of rows."""
    arrays = [np.array(rows, float).reshape(len(rows), -1) for rows in values]
    names = tuple("abc"[: arrays[0].shape[1]])
    series = tuple(Series(np.arange(len(rows), dtype=float), rows) for rows in arrays)
    return SeriesSet(series, names, past, future, missing=missing)


def places_of(raw, divisions, cut, reach=0, truth=True):
    """The rows that are predicted first, part by part, and how many windows were left out."""
    filled = patched(raw, [[d.validation, d.test] for d in divisions])
    found = Places.of(raw, filled, divisions, cut, reach, truth)
    origins = [found.origins[numbers_of(part)].tolist() for _, part in found.parts.named()]
    return origins, found.left_out


# --- whole series ---

DIVIDED = [  # of 10 rows: first, validation, test, end; window and horizon; the origins of each part
    (Division(3, 6, 8, 10), Cut(3), [[3, 4, 5], [6, 7], [8, 9]]),
    (Division(3, 6, 8, 10), Cut(3, 2), [[3, 4], [6], [8]]),
    (Division(3, 6, 8, 10), Cut(3, 2, recursive=True), [[3, 4], [6], [8]]),
    (Division(3, 6, 8, 10), Cut(3, 3), [[3], [], []]),
    (Division(3, 10, 10, 10), Cut(3), [[3, 4, 5, 6, 7, 8, 9], [], []]),
    (Division(3, 3, 3, 10), Cut(3, 7), [[], [], [3]]),
    (Division(3, 3, 3, 10), Cut(3, 8), [[], [], []]),
]


@pytest.mark.parametrize(("division", "cut", "origins"), DIVIDED, ids=str)
def test_a_window_is_in_the_part_that_all_it_predicts_is_in(division, cut, origins):
    assert places_of(series_of([0] * 10), [division], cut) == (origins, 0)


def test_the_windows_of_several_series_follow_each_other_in_each_part():
    raw = series_of([0] * 6, [0] * 5)
    divisions = [Division(2, 4, 5, 6), Division(2, 3, 4, 5)]
    assert places_of(raw, divisions, Cut(2)) == ([[2, 3, 8], [4, 9], [5, 10]], 0)


# --- missing values ---

GAP = [0, 1, 2, 3, NAN, 5, 6, 7, 8, 9]
DIVISION = Division(2, 6, 8, 10)


@pytest.mark.parametrize(
    ("values", "origins", "left_out"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [[2, 3, 4, 5], [6, 7], [8, 9]], 0),
        (GAP, [[2, 3], [7], [8, 9]], 3),  # not as a target, nor in either place of the window
        ([NAN, *GAP[1:]], [[3], [7], [8, 9]], 4),
        ([*GAP[:9], NAN], [[2, 3], [7], [8]], 4),
        ([NAN] * 10, [[], [], []], 8),
    ],
)
def test_a_window_without_one_of_its_values_is_left_out(values, origins, left_out):
    assert places_of(series_of(values), [DIVISION], Cut(2)) == (origins, left_out)


def test_all_steps_of_a_horizon_must_be_there():
    assert places_of(series_of(GAP), [DIVISION], Cut(2, 2)) == ([[2], [], [8]], 3)


def test_so_must_what_scaling_looks_back_at():
    raw = series_of([0, 1, 2, NAN, 4, 5, 6, 7, 8, 9])
    assert places_of(raw, [Division(4, 8, 9, 10)], Cut(2), reach=2) == ([[], [8], [9]], 4)


def test_what_new_data_predict_need_not_be_known():
    raw = series_of([0, 1, 2, 3, NAN, NAN])
    assert places_of(raw, [Division(2, 2, 2, 6)], Cut(2), truth=False) == ([[], [], [2, 3, 4]], 1)
    assert places_of(raw, [Division(2, 2, 2, 6)], Cut(2, 2), truth=False) == ([[], [], [2, 3, 4]], 0)


def test_of_past_covariates_the_window_alone_is_needed():
    rows = [[i, 0] for i in range(8)]
    rows[4][1] = NAN
    assert places_of(series_of(rows, past=1), [Division(2, 8, 8, 8)], Cut(2)) == ([[2, 3, 4, 7], [], []], 2)


def test_of_future_covariates_the_steps_to_predict_are_needed_and_not_the_first_of_the_window():
    rows = [[i, 0] for i in range(8)]
    rows[4][1] = NAN
    assert places_of(series_of(rows, future=1), [Division(2, 8, 8, 8)], Cut(2)) == ([[2, 3, 6, 7], [], []], 2)
    assert places_of(series_of(rows, future=1), [Division(2, 8, 8, 8)], Cut(2, 2)) == ([[2, 6], [], []], 3)


def test_a_scaled_future_covariate_needs_what_scaling_looks_back_at():
    rows = [[i, 0] for i in range(9)]
    rows[4][1] = NAN  # the difference to the row before is missing in rows 4 and 5
    assert places_of(series_of(rows, future=1), [Division(3, 9, 9, 9)], Cut(2), reach=1) == ([[3, 7, 8], [], []], 3)


# --- filled in ---


def filled_in(values, missing, borders=(), **covariates):
    (series,) = patched(series_of(values, missing=missing, **covariates), [borders]).series
    return series.values.T.tolist() if series.values.shape[1] > 1 else series.values[:, 0].tolist()


FILLED = [
    ([1, NAN, NAN, 4], "fill", (), [1, 1, 1, 4]),
    ([1, NAN, NAN, 4], "interpolate", (), [1, 2, 3, 4]),
    ([NAN, 2, NAN, 4], "fill", (), [NAN, 2, 2, 4]),
    ([NAN, 2, NAN, 4], "interpolate", (), [NAN, 2, 3, 4]),
    ([1, NAN, NAN, 4], "drop", (), [1, NAN, NAN, 4]),
    ([1, NAN, NAN, 4], "interpolate", (3,), [1, 1, 1, 4]),  # nothing is told before the border of what follows it
    ([1, NAN, 3, NAN, 7, NAN, 9], "interpolate", (3, 6), [1, 2, 3, 3, 7, 7, 9]),
    ([1, NAN, NAN, NAN, 5], "interpolate", (2,), [1, 1, 1, 1, 5]),
    ([1, 2, NAN, NAN], "fill", (), [1, 2, NAN, NAN]),  # the end is no gap: nobody knows it yet
    ([1, 2, NAN, NAN], "interpolate", (), [1, 2, NAN, NAN]),
    ([NAN, NAN], "fill", (), [NAN, NAN]),
]


@pytest.mark.parametrize(("values", "missing", "borders", "filled"), FILLED)
def test_gaps_are_filled_from_before_or_from_both_sides(values, missing, borders, filled):
    np.testing.assert_array_equal(filled_in(values, missing, borders), filled)
    assert any_missing(np.array(values)[:, None]) == (NAN in values)


def test_a_covariate_that_is_late_is_filled_to_the_end_and_one_known_in_advance_beyond():
    rows = [[1, 10, 5], [2, NAN, NAN], [NAN, NAN, NAN], [NAN, NAN, 8]]
    last = [[1, 2, NAN, NAN], [10, 10, NAN, NAN], [5, 5, 5, 8]]
    np.testing.assert_array_equal(filled_in(rows, "fill", past=1, future=1), last)
    line = [[1, 2, NAN, NAN], [10, 10, NAN, NAN], [5, 6, 7, 8]]
    np.testing.assert_array_equal(filled_in(rows, "interpolate", past=1, future=1), line)


def test_what_was_filled_in_trains_and_is_not_scored():
    values = [0, 1, 2, NAN, 4, 5, 6, NAN, 8, 9]
    assert places_of(series_of(values, missing="fill"), [DIVISION], Cut(2)) == ([[2, 3, 4, 5], [6], [8, 9]], 1)


def test_a_window_that_ends_on_a_line_to_what_it_predicts_is_left_out():
    values = [0, 1, 2, NAN, 4, 5, 6, 7, 8, 9]
    filled = series_of(values, missing="interpolate")
    assert places_of(filled, [DIVISION], Cut(2)) == ([[2, 3, 5], [6, 7], [8, 9]], 1)
    late = series_of([[i, i if i < 9 else NAN] for i in range(10)], missing="interpolate", past=1)
    new = Division(2, 2, 2, 10)  # no line goes on to a value after the end
    assert places_of(late, [new], Cut(2), truth=False)[0][2] == [2, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("missing", ["drop", "fill", "interpolate"])
def test_parts_do_not_change_with_what_comes_after_them(missing):
    values = np.where(np.random.default_rng(3).random(60) < 0.2, NAN, np.arange(60.0))
    division, later = Division(4, 30, 45, 60), values.copy()
    later[30:] = np.where(np.random.default_rng(4).random(30) < 0.5, NAN, -7)
    parts = [places_of(series_of(v, missing=missing), [division], Cut(4, 2))[0] for v in (values, later)]
    assert parts[0][0] == parts[1][0]
    np.testing.assert_array_equal(*(filled_in(v, missing, (30, 45))[:30] for v in (values, later)))
