"""First values: their bounds, means and variances, what is orthogonal, and what a config says of them."""

import math

import numpy as np
import pytest
from conftest import built, resolved

from zen_cli import nn
from zen_cli.config.language.registry import COMPONENTS
from zen_cli.config.meaning.components import component
from zen_cli.nn.initializers import (
    Constant,
    He,
    Normal,
    Orthogonal,
    Uniform,
    Xavier,
    Zeros,
    blocks,
    fans,
    side_by_side,
    uniform_fan_in,
    zeros,
)
from zen_cli.streams import Stream, generator


def rng(seed=0):
    return np.random.default_rng(seed)


# a shape, its inputs for each output, its outputs for each input
FANS = [((), 1, 1), ((7,), 7, 7), ((7, 3), 7, 3), ((5, 7, 3), 35, 15), ((5, 4, 7, 3), 140, 60)]


@pytest.mark.parametrize(("shape", "fan_in", "fan_out"), FANS)
def test_fans_count_every_place_of_a_window(shape, fan_in, fan_out):
    assert fans(shape) == (fan_in, fan_out)


SHAPE = (3, 5, 40, 60)  # 600 inputs, 900 outputs, 36,000 numbers
ROWS = [  # an initializer, its standard deviation, and its bound if it has one
    (Zeros(), 0, 0),
    (Uniform(), 1 / math.sqrt(3 * 600), 1 / math.sqrt(600)),
    (Normal(), 0.05, None),
    (Normal(2.0), 2, None),
    (Xavier(), math.sqrt(2 / 1500), math.sqrt(6 / 1500)),
    (Xavier("normal"), math.sqrt(2 / 1500), None),
    (He(), math.sqrt(2 / 600), None),
    (He("uniform"), math.sqrt(2 / 600), math.sqrt(6 / 600)),
    (Orthogonal(), 1 / math.sqrt(600), None),
    (Orthogonal(3.0), 3 / math.sqrt(600), None),
]


@pytest.mark.parametrize(("initializer", "deviation", "bound"), ROWS)
def test_values_have_mean_deviation_and_bound_of_the_definition(initializer, deviation, bound):
    values = initializer(rng(), SHAPE)
    assert (values.shape, values.dtype) == (SHAPE, np.float64)
    assert np.mean(values) == pytest.approx(0, abs=deviation / 30)
    assert np.std(values) == pytest.approx(deviation, rel=0.02)
    if bound is not None:
        assert 0.999 * bound <= np.abs(values).max() <= bound
    elif not isinstance(initializer, Orthogonal):
        assert np.abs(values).max() > 3 * deviation


def test_a_constant_is_one():
    np.testing.assert_array_equal(Constant(2)(rng(), (2, 3)), [[2.0] * 3] * 2)


def test_tables_have_a_row_for_every_initializer():
    assert {type(row[0]).__name__ for row in ROWS} | {"Constant"} == set(COMPONENTS["initializer"])


@pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9), (2, 3, 5), (1, 1), (5,)])
def test_rows_or_columns_are_orthonormal(shape):
    matrix = Orthogonal(2.0)(rng(), shape).reshape(-1, shape[-1])
    few = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(few @ few.T, 4 * np.eye(len(few)), atol=1e-12)


def test_every_orthogonal_matrix_is_as_probable():
    """QR alone would give a diagonal of one sign."""
    signs = [np.sign(Orthogonal()(rng(seed), (2, 2))[0, 0]) for seed in range(200)]
    assert abs(sum(signs)) < 50


# --- the first weights of models that were there before initializers could be chosen ---


def test_a_linear_layer_starts_as_it_always_did():
    model = built([nn.Linear(3)], (4,), seed=5, dtype="float32")
    drawn = generator(5, Stream.INIT, 0).uniform(-0.5, 0.5, (4, 3)).astype(np.float32)
    np.testing.assert_array_equal(model.parameters.vector, [*drawn.ravel(), 0, 0, 0])


# --- several matrices in one ---


def test_blocks_are_drawn_as_if_they_stood_alone():
    wide, r = blocks(Orthogonal(), 4)(rng(), (5, 20)), rng()
    np.testing.assert_array_equal(wide, np.hstack([Orthogonal()(r, (5, 5)) for _ in range(4)]))
    for block in np.split(wide, 4, axis=-1):
        np.testing.assert_allclose(block @ block.T, np.eye(5), atol=1e-12)


def test_a_bias_may_begin_with_ones_for_one_gate():
    bias = side_by_side(zeros, Constant(1), zeros, zeros)(rng(), (8,))
    assert bias.tolist() == [0, 0, 1, 1, 0, 0, 0, 0]


def test_blocks_of_uniform_have_the_bound_of_one():
    values = blocks(uniform_fan_in, 3)(rng(), (400, 30))
    assert 0.99 / 20 < np.abs(values).max() <= 1 / 20


# --- in a config ---


def linear(text):
    layers = resolved(f"data: {{source: Digits}}\nmodel: [Linear: {text}]\nloss: MSE\noptimizer: Adam\n")["model"]
    return component("layer", layers[0])


def test_a_config_chooses_the_initializer_of_a_layer():
    assert linear("{units: 3, initializer: {He: uniform}}").initializer == He("uniform")
    assert linear("{units: 3, initializer: Orthogonal}").initializer == Orthogonal()
    assert linear("{units: 3, initializer: null}").initializer == linear("3").initializer == Uniform()


def test_the_chosen_initializer_draws_the_weights_and_not_the_bias():
    model = built([nn.Linear(2, initializer=Constant(3))], (2,))
    assert model.parameters.vector.tolist() == [3, 3, 3, 3, 0, 0]
