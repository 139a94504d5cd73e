"""Which examples train: amounts, dates, and the orders in which examples are dealt out."""

import numpy as np
import pytest

from zen_cli.data.parts import (
    Parts,
    amounts,
    dealt,
    drawn,
    first,
    grouped,
    in_order,
    numbers_of,
    part_of,
    seconds_of,
    size_of,
    stratified,
)
from zen_cli.errors import DataError


def in_lists(parts):
    return [numbers_of(part).tolist() for _, part in parts.named()]


# --- how many ---

DAY = 86400.0
DAYS = DAY * np.arange(10)  # from 1970-01-01 on
AMOUNTS = [  # train and test, and how many of ten they are
    (1, 0, (1, 0)),
    (10, 0, (10, 0)),
    (7, 0, (7, 0)),
    (7, 3, (7, 3)),
    (5, 2, (5, 2)),
    (0.5, 0, (5, 0)),
    (0.8, 0, (8, 0)),
    (0.99, 0, (10, 0)),
    (0.14, 0, (1, 0)),
    (0.26, 0, (3, 0)),
    (0.6, 0.2, (6, 2)),
    (0.7, 0.3, (7, 3)),
    (3, 0.25, (3, 2)),
    (1.0, 0, (10, 0)),
]


@pytest.mark.parametrize(("train", "test", "counts"), AMOUNTS)
def test_an_amount_is_a_count_or_a_fraction(train, test, counts):
    assert amounts(train, test, 10, "windows") == counts


DATES = [
    ("1970-01-04", 0, (3, 0)),
    ("1970-01-03T12:00", 0, (3, 0)),
    ("1970-01-03 12:00", 0, (3, 0)),
    ("1970-01-04", "1970-01-09", (3, 2)),
    (3, "1970-01-09", (3, 2)),
    (0.5, "1970-01-10", (5, 1)),
    ("1970-01-04", 0.2, (3, 2)),
    ("1971-01", 0, (10, 0)),
    ("1970-02", "1980-01", (10, 0)),
]


@pytest.mark.parametrize(("train", "test", "counts"), DATES)
def test_a_date_is_the_place_where_a_part_ends_or_begins(train, test, counts):
    assert amounts(train, test, 10, "windows", DAYS) == counts


def test_what_trains_before_a_date_and_what_is_scored_from_it_on_do_not_overlap():
    assert amounts("1970-01-04", "1970-01-04", 4, "windows", DAY * np.array([0, 2, 4, 6])) == (2, 2)


@pytest.mark.parametrize("train", [11, 0, 0.01, -1, "1969-01", "1970-01-01"])
def test_a_part_that_leaves_nothing_to_train_on_is_refused(train):
    with pytest.raises(DataError, match=r"cannot train on -?\d+ of 10 windows: choose from 1 to 10") as caught:
        amounts(train, 0, 10, "windows", DAYS)
    assert caught.value.setting == "train"
    assert amounts(caught.value.instead["train"], 0, 10, "windows", DAYS)


@pytest.mark.parametrize(("train", "test"), [(8, 3), (0.8, 0.5), ("1970-01-06", "1970-01-05"), (9, "1970-01-09")])
def test_what_trains_is_not_the_test_part_too(train, test):
    with pytest.raises(DataError, match=r"\d of 10 windows cannot train, as the last \d are the test part") as caught:
        amounts(train, test, 10, "windows", DAYS)
    assert amounts(caught.value.instead["train"], test, 10, "windows", DAYS)


@pytest.mark.parametrize("test", [10, 11, 0.99, "1970-01-01", "1960-01"])
def test_a_test_part_leaves_something_to_train_on(test):
    with pytest.raises(DataError, match=r"a test part of \d+ leaves none of 10 windows to train on") as caught:
        amounts(0.5, test, 10, "windows", DAYS)
    assert caught.value.setting == "test"
    assert amounts(0.5, caught.value.instead["test"], 10, "windows", DAYS) == (5, 2)


def test_of_one_example_none_can_be_a_test_part():
    with pytest.raises(DataError) as caught:
        amounts(1, 1, 1, "windows")
    assert amounts(1, caught.value.instead["test"], 1, "windows") == (1, 0)


SECONDS = [("1970", 0), ("1970-02", 31 * DAY), ("1969-12-31", -DAY), ("1970-01-01T00:01:01.5", 61.5)]


@pytest.mark.parametrize(("date", "seconds"), SECONDS)
def test_a_date_is_seconds_since_1970(date, seconds):
    assert seconds_of(date, "train") == seconds


@pytest.mark.parametrize("date", ["soon", "2020-02-30", "2020-13", "31.12.2020", "2020-1-31"])
def test_a_date_that_there_is_not_is_refused(date):
    with pytest.raises(DataError, match="there is no such date as") as caught:
        seconds_of(date, "test")
    assert caught.value.setting == "test"
    assert amounts(0.5, caught.value.instead["test"], 10, "windows")


# --- parts as slices and as numbers ---


def test_the_first_train_and_the_last_are_the_test():
    assert in_order(3, 2, 7) == Parts(slice(0, 3), slice(3, 5), slice(5, 7))
    assert in_order(7, 0, 7) == Parts(slice(0, 7), slice(7, 7), slice(7, 7))


PIECES = [(slice(2, 7), [2, 3, 4, 5, 6]), (np.array([1, 4, 5, 8, 9]), [1, 4, 5, 8, 9])]


@pytest.mark.parametrize(("part", "numbers"), PIECES, ids=["slice", "numbers"])
def test_a_part_is_a_slice_or_numbers(part, numbers):
    assert (size_of(part), numbers_of(part).tolist()) == (5, numbers)
    for batch in (slice(0, 2), slice(3, 9), slice(None), slice(-2, None), slice(5, 6)):
        assert numbers_of(part_of(part, batch)).tolist() == numbers[batch]
    assert numbers_of(first(part, 3)).tolist() == numbers[:3]
    assert numbers_of(first(part, 10)).tolist() == numbers


# --- orders ---


def test_examples_are_dealt_out_in_turn_and_each_part_keeps_the_order_of_the_data():
    order = np.array([5, 0, 3, 6, 1, 4, 2])
    assert in_lists(dealt(order, 3, 2)) == [[0, 3, 5], [1, 6], [2, 4]]


def test_a_random_order_follows_from_the_seed_alone():
    assert drawn(50, 3).tolist() == drawn(50, 3).tolist() != drawn(50, 4).tolist()
    assert sorted(drawn(50, 3)) == list(range(50)) != drawn(50, 3).tolist()
    assert len(drawn(0, 3)) == 0


SIZES = [(50, 30, 20), (97, 2, 1), (1, 1, 1), (10,), (3, 0, 7), (120, 37, 5, 5, 5)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_every_beginning_of_a_stratified_order_has_each_class_in_proportion(sizes):
    classes = np.repeat(np.arange(len(sizes)), sizes)
    order = stratified(np.random.default_rng(0).permutation(classes), seed=1)
    in_turn = np.random.default_rng(0).permutation(classes)[order]
    assert sorted(order) == list(range(len(classes)))
    for count in range(1, len(classes) + 1):
        here = np.bincount(in_turn[:count], minlength=len(sizes))
        assert np.abs(here - count * np.array(sizes) / len(classes)).max() < 1.5


def test_stratified_parts_have_the_proportions_of_the_whole():
    classes = np.array([0] * 6 + [1] * 3 + [2] * 3)
    parts = dealt(stratified(classes, seed=5), 4, 4)
    assert [np.bincount(classes[numbers]).tolist() for numbers in in_lists(parts)] == [[2, 1, 1]] * 3


def test_stratified_examples_of_a_class_are_drawn():
    classes = np.repeat([0, 1], 20)
    first_ones = [sorted(stratified(classes, seed)[:20]) for seed in range(3)]
    assert first_ones[0] == sorted(stratified(classes, 0)[:20]) != first_ones[1] != first_ones[2]
    assert first_ones[0] != [*range(10), *range(20, 30)]


# --- groups ---


def test_a_group_is_where_most_of_it_would_be():
    groups = np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3])
    assert in_lists(grouped(np.arange(10), groups, 5, 2)) == [[0, 1, 2, 3, 4], [5, 6, 7], [8, 9]]
    assert in_lists(grouped(np.arange(10), groups, 4, 4)) == [[0, 1, 2], [3, 4], [5, 6, 7, 8, 9]]


def test_groups_come_in_the_order_of_the_first_of_each():
    groups = np.array([7, 8, 7, 9, 8, 9])
    order = np.array([3, 0, 1, 2, 4, 5])  # of groups 9, 7, 8
    assert in_lists(grouped(order, groups, 2, 2)) == [[3, 5], [0, 2], [1, 4]]


@pytest.mark.parametrize("seed", range(20))
def test_no_group_is_split_and_no_example_lost(seed):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 15, 200).astype(float)
    parts = in_lists(grouped(drawn(200, seed), groups, 120, 40))
    assert sorted([*parts[0], *parts[1], *parts[2]]) == list(range(200))
    kept = [set(groups[part]) for part in parts]
    assert kept[0].isdisjoint(kept[1])
    assert kept[0].isdisjoint(kept[2])
    assert kept[1].isdisjoint(kept[2])
    largest = np.unique(groups, return_counts=True)[1].max()
    for part, wanted in zip(parts, (120, 40, 40), strict=True):
        assert abs(len(part) - wanted) <= largest


def test_a_first_group_that_is_too_large_to_train_is_refused_with_a_share_that_would_do():
    groups, order = np.array([0] * 6 + [1, 2, 3, 4]), np.arange(10)
    with pytest.raises(DataError, match="the first group has 6 examples, and 2 are to train") as caught:
        grouped(order, groups, 2, 2)
    share = caught.value.instead["train"]
    assert in_lists(grouped(order, groups, round(10 * share), 2))[0] == [0, 1, 2, 3, 4, 5]
