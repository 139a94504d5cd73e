"""The quick way through a block of CSV text and the careful one: they say the same, of every cell."""

import random

import numpy as np
import pytest

from zen_cli.data.table.blocks import Block
from zen_cli.data.table.cells import Categories, Numbers, Texts
from zen_cli.data.table.dates import Dates
from zen_cli.data.table.plain import swapped, with_nan, without_quotes
from zen_cli.data.table.sniffing import Form
from zen_cli.data.table.splitting import Reader, Splitter
from zen_cli.errors import DataError

MISSING = ["", "NA", "N/A", "nan", "NaN", "null", "None", "?", "-"]
GOOD = ["1", "+1", "-1", ".5", "5.", "1e5", "1E-3", "0.1", "17.25", " 2 ", "12345678901234567890", "4.9e-324"]
BAD = ["abc", "1_0", "inf", "-Infinity", "1e400", "0x1f", "1,5", "1.5.2", "+-1", "1e", ".", "\u0661", "1 2", "12%", "é"]
WORDS = ["red", "green", " blue", "a b", "naïve", "1", "NAN", "5' 3", "a.b", "ends\t"]
DATES = ["2020-01-31", "2020-02-29", "2021-02-29", "1969-12-31", "2020-13-01", "2020/01/31", "x", "2020-01-31 12:30"]
MARKS = [(",", "."), (";", "."), (";", ","), ("\t", "."), (" ", ".")]


def splitter(delimiter, decimal, width=4):
    kinds = [Numbers(decimal), Categories(), Dates("ymd"), Texts()]
    form = Form(delimiter, decimal, True, tuple("abcd"[:width]), (), (), "", 2, ())
    return Splitter("t", form, [Reader(i, "abcd"[i], kinds[i]) for i in range(width)])


def random_text(rng, delimiter, decimal, width, wrong):
    """Rows of cells, a few of them odd, quoted or of no use; as a spreadsheet, or somebody's script, may write them."""
    good = [cell.replace(".", decimal) for cell in GOOD] + MISSING * (rng.random() < 0.5)
    pools = [good, WORDS + MISSING, DATES[:2] + MISSING, WORDS]
    odd = [[*BAD, "1.5", "1,5"], ["x" * 2000], DATES, ["y" * 3000]]
    lines = []
    for _ in range(rng.randrange(1, 30)):
        cells = [rng.choice(odd[i] if rng.random() < wrong else pools[i]) for i in range(width)]
        lines.append(delimiter.join(quoted(rng, cell, delimiter) for cell in cells))
    if rng.random() < wrong:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["", " ", f"1{delimiter}2", '"', '"a"b', '1"']))
    return "\n".join(lines) + "\n" * rng.randrange(3)


def quoted(rng, cell, delimiter):
    """Blanks as the delimiter leave no room for others, nor for a cell of nothing."""
    must = delimiter in cell or (delimiter == " " and cell.split() != [cell])
    if must or rng.random() < 0.02:
        return f'"{cell}"'
    return cell if delimiter != " " else cell + " " * rng.randrange(2)


def outcome(split, text):
    """The rows, or what was said of them."""
    try:
        rows = split(text)
    except DataError as error:
        return str(error)
    return None if rows is None else rows.tolist()


@pytest.mark.parametrize(("delimiter", "decimal"), MARKS)
@pytest.mark.parametrize("wrong", [0.0, 0.002, 0.02])
def test_what_is_read_quickly_is_what_is_read_carefully(delimiter, decimal, wrong):
    rng = random.Random(f"{delimiter}{decimal}{wrong}")
    quick_ones = 0
    for _ in range(400):
        width = rng.choice([1, 2, 4])
        text = random_text(rng, delimiter, decimal, width, wrong)
        quick = outcome(splitter(delimiter, decimal, width).quickly, text)
        careful = outcome(lambda t: splitter(delimiter, decimal, width).carefully(Block(t, 2, True)).rows, text)  # noqa: B023 - called at once
        if quick is not None:
            quick_ones += 1
            assert not isinstance(careful, str), (text, careful)
            assert np.array_equal(quick, careful, equal_nan=True), text
        whole = splitter(delimiter, decimal, width)
        both = outcome(lambda t: whole.split(Block(t, 2, True)).rows, text)  # noqa: B023
        assert both == careful or np.array_equal(both, careful, equal_nan=True)
    assert quick_ones > 20


def test_numbers_are_rounded_as_float_does():
    rng = random.Random(0)
    texts = [repr(rng.uniform(-1, 1) * 10.0 ** rng.randrange(-308, 308)) for _ in range(2000)]
    texts += [f"{rng.randrange(10**25)}e{rng.randrange(-300, 280)}" for _ in range(2000)]
    expected = [[float(text)] for text in texts]
    for read in (
        splitter(",", ".", 1).quickly,
        lambda text: splitter(",", ".", 1).carefully(Block(text, 1, True)).rows,
    ):
        assert read("\n".join(texts)).tolist() == expected


def test_blocks_with_missing_cells_and_simple_quotes_are_read_quickly():
    text = '1,red,2020-01-31,x\n,"red",NA,\n?,-,"2020-02-01","z"\nNA,,,\n'
    rows = splitter(",", ".").quickly(text)
    assert np.isnan(rows).tolist() == [[0, 0, 0, 0], [1, 0, 1, 1], [1, 1, 0, 0], [1, 1, 1, 1]]


@pytest.mark.parametrize(
    "text", ['"a,b",2\n', '"a\n",2\n', '"a""b",2\n', 'a"b,2\n', '"a" ,2\n', '"a,2\n', '"a"b"c",2\n']
)
def test_other_quotes_are_left_to_the_csv_module(text):
    assert without_quotes(text, ",", empty=True) is None


def test_text_is_made_plain():
    assert without_quotes('"a","b"\n"",é"\n'[:-2] + "\n", ",", empty=True) == "a,b\n,é\n"
    assert without_quotes('"a"\n""\n', ",", empty=False) is None
    assert with_nan("NA,,x\n,?,é\n1,2,NA", ",", empty=True) == "nan,nan,x\nnan,nan,é\n1,2,nan"
    assert with_nan("NA\n\n-\n", ",", empty=False) == "nan\n\nnan\n"
    assert with_nan(" NA  NAN\t?\n", " ", empty=False) == " nan  NAN\tnan\n"
    assert swapped("1.000,5;é") == "1,000.5;é"


def test_no_warning_is_shown_of_a_block_without_rows():
    for text in ("", "\n", " \n\n", "\t\n"):
        assert splitter(",", ".").quickly(text) is None
        assert splitter(" ", ".").quickly(text) is None
        assert len(splitter(",", ".").carefully(Block(text, 1, True)).rows) == 0
