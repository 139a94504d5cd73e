import math

import numpy as np
import pytest

from zen_cli import autodiff as ad
from zen_cli import loss
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError

RNG = np.random.default_rng(0)


def scalar_mse(pred, real):
    errors = [(float(p) - float(r)) ** 2 for p, r in zip(pred.ravel(), real.ravel(), strict=True)]
    return math.fsum(errors) / len(errors)


def scalar_crossentropy(pred, real):
    terms = [-float(r) * math.log(p) for p, r in zip(pred.ravel(), real.ravel(), strict=True)]
    return math.fsum(terms) / (real.size // real.shape[-1])


def distribution(*shape):
    x = RNG.uniform(0.1, 1, shape)
    return x / x.sum(axis=-1, keepdims=True)


REFERENCES = [
    *[(loss.MSE, scalar_mse, RNG.normal(size=s), RNG.normal(size=s)) for s in ((4, 1), (4,), (3, 5, 2), (1, 1))],
    (loss.MSE, scalar_mse, RNG.normal(size=(4, 2)), np.arange(8).reshape(4, 2)),
    *[
        (loss.categorical_crossentropy, scalar_crossentropy, distribution(*s), distribution(*s))
        for s in ((4, 3), (1, 2), (4, 5, 3), (3,))
    ],
    (loss.categorical_crossentropy, scalar_crossentropy, distribution(2, 3), np.eye(3)[[2, 0]]),
    (loss.categorical_crossentropy, scalar_crossentropy, distribution(2, 3), np.eye(3, dtype=int)[[2, 0]]),
]


@pytest.mark.parametrize(("function", "reference", "pred", "real"), REFERENCES)
def test_loss_is_its_scalar_formula(function, reference, pred, real):
    value = function(Tensor(pred), real)
    assert value.shape == ()
    assert float(value.value) == pytest.approx(reference(pred, real), rel=1e-12)
    assert ad.gradient_error(lambda p: function(p, real), pred) < 1e-6


def test_table_has_a_row_for_every_loss():
    losses = {f for f in vars(loss).values() if getattr(f, "__module__", "") == loss.__name__ and f.__name__[0] != "_"}
    assert losses == {row[0] for row in REFERENCES}


@pytest.mark.parametrize("function", [loss.MSE, loss.categorical_crossentropy])
def test_float32_predictions_and_targets_give_a_float32_loss(function):
    pred = Tensor(distribution(4, 3).astype(np.float32))
    value = function(pred, distribution(4, 3).astype(np.float32))
    value.backward()
    assert value.dtype == pred.grad.dtype == np.float32


# --- crossentropy ---


@pytest.mark.parametrize("shape", [(4,), (2, 5)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("from_softmax", [True, False])
def test_integer_one_hot_and_list_targets_agree(shape, dtype, from_softmax):
    logits, classes = RNG.normal(size=(*shape, 3)).astype(dtype), RNG.integers(0, 3, shape)
    results = []
    for real in (classes, classes.astype(np.uint8), classes.tolist(), np.eye(3, dtype=dtype)[classes]):
        x = Tensor(logits)
        p = ad.softmax(x) if from_softmax else ad.exp(ad.log_softmax(x))
        value = loss.categorical_crossentropy(p, real)
        value.backward()
        assert value.dtype == dtype
        results.append((value.value.tobytes(), x.grad.tobytes()))
    assert len(set(results)) == 1


@pytest.mark.parametrize(
    "real", [np.array([1, 0]), np.array([[0.0, 1, 0], [1, 0, 0]]), np.array([[0.2, 0.5, 0.3], [1, 0, 0]])]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_crossentropy_straight_after_softmax_is_exact_however_sure_the_model_is(real, dtype):
    logits = Tensor(np.array([[1e4, 0, -1e4], [1e4, 0, -1e4]], dtype))
    value = loss.categorical_crossentropy(ad.softmax(logits), real if real.ndim == 1 else real.astype(dtype))
    value.backward()
    weights = np.eye(3)[real] if real.ndim == 1 else real
    assert float(value.value) == pytest.approx((weights * [0, 1e4, 2e4]).sum() / 2, rel=1e-6)
    np.testing.assert_allclose(logits.grad, ([1, 0, 0] - weights) / 2, atol=1e-6)
    assert logits.grad.dtype == dtype


def test_gradient_after_softmax_is_probabilities_minus_targets():
    x, real = RNG.normal(size=(5, 3)), distribution(5, 3)
    logits = Tensor(x)
    p = ad.softmax(logits)
    loss.categorical_crossentropy(p, real).backward()
    np.testing.assert_allclose(logits.grad, (p.value - real) / 5, rtol=1e-10, atol=1e-15)
    assert ad.gradient_error(lambda x: loss.categorical_crossentropy(ad.softmax(x), real), x) < 1e-6


# --- what does not fit ---

MISFITS = [
    (loss.MSE, (4, 1), np.zeros(4)),
    (loss.MSE, (4,), np.zeros((4, 1))),
    (loss.MSE, (4, 2), np.zeros((4, 1))),
    (loss.MSE, (4, 2), 0.0),
    (loss.categorical_crossentropy, (4, 3), np.zeros(4)),
    (loss.categorical_crossentropy, (4, 3), np.zeros((4, 2))),
    (loss.categorical_crossentropy, (4, 3), np.zeros((4, 1), int)),
    (loss.categorical_crossentropy, (4, 3), np.zeros(5, int)),
    (loss.categorical_crossentropy, (4, 5, 3), np.zeros(4, int)),
]


@pytest.mark.parametrize(("function", "shape", "real"), MISFITS)
def test_shapes_that_do_not_match_are_named(function, shape, real):
    with pytest.raises(ShapeError) as caught:
        function(Tensor(np.full(shape, 0.5)), real)
    assert str(shape) in str(caught.value)
    assert function.__name__ in str(caught.value)


@pytest.mark.parametrize("classes", [[-1, 0], [0, 3]])
def test_a_class_that_does_not_exist_is_refused(classes):
    with pytest.raises((ValueError, IndexError)):
        loss.categorical_crossentropy(Tensor(distribution(2, 3)), np.array(classes))
