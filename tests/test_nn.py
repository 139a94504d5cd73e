import copy
import math
import operator

import numpy as np
import pytest
from conftest import built, numbers

from zen_cli import autodiff as ad
from zen_cli import loss, nn, optim, schedule
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import every_layer
from zen_cli.nn.model import batches


def article_layers():
    return [nn.RNN(32, hidden_dim=32, return_sequences=True), nn.RNN(0, hidden_dim=32), nn.Linear(8), nn.Linear(1)]


def small_model(seed=0, dtype="float32"):
    """Takes sequences of shape (6, 2)."""
    layers = [nn.RNN(3, hidden_dim=4, return_sequences=True), nn.RNN(hidden_dim=5), nn.Linear(2)]
    return built(layers, (6, 2), seed, dtype)


# --- the article ---


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_articles_script(seed):
    wave = [math.sin(i) for i in range(200)]
    x = [[[value] for value in wave[i : i + 50]] for i in range(150)]
    y = [[wave[i + 50]] for i in range(150)]
    model = nn.Model(article_layers(), seed)
    records = model.train(
        np.array(x[:50]),
        np.array(y[:50]),
        epochs=10,
        optimizer=optim.RMSProp(0.0005),
        loss_fn=loss.MSE,
        batch_size=8,
    )
    assert [record.epoch for record in records] == [*range(1, 11)]
    assert records[-1].loss_sum < 0.0636
    prediction = model(np.expand_dims(np.array(x[100]), axis=0)).value[0][0]
    assert prediction.dtype == np.float32
    assert abs(prediction - y[100][0]) < 0.2


# --- layers ---

POOLED = [((6, 7, 5), (3, 3, 5)), ((7, 5), (3, 5))]

# a layer, the shape of an example, the shape it becomes, how many parameters
SHAPES = [
    (nn.Linear(3), (4,), (3,), 15),
    (nn.Linear(3), (6, 4), (6, 3), 15),
    (nn.Linear(1), (1,), (1,), 2),
    (nn.RNN(3, hidden_dim=5, return_sequences=True), (7, 2), (7, 3), 2 * 5 + 5 + 5 * 5 + 5 + 5 * 3 + 3),
    (nn.RNN(0, hidden_dim=5, return_sequences=True), (7, 2), (7, 5), 2 * 5 + 5 + 5 * 5 + 5),
    (nn.RNN(3, hidden_dim=5), (7, 2), (5,), 2 * 5 + 5 + 5 * 5 + 5),
    (nn.RNN(hidden_dim=1), (1, 1), (1,), 4),
    (nn.RNN(2, hidden_dim=5, bidirectional=True, return_sequences=True), (7, 3), (7, 2), 2 * 50 + 10 * 2 + 2),
    (nn.LSTM(5), (7, 3), (5,), 4 * (3 * 5 + 5 * 5 + 5)),
    (nn.LSTM(5, layers=2, return_sequences=True), (7, 3), (7, 5), 4 * (3 * 5 + 5 * 5 + 5) + 4 * (5 * 5 + 5 * 5 + 5)),
    (nn.GRU(5), (7, 3), (5,), 3 * (3 * 5 + 5 * 5 + 5) + 5),
    (nn.GRU(5, bidirectional=True), (7, 3), (10,), 2 * (3 * (3 * 5 + 5 * 5 + 5) + 5)),
    *[(layer(), example, example, 2 * 4) for layer in (nn.LayerNorm, nn.BatchNorm) for example in ((4,), (3, 2, 4))],
    *[(nn.Dropout(rate), (2, 3), (2, 3), 0) for rate in (0.0, 0.5)],
    (nn.Conv1D(4, 3, stride=2), (8, 5), (3, 4), 3 * 5 * 4 + 4),
    (nn.Conv2D(4, (3, 2), padding="same"), (6, 7, 5), (6, 7, 4), 3 * 2 * 5 * 4 + 4),
    *[(pool(), example, output, 0) for pool in (nn.MaxPool, nn.AveragePool) for example, output in POOLED],
    *[(nn.GlobalPool(kind), (6, 7, 5), (5,), 0) for kind in ("average", "max")],
    (nn.Flatten(), (6, 7, 5), (210,), 0),
    (nn.Reshape([5, 6, 7]), (210,), (5, 6, 7), 0),
    (nn.Embedding(9, 4), (3,), (3, 4), 36),
    (nn.Residual([nn.Linear(5), nn.Linear(4)]), (3, 4), (3, 4), 4 * 5 + 5 + 5 * 4 + 4),
    *[(layer(), (2, 3), (2, 3), 0) for layer in (nn.Tanh, nn.Sigmoid, nn.Softmax, nn.Softplus, nn.SiLU)],
    *[(layer(), (2, 3), (2, 3), 0) for layer in (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU)],
]


@pytest.mark.parametrize(("layer", "example", "output", "count"), SHAPES)
def test_build_call_and_summary_agree_on_shapes(layer, example, output, count):
    model = nn.Model([layer])
    shape = model.plan(example)
    assert (shape, model.size, model.input_shape) == (output, count, example)
    model.build()
    (row,) = model.summary
    assert (row.name, row.output, row.parameters) == (type(layer).__name__, output, count)
    assert model.parameters.vector.size == model.parameters.gradient.size == count
    assert model(np.zeros((2, *example))).shape == (2, *output)


@pytest.mark.parametrize(("layer", "example", "output"), [row[:3] for row in SHAPES])
def test_no_examples_give_no_outputs(layer, example, output):
    layer = copy.deepcopy(layer)
    for part in every_layer([layer]):
        part.owned = False
    assert nn.Model([layer]).predict(np.zeros((0, *example))).shape == (0, *output)


def test_table_has_a_row_for_every_layer():
    layers = {getattr(nn, name) for name in nn.__all__} - {nn.Layer, nn.Model}
    assert layers == {type(row[0]) for row in SHAPES}


def randomize(model):
    """Every parameter away from zero, so that a forgotten bias shows."""
    model.parameters.vector[:] = np.random.default_rng(7).normal(size=model.parameters.vector.size)
    return {p.name.split(".", 2)[2]: p.value for p in model.parameters}


def test_linear_is_its_formula():
    x, model = numbers(3, 6, 4), built([nn.Linear(2)], (6, 4), dtype="float64")
    p = randomize(model)
    np.testing.assert_allclose(model(x).value, x @ p["w"] + p["b"], rtol=1e-12)


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("units", [0, 2])
@pytest.mark.parametrize("T", [1, 6])
def test_rnn_is_a_loop_over_steps(sequences, units, T):
    x, layer = numbers(3, T, 4), nn.RNN(units, hidden_dim=5, return_sequences=sequences)
    model = built([layer], (T, 4), dtype="float64")
    p = randomize(model)
    h, ys = np.zeros((3, 5)), []
    for t in range(T):
        h = np.tanh(x[:, t] @ p["U.w"] + p["U.b"] + h @ p["W.w"] + p["W.b"])
        ys.append(h @ p["V.w"] + p["V.b"] if units and sequences else h)
    np.testing.assert_allclose(model(x).value, np.stack(ys, axis=1) if sequences else h, rtol=1e-12)


def test_whole_model_has_the_right_gradient():
    x, model = numbers(3, 6, 2), small_model(dtype="float64")
    randomize(model)
    model(x).backward(np.ones((3, 2)))
    vector, slopes = model.parameters.vector, []
    for i, middle in enumerate(vector.copy()):
        vector[i] = middle + 1e-6
        above = model(x).value.sum()
        vector[i] = middle - 1e-6
        slopes.append((above - model(x).value.sum()) / 2e-6)
        vector[i] = middle
    np.testing.assert_allclose(model.parameters.gradient, slopes, rtol=1e-6, atol=1e-7)
    assert ad.gradient_error(model, x) < 1e-6


# --- parameters ---


def arrays_of(parameters):
    return [parameters.vector, parameters.gradient, *(a for p in parameters for a in (p.value, p.grad))]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_stay_views_of_one_vector_through_training(dtype):
    model = small_model(dtype=dtype)
    p = model.parameters
    arrays, before = arrays_of(p), p.vector.copy()
    model.train(numbers(5, 6, 2), numbers(5, 2), epochs=2, batch_size=2, progress=False)
    assert all(map(operator.is_, arrays, arrays_of(p)))
    assert all(np.shares_memory(q.value, p.vector) and np.shares_memory(q.grad, p.gradient) for q in p)
    np.testing.assert_array_equal(np.concatenate([q.value.ravel() for q in p]), p.vector)
    np.testing.assert_array_equal(np.concatenate([q.grad.ravel() for q in p]), p.gradient)
    assert not np.any(p.vector == before)
    assert {a.dtype for a in arrays} == {np.dtype(dtype), model(numbers(1, 6, 2)).dtype}


def test_parameters_are_named_by_place_layer_and_role():
    model = small_model()
    names = "0.RNN.U.w 0.RNN.U.b 0.RNN.W.w 0.RNN.W.b 0.RNN.V.w 0.RNN.V.b 1.RNN.U.w 1.RNN.U.b 1.RNN.W.w 1.RNN.W.b"
    assert [p.name for p in model.parameters] == [*names.split(), "2.Linear.w", "2.Linear.b"]


def test_first_parameters_are_a_function_of_the_seed():
    first, same, other = (small_model(seed).parameters.vector for seed in (3, 3, 4))
    assert first.tobytes() == same.tobytes()
    assert not np.any((first == other) & (first != 0))


def test_first_weights_are_uniform_in_fan_in_and_biases_zero():
    w, b, again, _ = (p.value for p in built([nn.Linear(100), nn.Linear(100)], (100,), dtype="float32").parameters)
    assert 0.099 < np.abs(w).max() <= np.float32(0.1)
    assert abs(w.mean()) < 0.002
    assert not np.any(w == again)
    assert not b.any()


def test_float32_parameters_are_the_rounded_float64_ones():
    small, large = small_model(dtype="float32"), small_model(dtype="float64")
    np.testing.assert_array_equal(small.parameters.vector, large.parameters.vector.astype(np.float32))


# --- prediction and batches ---


@pytest.mark.parametrize(("count", "size"), [(1, 1), (5, 2), (6, 2), (3, 10)])
def test_batches_cover_every_example_once_in_order(count, size):
    slices = list(batches(count, size))
    assert [i for s in slices for i in range(count)[s]] == [*range(count)]
    assert [s.stop - s.start for s in slices[:-1]] == [size] * (len(slices) - 1)
    assert slices[-1].stop == count


@pytest.mark.parametrize("batch_size", [1, 2, 7, 100])
def test_predict_equals_call(batch_size):
    x, model = numbers(7, 6, 2), small_model(dtype="float64")
    np.testing.assert_allclose(model.predict(x, batch_size), model(x).value, rtol=1e-12)


def test_predict_returns_an_empty_array_for_no_examples():
    model = small_model()
    assert model.predict(np.empty((0, 6, 2))).shape == (0, 2)


# --- errors ---


def shared_layer(models):
    layer = nn.Linear(2)
    for layers in [[layer, layer]] if models == 1 else [[layer], [layer]]:
        built(layers, (2,))


MISTAKES = [
    (
        lambda: nn.Model([nn.RNN(hidden_dim=3)])(numbers(2, 6)),
        r"RNN expects sequences of shape \(steps, features\).*\(6,\)",
    ),
    (lambda: nn.Model([nn.Linear(2), nn.RNN(hidden_dim=3)]).plan((4,)), r"RNN expects sequences"),
    (lambda: nn.Model([nn.Linear(2)])(np.ones(3)), "Linear expects"),
    (lambda: shared_layer(models=1), "a layer belongs to one place"),
    (lambda: shared_layer(models=2), "a layer belongs to one place"),
    (lambda: nn.Model([nn.Tanh()]).parameters, "no parameters before"),
    (lambda: nn.Model([]), "at least one layer"),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES, ids=lambda x: x if isinstance(x, str) else "")
def test_mistake_is_named(mistake, message):
    with pytest.raises(ValueError, match=message):
        mistake()


@pytest.mark.parametrize("shape", [(2, 5, 2), (2, 6, 3), (6, 2), (2, 6, 2, 1)])
def test_batch_of_another_shape_is_refused(shape):
    model = small_model()
    with pytest.raises(ShapeError, match=r"takes batches of shape"):
        model(numbers(*shape))


def test_shape_error_says_which_layer():
    with pytest.raises(ShapeError) as caught:
        nn.Model([nn.Tanh(), nn.Linear(2), nn.RNN(hidden_dim=3)]).plan((4,))
    assert caught.value.layer == (2,)


def test_train_takes_a_schedule_and_clips():
    model = built([nn.Linear(1)], (2,))
    settings = {"schedule": schedule.Exponential(0.5), "clip": optim.Clip(norm=1e-3), "progress": False}
    before = model.parameters.vector.copy()
    records = model.train(numbers(4, 2), numbers(4, 1), epochs=2, optimizer=optim.SGD(1.0), batch_size=4, **settings)
    assert [record.lr for record in records] == [1.0, 0.5]
    assert np.linalg.norm(model.parameters.vector - before) <= 1.5e-3
