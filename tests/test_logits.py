"""Probabilities that keep their logits: computed late, and in the graph like any other tensor."""

import gc
import weakref

import numpy as np
import pytest

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.autodiff.logits import sigmoid_logits, softmax_logits

X = np.random.default_rng(0).normal(size=(4, 3))
BOTH = [ad.softmax, ad.sigmoid]


@pytest.mark.parametrize("function", BOTH)
def test_the_value_is_computed_when_it_is_asked_for_and_once(function):
    p = function(Tensor(X))
    calls, compute = [], p.function
    p.function = lambda x: calls.append(x) or compute(x)
    assert not calls
    assert p.shape == (4, 3)
    assert p.value is p.value
    assert len(calls) == 1


@pytest.mark.parametrize("function", BOTH)
def test_a_loss_of_the_logits_never_computes_the_value(function):
    x = Tensor(X)
    p = function(x)
    p.function = pytest.fail
    (softmax_logits(p) or sigmoid_logits(p)).backward(np.ones((4, 3)))
    assert x.grad.all()


@pytest.mark.parametrize("function", BOTH)
def test_gradients_flow_however_late_the_value_is_computed(function):
    def late(x):
        p = function(x)
        y = x * x  # younger than p
        return p * y + p

    assert ad.gradient_error(late, X) < 1e-6
    x = Tensor(X)
    p = function(x)
    with ad.no_grad():
        assert p.value.all()
    (p * p).backward(np.ones((4, 3)))
    expected = Tensor(X)
    (function(expected) ** 2).backward(np.ones((4, 3)))
    np.testing.assert_array_equal(x.grad, expected.grad)


@pytest.mark.parametrize("function", BOTH)
def test_without_a_graph_nothing_is_kept_but_the_logits(function):
    with ad.no_grad():
        p = function(Tensor(X))
    assert (p.requires_grad, p.inputs, p.pull_back) == (False, (), None)
    assert p.value.shape == (4, 3)
    assert (p.inputs, p.pull_back) == ((), None)
    assert function(X).value.tobytes() == p.value.tobytes()
    assert function([0, 1]).dtype == np.float64


def test_only_what_comes_straight_from_the_function_has_logits():
    x = Tensor(X)
    assert softmax_logits(ad.softmax(x)) is softmax_logits(ad.softmax(x, 1)) is sigmoid_logits(ad.sigmoid(x)) is x
    for other in (x, X, ad.softmax(x) * 1, ad.softmax(x, 0), ad.sigmoid(x)):
        assert softmax_logits(other) is None
    assert sigmoid_logits(ad.softmax(x)) is None


@pytest.mark.parametrize("function", BOTH)
def test_a_graph_is_freed_without_the_garbage_collector(function):
    gc.disable()
    try:
        x = Tensor(X)
        p = function(x * 1)
        gone = weakref.ref(p.value)
        (p * 2).backward(np.ones((4, 3)))
        del p
        assert gone() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("function", BOTH)
def test_an_attribute_that_is_not_there_is_said_to_be_missing(function):
    with pytest.raises(AttributeError, match="nix"):
        function(Tensor(X)).nix  # noqa: B018 - it is the access that fails
