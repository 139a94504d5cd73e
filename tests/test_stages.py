"""Layers that are quicker together are put together only where that changes nothing."""

import numpy as np
import pytest
from conftest import built, numbers

from zen_cli import autodiff as ad
from zen_cli import nn
from zen_cli.training.predictions import extrapolate


class Falling(nn.Tanh):
    """A layer of a user's own, made from one of ours."""

    def __call__(self, x):
        return ad.tanh(-x)


class Halved(nn.RNN):
    def __call__(self, x):
        return super().__call__(x) * 0.5


class OwnCell(nn.cells.GRUCell):
    def __call__(self, x, state, sequences):
        h, state = super().__call__(x, state, sequences)
        return h * 0.5, state


class OwnGRU(nn.GRU):
    def cell(self):
        return OwnCell(self.hidden_dim, None)


def one_by_one(model, x):
    y = ad.Tensor(x)
    for layer in model.layers:
        y = layer(y)
    return y.value


OWN = [
    ([nn.Conv2D(3, 3), Falling(), nn.MaxPool(2)], (8, 8, 1)),
    ([nn.Conv2D(3, 3), nn.LeakyReLU(-0.5), nn.MaxPool(2)], (8, 8, 1)),
    ([Halved(hidden_dim=3, return_sequences=True), nn.RNN(hidden_dim=2)], (12, 1)),
    ([nn.RNN(hidden_dim=3, return_sequences=True), Halved(hidden_dim=2)], (12, 1)),
]


@pytest.mark.parametrize(("layers", "example"), OWN)
def test_a_subclass_is_called_as_it_is(layers, example):
    model, x = built(layers, example), numbers(2, *example)
    np.testing.assert_allclose(model(x).value, one_by_one(model, x), rtol=1e-12)


def test_a_cell_of_its_own_is_extrapolated_window_by_window():
    model = built([OwnGRU(3), nn.Linear(1)], (4, 1))
    window = numbers(4)
    expected = list(window)
    for _ in range(3):
        expected.append(model.predict(np.array(expected)[None, -4:, None])[0, 0])
    np.testing.assert_allclose(extrapolate(model, window, 3), expected[4:], rtol=1e-12)
