"""`zen check` and `zen summary`: what they say of a config, level by level, and that they leave nothing."""

import io
import re
import subprocess
import sys

import pytest
from conftest import CONFIGS, SERIES, changed, train_once
from rich.console import Console

from zen_cli.errors import RunError
from zen_cli.nn import Model
from zen_cli.report import findings, tables
from zen_cli.training import levels
from zen_cli.training.run import find

SHIPPED = sorted(CONFIGS.rglob("*.yaml"))
LEVELS = ["schema", "data", "model", "step"]


@pytest.fixture
def series(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(SERIES, encoding="utf-8")
    return path


# --- check ---


@pytest.mark.parametrize("config", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_config_passes_every_level(zen, tmp_path, monkeypatch, config):
    monkeypatch.chdir(tmp_path)
    outcome = zen("check", config)
    assert (outcome.code, outcome.err) == (0, "")
    assert re.findall(r"^ok  (\w+)", outcome.out, re.M) == LEVELS
    assert re.search(r"step 1 of [\d,]+ taken: loss [\d.]+$", outcome.out, re.M)
    assert re.search(r"training will take about [\d.]+ m?s: ", outcome.out)
    assert re.search(r"about \d+ MB of memory at its peak", outcome.out)
    assert not re.search(r"[\r\x1b]", outcome.out)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("monitor", ["loss", "val_loss", "val_rmse"])
def test_a_schedule_that_looks_at_scores_is_checked(zen, series, monitor):
    schedule = f"schedule=ReduceOnPlateau: {{monitor: {monitor}, patience: 0}}"
    outcome = zen("check", series, schedule, "training.epochs=9")
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_ends_the_check(zen, series, level):
    outcome = zen("check", series, "--level", level)
    assert (outcome.code, outcome.err) == (0, "")
    assert re.findall(r"^ok  (\w+)", outcome.out, re.M) == LEVELS[: LEVELS.index(level) + 1]


def test_the_data_and_their_first_batch_are_told(zen, series):
    lines = [line.strip() for line in zen("check", series, "--level", "data").out.splitlines()]
    assert lines[2:] == [
        "ok  data    15 windows: 10 train, 5 validation",
        "first batch of inputs: 8 x 5 x 1, float64",
        "first batch of targets: 8 x 1, float64",
    ]


OTHER_LOSS = "loss=categorical_crossentropy"
WRONG = [  # changes, the levels before those that fail, these with their numbers of problems, and the problems' paths
    (["seed=-1", "lose=MSE"], [], {"schema": 2}, ["seed", "lose"]),
    (["data.window=30"], ["schema"], {"data": 1}, ["data.window"]),
    (["data.split.train=90"], ["schema"], {"data": 1}, ["data.split.train"]),
    (["data.split.train=90", OTHER_LOSS], ["schema"], {"data": 1, "model": 1}, ["data.split.train", "loss"]),
    (
        [OTHER_LOSS, "metrics=[F1, MAPE, top_k]", "model.1={Reshape: [7]}"],
        ["schema", "data"],
        {"model": 4},
        ["loss", "metrics.0", "metrics.2", "model.1"],
    ),
]


@pytest.mark.parametrize(("changes", "passed", "failed", "paths"), WRONG, ids=["-".join(case[2]) for case in WRONG])
def test_problems_that_do_not_depend_on_each_other_come_at_once(
    zen, problems_of, series, changes, passed, failed, paths
):
    outcome = zen("check", series, *changes)
    assert outcome.code == 2
    assert re.findall(r"^ok  (\w+)", outcome.out, re.M) == passed
    assert re.findall(r"^no  (\w+) +(\d+) problems?$", outcome.out, re.M) == [(k, str(n)) for k, n in failed.items()]
    problems = problems_of(SERIES, *changes)
    assert [problem.path.removesuffix(".Reshape.shape") for problem in problems] == paths
    assert all(str(problem.message) in outcome.err for problem in problems)


def test_problems_of_the_model_do_not_come_at_the_level_of_the_data(zen, series):
    outcome = zen("check", series, "data.split.train=90", "loss=categorical_crossentropy", "--level", "data")
    assert (outcome.code, "data.split.train" in outcome.err, "loss" in outcome.err) == (2, True, False)
    assert re.findall(r"^no .*$", outcome.out, re.M) == ["no  data    1 problem"]
    assert zen("check", series, "loss=categorical_crossentropy", "--level", "data").code == 0


def test_a_check_draws_nothing_and_so_does_not_import_what_draws():
    spy = "import atexit, sys; atexit.register(lambda: print('matplotlib' in sys.modules, file=sys.stderr))\n"
    run = f"sys.argv = ['zen', 'check', {str(SHIPPED[0])!r}]\nfrom zen_cli.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", spy + run], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "False\n")


def test_a_warning_stands_on_standard_error(zen, series):
    outcome = zen("check", series, "model.1.RNN.units=3", "--level", "schema")
    assert (outcome.code, "warning" in outcome.out) == (0, False)
    assert "zen: warning: override:1:19: model.1.RNN.units: no effect" in outcome.err


def test_a_step_that_is_not_finite_is_told(zen, series):
    outcome = zen("check", series, "optimizer.RMSProp.lr=1e30")
    assert outcome.code == 4
    assert re.findall(r"^no  (\w+) +failed$", outcome.out, re.M) == ["step"]


def test_no_parameter_is_drawn_before_the_step(zen, series, monkeypatch):
    monkeypatch.setattr(Model, "build", lambda *_: pytest.fail("built"))
    assert zen("check", series, "--level", "model").code == 0
    assert zen("summary", series).code == 0


def test_a_terminal_gets_ticks_in_colour_and_a_plain_one_words(series, monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = Terminal()
    findings.show(levels.check(series, [], "data"), shown, pytest.fail)
    assert "\x1b[1;32m✓\x1b[0m  data" in shown.getvalue()


DURATIONS = [(3e-5, "0.03 ms"), (0.0123, "12 ms"), (0.31, "0.31 s"), (59, "59 s"), (150, "2.5 minutes")]
DURATIONS += [(3.1 * 3600, "3.1 hours"), (1e6, "12 days")]


@pytest.mark.parametrize(("seconds", "words"), DURATIONS)
def test_a_duration_has_two_digits_and_a_unit(seconds, words):
    assert findings._duration(seconds) == words


# --- summary ---


def test_a_summary_is_the_table_of_a_training(zen, tmp_path, series):
    trained = zen("train", series, "--runs", tmp_path / "runs")
    of_config, of_run = zen("summary", series), zen("summary", "c", "--runs", tmp_path / "runs")
    rows = [line for line in of_config.out.splitlines() if line[0] in "┏┡├└│┃"]
    assert "\n".join(rows) in trained.err
    assert of_run.out.splitlines()[1:] == of_config.out.splitlines()[1:]
    assert of_run.out.splitlines()[0] == f"Model of {tmp_path / 'runs' / 'c-1'}"
    assert of_config.out.splitlines()[-1].startswith("Parameters take 300 bytes of a checkpoint")


def test_layers_inside_of_another_are_indented_and_names_shown(zen, series):
    residual = "model.0={Residual: [{Linear: {units: 1, name: inner}}, Tanh]}"
    out = zen("summary", series, residual, "model.3.Linear.name=head").out
    rows = re.findall(r"^│ (.*?) +│ +(.*?) │ +(.*?) │$", out, re.M)
    assert [row[0] for row in rows] == [
        "Residual",
        "  Linear (inner)",
        "  Tanh",
        "RNN",
        "Linear",
        "Linear (head)",
        "Total",
    ]
    assert [int(row[2]) for row in rows[:3]] == [2, 2, 0]
    assert int(rows[-1][2]) == sum(int(rows[i][2]) for i in (0, 3, 4, 5))


def test_what_layers_keep_beside_parameters_counts(zen, series):
    normed = zen("summary", series, "model=[Flatten, BatchNorm, {Linear: 1}]").out
    assert "Parameters take 104 bytes of a checkpoint" in normed  # (5 + 5) + (5 + 5) of BatchNorm, 5 + 1 of Linear


SUBJECTS = [
    (["nix"], "there is no config file 'nix', and no run named 'nix' in .*: the runs are c-1, c-2"),
    (["c"], "there is no config file 'c', and 'c' may be any of c-1, c-2: write one of them"),
    (["c-1", "seed=1"], "KEY=VALUE changes a config, but 'c-1' is a run"),
    (["\0"], "there is no config file"),
]


@pytest.mark.parametrize(("arguments", "words"), SUBJECTS, ids=["neither", "several", "run", "no name"])
def test_what_is_neither_a_config_nor_a_run_is_refused(zen, tmp_path, series, arguments, words):
    for _ in range(2):
        train_once(tmp_path / "runs", series, "training.epochs=1")
    outcome = zen("summary", *arguments, "--runs", tmp_path / "runs")
    assert (outcome.code, outcome.out) == (2, "")
    assert re.search(words, outcome.err)


def test_a_file_is_a_config_even_where_a_run_has_its_name(zen, tmp_path, monkeypatch, series):
    monkeypatch.chdir(tmp_path)
    train_once(tmp_path / "runs", series, "training.epochs=1")
    (tmp_path / "c-1").write_text(changed(SERIES, "Linear: 4", "Linear: 40"), encoding="utf-8")
    assert "Model of c-1\n" in zen("summary", "c-1").out


def test_the_summary_of_a_spoiled_run_is_refused(zen, tmp_path, series):
    run = train_once(tmp_path, series, "training.epochs=1")
    for checkpoint in (run / "checkpoints").iterdir():
        checkpoint.unlink()
    assert zen("summary", run).code == 3
    with pytest.raises(RunError):
        find(tmp_path, "nix")


def test_a_shape_without_axes_is_one_number():
    console = Console(file=io.StringIO())
    console.print(tables.shape_in_words(()))
    assert console.file.getvalue() == "one number\n"
