"""Tables as series: one or several, in order of time, with gaps refused, ignored or made missing values."""

import math

import numpy as np
import pytest

from zen_cli.data.sources import CSV
from zen_cli.data.table import read_frame
from zen_cli.errors import DataError

NAN = math.nan
DAY = 86400


@pytest.fixture
def series_of(tmp_path):
    """The series that a table holds."""

    def series_of(text, target="y", **settings):
        (tmp_path / "t.csv").write_text(text, encoding="utf-8")
        return CSV(str(tmp_path / "t.csv"), target, **settings).load(0).as_series()

    return series_of


def in_lists(raw):
    return {one.label: (one.positions.tolist(), one.values[:].tolist()) for one in raw.series}


# --- what they are made of ---


def test_the_rows_are_a_series_whose_channels_stand_targets_first(series_of):
    raw = series_of("a,y,b,z,c\n1,2,3,4,5\n6,7,8,9,0\n", target=["z", "y"], past=["c"], future=["a"])
    assert in_lists(raw) == {"": ([0, 1], [[4, 2, 5, 1], [9, 7, 0, 6]])}
    assert (raw.channels, raw.past, raw.future, raw.targets, raw.now) == (("z", "y", "c", "a"), 1, 1, 2, 3)
    assert (raw.index, raw.dated, raw.missing) == ("row", False, "error")


def test_an_index_is_where_the_values_are(series_of):
    raw = series_of("t,y\n0.5,1\n0.75,2\n3,4\n", index="t")
    assert in_lists(raw) == {"": ([0.5, 0.75, 3], [[1], [2], [4]])}
    assert (raw.index, raw.dated) == ("t", False)
    assert raw.said(raw.series[0].positions[:2]).tolist() == [0.5, 0.75]


def test_dates_are_said_as_far_as_they_go(series_of):
    raw = series_of("day,y\n1970-01-02,1\n1970-01-03,2\n1970-01-04,2\n", index="day")
    assert (raw.series[0].positions.tolist(), raw.dated) == ([DAY, 2 * DAY, 3 * DAY], True)
    assert raw.said(raw.series[0].positions[:2]) == ["1970-01-02", "1970-01-03"]
    months = series_of("month,y\n1970-01,1\n1970-02,2\n1970-03,2\n", index="month")
    assert months.said(months.series[0].positions) == ["1970-01", "1970-02", "1970-03"]


SHOPS = "day,shop,y\n1970-01-01,b,1\n1970-01-01,a,10\n1970-01-02,b,2\n1970-01-02,a,20\n1970-01-03,a,30\n"


def test_a_column_tells_several_series_apart(series_of):
    raw = series_of(SHOPS, index="day", series="shop")
    assert in_lists(raw) == {"b": ([0, DAY], [[1], [2]]), "a": ([0, DAY, 2 * DAY], [[10], [20], [30]])}
    by_number = series_of("shop,y\n7,1\n8,2\n7,3\n", series="shop")
    assert in_lists(by_number) == {"7": ([0, 1], [[1], [3]]), "8": ([0], [[2]])}


def test_rows_on_disk_stay_there(series_of, tmp_path, monkeypatch):
    here = series_of(SHOPS, index="day", series="shop")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("zen_cli.data.sources.csv.read_frame", lambda *a, **k: read_frame(*a, **k, memory=0))
    there = series_of(SHOPS, index="day", series="shop")
    assert not isinstance(there.series[0].values, np.ndarray)
    assert in_lists(there) == in_lists(here)
    assert there.series[1].values[np.array([2, 0])].tolist() == [[30], [10]]


# --- in order of time ---

DISORDER = [
    ("t,y\n1,1\n3,2\n2,3\n", {}, r"t.csv:4: column 't': 2 comes after 3: sort the file by 't'"),
    ("t,y\n1,1\n2,2\n2,3\n", {}, r"t.csv:4: column 't': 2 is there twice, and in the row before: take one of them out"),
    (SHOPS, {"index": "day"}, r"t.csv:3: column 'day': 1970-01-01 is there twice, and in the row before"),
    (
        SHOPS.replace("1970-01-03,a", "1970-01-01,a"),
        {"index": "day", "series": "shop"},
        r"t.csv:6: column 'day': 1970-01-01 comes after 1970-01-02 of 'a': sort the file by 'day'",
    ),
]


@pytest.mark.parametrize(("text", "settings", "message"), DISORDER, ids=["before", "twice", "shops", "of one"])
def test_rows_that_are_not_in_order_are_refused_by_their_place(series_of, text, settings, message):
    with pytest.raises(DataError, match=message):
        series_of(text, **({"index": "t"} | settings))


def test_where_another_column_tells_series_apart_it_is_offered(series_of):
    with pytest.raises(DataError) as caught:
        series_of(SHOPS, index="day")
    assert (caught.value.setting, caught.value.instead) == ("series", {"series": "shop"})
    series_of(SHOPS, index="day", **caught.value.instead)


def test_series_may_follow_each_other_in_the_file(series_of):
    in_turn = "shop,day,y\na,1970-01-02,1\na,1970-01-03,2\nb,1970-01-01,3\nb,1970-01-02,4\n"
    assert in_lists(series_of(in_turn, index="day", series="shop")) == {
        "a": ([DAY, 2 * DAY], [[1], [2]]),
        "b": ([0, DAY], [[3], [4]]),
    }


# --- dates that are missing ---

GAP = "day,y\n1970-01-01,1\n1970-01-02,2\n1970-01-03,3\n1970-01-06,6\n"


def test_a_gap_is_refused_with_both_its_ends(series_of):
    message = r"t.csv:5: column 'day': 2 rows are missing between 1970-01-03 and 1970-01-06, at a row every day: with"
    with pytest.raises(DataError, match=message) as caught:
        series_of(GAP, index="day")
    assert (caught.value.setting, caught.value.instead) == ("gaps", {"gaps": "ignore"})


def test_a_gap_can_be_rows_that_just_follow_each_other_or_missing_values(series_of):
    ignored = series_of(GAP, index="day", gaps="ignore").series[0]
    assert (ignored.positions.tolist(), len(ignored)) == ([0, DAY, 2 * DAY, 5 * DAY], 4)
    for missing in ("error", "drop", "fill", "interpolate"):
        filled = series_of(GAP, index="day", gaps="missing", missing=missing).series[0]
        assert filled.positions.tolist() == [DAY * day for day in range(6)]
        np.testing.assert_array_equal(filled.values, [[1], [2], [3], [NAN], [NAN], [6]])


def test_numbers_as_an_index_may_have_any_distance(series_of):
    assert series_of("t,y\n1,1\n2,2\n9,3\n", index="t").series[0].positions.tolist() == [1, 2, 9]


# --- what a series cannot be made of ---

UNUSABLE = [
    ("t,y\n1,red\n2,blue\n", {"index": "t"}, r"a series is made of numbers, but column 'y'.*red, blue"),
    ("t,y\n1,1\n2,\n", {"index": "t"}, r"t.csv:3: column 'y': a value is missing"),
    ("t,y\n,1\n2,3\n", {"index": "t"}, r"t.csv:2: column 't': a value is missing"),
    ("t,y\n,1\n2,3\n", {"index": "t", "missing": "drop"}, r"t.csv:2: column 't': a value is missing"),
    ("t,y\nred,1\nblue,3\n", {"index": "t"}, r"an index is a date or a number, but column 't'.*red, blue"),
    ("s,y\n,1\na,3\n", {"series": "s"}, r"t.csv:2: column 's': a value is missing"),
]


@pytest.mark.parametrize(("text", "settings", "message"), UNUSABLE, ids=[message for *_, message in UNUSABLE])
def test_what_no_series_can_be_made_of_is_refused(series_of, text, settings, message):
    with pytest.raises(DataError, match=message):
        series_of(text, **settings)


@pytest.mark.parametrize("missing", ["drop", "fill", "interpolate"])
def test_missing_values_may_be_left_to_the_windows(series_of, missing):
    raw = series_of("a,y\n1,10\n,20\n3,\n", past=["a"], missing=missing)
    np.testing.assert_array_equal(raw.series[0].values, [[10, 1], [20, NAN], [NAN, 3]])
    assert raw.missing == missing


def test_new_rows_need_not_tell_what_is_to_be_predicted(tmp_path):
    (tmp_path / "t.csv").write_text("a,y\n1,10\n2,\n3,\n", encoding="utf-8")
    table = CSV(str(tmp_path / "t.csv"), "y", future=["a"]).load(0)
    np.testing.assert_array_equal(table.as_series(demand_targets=False).series[0].values[:, 0], [10, NAN, NAN])
    with pytest.raises(DataError, match=r"t.csv:3: column 'y': a value is missing \(2 are missing in this column\)"):
        table.as_series()
