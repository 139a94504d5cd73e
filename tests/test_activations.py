import inspect
import math

import numpy as np
import pytest
from conftest import numbers

from zen_cli import autodiff as ad
from zen_cli import nn
from zen_cli.autodiff import Tensor
from zen_cli.config.language.registry import settings_of
from zen_cli.nn import activations

TWO_OVER_PI = 2 / math.pi


@np.vectorize
def normal_cdf(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


# a layer, and its formula in NumPy
FORMULAS = [
    (nn.Tanh(), np.tanh),
    (nn.Sigmoid(), lambda x: 1 / (1 + np.exp(-x))),
    (nn.Softmax(), lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)),
    (nn.ReLU(), lambda x: np.maximum(x, 0)),
    (nn.LeakyReLU(), lambda x: np.where(x > 0, x, 0.01 * x)),
    (nn.LeakyReLU(0.3), lambda x: np.where(x > 0, x, 0.3 * x)),
    (nn.ELU(), lambda x: np.where(x > 0, x, np.exp(x) - 1)),
    (nn.ELU(0.5), lambda x: np.where(x > 0, x, 0.5 * (np.exp(x) - 1))),
    (nn.Softplus(), lambda x: np.log(1 + np.exp(x))),
    (nn.SiLU(), lambda x: x / (1 + np.exp(-x))),
    (nn.GELU(), lambda x: x * normal_cdf(x)),
    (nn.GELU("tanh"), lambda x: 0.5 * x * (1 + np.tanh(TWO_OVER_PI**0.5 * (x + 0.044715 * x**3)))),
]
every_formula = pytest.mark.parametrize(("layer", "formula"), FORMULAS, ids=lambda x: type(x).__name__)


def test_table_has_a_row_for_every_activation():
    layers = {c for _, c in inspect.getmembers(activations, inspect.isclass) if c.__module__ == activations.__name__}
    assert layers == {type(layer) for layer, _ in FORMULAS}


@every_formula
def test_activation_is_its_formula(layer, formula):
    x = 3 * numbers(4, 3, 5)
    np.testing.assert_allclose(layer(Tensor(x)).value, formula(x), rtol=1e-12, atol=1e-15)


@every_formula
def test_activation_has_the_right_gradient_and_keeps_float32(layer, formula):
    x = 3 * numbers(4, 3, 5)
    assert ad.gradient_error(layer, x) < 1e-6
    y = layer(Tensor(x.astype(np.float32))).value
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, formula(x), rtol=1e-5, atol=1e-6)


DEFAULTS = [(nn.LeakyReLU, {"slope": 0.01}), (nn.ELU, {"alpha": 1.0}), (nn.GELU, {"approximate": "none"})]


@pytest.mark.parametrize(("layer", "defaults"), DEFAULTS)
def test_defaults_are_pytorchs(layer, defaults):
    assert {name: setting.default for name, setting in settings_of(layer).items()} == defaults


# --- GELU's normal distribution ---


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 2e-7), (np.float64, 1e-15)])
def test_gelu_is_exact_to_the_last_digits(dtype, tolerance):
    x = np.linspace(-40, 40, 20001).astype(dtype)
    out = Tensor(x)
    y = ad.gelu(out)
    y.backward(np.ones_like(x))
    exact = x.astype(float)
    cdf, density = normal_cdf(exact), np.exp(-(exact**2) / 2) / math.sqrt(2 * math.pi)
    np.testing.assert_array_less(np.abs(y.value - exact * cdf), tolerance * np.maximum(1, np.abs(exact)))
    np.testing.assert_allclose(out.grad, cdf + exact * density, rtol=0, atol=2 * tolerance)


@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gelu_of_huge_numbers_is_themselves_or_nothing(approximate, dtype):
    x = Tensor(np.array([1e10, -1e10], dtype))
    y = ad.gelu(x, approximate)
    y.backward(np.ones(2))
    np.testing.assert_array_equal(y.value, np.array([1e10, 0], dtype))
    np.testing.assert_array_equal(x.grad, [1, 0])
