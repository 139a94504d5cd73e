"""Data that do not vary, and classes of one example: one line each, and none where there is nothing odd."""

from functools import partial
from math import inf

import numpy as np
import pytest
from conftest import SERIES, TABLE, changed, link_data, write_files

from zen_cli.config.build import open_config
from zen_cli.config.meaning import constant as module
from zen_cli.config.meaning.constant import _same, constant
from zen_cli.data.sources import csv
from zen_cli.data.table import read_frame

ODD = [
    ("class 'c' has a single example", "length,species", [f"{i},{'c' if i == 4 else 'ab'[i % 2]}" for i in range(20)]),
    ("input 'width' has one value", "length,width,species", [f"{i},7,{'abc'[i % 3]}" for i in range(20)]),
]


def table(head, rows):
    return "\n".join([head, *rows, ""])


@pytest.mark.parametrize(("said", "head", "rows"), ODD, ids=["class", "column"])
def test_a_training_says_so_in_one_line(zen, tmp_path, said, head, rows):
    write_files(tmp_path, {"flowers.csv": table(head, rows), "c.yaml": TABLE})
    trained = zen("train", tmp_path / "c.yaml", "--runs", tmp_path, "training.epochs=2")
    assert trained.code == 0
    (line,) = (line for line in trained.err.splitlines() if "warning" in line)
    assert said in line


# --- which columns ---

OF_SHOPS = """\
data:
  source:
    CSV: {file: shops.csv, target: sold, index: day, series: shop, past: [size], future: [holiday]}
  window: 3
  split: {train: 0.6}
model:
  - GRU: 2
  - Linear: 1
loss: MSE
optimizer: Adam
"""
NUMBERS = changed(TABLE, "target: species", "target: mass, missing: fill").replace("  - Softmax\n", "")
NUMBERS = (
    NUMBERS.replace("categorical_crossentropy", "MSE").replace("Linear: 3", "Linear: 1").replace("random", "order")
)


def found_in(folder, config, files):
    write_files(folder, {**files, "c.yaml": config})
    return constant(open_config(folder / "c.yaml", []).experiment.data)


def shops(sizes, holiday, sold=lambda day: day % 5):
    rows = [
        f"2024-01-{day:02},{shop},{sizes[shop]},{holiday(day)},{sold(day)}" for day in range(1, 31) for shop in "ab"
    ]
    return {"shops.csv": table("day,shop,size,holiday,sold", rows)}


SHOPS = [  # the size of each shop, its holidays, what it sold, and what does not vary
    ({"a": 1, "b": 2}, lambda day: int(day == 7), lambda day: day % 5, ([], [])),
    ({"a": 1, "b": 1}, lambda day: int(day == 7), lambda day: day % 5, (["size"], [])),
    ({"a": 1, "b": 1}, lambda day: int(day == 29), lambda day: day % 5, (["size", "holiday"], [])),
    ({"a": 1, "b": 2}, lambda day: int(day == 7), lambda day: max(20, day), ([], ["sold"])),
]


@pytest.mark.parametrize(("sizes", "holiday", "sold", "expected"), SHOPS)
def test_a_column_of_series_is_that_of_all_of_them_together(tmp_path, sizes, holiday, sold, expected):
    assert found_in(tmp_path, OF_SHOPS, shops(sizes, holiday, sold)) == expected


ROWS = [  # of a, b and mass; what does not vary
    ([f"{i},{i % 2},{i % 5}" for i in range(10)], ([], [])),
    ([f"{i},{'' if i == 2 else 1},{i % 5}" for i in range(10)], (["b"], [])),
    ([f"{i},{int(i > 8)},{int(i > 7)}" for i in range(10)], (["b"], ["mass"])),
    ([f"{i},{int(i > 6)},{int(i > 6)}" for i in range(10)], ([], [])),
]


@pytest.fixture
def on_disk(tmp_path, monkeypatch):
    """Tables are kept on disk, however small."""
    monkeypatch.setattr(csv, "read_frame", partial(read_frame, memory=0))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.mark.parametrize(("rows", "expected"), ROWS)
def test_a_column_of_a_table_is_that_of_the_rows_that_train(tmp_path, rows, expected):
    assert found_in(tmp_path, NUMBERS, {"flowers.csv": table("a,b,mass", rows)}) == expected


@pytest.mark.usefixtures("on_disk")
@pytest.mark.parametrize(("rows", "expected"), ROWS)
def test_a_column_of_a_table_on_disk_is_no_other(tmp_path, rows, expected):
    assert found_in(tmp_path, NUMBERS, {"flowers.csv": table("a,b,mass", rows)}) == expected


@pytest.mark.parametrize("text", [SERIES, TABLE])
def test_usual_data_vary(tmp_path, text):
    link_data(tmp_path)
    assert found_in(tmp_path, text, {}) == ([], [])


def test_inputs_without_names_may_be_the_same(tmp_path):
    x, y = np.zeros((20, 3)), np.stack([np.arange(20.0), np.ones(20)], axis=1)
    np.savez(tmp_path / "x.npz", x=x, y=y)
    text = changed(NUMBERS, "CSV: {file: flowers.csv, target: mass, missing: fill}", "NPZ: x.npz")
    assert found_in(tmp_path, text.replace("Linear: 1", "Linear: 2"), {}) == ([], ["1"])


def test_of_a_single_row_nothing_is_said(tmp_path):
    text = changed(NUMBERS, "train: 0.8", "train: 1")
    assert found_in(tmp_path, text, {"flowers.csv": table("a,mass", ["1,2", "3,4", "5,6"])}) == ([], [])


# --- what it costs ---


def counted(blocks, read):
    for block in blocks:
        read.append(len(block))
        yield block


BLOCKS = [np.array([[1.0, 2.0], [1.0, 3.0]])] * 10


@pytest.mark.parametrize(
    ("blocks", "most", "expected", "read"),
    [
        (BLOCKS, inf, [True, False], 10),
        (BLOCKS, 40, [True, False], 10),
        (BLOCKS, 39, [False, False], 10),
        (BLOCKS, 10, [False, False], 3),
        ([block[:, 1:] for block in BLOCKS], inf, [False], 1),
        ([np.full((2, 1), np.nan)] * 2, inf, [False], 2),
    ],
)
def test_reading_ends_when_all_columns_vary_or_too_much_was_read(blocks, most, expected, read):
    sizes = []
    assert _same(counted(blocks, sizes), len(expected), most).tolist() == expected
    assert len(sizes) == read


@pytest.mark.usefixtures("on_disk")
def test_what_is_not_in_memory_is_read_so_far(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "AT_MOST", 8)
    assert found_in(tmp_path, NUMBERS, {"flowers.csv": table("a,b,mass", ROWS[1][0])}) == ([], [])
