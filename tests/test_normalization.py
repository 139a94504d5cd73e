"""LayerNorm and BatchNorm: fused ops against their twins, and the running statistics."""

import functools
import math

import conftest
import numpy as np
import pytest
from conftest import CLASSES, built, changed, placed

from zen_cli import autodiff as ad
from zen_cli import loss, nn, optim
from zen_cli.autodiff import Tensor
from zen_cli.autodiff.normalization import MANY_ROWS, moments
from zen_cli.errors import NonFiniteError, ShapeError
from zen_cli.training.loop import fit, train_step

numbers = functools.partial(conftest.numbers, low=-2, high=5)  # their mean is not zero

# --- fused against composed ---

# few rows, and so many that they are put side by side: a number that goes by several, a prime, a prime of features
SHAPES = [(1, 4), (7, 1), (7, 4), (3, 5, 4), (2, 3, 2, 6), (MANY_ROWS + 4, 3), (1009, 3), (6, 10, 10, 7), (600, 300)]
LAYOUTS = {
    "contiguous": lambda x: x,
    "Fortran": np.asfortranarray,
    "axes swapped": lambda x: np.ascontiguousarray(x.swapaxes(0, -1)).swapaxes(0, -1),
    "reversed": lambda x: x[::-1].copy()[::-1],
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
}
OPS = {
    "layer": (ad.layer_norm, ad.layer_norm_composed),
    "batch": (ad.batch_norm, ad.batch_norm_composed),
    "batch, moments known": (
        lambda x, w, b, epsilon: ad.batch_norm(x, w, b, epsilon, moments(x.value)),
        ad.batch_norm_composed,
    ),
}

every_op = pytest.mark.parametrize(("fused", "composed"), OPS.values(), ids=OPS)


def value_and_gradients(op, arrays, epsilon, grad, times=1):
    inputs = [Tensor(x) for x in arrays]
    out = op(*inputs, epsilon)
    for _ in range(times):
        out.backward(grad)
    return [out.value, *(x.grad / times for x in inputs)]


def assert_twins(fused, composed, arrays, grad, epsilon=1e-5):
    found, expected = (value_and_gradients(op, arrays, epsilon, grad) for op in (fused, composed))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10, strict=True)


@every_op
@pytest.mark.parametrize("epsilon", [1e-5, 0.5])
@pytest.mark.parametrize("shape", SHAPES)
def test_fused_equals_composed(fused, composed, shape, epsilon):
    arrays = [numbers(*shape), numbers(shape[-1]), -numbers(shape[-1])]
    assert_twins(fused, composed, arrays, np.cos(np.arange(math.prod(shape))).reshape(shape), epsilon)


@every_op
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(5, 4), (3, 5, 4), (30, 20, 4)])
def test_inputs_and_gradients_may_lie_in_memory_as_they_like(fused, composed, layout, shape):
    x, grad = (LAYOUTS[layout](array) for array in (numbers(*shape), np.cos(numbers(*shape))))
    assert_twins(fused, composed, [x, numbers(4), numbers(4)], grad)


@pytest.mark.parametrize("op", [fused for fused, _ in OPS.values()], ids=OPS)
def test_neither_inputs_nor_residuals_change(op):
    arrays = [numbers(600, 4), numbers(4), numbers(4)]
    before, grad = [x.copy() for x in arrays], np.cos(numbers(600, 4))
    once, twice = (value_and_gradients(op, arrays, 1e-5, grad, times) for times in (1, 2))
    for a, b in zip([*once, *arrays], [*twice, *before], strict=True):
        np.testing.assert_array_equal(a, b)


@every_op
@pytest.mark.parametrize("wanted", [0, 1, 2])
def test_each_gradient_is_found_alone(fused, composed, wanted):
    arrays, grad = [numbers(5, 4), numbers(4), numbers(4)], np.cos(numbers(5, 4))
    inputs = [Tensor(x, requires_grad=i == wanted) for i, x in enumerate(arrays)]
    fused(*inputs, 1e-5).backward(grad)
    np.testing.assert_allclose(inputs[wanted].grad, value_and_gradients(composed, arrays, 1e-5, grad)[wanted + 1])


@pytest.mark.parametrize("shape", SHAPES)
def test_moments_are_those_over_all_axes_but_the_last(shape):
    x = numbers(*shape)
    axes = tuple(range(x.ndim - 1))
    np.testing.assert_allclose(moments(x), [x.mean(axes), x.var(axes)], rtol=1e-12, atol=1e-14)


def test_a_feature_that_never_changes_becomes_its_bias():
    x, w, b = np.full((6, 4), 3, np.float32), np.ones(4, np.float32), np.arange(4, dtype=np.float32)
    for op in (ad.layer_norm, ad.batch_norm):
        inputs = [Tensor(array) for array in (x, w, b)]
        out = op(*inputs)
        out.backward(np.ones((6, 4)))
        np.testing.assert_allclose(out.value, np.tile(b, (6, 1)), atol=1e-4)
        assert all(np.isfinite(tensor.grad).all() for tensor in inputs)


# --- the running statistics ---


def norm_of(model):
    return next(layer for layer in model.layers if isinstance(layer, nn.BatchNorm))


def test_running_statistics_move_towards_those_of_each_batch():
    model = built([nn.BatchNorm(momentum=0.3)], (2, 4))
    mean, variance = np.zeros(4), np.ones(4)
    for step in range(1, 5):
        x = numbers(step + 1, 2, 4)
        model.in_training(x, step)
        mean += 0.3 * (x.mean((0, 1)) - mean)
        variance += 0.3 * (x.var((0, 1), ddof=1) - variance)
    layer = norm_of(model)
    np.testing.assert_allclose([layer.mean.value, layer.variance.value], [mean, variance], rtol=1e-12)
    expected = (x - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(model(x).value, expected, rtol=1e-12)


def test_prediction_leaves_the_running_statistics_alone():
    model = built([nn.BatchNorm()], (4,))
    before = {name: array.copy() for name, array in model.parameters.arrays().items()}
    model(numbers(3, 4))
    assert list(before) == [
        "0.BatchNorm.w",
        "0.BatchNorm.b",
        "0.BatchNorm.running_mean",
        "0.BatchNorm.running_variance",
    ]
    for name, array in model.parameters.arrays().items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_running_statistics_keep_dtype_and_place(dtype):
    model = built([nn.BatchNorm(), nn.Linear(1)], (4,), dtype=dtype)
    arrays = list(model.parameters.arrays().values())
    model.train(numbers(6, 4), numbers(6, 1), epochs=1, batch_size=3, progress=False)
    assert all(a is b for a, b in zip(arrays, model.parameters.arrays().values(), strict=True))
    assert {array.dtype for array in arrays} == {np.dtype(dtype), model(numbers(6, 4)).dtype}


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])  # the square of the last is too large for float32
def test_a_batch_that_is_not_finite_leaves_the_running_statistics_as_they_were(bad):
    model = built([nn.BatchNorm(), nn.Linear(1)], (4,), dtype="float32")
    layer, x = norm_of(model), numbers(5, 4)
    train_step(model, x, numbers(5, 1), loss.MSE, optim.SGD(), 1)
    before = layer.mean.value.copy(), layer.variance.value.copy()
    x[2, 1] = bad
    with pytest.raises(NonFiniteError, match=r"variance of a feature in BatchNorm is (nan|inf) at step 2"):
        train_step(model, x, numbers(5, 1), loss.MSE, optim.SGD(), 2)
    np.testing.assert_array_equal([layer.mean.value, layer.variance.value], before)


# --- what cannot be normalised ---


@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.LayerNorm, ()), (nn.LayerNorm, (1,)), (nn.LayerNorm, (5, 1)), (nn.BatchNorm, ())]
)
def test_examples_without_features_to_normalise_are_refused(layer, shape):
    with pytest.raises(ShapeError, match=layer.__name__):
        nn.Model([layer()]).plan(shape)


@pytest.mark.parametrize(("example", "batch"), [((4,), 1), ((1, 4), 1), ((4,), 0)])
def test_batch_norm_does_not_train_on_one_value_of_each_feature(example, batch):
    model = built([nn.BatchNorm()], example)
    with pytest.raises(ShapeError, match="two values of each feature or more"):
        model.in_training(np.ones((batch, *example)), 1)
    assert model.predict(np.ones((batch, *example))).shape == (batch, *example)


def test_one_example_is_enough_where_it_has_several_values_of_each_feature():
    model = built([nn.BatchNorm()], (2, 4))
    assert norm_of(model).fewest_examples == 1
    assert np.isfinite(model.in_training(numbers(1, 2, 4), 1).value).all()


def test_a_training_that_ends_an_epoch_with_one_example_stops_with_the_reason():
    with pytest.raises(ShapeError, match=r"\(1, 4\): take larger batches"):
        list(fit(nn.Model([nn.BatchNorm(), nn.Linear(1)]), numbers(5, 4), numbers(5, 1), 1, batch_size=2))


NORMALISED = changed(CLASSES, "  - Linear: 4", "  - BatchNorm\n  - Linear: 4")  # it trains on 16 examples
LAST_BATCHES = [(5, "write `4`"), (1, "write `2`"), (15, "write `14`")]


@pytest.mark.parametrize(("size", "hint"), LAST_BATCHES)
def test_a_last_batch_of_one_example_is_refused_before_training(problems_of, size, hint):
    (problem,) = problems_of(f"training: {{batch_size: {size}}}\n{NORMALISED}")
    assert (placed(problem), problem.path, problem.hint) == ("1:24", "training.batch_size", hint)
    assert "1 of 16 examples, but BatchNorm trains on 2 or more" in problem.message


def test_one_training_example_is_too_few(problems_of):
    (problem,) = problems_of(NORMALISED, "data.split.train=1")
    assert (problem.path, problem.hint) == ("training.batch_size", "change `data.split.train` to `2`")
