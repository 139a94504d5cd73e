"""Data that are others than those that a run was trained on are refused, however little has changed."""

import pytest
from conftest import run_zen

SERIES = """
data:
  source: {CSV: {file: data.csv, target: sales, index: day, gaps: ignore}}
  window: 4
  split: {train: 2020-02-01, test: 2020-02-15}
model: [{Linear: 1}]
"""
TABLE = """
data:
  source: {CSV: {file: data.csv, target: weight, inputs: [kind, size]}}
model: [{Linear: 1}]
"""
REST = "loss: MSE\noptimizer: SGD\ntraining: {epochs: 1}\n"
DAYS = [f"2020-0{month}-{day:02}" for month in (1, 2) for day in range(1, 30)]
SALES = "day,sales\n" + "".join(f"{day},{i * 7 % 5}\n" for i, day in enumerate(DAYS))
PETS = "kind,size,weight,name\n" + "".join(f"{('cat', 'dog')[i % 2]},{i % 7},{i % 5},n{i}\n" for i in range(40))


def trained(tmp_path, config, data):
    (tmp_path / "data.csv").write_text(data, encoding="utf-8")
    (tmp_path / "c.yaml").write_text(config.replace("[{Linear: 1}]", "[Flatten, {Linear: 1}]") + REST, encoding="utf-8")
    outcome = run_zen("train", tmp_path / "c.yaml", "--runs", tmp_path / "runs", "-q")
    assert outcome.code == 0, outcome.err


@pytest.mark.parametrize(
    ("config", "data", "old", "new"),
    [
        (SERIES, SALES, "2020-01-", "2019-12-"),
        (SERIES, SALES, "sales\n2020-01-01,0", "sales\n2020-01-01,1"),
        (TABLE, PETS, PETS, PETS.replace("cat", "fox").replace("dog", "cat").replace("fox", "dog")),
        (TABLE, PETS, "cat,0,0", "cat,1,0"),
    ],
)
def test_what_has_changed_is_refused(tmp_path, config, data, old, new):
    trained(tmp_path, config, data)
    assert run_zen("evaluate", "--runs", tmp_path / "runs").code == 0
    (tmp_path / "data.csv").write_text(data.replace(old, new), encoding="utf-8")
    outcome = run_zen("evaluate", "--runs", tmp_path / "runs")
    assert outcome.code == 3
    assert "the data have changed since it was trained" in outcome.err


def test_a_column_that_is_not_read_may_change(tmp_path):
    trained(tmp_path, TABLE, PETS)
    (tmp_path / "data.csv").write_text(PETS.replace(",n7\n", ",another\n"), encoding="utf-8")
    assert run_zen("evaluate", "--runs", tmp_path / "runs").code == 0


def test_a_run_that_did_not_end_is_told_of(tmp_path):
    trained(tmp_path, TABLE, PETS)
    begun, ended = sorted((tmp_path / "runs" / "c-1" / "checkpoints").iterdir())
    ended.unlink()
    assert begun.stem == "000000000000"
    outcome = run_zen("plot", "c-1", "--runs", tmp_path / "runs")
    assert "c-1 is not trained to its end: step 0 is saved: `zen resume " in outcome.err
