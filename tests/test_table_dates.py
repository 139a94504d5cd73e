"""Dates in cells: what they say in seconds since 1970, and which are none."""

import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from zen_cli.data.table.cells import WrongCellError
from zen_cli.data.table.dates import AmbiguousError, Dates, order_of

DAY = 86400


def seconds(*texts, order="ymd"):
    return Dates(order).from_texts(texts).tolist()


READ = [
    ("1970-01-01", 0),
    ("1969-12-31", -DAY),
    ("2000-02-29", 11016 * DAY),
    (" 1970-01-02 ", DAY),
    ("1970-1-2", DAY),
    ("1970/01/02", DAY),
    ("1970.01.02", DAY),
    ("1970-02", 31 * DAY),
    ("1970Q2", 90 * DAY),
    ("1970-Q4", 273 * DAY),
    ("1970-01-01 00:01", 60),
    ("1970-01-01T01:00:01", 3601),
    ("1970-01-01 9:05", 9 * 3600 + 300),
    ("1970-01-01 00:00:00.5", 0.5),
    ("1970-01-01 00:00:00.000001", 1e-6),
    ("1970-01-01 00:00:01,250", 1.25),
    ("1970-01-01 00:00Z", 0),
    ("1970-01-01T00:00:00+00:00", 0),
    ("1970-01-01 02:00 +02:00", 0),
    ("1970-01-01T00:00:00-0530", 5.5 * 3600),
    ("0001-01-01", -62135596800),
    ("9999-12-31 23:59:59", 253402300799),
    ("", np.nan),
    ("NA", np.nan),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_a_date_is_the_seconds_since_1970(text, expected):
    assert np.array_equal(seconds(text), [expected], equal_nan=True)


def test_the_order_is_the_columns():
    assert seconds("2/1/1970", "31.12.1970", "1-2-1970 00:01", order="dmy") == [DAY, 364 * DAY, 31 * DAY + 60]
    assert seconds("1/2/1970", "12/31/1970", order="mdy") == [DAY, 364 * DAY]


REFUSED = ["2021-02-29", "2020-13-01", "2020-00-10", "2020-01-00", "0000-01-01", "2020-01-01 24:00", "2020-01-01 12:60"]
REFUSED += ["2020-01-01 12:00:60", "2020Q5", "2020Q0", "2020-01/01", "20200101", "now", "today", "NaT", "2020", "12:30"]
REFUSED += ["2020-01-01 12", "2020-01-01x", "1/2/2020", "2020-01-01 00:00:00.1234567", "٢٠٢٠-01-01", "x" * 100]


@pytest.mark.parametrize("text", REFUSED)
def test_other_cells_are_no_dates(text):
    dates = Dates("ymd")
    with pytest.raises(WrongCellError, match="is not a date") as caught:
        dates.from_texts(["2020-01-01", "NA", text, "2020-01-01", "no"])
    assert caught.value.index == 2
    with pytest.raises(ValueError, match="date"):
        dates.from_array(np.array(["2020-01-01", "NA", text], dates.dtype))


def test_all_cells_have_a_time_zone_or_none_has():
    with pytest.raises(WrongCellError, match="has no time zone, but the dates before have one") as caught:
        seconds("2020-01-01 00:00Z", "2020-01-01 01:00+01:00", "2020-01-01 00:00")
    assert caught.value.index == 2
    with pytest.raises(WrongCellError, match="has a time zone, but the dates before have none"):
        seconds("2020-01-01", "2020-01-01 00:00Z")


def test_every_microsecond_around_now_is_told_apart():
    rng, start = random.Random(0), datetime(1970, 1, 1, tzinfo=UTC)
    texts, exact = [], []
    for _ in range(3000):
        microseconds = rng.randrange(-136, 135) * 31_556_952 * 10**6 + rng.randrange(31 * 10**12)
        moment = start + timedelta(microseconds=microseconds)
        texts.append(rng.choice([moment.isoformat(), str(moment)]))
        exact.append(microseconds)
    assert np.rint(np.array(seconds(*texts)) * 1e6).tolist() == exact


def test_what_numpy_reads_is_what_is_read_one_by_one():
    rng = random.Random(1)
    forms = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d", "NA", "%Y-%m", ""]
    moments = [datetime(1970, 1, 1) + timedelta(minutes=rng.randrange(10**8)) for _ in range(500)]
    texts = [moment.strftime(rng.choice(forms)) for moment in moments]
    dates = Dates("ymd", 19)
    together = dates.from_array(np.array(texts, dates.dtype))
    single = np.concatenate([Dates("ymd").from_texts([text]) for text in texts])
    assert np.array_equal(together, single, equal_nan=True)


def test_a_longer_date_than_before_makes_room_for_the_next():
    dates = Dates("ymd")
    with pytest.raises(ValueError, match="longer"):
        dates.from_array(np.array(["2020-01-01 12:30:00"], dates.dtype))
    dates.from_texts(["2020-01-01 12:30:00"])
    assert dates.from_array(np.array(["2020-01-01 12:30:00"], dates.dtype)).tolist() == seconds("2020-01-01 12:30")


ORDERS = [
    (["2020-01-31"], "ymd"),
    (["1/2/2020", "13/2/2020"], "dmy"),
    (["1/2/2020", "NA", "2/13/2020"], "mdy"),
    (["1.2.2020"], "dmy"),
    (["01-02-2020", "31-01-2020"], "dmy"),
]


@pytest.mark.parametrize(("texts", "order"), ORDERS)
def test_a_day_above_12_tells_which_comes_first(texts, order):
    assert order_of(texts) == order


@pytest.mark.parametrize(
    ("texts", "index"), [(["", "1/2/2020", "3/3/2020"], 1), (["13/1/2020", "1/2/2020", "1/13/2020"], 2)]
)
def test_an_order_that_cannot_be_told_is_refused(texts, index):
    with pytest.raises(AmbiguousError) as caught:
        order_of(texts)
    assert caught.value.index == index
