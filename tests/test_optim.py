import math

import numpy as np
import pytest
from conftest import built

from zen_cli import autodiff as ad
from zen_cli import loss, nn, optim
from zen_cli.config.build import open_config
from zen_cli.errors import NonFiniteError
from zen_cli.nn.initializers import uniform_fan_in
from zen_cli.nn.parameters import Declaration, Parameters
from zen_cli.training.job import begin
from zen_cli.training.loop import fit

RNG = np.random.default_rng(0)
GRADIENTS = RNG.normal(size=(20, 7)) * np.array([1e-6, 1e-3, 0.1, 1, 10, 1e4, 0])  # one column per parameter


# --- scalar references: one parameter, one list of gradients, plain floats ---


def sgd(w, gradients, lr, decay=0.0):
    for g in gradients:
        w = w - lr * decay * w - lr * g
        yield w


def momentum(w, gradients, lr, beta, decay=0.0):
    v = 0.0
    for g in gradients:
        v = beta * v + g
        w = w - lr * decay * w - lr * v
        yield w


def nesterov(w, gradients, lr, beta):
    v = 0.0
    for g in gradients:
        v = beta * v + g
        w -= lr * (g + beta * v)
        yield w


def adagrad(w, gradients, lr, epsilon):
    s = 0.0
    for g in gradients:
        s += g**2
        w -= lr * g / (math.sqrt(s) + epsilon)
        yield w


def rmsprop(w, gradients, lr, beta, epsilon):
    s = 0.0
    for g in gradients:
        s = beta * s + (1 - beta) * g**2
        w -= lr * g / math.sqrt(s + epsilon)
        yield w


def rmsprop_of_pytorch(w, gradients, lr, beta, epsilon):
    s = 0.0
    for g in gradients:
        s = beta * s + (1 - beta) * g**2
        w -= lr * g / (math.sqrt(s) + epsilon)
        yield w


def adam(w, gradients, lr, beta1, beta2, epsilon, decay=0.0):
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        w = w - lr * decay * w - lr * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + epsilon)
        yield w


# an optimizer with its settings, its reference, the settings as the reference takes them
ROWS = [
    (lambda: optim.SGD(0.1), sgd, (0.1,)),
    (lambda: optim.SGD(lr=3), sgd, (3,)),
    (lambda: optim.Momentum(), momentum, (0.01, 0.9)),
    (lambda: optim.Momentum(0.1, beta=0.5), momentum, (0.1, 0.5)),
    (lambda: optim.Momentum(0.1, beta=0), momentum, (0.1, 0)),
    (lambda: optim.SGD(0.1, weight_decay=0.3), sgd, (0.1, 0.3)),
    (lambda: optim.Momentum(0.1, 0.5, weight_decay=2), momentum, (0.1, 0.5, 2)),
    (lambda: optim.Nesterov(), nesterov, (0.01, 0.9)),
    (lambda: optim.Nesterov(0.1, beta=0.5), nesterov, (0.1, 0.5)),
    (lambda: optim.Adagrad(), adagrad, (0.01, 1e-10)),
    (lambda: optim.Adagrad(0.3, 1e-2), adagrad, (0.3, 1e-2)),
    (lambda: optim.RMSProp(0.1, 0.7, 1e-2, epsilon_inside_root=False), rmsprop_of_pytorch, (0.1, 0.7, 1e-2)),
    (lambda: optim.RMSProp(), rmsprop, (0.01, 0.9, 1e-10)),
    (lambda: optim.RMSProp(0.0005, 0.99, 1e-3), rmsprop, (0.0005, 0.99, 1e-3)),
    (lambda: optim.Adam(), adam, (0.001, 0.9, 0.999, 1e-8)),
    (lambda: optim.Adam(0.1, 0.5, 0.7, 1e-2), adam, (0.1, 0.5, 0.7, 1e-2)),
    (lambda: optim.Adam(0.1, beta1=0, beta2=0), adam, (0.1, 0, 0, 1e-8)),
    (lambda: optim.AdamW(), adam, (0.001, 0.9, 0.999, 1e-8, 0.01)),
    (lambda: optim.AdamW(0.1, 0.5, 0.7, 1e-2, 3), adam, (0.1, 0.5, 0.7, 1e-2, 3)),
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
def test_half_of_twice_the_learning_rate_is_the_learning_rate(make):
    optimizer, p = make(), parameters(7)
    optimizer.lr *= 2
    for g in GRADIENTS[:3]:
        p.gradient[:] = g
        optimizer.update(p, factor=0.5)
    assert optimizer.lr == 2 * make().lr
    np.testing.assert_array_equal(p.vector, run(make, GRADIENTS[:3])[1][-1])


@every_optimizer
@pytest.mark.parametrize("size", [5, optim.BLOCK + 5])
def test_an_update_says_whether_the_parameters_are_still_finite(make, size):
    p = parameters(size, "float32")
    p.gradient[:] = 1
    optimizer = make()
    assert optimizer.update(p)
    p.vector[3] = np.nan
    assert not optimizer.update(p)
    p.vector[3] = np.inf
    assert not optimizer.update(p)


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


# --- clipping ---

CLIPS = [  # a bound on the norm, on each number, the gradient, what becomes of it
    (None, None, [3.0, -4.0], [3, -4]),
    (10, None, [3.0, -4.0], [3, -4]),
    (1, None, [3.0, -4.0], [0.6, -0.8]),
    (None, 3.5, [3.0, -4.0], [3, -3.5]),
    (None, 3.5, [1e30, -1e-30], [3.5, -1e-30]),
    (2.5, 4, [3.0, -40.0], [1.5, -2]),
    (5, 1, [3.0, -4.0], [1, -1]),
    (1e-3, None, [0.0, 0.0], [0, 0]),
]


@pytest.mark.parametrize(("norm", "value", "gradient", "expected"), CLIPS)
def test_a_gradient_is_cut_and_then_shortened(norm, value, gradient, expected):
    declaration = Declaration()
    for name in "ab":  # the norm is that of all parameters together
        declaration(name, (1,), uniform_fan_in)
    p = Parameters(declaration, 0, np.dtype("float64"))
    p.gradient[:] = gradient
    optim.Clip(norm, value)(p, p.gradient_norm())
    np.testing.assert_allclose(p.gradient, expected, rtol=1e-6)
    if norm:
        assert p.gradient_norm() <= norm


def test_the_norm_is_divided_by_as_in_pytorch():
    p = parameters(2)
    p.gradient[:] = [3, -4]
    optim.Clip(norm=2)(p, p.gradient_norm())
    np.testing.assert_allclose(p.gradient, np.array([3, -4]) * 2 / (5 + 1e-6), rtol=1e-15)


def test_a_float32_gradient_stays_one():
    p = parameters(2, "float32")
    p.gradient[:] = [3, -4]
    optim.Clip(norm=1, value=1e3)(p, p.gradient_norm())
    assert p.gradient.dtype == np.float32
    np.testing.assert_allclose(p.gradient, [0.6, -0.8], rtol=1e-6)


def huge_slope(pred, real):
    return ad.reduce_sum(pred - real) * 1e200


def trained(loss_fn, clip):
    model = built([nn.Linear(1)], (3,))
    before = model.parameters.vector.copy()
    list(fit(model, np.ones((2, 3)), np.ones((2, 1)), 1, loss_fn, optim.SGD(0.1), clip=clip))
    return model.parameters.vector - before


def test_training_moves_along_the_clipped_gradient():
    free, clipped = trained(loss.MSE, None), trained(loss.MSE, optim.Clip(norm=1e-3))
    assert np.linalg.norm(clipped) == pytest.approx(1e-4, rel=1e-2)
    np.testing.assert_allclose(clipped / np.linalg.norm(clipped), free / np.linalg.norm(free))
    np.testing.assert_allclose(np.abs(trained(loss.MSE, optim.Clip(value=1e-3))), 1e-4)


@pytest.mark.parametrize("clip", [optim.Clip(norm=1), optim.Clip(value=1), optim.Clip(1, 1)])
def test_what_is_not_finite_is_found_before_it_is_clipped(clip):
    with pytest.raises(NonFiniteError, match="too large to square"):
        trained(huge_slope, clip)


def test_a_config_says_how_to_clip(tiny_config, tmp_path):
    opened = open_config(tiny_config, ["optimizer=SGD: 1", "training.clip_value=1e-6", "training.epochs=1"])
    with begin(opened.experiment, tmp_path, "tiny", opened.text, []) as job:
        vector = opened.experiment.model.parameters.vector
        before = vector.copy()
        records = list(job.records())
    assert 0 < np.abs(vector - before).max() <= 1.1e-6 * records[-1].step
