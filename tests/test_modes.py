"""Training and prediction: which layers tell them apart, that masks repeat, and what a trained model then says."""

import copy

import numpy as np
import pytest
from conftest import TINY, built, changed, numbers, run_zen, train_once
from test_nn import SHAPES

from zen_cli import autodiff as ad
from zen_cli import nn
from zen_cli.autodiff.dropout import LEVELS, keep_mask
from zen_cli.nn.layers import Moment, every_layer
from zen_cli.training import checkpoint, predictions
from zen_cli.training.run import Run

LAYERS = [(copy.deepcopy(layer), example) for layer, example, *_ in SHAPES]  # copied before a test builds them


def tells_apart(layer):
    """Whether training gives another output than prediction."""
    return isinstance(layer, nn.BatchNorm) or (isinstance(layer, nn.Dropout) and layer.rate > 0)


@pytest.mark.parametrize(("layer", "example"), LAYERS, ids=[type(layer).__name__ for layer, _ in LAYERS])
def test_training_is_prediction_but_for_the_layers_that_tell_them_apart(layer, example):
    model, x = built([layer], example), np.abs(numbers(3, *example)).round()  # Embedding takes whole numbers
    same = np.array_equal(model(x).value, model.in_training(x, step=1).value)
    assert same != any(map(tells_apart, every_layer(model.layers)))


# --- dropout ---


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_rate_is_what_is_dropped_and_the_mean_stays(rate):
    y = built([nn.Dropout(rate)], (1000,)).in_training(np.ones((200, 1000)), step=1).value
    np.testing.assert_allclose(np.unique(y), [0, 1 / (1 - rate)], rtol=1e-4)
    assert np.mean(y == 0) == pytest.approx(rate, abs=0.005)
    assert y.mean() == pytest.approx(1, abs=0.02)
    columns = y[:, :-1] * y[:, 1:]  # neighbours are dropped independently of each other
    assert columns.mean() == pytest.approx(1, abs=0.03)


def masks(seed=0, step=1, layers=2):
    model = built([nn.Dropout(0.5) for _ in range(layers)], (40,), seed)
    return model.in_training(np.ones((5, 40)), step).value


def test_masks_are_a_function_of_seed_step_and_place():
    assert np.array_equal(masks(), masks())
    different = [masks(), masks(seed=1), masks(step=2), masks(layers=1) ** 2, masks(layers=3) / 2]
    assert len({mask.tobytes() for mask in different}) == len(different)


def test_the_first_mask_is_this_one_with_every_numpy_on_every_machine():
    mask = keep_mask(Moment(seed=0, step=1).rng, (2, 8), LEVELS // 2)
    assert mask.astype(int).tolist() == [[1, 1, 0, 0, 1, 0, 0, 1], [0, 1, 1, 0, 1, 1, 1, 1]]


@pytest.mark.parametrize("shape", [(), (0, 3), (5,), (3, 7)])
def test_a_mask_has_any_shape(shape):
    mask = keep_mask(Moment(0, 1).rng, shape, LEVELS // 2)
    assert (mask.shape, mask.dtype) == (shape, bool)


@pytest.mark.parametrize("rate", [0.0, 1e-9])
def test_a_rate_of_next_to_nothing_keeps_everything(rate):
    y = ad.dropout(np.ones(1000, np.float32), rate, Moment(0, 1).rng)
    assert (y.dtype, set(y.value.tolist())) == (np.float32, {1})


@pytest.mark.parametrize("rate", [0.999, 0.9999, 1 - 1e-9])
def test_the_mean_stays_at_rates_next_to_one(rate):
    y = ad.dropout(np.ones(2**23, np.float32), rate, Moment(0, 1).rng).value
    assert y.mean(dtype=np.float64) == pytest.approx(1, abs=0.3 if rate > 0.9999 else 0.05)


# --- through the command line ---

BOTH = changed(
    TINY,
    "  - Linear: 1\n",
    """\
  - BatchNorm
  - Residual: [Dropout: 0.4, Linear: 2, BatchNorm, Tanh]
  - Dropout: 0.3
  - Linear: 1
""",
)


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("modes") / "both.yaml"
    path.write_text(BOTH, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def run(config):
    """A run of BOTH, only to be read."""
    return Run(train_once(config.parent / "runs", config))


def contents(run):
    return run.metrics.read_bytes(), checkpoint.load(run.checkpoints()[-1]).tensors


def test_two_trainings_are_equal_bit_for_bit(config, run, tmp_path):
    again, other = (Run(train_once(tmp_path, config, f"seed={seed}")) for seed in (0, 1))
    (metrics, tensors), (same, alike), (different, _) = map(contents, (run, again, other))
    assert (metrics == same, metrics == different) == (True, False)
    assert "2.Residual.2.BatchNorm.running_variance" in tensors
    assert all(tensors[name].tobytes() == alike[name].tobytes() for name in tensors)


def test_prediction_takes_the_running_statistics_and_drops_nothing(run):
    model, (_, tensors) = predictions.load(run).model, contents(run)
    x = numbers(6, 3, 1).astype(np.float32)
    p = {name.split(".", 1)[1] if name.startswith("2") else name: value for name, value in tensors.items()}

    def normalized(h, prefix):
        w, b, mean, variance = (p[f"{prefix}.{name}"] for name in ("w", "b", "running_mean", "running_variance"))
        return (h - mean) / np.sqrt(variance + 1e-5) * w + b

    h = normalized(model.layers[0](ad.Tensor(x)).value, "1.BatchNorm")
    h = h + np.tanh(normalized(h @ p["Residual.1.Linear.w"] + p["Residual.1.Linear.b"], "Residual.2.BatchNorm"))
    np.testing.assert_allclose(model(x).value, h @ p["4.Linear.w"] + p["4.Linear.b"], rtol=1e-5, atol=1e-6)
    assert not np.allclose(tensors["1.BatchNorm.running_mean"], 0)


def test_predictions_are_the_same_each_time_and_in_any_company(run):
    first, second = (run_zen("predict", run.path, "-o", "-") for _ in "ab")
    assert (first.code, first.out) == (0, second.out)
    model, x = predictions.load(run).model, numbers(9, 3, 1)
    together = model.predict(x)
    np.testing.assert_allclose(model.predict(x, batch_size=1), together, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.predict(x[::-1])[::-1], together, rtol=1e-5, atol=1e-6)
