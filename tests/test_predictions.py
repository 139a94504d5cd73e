"""What a model says of its data and beyond them, of one whose answers are known: it goes on with straight lines."""

import math

import numpy as np
import pytest
from conftest import run_zen, write_files

from zen_cli.config.build import new_data, open_config
from zen_cli.errors import DataError, UserError
from zen_cli.training import predictions
from zen_cli.training.evaluation import answers, known
from zen_cli.training.predictions import Said, as_csv

CONFIG = """\
data:
  source: {CSV: {file: t.csv, target: y}}
  window: 2
  split: {train: 8, test: 4}
model: [Flatten, {Linear: 1}]
loss: MSE
optimizer: Adam
training: {dtype: float64}
"""
SCALED = [
    "data.scaling=[]",
    "data.scaling=[MinMax]",
    "data.scaling=[Difference]",
    "data.scaling=[{Difference: 2}, Standard]",
]


def line(start, slope, count=20):
    return [start + slope * i for i in range(count)]


def csv_of(**columns):
    rows = zip(*columns.values(), strict=True)
    return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n"


def lines_from(features, targets, steps):
    """Weights (2 * features, steps * targets) with which each of the first channels goes on straight."""
    w = np.zeros((2, features, steps, targets))
    for channel in range(targets):
        w[0, channel, :, channel] = -np.arange(1, steps + 1)
        w[1, channel, :, channel] = np.arange(2, steps + 2)
    return w.reshape(2 * features, steps * targets)


@pytest.fixture
def straight(tmp_path):
    """The experiment of a config with this table, whose model goes on with straight lines."""

    def straight(table, *changes):
        write_files(tmp_path, {"t.csv": table, "c.yaml": CONFIG})
        experiment = open_config(tmp_path / "c.yaml", changes).experiment
        experiment.model.build()
        (window, features), targets = experiment.preparation.input_shape, len(experiment.task.names)
        assert window == 2
        arrays = experiment.model.parameters.arrays()
        arrays["1.Linear.w"][...] = lines_from(features, targets, experiment.preparation.target_shape[0] // targets)
        arrays["1.Linear.b"][...] = 0
        return experiment

    return straight


def in_lists(table):
    return {name: np.asarray(column).tolist() for name, column in table.items()}


# --- of its own data ---


@pytest.mark.parametrize("scaling", SCALED)
@pytest.mark.parametrize("strategy", ["direct", "recursive"])
@pytest.mark.parametrize("horizon", [1, 3])
def test_several_steps_are_predicted_at_once_or_from_those_before(straight, scaling, strategy, horizon):
    outputs = horizon if strategy == "direct" else 1
    changes = [f"data.horizon={horizon}", f"data.strategy={strategy}", f"model.1.Linear.units={outputs}"]
    experiment = straight(csv_of(y=line(7, 3)), scaling, *changes)
    for _, part in experiment.data.parts.named():
        found = answers(experiment, experiment.data, part)
        np.testing.assert_allclose(found.predictions, experiment.data.truth(part), rtol=1e-9)
        assert found.predictions.shape == (len(found.predictions), horizon)
        assert found.loss == pytest.approx(0, abs=1e-15)


def test_a_table_has_a_row_for_each_step_with_its_part(straight):
    experiment = straight(csv_of(y=line(0, 1, 12)), "data.horizon=2", "model.1.Linear.units=2", "data.split.train=6")
    (table,) = Said(experiment, experiment.data).tables()
    assert in_lists(table) == {
        "row": [2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 9, 10, 10, 11],
        "step": [1, 2] * 8,
        "truth": [2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 9, 10, 10, 11],
        "prediction": pytest.approx([2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 9, 10, 10, 11]),
        "part": ["train"] * 10 + ["test"] * 6,
    }


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_tables_come_some_examples_at_a_time(straight, monkeypatch, at_once):
    experiment = straight(csv_of(y=line(7, 3)), "data.scaling=[Standard]")
    (whole,) = Said(experiment, experiment.data).tables()
    monkeypatch.setattr(predictions, "AT_ONCE", at_once)
    tables = list(Said(experiment, experiment.data).tables())
    assert len(tables) == -(-18 // at_once)
    assert b"".join(as_csv(tables)) == b"".join(as_csv([whole]))


def test_what_is_not_known_is_an_empty_cell_and_not_scored(straight, tmp_path):
    experiment = straight(csv_of(y=line(7, 3)))
    write_files(tmp_path, {"new.csv": "y\n1\n2\n4\n"})
    new = new_data(experiment, str(tmp_path / "new.csv"))
    found = answers(experiment, new, slice(0, 2))
    assert found.predictions.ravel().tolist() == pytest.approx([3, 6])
    assert math.isnan(found.loss)
    pred, real = known(found.predictions, new.truth(slice(0, 2)))
    assert (pred.tolist(), real.tolist()) == ([[pytest.approx(3)]], [[4]])
    text = b"".join(as_csv(Said(experiment, new).tables())).decode()
    assert text == "row,truth,prediction,part\n2,4,3,test\n3,,6,test\n"


# --- beyond the end ---


@pytest.mark.parametrize("scaling", SCALED)
@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("steps", [1, 3, 7])
def test_it_goes_on_beyond_the_end_with_its_own_predictions(straight, scaling, horizon, steps):
    experiment = straight(csv_of(y=line(7, 3)), scaling, f"data.horizon={horizon}", f"model.1.Linear.units={horizon}")
    latest = experiment.preparation.dataset(experiment.source.load(0).as_series())
    beyond = predictions.extrapolation(experiment, latest, steps)
    assert in_lists(beyond)["row"] == list(range(20, 20 + steps))
    np.testing.assert_allclose(beyond["prediction"], line(67, 3, steps), rtol=1e-9)


def test_it_goes_on_with_each_channel_of_each_series(straight):
    tables = {"shop": ["a"] * 20 + ["b"] * 20, "day": [f"2024-01-{day:02d}" for day in range(1, 21)] * 2}
    tables |= {"y": line(0, 1) + line(100, -2), "z": line(5, 0) + line(0, 10)}
    source = [f"data.source.CSV.{said}" for said in ("target=[y, z]", "series=shop", "index=day")]
    experiment = straight(csv_of(**tables), *source, "model.1.Linear.units=2", "data.scaling=[Standard]")
    latest = experiment.preparation.dataset(experiment.source.load(0).as_series())
    beyond = in_lists(predictions.extrapolation(experiment, latest, 3))
    assert beyond.pop("series") == ["a"] * 3 + ["b"] * 3
    assert beyond.pop("day") == ["2024-01-21", "2024-01-22", "2024-01-23"] * 2
    assert beyond["prediction_y"] == pytest.approx([20, 21, 22, 60, 58, 56])
    assert beyond["prediction_z"] == pytest.approx([5, 5, 5, 200, 210, 220])


@pytest.mark.parametrize("known_until", ["past", "future"])
def test_it_goes_on_as_far_as_the_other_columns_are_known(straight, tmp_path, known_until):
    table = csv_of(y=line(7, 3), z=line(0, 1))
    experiment = straight(table, f"data.source.CSV.{known_until}=[z]", "data.horizon=2", "model.1.Linear.units=2")
    write_files(tmp_path, {"new.csv": table + (",20\n,21\n" if known_until == "future" else "")})
    latest = new_data(experiment, str(tmp_path / "new.csv"))
    beyond = predictions.extrapolation(experiment, latest, 2)
    assert in_lists(beyond)["row"] == [20, 21]
    np.testing.assert_allclose(beyond["prediction"], line(67, 3, 2), rtol=1e-9)
    with pytest.raises(UserError, match=r"predicts 2 steps at once: each step after them needs values of the other"):
        predictions.extrapolation(experiment, latest, 3)


def test_a_series_that_is_shorter_than_a_window_does_not_go_on(straight, tmp_path):
    tables = {"shop": ["a"] * 20 + ["b"] * 20, "y": line(0, 1) + line(100, -2)}
    experiment = straight(csv_of(**tables), "data.source.CSV.series=shop")
    write_files(tmp_path, {"new.csv": csv_of(shop=["a", "b", "b"], y=[1, 1, 2])})
    new = new_data(experiment, str(tmp_path / "new.csv"))
    with pytest.raises(DataError, match="the model looks at 2 values to predict, but there are fewer"):
        predictions.extrapolation(experiment, new, 1)


# --- classes that nobody has told ---


def test_the_loss_of_classes_that_are_not_known_is_not_known(tmp_path):
    config = CONFIG.replace("target: y", "target: kind").replace("  window: 2\n", "")
    config = config.replace("[Flatten, {Linear: 1}]", "[{Linear: 2}, Softmax]")
    config = config.replace("MSE", "categorical_crossentropy")
    write_files(tmp_path, {"t.csv": csv_of(x=range(12), kind=["a", "b"] * 6), "c.yaml": config})
    experiment = open_config(tmp_path / "c.yaml", []).experiment
    experiment.model.build()
    write_files(tmp_path, {"new.csv": "x,kind\n1,a\n2,\n3,b\n"})
    new = new_data(experiment, str(tmp_path / "new.csv"))
    assert new.truth(slice(0, 3)).tolist() == [0, -1, 1]
    assert math.isnan(answers(experiment, new, slice(0, 3)).loss)
    assert answers(experiment, new, np.array([0, 2])).loss > 0
    pred, real = known(answers(experiment, new, slice(0, 3)).predictions, new.truth(slice(0, 3)))
    assert (pred.shape, real.tolist()) == ((2, 2), [0, 1])


@pytest.mark.parametrize("missing", ["drop", "fill", "interpolate"])
def test_a_series_with_gaps_trains_is_predicted_and_drawn(tmp_path, missing):
    values = ["" if i in (5, 6, 20, 33, 37) else math.sin(i) for i in range(44)]
    write_files(tmp_path, {"t.csv": csv_of(x=range(44), y=values), "c.yaml": CONFIG})
    source = ["data.source.CSV.index=x", f"data.source.CSV.missing={missing}"]
    trained = run_zen("train", tmp_path / "c.yaml", *source, "data.split={}", "training.epochs=1", "--runs", tmp_path)
    assert trained.code == 0, trained.err
    for command in ("predict", "plot"):
        outcome = run_zen(command, "--runs", tmp_path)
        assert (outcome.code, outcome.err) == (0, "")
    beyond = run_zen("predict", "--steps", 2, "--runs", tmp_path, "-o", "-")
    assert [row.split(",")[0] for row in beyond.out.split()] == ["x", "44", "45"]
