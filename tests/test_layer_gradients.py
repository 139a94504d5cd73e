"""Every layer's gradients, of its parameters and of its inputs, against central differences."""

import copy

import numpy as np
import pytest
from conftest import built, numbers
from test_nn import SHAPES

from zen_cli import nn
from zen_cli.autodiff import Tensor
from zen_cli.nn.layers import every_layer


def of_its_own(layer):
    """A copy of a layer that belongs to no model yet."""
    layer = copy.deepcopy(layer)
    for part in every_layer([layer]):
        part.owned = False
    return layer


def central_differences(function, values, step=1e-6):
    """The slopes of `function` along each of `values`, which it depends on in place."""
    slopes = []
    for i, middle in enumerate(values.copy()):
        values[i] = middle + step
        above = function()
        values[i] = middle - step
        slopes.append((above - function()) / (2 * step))
        values[i] = middle
    return slopes


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(("layer", "example"), [row[:2] for row in SHAPES])
def test_gradients_are_central_differences(layer, example, training):
    model, takes_tokens = built([of_its_own(layer)], example), isinstance(layer, nn.Embedding)
    model.parameters.vector += numbers(model.size) / 4  # biases too
    x = Tensor(np.abs(numbers(3, *example)).round() if takes_tokens else numbers(3, *example))

    def output():
        return model.in_training(x, step=1) if training else model(x)

    weights = np.cos(np.arange(output().size)).reshape(output().shape) + 1.5
    output().backward(weights)
    gradients = [(model.parameters.vector, model.parameters.gradient)]
    if not takes_tokens:
        gradients.append((x.value.reshape(-1), x.grad.reshape(-1)))
    for values, gradient in gradients:
        expected = central_differences(lambda: float((output().value * weights).sum()), values)
        np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6)
