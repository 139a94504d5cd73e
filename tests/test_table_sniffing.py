"""What is found out about a CSV file from its first lines."""

import pytest

from zen_cli.data.table.blocks import Block
from zen_cli.data.table.cells import looks_like_a_number, number
from zen_cli.data.table.dates import AmbiguousError
from zen_cli.data.table.kinds import kind_of
from zen_cli.data.table.sniffing import form_of
from zen_cli.errors import DataError


def form(text, delimiter=None, decimal=None, header=None):
    return form_of(Block(text, 1, True), "t.csv", delimiter, decimal, header)


DELIMITERS = [
    ("1,2\n3,4\n", ",", "."),
    ("1;2\n3;4\n", ";", "."),
    ("1,5;2,5\n3,5;4,5\n", ";", ","),
    ("a;b\n1,5;2\n", ";", ","),
    ("a\tb\n1,5\t2\n", "\t", ","),
    ("a|b\n1.5|2\n", "|", "."),
    ("a,b\n1;2,3\n", ",", "."),
    ("name;note\nx;a, b\ny;c, d\n", ";", "."),
    ('name,note\nx,"a;b"\ny,"c;d"\n', ",", "."),
    ("1\n2\n", ",", "."),
    ("a b\n1 2\n", " ", "."),
    ("1  2   3\n 4 5 6 \n", " ", "."),
    ("hello world\nbye world\n", ",", "."),
    ("2020-01-01 10:00\n2020-01-01 11:00\n", ",", "."),
    ("1,2\n3\n", ",", "."),
    ("1.5;x\n1,5;y\n", ";", "."),
    ("0,123;x\n0,456;y\n", ";", ","),
    ("a,b\n" + "1,2\n" * 200 + "3;4\n", ",", "."),
]


@pytest.mark.parametrize(("text", "delimiter", "decimal"), DELIMITERS, ids=[repr(case[0][:24]) for case in DELIMITERS])
def test_delimiter_and_decimal_mark_are_found(text, delimiter, decimal):
    found = form(text)
    assert (found.delimiter, found.decimal) == (delimiter, decimal)


def test_what_is_given_counts():
    assert form("a;b\n1,5;2\n", delimiter=";", decimal=".").decimal == "."
    assert form("a b\nx y\n", delimiter=" ").names == ("a", "b")
    assert form("a:b\nx:y\n", delimiter=":").names == ("a", "b")
    assert form("1;2\n", header=True).names == ("1", "2")
    assert form("a,b\nc,d\n", header=False).names == ("1", "2")


HEADERS = [
    ("a,b\n1,2\n", ("a", "b"), True),
    ('"a, b",c\n1,2\n', ("a, b", "c"), True),
    (" a , b\n1,2\n", ("a", "b"), True),
    ("a,%\n1,2\n", ("a", "%"), True),
    (",a\n1,2\n", ("index", "a"), True),
    ("1,2\n3,4\n", ("1", "2"), False),
    ("a,1\nb,2\n", ("1", "2"), False),
    ("a,12 kg\nb,2 kg\n", ("1", "2"), False),
    ("a,-\nb,2\n", ("1", "2"), False),
    ("a,nan\nb,2\n", ("1", "2"), False),
    ("2020-01-01,2\n2020-01-02,2\n", ("1", "2"), False),
    ("2019,2020\n1,2\n", ("1", "2"), False),
]


@pytest.mark.parametrize(("text", "names", "titled"), HEADERS, ids=[repr(case[0]) for case in HEADERS])
def test_a_first_line_of_words_names_the_columns(text, names, titled):
    found = form(text)
    assert (found.names, found.titled) == (names, titled)
    assert found.rows == text.split("\n", 1)[1] if titled else text
    assert found.line == 1 + titled


def test_a_name_may_be_two_lines_long():
    found = form('"a\nb",c\n1,2\n')
    assert (found.names, found.rows, found.line, found.lines) == (("a\nb", "c"), "1,2\n", 3, (3,))


def test_there_are_not_too_many_columns():
    with pytest.raises(DataError, match=r"t.csv:1: 100,001 columns, and the most is 100,000"):
        form(",".join(["1"] * 100_001) + "\n")


KINDS = [
    (["1", "2.5", "", "NA"], "number"),
    ([], "number"),
    (["", "NA"], "number"),
    (["1", "x"], "number"),
    (["1", "x", "y"], "category"),
    (["1,000", "2,000"], "number"),
    (["12%", "$5"], "number"),
    (["inf"], "number"),
    (["red", "blue"], "category"),
    (["2020-01-01", "2020-01-02 10:00"], "date"),
    (["2020Q1", "2020-Q2"], "date"),
    (["31.12.2020"], "dmy"),
    (["1/31/2020"], "mdy"),
    (["20200131"], "number"),
    (["12:30"], "category"),
    ([f"u{i}" for i in range(99)], "category"),
    ([f"u{i}" for i in range(100)], "text"),
    ([f"u{i // 2}" for i in range(200)], "category"),
]


@pytest.mark.parametrize(("texts", "kind"), KINDS, ids=[str(case[0][:3]) for case in KINDS])
def test_a_column_is_what_most_of_its_cells_are(texts, kind):
    assert kind_of(texts) == kind


def test_days_and_months_must_be_told_apart():
    with pytest.raises(AmbiguousError):
        kind_of(["1/2/2020"])


@pytest.mark.parametrize("text", ["1", "+1.5e-3", ".5", "5.", " 7 "])
def test_a_number_is_what_a_spreadsheet_writes(text):
    assert number(text) == float(text)
    assert number(text.replace(".", ","), ",") == float(text)


@pytest.mark.parametrize("text", ["1_000", "0x1f", "\u0661", "1e400", "inf", "1d5", "1 2", "+-1", ".", "1e", "1,5"])
def test_all_else_is_none(text):
    assert number(text) is None
    assert looks_like_a_number(text) == (text in {"1_000", "\u0661", "1e400", "inf", "1,5"})
