"""Conv1D, Conv2D, the pools, Flatten and Reshape: shapes, formulas, what is refused, and layers put together."""

from functools import reduce

import numpy as np
import pytest
from conftest import CLASSES, built, changed, numbers, placed, resolved
from op_rows.convolution import numpy_conv1d, numpy_conv2d
from op_rows.pooling import numpy_average_pool, numpy_max_pool

from zen_cli import nn
from zen_cli.errors import ShapeError
from zen_cli.nn.convolution import PooledConvolution, pooled_stages
from zen_cli.nn.layers import Moment


def with_random_parameters(layers, example):
    model = built(layers, example)
    model.parameters.vector[:] = np.random.default_rng(7).normal(size=model.parameters.vector.size)
    return model


# --- formulas ---

FORMULAS = [
    (nn.Conv1D(4, 3), (9, 2), lambda x, w, b: numpy_conv1d(x, w, b)),
    (nn.Conv1D(4, 2, stride=3, padding=2, dilation=2), (9, 2), lambda x, w, b: numpy_conv1d(x, w, b, 3, (2, 2), 2)),
    (nn.Conv1D(4, 4, padding="same"), (9, 2), lambda x, w, b: numpy_conv1d(x, w, b, 1, (1, 2))),
    (nn.Conv2D(4, 3), (5, 6, 2), numpy_conv2d),
    (
        nn.Conv2D(4, (2, 3), stride=[1, 2], padding=(0, 2), dilation=(3, 1)),
        (5, 6, 2),
        lambda x, w, b: numpy_conv2d(x, w, b, (1, 2), ((0, 0), (2, 2)), (3, 1)),
    ),
    (
        nn.Conv2D(4, 3, stride=2, padding="same"),
        (5, 6, 2),
        lambda x, w, b: numpy_conv2d(x, w, b, (2, 2), ((1, 1), (0, 1))),
    ),
    (nn.MaxPool(), (5, 6, 2), lambda x: numpy_max_pool(x, (2, 2))),
    (nn.MaxPool(3, stride=2), (7, 2), lambda x: numpy_max_pool(x, (3,), (2,))),
    (nn.AveragePool((1, 3), stride=(2, 1)), (5, 6, 2), lambda x: numpy_average_pool(x, (1, 3), (2, 1))),
    (nn.AveragePool([2, 3]), (5, 6, 2), lambda x: numpy_average_pool(x, (2, 3))),
    (nn.GlobalPool(), (5, 6, 2), lambda x: x.mean(axis=(1, 2))),
    (nn.GlobalPool("max"), (5, 2), lambda x: x.max(axis=1)),
    (nn.Flatten(), (5, 6, 2), lambda x: x.reshape(3, 60)),
    (nn.Reshape([2, 3, 1]), (6,), lambda x: x.reshape(3, 2, 3, 1)),
]


@pytest.mark.parametrize(("layer", "example", "formula"), FORMULAS)
def test_layer_is_its_formula(layer, example, formula):
    x, model = numbers(3, *example), with_random_parameters([layer], example)
    expected = formula(x, *(p.value for p in model.parameters))
    np.testing.assert_allclose(model(x).value, expected, rtol=1e-10, atol=1e-12)
    assert model.summary[0].output == expected.shape[1:]


@pytest.mark.parametrize("n", range(1, 8))
@pytest.mark.parametrize("kernel", range(1, 6))
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_keeps_the_size_over_the_stride(n, kernel, stride, dilation):
    layer = nn.Conv1D(1, kernel, stride=stride, padding="same", dilation=dilation)
    assert built([layer], (n, 1)).summary[0].output == (-(-n // stride), 1)
    ((before, after),) = layer.around
    assert after - before in (0, 1)


def test_first_weights_are_uniform_in_fan_in_unless_chosen():
    w, b = (p.value for p in built([nn.Conv2D(50, (2, 5))], (4, 5, 10)).parameters)
    assert w.shape == (2, 5, 10, 50)
    assert 0.0999 < np.abs(w).max() <= 0.1
    assert not b.any()
    ones = built([nn.Conv1D(2, 2, initializer=lambda _, shape: np.ones(shape))], (4, 1)).parameters
    assert next(iter(ones)).value.min() == 1


# --- put together ---

STACKS = [
    ([nn.Conv2D(3, 3), nn.ReLU(), nn.MaxPool()], (7, 8, 2), "PooledConvolution"),
    ([nn.Conv2D(3, 2, stride=2, padding=1), nn.MaxPool((1, 2))], (7, 8, 2), "PooledConvolution"),
    ([nn.Conv1D(3, 3, padding="same"), nn.ELU(), nn.Tanh(), nn.MaxPool(3)], (9, 2), "PooledConvolution"),
    ([nn.Conv2D(20, 3), nn.Sigmoid(), nn.MaxPool(), nn.ReLU()], (7, 8, 17), "PooledConvolution ReLU"),
    ([nn.Conv2D(3, 3), nn.GELU(), nn.MaxPool()], (7, 8, 2), "Conv2D GELU MaxPool"),
    ([nn.Conv2D(3, 3), nn.ReLU(), nn.MaxPool(3, stride=2)], (7, 8, 2), "Conv2D ReLU MaxPool"),
    ([nn.Conv2D(3, 3), nn.BatchNorm(), nn.ReLU(), nn.MaxPool()], (7, 8, 2), "Conv2D BatchNorm ReLU MaxPool"),
    ([nn.Conv2D(3, 3), nn.ReLU(), nn.AveragePool()], (7, 8, 2), "Conv2D ReLU AveragePool"),
    ([nn.Linear(2), nn.ReLU(), nn.MaxPool()], (7, 8, 2), "Linear ReLU MaxPool"),
    ([nn.MaxPool(), nn.Linear(2)], (7, 8, 2), "MaxPool Linear"),
    (
        [nn.Conv2D(2, 3), nn.Conv2D(2, 3), nn.ReLU(), nn.MaxPool(), nn.Conv2D(2, 1), nn.MaxPool(), nn.Flatten()],
        (10, 10, 1),
        "Conv2D PooledConvolution PooledConvolution Flatten",
    ),
]


@pytest.mark.parametrize(("layers", "example", "names"), STACKS)
def test_a_convolution_and_its_pool_are_put_together_and_change_nothing(layers, example, names):
    x, model = numbers(3, *example), with_random_parameters(layers, example)
    stages = pooled_stages(model.layers)
    assert " ".join(type(stage).__name__ for stage in stages) == names
    found = []
    for parts in (model.layers, stages):
        y = reduce(lambda y, stage: stage.in_training(y, Moment(0, 1)), parts, model._input(x))
        model.parameters.zero_gradient()
        y.backward(numbers(*y.shape))
        found.append((y.value, model.parameters.gradient.copy()))
    for one_by_one, together in zip(*found, strict=True):
        np.testing.assert_allclose(together, one_by_one, rtol=1e-9, atol=1e-9)


def test_what_is_put_together_holds_the_layers_themselves():
    layers = [nn.Conv2D(3, 3), nn.ReLU(), nn.Tanh(), nn.MaxPool()]
    built(layers, (6, 6, 1))
    (stage,) = pooled_stages(layers)
    assert isinstance(stage, PooledConvolution)
    assert [stage.convolution, *stage.activations, stage.pool] == layers


# --- what is refused ---

MISTAKES = [
    (nn.Conv2D(4, 3), (64,), r"Conv2D expects images of shape \(height, width, channels\).*\(64,\): put Reshape"),
    (nn.Conv1D(4, 3), (8, 8, 1), r"Conv1D expects sequences of shape \(steps, channels\).*\(8, 8, 1\)"),
    (nn.Conv2D(4, 5), (4, 9, 1), r"Conv2D has a kernel that spans 5 x 5, but .* only 4 x 9: take a smaller kernel"),
    (nn.Conv1D(4, 3, dilation=4, padding=1), (6, 2), r"a kernel that spans 9, but .* only 8"),
    (nn.MaxPool(), (64,), r"MaxPool expects sequences \(steps, channels\) or images.*\(64,\): put Reshape"),
    (nn.AveragePool(3), (2, 5, 1), r"AveragePool takes windows of 3 x 3, but .*\(2, 5, 1\): take a smaller size"),
    (nn.MaxPool((2, 2)), (6, 1), r"MaxPool has settings for two axes, but .*\(6, 1\): give one number"),
    (nn.MaxPool(2, stride=(1, 1)), (6, 1), "settings for two axes"),
    (nn.GlobalPool(), (3, 3, 3, 3), r"GlobalPool expects sequences"),
    (
        nn.Reshape([8, 8, 2]),
        (64,),
        r"Reshape to \(8, 8, 2\) takes 128 numbers, but each example has 64, of shape \(64,\)",
    ),
]


@pytest.mark.parametrize(("layer", "example", "message"), MISTAKES)
def test_inputs_that_do_not_fit_are_refused(layer, example, message):
    with pytest.raises(ShapeError, match=message):
        nn.Model([layer]).plan(example)


IMAGES = changed(
    CLASSES, "- Linear: 4\n", "- Reshape: [5, 1, 1]\n  - Conv2D: {filters: 2, kernel_size: 1}\n  - Flatten\n"
)
IMAGES = changed(IMAGES, "- Softmax", "- Linear: 4\n  - Softmax")
CONV = "model.1.Conv2D"
A_PAIR = "or a list of 2, each a whole number"
CONFIG_MISTAKES = [
    ("[5, 1, 1]", "[5, 0, 1]", "5:18", "model.0.Reshape.shape.1", "expected a whole number >= 1, got 0"),
    ("[5, 1, 1]", "5", "5:14", "model.0.Reshape.shape", "expected a list, each a whole number >= 1, got 5"),
    ("[5, 1, 1]", "[5, 2, 1]", "5:14", "model.0.Reshape.shape", "takes 10 numbers, but each example has 5"),
    ("size: 1", "size: [1, 0]", "6:39", f"{CONV}.kernel_size", f"a whole number >= 1 {A_PAIR} >= 1, got [1, 0]"),
    ("size: 1", "size: [1]", "6:39", f"{CONV}.kernel_size", "got [1]"),
    ("size: 1", "size: [1, 1, 1]", "6:39", f"{CONV}.kernel_size", "got [1, 1, 1]"),
    (
        "size: 1",
        "size: 1, padding: full",
        "6:51",
        f"{CONV}.padding",
        f"expected valid or same or a whole number >= 0 {A_PAIR}",
    ),
    ("size: 1", "size: 1, padding: [0, 1.5]", "6:51", f"{CONV}.padding", "got [0, 1.5]"),
    ("size: 1", "size: 7", "6:5", "model.1", "Conv2D has a kernel that spans 7 x 7"),
]


@pytest.mark.parametrize(("old", "new", "place", "path", "message"), CONFIG_MISTAKES)
def test_a_mistake_in_a_config_has_its_place(problems_of, old, new, place, path, message):
    (problem,) = problems_of(changed(IMAGES, old, new))
    assert (placed(problem), problem.path) == (place, path)
    assert message in problem.message


@pytest.mark.parametrize("size", ["3", "[3, 1]", "[3,1]"])
def test_a_number_for_each_axis_is_a_list_in_a_config(size):
    text = changed(IMAGES, "size: 1", f"size: {size}, padding: [0, 2]")
    settings = resolved(text)["model"][1]["Conv2D"]
    assert settings["kernel_size"] == (3 if size == "3" else [3, 1])
    assert settings["padding"] == [0, 2]
    assert settings["stride"] == 1
