"""Targets: which losses and metrics fit them, which outputs a loss needs, and how it reads them."""

import csv
import io
import json
import math

import numpy as np
import pytest
from conftest import CLASSES, SERIES, changed, placed, run_zen, train_once

from zen_cli import loss
from zen_cli.config.build import open_config
from zen_cli.data.tasks import Classification, Forecast, Regression
from zen_cli.errors import UserError
from zen_cli.training import predictions
from zen_cli.training.evaluation import held_out_scores
from zen_cli.training.predictions import Said
from zen_cli.training.run import Run
from zen_cli.training.scores import scores_by_part

# --- what does not go together ---

NEEDS = "outputs of shape (1,), but {} of these targets needs {}"
OF_SERIES = [  # in SERIES: what is changed, what to; where that is seen, the key, words of the message and the hint
    (
        "MSE",
        "binary_crossentropy",
        "12:7",
        "loss",
        "compares classes, but the targets are values of a",
        "use `MSE`, `MAE`,",
    ),
    ("MSE", "quantile", "11:13", "model.3.Linear.units", NEEDS.format("quantile", "(3,)"), "write `3`"),
    ("MSE", "{quantile: [0.1, 0.9]}", "11:13", "model.3.Linear.units", NEEDS.format("quantile", "(2,)"), "write `2`"),
    ("MSE", "gaussian_nll", "11:13", "model.3.Linear.units", NEEDS.format("gaussian_nll", "(2,)"), "write `2`"),
    (
        "MSE",
        "{quantile: [0.5, 0.1]}",
        "12:18",
        "loss.quantile.quantiles",
        "but they are [0.5, 0.1]",
        "write `[0.1, 0.5]`",
    ),
    ("MSE", "{quantile: [0.5, 0.5]}", "12:18", "loss.quantile.quantiles", "but they are [0.5, 0.5]", "write `[0.5]`"),
    ("MSE", "{quantile: [0.1, 1]}", "12:24", "loss.quantile.quantiles.1", "expected a number > 0 and < 1, got 1", ""),
    ("MSE", "{quantile: 0.5}", "12:18", "loss.quantile.quantiles", "expected a list, each a number > 0 and < 1", ""),
    ("MSE", "{quantile: []}", "12:18", "loss.quantile.quantiles", "got an empty list", ""),
    ("MSE", "{Huber: 0}", "12:15", "loss.Huber.delta", "expected a number > 0, got 0", ""),
    (
        "seed: 0",
        "metrics: [accuracy]",
        "1:11",
        "metrics.0",
        "not suit the targets, which are values",
        "use `RMSE`, `MAE`,",
    ),
    ("seed: 0", "metrics: [MAE, MAPEE]", "1:16", "metrics.1", "no metric named 'MAPEE'", "did you mean `MAPE`?"),
    ("seed: 0", "metrics: MAE", "1:10", "metrics", 'expected a list of metrics, each after a dash, got "MAE"', ""),
    ("seed: 0", "metrics: [1]", "1:11", "metrics.0", "expected the name of a metric, got 1", "use `RMSE`, `MAE`,"),
    ("seed: 0", "metrics: [{MASE: 0}]", "1:18", "metrics.0.MASE.season", "expected a whole number >= 1", ""),
    ("seed: 0", "metrics: [{MASE: 10}]", "1:18", "metrics.0.MASE.season", "less than the 10 examples that train", ""),
    ("seed: 0", "metrics: [{MAE: 1}]", "1:11", "metrics.0", "MAE takes no value, got 1", "write `MAE`"),
]
LOSS = "loss: categorical_crossentropy"
FROM_LOGITS = "loss: {categorical_crossentropy: {from_logits: true}}"
OF_CLASSES = [
    (
        LOSS,
        "loss: MSE",
        "7:7",
        "loss",
        "compares values, but the targets are classes",
        "use `categorical_crossentropy` or",
    ),
    (
        LOSS,
        "loss: binary_crossentropy",
        "6:5",
        "model.1",
        "needs the probabilities of Sigmoid, but the model ends with Softmax",
        "use `Sigmoid`",
    ),
    (
        LOSS,
        FROM_LOGITS,
        "7:48",
        "loss.categorical_crossentropy.from_logits",
        "Softmax is left to the loss",
        "remove `model.1`; or remove `loss.categorical_crossentropy.from_logits`",
    ),
    (
        "optimizer: Adam",
        "optimizer: Adam\nmetrics: [MAE]",
        "9:11",
        "metrics.0",
        "which are classes",
        "use `accuracy`, `top_k`,",
    ),
    (
        "optimizer: Adam",
        "optimizer: Adam\nmetrics: [top_k]",
        "9:11",
        "metrics.0.top_k.k",
        "less than the 4 classes, got 5",
        "",
    ),
    (
        "optimizer: Adam",
        "optimizer: Adam\nmetrics: [{top_k: 4}]",
        "9:19",
        "metrics.0.top_k.k",
        "the 4 classes, got 4",
        "",
    ),
]
CASES = [(SERIES, *case) for case in OF_SERIES] + [(CLASSES, *case) for case in OF_CLASSES]


@pytest.mark.parametrize(("text", "old", "new", "place", "path", "words", "hint"), CASES, ids=[c[2] for c in CASES])
def test_what_does_not_go_together_is_told_where_and_how(problems_of, text, old, new, place, path, words, hint):
    (problem,) = problems_of(changed(text, old, new))
    assert (placed(problem), problem.path) == (place, path)
    assert words in problem.message
    assert hint in problem.hint


# --- what does ---

ENDINGS = {
    "categorical_crossentropy": ["Linear: 4", "Softmax"],
    "{categorical_crossentropy: {from_logits: true}}": ["Linear: 4"],
    "{categorical_crossentropy: {label_smoothing: 0.1}}": ["Linear: 4", "Softmax"],
    "binary_crossentropy": ["Linear: 4", "Sigmoid"],
    "{binary_crossentropy: true}": ["Linear: 4"],
}


def experiment_of(tmp_path, text, *changes):
    (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
    return open_config(tmp_path / "c.yaml", changes).experiment


@pytest.mark.parametrize(("written", "layers"), ENDINGS.items(), ids=list(ENDINGS))
def test_predictions_of_classes_are_probabilities_whatever_the_model_gives(tmp_path, written, layers):
    experiment = experiment_of(tmp_path, CLASSES, f"loss={written}", f"model=[{', '.join(layers)}]")
    (table,) = Said(experiment, experiment.data).tables()
    p = np.array([table[f"probability_{label}"] for label in experiment.data.task.labels])
    assert ((p > 0) & (p < 1)).all()
    if "binary" not in written:
        np.testing.assert_allclose(p.sum(axis=0), 1, rtol=1e-6)


def two_classes(outputs, from_logits=False):
    return loss.OF_CLASSES["binary_crossentropy"][1]({"from_logits": from_logits}).prediction(np.array(outputs))


def test_of_two_classes_the_output_is_the_probability_of_the_second():
    read = loss.OF_CLASSES["binary_crossentropy"][1]({"from_logits": False})
    assert (read.shape((2,)), read.shape((5, 2)), read.shape((3,))) == ((1,), (5, 1), (3,))
    np.testing.assert_allclose(two_classes([[0.2], [0.9]]), [[0.8, 0.2], [0.1, 0.9]])
    np.testing.assert_allclose(two_classes([[0.0], [math.log(3)]], True), [[0.5, 0.5], [0.25, 0.75]])


QUANTILES = [  # which there are, and what is the median of 1, 2, 3, ...
    ([0.1, 0.5, 0.9], 2),
    ([0.5], 1),
    ([0.25, 0.75], 1.5),
    ([0.4, 0.8], 1.25),
    ([0.6, 0.9], 1),
    ([0.1, 0.2], 2),
]


@pytest.mark.parametrize(("quantiles", "median"), QUANTILES)
def test_the_prediction_of_quantiles_is_the_median_or_lies_between_its_neighbours(quantiles, median):
    read = loss.OF_VALUES["quantile"][1]({"quantiles": quantiles})
    outputs = np.arange(1.0, len(quantiles) + 1)[None]
    assert read.shape((1,)) == (len(quantiles),)
    np.testing.assert_allclose(read.prediction(outputs), [[median]], rtol=1e-15)
    assert {name: values.tolist() for name, values in read.spread(outputs).items()} == {
        f"quantile_{q}": [[i]] for i, q in enumerate(quantiles, start=1)
    }


def test_several_values_have_their_quantiles_and_variances_one_after_the_other():
    read = loss.OF_VALUES["quantile"][1]({"quantiles": [0.1, 0.5]})
    assert (read.shape((3,)), read.shape((4, 3))) == ((6,), (4, 6))
    assert read.prediction(np.arange(6.0)[None]).tolist() == [[1, 3, 5]]
    assert read.spread(np.arange(6.0)[None])["quantile_0.1"].tolist() == [[0, 2, 4]]
    read = loss.OF_VALUES["gaussian_nll"][1]({"epsilon": 1e-4})
    assert read.shape((3,)) == (6,)
    outputs = np.array([[7, 0, 8, math.log(4), 9, -50]])
    assert read.prediction(outputs).tolist() == [[7, 8, 9]]
    np.testing.assert_allclose(read.spread(outputs)["std"], [[1, 2, 1e-2]])


UNCERTAIN = {
    "{quantile: [0.1, 0.5, 0.9]}": (3, ["quantile_0.1", "quantile_0.5", "quantile_0.9"]),
    "gaussian_nll": (2, ["std"]),
}


@pytest.mark.parametrize(("written", "outputs", "columns"), [(k, *v) for k, v in UNCERTAIN.items()], ids=["q", "g"])
def test_what_a_model_knows_of_its_errors_stands_beside_its_predictions(tmp_path, written, outputs, columns):
    (tmp_path / "c.yaml").write_text(changed(SERIES, "- Linear: 1\n", f"- Linear: {outputs}\n"), encoding="utf-8")
    run = train_once(tmp_path, tmp_path / "c.yaml", f"loss={written}")
    rows = list(csv.DictReader(io.StringIO(run_zen("predict", run, "-o", "-").out)))
    assert list(rows[0]) == ["x", "truth", "prediction", *columns, "part"]
    values = "".join(f"{math.sin(i)!r}\n" for i in range(20)).encode()
    new = list(csv.DictReader(io.StringIO(run_zen("predict", run, "-", "-o", "-", stdin=values).out)))
    assert list(new[0]) == ["index", "truth", "prediction", *columns]
    assert [row["prediction"][:7] for row in new[:15]] == [row["prediction"][:7] for row in rows]
    beyond = list(csv.DictReader(io.StringIO(run_zen("predict", run, "--steps", 2, "-o", "-").out)))
    assert beyond[0]["prediction"][:7] == new[-1]["prediction"][:7]
    assert run_zen("plot", run, "--steps", 2).code == 0


# --- scores ---


def test_metrics_stand_in_records_lines_and_tables(tmp_path):
    (tmp_path / "c.yaml").write_text(SERIES, encoding="utf-8")
    metrics = "metrics=[MAE, RMSE, R2, {MASE: 3}, MASE]"
    trained = run_zen("train", tmp_path / "c.yaml", metrics, "--runs", tmp_path)
    assert trained.code == 0
    last = Run(tmp_path / "c-1").records()[-1]
    scores = [key for key in last if key.startswith("val_")]
    assert scores == ["val_loss", "val_rmse", "val_mae", "val_r2", "val_mase_3", "val_mase"]
    for key, title in zip(scores[1:], ["RMSE", "MAE", "R2", "MASE 3", "MASE"], strict=True):
        assert f"{key} {last[key]:.4g}" in trained.err
        assert f"│ {title:<8} │" in trained.err
    assert last["val_rmse"] == pytest.approx(math.sqrt(last["val_loss"]), rel=1e-6)


def test_the_table_at_the_end_has_the_scores_of_the_last_epoch(tmp_path):
    experiment = experiment_of(
        tmp_path, CLASSES, "metrics=[perplexity, F1, {F1: {per_class: true}}]", "loss={categorical_crossentropy: {}}"
    )
    in_the_loop = held_out_scores(experiment)
    found = scores_by_part(Said(experiment, experiment.data))
    assert {part: scores.examples for part, scores in found.items()} == {"train": 16, "validation": 4}
    at_the_end = found["validation"].scores
    assert in_the_loop.pop("val_loss") == pytest.approx(math.log(at_the_end["perplexity"]), rel=1e-6)
    assert in_the_loop == pytest.approx({f"val_{name}": score for name, score in at_the_end.items()}, rel=1e-6)
    labels = ["number", "fizz", "buzz", "fizzbuzz"]
    assert list(at_the_end) == ["accuracy", "perplexity", "f1", *(f"f1_{label}" for label in labels)]


def test_a_score_that_is_not_finite_is_null_in_the_record(tmp_path):
    (tmp_path / "c.yaml").write_text(changed(SERIES, "sin(x)", "floor(x / 15)"), encoding="utf-8")
    run = train_once(tmp_path, tmp_path / "c.yaml", "metrics=[MASE]")
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line, parse_constant=pytest.fail) for line in lines]
    assert [record["val_mase"] for record in records] == [
        None,
        None,
    ]  # all that trained is 0: the naive forecast is right


def test_metrics_may_be_an_empty_list(tmp_path):
    names = [name for name, _ in experiment_of(tmp_path, SERIES, "metrics=[]").metrics]
    assert names == ["rmse"]


# --- tasks ---


def test_a_task_says_what_its_targets_are():
    series, numbers, classes = Forecast(("y",)), Regression(("a",)), Classification(("no", "yes"))
    assert (series.prediction_shape((1,)), numbers.prediction_shape((3,))) == ((1,), (3,))
    assert (classes.prediction_shape(()), classes.prediction_shape((7,))) == ((2,), (7, 2))
    assert series.losses is numbers.losses
    assert series.losses.keys().isdisjoint(classes.losses)
    assert series.metrics.keys().isdisjoint(classes.metrics)
    assert series.metrics.keys() - numbers.metrics.keys() == {"MASE"}  # examples have no value before them


def in_lists(columns):
    return {name: np.asarray(column).tolist() for name, column in columns.items()}


def test_a_class_that_nobody_has_told_is_an_empty_cell():
    task = Classification(("no", "yes"))
    assert task.column("truth", np.array([1, 0, -1])) == {"truth": ["yes", "no", ""]}


def test_a_class_stands_beside_the_probabilities_of_all():
    columns = in_lists(Classification(("no", "yes")).columns(np.array([[0.4, 0.6], [0.9, 0.1]])))
    assert columns == {"prediction": ["yes", "no"], "probability_no": [0.4, 0.9], "probability_yes": [0.6, 0.1]}


def test_a_class_at_every_step_has_a_row_for_each_and_its_own_probability():
    columns = in_lists(Classification(("no", "yes")).columns(np.array([[[0.4, 0.6], [0.9, 0.1]]])))
    assert columns == {"prediction": ["yes", "no"], "probability": [0.6, 0.9]}


def test_several_numbers_have_a_column_each():
    values = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert in_lists(Regression(("a", "b")).columns(values)) == {"prediction_a": [1, 3], "prediction_b": [2, 4]}
    assert in_lists(Regression(("a",)).column("truth", values[:, :1])) == {"truth": [1, 3]}


def test_forecasts_have_a_row_for_each_step_and_a_column_for_each_channel():
    values = np.array([[1.0, 2.0, 3.0, 4.0]])  # two steps, of two channels each
    assert in_lists(Forecast(("a", "b"), 2).columns(values)) == {"prediction_a": [1, 3], "prediction_b": [2, 4]}
    assert in_lists(Forecast(("a",), 4).columns(values)) == {"prediction": [1, 2, 3, 4]}


def test_the_extrapolation_of_classes_is_refused(tmp_path):
    experiment = experiment_of(tmp_path, CLASSES)
    with pytest.raises(UserError, match="this model tells classes apart"):
        predictions.extrapolation(experiment, experiment.data, 3)
