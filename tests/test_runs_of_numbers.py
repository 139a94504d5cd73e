"""Numbers kept as runs, and what is cut from rows when it is asked for: as the plain arrays that they stand for."""

import numpy as np
import pytest
from small_series import Elsewhere

from zen_cli.data.rows import Mapped, Selected, Windows, blocks, concatenated, selected, sliding, windowed
from zen_cli.data.runs import NONE, Runs
from zen_cli.padded import pad

NUMBERS = [
    [],
    [5],
    [5, 6, 7],
    [5, 6, 7, 9, 10, 20],
    [3, 2, 1],
    [4, 4, 5, 0, 1, 2],
    [0],
    [0, 1, -1, 0],
]
PLACES = [slice(None), slice(2), slice(1, 4), slice(3, 3), slice(4, 2), slice(-2, None), slice(1, 99), slice(None, -1)]


def runs_of(numbers):
    return Runs.of(np.array(numbers, np.intp))


@pytest.mark.parametrize("numbers", NUMBERS, ids=str)
def test_runs_are_the_numbers_that_they_are_made_of(numbers):
    runs = runs_of(numbers)
    assert (len(runs), runs[:].tolist()) == (len(numbers), numbers)
    assert runs.moved(10)[:].tolist() == [number + 10 for number in numbers]
    for places in PLACES:
        assert runs[places].tolist() == runs.selected(places)[:].tolist() == numbers[places]
        where = np.arange(100)[runs.moved(50).where(places)]
        assert where.tolist() == [number + 50 for number in numbers[places]]
    any_order = np.array([len(numbers) - 1, 0, 0])[: len(numbers)]
    assert runs[any_order].tolist() == [numbers[i] for i in any_order]
    assert runs.selected(any_order)[:].tolist() == [numbers[i] for i in any_order]


def test_numbers_that_follow_each_other_are_one_run():
    assert [len(runs_of(numbers).firsts) for numbers in NUMBERS] == [0, 1, 1, 3, 3, 3, 1, 2]
    span = Runs.span(3, 10**9)
    assert (len(span), len(span.firsts)) == (10**9 - 3, 1)
    assert span[np.array([0, 10**8])].tolist() == [3, 10**8 + 3]
    assert span.selected(slice(5, 10**8)).where(slice(None)) == slice(8, 10**8 + 3)
    assert len(Runs.span(4, 4)) == len(Runs.span(5, 4)) == len(NONE) == 0


def test_runs_are_joined():
    parts = [runs_of([1, 2, 9]), NONE, runs_of([10]), NONE]
    assert Runs.joined(parts)[:].tolist() == [1, 2, 9, 10]
    assert len(Runs.joined([NONE, NONE])) == 0


# --- rows ---

TABLE = np.arange(40.0).reshape(20, 2)


def gathered(starts, width):
    """The windows, one by one."""
    return np.array([TABLE[start : start + width] for start in starts]).reshape(len(starts), width, 2)


STARTS = [[4], [0, 1, 2, 3], [3, 4, 5, 9, 10], [10, 9, 9, 0], []]


@pytest.mark.parametrize("rows", [TABLE, Elsewhere(TABLE)], ids=["in memory", "elsewhere"])
@pytest.mark.parametrize("starts", STARTS, ids=str)
@pytest.mark.parametrize("width", [1, 3])
def test_windows_are_gathered_as_one_by_one(rows, starts, width):
    windows = windowed(rows, runs_of(starts), width)
    assert (windows.shape, windows.dtype, len(windows)) == ((len(starts), width, 2), np.float64, len(starts))
    for places in PLACES:
        expected = gathered(starts[places], width)
        np.testing.assert_array_equal(windows[places], expected)
        np.testing.assert_array_equal(selected(windows, places)[:], expected)
    any_order = np.array([len(starts) - 1, 0, 0])[: len(starts)]
    np.testing.assert_array_equal(windows[any_order], gathered([starts[i] for i in any_order], width))
    np.testing.assert_array_equal(selected(windows, any_order)[:], gathered([starts[i] for i in any_order], width))


def test_windows_at_every_place_are_a_view_and_so_is_a_run_of_others():
    view = windowed(TABLE, runs_of([2, 3, 4]), 5)
    assert isinstance(view, np.ndarray)
    assert np.shares_memory(view, TABLE)
    assert not view.flags.writeable
    scattered = windowed(TABLE, runs_of([2, 3, 4, 8, 9]), 5)
    assert isinstance(scattered, Windows)
    assert np.shares_memory(scattered[1:3], TABLE)
    assert np.shares_memory(selected(scattered, slice(3, 5)), TABLE)
    assert not np.shares_memory(scattered[2:4], TABLE)


def test_sliding_windows_are_those_that_numpy_cuts():
    assert sliding(np.arange(6.0)[:, None], 4)[:, :, 0].tolist() == [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5]]


def test_what_is_selected_stays_where_it_is():
    some = selected(Elsewhere(TABLE), slice(3, 9))
    assert isinstance(some, Selected)
    assert (some.shape, len(some), some.dtype) == ((6, 2), 6, np.float64)
    again = selected(some, np.array([5, 0]))
    np.testing.assert_array_equal(again[:], TABLE[[8, 3]])
    np.testing.assert_array_equal(again[np.array([1])], TABLE[[3]])


def test_a_function_of_rows_is_called_for_those_that_are_asked_for():
    seen = []
    doubled = Mapped(Elsewhere(TABLE), lambda rows: seen.append(len(rows)) or 2 * rows[:, :1], (1,))
    assert (doubled.shape, len(doubled), doubled.dtype) == ((20, 1), 20, np.float64)
    np.testing.assert_array_equal(doubled[2:4], [[8], [12]])
    np.testing.assert_array_equal(selected(doubled, np.array([0, 10]))[:], [[0], [40]])
    assert seen == [2, 2]


def test_rows_are_concatenated_and_those_of_one_table_stay_there():
    table = Elsewhere(TABLE)
    parts = [selected(table, slice(3, 5)), selected(table, np.array([9, 1]))]
    both = concatenated(parts)
    assert isinstance(both, Selected)
    np.testing.assert_array_equal(both[:], TABLE[[3, 4, 9, 1]])
    np.testing.assert_array_equal(concatenated([TABLE[:2], parts[1]])[:], TABLE[[0, 1, 9, 1]])
    assert concatenated([TABLE]) is TABLE


def test_sequences_of_different_lengths_are_selected_too():
    sequences = pad([np.arange(3.0), np.arange(1.0), np.arange(2.0)])
    some = selected(sequences, np.array([2, 1]))
    assert (some.values.tolist(), some.lengths.tolist()) == ([[0, 1], [0, 0]], [2, 1])


@pytest.mark.parametrize("width", [1, 3, 2**19])
def test_blocks_are_all_rows_in_order(width, monkeypatch):
    monkeypatch.setattr("zen_cli.data.rows.AT_ONCE", 6)
    rows = np.broadcast_to(np.arange(11.0)[:, None], (11, width))
    found = list(blocks(rows))
    assert [len(block) for block in found] == {1: [6, 5], 3: [2, 2, 2, 2, 2, 1]}.get(width, [1] * 11)
    assert np.concatenate([block[:, 0] for block in found]).tolist() == list(range(11))
    assert np.concatenate([block[:, 0] for block in blocks(rows, 3, 8)]).tolist() == [3, 4, 5, 6, 7]
    assert list(blocks(rows, 5, 5)) == []
