"""Losses whose classes do not all count alike; PyTorch's numbers for them are in tests/reference/loss.json."""

import functools
import math

import numpy as np
import pytest
from conftest import CLASSES, changed, numbers, resolved

from zen_cli import autodiff as ad
from zen_cli import loss, nn
from zen_cli.autodiff import Tensor
from zen_cli.errors import DataError, UserError
from zen_cli.padded import pad
from zen_cli.training.loop import fit

RNG = np.random.default_rng(0)
WEIGHTS = [0.5, 2.0, 1.25]


def probabilities(x):
    """Softmax's numbers without its logits."""
    return ad.exp(ad.log_softmax(x))


WAYS = {"logits": lambda x: x, "softmax": ad.softmax, "probabilities": probabilities}
every_way = pytest.mark.parametrize("way", WAYS)


def crossentropy(way, **settings):
    settings |= {"from_logits": way == "logits"}
    return lambda x, *rest: loss.categorical_crossentropy(WAYS[way](x), *rest, **settings)


def value_and_gradient(function, x, *rest):
    x = Tensor(x)
    value = function(x, *rest)
    value.backward()
    return np.append(x.grad, value.value)


# --- several classes ---


@every_way
@pytest.mark.parametrize("shape", [(5,), (2, 4)])
def test_it_is_the_weighted_mean_of_the_answers(way, shape):
    x, classes = numbers(*shape, 3), RNG.integers(0, 3, shape)
    each = [
        float(crossentropy(way)(Tensor(row[None]), np.array([c])).value)
        for row, c in zip(x.reshape(-1, 3), classes.ravel(), strict=True)
    ]
    found = crossentropy(way, class_weights=WEIGHTS)(Tensor(x), classes)
    assert float(found.value) == pytest.approx(np.average(each, weights=np.array(WEIGHTS)[classes.ravel()]), rel=1e-12)


@every_way
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_gradient_is_the_central_difference(way, smoothing):
    function, classes = crossentropy(way, class_weights=WEIGHTS, label_smoothing=smoothing), RNG.integers(0, 3, (2, 4))
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0]])
    for rest in ((classes,), (classes, mask), (np.eye(3)[classes], mask)):
        assert ad.gradient_error(lambda x, rest=rest: function(x, *rest), numbers(2, 4, 3)) < 1e-6


@every_way
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_classes_and_one_hot_rows_agree(way, smoothing):
    function, classes = crossentropy(way, class_weights=WEIGHTS, label_smoothing=smoothing), RNG.integers(0, 3, (2, 4))
    found = [value_and_gradient(function, numbers(2, 4, 3), real) for real in (classes, np.eye(3)[classes])]
    np.testing.assert_allclose(*found, rtol=1e-12, atol=1e-15)


@every_way
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_equal_weights_are_none(way, smoothing):
    classes, settings = RNG.integers(0, 3, 6), {"label_smoothing": smoothing}
    found = [
        value_and_gradient(crossentropy(way, class_weights=weights, **settings), numbers(6, 3), classes)
        for weights in ([2.5] * 3, None)
    ]
    np.testing.assert_allclose(*found, rtol=1e-12, atol=1e-15)


@every_way
def test_what_a_mask_leaves_out_has_no_say(way):
    function, x, classes = crossentropy(way, class_weights=WEIGHTS), numbers(2, 3, 3), RNG.integers(0, 3, (2, 3))
    mask = np.array([[1, 1, 0], [1, 0, 0]])
    alone = value_and_gradient(function, x[mask == 1], classes[mask == 1])
    found = value_and_gradient(function, x, classes, mask)
    np.testing.assert_allclose(np.append(found[:-1].reshape(2, 3, 3)[mask == 1], found[-1]), alone, rtol=1e-12)
    assert not value_and_gradient(function, x, classes, np.zeros(2)).any()


@every_way
def test_float32_stays_float32(way):
    x, classes = Tensor(numbers(4, 3).astype(np.float32)), np.array([0, 2, 1, 1])
    for real in (classes, np.eye(3)[classes]):
        value = crossentropy(way, class_weights=WEIGHTS)(x, real)
        value.backward()
        assert value.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize("classes", [[-1, 0], [0, 3]])
def test_a_class_that_does_not_exist_is_refused(classes):
    with pytest.raises(DataError, match=f"numbered from 0 to 2, but got {min(classes)} to {max(classes)}"):
        crossentropy("logits", class_weights=WEIGHTS)(Tensor(numbers(2, 3)), np.array(classes))


# --- yes or no ---


@pytest.mark.parametrize(
    "real", [np.array([0, 1, 1, 0]), np.array([[0.0], [1.0], [0.3], [0.5]])], ids=["classes", "rows"]
)
@pytest.mark.parametrize("from_logits", [True, False])
def test_yes_and_no_have_a_weight_each(real, from_logits):
    x, weights = numbers(4, 1), [0.5, 3.0]

    def function(x, weights=weights):
        pred = x if from_logits else ad.sigmoid(x)
        return loss.binary_crossentropy(pred, real, from_logits=from_logits, class_weights=weights)

    p, yes = 1 / (1 + np.exp(-x[:, 0])), real.ravel()
    each = -(yes * np.log(p) + (1 - yes) * np.log(1 - p))
    expected = np.average(each, weights=weights[0] + yes * (weights[1] - weights[0]))
    assert float(function(Tensor(x)).value) == pytest.approx(expected, rel=1e-12)
    assert ad.gradient_error(function, x) < 1e-6
    assert function(Tensor(x.astype(np.float32))).dtype == np.float32


def test_an_answer_of_several_counts_as_its_class():
    x, classes = numbers(4, 3), np.array([2, 0, 1, 1])
    each = [float(loss.binary_crossentropy(Tensor(x[[i]]), classes[[i]], from_logits=True).value) for i in range(4)]
    value = loss.binary_crossentropy(Tensor(x), classes, from_logits=True, class_weights=WEIGHTS)
    assert float(value.value) == pytest.approx(np.average(each, weights=np.array(WEIGHTS)[classes]), rel=1e-12)
    with pytest.raises(DataError, match="one of the classes"):
        loss.binary_crossentropy(Tensor(x), np.eye(3)[classes], from_logits=True, class_weights=WEIGHTS)


# --- the weights ---


def test_balanced_weights_are_those_of_scikit_learn():
    """compute_class_weight("balanced", classes=[0, 1, 2], y=[0, 0, 0, 1, 1, 2]) of scikit-learn 1.7."""
    expected = [0.6666666666666666, 1.0, 2.0]
    targets = np.array([0, 1, 0, 2, 1, 0])
    assert loss.balanced(targets, 3) == pytest.approx(expected, rel=1e-15)
    assert loss.balanced(targets.reshape(2, 3), 3) == pytest.approx(expected, rel=1e-15)
    assert loss.balanced(pad([targets[:4], targets[4:]]), 3) == pytest.approx(expected, rel=1e-15)


def test_all_classes_together_count_alike():
    targets = np.repeat(np.arange(4), [70, 1, 9, 20])
    weights = np.array(loss.balanced(targets, 4))
    np.testing.assert_allclose(np.bincount(targets, weights[targets], 4), [25] * 4)


def test_a_class_that_does_not_occur_counts_as_if_it_did_once():
    assert loss.balanced(np.array([0, 0, 1, 1]), 3) == pytest.approx([2 / 3, 2 / 3, 4 / 3])


@pytest.mark.parametrize("weights", [[1.0, 2.0], [1.0] * 4])
def test_there_is_a_weight_for_each_class(weights):
    with pytest.raises(UserError, match=f"class_weights has {len(weights)} weights, but there are 3 classes") as caught:
        loss.demand_a_weight_each(weights, 3)
    assert (caught.value.setting, caught.value.instead) == ("class_weights", {"class_weights": "balanced"})
    for function in (loss.categorical_crossentropy, loss.binary_crossentropy):
        with pytest.raises(UserError, match=r"class_weights has .* 3 classes"):
            function(Tensor(numbers(2, 3)), np.array([0, 1]), from_logits=True, class_weights=weights)


def test_balanced_has_to_be_made_numbers():
    with pytest.raises(ValueError, match="balanced"):
        loss.binary_crossentropy(Tensor(numbers(2, 1)), np.array([0, 1]), from_logits=True, class_weights="balanced")


def test_a_rare_class_is_learnt_with_weights_alone():
    """One in 20 answers is yes, and what tells is noisy: without weights a yes is never likelier than a no."""
    x, classes = RNG.normal(size=(400, 1)), np.repeat([0, 1], [380, 20])
    x[classes == 1] += 0.5

    def said_yes(weights):
        model = nn.Model([nn.Linear(1), nn.Sigmoid()])
        of = functools.partial(loss.binary_crossentropy, class_weights=weights)
        list(fit(model, x, classes, 100, of, batch_size=100, shuffle=True))
        return (model.predict(x) > 0.5).mean()

    assert said_yes(None) == 0
    assert math.isclose(said_yes(loss.balanced(classes, 2)), 0.5, abs_tol=0.25)


# --- in a config ---

LOSSES = ["categorical_crossentropy", "binary_crossentropy"]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize(("written", "value"), [("balanced", "balanced"), ("[1, 2.5]", [1, 2.5]), ("null", None)])
def test_a_config_says_them(name, written, value):
    text = changed(CLASSES, "loss: categorical_crossentropy", f"loss: {{{name}: {{class_weights: {written}}}}}")
    assert resolved(text)["loss"][name]["class_weights"] == value


@pytest.mark.parametrize("written", ["equal", "[]", "[1, 0]", "[1, -2]", "1", "[a]", "{a: 1}", "[[1, 2]]"])
def test_what_is_none_is_refused(problems_of, written):
    of = f"loss: {{categorical_crossentropy: {{class_weights: {written}}}}}"
    (problem,) = problems_of(changed(CLASSES, "loss: categorical_crossentropy", of))
    assert problem.path == "loss.categorical_crossentropy.class_weights"
    assert "expected balanced or null or a list, each a number > 0" in problem.message
