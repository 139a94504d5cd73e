"""RNNs: columns that start late, the linear map, and layers that run as one recurrence."""

import numpy as np
import pytest
from conftest import numbers
from recurrences import LAYOUTS, assert_recurrences_agree, assert_twins, either_return, every_layout, rnn_arrays

from zen_cli import autodiff as ad
from zen_cli import nn
from zen_cli.autodiff import Tensor
from zen_cli.nn import stacking
from zen_cli.nn.recurrent import StackedRNN
from zen_cli.nn.stages import stages


def built(layers, example):
    """A model whose parameters are all random, biases too."""
    model = nn.Model(layers, dtype="float64")
    model.plan(example)
    model.build()
    model.parameters.vector[:] = numbers(model.size) / 2
    return model


@either_return
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("late", [(2,), (1, 3), (2, 3, 4)])
@pytest.mark.parametrize("T", [1, 2, 6])
def test_rnn_starts_columns_late_as_its_composed_twin_does(T, late, activation, return_sequences):
    assert_recurrences_agree(ad.rnn, ad.rnn_composed, rnn_arrays(T, 3, 5, 2), return_sequences, activation, late)


# --- linear ---

LINEAR_SHAPES = [((4,), 3), ((1,), 1), ((5, 4), 3), ((1, 4), 1), ((5, 1), 3), ((6, 5, 4), 3), ((2, 6, 5, 4), 3)]


def linear_arrays(shape, m):
    return [numbers(*shape), numbers(shape[-1], m), numbers(m)]


@pytest.mark.parametrize(("shape", "m"), LINEAR_SHAPES)
def test_linear_equals_its_composed_twin(shape, m):
    assert_twins(ad.linear, ad.linear_composed, linear_arrays(shape, m))


@every_layout
def test_linear_takes_inputs_and_gradients_of_any_layout(layout):
    arrays = [LAYOUTS[layout](x) for x in linear_arrays((6, 5, 4), 3)[:2]]
    assert_twins(ad.linear, ad.linear_composed, [*arrays, numbers(3)], LAYOUTS[layout](numbers(6, 5, 3)))


# --- layers that run as one recurrence ---

STACKS = [
    [{"units": 3, "hidden_dim": 4, "return_sequences": True}, {"hidden_dim": 5}],
    [{"hidden_dim": 4, "return_sequences": True}, {"units": 2, "hidden_dim": 5, "return_sequences": True}],
    [{"units": 1, "hidden_dim": 1, "return_sequences": True}] * 3 + [{"hidden_dim": 2, "return_sequences": True}],
    [{"hidden_dim": 3, "return_sequences": True, "layers": 2}, {"hidden_dim": 2}],
    [{"units": 2, "hidden_dim": 3, "layers": 3, "return_sequences": True, "activation": "relu"}],
]


def outputs_and_gradient(model, run, x):
    model.parameters.zero_gradient()
    y = run(x)
    y.backward(np.cos(np.arange(y.size)).reshape(y.shape))
    return y.value, model.parameters.gradient.copy()


def equations(layers, x):
    """RNN layers, step by step, with ops alone."""
    for layer in layers:
        activation = {"tanh": ad.tanh, "relu": ad.relu}[layer.activation]
        states = [x[:, t] for t in range(x.shape[1])]
        for (cell,) in layer.cells:
            h, before = np.zeros((len(x), cell.hidden_dim)), states
            states = [h := activation(cell.U(x_t) + cell.W(ad.add(h, 0 * x_t[:, :1]))) for x_t in before]
        outputs = [layer.V(h) if layer.V else h for h in states]
        x = ad.stack(outputs, axis=1) if layer.return_sequences else states[-1]
    return x


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("steps", [1, 2, 12])
@pytest.mark.parametrize("fewest", [0, 1000])
def test_layers_together_or_apart_equal_their_equations(monkeypatch, stack, steps, fewest):
    monkeypatch.setattr(stacking, "FEWEST_STEPS", fewest)
    model = built([nn.RNN(**settings) for settings in stack], (steps, 2))
    x = Tensor(numbers(3, steps, 2))
    (stage,) = stages(model.layers)
    found = outputs_and_gradient(model, stage, x)
    expected = outputs_and_gradient(model, lambda x: equations(model.layers, x), x)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12, strict=True)


@pytest.mark.parametrize(("units", "merged"), [(1, False), (40, True)])
def test_a_map_between_recurrences_is_merged_where_that_saves_work(monkeypatch, units, merged):
    monkeypatch.setattr(stacking, "MOST_STATES", 0)
    model = built([nn.RNN(units, hidden_dim=6, return_sequences=True), nn.RNN(hidden_dim=5)], (9, 2))
    calls = []
    monkeypatch.setattr(nn.Linear, "__call__", lambda self, x: calls.append(x) or ad.linear(x, self.w, self.b))
    x = Tensor(numbers(3, 9, 2))
    found = outputs_and_gradient(model, model, x)
    assert bool(calls) != merged
    for a, b in zip(found, outputs_and_gradient(model, lambda x: equations(model.layers, x), x), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_rnn_layers_that_follow_each_other_are_put_together():
    def rnn(**settings):
        return nn.RNN(hidden_dim=2, **{"return_sequences": True, **settings})

    layers = [rnn(), rnn(layers=2), rnn(), nn.Tanh(), rnn(), rnn(return_sequences=False), nn.Linear(1)]
    model = built(layers, (3, 1))
    sizes = [len(stage.links) if isinstance(stage, StackedRNN) else 1 for stage in stages(model.layers)]
    assert sizes == [4, 1, 2, 1]


@pytest.mark.parametrize("settings", [{"bidirectional": True}, {"stateful": True}, {"dropout": 0.5, "layers": 2}])
def test_rnn_layers_that_are_more_than_a_chain_stay_alone(settings):
    layers = [nn.RNN(hidden_dim=2, return_sequences=True), nn.RNN(hidden_dim=2, **settings)]
    assert len(stages(built(layers, (3, 1)).layers)) == 2


@pytest.mark.parametrize(("batch", "steps", "expected"), [(2, 50, True), (2, 9, False), (300, 50, False)])
def test_recurrences_run_together_where_calls_outweigh_products(batch, steps, expected):
    model = built([nn.RNN(hidden_dim=2, return_sequences=True), nn.RNN(hidden_dim=2)], (steps, 1))
    links = [link for layer in model.layers for link in layer.links]
    assert stacking.together(links, batch, steps) == expected


def test_recurrences_of_different_activations_run_apart():
    layers = [nn.RNN(hidden_dim=2, return_sequences=True), nn.RNN(hidden_dim=2, activation="relu")]
    model = built(layers, (12, 1))
    assert not stacking.together([link for layer in model.layers for link in layer.links], 2, 12)
    x = Tensor(numbers(3, 12, 1))
    np.testing.assert_allclose(model(x).value, equations(model.layers, x).value, rtol=1e-10)


@pytest.mark.parametrize("hidden", [(3,), (3, 2), (2, 3, 4)])
@pytest.mark.parametrize("maps", [(), (1,), (0, 1, 2)])
def test_staggered_weights_equal_their_composed_twin(hidden, maps):
    width, layers = 2, []
    for place, H in enumerate(hidden):
        v = [numbers(width, 4), numbers(4)] if place in maps else []
        layers.append([*v, numbers(4 if v else width, H), numbers(H), numbers(H, H), numbers(H) + 1])
        width = H

    def in_lists(op):
        def function(*arrays):
            rest = iter(arrays)
            return op([[next(rest) for _ in layer] for layer in layers])

        return function

    twins = in_lists(ad.staggered_weights), in_lists(ad.staggered_weights_composed)
    assert_twins(*twins, [array for layer in layers for array in layer])
