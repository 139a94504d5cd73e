"""Beyond the end: what has to be known in advance, how sure it is, and what is never written over."""

import csv
import io

import numpy as np
import pytest
from conftest import run_zen, train_once, write_files
from matplotlib.collections import PolyCollection

from zen_cli.config.build import latest_data
from zen_cli.report.plots import forecasts
from zen_cli.training import predictions
from zen_cli.training.run import Run

CONFIG = """\
data:
  source: {CSV: {file: t.csv, target: y}}
  window: 3
  horizon: 2
  split: {train: 20, test: 4}
model: [Flatten, {Linear: 2}]
loss: MSE
optimizer: Adam
training: {epochs: 1}
"""
SURE = ["interval=0.8"]
RECURSIVE = ["data.strategy=recursive", "model.1.Linear.units=1"]
QUANTILES = ["data.horizon=1", "model.1.Linear.units=2", "loss={quantile: [0.1, 0.9]}"]
ROWS = 40


def table(rows, shops=("a",), ahead=0, past="{}"):
    """Of each shop so many rows, and some more in which only `z` is known."""
    lines = [f"{shop},{i},{i % 7},{past.format(i % 3)},{i % 5}" for shop in shops for i in range(rows)]
    lines += [f"{shop},{i},,,{i % 5}" for shop in shops for i in range(rows, rows + ahead)]
    lines.sort(key=lambda row: row[0])
    return "\n".join(["shop,i,y,p,z", *lines]) + "\n"


@pytest.fixture
def trained(tmp_path):
    def trained(*changes, shops=("a",)):
        write_files(tmp_path, {"t.csv": table(ROWS, shops), "c.yaml": CONFIG})
        return train_once(tmp_path / "runs", tmp_path / "c.yaml", "data.source.CSV.index=i", *changes)

    return trained


def rows_of(outcome):
    assert outcome.code == 0, outcome.err
    return list(csv.DictReader(io.StringIO(outcome.out)))


def beyond(run, steps, *data):
    return run_zen("predict", run, *data, "--steps", steps, "-o", "-")


# --- what is known in advance ---


FUTURE = "data.source.CSV.future=[z]"


def test_its_own_data_do_not_say_what_comes(trained):
    outcome = beyond(trained(FUTURE), 2)
    assert (outcome.code, outcome.out) == (2, "")
    assert "the model needs 'z' for 2 rows after the last known 'y', and there are 0: name DATA whose" in outcome.err
    assert "last 2 rows have 'z' and nothing in 'y', for up to 2 steps" in outcome.err


@pytest.mark.parametrize(("ahead", "said"), [(0, "are 0"), (1, "is 1"), (2, ""), (3, "")])
def test_of_a_horizon_all_rows_must_be_there(trained, tmp_path, ahead, said):
    run = trained(FUTURE, "data.source.CSV.past=[p]")
    write_files(tmp_path, {"new.csv": table(ROWS, ahead=ahead)})
    outcome = beyond(run, 2, tmp_path / "new.csv")
    if said:
        assert (outcome.code, f"and there {said}:" in outcome.err) == (2, True), outcome.err
        return
    assert [row["i"] for row in rows_of(outcome)] == ["40", "41"]
    assert [row["i"] for row in rows_of(beyond(run, 1, tmp_path / "new.csv"))] == ["40"]
    assert beyond(run, 3, tmp_path / "new.csv").code == 2


def test_it_names_the_series_that_ends_too_early(trained, tmp_path):
    run = trained(FUTURE, "data.source.CSV.series=shop", shops="ab")
    text = table(ROWS, "a", ahead=2) + table(ROWS, "b", ahead=1).partition("\n")[2]
    write_files(tmp_path, {"new.csv": text})
    outcome = beyond(run, 2, tmp_path / "new.csv")
    assert (outcome.code, "the last known 'y' of 'b', and there is 1" in outcome.err) == (2, True), outcome.err


def test_it_does_not_start_before_a_gap(trained, tmp_path):
    run = trained("data.source.CSV.missing=drop")
    rows = table(ROWS).splitlines()
    write_files(tmp_path, {"new.csv": "\n".join([*rows[:-2], "a,38,,0,0", rows[-1]])})
    outcome = beyond(run, 2, tmp_path / "new.csv")
    assert (outcome.code, "of the last 3 values, which the model goes on from, one is missing" in outcome.err) == (
        2,
        True,
    )


@pytest.mark.parametrize(("changes", "suggested"), [((), "predict c-1 --steps 100"), ((FUTURE,), "evaluate c-1")])
def test_steps_are_suggested_where_they_work(tmp_path, monkeypatch, changes, suggested):
    monkeypatch.chdir(tmp_path)
    write_files(tmp_path, {"t.csv": table(ROWS), "c.yaml": CONFIG})
    outcome = run_zen("train", "c.yaml", *changes)
    assert f"Next   zen {suggested}\n" in outcome.err
    assert run_zen(*suggested.split()).code == 0


# --- intervals ---


@pytest.mark.parametrize("changes", [(), RECURSIVE], ids=["direct", "recursive"])
def test_steps_have_intervals_as_far_as_these_were_calibrated(trained, tmp_path, changes):
    run = trained(*SURE, *changes)
    write_files(tmp_path, {"new.csv": table(ROWS)})
    found = rows_of(beyond(run, 5))
    assert list(found[0]) == ["i", "prediction", "low", "high"]
    last = rows_of(run_zen("predict", run, tmp_path / "new.csv", "-o", "-"))[-2:]
    for row, same in zip(found, last, strict=False):
        for name in ("low", "high"):
            assert float(row[name]) == pytest.approx(float(same[name]), rel=1e-5)
    assert [(row["low"], row["high"]) for row in found[2:]] == [("", "")] * 3
    assert [row["low"] for row in rows_of(beyond(run, 1))] == [found[0]["low"]]


def test_so_have_quantiles(trained):
    found = rows_of(beyond(trained(*SURE, *QUANTILES), 2))
    assert float(found[0]["low"]) < float(found[0]["high"])
    assert found[1]["low"] == ""


def test_of_several_channels_each_has_its_own(trained):
    run = trained(*SURE, "data.source.CSV.target=[y, z]", "model.1.Linear.units=4")
    found = rows_of(beyond(run, 3))
    assert list(found[0])[3:] == ["low_y", "low_z", "high_y", "high_z"]
    middle = [(float(found[1][f"low_{name}"]) + float(found[1][f"high_{name}"])) / 2 for name in "yz"]
    assert middle == pytest.approx([float(found[1][f"prediction_{name}"]) for name in "yz"], rel=1e-4)


def test_intervals_are_shaded(trained):
    run = Run(trained(*SURE))
    predictor = predictions.load(run)
    data = latest_data(predictor)
    figure = forecasts.extrapolation("c-1", data, predictions.extrapolation(predictor, data, 4))
    (shade,) = [each for each in figure.axes[0].collections if isinstance(each, PolyCollection)]
    (path,) = shade.get_paths()
    assert np.unique(path.vertices[:, 0]).tolist() == [40, 41]
    assert shade.get_label() == "interval"


# --- files ---


def test_data_are_not_written_over(trained, tmp_path):
    run, other = trained(), tmp_path / "new.csv"
    write_files(tmp_path, {"new.csv": table(ROWS)})
    (tmp_path / "link.csv").symlink_to(other)
    before = other.read_bytes()
    for data, output in [(other, other), (other, tmp_path / "link.csv"), (other, tmp_path / "t.csv")]:
        outcome = run_zen("predict", run, data, "-o", output)
        assert (outcome.code, "would be overwritten" in outcome.err) == (2, True), outcome.err
    assert run_zen("predict", run, "-o", tmp_path / "t.csv").code == 2
    assert run_zen("backtest", tmp_path / "c.yaml", "-o", tmp_path / "t.csv").code == 2
    assert run_zen("backtest", tmp_path / "c.yaml", "-o", tmp_path / "c.yaml").code == 2
    assert [other.read_bytes(), (tmp_path / "t.csv").read_bytes()] == [before] * 2
    assert run_zen("predict", run, other, "-o", tmp_path / "out.csv").code == 0


def test_without_its_data_a_model_still_predicts_others(trained, tmp_path):
    run = trained()
    (tmp_path / "t.csv").rename(tmp_path / "new.csv")
    outcome = run_zen("predict", run)
    assert (outcome.code, outcome.err.count("\n")) == (3, 1)
    assert "cannot be read again" in outcome.err
    assert f"`zen predict {run} DATA` predicts others without them" in outcome.err
    assert rows_of(run_zen("predict", run, tmp_path / "new.csv", "-o", "-"))


def test_text_is_written_by_another_command(tmp_path):
    config = """\
data: {source: {Text: {file: t.txt}}, window: 4}
model: [{Embedding: {tokens: 5, dim: 2}}, {GRU: {hidden_dim: 2, return_sequences: true}}, {Linear: 5}, Softmax]
loss: categorical_crossentropy
optimizer: Adam
training: {epochs: 1}
"""
    write_files(tmp_path, {"t.txt": "abcab cabc " * 30, "c.yaml": config})
    run = train_once(tmp_path / "runs", tmp_path / "c.yaml")
    outcome = run_zen("predict", run, "--steps", 3)
    assert (outcome.code, outcome.err.endswith("apart: `zen generate` writes text with it\n")) == (2, True), outcome.err


# --- several series ---


def test_a_model_of_several_series_always_tells_which(trained, tmp_path):
    run = trained("data.source.CSV.series=shop", shops="ab")
    write_files(tmp_path, {"new.csv": table(ROWS, "b")})
    for options in ((), ("--steps", 2)):
        found = rows_of(run_zen("predict", run, tmp_path / "new.csv", "-o", "-", *options))
        assert {row["series"] for row in found} == {"b"}
