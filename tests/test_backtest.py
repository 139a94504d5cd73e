"""`zen backtest`: each origin is trained on nothing but its past, and scored on what came after it."""

import csv
import io
import re

import numpy as np
import pytest
from conftest import CONFIGS, run_zen, train_once, write_files

from zen_cli.config.rolling import rolling
from zen_cli.metric import RMSE
from zen_cli.report import progress
from zen_cli.training.backtest import overall, rolled

AIR = """\
data:
  source: {CSV: {file: air.csv, target: passengers, index: month}}
  window: 6
  horizon: 3
  scaling: [Log1p, Standard]
  split: {train: 80, test: 24}
model: [Flatten, {Linear: 3}]
loss: MSE
optimizer: {Adam: 0.05}
training: {epochs: 2}
interval: 0.8
"""
DATES = ["1960-01", "1960-04", "1960-07", "1960-10"]


@pytest.fixture
def config(tmp_path):
    air = (CONFIGS / "data" / "airline_passengers.csv").read_text(encoding="utf-8")
    write_files(tmp_path, {"air.yaml": AIR, "air.csv": air})
    return tmp_path / "air.yaml"


def rows_of(config, *arguments):
    outcome = run_zen("backtest", config, *arguments, "-o", "-")
    assert outcome.code == 0, outcome.err
    return list(csv.DictReader(io.StringIO(outcome.out)))


def numbers(rows, column):
    return np.array([float(row[column]) for row in rows])


# --- what is forecast ---


def test_the_last_origin_lies_a_horizon_before_the_end_and_the_others_before_it(config):
    rows = rows_of(config, "--origins", 4)
    assert list(rows[0]) == ["origin", "month", "step", "truth", "prediction"]
    assert [row["origin"] for row in rows[::3]] == DATES
    assert [row["month"] for row in rows] == [f"1960-{month:02d}" for month in range(1, 13)]
    assert numbers(rows, "truth").tolist() == [417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432]


def test_origins_may_be_nearer_to_each_other(config):
    rows = rows_of(config, "--origins", 3, "--every", 1)
    assert [row["origin"] for row in rows[::3]] == ["1960-08", "1960-09", "1960-10"]


def test_no_forecast_knows_what_comes_after_its_origin(config):
    """Later values are other ones: earlier forecasts are the same, bit for bit, and scaling does not see them."""
    before = rows_of(config, "--origins", 3)
    table = config.with_name("air.csv")
    lines = table.read_text(encoding="utf-8").splitlines()
    changed = lines[:-3] + [f"{line.split(',')[0]},9999" for line in lines[-3:]]
    table.write_text("\n".join(changed) + "\n", encoding="utf-8")
    after = rows_of(config, "--origins", 3)
    told = [(row["month"], row["prediction"]) for row in before]
    assert [(row["month"], row["prediction"]) for row in after] == told
    assert numbers(after, "truth")[-3:].tolist() == [9999] * 3


def test_the_whole_past_trains(config):
    """An origin is the same as a training whose split ends there, whatever the config's own split says."""
    split = ["data.split.train=135", "data.split.test=3", "interval=null"]
    run = train_once(config.parent / "runs", config, *split)
    predicted = list(csv.DictReader(io.StringIO(run_zen("predict", run, "-o", "-").out)))
    test = [row for row in predicted if row["part"] == "test"]
    forecast = numbers(rows_of(config, "--origins", 1), "prediction")
    np.testing.assert_allclose(forecast, numbers(test, "prediction"), rtol=1e-6)


def test_equal_seeds_give_equal_forecasts(config):
    first, again, other = (run_zen("backtest", config, f"seed={seed}", "-o", "-").out for seed in (1, 1, 2))
    assert first == again != other


def test_the_forecasts_go_into_a_file(config, tmp_path):
    outcome = run_zen("backtest", config, "--output", tmp_path / "all.csv")
    assert outcome.code == 0
    assert outcome.out.startswith("RMSE from")
    piped = run_zen("backtest", config, "--output", "-")
    assert (tmp_path / "all.csv").read_text(encoding="utf-8") == piped.out
    assert "RMSE from" in piped.err


def test_no_run_is_made(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_zen("backtest", config).code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"air.yaml", "air.csv"}


def test_several_series_have_an_origin_each(tmp_path):
    lines = [f"{day},{name},{value + 10 * (name == 'b')}" for name in "ab" for day, value in enumerate(range(20))]
    table = "\n".join(["day,shop,sold", *lines]) + "\n"
    config = AIR.replace("air.csv, target: passengers, index: month", "s.csv, target: sold, index: day, series: shop")
    write_files(tmp_path, {"s.yaml": config, "s.csv": table})
    rows = rows_of(tmp_path / "s.yaml", "--origins", 2)
    assert [(row["origin"], row["series"], row["day"]) for row in rows[::3]] == [
        ("14", "a", "14"),
        ("14", "b", "14"),
        ("17", "a", "17"),
        ("17", "b", "17"),
    ]


# --- how good that is ---


def test_the_scores_are_those_of_the_forecasts(config):
    rows = rows_of(config, "--origins", 4)
    pred, real = numbers(rows, "prediction")[:, None], numbers(rows, "truth")[:, None]
    each = [RMSE(pred[at : at + 3], real[at : at + 3]) for at in range(0, 12, 3)]
    found = list(rolled(rolling(config, []), 4, 3))
    assert [origin.scores["the model"] for origin in found] == pytest.approx(each, rel=1e-6)
    together = overall(found, 3, 3)
    assert together.mean["the model"] == pytest.approx(np.mean(each), rel=1e-6)
    assert together.pooled["the model"] == pytest.approx(RMSE(pred, real), rel=1e-6)
    last = np.full((3, 1), 405)  # of 1959-12
    assert found[0].scores["naive"] == pytest.approx(RMSE(last, real[:3]))
    assert list(together.pooled) == ["the model", "naive", "mean", "drift", "seasonal naive (12)"]
    assert re.search(r"RMSE .* against .* on all origins.* over only 4 origins|Only 4 origins", together.verdict)


def test_the_table_has_a_row_for_each_origin_and_two_for_all(config):
    outcome = run_zen("backtest", config, "--origins", 4)
    heading, *rows, verdict = outcome.out.splitlines()
    assert re.fullmatch(r"RMSE from +the model +naive +mean +drift +seasonal naive \(12\)", heading)
    assert [re.split("  +", row)[0] for row in rows] == [*DATES, "mean", "all values"]
    assert re.search("better|Better|good", verdict)
    talk = outcome.err.splitlines()
    assert [re.sub(r"[\d.]+$", "", line) for line in talk[:-1]] == [
        f"origin {number}/4  {date}  RMSE " for number, date in enumerate(DATES, start=1)
    ]
    assert re.fullmatch(r"4 trainings took [\d.]+ s", talk[-1])


def test_origins_that_miss_a_value_are_left_out_and_named(config):
    table = config.with_name("air.csv")
    table.write_text(re.sub(r"(1960-03),\d+", r"\1,", table.read_text(encoding="utf-8")), encoding="utf-8")
    outcome = run_zen("backtest", config, "data.source.CSV.missing=drop", "--origins", 4)
    assert outcome.code == 0, outcome.err
    assert "Left out, since a value is missing: 1960-01, 1960-04, 1960-07" in outcome.out
    assert "\n1 training took" in outcome.err


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_there_is_one_bar(config, monkeypatch):
    monkeypatch.delenv("TERM", raising=False)
    out = Terminal()
    found = list(progress.follow_origins(rolled(rolling(config, []), 2, 3), 2, out))
    assert len(found) == 2
    assert "Origins |" in out.getvalue()
    assert "2/2" in out.getvalue()
    assert out.getvalue().count("\n") == 1


# --- what is refused ---


def test_as_many_origins_as_fit(config):
    most = (144 - 6 - 2 * 3) // 3 + 1
    assert rolling(config, []).most(3) == most
    assert run_zen("backtest", config, "--origins", most, "training.epochs=1").code == 0
    refused = run_zen("backtest", config, "--origins", most + 1)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        f"zen: {most + 1} origins, 3 values apart, do not fit into 144 values: before the first, 6 for a window and 3 "
        f"to train on are needed, so only {most} fit: write --origins {most}\n"
    )


def test_no_score_of_an_epoch_counts(config):
    """There is none but the loss of training."""
    keys = {"training.patience": 3, "training.monitor": "val_rmse", "training.min_delta": 1}
    outcome = run_zen("backtest", config, "--origins", 1, *(f"{key}={value}" for key, value in keys.items()))
    assert outcome.code == 0
    assert outcome.out == run_zen("backtest", config, "--origins", 1).out
    why = "no effect in a backtest, where no validation part is left and each model trains all its epochs"
    for key in keys:
        assert f": {key}: {why}\n" in outcome.err


REFUSED = [
    (["data.window=140"], "5 origins, 3 values apart, do not fit into 144 values: .* so none fits$"),
    (["data.window=139", "--origins", "1"], "a window of 139 values|1 origin does not|do not fit"),
    (["data.source=Digits"], "goes through the past of a series, but these data are no series"),
    (["schedule={ReduceOnPlateau: {monitor: val_loss}}"], "no validation part is left\n.*\n.*\n.*write `loss`"),
    (["optimizer=nix"], "optimizer"),
    (["optimizer.Adam.lr=1e30", "training.epochs=50"], "at the origin 1959-10$"),
    (["--origins", "0"], "0 is not in the range"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=[" ".join(a) for a, _ in REFUSED])
def test_what_cannot_be_forecast_is_refused_with_the_reason(config, arguments, message):
    outcome = run_zen("backtest", config, *arguments)
    assert outcome.code == (4 if "lr=" in arguments[0] else 2)
    assert outcome.out == ""
    assert re.search(message, outcome.err, re.M), outcome.err


def test_a_table_is_no_series(tmp_path):
    table = "a,b,c\n" + "1.5,2,3\n" * 20
    config = "data: {source: {CSV: {file: t.csv, target: c}}}\nmodel: [Linear: 1]\nloss: MSE\noptimizer: Adam\n"
    write_files(tmp_path, {"t.csv": table, "t.yaml": config})
    outcome = run_zen("backtest", tmp_path / "t.yaml")
    assert outcome.code == 2
    assert "goes through the past of a series, but a table without `data.window` is no series" in outcome.err


def test_intervals_and_metrics_of_the_config_do_not_count(config):
    assert run_zen("backtest", config, "interval=0.99", "metrics=[{MASE: 100}]", "--origins", 2).code == 0


def test_a_verdict_of_nothing_is_none():
    assert overall([], 3, 3) is None
