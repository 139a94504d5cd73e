"""Examples that a source gives one by one: scaled as those that train, and kept as plain data."""

import json
import math

import numpy as np
import pytest
from small_series import EVERY, Elsewhere

from zen_cli.data.examples import Examples
from zen_cli.data.parts import Parts, in_order, numbers_of
from zen_cli.data.plain import Plain, fingerprint_of, restricted, with_labels
from zen_cli.data.rows import selected
from zen_cli.data.scaling import Log1p, MinMax, Standard
from zen_cli.data.tasks import Classification, Regression
from zen_cli.errors import DataError
from zen_cli.padded import Padded, pad

NAN = math.nan
POINTS = np.array([[0.0, 100], [2, 300], [4, 200], [10, 0]])
CLASSES = np.array([1, 0, 1, 0])
NUMBERS = np.array([[5.0], [7], [9], [90]])


def of_classes(inputs=POINTS, classes=CLASSES, **settings):
    return Examples(inputs, classes, ("no", "yes"), **settings)


def prepared(raw, scalers=(), parts=None):
    parts = parts or in_order(3, 0, len(raw.inputs))
    preparation = Plain.fit(raw, list(scalers), parts)
    return preparation, preparation.dataset(raw, parts)


# --- as they are ---


def test_examples_are_what_the_source_gives():
    preparation, data = prepared(of_classes())
    assert data.inputs is POINTS
    assert data.targets.tolist() == data.truth(EVERY).tolist() == [1, 0, 1, 0]
    assert data.names(slice(0, 4))["example"].tolist() == [0, 1, 2, 3]
    assert (len(data), data.train, data.held_out) == (4, 3, 1)
    assert data.task == Classification(("no", "yes"))
    assert (preparation.input_shape, preparation.target_shape, preparation.lengths_vary) == ((2,), (), False)


def test_parts_may_be_any_examples():
    parts = Parts(np.array([0, 3]), np.array([1]), np.array([2]))
    _, data = prepared(of_classes(), [MinMax()], parts)
    assert data.inputs.tolist() == [[0, 1], [0.2, 3], [0.4, 2], [1, 0]]
    assert data.truth(parts.train).tolist() == [1, 0]
    assert data.names(parts.test)["example"].tolist() == [2]


# --- scaled ---


def test_each_feature_is_scaled_as_the_part_that_trains():
    _, data = prepared(of_classes(), [MinMax()])
    assert data.inputs.tolist() == [[0, 0], [0.5, 1], [1, 0.5], [2.5, -0.5]]
    assert data.targets.tolist() == [1, 0, 1, 0]


def test_targets_that_are_numbers_are_scaled_and_brought_back():
    _, data = prepared(Examples(POINTS, NUMBERS), [MinMax()])
    assert data.task == Regression(("0",))
    assert data.targets[:].tolist() == [[0], [0.5], [1], [21.25]]
    assert data.truth(EVERY).tolist() == NUMBERS.tolist()
    assert data.in_units(np.array([[0.25], [1], [2], [-1]]), EVERY).tolist() == [[6], [9], [13], [1]]
    assert data.in_units(data.targets[:], EVERY).tolist() == NUMBERS.tolist()


def test_a_scaler_is_for_the_columns_that_it_names():
    raw = Examples(POINTS, NUMBERS, features=("size", "weight"), outputs=("price",))
    _, data = prepared(raw, [MinMax(columns=["weight"]), MinMax(columns=["price"])])
    assert data.inputs[:].tolist() == [[0, 0], [2, 1], [4, 0.5], [10, -0.5]]
    assert data.targets[:].ravel().tolist() == [0, 0.5, 1, 21.25]
    _, data = prepared(raw, [MinMax(columns=["size"])])
    assert data.inputs[:].tolist() == [[0, 100], [0.5, 300], [1, 200], [2.5, 0]]
    assert data.targets[:].tolist() == NUMBERS.tolist()
    names = [scaler.columns for scaler in restricted([Log1p(), MinMax(columns=["a", "b"]), Log1p(columns=["c"])], "ad")]
    assert names == [None, ["a"]]


def test_every_step_and_every_pixel_of_a_feature_is_scaled_alike():
    steps = np.array([[[0.0, 1], [4, 3]], [[2, 5], [0, 1]], [[8, 9], [-4, 1]]])
    _, data = prepared(Examples(steps, np.zeros(3, int), ("a",)), [MinMax()], in_order(2, 0, 3))
    assert data.inputs.tolist() == [[[0, 0], [1, 0.5]], [[0.5, 1], [0, 0]], [[2, 2], [-1, 0]]]
    images = np.zeros((2, 2, 2, 1), np.uint8)
    images[0, 0, 0], images[0, 1, 1], images[1, 0, 1] = 100, 200, 50
    _, data = prepared(Examples(images, np.zeros(2, int), ("a",)), [MinMax()], in_order(1, 0, 2))
    assert data.inputs[:, :, :, 0].tolist() == [[[0.5, 0], [0, 1]], [[0, 0.25], [0, 0]]]


def test_what_is_behind_the_end_of_a_sequence_is_not_scaled_and_teaches_nothing():
    sequences = pad([np.array([[10.0], [20]]), np.array([[30.0]]), np.array([[40.0], [50], [60]])])
    raw = Examples(sequences, np.array([0, 1, 0]), ("a", "b"))
    preparation, data = prepared(raw, [MinMax()], in_order(2, 0, 3))
    assert data.inputs.values[:, :, 0].tolist() == [[0, 0.5, 0], [1, 0, 0], [1.5, 2, 2.5]]
    assert data.inputs.lengths.tolist() == [2, 1, 3]
    assert (preparation.lengths_vary, preparation.input_shape, data.lengths_vary) == (True, (3, 1), True)


def test_what_does_not_train_changes_nothing():
    made = []
    for last in (1.0, 1e6):
        points, numbers = POINTS.copy(), NUMBERS.copy()
        points[3:] = numbers[3:] = last
        preparation, data = prepared(Examples(points, numbers), [Log1p(), Standard()])
        inputs, targets = (selected(rows, data.parts.train)[:] for rows in (data.inputs, data.targets))
        made.append((json.dumps(preparation.state()), inputs.tolist(), targets.tolist()))
    assert made[0] == made[1]


def test_inputs_that_are_not_in_memory_are_scaled_when_they_are_asked_for():
    _, here = prepared(of_classes(), [Standard()])
    _, there = prepared(of_classes(Elsewhere(POINTS)), [Standard()])
    assert not isinstance(there.inputs, np.ndarray)
    assert there.inputs.shape == (4, 2)
    np.testing.assert_array_equal(there.inputs[:], here.inputs)
    np.testing.assert_array_equal(there.inputs[np.array([3, 1])], here.inputs[[3, 1]])
    np.testing.assert_array_equal(np.concatenate(list(there.numbers())), here.inputs)
    assert there.fingerprint() == here.fingerprint()


# --- classes ---


def test_classes_are_found_by_their_names():
    preparation, _ = prepared(of_classes())
    new = Examples(POINTS, np.array([0, 1, -1, 1]), ("yes", "no"))
    assert preparation.dataset(new).targets.tolist() == [1, 0, -1, 0]
    assert preparation.dataset(new).truth(EVERY).tolist() == [1, 0, -1, 0]
    fewer = Examples(POINTS[:2], np.array([0, -1]), ("yes",))
    assert preparation.dataset(fewer).targets.tolist() == [1, -1]


def test_a_class_that_did_not_train_is_refused_where_it_occurs():
    preparation, _ = prepared(of_classes())
    labels = ("maybe", "no", "yes")
    assert preparation.dataset(Examples(POINTS, np.array([1, 2, 1, -1]), labels)).targets.tolist() == [0, 1, 0, -1]
    with pytest.raises(DataError, match="the model knows no class 'maybe': it was trained on 'no', 'yes'"):
        preparation.dataset(Examples(POINTS, np.array([1, 2, 0, -1]), labels))


def test_classes_at_every_step_keep_their_ends():
    steps = Padded(np.array([[0, 1], [1, 0]]), np.array([2, 1]))
    assert with_labels(steps, ("a", "b"), ("b", "a")).values.tolist() == [[1, 0], [0, 1]]
    assert with_labels(steps, ("a", "b"), ("b", "a")).lengths.tolist() == [2, 1]
    assert with_labels(steps, ("a", "b"), ("a", "b")) is steps


def test_a_class_at_every_step_has_a_row_for_each():
    tokens = Examples(np.zeros((2, 3), int), np.array([[0, 1, 1], [1, 0, 0]]), ("a", "b"))
    preparation, data = prepared(tokens, [], in_order(2, 0, 2))
    assert preparation.target_shape == (3,)
    names = data.names(np.array([1, 0]))
    assert (names["example"].tolist(), names["step"].tolist()) == ([1, 1, 1, 0, 0, 0], [0, 1, 2, 0, 1, 2])


# --- new examples ---


def test_new_examples_are_a_test_part_and_their_targets_need_not_be_known():
    preparation, _ = prepared(Examples(POINTS, NUMBERS), [MinMax()])
    new = preparation.dataset(Examples(np.array([[4.0, 100]]), np.array([[NAN]])))
    assert [numbers_of(part).tolist() for _, part in new.parts.named()] == [[], [], [0]]
    assert new.inputs[:].tolist() == [[1, 0]]
    np.testing.assert_array_equal(new.truth(EVERY), [[NAN]])
    assert new.in_units(np.array([[0.5]]), EVERY).tolist() == [[7]]


def test_examples_of_another_shape_are_refused():
    preparation, _ = prepared(of_classes())
    with pytest.raises(DataError, match=r"takes examples of shape \(2,\), but these have shape \(3,\)"):
        preparation.dataset(Examples(np.zeros((2, 3)), np.array([0, 0]), ("no", "yes")))
    sequences = pad([np.zeros((3, 2)), np.zeros((1, 2))])
    varied, _ = prepared(Examples(sequences, np.array([0, 0]), ("no", "yes")), [], in_order(2, 0, 2))
    assert len(varied.dataset(Examples(pad([np.zeros((7, 2))]), np.array([0]), ("no", "yes")))) == 1
    with pytest.raises(DataError, match="shape"):
        varied.dataset(Examples(pad([np.zeros((7, 3))]), np.array([0]), ("no", "yes")))


# --- what is kept ---

KEPT = {
    "classes": of_classes(),
    "numbers": Examples(POINTS, NUMBERS, (), ("a", "b"), ("y",)),
    "sequences": of_classes(pad([np.ones((n, 2)) * n for n in (1, 3, 2, 3)])),
    "steps": Examples(np.ones((4, 3, 1)), np.zeros((4, 3), int), ("a", "b")),
}


@pytest.mark.parametrize("raw", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("scalers", [[], [Log1p(), Standard()]], ids=["plain", "scaled"])
def test_a_preparation_comes_back_from_its_state(raw, scalers):
    preparation, data = prepared(raw, scalers)
    state = json.loads(json.dumps(preparation.state()))
    again = Plain.from_state(state)
    assert again.state() == state
    assert (again.task, again.input_shape, again.target_shape) == (data.task, *shapes(preparation))
    assert again.lengths_vary == preparation.lengths_vary
    same = again.dataset(raw, data.parts)
    assert fingerprint_of(same.inputs) == fingerprint_of(data.inputs)
    assert fingerprint_of(same.targets) == fingerprint_of(data.targets)


def shapes(preparation):
    return preparation.input_shape, preparation.target_shape


def test_a_fingerprint_tells_data_apart_and_depends_on_nothing_else():
    def fingerprint(inputs=POINTS, classes=CLASSES, scalers=(), train=3):
        return prepared(of_classes(inputs, classes), scalers, in_order(train, 0, 4))[1].fingerprint()

    assert fingerprint() == fingerprint(POINTS.copy(), CLASSES.copy(), [Standard()], 2)
    others = [fingerprint(POINTS[::-1]), fingerprint(POINTS.astype(np.float32)), fingerprint(classes=1 - CLASSES)]
    assert len({fingerprint(), fingerprint(POINTS + 1e-13), *others}) == 5
    longer = [pad([np.ones(2), np.ones(1)]), Padded(np.ones((2, 2)), np.array([2, 2]))]
    assert fingerprint_of(longer[0]) != fingerprint_of(longer[1])
