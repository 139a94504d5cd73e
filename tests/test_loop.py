import numpy as np
import pytest
from conftest import built, numbers

from zen_cli import autodiff as ad
from zen_cli import loss, nn, optim
from zen_cli.errors import NonFiniteError
from zen_cli.streams import Stream, generator
from zen_cli.training.loop import EpochRecord, StepRecord, fit, train_step


def linear_model(seed=0, dtype="float64"):
    """Takes three numbers."""
    return built([nn.Linear(1)], (3,), seed, dtype)


def spy(seen, layer=nn.Tanh):
    """A layer that keeps the first number of every example it is shown."""

    class Spy(layer):
        def __call__(self, x):
            seen.append(x.value[:, 0].astype(int).tolist())
            return super().__call__(x)

    return Spy()


# --- records ---

# examples, batch size, sizes of the batches
BATCHES = [(7, 3, [3, 3, 1]), (6, 3, [3, 3]), (2, 5, [2]), (1, 1, [1]), (3, 1, [1, 1, 1])]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("count", "batch_size", "sizes"), BATCHES)
def test_records_count_steps_over_training_and_batches_within_the_epoch(count, batch_size, sizes, shuffle):
    model, total = linear_model(), len(sizes)
    records = list(fit(model, numbers(count, 3), numbers(count, 1), 3, None, None, batch_size, shuffle))
    expected = []
    for epoch in (1, 2, 3):
        expected += [("step", epoch, (epoch - 1) * total + b, b, total) for b in range(1, total + 1)]
        expected += [("epoch", epoch, epoch * total)]
    found = [
        ("step", r.epoch, r.step, r.batch, r.batches) if isinstance(r, StepRecord) else ("epoch", r.epoch, r.step)
        for r in records
    ]
    assert found == expected


@pytest.mark.parametrize(("count", "batch_size", "sizes"), BATCHES)
def test_epoch_loss_is_the_mean_over_examples_and_loss_sum_the_sum_over_batches(count, batch_size, sizes):
    records = list(fit(linear_model(), numbers(count, 3), numbers(count, 1), 2, None, None, batch_size))
    for epoch in (1, 2):
        losses = [r.loss for r in records if isinstance(r, StepRecord) and r.epoch == epoch]
        (record,) = (r for r in records if isinstance(r, EpochRecord) and r.epoch == epoch)
        mean = sum(a * n for a, n in zip(losses, sizes, strict=True)) / count
        assert (record.loss, record.loss_sum) == (pytest.approx(mean), pytest.approx(sum(losses)))


def test_losses_are_those_before_the_update_and_the_gradient_is_reset():
    """The loop against plain NumPy: SGD on a linear model, in order, with a short last batch."""
    x, y, model = numbers(5, 3), numbers(5, 1), linear_model()
    w, b = (p.value.copy() for p in model.parameters)
    expected = []
    for _ in range(2):
        for batch in (slice(0, 2), slice(2, 4), slice(4, 5)):
            error = x[batch] @ w + b - y[batch]
            expected.append(np.mean(error**2))
            w -= 0.1 * x[batch].T @ error * 2 / len(error)
            b -= 0.1 * error.sum(axis=0) * 2 / len(error)
    records = list(fit(model, x, y, 2, loss.MSE, optim.SGD(0.1), 2, shuffle=False))
    np.testing.assert_allclose([r.loss for r in records if isinstance(r, StepRecord)], expected, rtol=1e-12)
    np.testing.assert_allclose(model.parameters.vector, [*w.ravel(), *b], rtol=1e-12)


def test_a_gradient_left_over_is_not_used():
    models = [linear_model(), linear_model()]
    models[0].parameters.gradient[:] = 1e6
    for model in models:
        train_step(model, numbers(2, 3), numbers(2, 1), loss.MSE, optim.SGD(0.1), 1)
    assert models[0].parameters.vector.tobytes() == models[1].parameters.vector.tobytes()


def test_default_loss_is_mse_and_default_optimizer_sgd_of_a_tenth():
    x, y, models = numbers(5, 3), numbers(5, 1), [linear_model(), linear_model()]
    found = list(fit(models[0], x, y, 2))
    assert found == list(fit(models[1], x, y, 2, loss.MSE, optim.SGD(0.1), 32, False))
    assert found[-1].lr == 0.1


def test_evaluate_is_asked_after_every_epoch():
    model, asked = linear_model(), []

    def evaluate():
        asked.append(model.parameters.vector.copy())
        return {"val_loss": float(len(asked))}

    records = list(fit(model, numbers(5, 3), numbers(5, 1), 2, batch_size=2, evaluate=evaluate))
    assert [dict(r.scores) for r in records if isinstance(r, EpochRecord)] == [{"val_loss": 1.0}, {"val_loss": 2.0}]
    np.testing.assert_array_equal(asked[-1], model.parameters.vector)


# --- order ---


def orders(seed, epochs=3, batch_size=4, shuffle=True):
    """The examples that each epoch took, in its order."""
    seen = []
    x = np.repeat(np.arange(10.0)[:, None], 3, axis=1)
    model = built([spy(seen), nn.Linear(1)], (3,), seed)
    list(fit(model, x, np.zeros((10, 1)), epochs, batch_size=batch_size, shuffle=shuffle))
    flat = [example for batch in seen for example in batch]
    return [flat[i : i + 10] for i in range(0, len(flat), 10)]


def test_shuffle_takes_each_example_once_in_another_order_each_epoch():
    found = orders(seed=0)
    assert [sorted(order) for order in found] == [[*range(10)]] * 3
    assert len({tuple(order) for order in [*found, range(10)]}) == 4


def test_order_is_a_function_of_seed_and_epoch_alone():
    assert orders(seed=0) == orders(seed=0, epochs=4, batch_size=3)[:3]
    assert orders(seed=0)[0] != orders(seed=1)[0]
    assert orders(seed=5)[1] == generator(5, Stream.SHUFFLE, 2).permutation(10).tolist()


def test_without_shuffle_the_order_is_that_of_the_data():
    assert orders(seed=0, shuffle=False) == [[*range(10)]] * 3


STREAMS = [(seed, stream, index) for seed in (0, 1) for stream in Stream for index in (0, 1)]


def test_streams_give_equal_numbers_for_equal_arguments_only():
    first, again = ([generator(*key).bytes(16) for key in STREAMS] for _ in range(2))
    assert first == again
    assert len(set(first)) == len(STREAMS)
    assert [int(stream) for stream in Stream][:3] == [0, 1, 2]


# --- what is not finite ---


def root_of_error(pred, real):
    """Finite, with an infinite gradient where prediction and target are equal."""
    return ad.reduce_sum(((pred - real) ** 2) ** 0.5)


def with_nan(row):
    x = numbers(6, 3)
    x[row] = np.nan
    return x


X, Y = numbers(6, 3), numbers(6, 1)
# inputs, targets, loss, learning rate, the step that fails, what the message says
DISASTERS = [
    (with_nan(4), Y, loss.MSE, 0.1, 3, "loss is nan at step 3 (lr 0.1)"),
    (X, with_nan(0)[:, :1], loss.MSE, 0.1, 1, "loss is nan at step 1 (lr 0.1)"),
    (X, Y + np.inf, loss.MSE, 0.1, 1, "loss is inf at step 1 (lr 0.1)"),
    (X, Y, loss.MSE, 1e30, 2, "loss is inf at step 2 (lr 1e+30)"),
    (
        0 * X,
        0 * Y,
        root_of_error,
        0.1,
        1,
        "the gradient of 0.Linear.w is not finite, or too large to square, at step 1 (lr 0.1)",
    ),
]


@pytest.mark.parametrize(("x", "y", "loss_fn", "lr", "step", "message"), DISASTERS)
@pytest.mark.parametrize("make", [optim.SGD, optim.Momentum, optim.RMSProp, optim.Adam])
def test_disaster_is_named_before_it_reaches_the_parameters(x, y, loss_fn, lr, step, message, make):
    model, optimizer = linear_model(dtype="float32"), make(lr)
    after = [model.parameters.vector.copy()]

    def train():
        for record in fit(model, x, y, 1, loss_fn, optimizer, 2, shuffle=False):
            if isinstance(record, StepRecord):
                after.append(model.parameters.vector.copy())

    with pytest.raises(NonFiniteError) as caught:
        train()
    assert str(caught.value) == message
    assert (len(after), optimizer.steps) == (step, step - 1)
    np.testing.assert_array_equal(model.parameters.vector, after[-1])
    assert all(np.isfinite(array).all() for array in (model.parameters.vector, *optimizer.state.values()))


# learning rate and size of a finite gradient that is too much for float32
OVERFLOWS = [(make, 0.1, 1e25) for make in (optim.SGD, optim.Momentum, optim.RMSProp, optim.Adam)]


@pytest.mark.parametrize(("make", "lr", "size"), OVERFLOWS)
def test_update_that_overflows_leaves_everything_finite(make, lr, size):
    model, optimizer = linear_model(dtype="float32"), make(lr)

    def steep(pred, real):
        return ad.reduce_sum((pred - real) * size)

    with pytest.raises(NonFiniteError):
        list(fit(model, X, Y, 1, steep, optimizer, 6))
    assert all(np.isfinite(array).all() for array in (model.parameters.vector, *optimizer.state.values()))


def test_an_update_to_infinity_is_named_at_once():
    model = linear_model(dtype="float32")
    with pytest.raises(NonFiniteError, match=r"the update made 0\.Linear\.w infinite at step 1"):
        list(fit(model, X, Y, 1, lambda pred, real: ad.reduce_sum(pred - real) * 1e3, optim.SGD(1e38), 6))


@pytest.mark.parametrize(("x", "y"), [(X * 1e300, Y), (X, Y * 1e300)])
def test_data_too_large_for_the_dtype_is_a_disaster_not_a_warning(x, y):
    with pytest.raises(NonFiniteError):
        list(fit(linear_model(dtype="float32"), x, y, 1))


# --- what does not fit ---


@pytest.mark.parametrize(("inputs", "targets"), [(5, 4), (4, 5), (0, 0), (1, 0)])
def test_inputs_and_targets_of_different_length_are_refused(inputs, targets):
    with pytest.raises(ValueError, match=f"a target per example.* {inputs} and {targets}"):
        list(fit(linear_model(), np.zeros((inputs, 3)), np.zeros((targets, 1)), 1))


@pytest.mark.parametrize("batch_size", [0, -1])
def test_batch_size_below_one_is_refused(batch_size):
    with pytest.raises(ValueError, match="batch"):
        list(fit(linear_model(), X, Y, 1, batch_size=batch_size))


@pytest.mark.parametrize("shape", [(6,), (6, 4)])
def test_integer_classes_train_for_one_answer_and_for_one_at_every_step(shape):
    sequences = len(shape) == 2
    model = built([nn.RNN(3, hidden_dim=3, return_sequences=sequences), nn.Softmax()], (4, 2))
    x, classes = numbers(6, 4, 2), np.random.default_rng(0).integers(0, 3, shape)
    twin = built([nn.RNN(3, hidden_dim=3, return_sequences=sequences), nn.Softmax()], (4, 2))
    found, expected = (
        [record.loss for record in fit(m, x, targets, 2, loss.categorical_crossentropy)]
        for m, targets in ((model, classes), (twin, np.eye(3)[classes]))
    )
    assert found == pytest.approx(expected, rel=1e-12)
