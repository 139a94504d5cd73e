"""Rows of a table as examples: categories one by one, what is missing or was never seen, and columns in any order."""

import json
import math

import numpy as np
import pytest
from small_series import EVERY

from zen_cli.config.build import open_config
from zen_cli.data.parts import Parts, in_order, numbers_of
from zen_cli.data.rows import selected
from zen_cli.data.scaling import Log1p, MinMax, Standard
from zen_cli.data.sources import CSV
from zen_cli.data.table import read_frame
from zen_cli.data.tabular import Tabular
from zen_cli.data.tasks import Classification, Regression
from zen_cli.errors import DataError

NAN = math.nan
SHOP = """\
size,colour,shop,price
1,red,a,10
2,blue,b,20
3,red,a,30
4,green,b,40
5,red,a,50
"""


@pytest.fixture
def table(tmp_path):
    """Writes a table, loads and prepares it, all but the last `held_out` rows train: source, preparation, dataset."""

    def table(text=SHOP, scalers=(), held_out=0, target="price", **settings):
        (tmp_path / "t.csv").write_text(text, encoding="utf-8")
        source = CSV(str(tmp_path / "t.csv"), target, **settings)
        raw = source.load(0)
        raw.demand_usable()
        parts = in_order(len(raw.rows) - raw.test - held_out, raw.test, len(raw.rows))
        preparation = Tabular.fit(raw, list(scalers), parts)
        return source, preparation, preparation.dataset(raw, parts)

    return table


@pytest.fixture
def read(tmp_path):
    """New rows, as a trained model sees them."""

    def read(source, preparation, text):
        (tmp_path / "new.csv").write_text(text, encoding="utf-8")
        return preparation.dataset(source.read(str(tmp_path / "new.csv"), preparation))

    return read


# --- inputs and targets ---


def test_a_number_is_one_input_and_a_category_one_for_each_label(table):
    _, preparation, data = table()
    assert data.inputs[:].tolist() == [  # size; red, blue, green; a, b
        [1, 1, 0, 0, 1, 0],
        [2, 0, 1, 0, 0, 1],
        [3, 1, 0, 0, 1, 0],
        [4, 0, 0, 1, 0, 1],
        [5, 1, 0, 0, 1, 0],
    ]
    assert data.targets[:].tolist() == data.truth(EVERY).tolist() == [[10], [20], [30], [40], [50]]
    assert (preparation.input_shape, preparation.target_shape) == ((6,), (1,))
    assert data.task == Regression(("price",))
    assert data.names(slice(0, 5))["row"].tolist() == [1, 2, 3, 4, 5]


def test_a_column_of_words_is_told_as_classes(table):
    _, preparation, data = table(target="colour", inputs=["size"])
    assert data.inputs[:].tolist() == [[1], [2], [3], [4], [5]]
    assert data.targets[:].tolist() == data.truth(EVERY).tolist() == [0, 1, 0, 2, 0]
    assert data.task == Classification(("red", "blue", "green"))
    assert preparation.target_shape == ()
    assert data.in_units(np.eye(3), EVERY).tolist() == np.eye(3).tolist()


def test_numbers_may_be_categories(table):
    _, _, data = table(target="price", inputs=["size", "shop"], categories=["size"])
    assert data.inputs[:].tolist() == np.hstack([np.eye(5), [[1, 0], [0, 1], [1, 0], [0, 1], [1, 0]]]).tolist()
    assert table(target="size", categories=["size"])[2].task == Classification(("1", "2", "3", "4", "5"))


def test_several_numbers_are_told_at_once(table):
    _, _, data = table(target=["price", "size"], inputs=["shop"], scalers=[MinMax()])
    assert data.targets[:].tolist() == [[0, 0], [0.25, 0.25], [0.5, 0.5], [0.75, 0.75], [1, 1]]
    assert data.truth(slice(1, 3)).tolist() == [[20, 2], [30, 3]]
    assert data.in_units(np.array([[0, 1], [0.5, 0.25]]), slice(1, 3)).tolist() == [[10, 5], [30, 2]]


def test_numbers_are_scaled_and_categories_are_not(table):
    _, _, data = table(scalers=[MinMax()], held_out=2, inputs=["shop", "size"])
    assert data.inputs[:].tolist() == [[1, 0, 0], [0, 1, 0.5], [1, 0, 1], [0, 1, 1.5], [1, 0, 2]]
    assert data.targets[:].ravel().tolist() == [0, 0.5, 1, 1.5, 2]
    assert data.in_units(np.array([[0.25]]), slice(0, 1)).tolist() == [[15]]
    _, _, data = table(scalers=[MinMax(columns=["size"])])
    assert data.inputs[:][:, 0].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert data.targets[:].ravel().tolist() == [10, 20, 30, 40, 50]


def test_parts_may_be_any_rows(table):
    source, _, _ = table()
    raw, parts = source.load(0), Parts(np.array([1, 3]), np.array([0]), np.array([2, 4]))
    preparation = Tabular.fit(raw, [MinMax()], parts)
    assert [feature.labels for feature in preparation.features] == [(), ("blue", "green"), ("b",)]
    with pytest.raises(DataError, match=r"t.csv:2: column 'colour': 'red' does not occur in the training part"):
        preparation.dataset(raw, parts)


# --- what is missing ---

GAPS = """\
size,colour,price
1,red,10
,red,20
3,,30
4,blue,40
6,red,50
9,blue,
"""


def test_missing_cells_are_refused_by_their_place(table):
    with pytest.raises(DataError, match=r"t.csv:3: column 'size': a value is missing: `missing: drop` leaves"):
        table(GAPS)


def test_a_missing_cell_is_the_median_or_the_most_frequent_category_of_those_that_train(table, read):
    source, preparation, data = table(GAPS.replace("9,blue,\n", "9,blue,60\n"), missing="fill", held_out=2)
    assert data.inputs[:].tolist() == [[1, 1, 0], [3, 1, 0], [3, 1, 0], [4, 0, 1], [6, 1, 0], [9, 0, 1]]
    assert [feature.fill for feature in preparation.features] == [3, 0]
    assert read(source, preparation, "colour,size\n,\nblue,\n").inputs[:].tolist() == [[3, 1, 0], [3, 0, 1]]


def test_targets_are_not_made_up(table):
    with pytest.raises(DataError, match=r"t.csv:7: column 'price': a value is missing"):
        table(GAPS, missing="fill")


DROPPING = """\
data:
  source: {CSV: {file: t.csv, target: price, missing: drop}}
  scaling: [MinMax]
  split: {train: 2, test: 1}
model:
  - Linear: 1
loss: MSE
optimizer: Adam
"""


def test_rows_that_lack_a_cell_can_be_left_out(tmp_path, read):
    (tmp_path / "t.csv").write_text(GAPS, encoding="utf-8")
    (tmp_path / "c.yaml").write_text(DROPPING, encoding="utf-8")
    experiment = open_config(tmp_path / "c.yaml", []).experiment
    data, source, preparation = experiment.data, experiment.source, experiment.preparation
    assert [numbers_of(part).tolist() for _, part in data.parts.named()] == [[0, 3], [], [4]]
    assert selected(data.inputs, data.parts.test)[:].tolist() == [[5 / 3, 1, 0]]
    assert data.names(data.parts.test)["row"].tolist() == [5]
    new = read(source, preparation, "size,colour,price\n,red,1\n2.5,red,\n1,,3\n4,blue,4\n")
    assert new.names(new.parts.test)["row"].tolist() == [2, 4]  # what is to be told need not be there
    assert selected(new.inputs, new.parts.test)[:].tolist() == [[0.5, 1, 0], [1, 0, 1]]
    with pytest.raises(DataError, match="a value is missing in every row"):
        read(source, preparation, "size,colour\n,red\n1,\n")


def test_a_column_that_nothing_is_known_of_in_training_is_refused(table):
    empty = "size,colour,price\n,red,10\n,red,20\n3,red,30\n"
    with pytest.raises(DataError, match="column 'size' has no value in the part that trains: leave it out"):
        table(empty, missing="fill", held_out=1)
    with pytest.raises(DataError, match="column 'colour' has no value in the part that trains: leave it out"):
        table("size,colour,price\n1,,10\n2,,20\n3,red,30\n", missing="fill", held_out=1, categories=["colour"])


# --- what was never seen ---

GREEN_LATER = "size,colour,price\n1,red,10\n2,blue,20\n3,green,30\n"


def test_a_category_that_does_not_occur_in_training_is_refused_by_its_place(table, read, tmp_path):
    message = "t.csv:4: column 'colour': 'green' does not occur in the training part: with `unseen: zeros` it counts"
    with pytest.raises(DataError, match=message) as caught:
        table(GREEN_LATER, held_out=1)
    assert (caught.value.setting, caught.value.instead) == ("unseen", {"unseen": "zeros"})
    source, preparation, _ = table()
    with pytest.raises(DataError, match=r"new.csv:3: column 'colour': 'pink' is not a known category"):
        read(source, preparation, "size,colour,shop\n1,red,a\n1,pink,a\n")
    (tmp_path / "test.csv").write_text("size,colour,shop,price\n2,pink,a,3\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"test.csv:2: column 'colour': 'pink' is not a known category"):
        table(test_file=str(tmp_path / "test.csv"))


@pytest.mark.parametrize("missing", ["error", "drop", "fill"])
def test_or_it_counts_as_none_of_those_that_do(table, read, tmp_path, missing):
    source, preparation, data = table(GREEN_LATER, held_out=1, unseen="zeros", missing=missing)
    assert data.inputs[:].tolist() == [[1, 1, 0], [2, 0, 1], [3, 0, 0]]
    new = read(source, preparation, "size,colour\n1,blue\n4,green\n5,pink\n")
    assert new.inputs[:].tolist() == [[1, 0, 1], [4, 0, 0], [5, 0, 0]]
    (tmp_path / "test.csv").write_text("size,colour,price\n7,pink,3\n8,red,4\n", encoding="utf-8")
    _, _, tested = table(GREEN_LATER, unseen="zeros", missing=missing, test_file=str(tmp_path / "test.csv"))
    assert tested.inputs[3:5].tolist() == [[7, 0, 0, 0], [8, 1, 0, 0]]
    assert tested.truth(slice(3, 5)).tolist() == [[3], [4]]


def test_a_class_that_did_not_train_cannot_be_told(table, read):
    for unseen in ("error", "zeros"):
        source, preparation, _ = table(target="shop", unseen=unseen)
        with pytest.raises(DataError, match=r"new.csv:3: column 'shop': .*(known category|that the model was trained)"):
            read(source, preparation, "size,colour,price,shop\n1,red,1,a\n1,red,1,c\n")


# --- new rows ---


def test_columns_of_new_rows_may_stand_in_any_order_and_others_beside_them(table, read):
    source, preparation, data = table(scalers=[Log1p(), Standard()])
    text = "note,shop,size,colour\n?,a,1,red\n,b,2,blue\n-,a,3,red\n1,b,4,green\n2,a,5,red\n"
    new = read(source, preparation, text)
    np.testing.assert_array_equal(new.inputs[:], data.inputs[:])
    np.testing.assert_array_equal(new.truth(EVERY), [[NAN]] * 5)
    assert [numbers_of(part).tolist() for _, part in new.parts.named()] == [[], [], [0, 1, 2, 3, 4]]


def test_what_new_rows_know_of_the_targets_is_their_truth(table, read):
    source, preparation, _ = table(scalers=[MinMax()])
    new = read(source, preparation, "price,shop,size,colour\n70,a,1,red\n,b,2,blue\n")
    np.testing.assert_array_equal(new.truth(EVERY), [[70], [NAN]])
    np.testing.assert_array_equal(new.targets[:], [[1.5], [NAN]])
    source, preparation, _ = table(target="shop")
    new = read(source, preparation, "colour,price,size,shop\nred,1,2,b\nred,1,2,\nred,1,2,a\n")
    assert new.truth(EVERY).tolist() == [1, -1, 0]
    assert read(source, preparation, "colour,price,size\nred,1,2\n").truth(EVERY).tolist() == [-1]


NOT_ALIKE = [
    ("size,colour\n1,red\n", "new.csv: there is no column 'shop'"),
    ("size,colour,shop\n1,red,a\nx,red,a\n", "new.csv:3: column 'size': 'x' is not a number"),
    ("size,colour,shop\n1,red,a\n,red,a\n", "new.csv:3: column 'size': a value is missing"),
]


@pytest.mark.parametrize(("text", "message"), NOT_ALIKE, ids=[message for _, message in NOT_ALIKE])
def test_rows_that_are_not_alike_are_refused(table, read, text, message):
    source, preparation, _ = table()
    with pytest.raises(DataError, match=message):
        read(source, preparation, text)


# --- what is kept ---

KEPT = [{}, {"target": "colour"}, {"target": ["price", "size"]}, {"missing": "fill"}, {"unseen": "zeros"}]


@pytest.mark.parametrize("settings", KEPT, ids=str)
def test_a_preparation_comes_back_from_its_state(table, read, settings):
    source, preparation, data = table(scalers=[Log1p(), Standard()], **settings)
    state = json.loads(json.dumps(preparation.state()))
    again = Tabular.from_state(state)
    assert again.state() == state
    assert (again.task, again.input_shape, again.target_shape) == (
        data.task,
        preparation.input_shape,
        preparation.target_shape,
    )
    new, same = (read(source, one, SHOP) for one in (preparation, again))
    for rows, others in ((new.inputs, same.inputs), (new.targets, same.targets), (new.inputs, data.inputs)):
        np.testing.assert_array_equal(rows[:], others[:])


def test_what_does_not_train_changes_nothing(table):
    made = []
    for last in ("5,red,a,50", "5000,green,b,-7"):
        _, preparation, data = table(SHOP.replace("5,red,a,50", last), [Standard()], held_out=1)
        made.append((json.dumps(preparation.state()), data.inputs[:4].tolist(), data.targets[:4].tolist()))
    assert made[0] == made[1]


def test_rows_on_disk_give_the_same_as_those_in_memory(table, tmp_path, monkeypatch):
    _, here, whole = table(scalers=[Standard()], held_out=1, missing="fill", unseen="zeros")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("zen_cli.data.sources.csv.read_frame", on_disk)
    _, there, stored = table(scalers=[Standard()], held_out=1, missing="fill", unseen="zeros")
    assert not isinstance(stored.inputs, np.ndarray)
    assert here.state() == there.state()
    assert stored.fingerprint() == whole.fingerprint()
    for where in (EVERY, slice(1, 3), np.array([4, 0])):
        np.testing.assert_array_equal(selected(stored.inputs, where)[:], whole.inputs[:][where])
        np.testing.assert_array_equal(selected(stored.targets, where)[:], whole.targets[:][where])
        np.testing.assert_array_equal(stored.truth(where), whole.truth(where))


def on_disk(path, **settings):
    """A frame of which no row is kept in memory."""
    return read_frame(path, **settings, memory=0)
