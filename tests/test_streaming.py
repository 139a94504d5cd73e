"""Windows of a series that run together against the same windows one by one."""

import inspect

import numpy as np
import pytest
from conftest import built, numbers

from zen_cli import nn
from zen_cli.errors import ShapeError
from zen_cli.loss.outputs import MeanAndVariance
from zen_cli.nn import activations, streaming, time_steps
from zen_cli.nn.streaming import outputs_along
from zen_cli.training.predictions import extrapolate

STREAMED = {
    "article": lambda: [nn.RNN(4, hidden_dim=3, return_sequences=True), nn.RNN(hidden_dim=5), nn.Linear(1)],
    "relu": lambda: [nn.RNN(hidden_dim=4, activation="relu"), nn.Linear(1)],
    "RNN layers": lambda: [
        nn.RNN(2, hidden_dim=3, layers=3, return_sequences=True),
        nn.RNN(hidden_dim=4),
        nn.Linear(1),
    ],
    "LSTM": lambda: [nn.LSTM(3), nn.Linear(1)],
    "LSTM layers": lambda: [nn.LSTM(3, layers=2, return_sequences=True), nn.LSTM(4), nn.Linear(1)],
    "GRU": lambda: [nn.GRU(3), nn.Linear(1)],
    "GRU layers": lambda: [nn.GRU(3, layers=2, return_sequences=True), nn.GRU(4), nn.Linear(1)],
    "all kinds": lambda: [
        *(nn.LSTM(3, return_sequences=True), nn.RNN(2, hidden_dim=4, return_sequences=True), nn.Linear(5), nn.GRU(3)),
        nn.Linear(1),
    ],
    "layers between": lambda: [
        *(nn.Linear(3), nn.Linear(2), nn.Tanh(), nn.RNN(4, hidden_dim=3, return_sequences=True), nn.LayerNorm()),
        *(nn.Linear(5), nn.Sigmoid(), nn.Linear(3), nn.GRU(4), nn.Linear(1)),
    ],
    "a way around": lambda: [
        *(nn.GRU(3, return_sequences=True), nn.Residual([nn.Linear(4), nn.ReLU(), nn.Linear(3)]), nn.LSTM(3)),
        nn.Linear(1),
    ],
    "BatchNorm": lambda: [nn.BatchNorm(), nn.RNN(hidden_dim=3, return_sequences=True), nn.BatchNorm(), nn.GRU(3)],
    "Dropout": lambda: [
        *(nn.Dropout(0.5), nn.RNN(3, hidden_dim=3, layers=2, dropout=0.5, return_sequences=True), nn.Dropout(0.9)),
        *(nn.RNN(hidden_dim=3), nn.Dropout(0.5), nn.Linear(1)),
    ],
    "deep head": lambda: [
        *(nn.RNN(hidden_dim=4), nn.Linear(5), nn.Linear(4), nn.Tanh(), nn.Residual([nn.Linear(4)]), nn.LayerNorm()),
        *(nn.Linear(3), nn.Softplus(), nn.Linear(1)),
    ],
    "shaped outputs": lambda: [nn.RNN(hidden_dim=3), nn.Linear(6), nn.Reshape([3, 2]), nn.Linear(2)],
    "no head": lambda: [nn.LSTM(1)],
    "stateful": lambda: [nn.GRU(3, stateful=True), nn.Linear(1)],
}
ONE_BY_ONE = {
    "bidirectional": lambda: [nn.GRU(3, bidirectional=True), nn.Linear(1)],
    "bidirectional below": lambda: [nn.LSTM(3, bidirectional=True, return_sequences=True), nn.RNN(hidden_dim=3)],
    "a way around a recurrence": lambda: [
        *(nn.Linear(3), nn.Residual([nn.GRU(3, return_sequences=True)]), nn.RNN(hidden_dim=2)),
        nn.Linear(1),
    ],
    "convolution": lambda: [nn.Conv1D(3, 2), nn.RNN(hidden_dim=3), nn.Linear(1)],
    "all states": lambda: [nn.GRU(3, return_sequences=True), nn.Flatten(), nn.Linear(1)],
    "no recurrence": lambda: [nn.Flatten(), nn.Linear(4), nn.Tanh(), nn.Linear(1)],
}


def series_model(layers, length):
    """In float64, with first values that are not the initializers' and running means that are not zero."""
    model = built(layers, (length, 1))
    rng = np.random.default_rng(0)
    for value in model.parameters.arrays().values():
        value[...] = rng.uniform(0.1, 1.0, value.shape) * rng.choice([-1, 1] if value.ndim == 2 else [1], value.shape)
    return model


def one_by_one(model, values, length):
    windows = np.lib.stride_tricks.sliding_window_view(values, length)
    return [model.predict(window[None, :, None]) for window in windows]


@pytest.mark.parametrize("name", STREAMED)
@pytest.mark.parametrize(("length", "windows"), [(1, 1), (1, 4), (6, 1), (6, 2), (6, 6), (6, 20), (20, 7)])
def test_windows_that_run_together_equal_those_that_run_one_by_one(name, length, windows):
    layers = STREAMED[name]()
    model, values = series_model(layers, length), numbers(length + windows - 1)
    assert streaming._split(model.layers)
    found = list(outputs_along(model, values, length))
    assert len(found) == windows
    for y, expected in zip(found, one_by_one(model, values, length), strict=True):
        np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-12, strict=True)


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_what_carries_more_than_states_runs_one_by_one(name):
    model, values = series_model(ONE_BY_ONE[name](), 5), numbers(9)
    assert streaming._split(model.layers) is None
    np.testing.assert_array_equal(list(outputs_along(model, values, 5)), one_by_one(model, values, 5))


def test_layers_on_the_last_axis_are_all_known():
    layers = [c for _, c in inspect.getmembers(activations, inspect.isclass) if c.__module__ == activations.__name__]
    assert layers
    assert set(layers) <= set(time_steps.ON_LAST_AXIS)


def test_windows_that_do_not_fit_are_refused():
    model = built([nn.RNN(hidden_dim=3), nn.Linear(1)], (5, 1))
    with pytest.raises(ShapeError, match=r"\(B, 5, 1\)|\(B, \*\(5, 1\)\)"):
        outputs_along(model, numbers(9), 4)


def test_a_value_is_read_when_its_window_is_asked_for():
    model, values = series_model([nn.LSTM(3), nn.Linear(1)], 3), numbers(5)
    outputs = outputs_along(model, values, 3)
    next(outputs)
    values[3] = 0.5
    np.testing.assert_allclose(next(outputs), one_by_one(model, values, 3)[1], rtol=1e-9)


def test_outputs_stay_as_they_were():
    outputs = outputs_along(series_model([nn.RNN(hidden_dim=2)], 3), numbers(6), 3)
    first = next(outputs)
    before = first.copy()
    next(outputs)
    np.testing.assert_array_equal(first, before)


# --- extrapolation ---


@pytest.mark.parametrize("layers", [STREAMED["article"], STREAMED["GRU layers"], ONE_BY_ONE["bidirectional"]])
@pytest.mark.parametrize("steps", [1, 4, 30])
def test_each_prediction_is_fed_back(layers, steps):
    model, values = series_model(layers(), 8), numbers(8)
    found = extrapolate(model, values, steps)
    for _ in range(steps):
        values = np.append(values, model.predict(values[None, -8:, None])[0, 0])
    np.testing.assert_allclose(found, values[8:], rtol=1e-9)


def test_predictions_are_read_from_the_outputs():
    model, values = series_model([nn.GRU(3), nn.Linear(2)], 4), numbers(4)
    found = extrapolate(model, values, 2, MeanAndVariance({"eps": 1e-6}))
    first = model.predict(values[None, :, None])[0, 0]
    second = model.predict(np.append(values[1:], first)[None, :, None])[0, 0]
    np.testing.assert_allclose(found, [first, second], rtol=1e-9)


def test_a_model_that_was_never_called_extrapolates():
    assert extrapolate(nn.Model([nn.RNN(hidden_dim=2), nn.Linear(1)]), numbers(4), 3).dtype == np.float32


def test_values_that_are_not_finite_stay_with_their_windows():
    model = series_model([nn.RNN(hidden_dim=2), nn.Linear(1)], 3)
    values = np.array([0.1, np.nan, 0.3, 0.4, 0.5, 0.6])
    found = np.concatenate(list(outputs_along(model, values, 3)))[:, 0]
    np.testing.assert_allclose(found, np.concatenate(one_by_one(model, values, 3))[:, 0], rtol=1e-9)
    assert np.isnan(found).tolist() == [True, True, False, False]


def test_overflow_is_silent():
    model = built([nn.RNN(hidden_dim=2, activation="relu"), nn.Linear(1)], (3, 1), dtype="float32")
    model.parameters.vector[:] = 1e30
    assert np.isinf(extrapolate(model, np.ones(3), 4)).all()
