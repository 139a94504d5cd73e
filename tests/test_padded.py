"""Sequences of different lengths: each as if it were alone, in predictions and gradients."""

import copy
import itertools

import numpy as np
import pytest
from conftest import built, numbers
from test_layer_gradients import central_differences
from test_nn import SHAPES

from zen_cli import loss, nn
from zen_cli.errors import ShapeError
from zen_cli.loss import compared
from zen_cli.nn.layers import every_layer
from zen_cli.padded import Padded, joined, pad

LENGTHS = [4, 1, 6, 3, 6]


def sequences(*features, lengths=LENGTHS):
    """Of numbers; where there are no features, of tokens below 5."""
    drawn = [numbers(length, *(features or [1])) for length in lengths]
    return drawn if features else [np.abs(2 * sequence[:, 0]).round() for sequence in drawn]


def model_of(layers, example, **settings):
    """Planned for sequences of different lengths, with no parameter at zero."""
    model = nn.Model(layers, dtype="float64", **settings)
    model.plan(example, lengths_vary=True)
    model.build()
    model.parameters.vector[:] = np.random.default_rng(1).normal(size=model.size) / 2
    return model


# --- the arrays ---


def test_sequences_are_padded_with_zeros():
    padded = pad([np.array([1.0, 2]), np.array([3.0])])
    assert (padded.values.tolist(), padded.lengths.tolist()) == ([[1, 2], [3, 0]], [2, 1])
    assert (len(padded), padded.shape, padded.dtype) == (2, (2, 2), np.float64)
    assert padded.mask.tolist() == [[True, True], [True, False]]
    assert padded.steps(10 * padded.values).tolist() == [10, 20, 30]


@pytest.mark.parametrize(
    ("batch", "lengths", "steps"),
    [(slice(0, 2), [4, 1], 4), (np.array([3, 1]), [3, 1], 3), (slice(1, 2), [1], 1), (slice(0, 0), [], 1)],
)
def test_a_batch_is_as_long_as_its_longest(batch, lengths, steps):
    padded = pad(sequences(2))
    some = padded[batch]
    assert (some.lengths.tolist(), some.shape) == (lengths, (len(lengths), steps, 2))
    np.testing.assert_array_equal(some.values, padded.values[batch][:, :steps])


@pytest.mark.parametrize("lengths", [[0, 2], [3, 4], [1], [[1, 2]]])
def test_lengths_that_cannot_be_are_refused(lengths):
    with pytest.raises(ValueError, match=r"lengths of shape|1 to 3 long"):
        Padded(np.zeros((2, 3)), np.array(lengths))


def test_batches_are_joined_with_zeros_behind_the_ends():
    parts = [np.ones((2, 2, 1)), np.ones((1, 3, 1))]
    found = joined(parts, np.array([1, 2, 2]), longest=4)
    assert found[..., 0].tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]


# --- layers ---

RECURRENT = [
    (kind, {"layers": layers, "bidirectional": both, "return_sequences": steps})
    for kind, layers, both, steps in itertools.product(
        [
            lambda **settings: nn.RNN(hidden_dim=3, **settings),
            lambda **settings: nn.RNN(4, hidden_dim=3, **settings),
            lambda **settings: nn.RNN(hidden_dim=3, activation="relu", **settings),
            lambda **settings: nn.LSTM(3, **settings),
            lambda **settings: nn.GRU(3, **settings),
        ],
        [1, 2],
        [False, True],
        [False, True],
    )
]
OTHERS = [
    *[(nn.GlobalPool, {"kind": kind}) for kind in ("average", "max")],
    *[
        (nn.Conv1D, {"filters": 3, "kernel_size": size, "padding": "same", "dilation": dilation})
        for size in (1, 3, 4)
        for dilation in (1, 2)
    ],
    *[(nn.Conv1D, {"filters": 3, "kernel_size": size, "padding": around}) for size, around in ((3, 1), (1, "valid"))],
    (nn.Linear, {"units": 3}),
    (nn.LayerNorm, {}),
    (nn.Softmax, {}),
    (nn.GELU, {}),
    (lambda: nn.Residual([nn.Conv1D(2, 3, padding="same"), nn.RNN(hidden_dim=2, return_sequences=True)]), {}),
    (lambda: nn.Residual([nn.Residual([nn.Linear(2), nn.LSTM(1, bidirectional=True, return_sequences=True)])]), {}),
]
every_layer_that_trains_as_it_predicts = pytest.mark.parametrize(("make", "settings"), RECURRENT + OTHERS)


def around(layer):
    """A model in which numbers that are no zeros stand behind the ends before the layer, and others after it."""
    return model_of([nn.Linear(2), layer, nn.Tanh(), nn.Linear(2)], (6, 2))


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def assert_each_as_alone(model, alone):
    padded = pad(alone)
    y = model(padded).value
    for found, length, sequence in zip(y, padded.lengths, alone, strict=True):
        expected = model(Padded(sequence[None], np.array([length]))).value[0]
        assert_close(found[:length] if model.gives_steps else found, expected)


@every_layer_that_trains_as_it_predicts
def test_a_sequence_gives_what_it_gives_alone(make, settings):
    assert_each_as_alone(around(make(**settings)), sequences(2))


@every_layer_that_trains_as_it_predicts
def test_alone_is_as_an_array(make, settings):
    """For a length that it was not planned for, too."""
    model = around(make(**settings))
    for steps in (1, 3, 6, 9):
        twin = built([nn.Linear(2), make(**settings), nn.Tanh(), nn.Linear(2)], (steps, 2))
        twin.parameters.vector[:] = model.parameters.vector
        x = numbers(4, steps, 2)
        assert_close(model(Padded(x, np.full(4, steps))).value, twin(x).value)


@every_layer_that_trains_as_it_predicts
def test_the_gradient_is_the_mean_of_those_of_each_alone(make, settings):
    """Weighted with its steps, where there is a target for each."""
    model, inputs = around(make(**settings)), sequences(2)
    targets = [np.cos(np.arange(2 * n)).reshape(n, 2) for n in LENGTHS] if model.gives_steps else numbers(5, 2)
    weights = LENGTHS if model.gives_steps else [1] * 5
    value, gradient = differentiated(model, pad(inputs), pad(targets) if model.gives_steps else targets)
    each = [differentiated(model, pad([x]), y[None]) for x, y in zip(inputs, targets, strict=True)]
    assert_close(value, np.average([value for value, _ in each], weights=weights))
    np.testing.assert_allclose(
        gradient, np.average([g for _, g in each], axis=0, weights=weights), rtol=1e-10, atol=1e-13
    )


def differentiated(model, inputs, targets):
    found = compared(loss.MSE, model.in_training(inputs, 1), targets)
    model.parameters.zero_gradient()
    found.backward()
    return float(found.value), model.parameters.gradient.copy()


TRAINED = [
    *RECURRENT,
    *OTHERS,
    *[(kind, settings | {"dropout": 0.5}) for kind, settings in RECURRENT],
    (nn.BatchNorm, {}),
    (nn.Dropout, {"rate": 0.5}),
    (lambda: nn.Residual([nn.Dropout(0.5), nn.BatchNorm()]), {}),
]


@pytest.mark.parametrize(("make", "settings"), TRAINED)
def test_sequences_of_one_length_train_as_an_array(make, settings):
    x, y = numbers(5, 6, 2), numbers(5, 2)
    found = []
    for inputs in (Padded(x, np.full(5, 6)), x):
        model = around(make(**settings))
        targets = np.repeat(y[:, None], 6, axis=1) if model.gives_steps else y
        found.append(differentiated(model, inputs, targets)[1])
    np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-12)


TWO_OF_EACH = [
    [nn.Linear(2), nn.BatchNorm(), nn.GRU(2, layers=2, bidirectional=True)],
    [nn.Conv1D(2, 3, padding="same"), nn.Tanh(), nn.GlobalPool()],
]


@pytest.mark.parametrize("layers", TWO_OF_EACH)
def test_gradients_are_central_differences(layers):
    model, padded = model_of(layers, (6, 2)), pad(sequences(2))
    targets = numbers(5, *model.summary[-1].output)

    def value():
        return float(loss.MSE(model.in_training(padded, 1), targets).value)

    loss.MSE(model.in_training(padded, 1), targets).backward()
    expected = central_differences(value, model.parameters.vector)
    np.testing.assert_allclose(model.parameters.gradient, expected, rtol=1e-5, atol=1e-8)


def test_batch_norm_takes_its_statistics_from_the_steps_that_are_there():
    padded = pad(sequences(2))
    model, packed = model_of([nn.BatchNorm()], (6, 2)), built([nn.BatchNorm()], (2,))
    packed.parameters.vector[:] = model.parameters.vector
    found = model.in_training(padded, 1).value
    assert_close(padded.steps(found), packed.in_training(padded.steps(padded.values), 1).value)
    for of, expected in zip((model, packed), (packed, model), strict=True):
        for name in ("mean", "variance"):
            assert_close(getattr(of.layers[0], name).value, getattr(expected.layers[0], name).value)


def test_batch_norm_does_not_train_on_one_step():
    with pytest.raises(ShapeError, match="two values of each feature or more"):
        model_of([nn.BatchNorm()], (6, 2)).in_training(pad([numbers(1, 2)]), 1)


@pytest.mark.parametrize("kind", ["average", "max"])
def test_sequences_of_images_are_pooled_over_all_their_cells(kind):
    model, alone = model_of([nn.GlobalPool(kind)], (6, 3, 2)), sequences(3, 2)
    expected = [getattr(cells, {"average": "mean", "max": "max"}[kind])(axis=(0, 1)) for cells in alone]
    assert_close(model(pad(alone)).value, expected)


def test_a_model_of_float32_stays_so():
    layers = [nn.Embedding(5, 3), nn.BatchNorm(), nn.Conv1D(3, 3, padding="same"), nn.LSTM(2, bidirectional=True)]
    for last in (nn.GlobalPool("average"), nn.GlobalPool("max")):
        model = nn.Model([*copy.deepcopy(layers[:3]), last])
        y = model.in_training(pad(sequences()), 1)
        y.backward(np.ones(y.shape))
        assert y.dtype == np.float32
    assert nn.Model(layers).in_training(pad(sequences()), 1).dtype == np.float32


# --- which layers can ---


def taken(layer):
    """A layer from a table, as one of its own."""
    layer = copy.deepcopy(layer)
    for part in every_layer([layer]):
        part.owned = False
    return layer


UNABLE = {  # a layer, and how many axes its examples have; Conv1D of another length than its input's
    *[(layer, 1) for layer in (nn.Linear, nn.Softmax, nn.LayerNorm, nn.BatchNorm, nn.Reshape)],
    *[(layer, 2) for layer in (nn.MaxPool, nn.AveragePool, nn.Conv1D)],
    *[(layer, 3) for layer in (nn.MaxPool, nn.AveragePool, nn.Conv2D, nn.Flatten)],
}


@pytest.mark.parametrize(("layer", "example"), [row[:2] for row in SHAPES])
def test_every_layer_gives_each_as_alone_or_refuses(layer, example):
    if (type(layer), len(example)) in UNABLE:
        with pytest.raises(ShapeError, match="different lengths"):
            model_of([taken(layer)], example)
        return
    model = model_of([taken(layer)], example)
    drawn = [numbers(length, *example[1:]) for length in range(1, example[0] + 1)]
    if isinstance(layer, nn.Embedding):
        drawn = [np.abs(sequence).round() for sequence in drawn]
    assert_each_as_alone(model, drawn)


STEPS = {"hidden_dim": 2, "return_sequences": True}
REFUSED = [
    ([nn.Flatten()], (0,), "Flatten takes all steps of a sequence together"),
    ([nn.Tanh(), nn.Reshape([12])], (1,), "Reshape takes all steps"),
    ([nn.MaxPool(2)], (0,), "MaxPool takes all steps"),
    ([nn.AveragePool(2)], (0,), "AveragePool takes all steps"),
    ([nn.Conv1D(2, 3)], (0,), "take stride: 1 and padding: same"),
    ([nn.Conv1D(2, 3, padding="same", stride=2)], (0,), "take stride: 1 and padding: same"),
    ([nn.Conv1D(2, 3, padding=2)], (0,), "take stride: 1 and padding: same"),
    ([nn.LSTM(2, stateful=True)], (0,), "leave stateful out"),
    ([nn.GRU(**STEPS), nn.RNN(hidden_dim=2, stateful=True)], (1,), "leave stateful out"),
    (
        [nn.Residual([nn.Tanh(), nn.Residual([nn.Flatten(), nn.Reshape([6, 2])])])],
        (0, "Residual", "layers", 1, "Residual", "layers", 0),
        "Flatten takes all steps",
    ),
    ([nn.Residual([nn.GRU(12), nn.Reshape([6, 2])])], (0, "Residual", "layers", 0), "GRU leaves none"),
]


@pytest.mark.parametrize(("layers", "path", "words"), REFUSED)
def test_layers_that_need_as_many_steps_of_each_are_named(layers, path, words):
    model = nn.Model(list(map(taken, layers)))
    with pytest.raises(ShapeError) as caught:
        model.plan((6, 2), lengths_vary=True)
    assert words in str(caught.value)
    assert caught.value.layer == path
    planned_for_arrays = nn.Model(list(map(taken, layers)))
    planned_for_arrays.plan((6, 2))
    with pytest.raises(ShapeError) as caught:
        planned_for_arrays(pad(sequences(2)))
    assert words in str(caught.value)


@pytest.mark.parametrize("layer", [nn.Linear(2), nn.Softmax(), nn.LayerNorm(), nn.BatchNorm()])
def test_steps_are_not_taken_for_features(layer):
    with pytest.raises(ShapeError, match=r"all steps of a sequence together.* put Embedding before it"):
        model_of([layer], (6,))


@pytest.mark.parametrize("ending", [nn.GlobalPool(), nn.LSTM(2)])
def test_where_sequences_have_become_one_row_each_any_layer_goes(ending):
    model = model_of([taken(ending), nn.Reshape([2, 1]), nn.Flatten(), nn.Linear(1)], (6, 2))
    assert not model.gives_steps
    assert_each_as_alone(model, sequences(2))


def test_sequences_with_other_features_are_refused():
    with pytest.raises(ShapeError, match=r"sequences like \(6, 2\), of any length, but got \(6, 3\)"):
        model_of([nn.Tanh()], (6, 2))(pad(sequences(3)))
