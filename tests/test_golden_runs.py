"""Runs of former zens, as they left them, in tests/reference/format_*: each goes on giving the answers that it gave.

In a run stand, beside what zen wrote, `own.csv`, the predictions of its own data, `of_new.csv`, those of new.csv, and
`beyond.csv`, three steps beyond the end of its series: each where that zen could give it. Where its training was
stopped, within an epoch, `resumed.jsonl` is what metrics.jsonl became when it went on.
"""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from conftest import run_zen
from safetensors import safe_open

from zen_cli.training import checkpoint, kept, predictions
from zen_cli.training.predictions import Said
from zen_cli.training.run import Run
from zen_cli.training.scores import scores_by_part

REFERENCE = Path(__file__).parent / "reference"
RUNS = sorted(path.parent for path in REFERENCE.glob("format_*/*/run.json"))
ASKED = {"own": ["{}"], "of_new": ["{}", "{}/new.csv"], "beyond": ["{}", "--steps", "3"]}
STOPPED = [run for run in RUNS if (run / "resumed.jsonl").exists()]
OLDEST = {"1", "2"}  # formats that hold what prediction needs, and not all that training does
ANSWERS = [run / f"{answer}.csv" for run in RUNS for answer in ASKED if (run / f"{answer}.csv").exists()]


def named(path):
    return str(path.relative_to(REFERENCE).with_suffix(""))


def format_of(run):
    return run.parent.name.removeprefix("format_")


def test_every_readable_format_has_golden_runs():
    assert {format_of(run) for run in RUNS} == checkpoint.READABLE


@pytest.mark.parametrize("run", RUNS, ids=named)
def test_a_golden_run_is_of_its_format_and_knows_no_machine(run):
    for path in Run(run).checkpoints():
        with safe_open(path, framework="numpy") as file:
            assert file.metadata()[checkpoint.METADATA_KEY].split(" ", 1)[0] == format_of(run)
    info = json.loads((run / "run.json").read_bytes())
    assert info.get("folder", "/") == "/"
    assert not [argument for argument in info["argv"] if argument.startswith("/")]


@pytest.mark.parametrize("answer", ANSWERS, ids=named)
def test_a_golden_run_predicts_what_it_did(answer):
    outcome = run_zen("predict", *[argument.format(answer.parent) for argument in ASKED[answer.stem]], "-o", "-")
    assert outcome.code == 0, outcome.err
    texts, numbers = cells_in(answer.read_text(encoding="utf-8"))
    assert cells_in(outcome.out) == (texts, pytest.approx(numbers, rel=1e-5, abs=1e-7))


def cells_in(text):
    """The texts and the numbers of a table, without parts, whose names were others, and truths that nobody knows."""
    rows = [{**row, "part": ""} for row in csv.DictReader(io.StringIO(text))]
    cells = [(row, column, cell) for row, cells in enumerate(rows) for column, cell in cells.items() if cell]
    numbers = {(row, column): float(cell) for row, column, cell in cells if cell[-1].isdigit()}
    return [(row, column, cell) for row, column, cell in cells if not cell[-1].isdigit()], numbers


@pytest.mark.parametrize("run", [run for run in RUNS if (run / "own.csv").exists()], ids=named)
def test_a_golden_run_has_the_scores_it_had(run):
    predictor = predictions.load(Run(run))
    found = scores_by_part(Said(predictor, predictions.own_data(predictor, Run(run))))["validation"].scores
    (then,) = (record for record in Run(run).records() if record["step"] == kept.chosen(Run(run)).step)
    scores = {key.removeprefix("val_"): value for key, value in then.items() if key.startswith("val_")}
    assert found == pytest.approx({name: value for name, value in scores.items() if name != "loss"}, rel=1e-5)


def test_some_golden_runs_can_be_resumed():
    assert {format_of(run) for run in STOPPED} == checkpoint.READABLE - OLDEST


@pytest.mark.parametrize("run", STOPPED, ids=named)
def test_a_golden_run_goes_on_as_it_did(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / run.name)
    outcome = run_zen("resume", copy, "-q")
    assert outcome.code == 0, outcome.err
    wanted = [json.loads(line) for line in (run / "resumed.jsonl").read_text(encoding="utf-8").splitlines()]
    assert Run(copy).records() == [pytest.approx(record, rel=1e-3) for record in wanted]


@pytest.mark.parametrize("run", [run for run in RUNS if format_of(run) in OLDEST], ids=named)
def test_a_golden_run_that_does_not_say_where_it_was_is_not_resumed(run, tmp_path):
    copy = shutil.copytree(run, tmp_path / run.name)
    outcome = run_zen("resume", copy)
    assert (outcome.code, outcome.out) == (3, "")
    assert "written by an older zen" in outcome.err
    assert contents(copy) == contents(run)


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {path.relative_to(folder): path.read_bytes() for path in files}
