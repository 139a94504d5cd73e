"""The command line as a person meets it: what commands leave, print and refuse."""

import csv
import io
import re
import shlex

import click
import numpy as np
import pytest
from conftest import CONFIGS, run_zen, train_once

from zen_cli import cli
from zen_cli.report.plots import losses
from zen_cli.training import checkpoint, predictions
from zen_cli.training.run import Run

MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "svg": b"<?xml", "pdf": b"%PDF-"}


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def numbers(rows, column):
    return np.array([float(row[column]) for row in rows])


# --- train ---

SHIPPED = sorted(CONFIGS.rglob("*.yaml"))


def test_there_are_configs():
    assert len(SHIPPED) >= 5


@pytest.mark.parametrize("config", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_config_trains_two_epochs_and_can_be_predicted_and_plotted(tmp_path, config):
    trained = run_zen("train", config, "training.epochs=2", "--runs", tmp_path)
    assert (trained.code, trained.out) == (0, "")
    assert not re.search(r"[\r\x1b]", trained.err)
    epoch = r"^epoch (./.)  loss -?[\d.]+(?:  val_loss -?[\d.]+(?:  val_\w+ -?[\d.]+)+)?$"  # not all have a validation
    assert re.findall(epoch, trained.err, re.M) == ["1/2", "2/2"]
    assert ("val_loss" in trained.err) == bool(re.search(r"┃ +validation +┃", trained.err))
    run = tmp_path / f"{config.stem}-1"
    for path in re.findall(r"^(?:Run)? +(\S+)$", trained.err, re.M):
        assert (tmp_path / path).exists(), path
    assert re.search(rf"^Next   zen (predict|evaluate) {re.escape(str(run))}", trained.err, re.M)
    predicted = run_zen("predict", run, "-o", "-")
    assert predicted.out == (run / "predictions" / "predictions.csv").read_text(encoding="utf-8")
    plotted = run_zen("plot", run, "--format", "svg")
    pictures = [line for line in plotted.out.splitlines() if (tmp_path / line).read_bytes().startswith(MAGIC["svg"])]
    assert len(pictures) in (2, 3, 4)
    assert (predicted.err, plotted.err) == ("", "")


def test_quiet_prints_the_path_of_the_run_alone(tmp_path, tiny_config):
    outcome = run_zen("train", tiny_config, "--runs", tmp_path, "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{tmp_path / 'tiny-1'}\n", "")


def test_a_setting_without_effect_is_warned_of(tmp_path, tiny_config):
    outcome = run_zen("train", tiny_config, "model.0.RNN.units=3", "--runs", tmp_path)
    assert outcome.code == 0
    assert "zen: warning: override:1:19: model.0.RNN.units: no effect without return_sequences" in outcome.err


LONG = """\
data:
  source: {Curve: {expression: sin(x), points: 100003}}
  window: 100000
  split: {train: 2}
model:
  - RNN: {hidden_dim: 1, return_sequences: true}
  - Dropout: 0.1
  - GRU: 1
  - Linear: 1
loss: MSE
optimizer: Adam
training: {epochs: 1, batch_size: 2}
"""


def test_a_sequence_of_100_000_steps_is_trained_on_and_predicted(tmp_path):
    (tmp_path / "long.yaml").write_text(LONG)
    run = train_once(tmp_path, tmp_path / "long.yaml")
    predicted = run_zen("predict", run, "--steps", "2", "-o", "-")
    assert (predicted.code, len(rows_of(predicted.out))) == (0, 2)


ODD_DATA = ["data.source.Curve.expression='1'", "data.source.Curve.expression=1e30*x", "data.split.train=9"]
ODD_DATA += ["data.source.Curve.expression=x**100", "data.source.Curve.expression=exp(10*x)"]
ODD_DATA += ["optimizer=Adam data.source.Curve.expression=exp(x**3/13)"]  # too much for float32 only where held out
ODD_DATA += [f"data.source.Curve.expression={'+'.join(['sin(x)'] * 140)}", "training.threads=1e12"]


@pytest.mark.parametrize("change", ODD_DATA, ids=[change[-24:] for change in ODD_DATA])
def test_odd_data_trains_or_is_refused_without_a_warning_of_numpys_or_matplotlibs(tmp_path, tiny_config, change):
    trained = run_zen("train", tiny_config, *change.split(), "--runs", tmp_path, "-q")
    assert trained.code in (0, 2, 4), trained.err
    if trained.code == 0:
        assert run_zen("plot", trained.out.strip()).code == 0


@pytest.mark.parametrize("stem", ["日本", "_draft", "a b$c$", "é" * 60])
def test_a_config_of_any_name_trains_and_is_plotted(tmp_path, tiny_config, stem):
    config = tmp_path / f"{stem}.yaml"
    config.write_bytes(tiny_config.read_bytes())
    runs = [train_once(tmp_path / "runs", config) for _ in "ab"]
    plotted = run_zen("plot", *runs, "-o", tmp_path)
    assert (plotted.code, plotted.out, plotted.err) == (0, f"{tmp_path / 'loss_compared.png'}\n", "")


# --- predict ---


def test_one_step_predictions_stand_beside_the_truth(sine_run):
    rows = rows_of(run_zen("predict", sine_run, "-o", "-").out)
    assert len(rows) == 150
    assert list(rows[0]) == ["x", "truth", "prediction", "part"]
    assert [row["part"] for row in rows] == ["train"] * 50 + ["validation"] * 100
    assert numbers(rows, "x").tolist() == list(range(50, 200))
    np.testing.assert_allclose(numbers(rows, "truth"), np.sin(np.arange(50, 200)), atol=1e-8)


def test_steps_feed_predictions_back(sine_run):
    rows = rows_of(run_zen("predict", sine_run, "--steps", 7, "-o", "-").out)
    model, values = predictions.load(Run(sine_run)).model, list(np.sin(np.arange(200.0)))
    for _ in range(7):
        values.append(model(np.array(values[-50:]).reshape(1, 50, 1)).value.item())
    assert numbers(rows, "x").tolist() == list(range(200, 207))
    np.testing.assert_allclose(numbers(rows, "prediction"), values[200:], rtol=1e-6, atol=1e-6)


def test_new_values_give_the_same_as_the_series_they_are(sine_run, tmp_path):
    values = "value\n" + "".join(f"{value!r}\n" for value in np.sin(np.arange(200.0)).tolist())
    (tmp_path / "new.csv").write_text(values, encoding="utf-8")
    known = rows_of(run_zen("predict", sine_run, "-o", "-").out)
    new = rows_of(run_zen("predict", sine_run, tmp_path / "new.csv", "-o", "-").out)
    assert list(new[0]) == ["index", "truth", "prediction"]
    assert (len(new), new[-1]["truth"]) == (151, "")
    np.testing.assert_allclose(numbers(new[:150], "prediction"), numbers(known, "prediction"), rtol=1e-6, atol=1e-6)
    piped = run_zen("predict", sine_run, "-", "-o", "-", stdin=values.encode())
    assert rows_of(piped.out) == new
    beyond = rows_of(run_zen("predict", sine_run, tmp_path / "new.csv", "--steps", 3, "-o", "-").out)
    assert [row.pop("index") for row in beyond] == ["200", "201", "202"]
    own = rows_of(run_zen("predict", sine_run, "--steps", 3, "-o", "-").out)
    assert beyond == [{"prediction": row["prediction"]} for row in own]


CLASSES = [("fizzbuzz", "0\n3\n5\n15\n1023\n", 4), ("digits", f"{','.join(['7'] * 64)}\n" * 5, 10)]


@pytest.mark.parametrize(("name", "table", "classes"), CLASSES, ids=["fizzbuzz", "digits"])
def test_new_examples_get_a_class_and_its_probabilities(tmp_path, name, table, classes):
    run = train_once(tmp_path, CONFIGS / f"{name}.yaml", "training.epochs=1")
    rows = rows_of(run_zen("predict", run, "-", "-o", "-", stdin=table.encode()).out)
    labels = predictions.load(Run(run)).task.labels
    assert list(rows[0]) == ["example", "truth", "prediction", *(f"probability_{label}" for label in labels)]
    assert [row["truth"] for row in rows] == [""] * 5
    shares = np.array([numbers(rows, f"probability_{label}") for label in labels])
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=1e-6)
    assert [row["prediction"] for row in rows] == [labels[i] for i in shares.argmax(axis=0)]
    assert len(labels) == classes
    refused = run_zen("predict", run, "--steps", 3)
    assert (refused.code, "--steps goes beyond the end of a series" in refused.err) == (2, True)


def test_predictions_go_where_they_are_told_to_and_else_into_the_newest_run(tmp_path, tiny_config):
    newest = [train_once(tmp_path / "runs", tiny_config) for _ in "ab"][-1]
    for arguments, name in (((), "predictions"), (("--steps", 2), "extrapolation")):
        outcome = run_zen("predict", "--runs", tmp_path / "runs", *arguments)
        assert (outcome.code, outcome.out) == (0, f"{newest / 'predictions' / name}.csv\n")
    outcome = run_zen("predict", "tiny-1", "--runs", tmp_path / "runs", "-o", tmp_path / "p.csv")
    assert outcome.out == f"{tmp_path / 'p.csv'}\n"
    assert len(rows_of((tmp_path / "p.csv").read_text(encoding="utf-8"))) == 9


# --- plot ---


@pytest.mark.parametrize("kind", MAGIC)
def test_pictures_of_each_format(tiny_run, tmp_path, kind):
    outcome = run_zen("plot", tiny_run, "--format", kind, "--output", tmp_path / "deep" / "er", "--steps", 5)
    names = [f"{name}.{kind}" for name in ("loss", "predictions", "extrapolation")]
    assert (outcome.code, outcome.out.splitlines()) == (0, [str(tmp_path / "deep" / "er" / name) for name in names])
    again = run_zen("plot", tiny_run, "--format", kind, "--output", tmp_path, "--steps", 5)
    assert again.code == 0
    for name in names:
        drawn = (tmp_path / "deep" / "er" / name).read_bytes()
        assert drawn.startswith(MAGIC[kind])
        assert kind == "svg" or drawn == (tmp_path / name).read_bytes()


def test_runs_of_one_name_in_two_places_are_both_drawn(tmp_path, tiny_config, monkeypatch):
    runs, drawn = [train_once(tmp_path / place, tiny_config) for place in "ab"], []
    loss_curves = losses.loss_curves
    monkeypatch.setattr(losses, "loss_curves", lambda records: drawn.extend(records) or loss_curves(records))
    assert run_zen("plot", *runs, "-o", tmp_path).code == 0
    assert len(drawn) == 2


# --- help ---

COMMANDS = [(), *((name,) for name in cli.cli.commands)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda names: " ".join(names) or "zen")
def test_every_help_ends_with_examples_that_parse(command):
    outcome = run_zen(*command, "--help")
    lines = outcome.out.splitlines()
    assert (outcome.code, outcome.err, max(map(len, lines)) <= 100) == (0, "", True)
    docs = (cli.cli.commands[command[0]] if command else cli.cli).help
    examples = re.search(r"Example:\n((?: +zen .*\n?)+)$", docs.replace("\b\n", "").rstrip() + "\n")[1].splitlines()
    assert all(line.strip() in outcome.out for line in examples)
    for example in examples:
        _, name, *arguments = shlex.split(example)
        context = cli.cli.commands[name].make_context(name, arguments)
        assert isinstance(context, click.Context)
        for config in (argument for argument in arguments if argument.startswith("configs/")):
            assert (CONFIGS.parent / config).is_file()


# --- what is refused ---

FILES = {"empty.yaml": b"", "list.yaml": b"- a\n", "latin.yaml": b"seed: \xe9\n", "short.csv": b"1\n2\n"}
FILES |= {"wide.csv": b"1,2\n3,4\n", "text.csv": b"x\n1\n2\nabc\n", "latin.csv": b"1\n2\n\xe9\n", "file": b""}
BAD = [  # arguments, with {} for a folder that holds FILES, the tiny config and its run; exit code; words
    ("", 2, "Usage: zen"),
    ("tarin x", 2, "No such command 'tarin'"),
    ("train", 2, "Missing argument 'CONFIG'"),
    ("train {}/nix.yaml", 2, "nix.yaml does not exist"),
    ("train {}", 2, "is a directory"),
    ("train {}/empty.yaml", 2, "empty.yaml:1:1: this config is empty"),
    ("train {}/list.yaml", 2, "list.yaml:1:1: .* but this is a list"),
    ("train {}/latin.yaml", 2, "latin.yaml:1:7: byte 0xe9 is not UTF-8"),
    ("train {}/tiny.yaml --nix", 2, "No such option '?--nix"),
    ("train {}/tiny.yaml seed", 2, "override:1:1: an override is KEY=VALUE"),
    ("train {}/tiny.yaml seed=-1", 2, "seed: expected a whole number >= 0, got -1"),
    ("train {}/tiny.yaml --runs {}/file", 2, "'.*file' is a file"),
    ("train {}/tiny.yaml --runs {}/file/runs", 5, "file: File exists"),
    (
        "train {}/tiny.yaml --runs {}/wild optimizer.SGD.lr=1e30",
        4,
        r"loss is \w+ at step 2 .*; step 0 is saved, and finite, in .*tiny-1",
    ),
    ("predict --runs {}/none", 3, "no run in .*none yet: zen train CONFIG makes one"),
    ("predict nix --runs {}/runs", 3, "no run named 'nix' in .*: the runs are tiny-1"),
    ("predict tiny --runs {}/runs --steps 0", 2, "'--steps': 0 is not in the range 1<=x"),
    ("predict tiny --runs {}/runs --steps x", 2, "'x' is not a valid integer"),
    ("predict tiny --runs {}/runs {}/nix.csv", 2, "nix.csv: there is no such file"),
    ("predict tiny --runs {}/runs {}", 2, ": this is a folder, not a file"),
    ("predict tiny --runs {}/runs {}/short.csv", 2, "short.csv.*looks at 3 values .* there are only 2"),
    ("predict tiny --runs {}/runs {}/short.csv --steps 2", 2, "looks at 3 values .* there are only 2"),
    ("predict tiny --runs {}/runs {}/wide.csv", 2, "wide.csv.*expected 1 column"),
    ("predict tiny --runs {}/runs {}/text.csv", 2, "text.csv:4: column 'x': 'abc' is not a number"),
    ("predict tiny --runs {}/runs {}/latin.csv", 2, "latin.csv:3: byte 1 of the line, 0xe9, is not UTF-8"),
    ("predict tiny --runs {}/runs -o {}/nix/p.csv", 5, r"nix(/p\.csv)?: No such file or directory"),
    ("predict tiny --runs {}/runs -o {}", 5, ": Is a directory"),
    ("plot --runs {}/none", 3, "no run in .*none yet"),
    ("plot tiny --runs {}/runs --format gif", 2, "'gif' is not one of"),
    ("plot tiny --runs {}/runs -o {}/file", 2, "file' is a file"),
    ("plot tiny nix --runs {}/runs", 3, "no run named 'nix'"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory, tiny_config):
    folder = tmp_path_factory.mktemp("place")
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    (folder / "tiny.yaml").write_bytes(tiny_config.read_bytes())
    train_once(folder / "runs", folder / "tiny.yaml")
    return folder


def files_in(folder):
    return {str(path): path.is_file() and path.read_bytes() for path in folder.rglob("*")}


@pytest.mark.parametrize(("arguments", "code", "words"), BAD, ids=[case[0] for case in BAD])
def test_bad_input_gives_its_exit_code_and_one_message(place, arguments, code, words):
    before = files_in(place) if code != 4 else None
    outcome = run_zen(*arguments.format(*[place] * 3).split())
    assert (outcome.code, outcome.out) == (code, "")
    assert re.search(words, outcome.err)
    assert "Traceback" not in outcome.err
    assert sum(line.startswith(("zen: ", "Error: ")) for line in outcome.err.splitlines()) == bool(arguments)
    assert before is None or files_in(place) == before


def test_a_training_that_is_not_finite_leaves_a_checkpoint_that_is(tmp_path, tiny_config):
    for lr in ("1e30", "1e38"):
        assert run_zen("train", tiny_config, f"optimizer.SGD.lr={lr}", "--runs", tmp_path).code == 4
        assert run_zen("predict", "--runs", tmp_path, "-o", "-").code == 0
        (path,) = Run(tmp_path / f"tiny-{1 + (lr == '1e38')}").checkpoints()
        assert all(np.isfinite(tensor).all() for tensor in checkpoint.load(path).tensors.values())


SPOILERS = [
    ("checkpoints/000000000004.safetensors", lambda data: data[:-1], "predict"),
    ("checkpoints/000000000004.safetensors", lambda _: b"", "plot"),
    ("metrics.jsonl", lambda data: b"{" + data, "plot"),
    ("metrics.jsonl", lambda _: b"[]\n", "plot"),
    ("metrics.jsonl", lambda _: b'{"loss": 1}\n', "plot"),
]


@pytest.mark.parametrize(("file", "spoil", "command"), SPOILERS)
def test_a_spoiled_run_is_said_to_be_one(tmp_path, tiny_config, file, spoil, command):
    path = train_once(tmp_path, tiny_config) / file
    path.write_bytes(spoil(path.read_bytes()))
    outcome = run_zen(command, "--runs", tmp_path)
    assert (outcome.code, str(path) in outcome.err) == (3, True), outcome.err


@pytest.mark.parametrize("name", ["000000000009.safetensors", "000000000005-copy.safetensors"])
def test_a_checkpoint_renamed_to_another_step_is_refused(tmp_path, tiny_config, name):
    first, last = sorted((train_once(tmp_path, tiny_config) / "checkpoints").iterdir())
    first.unlink()
    last.rename(last.with_name(name))
    assert run_zen("predict", "--runs", tmp_path).code == 3
