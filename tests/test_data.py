"""Data: series and windows, the sources, which examples train, and numbers from CSV files."""

import inspect
import io
import re
import sys
from importlib import resources

import numpy as np
import pytest
from conftest import TextInput

from zen_cli.config.language.registry import COMPONENTS
from zen_cli.data.dataset import from_examples, from_series
from zen_cli.data.examples import Examples
from zen_cli.data.files import parse_table, read_table
from zen_cli.data.series import Series, windows
from zen_cli.data.sources import Curve, Digits, FizzBuzz
from zen_cli.errors import DataError, UserError

# --- series and windows ---


def test_windows_are_views_of_the_values():
    values = np.arange(6.0)
    cut = windows(values, 4)
    assert cut.shape == (3, 4, 1)
    assert cut[:, :, 0].tolist() == [[0, 1, 2, 3], [1, 2, 3, 4], [2, 3, 4, 5]]
    assert np.shares_memory(cut, values)
    assert not cut.flags.writeable


@pytest.mark.parametrize(("positions", "step"), [([0.0, 0.5, 1.0], 0.5), ([3.0], 1.0)])
def test_a_series_goes_on_by_the_step_between_its_last_positions(positions, step):
    series = Series(np.array(positions), np.zeros(len(positions)), "y")
    assert (len(series), series.step) == (len(positions), step)


def series_of(count):
    return Series(np.arange(count) * 2.0, np.arange(count) + 100.0, "y")


def test_each_window_has_the_next_value_as_its_target():
    data = from_series(series_of(5), window=2).split(2)
    assert data.inputs[:, :, 0].tolist() == [[100, 101], [101, 102], [102, 103]]
    assert data.targets.tolist() == [[102], [103], [104]]
    assert data.positions.tolist() == [4, 6, 8]
    assert (len(data), data.train, data.held_out, data.task.labels) == (3, 2, 1, ())
    assert np.shares_memory(data.inputs, data.task.series.values)


def test_examples_have_places_among_the_labels_for_targets():
    data = from_examples(Examples(np.zeros((3, 2)), np.array([1, 0, 1]), ("no", "yes"))).split(2)
    assert data.targets.tolist() == [1, 0, 1]
    assert data.positions.tolist() == [0, 1, 2]
    assert (data.task.labels, data.held_out) == (("no", "yes"), 1)


SPLITS = [(1, 1), (10, 10), (7, 7), (0.5, 5), (0.8, 8), (0.99, 10), (0.14, 1), (0.26, 3)]


@pytest.mark.parametrize(("train", "count"), SPLITS)
def test_a_split_is_a_count_or_a_fraction_of_the_windows(train, count):
    data = from_series(series_of(13), 3).split(train)
    assert (data.train, data.held_out) == (count, 10 - count)


@pytest.mark.parametrize("train", [11, 0, 0.01, -1])
def test_a_split_that_leaves_nothing_to_train_on_is_refused(train):
    with pytest.raises(DataError, match=r"cannot train on -?\d+ of 10 windows: choose from 1 to 10"):
        from_series(series_of(13), 3).split(train)


@pytest.mark.parametrize("window", [13, 14, 10**12])
def test_a_window_needs_one_value_more(window):
    with pytest.raises(DataError, match=f"need {window + 1} points, but the series has 13"):
        from_series(series_of(13), window)
    assert len(from_series(series_of(13), 12)) == 1


def test_a_fingerprint_tells_data_apart_and_depends_on_nothing_else():
    def fingerprint(values, window=3, train=2):
        return from_series(Series(np.arange(9.0), np.asarray(values), "y"), window).split(train).fingerprint()

    values = np.linspace(0, 1, 9)
    assert fingerprint(values) == fingerprint(values.copy(), window=4, train=1)
    assert len({fingerprint(values), fingerprint(values + 1e-16), fingerprint(values[::-1].copy())}) == 3
    examples = Examples(np.zeros((3, 2)), np.array([1, 0, 1]), ("a", "b"))
    swapped = Examples(np.zeros((3, 2)), np.array([0, 1, 1]), ("a", "b"))
    assert from_examples(examples).fingerprint() != from_examples(swapped).fingerprint()


# --- sources ---


def test_a_curve_is_its_formula_at_evenly_spaced_points():
    series = Curve("x ** 2", points=4, start=-1, step=0.5).load(seed=0)
    assert series.positions.tolist() == [-1, -0.5, 0, 0.5]
    assert series.values.tolist() == [1, 0.25, 0, 0.25]
    assert series.name == "x ** 2"
    assert len(Curve("x").load(0)) == 200


def test_noise_depends_on_the_seed_alone():
    noisy = Curve("0", points=1000, noise=0.5)
    first, again, other = noisy.load(1).values, Curve("0", points=1000, noise=0.5).load(1).values, noisy.load(2).values
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.std(first) == pytest.approx(0.5, rel=0.1)
    assert np.array_equal(Curve("x").load(1).values, Curve("x").load(2).values)


OVERFLOWING = [Curve("x", start=1e308, step=1e308), Curve("x", noise=1.7e308), Curve("exp(x * x)"), Curve("1 / x")]


@pytest.mark.parametrize("curve", OVERFLOWING, ids=lambda curve: curve.expression)
def test_a_curve_that_is_not_finite_is_refused_without_a_warning(curve):
    with pytest.raises(UserError):
        curve.load(0)


def test_digits_are_1797_images_with_their_source_named():
    examples = Digits().load(0)
    assert examples.inputs.shape == (1797, 64)
    assert (examples.inputs.min(), examples.inputs.max()) == (0, 16)
    assert np.array_equal(examples.inputs, np.rint(examples.inputs))
    assert np.bincount(examples.targets).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert examples.labels == tuple("0123456789")
    text = resources.files("zen_cli.data").joinpath("DIGITS.md").read_text(encoding="utf-8")
    assert all(words in text for words in ("Alpaydin", "Kaynak", "CC BY 4.0", "10.24432/C50P49"))


def fizzbuzz(n):
    words = "fizz" * (n % 3 == 0) + "buzz" * (n % 5 == 0)
    return words or "number"


@pytest.mark.parametrize(("numbers", "bits"), [(100, 10), (1, 1), (16, 4), (300, 62)])
def test_fizzbuzz_is_what_python_says(numbers, bits):
    examples = FizzBuzz(numbers, bits).load(0)
    assert [examples.labels[i] for i in examples.targets] == [fizzbuzz(n) for n in range(numbers)]
    assert [[int(bit) for bit in row] for row in examples.inputs] == [
        [n >> place & 1 for place in range(bits)] for n in range(numbers)
    ]
    again = FizzBuzz(numbers, bits).inputs(np.arange(numbers, dtype=float)[:, None])
    assert np.array_equal(again, examples.inputs)


NEW_TABLES = [
    (Curve("x"), [[1.0, 2.0]], "expected 1 column .* but got 2"),
    (Digits(), [[1.0, 2.0]], "expected 64 columns .* but got 2"),
    (FizzBuzz(bits=4), [[1.0, 2.0]], "expected 1 column .* but got 2"),
    (FizzBuzz(bits=4), [[3.0], [16.0]], "16 is not a whole number from 0 to 15"),
    (FizzBuzz(bits=4), [[-1.0]], "-1 is not a whole number"),
    (FizzBuzz(bits=4), [[0.5]], "0.5 is not a whole number"),
    (FizzBuzz(bits=62), [[1e20]], "not a whole number|cannot"),  # above 2^63: more than int64 holds
]


@pytest.mark.parametrize(("source", "table", "message"), NEW_TABLES)
def test_new_data_that_does_not_fit_is_refused(source, table, message):
    with pytest.raises(DataError, match=message):
        source.inputs(np.array(table))


def test_every_source_says_how_it_takes_new_data():
    assert {type(source) for source, *_ in NEW_TABLES} == set(COMPONENTS["source"].values())
    assert all("inputs" in vars(source) and inspect.getdoc(source) for source in COMPONENTS["source"].values())


# --- CSV files ---

TABLES = [
    (b"1,2\n3,4\n", [[1, 2], [3, 4]]),
    (b"1,2\n3,4", [[1, 2], [3, 4]]),
    (b"1,2\r\n3,4\r\n", [[1, 2], [3, 4]]),
    (b"1,2\r3,4\r", [[1, 2], [3, 4]]),
    (b"\xef\xbb\xbf1,2\n3,4\n", [[1, 2], [3, 4]]),
    (b"\xef\xbb\xbfa,b\n3,4\n", [[3, 4]]),
    (b"a,b\n1,2\n", [[1, 2]]),
    (b"1,2\n3,4\n\n\n", [[1, 2], [3, 4]]),
    (b'"a","b, c"\n"1"," 2 "\n', [[1, 2]]),
    (b"1e-3\n-.5\n+7\n", [[1e-3], [-0.5], [7]]),
]


@pytest.mark.parametrize(("data", "rows"), TABLES, ids=[repr(case[0]) for case in TABLES])
def test_a_table_is_read_alike_from_a_file_and_from_standard_input(tmp_path, monkeypatch, data, rows):
    (tmp_path / "t.csv").write_bytes(data)
    table = read_table(str(tmp_path / "t.csv"))
    assert (table.tolist(), table.dtype) == (rows, np.float64)
    monkeypatch.setattr(sys, "stdin", TextInput(data))
    assert read_table("-").tolist() == rows


BROKEN = [
    (b"", "there are no numbers"),
    (b"\n\n", "there are no numbers"),
    (b"a,b\n", "there are no numbers"),
    (b"1,2\n3\n", ":2: 1 values? where the rows before have 2"),
    (b"1,2\n3,4,5\n", ":2: 3 values where the rows before have 2"),
    (b"a,b\n1,2,3\n", ":2: .*3 .* 2"),
    (b"1,2\n3,abc\n", ":2: column 2: 'abc' is not a finite number"),
    (b"open,close\n1,2\n3,abc\n", ":3: column 'close': 'abc' is not a finite number"),
    (b"open,close\n1,2\n\n3,4\n", ":3: this line is empty"),
    (b"\n1,2\n", ":1: this line is empty"),
    (b"inf\n1\n", ":1: column 1: 'inf' is not a finite number"),
    (b"12.5 kg\n1\n", ":1: column 1: '12.5 kg' is not a finite number"),
    (b"1,2\n3,\n", ":2: column 2: '' is not"),
    (b"1,2\n3,inf\n", ":2: column 2: 'inf' is not"),
    (b"1,2\n3,nan\n", ":2: column 2: 'nan' is not"),
    (b"1,2\n1e400,1\n", ":2: column 1: '1e400' is not"),
    (b"1,2\n1_000,1\n", ":2: column 1: '1_000' is not"),
    ("1,2\n\u0661,1\n".encode(), ":2: column 1: '\u0661' is not"),  # an Arabic digit
    (b"1,2\n3,0x1f\n", ":2: column 2: '0x1f' is not"),
    (b"1;2\n3;4\n", "separated by ';'"),
    (b"a,b\nc,d\n", ":2: column 'a': 'c' is not"),
    (b'1,2\n3,"4\n', ":2: .*quote|:2: unexpected end of data"),
    (b"1,2\n3,\x00\n", ":2: column 2: '\\\\x00' is not"),
    (b"1,2\n3,\xe9\n", "UTF-8"),
    (b"1,2\n3," + b"x" * 200_000 + b"\n", ":2: "),
    (b"1,2\n3," + b"x" * 100_000 + b"\n", ":2: column 2: 'xxxx"),
    (b"x" * 200 + b"\n" + b"y\n", ":2: column "),
]


def refusal(read):
    with pytest.raises(DataError) as caught:
        read()
    text = str(caught.value)
    assert all(line.isprintable() for line in text.split("\n"))
    assert len(text) < 500
    return text


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[repr(case[0][:24]) for case in BROKEN])
def test_a_broken_table_names_file_line_and_column(tmp_path, monkeypatch, data, message):
    path = str(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_bytes(data)
    text = refusal(lambda: read_table(path))
    assert text.startswith(f"{path}:")
    assert re.search(message, text)
    monkeypatch.setattr(sys, "stdin", TextInput(data))
    assert refusal(lambda: read_table("-")).startswith("standard input:")


UNREADABLE = [("nix.csv", "there is no such file"), ("", "cannot be read: Is a directory"), ("n" * 300, "too long")]


@pytest.mark.parametrize(("name", "message"), UNREADABLE, ids=["missing", "directory", "long"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, message):
    with pytest.raises(DataError, match=message):
        read_table(str(tmp_path / name))


def test_one_broken_cell_in_many_rows_is_found():
    lines = ["a,b"] + ["1,2"] * 20_000
    lines[12_344] = "1,2x"
    with pytest.raises(DataError, match=r"^t:12345: column 'b': '2x' is not a finite number$"):
        parse_table(io.StringIO("\n".join(lines)), "t")
