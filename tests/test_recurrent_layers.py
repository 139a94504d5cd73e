"""RNN, LSTM and GRU layers against their equations, written step by step with ops alone."""

import itertools

import numpy as np
import pytest
from conftest import built, numbers

from zen_cli import autodiff as ad
from zen_cli import nn
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Moment

KINDS = {
    "RNN": lambda **settings: nn.RNN(hidden_dim=3, **settings),
    "RNN relu": lambda **settings: nn.RNN(hidden_dim=3, activation="relu", **settings),
    "RNN with V": lambda **settings: nn.RNN(4, hidden_dim=3, **settings),
    "LSTM": lambda **settings: nn.LSTM(3, **settings),
    "GRU": lambda **settings: nn.GRU(3, **settings),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


# --- the equations ---


def composed(cell, x):
    """All states of a cell, (T, B, H), for x (T, B, n)."""
    h0 = np.zeros((x.shape[1], cell.hidden_dim))
    if isinstance(cell, nn.cells.RNNCell):
        return ad.rnn_composed(x, ad.staggered_weights_composed([cell.weights]), h0, True, cell.activation)
    if isinstance(cell, nn.cells.LSTMCell):
        return ad.lstm_composed(x, cell.U, cell.b, cell.W, h0, h0)
    return ad.gru_composed(x, cell.U, cell.b, cell.W, cell.b_n, h0)


def equation(layer, x):
    """The layer without dropout, on (B, T, n)."""
    y = ad.transpose(x, (1, 0, 2))
    for row in layer.cells:
        forward, *backward = row
        outputs = [composed(forward, y), *(composed(cell, y[::-1])[::-1] for cell in backward)]
        y = ad.concatenate(outputs, axis=-1)
    if layer.return_sequences:
        return ad.transpose(layer.V(y) if layer.V else y, (1, 0, 2))
    H = layer.hidden_dim
    return ad.concatenate([y[-1][:, :H], y[0][:, H:]], axis=-1)


def value_and_gradients(model, function, x):
    inputs = Tensor(x)
    model.parameters.zero_gradient()
    y = function(inputs)
    y.backward(np.cos(np.arange(y.size)).reshape(y.shape))
    return y.value, inputs.grad, model.parameters.gradient.copy()


@every_kind
@pytest.mark.parametrize("steps", [1, 6])
@pytest.mark.parametrize(
    ("layers", "bidirectional", "return_sequences"), [*itertools.product([1, 3], [False, True], [False, True])]
)
def test_layer_equals_its_equation(kind, steps, layers, bidirectional, return_sequences):
    layer = KINDS[kind](layers=layers, bidirectional=bidirectional, return_sequences=return_sequences)
    model = built([layer], (steps, 2))
    model.parameters.vector[:] = np.random.default_rng(0).normal(size=model.size) / 2
    x = numbers(4, steps, 2)
    found = value_and_gradients(model, model, x)
    assert found[0].shape[1:] == model.summary[0].output
    for a, b in zip(found, value_and_gradients(model, lambda x: equation(layer, x), x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12, strict=True)


@every_kind
def test_layer_has_the_right_gradient(kind):
    model = built([KINDS[kind](bidirectional=True, layers=2, return_sequences=True)], (4, 2))
    assert ad.gradient_error(model, numbers(3, 4, 2)) < 1e-6


@every_kind
def test_layer_keeps_float32(kind):
    model = built([KINDS[kind](bidirectional=True, layers=2)], (4, 2), dtype="float32")
    y = model(numbers(3, 4, 2))
    y.backward(np.ones(y.shape))
    assert y.dtype == np.float32
    assert model.parameters.gradient.any()


# --- dropout between layers ---


@every_kind
def test_dropout_is_between_layers_and_only_in_training(kind):
    settings = {"layers": 2, "return_sequences": True}
    with_dropout, without = (built([KINDS[kind](dropout=rate, **settings)], (5, 2)) for rate in (0.5, 0.0))
    x = numbers(4, 5, 2)
    np.testing.assert_allclose(with_dropout(x).value, without(x).value, rtol=1e-12)
    once, again, later = (with_dropout.in_training(x, step).value for step in (1, 1, 2))
    np.testing.assert_array_equal(once, again)
    assert not np.allclose(once, without(x).value)
    assert not np.allclose(once, later)


def test_one_layer_has_no_place_for_dropout():
    model = built([nn.LSTM(3, dropout=0.9)], (5, 2))
    x = numbers(4, 5, 2)
    np.testing.assert_array_equal(model.in_training(x, 1).value, model(x).value)


# --- a carried state ---


@every_kind
@pytest.mark.parametrize("layers", [1, 2])
def test_stateful_batches_are_parts_of_one_sequence(kind, layers):
    model = built([KINDS[kind](stateful=True, layers=layers, return_sequences=True)], (4, 2))
    x = np.random.default_rng(0).normal(size=(3, 12, 2))
    parts = [model.in_training(x[:, start : start + 4], step=start).value for start in (0, 4, 8)]
    whole = equation(model.layers[0], Tensor(x)).value
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, rtol=1e-10, atol=1e-12)


@every_kind
def test_a_carried_state_is_dropped_on_reset_for_other_batch_sizes_and_in_predictions(kind):
    model = built([KINDS[kind](stateful=True)], (4, 2))
    x = numbers(3, 4, 2)
    fresh = model.in_training(x, 1).value
    assert not np.allclose(model.in_training(x, 2).value, fresh)
    np.testing.assert_array_equal(model(x).value, fresh)
    assert not np.allclose(model.in_training(x, 3).value, fresh)
    model.reset_states()
    np.testing.assert_array_equal(model.in_training(x, 4).value, fresh)
    np.testing.assert_allclose(model.in_training(x[:2], 5).value, fresh[:2], rtol=1e-12)


def test_training_starts_every_epoch_from_a_zero_state():
    def trained(epochs):
        model = nn.Model([nn.GRU(3, stateful=True), nn.Linear(1)], dtype="float64")
        inputs, targets = numbers(6, 4, 2), numbers(6, 1)
        records = model.train(inputs, targets, epochs=epochs, batch_size=2, progress=False)
        return records, model.in_training(inputs[:2], 99).value, model(inputs[:2]).value

    records, carried, fresh = trained(2)
    assert not np.allclose(carried, fresh)  # the last batch's state is there until the next epoch
    assert records[0].loss == trained(1)[0][0].loss


def test_stateful_sequences_cannot_be_read_from_their_end():
    with pytest.raises(ShapeError, match="stateful"):
        nn.Model([nn.LSTM(3, stateful=True, bidirectional=True)]).plan((4, 2))


@every_kind
def test_sequences_have_two_axes(kind):
    with pytest.raises(ShapeError, match=r"\(steps, features\)"):
        nn.Model([KINDS[kind]()]).plan((4,))


# --- first values ---


def test_first_values_are_those_of_keras():
    model = built([nn.LSTM(4)], (3, 2))
    U, W, b = (p.value for p in model.parameters)
    np.testing.assert_array_equal(b, [0] * 4 + [1] * 4 + [0] * 8)
    for gate in np.split(W, 4, axis=1):
        np.testing.assert_allclose(gate.T @ gate, np.eye(4), atol=1e-12)
    assert np.abs(U).max() <= np.sqrt(6 / (2 + 4))


def test_an_initializer_is_for_every_matrix_of_weights():
    ones = nn.initializers.Constant(0.5)
    for layer in (nn.RNN(2, hidden_dim=3, return_sequences=True, initializer=ones), nn.LSTM(3, initializer=ones)):
        matrices = [p.value for p in built([layer], (3, 2)).parameters if p.value.ndim == 2]
        assert matrices
        assert all((m == 0.5).all() for m in matrices)


def test_a_moment_is_the_same_for_equal_seed_and_step():
    draws = [Moment(seed, step).rng.random() for seed, step in [(0, 1), (0, 1), (0, 2), (1, 1)]]
    assert draws[0] == draws[1]
    assert len(set(draws)) == 3
