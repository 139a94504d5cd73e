import functools
import math
import statistics

import numpy as np
import pytest

from zen_cli import autodiff as ad
from zen_cli import loss
from zen_cli.autodiff import Tensor
from zen_cli.errors import DataError, ShapeError

RNG = np.random.default_rng(0)
TABLE = loss.OF_VALUES | loss.OF_CLASSES


# --- formulas, a number at a time ---


def averaged(term):
    """A loss as the mean of a term for each pair of numbers."""

    def reference(pred, real):
        return statistics.fmean(term(float(p), float(r)) for p, r in zip(pred.ravel(), real.ravel(), strict=True))

    return reference


scalar_mse = averaged(lambda p, r: (p - r) ** 2)
scalar_mae = averaged(lambda p, r: abs(p - r))
scalar_yes_or_no = averaged(lambda p, r: -r * math.log(p) - (1 - r) * math.log(1 - p))


def scalar_huber(delta):
    def term(p, r):
        error = abs(p - r)
        return error**2 / 2 if error <= delta else delta * (error - delta / 2)

    return averaged(term)


def scalar_crossentropy(pred, real):
    terms = [-float(r) * math.log(p) for p, r in zip(pred.ravel(), real.ravel(), strict=True)]
    return math.fsum(terms) / (real.size // real.shape[-1])


def scalar_pinball(quantiles):
    def reference(pred, real):
        errors = zip(pred.ravel(), np.repeat(real.ravel(), len(quantiles)), quantiles * real.size, strict=True)
        return statistics.fmean(max(q * (r - p), (q - 1) * (r - p)) for p, r, q in errors)

    return reference


def scalar_gaussian(pred, real):
    pairs = zip(pred.ravel()[::2], pred.ravel()[1::2], real.ravel(), strict=True)
    densities = [statistics.NormalDist(mean, math.exp(s / 2)).pdf(r) for mean, s, r in pairs]
    return -statistics.fmean(map(math.log, densities)) - math.log(2 * math.pi) / 2


def distribution(*shape):
    x = RNG.uniform(0.1, 1, shape)
    return x / x.sum(axis=-1, keepdims=True)


def with_settings(function, **settings):
    return functools.partial(function, **settings)


THREE, TWO = [0.1, 0.5, 0.8], [0.3, 0.9]
REFERENCES = [
    *[(loss.MSE, scalar_mse, RNG.normal(size=s), RNG.normal(size=s)) for s in ((4, 1), (4,), (3, 5, 2), (1, 1))],
    (loss.MSE, scalar_mse, RNG.normal(size=(4, 2)), np.arange(8).reshape(4, 2)),
    *[(loss.MAE, scalar_mae, RNG.normal(size=s), RNG.normal(size=s)) for s in ((4, 1), (3, 5, 2))],
    *[(loss.Huber, scalar_huber(1), 2 * RNG.normal(size=s), RNG.normal(size=s)) for s in ((9, 1), (3, 5, 2))],
    (with_settings(loss.Huber, delta=0.3), scalar_huber(0.3), RNG.normal(size=(9, 1)), RNG.normal(size=(9, 1))),
    *[
        (with_settings(loss.quantile, quantiles=q), scalar_pinball(q), RNG.normal(size=p), RNG.normal(size=r))
        for q, p, r in ((THREE, (5, 3), (5, 1)), (TWO, (2, 4, 6), (2, 4, 3)), ([0.5], (4, 2), (4, 2)))
    ],
    *[
        (loss.gaussian_nll, scalar_gaussian, RNG.normal(size=p), RNG.normal(size=r))
        for p, r in (((5, 2), (5, 1)), ((2, 4, 6), (2, 4, 3)))
    ],
    *[
        (loss.categorical_crossentropy, scalar_crossentropy, distribution(*s), distribution(*s))
        for s in ((4, 3), (1, 2), (4, 5, 3), (3,))
    ],
    (loss.categorical_crossentropy, scalar_crossentropy, distribution(2, 3), np.eye(3)[[2, 0]]),
    (loss.categorical_crossentropy, scalar_crossentropy, distribution(2, 3), np.eye(3, dtype=int)[[2, 0]]),
    *[
        (loss.binary_crossentropy, scalar_yes_or_no, RNG.uniform(0.1, 0.9, s), RNG.uniform(0, 1, s))
        for s in ((4, 1), (2, 3, 4))
    ],
]


def name_of(function):
    return getattr(function, "func", function).__name__


@pytest.mark.parametrize(("function", "reference", "pred", "real"), REFERENCES)
def test_loss_is_its_scalar_formula(function, reference, pred, real):
    value = function(Tensor(pred), real)
    assert value.shape == ()
    assert float(value.value) == pytest.approx(reference(pred, real), rel=1e-12)
    assert ad.gradient_error(lambda p: function(p, real), pred) < 1e-6


def test_table_has_a_row_for_every_loss():
    assert {name_of(row[0]) for row in REFERENCES} == TABLE.keys() <= set(loss.__all__)
    assert all(function.__name__ == name for name, (function, _) in TABLE.items())


@pytest.mark.parametrize(("function", "pred", "real"), [(f, pred, real) for f, _, pred, real in REFERENCES])
def test_float32_predictions_give_a_float32_loss(function, pred, real):
    pred = Tensor(pred.astype(np.float32))
    value = function(pred, real)
    value.backward()
    assert value.dtype == pred.grad.dtype == np.float32


# --- masks ---


OF_EXAMPLES = [(function, pred, real) for function, _, pred, real in REFERENCES if pred.ndim > 1]


@pytest.mark.parametrize(("function", "pred", "real"), OF_EXAMPLES)
def test_a_mask_leaves_out_examples_as_if_they_were_not_there(function, pred, real):
    some = Tensor(np.concatenate([pred, 2 * pred]).clip(0.01, 0.99)), np.concatenate([real, real])
    mask = np.arange(2 * len(pred)) < len(pred)
    alone = Tensor(some[0].value[mask])
    values = [function(*some, mask), function(alone, real)]
    for value in values:
        value.backward()
    assert float(values[0].value) == pytest.approx(float(values[1].value), rel=1e-12)
    np.testing.assert_allclose(some[0].grad[mask], alone.grad, rtol=1e-12)
    assert not some[0].grad[~mask].any()


OF_STEPS = [
    (loss.MSE, (2, 3, 2), (2, 3, 2)),
    (loss.MAE, (2, 3, 2), (2, 3, 2)),
    (loss.quantile, (2, 3, 6), (2, 3, 2)),
    (loss.gaussian_nll, (2, 3, 4), (2, 3, 2)),
    (loss.binary_crossentropy, (2, 3, 2), (2, 3, 2)),
]


@pytest.mark.parametrize(("function", "shape", "targets"), OF_STEPS)
def test_steps_that_do_not_count_have_no_say(function, shape, targets):
    pred, real = RNG.uniform(0.1, 0.9, shape), RNG.uniform(0, 1, targets)
    mask = np.array([[1, 1, 0], [1, 0, 0]])
    counted = mask.astype(bool)
    expected = function(Tensor(pred[counted]), real[counted])
    assert float(function(Tensor(pred), real, mask).value) == pytest.approx(float(expected.value), rel=1e-12)


@pytest.mark.parametrize("real", [RNG.integers(0, 4, (2, 3)), distribution(2, 3, 4)], ids=["classes", "rows"])
@pytest.mark.parametrize("smoothing", [0, 0.2])
def test_steps_of_classes_that_do_not_count_have_no_say(real, smoothing):
    function = with_settings(loss.categorical_crossentropy, from_logits=True, label_smoothing=smoothing)
    logits, mask = Tensor(RNG.normal(size=(2, 3, 4))), np.array([[1, 1, 0], [1, 0, 0]])
    alone = Tensor(logits.value[mask == 1])
    value, expected = function(logits, real, mask), function(alone, real[mask == 1])
    value.backward()
    expected.backward()
    assert float(value.value) == pytest.approx(float(expected.value), rel=1e-12)
    np.testing.assert_allclose(logits.grad[mask == 1], alone.grad, rtol=1e-12)
    assert not logits.grad[mask == 0].any()


@pytest.mark.parametrize("function", [loss.MSE, loss.binary_crossentropy, loss.categorical_crossentropy])
def test_where_nothing_counts_the_loss_and_its_gradient_are_zero(function):
    pred = Tensor(distribution(2, 3))
    value = function(pred, distribution(2, 3), np.zeros(2))
    value.backward()
    assert (float(value.value), pred.grad.any()) == (0, False)


@pytest.mark.parametrize("mask", [np.ones(3), np.ones((2, 4)), np.ones((2, 3, 1))])
def test_a_mask_that_does_not_fit_is_refused(mask):
    with pytest.raises(ShapeError, match="mask") as caught:
        loss.categorical_crossentropy(Tensor(distribution(2, 3, 4)), RNG.integers(0, 4, (2, 3)), mask)
    assert str(mask.shape) in str(caught.value)


# --- classes ---


@pytest.mark.parametrize("shape", [(4,), (2, 5)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("way", ["logits", "softmax", "probabilities"])
def test_integer_one_hot_and_list_targets_agree(shape, dtype, way):
    logits, classes = RNG.normal(size=(*shape, 3)).astype(dtype), RNG.integers(0, 3, shape)
    results = []
    for real in (classes, classes.astype(np.uint8), classes.tolist(), np.eye(3, dtype=dtype)[classes]):
        x = Tensor(logits)
        made = {"logits": x, "softmax": ad.softmax(x), "probabilities": ad.exp(ad.log_softmax(x))}[way]
        value = loss.categorical_crossentropy(made, real, from_logits=way == "logits")
        value.backward()
        assert value.dtype == dtype
        results.append(np.append(x.grad, value.value))
    for result in results[1:]:
        np.testing.assert_allclose(result, results[0], rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-7)


@pytest.mark.parametrize("shape", [(4,), (2, 5)])
def test_the_classes_of_a_binary_loss_may_be_integers(shape):
    two, three = RNG.integers(0, 2, shape), RNG.integers(0, 3, shape)
    for classes, rows in ((two, two[..., None]), (three, np.eye(3)[three])):
        pred = RNG.uniform(0.1, 0.9, rows.shape)
        values = [float(loss.binary_crossentropy(Tensor(pred), real).value) for real in (classes, rows)]
        assert values[0] == values[1]


ROWS = [np.array([1, 0]), np.array([[0.0, 1, 0], [1, 0, 0]]), np.array([[0.2, 0.5, 0.3], [1, 0, 0]])]


@pytest.mark.parametrize("real", ROWS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("from_logits", [True, False])
def test_crossentropy_is_exact_however_sure_the_model_is(real, dtype, from_logits):
    logits = Tensor(np.array([[1e4, 0, -1e4], [1e4, 0, -1e4]], dtype))
    made = logits if from_logits else ad.softmax(logits)
    value = loss.categorical_crossentropy(made, real, from_logits=from_logits)
    value.backward()
    weights = np.eye(3)[real] if real.ndim == 1 else real
    assert float(value.value) == pytest.approx((weights * [0, 1e4, 2e4]).sum() / 2, rel=1e-6)
    np.testing.assert_allclose(logits.grad, ([1, 0, 0] - weights) / 2, atol=1e-6)
    assert logits.grad.dtype == dtype


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("from_logits", [True, False])
def test_binary_crossentropy_is_exact_however_sure_the_model_is(dtype, from_logits):
    logits, real = Tensor(np.array([[1e4], [1e4], [-1e4], [-1e4]], dtype)), np.array([0, 1, 0, 1])
    made = logits if from_logits else ad.sigmoid(logits)
    value = loss.binary_crossentropy(made, real, from_logits=from_logits)
    value.backward()
    assert float(value.value) == 5e3
    np.testing.assert_array_equal(logits.grad, [[0.25], [0], [0], [-0.25]])


def test_binary_crossentropy_of_certain_probabilities_is_pytorchs():
    pred = Tensor(np.array([0.0, 0.0, 1.0, 1.0]))
    value = loss.binary_crossentropy(pred, np.array([0.0, 1.0, 0.0, 1.0]))
    value.backward()
    assert (float(value.value), pred.grad.tolist()) == (50, [0, -0.25e12, 0.25e12, 0])


def test_gradient_after_softmax_is_probabilities_minus_targets():
    x, real = RNG.normal(size=(5, 3)), distribution(5, 3)
    logits = Tensor(x)
    p = ad.softmax(logits)
    loss.categorical_crossentropy(p, real).backward()
    np.testing.assert_allclose(logits.grad, (p.value - real) / 5, rtol=1e-10, atol=1e-15)
    assert ad.gradient_error(lambda x: loss.categorical_crossentropy(ad.softmax(x), real), x) < 1e-6


@pytest.mark.parametrize("real", [np.array([2, 0, 1, 1]), distribution(4, 3)])
@pytest.mark.parametrize("smoothing", [0.1, 1.0])
def test_label_smoothing_mixes_the_targets_with_equal_ones(real, smoothing):
    x = RNG.normal(size=(4, 3))
    rows = np.eye(3)[real] if real.ndim == 1 else real
    mixed = (1 - smoothing) * rows + smoothing / 3
    for made in (ad.softmax(Tensor(x)), ad.exp(ad.log_softmax(Tensor(x)))):
        value = loss.categorical_crossentropy(made, real, label_smoothing=smoothing)
        expected = loss.categorical_crossentropy(ad.softmax(x), mixed)
        assert float(value.value) == pytest.approx(float(expected.value), rel=1e-12)


def test_a_softmax_along_another_axis_is_not_taken_for_one_along_the_classes():
    x, classes = RNG.normal(size=(3, 3)), np.array([2, 0, 1])
    values = [loss.categorical_crossentropy(p, classes) for p in (ad.softmax(x, 0), Tensor(ad.softmax(x, 0).value))]
    assert float(values[0].value) == pytest.approx(float(values[1].value), rel=1e-12)


# --- as one op ---

TWINS = [
    *[
        (op, [RNG.normal(size=shape), RNG.normal(size=shape)], [])
        for op in ("mean_squared_error", "sigmoid_crossentropy")
        for shape in ((1,), (1, 1), (4, 3), (2, 3, 4))
    ],
    *[
        ("softmax_crossentropy", [scale * RNG.normal(size=(*shape, 5))], [RNG.integers(0, 5, shape), *weights])
        for shape in ((1,), (6,), (3, 2))
        for scale in (1, 1e3)
        for weights in ([], [RNG.uniform(size=shape)])
    ],
]


@pytest.mark.parametrize(("op", "arrays", "settings"), TWINS)
def test_a_loss_as_one_op_is_its_composed_twin(op, arrays, settings):
    found = []
    for name in (op, f"{op}_composed"):
        inputs = [Tensor(array.copy()) for array in arrays]
        out = getattr(ad, name)(*inputs, *settings)
        for _ in range(2):  # a second time gives the same again
            out.backward(np.ones(out.shape))
        found.append(np.concatenate([x.ravel() for x in (out.value, *(x.grad for x in inputs))]))
    np.testing.assert_allclose(*found, rtol=1e-12, atol=1e-14)


# --- variances ---


def test_a_variance_below_eps_counts_as_eps_and_keeps_its_gradient():
    pred, real, eps = Tensor(np.array([[0.0, -12.0]])), np.array([[0.1]]), 1e-4
    value = loss.gaussian_nll(pred, real, epsilon=eps)
    value.backward()
    assert float(value.value) == pytest.approx((math.log(eps) + 0.1**2 / eps) / 2, rel=1e-12)
    slope = (1 / eps - 0.1**2 / eps**2) / 2 * math.exp(-12)  # dL/dv at eps, times dv/ds: PyTorch's
    np.testing.assert_allclose(pred.grad, [[-0.1 / eps, slope]], rtol=1e-12)


# --- what does not fit ---

MISFITS = [
    (loss.MSE, (4, 1), np.zeros(4)),
    (loss.MSE, (4,), np.zeros((4, 1))),
    (loss.MSE, (4, 2), np.zeros((4, 1))),
    (loss.MSE, (4, 2), 0.0),
    (loss.MAE, (4, 1), np.zeros(4)),
    (loss.Huber, (4, 1), np.zeros(4)),
    (loss.quantile, (4, 1), np.zeros((4, 1))),
    (loss.quantile, (4, 3), np.zeros((4, 3))),
    (loss.quantile, (4, 3), 0.0),
    (loss.gaussian_nll, (4, 1), np.zeros((4, 1))),
    (loss.gaussian_nll, (4, 2), np.zeros(4)),
    (loss.categorical_crossentropy, (4, 3), np.zeros(4)),
    (loss.categorical_crossentropy, (4, 3), np.zeros((4, 2))),
    (loss.categorical_crossentropy, (4, 3), np.zeros((4, 1), int)),
    (loss.categorical_crossentropy, (4, 3), np.zeros(5, int)),
    (loss.categorical_crossentropy, (4, 5, 3), np.zeros(4, int)),
    (loss.binary_crossentropy, (4, 1), np.zeros(4)),
    (loss.binary_crossentropy, (4, 1), np.zeros((4, 2))),
]


@pytest.mark.parametrize(("function", "shape", "real"), MISFITS)
def test_shapes_that_do_not_match_are_named(function, shape, real):
    with pytest.raises(ShapeError) as caught:
        function(Tensor(np.full(shape, 0.5)), real)
    assert str(shape) in str(caught.value)
    assert function.__name__ in str(caught.value)


@pytest.mark.parametrize("classes", [[-1, 0], [0, 3]])
@pytest.mark.parametrize("made", [Tensor, ad.softmax], ids=["probabilities", "softmax"])
def test_a_class_that_does_not_exist_is_refused(classes, made):
    with pytest.raises(DataError, match=f"numbered from 0 to 2, but got {min(classes)} to {max(classes)}"):
        loss.categorical_crossentropy(made(distribution(2, 3)), np.array(classes))


def test_a_class_that_is_neither_yes_nor_no_is_refused():
    with pytest.raises(DataError, match="numbered from 0 to 1, but got 0 to 2"):
        loss.binary_crossentropy(Tensor(np.full((2, 1), 0.5)), np.array([0, 2]))
