"""Residual: a container, so also what containers mean for names, ownership, errors, training and configs."""

import numpy as np
import pytest
from conftest import TINY, built, changed, numbers, placed, resolved

from zen_cli import autodiff as ad
from zen_cli import nn, optim
from zen_cli.config.build import from_stored, open_config
from zen_cli.config.meaning.doubts import warnings
from zen_cli.config.resolve import resolve
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.reader import read_text
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Moment
from zen_cli.training.checkpoint import load, save
from zen_cli.training.state import State


def nested():
    """Takes sequences (6, 4)."""
    inner = nn.Residual([nn.Linear(3), nn.Tanh(), nn.Linear(4)])
    return nn.Residual([nn.RNN(4, hidden_dim=5, return_sequences=True), inner, nn.LayerNorm()])


def randomized(layers, example):
    model = built(layers, example)
    model.parameters.vector[:] = np.random.default_rng(5).normal(size=model.size)
    return model


# --- the equation ---


def test_it_is_its_input_plus_what_its_layers_make_of_it():
    model, x = randomized([nn.Residual([nn.Linear(5), nn.Tanh(), nn.Linear(4)])], (4,)), numbers(3, 4)
    w1, b1, w2, b2 = (p.value for p in model.parameters)
    np.testing.assert_allclose(model(x).value, x + np.tanh(x @ w1 + b1) @ w2 + b2, rtol=1e-12)


def test_it_has_the_right_gradient():
    model, x = randomized([nested()], (6, 4)), numbers(2, 6, 4)
    assert ad.gradient_error(model, x) < 1e-6


def test_its_parameters_have_the_right_gradient():
    """Against the slope along random directions."""
    model, x = randomized([nested()], (6, 4)), numbers(2, 6, 4)
    model(x).backward(np.ones(x.shape))
    vector, middle = model.parameters.vector, model.parameters.vector.copy()
    for direction in numbers(5, model.size):
        ends = []
        for step in (1e-6, -1e-6):
            vector[:] = middle + step * direction
            ends.append(model(x).value.sum())
        assert model.parameters.gradient @ direction == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-6)


def test_its_layers_are_told_of_training_and_draw_one_after_the_other():
    drops = [nn.Dropout(0.5), nn.Residual([nn.Dropout(0.5), nn.Residual([nn.Dropout(0.5)])])]
    model, x = built(drops, (50,)), np.ones((2, 50))
    rng = Moment(seed=0, step=3).rng
    first, second, third = (ad.dropout(x, 0.5, rng).value for _ in range(3))
    inner = first * second
    np.testing.assert_allclose(model.in_training(x, 3).value, first + inner + inner * third)
    np.testing.assert_array_equal(model(x).value, 3 * x)


def test_recurrent_layers_in_it_run_as_one(monkeypatch):
    """As in a model: with `stages` or without, the numbers are the same."""
    layers = [nn.Residual([nn.RNN(hidden_dim=4, return_sequences=True) for _ in range(3)])]
    model, x = randomized(layers, (12, 4)), numbers(2, 12, 4)
    (residual,) = model.layers
    assert (len(residual.stages), len(residual.parts)) == (1, 3)
    together = model(x).value
    monkeypatch.setattr(residual, "stages", residual.parts)
    np.testing.assert_allclose(model(x).value, together, rtol=1e-10)


def test_states_carried_from_batch_to_batch_are_forgotten_in_it_too():
    forgotten = []

    class Memory(nn.Tanh):
        def reset_states(self):
            forgotten.append(self)

    memories = [Memory(), Memory()]
    built([nn.Residual([memories[0], nn.Residual([memories[1]])])], (4,)).reset_states()
    assert forgotten == memories


# --- names, ownership and shapes ---


def test_parameters_are_named_by_the_places_that_lead_to_them():
    model = built([nn.Tanh(), nn.Tanh(), nn.Residual([nn.Linear(4), nn.Residual([nn.Tanh(), nn.BatchNorm()])])], (4,))
    inner = [f"2.Residual.1.Residual.1.BatchNorm.{name}" for name in ("w", "b", "running_mean", "running_variance")]
    assert list(model.parameters.arrays()) == ["2.Residual.0.Linear.w", "2.Residual.0.Linear.b", *inner]
    assert [(row.name, row.output, row.parameters) for row in model.summary[2:]] == [("Residual", (4,), 4 * 4 + 4 + 8)]


def same_twice(layers):
    return lambda layer: built(layers(layer), (4,))


def in_two_models(layer):
    built([nn.Residual([layer])], (4,))
    built([layer], (4,))


SHARED = {
    "in one residual": same_twice(lambda layer: [nn.Residual([layer, layer])]),
    "in two residuals": same_twice(lambda layer: [nn.Residual([layer]), nn.Residual([nn.Tanh(), layer])]),
    "outside and inside": same_twice(lambda layer: [layer, nn.Residual([nn.Residual([layer])])]),
    "in two models": in_two_models,
}


@pytest.mark.parametrize("build", SHARED.values(), ids=SHARED)
def test_a_layer_belongs_to_one_place_whatever_it_is_in(build):
    with pytest.raises(ValueError, match="a layer belongs to one place"):
        build(nn.Linear(4))


def test_it_needs_a_layer():
    with pytest.raises(ValueError, match="at least one layer"):
        nn.Residual([])


# the layers, the shape of an example, where the problem is, words of the message
MISFITS = [
    ([nn.Linear(5)], (4,), (1,), r"shape \(5,\) and the input \(4,\): end its layers with Linear: 4"),
    ([nn.Linear(5)], (6, 4), (1,), r"\(6, 5\) and the input \(6, 4\): end its layers with Linear: 4"),
    ([nn.RNN(hidden_dim=4)], (6, 4), (1,), r"\(4,\) and the input \(6, 4\): .* return_sequences: true"),
    ([nn.Tanh(), nn.RNN(hidden_dim=4)], (4,), (1, "Residual", "layers", 1), "RNN expects sequences"),
    (
        [nn.Residual([nn.Tanh(), nn.Linear(3)])],
        (4,),
        (1, "Residual", "layers", 0),
        r"\(3,\) and the input \(4,\)",
    ),
    (
        [nn.Residual([nn.RNN(hidden_dim=4)])],
        (4,),
        (1, "Residual", "layers", 0, "Residual", "layers", 0),
        "RNN expects sequences",
    ),
]


@pytest.mark.parametrize(("layers", "example", "path", "words"), MISFITS)
def test_a_misfit_is_placed_and_told(layers, example, path, words):
    with pytest.raises(ShapeError, match=words) as caught:
        nn.Model([nn.Tanh(), nn.Residual(layers)]).plan(example)
    assert caught.value.layer == path


# --- in a config ---

RESIDUAL = changed(
    TINY,
    "  - RNN: {hidden_dim: 2}\n",
    """\
  - RNN: {hidden_dim: 2, return_sequences: true}
  - Residual:
      - RNN: {hidden_dim: 2, return_sequences: true}
      - Residual: [Linear: 3, Dropout: 0.1, Linear: 2]
      - BatchNorm
  - RNN: {hidden_dim: 2}
""",
)
INNER = "model.1.Residual.layers"
# arguments, where the problem is, its key, words of the message
REFUSED = [
    ([f"{INNER}.1.Residual.layers.2.Linear.units=4"], "9:9", f"{INNER}.1", "shape (3, 4) and the input (3, 2)"),
    ([f"{INNER}.0.RNN.return_sequences=false"], "7:5", "model.1", "shape (2,) and the input (3, 2)"),
    ([f"{INNER}.2=Softmx"], "1:27", f"{INNER}.2", "no layer named 'Softmx'"),
    ([f"{INNER}.1.Residual=Linear"], "1:36", f"{INNER}.1.Residual.layers", "expected a list of layers"),
    ([f"{INNER}=[]"], "1:25", INNER, "got an empty list"),
    ([f"{INNER}.1.Residual.layers.1.Dropout.rate=1"], "1:58", f"{INNER}.1.Residual.layers.1.Dropout.rate", ">= 0 and"),
]


def test_an_inner_setting_can_be_overridden_in_every_spelling():
    units = f"{INNER}.1.Residual.layers.0.Linear.units=7"
    spelt_out = changed(RESIDUAL, "[Linear: 3,", "{layers: [Linear: {units: 3},").replace("Linear: 2]", "Linear: 2]}")
    for text in (RESIDUAL, spelt_out):
        values = resolved(text, units)
        assert values == resolved(changed(RESIDUAL, "Linear: 3", "Linear: 7"))


@pytest.mark.parametrize(("arguments", "place", "path", "words"), REFUSED, ids=[case[0][0] for case in REFUSED])
def test_a_problem_inside_is_told_at_its_place(problems_of, arguments, place, path, words):
    (problem,) = problems_of(RESIDUAL, *arguments)
    assert (placed(problem), problem.path) == (place, path)
    assert words in problem.message


def test_warnings_reach_inside():
    text = changed(RESIDUAL, "      - BatchNorm\n", "      - RNN: {units: 3, hidden_dim: 2}\n")
    (warning,) = warnings(resolve(read_text(text, "c.yaml")))
    assert warning == f"c.yaml:10:22: {INNER}.2.RNN.units: no effect without return_sequences: true"


def deep(count):
    """A config of so many residuals in each other."""
    return changed(RESIDUAL, "Dropout: 0.1", "Residual: [" * count + "Tanh" + "]" * count)


def test_a_config_is_refused_rather_than_stored_too_deep_to_be_read(tmp_path, problems_of):
    path, count = tmp_path / "deep.yaml", 1
    while True:
        path.write_text(deep(count), encoding="utf-8")
        try:
            config = open_config(path, []).experiment.config
        except ConfigError:
            break
        assert from_stored(config, None, tmp_path, "stored").config == config
        count += 1
    (problem,) = problems_of(deep(count))
    assert (count > 5, problem.path, problem.hint) == (True, "model.1", "remove `model.1`")
    assert problem.message.startswith("this is nested 33 levels deep")


def test_a_checkpoint_brings_back_parameters_and_running_statistics(tmp_path):
    def model():
        return built([nn.Residual([nn.Linear(4), nn.BatchNorm()]), nn.Linear(1)], (4,))

    trained, optimizer = model(), optim.Adam()
    trained.train(numbers(8, 4), numbers(8, 1), epochs=3, optimizer=optimizer, progress=False)
    save(tmp_path / "c", State.of(trained, optimizer, in_epoch=False), {"step": 1, "config": {}})
    other = model()
    load(tmp_path / "c").state.restore_values(other)
    assert "0.Residual.1.BatchNorm.running_mean" in other.parameters.arrays()
    np.testing.assert_array_equal(other(numbers(3, 4)).value, trained(numbers(3, 4)).value)
