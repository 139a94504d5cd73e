"""Frequencies of dates: found with gaps and without, continued, filled, in words and written out."""

import numpy as np
import pytest

from zen_cli.data.frequency import (
    BusinessDays,
    FixedStep,
    Months,
    dates,
    positions_after,
)
from zen_cli.data.frequency import frequency_of as found_in
from zen_cli.errors import UserError

DAY = 86400.0


def seconds(*texts):
    return np.array(texts, "datetime64[us]").astype(np.int64) / 1e6


def from_on(first, step, count):
    return seconds(first)[0] + step * np.arange(count)


def months(first, step, count, day="01"):
    return seconds(*(f"{month}-{day}" for month in np.datetime64(first) + step * np.arange(count)))


# Dates, the frequency in words, and the three dates that follow.
CASES = [
    (from_on("2020-01-31", DAY, 9), "every day", "2020-02-09 2020-02-10 2020-02-11"),
    (from_on("2020-01-31T12:30", DAY, 9), "every day", "2020-02-09T12:30 2020-02-10T12:30 2020-02-11T12:30"),
    (from_on("2020-02-03", 7 * DAY, 4), "every week", "2020-03-02 2020-03-09 2020-03-16"),
    (from_on("2020-02-03", 14 * DAY, 4), "every 2 weeks", "2020-03-30 2020-04-13 2020-04-27"),
    (from_on("2020-02-28T22:00", 3600, 2), "every hour", "2020-02-29T00:00 2020-02-29T01:00 2020-02-29T02:00"),
    (from_on("2020-01-01", 900, 5), "every 15 minutes", "2020-01-01T01:15 2020-01-01T01:30 2020-01-01T01:45"),
    (from_on("2020-01-01", 5400, 2), "every 90 minutes", "2020-01-01T03:00 2020-01-01T04:30 2020-01-01T06:00"),
    (
        from_on("1969-12-31T23:59:59", 1, 2),
        "every second",
        "1970-01-01T00:00:01 1970-01-01T00:00:02 1970-01-01T00:00:03",
    ),
    (
        from_on("2020-01-01", 0.1, 10),
        "every 100 milliseconds",
        "2020-01-01T00:00:01.000 2020-01-01T00:00:01.100 2020-01-01T00:00:01.200",
    ),
    (
        from_on("2020-01-01", 2e-5, 3),
        "every 20 microseconds",
        "2020-01-01T00:00:00.000060 2020-01-01T00:00:00.000080 2020-01-01T00:00:00.000100",
    ),
    (months("1959-11", 1, 4), "every month", "1960-03 1960-04 1960-05"),
    (months("2019-01", 3, 4), "every quarter", "2020-01 2020-04 2020-07"),
    (months("2019-01", 12, 4), "every year", "2023-01 2024-01 2025-01"),
    (months("2019-01", 6, 4), "every 6 months", "2021-01 2021-07 2022-01"),
    (months("2019-01", 24, 3), "every 2 years", "2025-01 2027-01 2029-01"),
    (months("2019-11", 1, 4, "15"), "every month", "2020-03-15 2020-04-15 2020-05-15"),
    (months("2019-11", 1, 4, "01T06:00"), "every month", "2020-03-01T06:00 2020-04-01T06:00 2020-05-01T06:00"),
    (months("2020-01", 1, 2), "every month", "2020-03 2020-04 2020-05"),
    (seconds("2019-10-31", "2019-11-30", "2019-12-31"), "every month", "2020-01-31 2020-02-29 2020-03-31"),
    (seconds("2019-10-30", "2019-11-30", "2019-12-30"), "every month", "2020-01-30 2020-02-29 2020-03-30"),
    (seconds("2019-03-31", "2019-06-30", "2019-09-30"), "every quarter", "2019-12-31 2020-03-31 2020-06-30"),
    (seconds("2019-02-28", "2020-02-29", "2021-02-28"), "every year", "2022-02-28 2023-02-28 2024-02-29"),
    (
        seconds("2020-01-30", "2020-01-31", "2020-02-03", "2020-02-04", "2020-02-05", "2020-02-06"),
        "every business day",
        "2020-02-07 2020-02-10 2020-02-11",
    ),
    (
        seconds("2020-01-31T17:30", "2020-02-03T17:30", "2020-02-04T17:30"),
        "every business day",
        "2020-02-05T17:30 2020-02-06T17:30 2020-02-07T17:30",
    ),
    (from_on("2020-02-03", DAY, 5), "every day", "2020-02-08 2020-02-09 2020-02-10"),  # no weekend to leave out
]
IDS = [f"{words}, {following.split()[0]}" for _, words, following in CASES]


@pytest.mark.parametrize(("positions", "words", "following"), CASES, ids=IDS)
def test_dates_go_on_as_they_come(positions, words, following):
    found = found_in(positions)
    assert str(found) == words
    assert " ".join(found.dates(found.next(positions[-1], 3))) == following
    assert found.next(positions[-1], 0).shape == (0,)


@pytest.mark.parametrize("positions", [positions for positions, *_ in CASES], ids=IDS)
def test_dates_without_gaps_are_their_own_filling(positions):
    found = found_in(positions)
    assert found.gaps(positions) == []
    np.testing.assert_array_equal(found.fill(positions), positions)
    np.testing.assert_allclose(found.next(positions[0], len(positions) - 1), positions[1:], rtol=0, atol=1e-6)


LONG = [
    from_on("2020-01-31", DAY, 60),
    from_on("2020-01-01", 0.1, 60),
    months("1959-11", 1, 60),
    months("1900-01", 3, 60),
    from_on("2020-01-31", DAY, 84)[np.is_busday(np.datetime64("2020-01-31") + np.arange(84))],
    months("1959-11", 1, 61)[1:] - DAY,  # the last of each
]


@pytest.mark.parametrize("positions", LONG, ids=lambda positions: str(found_in(positions)))
def test_gaps_are_found_and_filled(positions):
    kept = np.delete(positions, [4, 20, 21, 22, 40])
    found = found_in(kept)
    assert found == found_in(positions)
    assert found.gaps(kept) == [(3, 1), (18, 3), (35, 1)]
    np.testing.assert_allclose(found.fill(kept), positions, rtol=0, atol=1e-6)


@pytest.mark.parametrize("positions", LONG, ids=lambda positions: str(found_in(positions)))
def test_half_of_the_dates_are_enough(positions):
    kept = positions[np.random.default_rng(0).random(len(positions)) < 0.6]
    found = found_in(kept)
    assert str(found) == str(found_in(positions))
    filled = positions[(positions >= kept[0]) & (positions <= kept[-1])]
    np.testing.assert_allclose(found.fill(kept), filled, rtol=0, atol=1e-6)


IRREGULAR = [
    [],
    seconds("2020-01-01"),
    seconds("2020-01-01", "2020-01-01"),
    seconds("2020-01-02", "2020-01-01"),
    np.random.default_rng(0).uniform(0, 1e9, 50).cumsum(),
    np.random.default_rng(0).integers(1, 100, 50).cumsum() * 1.0,
    seconds("2020-01-06", "2020-01-08", "2020-01-10", "2020-01-13", "2020-01-15", "2020-01-17", "2020-01-20"),
    seconds("2020-01-30T09:00", "2020-01-31T17:00", "2020-02-03T09:30", "2020-02-04T12:00"),
    seconds("2020-01-01T09:00", "2020-02-01T17:00", "2020-03-01T09:30", "2020-04-01T12:00"),
    seconds("2020-01-01", "2020-02-01", "2020-03-02", "2020-04-01", "2020-05-01", "2020-06-01"),
]


@pytest.mark.parametrize("positions", IRREGULAR, ids=range(len(IRREGULAR)))
def test_irregular_dates_have_no_frequency(positions):
    assert found_in(np.asarray(positions, float)) is None


def test_clocks_that_change_do_not_end_a_frequency():
    positions = from_on("2020-01-01T23:00", DAY, 300)
    positions[88:] -= 3600
    found = found_in(positions)
    assert (found, found.gaps(positions)) == (FixedStep("m", int(DAY * 1e6)), [])
    assert found.dates(found.next(positions[-1], 1)) == ["2020-10-27T22:00"]


def test_a_frequency_says_what_it_is():
    assert found_in(months("2020-01", 1, 3)) == Months("M", 1, 1)
    assert found_in(seconds("2019-10-31", "2019-11-30")) == Months("D", 1, 31)
    assert found_in(seconds("2020-01-31", "2020-02-03")) == BusinessDays("D")


def test_a_step_may_be_no_whole_number_of_microseconds():
    positions = np.delete(from_on("2020-01-01", 2 / 3, 12), [5, 6])
    found = found_in(positions)
    assert (str(found), found.gaps(positions)) == ("every 666667 microseconds", [(4, 2)])


def test_filling_leaves_the_dates_that_are_there():
    positions = seconds("2020-01-01", "2020-03-02")
    assert dates(Months("M", 1, 1).fill(positions)) == ["2020-01-01", "2020-02-01", "2020-03-02"]


def test_business_days_go_on_from_a_weekend():
    assert dates(BusinessDays("D").next(seconds("2020-02-01")[0], 2)) == ["2020-02-03", "2020-02-04"]


@pytest.mark.parametrize(
    ("positions", "dated", "following"),
    [
        (seconds("2020-01-01", "2020-02-01"), True, seconds("2020-03-01", "2020-04-01")),
        (np.array([0.0, 86400.0, 86400.0 * 2.5]), True, [86400.0 * 4, 86400.0 * 5.5]),
        (seconds("1970-01-01", "1970-02-01"), False, [62 * DAY, 93 * DAY]),
        (np.array([1.0, 1.5]), False, [2.0, 2.5]),
        (np.array([7.0]), False, [8.0, 9.0]),
    ],
)
def test_positions_go_on(positions, dated, following):
    np.testing.assert_array_equal(positions_after(positions, 2, dated), following)


def test_a_filling_beyond_memory_is_refused():
    positions = seconds("0001-01-01", "0001-01-01T00:00:01", "9999-01-01")
    with pytest.raises(UserError, match=r"a date for every second needs 10\.1 TB of memory"):
        found_in(positions).fill(positions)


# --- what is wrong, and as text ---


@pytest.mark.parametrize(
    "texts",
    [
        ["2020-01-31", "2020-02-01"],
        ["2020-01-31T12:30", "2020-02-01T00:00"],
        ["2020-01-31T12:30:05"],
        ["2020-01-31T12:30:05.250", "0001-01-01T00:00:00.000"],
        ["2020-01-31T12:30:05.000001"],
        [],
    ],
)
def test_dates_are_written_as_precisely_as_they_are(texts):
    assert dates(seconds(*texts)) == texts


def test_dates_are_written_to_a_unit():
    assert dates(seconds("2020-01-31"), "s") == ["2020-01-31T00:00:00"]
    assert dates(seconds("2020-01-31"), "M") == ["2020-01"]
