"""Time series with classes: .ts and .tsv, of equal length or not, and every way in which a line may be wrong."""

import random
import re
from contextlib import suppress

import numpy as np
import pytest
from array_files import CLASSES, prepared, refusal, written

from zen_cli.data.sources.ucr import UCR
from zen_cli.errors import DataError, UserError
from zen_cli.padded import Padded


def ts(*lines, **tags):
    """The bytes of a .ts: cases with labels a and b, unless the tags say otherwise."""
    told = {"problemName": "Some", "timeStamps": "false", "classLabel": "true a b", **tags}
    header = [f"@{tag} {value}" for tag, value in told.items()]
    return "\n".join(["# a comment", "", *header, "@data", *lines]).encode()


def cases(examples):
    """Each sequence as a list, and the name of its class, or its target."""
    inputs = examples.inputs
    if isinstance(inputs, Padded):
        sequences = [row[:length].tolist() for row, length in zip(inputs.values, inputs.lengths, strict=True)]
    else:
        sequences = inputs.tolist()
    names = [examples.labels[i] for i in examples.targets] if examples.labels else examples.targets.tolist()
    return list(zip(sequences, names, strict=True))


READ = [
    ("a.ts", ts("1,2.5,-3e1:b", "4,5,6:a"), [([[1], [2.5], [-30]], "b"), ([[4], [5], [6]], "a")]),
    ("a.ts", ts("1,2:3,4:b", "5,6:7,8:a"), [([[1, 3], [2, 4]], "b"), ([[5, 7], [6, 8]], "a")]),
    ("a.ts", ts("1,2:b", "", "# said", "3:a", ""), [([[1], [2]], "b"), ([[3]], "a")]),
    ("a.ts", ts("1,2:3,4:b", "5:7:a", dimensions=2), [([[1, 3], [2, 4]], "b"), ([[5, 7]], "a")]),
    ("a.ts", ts("1:0.5", "2:7", classLabel="false", targetlabel="true"), [([[1]], [0.5]), ([[2]], [7])]),
    ("a.ts", ts("1: b c", classLabel="true").replace(b"\n", b"\r\n"), [([[1]], "b c")]),
    ("a.TSV", b"1\t0.5\t2\n-1\t3\t4\n", [([[0.5], [2]], "1"), ([[3], [4]], "-1")]),
    ("a.tsv", b"\xef\xbb\xbfa\t1\t2\r\n\r\nb\t3\tNaN\r\n", [([[1], [2]], "a"), ([[3]], "b")]),
    ("a.tsv", b"10\t1\n9\t2", [([[1]], "10"), ([[2]], "9")]),
]


@pytest.mark.parametrize(("name", "data", "expected"), READ)
def test_cases_are_what_was_written(tmp_path, name, data, expected):
    path = written(tmp_path, data, name)
    assert cases(UCR(path).load(0)) == expected
    assert cases(UCR(path).read(path, prepared("a", lengths_vary=True))) == expected
    assert UCR(path).load(0).inputs.dtype == np.float64


def test_labels_are_in_the_order_of_numbers_or_of_names(tmp_path):
    assert UCR(written(tmp_path, b"10\t1\n9\t2\n-1\t2", "a.tsv")).load(0).labels == ("-1", "9", "10")
    assert UCR(written(tmp_path, ts("1:b", "1:a"), "a.ts")).load(0).labels == ("a", "b")


def test_a_test_part_comes_last_and_may_have_other_lengths(tmp_path):
    train, test = (
        written(tmp_path, b"b\t1\t2\n", "train.tsv"),
        written(tmp_path, ts("5:c", classLabel="true c"), "t.ts"),
    )
    examples = UCR(train, test).load(0)
    assert isinstance(examples.inputs, Padded)
    assert examples.inputs.lengths.tolist() == [2, 1]
    assert (cases(examples)[1], examples.labels, examples.test) == (([[5]], "c"), ("b", "c"), 1)


MISSING = [
    ("a.ts", ts("1,?,3:a"), [1, 2, 3]),
    ("a.ts", ts("?,?,3,NaN,6,?:a"), [3, 3, 3, 4.5, 6, 6]),
    ("a.tsv", b"a\tNaN\t1\tnan\t2\tNaN\tNaN\n", [1, 1, 1.5, 2]),
]


@pytest.mark.parametrize(("name", "data", "expected"), MISSING)
def test_missing_values_are_refused_or_lie_on_lines(tmp_path, name, data, expected):
    path = written(tmp_path, data, name)
    with pytest.raises(DataError, match=r":\d+: \d of its \d values are missing: say `missing: interp") as caught:
        UCR(path).load(0)
    assert (caught.value.setting, caught.value.instead) == ("missing", {"missing": "interpolate"})
    assert UCR(path, missing="interpolate").load(0).inputs[0, :, 0].tolist() == expected


UNTOLD = [
    ("a.ts", ts("1:?", "2:b"), [-1, 0], ("b",)),
    ("a.ts", ts("1:2", "3:4", classLabel="false"), [-1, -1], ()),
    ("a.tsv", b"?\t1\n?\t2\n", [-1, -1], ()),
    ("a.tsv", b"?\t1\nb\t2\n", [-1, 0], ("b",)),
    ("a.tsv", b"0.5\t1\n7\t2\n", [-1, -1], ()),
    ("a.tsv", b"3\t1\n7\t2e-1\n", [0, 1], ("3", "7")),
]


@pytest.mark.parametrize(("name", "data", "targets", "labels"), UNTOLD)
def test_new_cases_need_no_labels(tmp_path, name, data, targets, labels):
    path = written(tmp_path, data, name)
    examples = UCR("never read").read(path, CLASSES)
    assert (examples.targets.tolist(), examples.labels) == (targets, labels)


@pytest.mark.parametrize("rest", [b"b\t2\t3\n", b"b\t2\tNaN\n"])
def test_new_cases_are_of_equal_length_where_the_model_wants_that(tmp_path, rest):
    path, padded = written(tmp_path, b"a\t1\t2\n" + rest, "a.tsv"), prepared("a", "b", lengths_vary=True)
    assert isinstance(UCR(path).read(path, padded).inputs, Padded)
    if b"NaN" in rest:
        assert "its cases have different lengths" in refusal(lambda file: UCR(file).read(file, CLASSES), path)
    else:
        assert UCR(path).read(path, CLASSES).inputs.shape == (2, 2, 1)


def test_numbers_that_are_not_told_are_nan(tmp_path):
    path = written(tmp_path, ts("1:?", "2:7", classLabel="false", targetLabel="true"), "a.ts")
    assert np.array_equal(UCR(path).read(path, prepared(target_shape=(1,))).targets, [[np.nan], [7]], equal_nan=True)
    assert "takes all of them" in refusal(lambda file: UCR(file).load(0), path)


BROKEN = [
    ("a.csv", b"1,2", "expected a file whose name ends in .ts or .tsv"),
    ("a.ts", b"", "it has no line @data"),
    ("a.ts", b"@problemName x\n", "it has no line @data"),
    ("a.ts", b"1,2:a\n", ":1: '1,2:a' stands before @data"),
    ("a.ts", b"\x89PNG\r\n\x1a\n", "it is not UTF-8 text"),
    ("a.ts", ts(), "there are no cases in it"),
    ("a.ts", ts("(2020-01-01,1),(2020-01-02,2):a", timeStamps="true"), "its values have timestamps: zen reads"),
    ("a.ts", ts("(0,1),(1,2):a"), r":7: dimension 1: value 1: '\(0' is not a finite number"),
    ("a.ts", ts("1,2:a", "1,x:b"), ":8: dimension 1: value 2: 'x' is not a finite number"),
    ("a.ts", ts("1,2:3,inf:b"), ":7: dimension 2: value 2: 'inf' is not"),
    ("a.ts", ts("1,1e999:b"), ":7: dimension 1: value 2: '1e999' is not"),
    ("a.ts", ts("1_0:b"), ":7: dimension 1: value 1: '1_0' is not"),
    ("a.ts", ts("\u0661:b"), ":7: dimension 1: value 1: '\u0661' is not"),
    ("a.ts", ts("1,,2:b"), ":7: dimension 1: value 2: '' is not"),
    ("a.ts", ts(":b"), ":7: dimension 1: value 1: '' is not"),
    ("a.ts", ts("b"), ":7: a label, but no values"),
    ("a.ts", ts("1:c"), ":7: the label 'c' is none that @classLabel declares"),
    ("a.ts", ts("1:"), ":7: there is no label"),
    ("a.ts", ts("1:?"), r"a label is \?"),
    ("a.ts", ts("1:2", classLabel="false"), "its cases have no labels"),
    ("a.ts", ts("1:x", classLabel="false", targetLabel="true"), ":8: the label: 'x' is not a finite number"),
    ("a.ts", ts("1,2:3:a"), ":7: dimensions of 2, 1 values: all of a case are equally long"),
    ("a.ts", ts("1:2:a", "1:a"), ":8: 1 dimensions where 2 are declared or come before"),
    ("a.ts", ts("1:2:a", univariate="true"), ":8: 2 dimensions where 1 are declared"),
    ("a.ts", ts("1:a", dimensions=3), ":8: 1 dimensions where 3 are declared"),
    ("a.ts", ts("1:a", dimensions="9" * 30), "@dimensions is '9{30}', not a whole number"),
    ("a.ts", ts("1:a", seriesLength="-3"), "@serieslength is '-3', not a whole number"),
    ("a.ts", ts("1,2:a", "1:a", equalLength="true"), ":9: 1 steps where 2 are declared or come before"),
    ("a.ts", ts("1,2:a", equalLength="true", seriesLength=3), ":9: 2 steps where 3 are declared"),
    ("a.tsv", b"", "there are no cases in it"),
    ("a.tsv", b"a\t1\t2\nb\t1\n", ":2: 1 values where the lines before have 2"),
    ("a.tsv", b"a\t1\t2\n\t1\t3\n", ":2: there is no label"),
    ("a.tsv", b"a\t1\nb\n", ":2: value 1: '' is not a finite number"),
    ("a.tsv", b"1,0.5,0.6\n", ":1: value 1: '' is not a finite number"),
    ("a.tsv", b"\x00a\t1\n", r"a.tsv: '\\x00a' is no name of a class"),
    ("a.tsv", b"a\tNaN\tNaN\n", ":1: all its values are missing"),
    ("a.tsv", b"a\t1\t-inf\n", ":1: value 2: '-inf' is not"),
    ("a.tsv", b"a\t1\t\x00\n", r":1: value 2: '\\x00' is not"),
    ("a.tsv", b"a\t1\t" + b"x" * 10**6, ":1: value 2: 'xxxx"),
]


@pytest.mark.parametrize(("name", "data", "message"), BROKEN, ids=[message[:40] for *_, message in BROKEN])
def test_a_broken_file_names_the_line(tmp_path, name, data, message):
    path = written(tmp_path, data, name)
    assert re.search(message, refusal(lambda file: UCR(file).load(0), path))


UNLIKE = [
    (ts("1:2:a"), "a.ts: 2 dimensions, but 1 in the file that trains"),
    (ts("1:7", classLabel="false", targetLabel="true"), "one has classes and one has numbers"),
]


@pytest.mark.parametrize(("data", "message"), UNLIKE)
def test_a_test_part_of_another_kind_is_refused(tmp_path, data, message):
    source = UCR(written(tmp_path, b"a\t1\n", "a.tsv"), written(tmp_path, data, "a.ts"))
    with pytest.raises(DataError, match=message):
        source.load(0)


def test_a_channel_of_which_nothing_is_there_is_refused(tmp_path):
    path = written(tmp_path, ts("1,2:?,?:a"), "a.ts")
    text = refusal(lambda file: UCR(file, missing="interpolate").load(0), path)
    assert text.endswith(":7: all values of dimension 2 are missing")


def test_sequences_that_would_be_padded_beyond_memory_are_refused(tmp_path, monkeypatch):
    path = written(tmp_path, b"a\t" + b"1\t" * 999 + b"1\n" + (b"a\t1" + b"\tNaN" * 999 + b"\n") * 99, "a.tsv")
    monkeypatch.setattr("zen_cli.memory.available", lambda: 799_999)
    monkeypatch.setattr("zen_cli.data.formats.ucr.OF_THE_FILE", 1)
    with pytest.raises(UserError, match="100 sequences of up to 1,000 steps needs 800 KB"):
        UCR(path).load(0)


def test_a_line_with_more_pieces_than_memory_holds_is_refused(tmp_path, monkeypatch):
    path = written(tmp_path, b"a\t" + b"1\t" * 2**19 + b"1\n", "a.tsv")
    monkeypatch.setattr("zen_cli.memory.available", lambda: 40 * 2**20)
    with pytest.raises(UserError, match=r"a.tsv:1 needs 41.\d MB"):
        UCR(path).load(0)


@pytest.mark.parametrize("name", ["a.ts", "a.tsv"])
def test_a_file_with_spoilt_bytes_is_read_or_refused(tmp_path, name):
    data = ts("1,2,?:3,4,5:a", "6,7,8:9,10,11:b", dimensions=2) if name == "a.ts" else b"a\t1\t2\tNaN\nb\t3\t-4e1\t5\n"
    draw = random.Random(name)
    for _ in range(300):
        spoilt = bytearray(data)
        for _ in range(draw.choice([1, 1, 2, 8])):
            spoilt[draw.randrange(len(spoilt))] = draw.choice([draw.randrange(256), *b"\n\t,:@?"])
        with suppress(DataError):
            UCR(written(tmp_path, bytes(spoilt), name), missing="interpolate").load(0)
