import math

import numpy as np
import pytest

from zen_cli import loss, nn, optim
from zen_cli.nn.initializers import uniform_fan_in
from zen_cli.nn.parameters import Declaration, Parameters

RNG = np.random.default_rng(0)
GRADIENTS = RNG.normal(size=(20, 7)) * np.array([1e-6, 1e-3, 0.1, 1, 10, 1e4, 0])  # one column per parameter


# --- scalar references: one parameter, one list of gradients, plain floats ---


def sgd(w, gradients, lr):
    for g in gradients:
        w -= lr * g
        yield w


def momentum(w, gradients, lr, beta):
    v = 0.0
    for g in gradients:
        v = beta * v + g
        w -= lr * v
        yield w


def rmsprop(w, gradients, lr, beta, epsilon):
    s = 0.0
    for g in gradients:
        s = beta * s + (1 - beta) * g**2
        w -= lr * g / math.sqrt(s + epsilon)
        yield w


def adam(w, gradients, lr, beta1, beta2, epsilon):
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w -= lr * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + epsilon)
        yield w


# an optimizer with its settings, its reference, the settings as the reference takes them
ROWS = [
    (lambda: optim.SGD(0.1), sgd, (0.1,)),
    (lambda: optim.SGD(lr=3), sgd, (3,)),
    (lambda: optim.Momentum(), momentum, (0.01, 0.9)),
    (lambda: optim.Momentum(0.1, beta=0.5), momentum, (0.1, 0.5)),
    (lambda: optim.Momentum(0.1, beta=0), momentum, (0.1, 0)),
    (lambda: optim.RMSProp(), rmsprop, (0.01, 0.9, 1e-10)),
    (lambda: optim.RMSProp(0.0005, 0.99, 1e-3), rmsprop, (0.0005, 0.99, 1e-3)),
    (lambda: optim.Adam(), adam, (0.001, 0.9, 0.999, 1e-8)),
    (lambda: optim.Adam(0.1, 0.5, 0.7, 1e-2), adam, (0.1, 0.5, 0.7, 1e-2)),
    (lambda: optim.Adam(0.1, beta1=0, beta2=0), adam, (0.1, 0, 0, 1e-8)),
]
every_row = pytest.mark.parametrize(("make", "reference", "settings"), ROWS)
every_optimizer = pytest.mark.parametrize("make", [row[0] for row in ROWS])


def parameters(size, dtype="float64", seed=0):
    declaration = Declaration()
    declaration("w", (size,), uniform_fan_in)
    return Parameters(declaration, seed, np.dtype(dtype))


def run(make, gradients, dtype="float64"):
    """The optimizer and the parameters after each of the gradients."""
    optimizer, p, path = make(), parameters(gradients.shape[1], dtype), []
    for g in gradients:
        p.gradient[:] = g
        optimizer.update(p)
        path.append(p.vector.copy())
    return optimizer, np.array(path)


@every_row
def test_optimizer_is_its_scalar_rule_for_20_steps(make, reference, settings):
    _, path = run(make, GRADIENTS)
    start = parameters(7).vector
    for i in range(7):
        expected = list(reference(float(start[i]), GRADIENTS[:, i].tolist(), *settings))
        np.testing.assert_allclose(path[:, i], expected, rtol=1e-12, atol=1e-12)


def test_table_has_a_row_for_every_optimizer():
    classes = {c for c in vars(optim).values() if isinstance(c, type) and issubclass(c, optim.Optimizer)}
    assert classes - {optim.Optimizer} == {type(make()) for make, _, _ in ROWS}


@every_optimizer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("extra", [-1, 0, 1, optim.BLOCK + 7])
def test_blocks_do_not_show(make, dtype, extra, monkeypatch):
    gradients = RNG.normal(size=(3, optim.BLOCK + extra))
    optimizer, path = run(make, gradients, dtype)
    monkeypatch.setattr(optim, "BLOCK", 10**9)
    whole_optimizer, whole = run(make, gradients, dtype)
    np.testing.assert_array_equal(path, whole)
    assert path.dtype == dtype
    for slot in optimizer.slots:
        np.testing.assert_array_equal(optimizer.state[slot], whole_optimizer.state[slot])


@every_optimizer
def test_state_is_as_long_as_the_vector_and_kept_over_steps(make):
    optimizer, p = make(), parameters(5, "float32")
    optimizer.attach(p)
    before = dict(optimizer.state)
    assert (tuple(before), optimizer.steps) == (optimizer.slots, 0)
    for step in range(1, 4):
        p.gradient[:] = [1, -2, 3, 0, 1e-3]
        kept = p.gradient.copy()
        optimizer.update(p)
        assert optimizer.steps == step
        np.testing.assert_array_equal(p.gradient, kept)
    for slot, array in optimizer.state.items():
        assert array is before[slot]
        assert (array.shape, array.dtype) == ((5,), np.float32)
        assert (array != 0).tolist() == [True, True, True, False, True]


@every_optimizer
def test_restored_state_goes_on_as_if_never_interrupted(make):
    _, path = run(make, GRADIENTS)
    optimizer, p = make(), parameters(7)
    for i, g in enumerate(GRADIENTS):
        if i == 10:
            old, old_p = optimizer, p
            optimizer, p = make(), parameters(7, seed=1)
            optimizer.attach(p)
            p.vector[:] = old_p.vector
            optimizer.steps = old.steps
            for slot in optimizer.slots:
                optimizer.state[slot][:] = old.state[slot]
        p.gradient[:] = g
        optimizer.update(p)
    np.testing.assert_array_equal(p.vector, path[-1])


@every_optimizer
def test_second_model_is_refused_and_untouched(make):
    optimizer, first, second = make(), parameters(3), parameters(3, seed=1)
    optimizer.update(first)
    before = second.vector.copy()
    second.gradient[:] = 1
    for use in (optimizer.update, optimizer.attach):
        with pytest.raises(ValueError, match="another model"):
            use(second)
    np.testing.assert_array_equal(second.vector, before)
    assert optimizer.steps == 1


@every_optimizer
def test_two_identical_runs_give_identical_bytes(make):
    x = RNG.normal(size=(12, 5, 2))

    def train():
        model = nn.Model([nn.RNN(3, hidden_dim=4), nn.Linear(1)])
        optimizer = make()
        settings = {"epochs": 3, "batch_size": 5, "shuffle": True, "progress": False}
        records = model.train(x, x[:, 0, :1], loss_fn=loss.MSE, optimizer=optimizer, **settings)
        return records, model.parameters.vector.tobytes(), [a.tobytes() for a in optimizer.state.values()]

    assert train() == train()
