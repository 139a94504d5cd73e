"""`zen evaluate`: the scores of a run's model on its own data and on others, beside the baselines."""

import json
import math
import re

import numpy as np
import pytest
from conftest import CONFIGS, run_zen, train_once, write_files

from zen_cli.metric import MAE, RMSE
from zen_cli.training import predictions
from zen_cli.training.run import Run

DATA = CONFIGS / "data"
AIR = """\
data:
  source: {CSV: {file: air.csv, target: passengers, index: month}}
  window: 6
  horizon: 3
  scaling: [Log1p, Standard]
  split: {train: 80, test: 24}
model: [Flatten, {Linear: 3}]
loss: MSE
optimizer: {Adam: 0.01}
training: {epochs: 2}
metrics: [MAE]
interval: 0.8
"""
IRIS = """\
data:
  source: {CSV: {file: iris.csv, target: species}}
  scaling: [Standard]
  split: {train: 0.6, test: 0.2, method: stratified}
model: [{Linear: 3}, Softmax]
loss: categorical_crossentropy
optimizer: {Adam: 0.05}
training: {epochs: 3}
"""
CURVE = """\
data:
  source: {Curve: {expression: sin(x), points: 40}}
  window: 3
  split: {train: 37}
model: [{RNN: {hidden_dim: 2}}, {Linear: 1}]
loss: MSE
optimizer: {SGD: 0.1}
training: {epochs: 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluate")
    tables = {"air.csv": DATA / "airline_passengers.csv", "iris.csv": DATA / "iris.csv"}
    write_files(folder, {name: path.read_text(encoding="utf-8") for name, path in tables.items()})
    write_files(folder, {"air.yaml": AIR, "iris.yaml": IRIS, "curve.yaml": CURVE})
    return folder


@pytest.fixture(scope="module")
def air(folder):
    return train_once(folder / "runs", folder / "air.yaml")


@pytest.fixture(scope="module")
def iris(folder):
    return train_once(folder / "runs", folder / "iris.yaml")


def scores_of(*arguments):
    outcome = run_zen("evaluate", *arguments, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    return json.loads(outcome.out)


# --- on its own data ---


def test_the_scores_are_those_that_training_left(air, iris):
    for run in (air, iris):
        trained = json.loads((run / "scores.json").read_text(encoding="utf-8"))
        assert scores_of(run) == {"test": trained["test"]}


def test_they_are_shown_as_people_know_them_beside_the_baselines(air):
    outcome = run_zen("evaluate", air)
    first, heading, model, *others = outcome.out.splitlines()
    assert (outcome.code, outcome.err) == (0, "")
    assert first == f"{air} on the test part, 22 examples"
    assert re.fullmatch(r"On the test part +RMSE +MAE", heading)
    assert re.fullmatch(r"the model +[\d.]+ +[\d.]+", model)
    assert [re.match(r"[a-z ]+(?: \(12\))?(?=  )", line)[0].strip() for line in others[:4]] == [
        "naive",
        "mean",
        "drift",
        "seasonal naive (12)",
    ]
    assert re.match(r"(Better|No better) than the best baseline, .*: RMSE .* on the test part", others[4])
    assert re.match(r"The 80 % intervals hold [\d.]+ % of 66 values of the test part", others[5])


def test_lines_are_plain_in_a_pipe(air):
    text = run_zen("evaluate", air).out
    assert not re.search(r"[\x1b\r│━┃]", text)


def test_without_a_test_part_it_is_the_validation_part(folder):
    run = train_once(folder / "runs", folder / "iris.yaml", "data.split.test=0")
    assert list(scores_of(run)) == ["validation"]


def test_without_either_there_is_nothing_to_score(folder):
    run = train_once(folder / "runs", folder / "curve.yaml")
    outcome = run_zen("evaluate", run)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"zen: {run}: it was trained on all of its data, which leaves none to score it on: name a file of others: "
        f"zen evaluate {run} FILE\n"
    )


def test_the_newest_run_is_taken_where_none_is_named(folder):
    newest = train_once(folder / "others", folder / "iris.yaml")
    assert run_zen("evaluate", "--runs", folder / "others").out.startswith(f"{newest} on the test part")
    on_file = run_zen("evaluate", folder / "iris.csv", "--runs", folder / "others")
    assert on_file.out.startswith(f"{newest} on iris.csv, 150 examples")


# --- on other data ---


def test_a_forecast_is_scored_on_a_file_as_on_the_part_that_it_is(air, folder):
    """The end of the series as a file of its own: the same windows, truth and predictions, and the same baselines."""
    lines = (folder / "air.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    write_files(folder, {"end.csv": "".join([lines[0], *lines[-24 - 6 :]])})
    own, other = scores_of(air)["test"], scores_of(air, folder / "end.csv")["data"]
    assert (other["examples"], other["left_out"]) == (22, 3)
    assert other["notes"] == ["Left out, since their truth is not known: 3 of 25 windows"]
    assert other["scores"] == pytest.approx(own["scores"], rel=1e-5)
    assert other["coverage"] == pytest.approx(own["coverage"], rel=1e-5)
    for name in ("naive", "mean"):
        assert other["baselines"][name] == pytest.approx(own["baselines"][name], rel=1e-12)
    assert list(other["baselines"]) == list(own["baselines"])


def test_the_numbers_are_those_of_the_predictions(air, folder):
    predicted = run_zen("predict", air, folder / "air.csv", "-o", "-").out.splitlines()[1:]
    rows = np.array([[float(cell or math.nan) for cell in line.split(",")[2:4]] for line in predicted])
    truth, said = rows.reshape(-1, 3, 2)[~np.isnan(rows[:, 0].reshape(-1, 3)).any(axis=1)].reshape(-1, 2).T
    found = scores_of(air, folder / "air.csv")["data"]["scores"]
    assert found["rmse"] == pytest.approx(RMSE(said[:, None], truth[:, None]), rel=1e-6)
    assert found["mae"] == pytest.approx(MAE(said[:, None], truth[:, None]), rel=1e-6)


def test_examples_whose_truth_is_unknown_are_left_out_and_counted(iris, folder):
    text = (folder / "iris.csv").read_text(encoding="utf-8")
    write_files(folder, {"some.csv": text.replace(",versicolor\n", ",\n")})
    found = scores_of(iris, folder / "some.csv")["data"]
    assert (found["examples"], found["left_out"]) == (100, 50)
    predictor = predictions.load(Run(iris))
    assert found["scores"].keys() == {name for name, _ in predictor.metrics}
    assert (
        "Left out, since their truth is not known: 50 of 150 examples"
        in run_zen("evaluate", iris, folder / "some.csv").out
    )


UNKNOWN = [
    (
        "iris",
        lambda lines: [line.rpartition(",")[0] for line in lines],
        "there is no column 'species' to score against",
    ),
    (
        "iris",
        lambda lines: [lines[0], *(f"{line.rpartition(',')[0]}," for line in lines[1:])],
        "there is nothing to score against: the truth is known of none of 150 examples",
    ),
    (
        "air",
        lambda lines: lines[:9],
        "it takes 9 values in a row, all of them known, to score a forecast, and there are fewer",
    ),
]


@pytest.mark.parametrize(("name", "change", "message"), UNKNOWN, ids=[row[2] for row in UNKNOWN])
def test_data_without_any_truth_are_refused(request, folder, name, change, message):
    lines = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    write_files(folder, {"bare.csv": "\n".join(change(lines)) + "\n"})
    outcome = run_zen("evaluate", request.getfixturevalue(name), folder / "bare.csv")
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"zen: bare.csv: {message}\n")


def test_baselines_that_cannot_be_made_any_more_are_named(tmp_path):
    texts = {name: (DATA / file).read_text(encoding="utf-8") for name, file in TABLES.items()}
    write_files(tmp_path, texts | {"air.yaml": AIR, "iris.yaml": IRIS})
    runs = {name: train_once(tmp_path / "runs", tmp_path / f"{name}.yaml") for name in ("air", "iris")}
    for name in ("air", "iris"):
        (tmp_path / f"{name}.csv").rename(tmp_path / f"moved_{name}.csv")
        kept, left_out = KEPT[name]
        found = scores_of(runs[name], tmp_path / f"moved_{name}.csv")["data"]
        assert list(found["baselines"]) == kept
        assert found["notes"][-1].startswith(f"Without {left_out}, made from the data that trained: ")
        assert found["notes"][-1].endswith(f"{tmp_path / name}.csv: there is no such file")
        assert run_zen("evaluate", runs[name]).code == 3


TABLES = {"air.csv": "airline_passengers.csv", "iris.csv": "iris.csv"}
KEPT = {
    "air": (["naive", "drift"], "the mean and the seasonal baseline"),
    "iris": ([], "the most frequent class and logistic regression"),
}


def test_json_is_one_object_without_infinities(air):
    outcome = run_zen("evaluate", air, "--json")
    (part,) = json.loads(outcome.out, parse_constant=pytest.fail).values()
    assert part["verdict"]
    assert part["coverage"]["count"] == 66
