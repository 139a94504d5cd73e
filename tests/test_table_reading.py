"""CSV files as tables: what is read from them, and what is said of those that are broken."""

import gzip
import math
import re
import sys

import numpy as np
import pytest
from conftest import TextInput, demand_readable

from zen_cli.data.table import blocks, read_frame
from zen_cli.errors import DataError

NAN = math.nan


def frame_of(folder, data, **settings):
    path = folder / "t.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_frame(str(path), **settings)


def equal(rows, expected):
    return np.array_equal(rows, np.array(expected, float).reshape(len(expected), -1), equal_nan=True)


TABLES = [
    (b"1,2\n3,4\n", [[1, 2], [3, 4]]),
    (b"1,2\n3,4", [[1, 2], [3, 4]]),
    (b"1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
    (b"1,2\r3,4\r", [[1, 2], [3, 4]]),
    (b"1,2\r3,4", [[1, 2], [3, 4]]),
    (b"\xef\xbb\xbf1,2\n3,4\n", [[1, 2], [3, 4]]),
    (b"\xef\xbb\xbfa,b\n3,4\n", [[3, 4]]),
    (b"a,b\n1,2\n", [[1, 2]]),
    (b"a\n1\n2\n", [[1], [2]]),
    (b"1\n", [[1]]),
    (b"1,2\n3,4\n\n\n", [[1, 2], [3, 4]]),
    (b"1,2\n3,4\n  \n", [[1, 2], [3, 4]]),
    (b'"a","b, c"\n"1"," 2 "\n', [[1, 2]]),
    (b"1e-3\n-.5\n+7\n5.\n", [[1e-3], [-0.5], [7], [5]]),
    (b"a;b\n1,5;2,25\n3;4,0\n", [[1.5, 2.25], [3, 4]]),
    (b"a;b\n1.5;2.25\n", [[1.5, 2.25]]),
    (b"a\tb\n1\t2\n", [[1, 2]]),
    (b"a|b\n1|2\n", [[1, 2]]),
    (b"a  b\n 1   2\n3\t 4 \n", [[1, 2], [3, 4]]),
    (b"a,b\n,2\n1,\n", [[NAN, 2], [1, NAN]]),
    (b"a,b\nNA,2\n?,nan\n-,null\nNone,N/A\n", [[NAN, 2], [NAN, NAN], [NAN, NAN], [NAN, NAN]]),
    (b'a\n""\n1\n', [[NAN], [1]]),
    (b"a,b\nred,1\nblue,2\nred,3\n", [[0, 1], [1, 2], [0, 3]]),
    (b"a,b\nred,1\n red,2\n,3\n", [[0, 1], [0, 2], [NAN, 3]]),
    (b"day,b\n1970-01-02,1\n1970-01-01,2\n", [[86400, 1], [0, 2]]),
    (b"day;b\n31.01.1970;1,5\n02.01.1970;2\n", [[30 * 86400, 1.5], [86400, 2]]),
    (b"word;b\na,b;1,5\nc.d;2\na,b;3\n", [[0, 1.5], [1, 2], [0, 3]]),
    (b'a,b\n"x\ny",1\nz,2\n', [[0, 1], [1, 2]]),
    (b",a\n0,1\n1,2\n", [[0, 1], [1, 2]]),
    ("naïve,b\nécru,1\nNA,2\né,3\n".encode(), [[0, 1], [NAN, 2], [1, 3]]),
]


@pytest.mark.parametrize(("data", "rows"), TABLES, ids=[repr(case[0]) for case in TABLES])
def test_a_table_is_read_alike_from_a_file_from_standard_input_and_packed(tmp_path, monkeypatch, data, rows):
    frame = frame_of(tmp_path, data)
    assert equal(frame.rows, rows)
    assert frame.rows.dtype == np.float64
    monkeypatch.setattr(sys, "stdin", TextInput(data))
    assert equal(read_frame("-").rows, rows)
    assert equal(frame_of(tmp_path, gzip.compress(data, mtime=0)).rows, rows)


BROKEN = [
    (b"", ": there is nothing in it"),
    (b"\n\n", ": there is nothing in it"),
    (b"a,b\n", ": its first line names columns, but no row follows"),
    (b"1,2\n3\n", ":2: 1 value where the first row has 2: where a value is missing, its delimiter still stands"),
    (b"1,2\n3,4,5\n", ":2: 3 values where the first row has 2: put a value with commas in it in quotes"),
    (b"a,b\n1,2,3\n", ":2: 3 values where the first row has 2"),
    (b"1,2\n3,abc\n", ":2: column 2: 'abc' is not a number"),
    (b"open,close\n1,2\n3,abc\n", ":3: column 'close': 'abc' is not a number"),
    (b"open,close\nx,y\n1,2\n3,abc\n", ":2: column 'open': 'x' is not a number"),
    (b"open,close\n1,2\n\n3,4\n", ":3: this line is empty: remove it, or fill it in"),
    (b"a\n1\n\n2\n", ":3: this line is empty"),
    (b"\n1,2\n", ":1: this line is empty"),
    (b"inf\n1\n", ":1: column 1: 'inf' is not a finite number: write a number, or leave the cell empty"),
    (b"1,2\n3,-Infinity\n", ":2: column 2: '-Infinity' is not a finite number"),
    (b"1,2\n1e400,1\n", ":2: column 1: '1e400' is larger than any float64"),
    (b"1,2\n1_000,1\n", ":2: column 1: '1_000' is not a number: write it without marks between thousands"),
    (
        b'1,2\n"1,000",1\n',
        ":2: column 1: '1,000' is not a number: write it with a decimal point or without marks between thousands",
    ),
    (b'1,2\n"1,000.5",1\n', ":2: column 1: '1,000.5' is not a number: write it without marks between thousands"),
    (b"1,5;2\n1.000,5;1\n", ":2: column 1: '1.000,5' is not a number: write it without marks between thousands"),
    (b"1,5;2\n1.5;1\n", ": .*decimal"),
    (b"1,2\n12%,1\n", ":2: column 1: '12%' is not a number: write the number alone"),
    ("1,2\n\u0661,1\n".encode(), ":2: column 1: '\u0661' is not a number"),  # an Arabic digit
    (b"1,2\n3,0x1f\n", ":2: column 2: '0x1f' is not a number"),
    (b'1,2\n3,"4\n', ":2: a quote in this row is never closed"),
    (b'"a,b\n1,2\n', ":1: a quote in this row is never closed"),
    (b'1,2\n3,"4"5\n', ":2: .*expected after.*: a quote in a quoted value is doubled"),
    (b"1,2\n3,\x00\n", ":2: a NUL byte"),
    (b"\xff\xfe1\x00,\x002\x00", ": the file is UTF-16 or UTF-32 text: save it as CSV in UTF-8"),
    (b"1,2\n3,a\xe9\n", ":2: byte 4 of the line, 0xe9, is not UTF-8 text: give the file's encoding, such as `latin-1`"),
    (b"PK\x03\x04abc", ": this is a zip archive or a spreadsheet"),
    (b"1,2\n3," + b"x" * 200_000 + b"\n", ":2: column 2: 'xxxx"),
    (b"1,2\n3," + b"1" * 1_000_000 + b"x\n", ":2: column 2: '1111"),
    (b"1,2\n3," + b"x" * 10_000_000 + b"\n", ":2: this line is longer than 4,194,304 bytes: is it a CSV file"),
    (b"a,b,a\n1,2,3\n", ":1: columns 1 and 3 are both named 'a': give each its own name"),
    (b"a,,c\n1,2,3\n", ":1: column 2 has no name: name it"),
    (b"day,b\n2020-01-31,1\n2020-02-30,2\n", ":3: column 'day': '2020-02-30' is not a date"),
    (b"day,b\n2020-01-31,1\nsoon,2\n", ":3: column 'day': 'soon' is not a date"),
    (
        b"day,b\n1/2/2020,1\n2/2/2020,2\n",
        ":2: column 'day': '1/2/2020' may have the day or the month first: write dates as 2020",
    ),
    (b"day,b\n13/2/2020,1\n2/13/2020,2\n", ":3: column 'day': '13/2/2020' has the day first and '2/13/2020' the month"),
    (b"a;b\n1,234;2\n5,678;3\n", ": '1,234' may have a decimal comma or a mark between thousands"),
    (gzip.compress(b"1,2\n3,4\n", mtime=0)[:-9], ": cannot be unpacked: the file is cut off"),
    (gzip.compress(b"1,2\n3,4\n", mtime=0)[:-8] + b"\0" * 8, ": cannot be unpacked: .*incorrect data check"),
]


def refusal(read):
    with pytest.raises(DataError) as caught:
        read()
    text = str(caught.value)
    demand_readable(text)
    return text


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[repr(case[0][:24]) for case in BROKEN])
def test_a_broken_table_names_file_line_and_column(tmp_path, monkeypatch, data, message):
    text = refusal(lambda: frame_of(tmp_path, data))
    assert text.startswith(f"{tmp_path / 't.csv'}:")
    assert re.search(message, text), text
    monkeypatch.setattr(sys, "stdin", TextInput(data))
    assert refusal(lambda: read_frame("-")).startswith("standard input:")


SETTINGS = [
    ({"delimiter": ";"}, ":1: with semicolons between cells there is one column, with commas several: set"),
    ({"delimiter": "ab"}, "'ab' cannot separate cells"),
    ({"delimiter": ",", "decimal": ","}, "the decimal mark and the delimiter are both a comma"),
    ({"encoding": "utf-16"}, "a CSV file in utf-16 cannot be read: save it as CSV in UTF-8"),
    ({"encoding": "klingon"}, "there is no encoding 'klingon'"),
    ({"encoding": "hex"}, "there is no encoding 'hex'"),
    ({"only": ["a", "wrod"]}, "there is no column 'wrod': did you mean 'word'?"),
    ({"kinds": {"x": "number"}}, "there is no column 'x'"),
    ({"kinds": {"word": "number"}}, ":2: column 'word': 'red' is not a number"),
    ({"kinds": {"word": "date"}}, ":2: column 'word': 'red' is not a date"),
    ({"labels": {"word": ["blue"]}}, ":2: column 'word': 'red' is not a known category: these are 'blue'"),
    ({"header": False}, ":2: column 1: '1' is not|:1: column 1: 'a' is not a number"),
]


@pytest.mark.parametrize(("settings", "message"), SETTINGS, ids=[str(case[0]) for case in SETTINGS])
def test_settings_that_do_not_fit_the_file_are_refused(tmp_path, settings, message):
    text = refusal(lambda: frame_of(tmp_path, "a,word\n1,red\n2,blue\n", **settings))
    assert re.search(re.escape(message) if "|" not in message else message, text), text


UNREADABLE = [("nix.csv", "there is no such file"), ("", "this is a folder, not a file"), ("n" * 300, "too long")]


@pytest.mark.parametrize(("name", "message"), UNREADABLE, ids=["missing", "directory", "long"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, message):
    with pytest.raises(DataError, match=message):
        read_frame(str(tmp_path / name))


def test_columns_tell_what_they_hold(tmp_path):
    text = "price,colour,day,note\n1,red,2020-01-01,ab\n,blue,NA,NA\n3,red,2020-01-03,\n"
    price, colour, day, note = frame_of(tmp_path, text).columns
    assert (price.kind, price.examples, price.missing, price.first_missing) == ("number", ("1", "3"), 1, 1)
    assert (colour.kind, colour.labels, colour.missing, colour.first_missing) == ("category", ("red", "blue"), 0, None)
    assert (day.kind, day.is_date, day.labels, day.missing) == ("date", True, (), 1)
    assert (note.labels, note.missing, note.first_missing) == (("ab",), 2, 1)


def test_columns_are_read_in_the_order_asked_for(tmp_path):
    frame = frame_of(tmp_path, "a,b,c\n1,x,é\n2,y,z\n", only=["c", "a"], optional=["b", "nix"])
    assert frame.names == ("c", "a", "b")
    assert equal(frame.rows, [[0, 1, 0], [1, 2, 1]])
    assert frame_of(tmp_path, "a,b\n1,2\n", only=["b"], kinds={"nix": "number"}).names == ("b",)
    assert frame.column("a").tolist() == [1, 2]


def test_what_one_file_taught_reads_another_alike(tmp_path):
    first = frame_of(tmp_path, "day,colour\n13/2/2020,red\n1/2/2020,blue\n")
    assert first.kinds == {"day": "dmy", "colour": "category"}
    assert first.labels == {"colour": ("red", "blue")}
    again = frame_of(tmp_path, "day,colour\n1/2/2020,blue\n", kinds=first.kinds, labels=first.labels)
    assert equal(again.rows, first.rows[1:])
    other = frame_of(tmp_path, "day,colour\n1/2/2020,green\n", kinds=first.kinds, labels=first.labels, unseen="none")
    assert (other.rows[0, 1], other.columns[1].labels, other.columns[1].missing) == (-1, ("red", "blue"), 0)


def test_notes_tell_what_was_assumed(tmp_path):
    assert frame_of(tmp_path, "a,b\n1,2\n").notes == ()
    notes = frame_of(tmp_path, "1,5;é\n2,5;x\n".encode("latin-1"), encoding="latin-1").notes
    said = ("separated by semicolons", "decimal comma", "does not name the columns", "iso8859-1")
    assert all(any(words in note for note in notes) for words in said), notes
    ids = "id,b\n" + "".join(f"u{i},1\n" for i in range(100))
    frame = frame_of(tmp_path, ids)
    assert (frame.columns[0].kind, frame.rows[0].tolist()) == ("text", [0, 1])
    assert "column 'id' is no input: it is text" in frame.notes[0]


# --- places ---


def test_a_place_is_the_line_on_which_a_row_begins(tmp_path):
    frame = frame_of(tmp_path, 'a,b\n1,x\n2,"y\nz"\n3,x\n4,"\n\n"\n5,x\n')
    assert [frame.place(row, "a").split(":")[-2] for row in range(5)] == ["2", "3", "5", "6", "9"]
    assert frame.place(4, "b") == f"{tmp_path / 't.csv'}:9: column 'b'"
    assert frame_of(tmp_path, "1,2\n3,4\n").place(1, "2").endswith(":2: column 2")
    assert frame_of(tmp_path, "a,b\n1,2\n3,\n").missing() == {"b": f"{tmp_path / 't.csv'}:3: column 'b'"}


SIZES = [1, 7, 64, 1000, 100_000]


@pytest.mark.parametrize("size", SIZES)
def test_blocks_may_end_anywhere(tmp_path, monkeypatch, size):
    lines = ["a,b"] + [f'{i},"u\nv"' if i % 7 == 3 else f"{i},w" for i in range(300)]
    for end in ("\n", "\r\n", "\r"):
        whole = frame_of(tmp_path, end.join(lines).replace("u\n", f"u{end}"))
        monkeypatch.setattr(blocks, "AT_ONCE", size)
        frame = frame_of(tmp_path, end.join(lines).replace("u\n", f"u{end}"))
        assert equal(frame.rows, whole.rows.tolist())
        assert [frame.lines[row] for row in range(300)] == [whole.lines[row] for row in range(300)]
        assert frame.columns[1].labels == ("w", "u\nv")
        monkeypatch.undo()


@pytest.mark.parametrize("size", SIZES)
def test_one_broken_cell_in_many_rows_is_found(tmp_path, monkeypatch, size):
    monkeypatch.setattr(blocks, "AT_ONCE", size * 8)
    lines = ["a,b", *["1,2"] * 5_000]
    lines[3_456] = "1,2x"
    with pytest.raises(DataError, match=r"t.csv:3457: column 'b': '2x' is not a number$"):
        frame_of(tmp_path, "\n".join(lines))


def test_a_quote_that_is_never_closed_is_told_without_reading_on_for_long(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "AT_ONCE", 1000)
    monkeypatch.setattr("zen_cli.data.table.splitting.LONGEST_LINE", 5000)
    text = "a,b\n1,x\n" + '2,"x\n' + "3,y\n" * 10_000
    with pytest.raises(DataError, match=r"t.csv:3: a quote in this row is never closed"):
        frame_of(tmp_path, text)


def test_an_id_is_no_category(tmp_path):
    text = "id,b\n" + "same,1\n" * 2 + "".join(f"u{i},1\n" for i in range(10_001))
    frame = frame_of(tmp_path, text)
    assert (frame.columns[0].kind, frame.columns[0].labels) == ("text", ())
    assert "column 'id' is no input: it is text, with too many" in frame.notes[-1]
    with pytest.raises(DataError, match=r"t.csv:10003: column 'id': 'u9999' is one category more than 10,000"):
        frame_of(tmp_path, text, kinds={"id": "category"})


def test_packed_files_may_follow_each_other(tmp_path):
    data = gzip.compress(b"a,b\n1,2\n", mtime=0) + gzip.compress(b"3,4\n") + b"\0" * 100
    assert equal(frame_of(tmp_path, data).rows, [[1, 2], [3, 4]])


def test_what_unpacks_to_a_thousand_times_as_much_is_read_in_pieces(tmp_path):
    data = gzip.compress(b"0" * 50_000_000)
    with pytest.raises(DataError, match=r"t.csv:1: this line is longer than 4,194,304 bytes"):
        frame_of(tmp_path, data)
