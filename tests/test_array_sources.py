"""The sources IDX and NPZ: which array is what, targets as classes or numbers, and a test part that was given."""

import gzip
import re

import numpy as np
import pytest
from array_files import CLASSES, idx, in_range, prepared, refusal, written

from zen_cli.data.sources.idx import IDX
from zen_cli.data.sources.npz import NPZ
from zen_cli.errors import DataError

# --- IDX ---


def test_images_of_an_idx_file_get_a_channel_and_their_labels_places(tmp_path):
    pixels, labels = in_range("u1", 4, 5, 6), np.array([7, 3, 10, 3], "u1")
    images, classes = written(tmp_path, idx(pixels), "i"), written(tmp_path, gzip.compress(idx(labels)), "l")
    examples = IDX(images, classes).load(0)
    assert np.array_equal(examples.inputs, pixels[..., None])
    assert (examples.targets.tolist(), examples.labels, examples.test) == ([1, 0, 2, 0], ("3", "7", "10"), 0)
    new = IDX(images, classes).read(images, CLASSES)
    assert (new.inputs.shape, new.targets.tolist(), new.labels) == ((4, 5, 6, 1), [-1] * 4, ())


@pytest.mark.parametrize("gzipped", [False, True])
def test_a_test_part_comes_last(tmp_path, gzipped):
    pack = gzip.compress if gzipped else bytes
    paths = [
        written(tmp_path, pack(idx(array)), name)
        for name, array in {
            "i": in_range("u1", 3, 2, 2),
            "l": np.array([0, 1, 0], "u1"),
            "ti": in_range("u1", 2, 2, 2) + np.uint8(100),
            "tl": np.array([2, 1], "u1"),
        }.items()
    ]
    examples = IDX(*paths).load(0)
    assert (examples.inputs.shape, examples.inputs.dtype, len(examples.inputs)) == ((5, 2, 2, 1), np.uint8, 5)
    assert examples.inputs[:][:, 0, 0, 0].tolist() == [0, 4, 8, 100, 104]
    assert examples.inputs[2:4][:, 0, 0, 0].tolist() == [8, 100]
    assert examples.inputs[np.array([4, 0, 3])][:, 0, 0, 0].tolist() == [104, 0, 100]
    assert (examples.targets.tolist(), examples.labels, examples.test) == ([0, 1, 0, 2, 1], ("0", "1", "2"), 2)


def test_labels_with_fractions_are_numbers(tmp_path):
    images = written(tmp_path, idx(in_range("u1", 2, 3)), "i")
    examples = IDX(images, written(tmp_path, idx(np.array([0.5, 2.0])), "l")).load(0)
    assert (examples.targets.tolist(), examples.labels) == ([[0.5], [2.0]], ())


@pytest.mark.parametrize("given", ["test_images", "test_labels"])
def test_half_a_test_part_is_refused(tmp_path, given):
    images = written(tmp_path, idx(in_range("u1", 2, 3)), "i")
    labels = written(tmp_path, idx(np.array([0, 1], "u1")), "l")
    with pytest.raises(DataError, match="give both or neither") as caught:
        IDX(images, labels, **{given: images}).load(0)
    assert (caught.value.setting, caught.value.instead) == (given, {given: None})


UNFIT_IDX = [
    (in_range("u1", 3, 2), np.zeros(2, "u1"), "there are 2 targets, but .* has 3 inputs"),
    (np.array([[1, np.inf]], "f4"), np.zeros(1, "u1"), r"the number at \[0, 1\] is inf, which is not finite"),
    (np.ones((2, 3)), np.array([0, np.nan]), r"the number at \[1\] is nan, which is not finite"),
    (np.ones((2, 3)), np.zeros((2, 1, 1), "u1"), r"its shape is \(2, 1, 1\), but each target"),
]


@pytest.mark.parametrize(("images", "labels", "message"), UNFIT_IDX)
def test_arrays_that_are_no_examples_are_refused(tmp_path, images, labels, message):
    source = IDX(written(tmp_path, idx(images), "i"), written(tmp_path, idx(labels), "l"))
    with pytest.raises(DataError, match=message):
        source.load(0)


# --- NPZ ---


def saved(tmp_path, **arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    return str(tmp_path / "a.npz")


X, Y = in_range("f4", 4, 3), np.array([1, 0, 2, 1])
NEW_X, NEW_Y = in_range("f4", 2, 3) + 50, np.array([2, 0])
LAYOUTS = [
    ({"x": X, "y": Y}, {}, 0),
    ({"X": X, "y": Y, "z": Y}, {}, 0),
    ({"inputs": X, "targets": Y[:, None]}, {}, 0),
    ({"data": X, "target": Y}, {}, 0),
    ({"x": X, "y": Y, "x_test": NEW_X}, {}, 0),
    ({"x_train": X, "y_train": Y, "x_test": NEW_X, "y_test": NEW_Y}, {}, 2),
    ({"train_images": X, "train_labels": Y, "test_images": NEW_X, "test_labels": NEW_Y}, {}, 2),
    ({"a": X, "b": Y}, {"inputs": "a", "targets": "b"}, 0),
    ({"a": X, "y": Y, "x": Y}, {"inputs": "a"}, 0),
    ({"a": X, "b": Y, "c": NEW_X, "y_test": NEW_Y}, {"inputs": "a", "targets": "b", "test_inputs": "c"}, 2),
]


@pytest.mark.parametrize(("arrays", "names", "test"), LAYOUTS)
def test_arrays_are_found_by_name(tmp_path, arrays, names, test):
    for name, array in arrays.items():
        np.save(tmp_path / f"{name}.npy", array)
    for file in (saved(tmp_path, **arrays), str(tmp_path)):
        examples = NPZ(file, **names).load(0)
        expected, codes = (np.concatenate([X, NEW_X]), [*Y, *NEW_Y]) if test else (X, list(Y))
        assert np.array_equal(examples.inputs[:], expected)
        assert (examples.targets.tolist(), examples.labels, examples.test) == (codes, ("0", "1", "2"), test)


TARGETS = [
    (np.array([3, -1, 3]), None, ("-1", "3"), [1, 0, 1]),
    (np.array([3, -1, 3]), False, (), [[3.0], [-1.0], [3.0]]),
    (np.array([True, False, True]), None, ("False", "True"), [1, 0, 1]),
    (np.array([0.5, 1.0, 2.0]), None, (), [[0.5], [1.0], [2.0]]),
    (np.array([[0.5], [1.0], [2.0]]), True, ("0.5", "1", "2"), [0, 1, 2]),
    (np.array([[1, 2], [3, 4], [5, 6]]), None, (), [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    (np.array(["10", "9", "10"]), None, ("9", "10"), [1, 0, 1]),
    (np.array(["b", "a", "10"]), None, ("10", "a", "b"), [2, 1, 0]),
    (np.array(["007", "1", "10"]), None, ("007", "1", "10"), [0, 1, 2]),
    (np.array(["é".encode(), b"a", b"a"]), None, ("a", "é"), [1, 0, 0]),
]


@pytest.mark.parametrize(("values", "classes", "labels", "targets"), TARGETS)
def test_targets_are_classes_or_numbers(tmp_path, values, classes, labels, targets):
    examples = NPZ(saved(tmp_path, x=np.ones((3, 2)), y=values), classes=classes).load(0)
    assert (examples.labels, examples.targets.tolist()) == (labels, targets)
    assert examples.targets.dtype == (np.intp if labels else np.float64)


UNFIT = [
    ({"x": X}, {}, "no array 'y' in it, but x"),
    ({"x": X, "y": Y}, {"inputs": "../y"}, "no array '../y' in it, but x, y"),
    ({"x": X, "y": Y}, {"test_inputs": "x"}, "no array 'y_test' in it"),
    ({"x": X, "y": Y[:3]}, {}, "there are 3 targets, but .*array 'x' has 4 inputs"),
    ({"x": np.array(list("abcd")), "y": Y}, {}, "array 'x': it holds text, but inputs are numbers"),
    ({"x": X, "y": np.array(list("abcd"))}, {"classes": False}, "array 'y': it holds text, which names classes"),
    ({"x": X, "y": np.ones((4, 2))}, {"classes": True}, "2 numbers for each example do not name a class"),
    ({"x": X, "y": np.array([b"\xff"] * 4)}, {}, "its text is not UTF-8"),
    ({"x": X, "y": np.full(4, 2**31 - 1, "u4").view("U1")}, {}, "array 'y': its text has codes of no character"),
    ({"x": X, "y": np.array(["a", "b", "a\nb", "c"])}, {}, r"array 'y': 'a\\nb' is no name of a class"),
    ({"x": X, "y": np.array(["a", "b", "", "c"])}, {}, "array 'y': '' is no name of a class"),
    ({"x": np.where(X == 2, np.inf, X), "y": Y}, {}, r"array 'x': the number at \[0, 2\] is inf, which is not finite"),
    ({"x": np.ones((150, 1)), "y": np.arange(150)}, {}, "150 different whole numbers in 150 targets: classes or numb"),
    ({"x": X, "y": Y, "x_test": X[:, :2], "y_test": Y}, {}, r"shape \(2,\), but \(3,\) in .*array 'x'"),
    (
        {"x": X, "y": Y, "x_test": X, "y_test": np.array(list("abcd"))},
        {},
        "str32 of shape .* where those that train are",
    ),
    ({"x": X, "y": Y, "x_test": X, "y_test": np.ones((4, 2))}, {}, r"of shape \(4, 2\) where those that train are"),
]


@pytest.mark.parametrize(("arrays", "settings", "message"), UNFIT, ids=[message[:40] for *_, message in UNFIT])
def test_what_is_no_set_of_examples_is_refused(tmp_path, arrays, settings, message):
    path = saved(tmp_path, **arrays)
    assert re.search(message, refusal(lambda file: NPZ(file, **settings).load(0), path))


def test_new_inputs_come_from_a_npy_or_from_the_array_that_is_most_like_new_ones(tmp_path):
    source = NPZ(saved(tmp_path, x_train=X, y_train=Y, x_test=NEW_X, y_test=NEW_Y))
    np.save(tmp_path / "new.npy", NEW_X)
    alone, tested = source.read(str(tmp_path / "new.npy"), CLASSES), source.read(source.file, CLASSES)
    assert np.array_equal(alone.inputs, NEW_X)
    assert np.array_equal(tested.inputs, NEW_X)
    assert (alone.targets.tolist(), alone.labels) == ([-1, -1], ())
    assert (tested.targets.tolist(), tested.labels, tested.test) == ([1, 0], ("0", "2"), 0)
    assert source.read(saved(tmp_path, whatever=X), CLASSES).targets.tolist() == [-1] * 4
    with pytest.raises(DataError, match="there is no array 'x_train' in it, but a, b"):
        source.read(saved(tmp_path, a=X, b=X), CLASSES)
    of_numbers = source.read(saved(tmp_path, whatever=X), prepared(target_shape=(2,)))
    assert np.array_equal(of_numbers.targets, np.full((4, 2), np.nan), equal_nan=True)
    counted = source.read(saved(tmp_path, x=X, y=Y), prepared(target_shape=(1,)))
    assert (counted.targets.tolist(), counted.labels) == (Y[:, None].tolist(), ())
    with pytest.raises(DataError, match="one array, not inputs and targets: give its folder"):
        NPZ(str(tmp_path / "new.npy")).load(0)
    with pytest.raises(DataError, match="there are no arrays in it"):
        NPZ(saved(tmp_path)).load(0)


def test_inputs_that_are_not_compressed_stay_on_disk(tmp_path):
    stored = NPZ(saved(tmp_path, x=X, y=Y)).load(0)
    both = NPZ(saved(tmp_path, x_train=X, y_train=Y, x_test=NEW_X, y_test=NEW_Y)).load(0)
    assert isinstance(stored.inputs, np.memmap)
    assert isinstance(both.inputs.first, np.memmap)
    assert (both.inputs.shape, both.inputs.dtype) == ((6, 3), np.float32)
    assert both.inputs[5:3:-1].tolist() == NEW_X[::-1].tolist()
