import numpy as np
import pytest

from zen_cli import autodiff as ad
from zen_cli import nn
from zen_cli.autodiff import Tensor
from zen_cli.nn import stacking
from zen_cli.nn.recurrent import StackedRNN
from zen_cli.nn.stages import stages


def numbers(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape)


def built(layers, example):
    """A model whose parameters are all random, biases too."""
    model = nn.Model(layers, dtype="float64")
    model.plan(example)
    model.build()
    model.parameters.vector[:] = numbers(model.size) / 2
    return model


def interleaved(x):
    return np.repeat(x, 2, axis=-1)[..., ::2]


def batch_first(x):
    return np.ascontiguousarray(x.swapaxes(0, -2)).swapaxes(0, -2)


# the same numbers, laid out differently in memory
LAYOUTS = {
    "contiguous": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "interleaved": interleaved,
    "batch first": batch_first,
    "reversed": lambda x: x[::-1].copy()[::-1],
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
}
STEPS_BATCH_HIDDEN = [
    (1, 1, 1),
    (1, 1, 4),
    (1, 3, 1),
    (1, 3, 4),
    (5, 1, 1),
    (5, 1, 4),
    (5, 3, 1),
    (5, 3, 4),
    (9, 33, 17),
]
LINEAR_SHAPES = [((4,), 3), ((1,), 1), ((5, 4), 3), ((1, 4), 1), ((5, 1), 3), ((6, 5, 4), 3), ((2, 6, 5, 4), 3)]

every_layout = pytest.mark.parametrize("layout", LAYOUTS)


def value_and_gradients(op, arrays, grad=None):
    inputs = [Tensor(x) for x in arrays]
    out = op(*inputs)
    out.backward(np.cos(np.arange(out.size)).reshape(out.shape) if grad is None else grad)
    return [out.value, *(x.grad for x in inputs)]


def assert_twins(fused, composed, arrays, grad=None):
    found, expected = (value_and_gradients(op, arrays, grad) for op in (fused, composed))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12, strict=True)


def assert_rnns_agree(arrays, *settings, grad=None):
    fused, composed = (lambda *inputs, op=op: op(*inputs, *settings) for op in (ad.rnn, ad.rnn_composed))
    assert_twins(fused, composed, arrays, grad)


def rnn_arrays(T, B, H, n=2):
    return [numbers(T, B, n), numbers(H + n + 1, H) / 2, numbers(B, H)]


@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("shape", STEPS_BATCH_HIDDEN)
def test_rnn_equals_its_composed_twin(shape, n, activation, return_sequences):
    assert_rnns_agree(rnn_arrays(*shape, n), return_sequences, activation)


@pytest.mark.parametrize("return_sequences", [True, False])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("late", [(2,), (1, 3), (2, 3, 4)])
@pytest.mark.parametrize("T", [1, 2, 6])
def test_rnn_starts_columns_late_as_its_composed_twin_does(T, late, activation, return_sequences):
    assert_rnns_agree(rnn_arrays(T, 3, 5), return_sequences, activation, late)


@every_layout
@pytest.mark.parametrize("return_sequences", [True, False])
def test_rnn_takes_inputs_of_any_layout(layout, return_sequences):
    assert_rnns_agree([LAYOUTS[layout](x) for x in rnn_arrays(4, 3, 5)], return_sequences)


@every_layout
@pytest.mark.parametrize("T", [1, 4])
@pytest.mark.parametrize("return_sequences", [True, False])
def test_rnn_takes_a_gradient_of_any_layout(layout, T, return_sequences):
    grad = LAYOUTS[layout](numbers(T, 3, 5) if return_sequences else numbers(3, 5))
    assert_rnns_agree(rnn_arrays(T, 3, 5), return_sequences, grad=grad)


@pytest.mark.parametrize("return_sequences", [True, False])
def test_rnn_between_transposes_has_the_right_gradient(return_sequences):
    def function(x, w, h0):
        return ad.transpose(ad.rnn(ad.transpose(x), w, ad.transpose(h0), return_sequences))

    assert ad.gradient_error(function, numbers(3, 2, 4), numbers(7, 3), numbers(3, 2)) < 1e-6


@pytest.mark.parametrize("reduction", [ad.reduce_sum, ad.reduce_mean])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_last_state_may_be_reduced(reduction, axis):
    assert ad.gradient_error(lambda *x: reduction(ad.rnn(*x, False), axis), *rnn_arrays(4, 3, 5)) < 1e-6


@pytest.mark.parametrize("h0", [numbers(4), numbers(1, 4)])
def test_rnn_broadcasts_the_first_state(h0):
    assert_rnns_agree([numbers(5, 3, 4), numbers(9, 4), h0], True)


@pytest.mark.parametrize("wanted", [0, 1, 2])
def test_rnn_finds_each_gradient_alone(wanted):
    arrays = rnn_arrays(4, 3, 5)
    inputs = [Tensor(x, requires_grad=i == wanted) for i, x in enumerate(arrays)]
    out = ad.rnn(*inputs)
    out.backward(np.cos(np.arange(out.size)).reshape(out.shape))
    np.testing.assert_allclose(inputs[wanted].grad, value_and_gradients(ad.rnn, arrays)[wanted + 1])
    assert [x.grad is None for x in inputs] == [i != wanted for i in range(3)]


@pytest.mark.parametrize("return_sequences", [True, False])
def test_rnn_changes_neither_inputs_nor_residuals(return_sequences):
    arrays = rnn_arrays(4, 3, 5)
    before = [x.copy() for x in arrays]
    inputs = [Tensor(x) for x in arrays]
    out = ad.rnn(*inputs, return_sequences)
    value, grad = out.value.copy(), np.ones(out.shape)
    out.backward(grad)
    once = [x.grad.copy() for x in inputs]
    out.backward(grad)
    for x, g in zip(inputs, once, strict=True):
        np.testing.assert_array_equal(x.grad, 2 * g)
    for now, then in zip([*arrays, out.value, grad], [*before, value, np.ones(out.shape)], strict=True):
        np.testing.assert_array_equal(now, then)


def test_rnn_runs_over_100_000_steps():
    x, m, h0 = numbers(100_000, 1, 1), numbers(4, 2) / 4, numbers(1, 2)
    tensors = [Tensor(a) for a in (x, m, h0)]
    out = ad.rnn(*tensors)
    h = h0
    for x_t in x:
        h = np.tanh(np.concatenate([h, x_t, [[1]]], axis=1) @ m)
    np.testing.assert_allclose(out.value[-1], h, rtol=1e-9)
    out.backward(np.ones(out.shape))
    # the last thousand steps know nothing of the others: the map is a contraction
    late = [Tensor(a) for a in (x[-1000:], m, out.value[-1001])]
    ad.rnn(*late).backward(np.ones((1000, 1, 2)))
    np.testing.assert_allclose(tensors[0].grad[-1000:], late[0].grad, rtol=1e-9)
    assert all(np.isfinite(tensor.grad).all() for tensor in tensors)


# --- linear ---


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
