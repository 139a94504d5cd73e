"""What TAB offers: commands, configs, runs, keys and values; and how it gets into a shell."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from conftest import CONFIGS, run_zen, write_files

from zen_cli.cli import cli
from zen_cli.commands.shells import Bash, Fish, Zsh
from zen_cli.config.guide.suggest import suggestions

ROOT = CONFIGS.parent

CONFIG = """\
data:
  source: {Curve: sin(x)}
  window: 3
model:
  - RNN: {hidden_dim: 2, initializer: He}
  - Linear: {units: 4, name: head}
  - Residual: [Tanh, {Linear: 4}]
  - Linear: 1
loss: MSE
optimizer: {SGD: 0.1}
metrics: [MAE]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory with configs, runs and other things, to work in."""
    monkeypatch.chdir(tmp_path)
    texts = {
        "a.yaml": CONFIG,
        "above.yml": "extends: a.yaml\noptimizer: {Adam: {lr: 0.1}}\ntraining: {epochs: 3}\n",
        "broken.yaml": "model: [",
        "circle.yaml": "extends: circle.yaml",
        "list.yaml": "model: [[], 3, {Linear: {}, ReLU: {}}, Nix, {Nix: 3}]\ndata: 3\noptimizer: [1]\n",
        "notes.txt": "",
        ".hidden.yaml": "",
    }
    runs = {f"runs/{name}/run.json": f'{{"sequence": {i}}}' for i, name in enumerate(["sine-9", "sine-10", "digits-1"])}
    write_files(tmp_path, texts | runs)
    Path("runs", "no-run").mkdir()
    return tmp_path


def completed(line):
    """What is offered for the last word of a command line, which may be empty."""
    *words, last = line.split(" ")
    return [item.value for item in ShellComplete(cli, {}, "zen", "").get_completions(words, last)]


OPTIMIZERS = ["SGD", "Adagrad", "Adam", "AdamW", "Momentum", "Nesterov", "RMSProp"]
SOURCES = ["Adding", "CopyMemory", "Digits", "FizzBuzz", "MackeyGlass", "Parity"]  # that need nothing
TEXT, IMAGES = "data.source.Text.file=", "data.source.IDX.test_images="
ENTRIES = ["a.yaml", "above.yml", "broken.yaml", "circle.yaml", "list.yaml", "notes.txt", "runs/", "null"]
TRAINING = ["epochs", "batch_size", "shuffle", "clip_norm", "clip_value", "dtype", "threads"]
TRAINING += ["patience", "min_delta", "monitor", "weights"]
CASES = [
    # commands, options
    ("tra", ["train"]),
    ("comp", ["completion"]),
    ("completion ", ["bash", "zsh", "fish"]),
    ("train --qui", ["--quiet"]),
    ("plot --format ", ["png", "svg", "pdf"]),
    # configs
    ("train ", ["a.yaml", "above.yml", "broken.yaml", "circle.yaml", "list.yaml", "runs/"]),
    ("train a", ["a.yaml", "above.yml"]),
    ("train .h", [".hidden.yaml"]),
    ("train runs/d", ["runs/digits-1/"]),
    ("train nix/", []),
    ("check ab", ["above.yml"]),
    ("show ab", ["above.yml"]),
    ("summary a.", ["a.yaml"]),
    # runs
    ("predict ", ["sine-9", "sine-10", "digits-1"]),
    ("predict s", ["sine-9", "sine-10"]),
    ("plot sine-9 s", ["sine-10"]),
    ("predict --runs nix ", ["runs/"]),
    ("predict runs/si", ["runs/sine-10/", "runs/sine-9/"]),
    ("summary d", ["digits-1"]),
    ("evaluate d", ["digits-1"]),
    ("evaluate sine-9 n", ["notes.txt"]),
    ("generate s", ["sine-9", "sine-10"]),
    ("backtest ab", ["above.yml"]),
    ("backtest a.yaml see", ["seed="]),
    ("backtest a.yaml --output n", ["notes.txt"]),
    # keys
    ("train a.yaml tr", ["training."]),
    ("train a.yaml mo", ["model.", "model=", "model+="]),
    ("train a.yaml ext", []),
    ("train a.yaml los", ["loss="]),
    ("train a.yaml opt", ["optimizer.", "optimizer="]),
    ("train a.yaml seed", ["seed="]),
    ("train a.yaml checkpoints.every_s", ["checkpoints.every_steps=", "checkpoints.every_seconds="]),
    ("train a.yaml training.weights=", ["training.weights=best", "training.weights=last"]),
    ("train a.yaml optimizer.", ["optimizer.SGD."]),
    ("train a.yaml optimizer.SGD.", ["optimizer.SGD.lr=", "optimizer.SGD.weight_decay="]),
    (
        "train a.yaml optimizer.Adam.",
        [f"optimizer.Adam.{name}=" for name in ("lr", "beta1", "beta2", "epsilon", "weight_decay")],
    ),
    ("train a.yaml data.source.", ["data.source.Curve."]),
    ("train a.yaml data.source.Curve.e", ["data.source.Curve.expression="]),
    (
        "train a.yaml data.source.Curve.expression=[x,1/x] data.source.Curve.e",
        ["data.source.Curve.expression=", "data.source.Curve.expression+="],
    ),
    ("train a.yaml data.sp", ["data.split."]),
    ("train a.yaml data.split.", [f"data.split.{name}=" for name in ("train", "test", "method", "group")]),
    ("train a.yaml data.sc", ["data.scaling=", "data.scaling+="]),
    ("train a.yaml model.", ["model.0.", "model.1.", "model.head.", "model.2.", "model.3."]),
    ("train a.yaml model.0.", ["model.0.RNN."]),
    ("train a.yaml model.0.RNN.h", ["model.0.RNN.hidden_dim="]),
    ("train a.yaml model.0.RNN.initializer.", ["model.0.RNN.initializer.He."]),
    (
        "train a.yaml model.head.Linear.",
        [f"model.head.Linear.{end}" for end in ("units=", "initializer.", "initializer=", "name=")],
    ),
    ("train a.yaml model.2.Residual.layers.1.Linear.u", ["model.2.Residual.layers.1.Linear.units="]),
    ("train a.yaml model.4.", []),
    ("train a.yaml nix.", []),
    ("train a.yaml seed.", []),
    ("train a.yaml schedule.S", ["schedule.Step."]),
    ("train a.yaml metrics", ["metrics=", "metrics+="]),
    ("check a.yaml training.ep", ["training.epochs="]),
    ("summary a.yaml optimizer.", ["optimizer.SGD."]),
    # keys after other overrides
    ("train a.yaml optimizer=Adam optimizer.", ["optimizer.Adam."]),
    ("train a.yaml model.head.Linear.name=top model.h", []),
    ("train a.yaml model.head=Tanh model.1.", ["model.1.Tanh."]),
    ("train a.yaml model+=Softmax model.4", ["model.4."]),
    ("train a.yaml optimizer={ nix optimizer.", ["optimizer.SGD."]),
    # values
    ("train a.yaml optimizer=", [f"optimizer={name}" for name in OPTIMIZERS]),
    ("train a.yaml optimizer=R", ["optimizer=RMSProp"]),
    ("train a.yaml training.shuffle=", ["training.shuffle=true", "training.shuffle=false"]),
    ("train a.yaml training.dtype=float6", ["training.dtype=float64"]),
    ("train a.yaml training.clip_norm=", ["training.clip_norm=null"]),
    ("train a.yaml training.epochs=2", []),
    ("train a.yaml model.0.RNN.activation=", ["model.0.RNN.activation=tanh", "model.0.RNN.activation=relu"]),
    ("train a.yaml metrics+=p", ["metrics+=precision", "metrics+=perplexity"]),
    ("train a.yaml data.source=", [f"data.source={name}" for name in SOURCES]),
    ("train a.yaml data.scaling+=Ro", ["data.scaling+=Robust"]),
    ("train a.yaml data.split.method=", [f"data.split.method={how}" for how in ("order", "random", "stratified")]),
    ("train a.yaml interval=", ["interval=null"]),
    # files
    ("train a.yaml data.source={Text:{}} data.source.Text.file=n", ["data.source.Text.file=notes.txt"]),
    (
        "train a.yaml data.source={Text:{}} data.source.Text.file=runs/s",
        [f"{TEXT}runs/sine-10/", f"{TEXT}runs/sine-9/"],
    ),
    ("train a.yaml data.source={IDX:{}} data.source.IDX.test_images=", [f"{IMAGES}{end}" for end in ENTRIES]),
    ("train a.yaml data.source={CSV:{}} data.source.CSV.target=", []),
    ("train a.yaml nix=", []),
    # a config that extends another, and those that cannot be read
    ("train above.yml optimizer.", ["optimizer.Adam."]),
    ("train above.yml model.head.Linear.u", ["model.head.Linear.units="]),
    ("train above.yml training.", [f"training.{name}=" for name in TRAINING]),
    ("train broken.yaml training.e", ["training.epochs="]),
    ("train nix.yaml optimizer.S", ["optimizer.SGD."]),
    ("train circle.yaml optimizer.S", ["optimizer.SGD."]),
    ("train list.yaml model.", ["model.0.", "model.1.", "model.2.", "model.3.", "model.4."]),
    ("train list.yaml model.2.L", ["model.2.Linear."]),
    ("train list.yaml data.so", ["data.source.", "data.source="]),
    ("train list.yaml data.sp", ["data.split."]),
]


@pytest.mark.parametrize(("line", "offered"), CASES, ids=[line for line, _ in CASES])
@pytest.mark.usefixtures("folder")
def test_what_is_offered(line, offered):
    assert completed(line) == offered


def test_what_is_offered_is_explained(folder):
    found = suggestions(folder / "a.yaml", (), "training.")
    assert all(each.meaning.endswith(".") for each in found)
    assert [each.meaning for each in suggestions(folder / "a.yaml", (), "model.")][:2] == ["RNN", "Linear"]


def test_every_key_that_is_offered_can_be_overridden(folder):
    """By a value that is offered, or by one that suits a setting of its name."""
    values = {"lr": 0.1, "units": 3, "hidden_dim": 3, "epochs": 2}
    config = folder / "a.yaml"
    keys = [
        each.text for key in ("training.", "optimizer.SGD.", "model.0.RNN.") for each in suggestions(config, (), key)
    ]
    arguments = [
        choice.text
        for key in keys
        if key.endswith("=")
        for choice in suggestions(config, (), key)
        if "stateful" not in key
    ] + [key + str(values[key.split(".")[-1][:-1]]) for key in keys if key.split(".")[-1][:-1] in values]
    assert len(arguments) > 15
    for argument in arguments:
        outcome = run_zen("show", config, argument)
        assert outcome.code == 0, outcome.err


# --- in a shell ---


def offered_in(shell, line, monkeypatch):
    monkeypatch.setenv("_ZEN_LINE", line)
    monkeypatch.setenv("_ZEN_BREAKS", " \t\n\"'><=;|&(:")
    return [each.split("\t")[0] for each in shell(cli, {}, "zen", "").complete().split("\n") if each]


LINES = [  # what was typed, what takes the place of the word, and what does in bash, where one begins after a `=`
    ("zen tra", ["train"], ["train"]),
    ("zen train a.yaml optimizer=R", ["optimizer=RMSProp"], ["RMSProp"]),
    ("zen train a.yaml metrics+=ac", ["metrics+=accuracy"], ["accuracy"]),
    ("zen train a.yaml training.ep", ["training.epochs="], ["training.epochs="]),
    ("zen plot --format=p", ["--format=png", "--format=pdf"], ["png", "pdf"]),
    ("zen train 'a.yaml' \"optimizer.SGD.l", ["optimizer.SGD.lr="], ["optimizer.SGD.lr="]),
    ("zen predict sine-9 n", ["notes.txt"], ["notes.txt"]),
    (f"zen train a.yaml data.source={{Text:{{}}}} {TEXT}n", [f"{TEXT}notes.txt"], ["notes.txt"]),
    ("zen predict --runs r", ["runs/"], ["runs/"]),
    ("zen plot --output=r", ["--output=runs/"], ["runs/"]),
    ("zen train 'a", ["a.yaml", "above.yml"], ["a.yaml", "above.yml"]),
    ("/usr/bin/zen train wi", ["with space.yaml"], ["with\\ space.yaml"]),
]


@pytest.mark.parametrize(("line", "whole", "in_bash"), LINES, ids=[line for line, *_ in LINES])
def test_what_takes_the_place_of_a_word(folder, monkeypatch, line, whole, in_bash):
    (folder / "with space.yaml").touch()
    assert offered_in(Bash, line, monkeypatch) == in_bash
    for shell in (Zsh, Fish):
        assert offered_in(shell, line, monkeypatch) == whole


@pytest.mark.usefixtures("folder")
def test_meanings_stay_on_their_line(monkeypatch):
    monkeypatch.setenv("_ZEN_LINE", "zen train a.yaml ")
    assert all(line.count("\t") == 1 for line in Fish(cli, {}, "zen", "").complete().split("\n"))


PRESS_TAB = """
compopt() { echo "compopt $*"; }
PATH="$1:$PATH"; source <(zen completion bash); cd "$2"
COMP_LINE="$3"; COMP_POINT=${#COMP_LINE}
_zen_completion zen
printf '%s\\n' "${COMPREPLY[@]}"
"""
PRESSED = [
    ("zen train a.yaml optimizer=RM", "RMSProp\n"),
    ("zen train a.yaml optimizer.S", "compopt -o nospace\noptimizer.SGD.\n"),
    ("zen train a.yaml training.ep", "compopt -o nospace\ntraining.epochs=\n"),
    ("zen predict sine-9", "sine-9\n"),
    ("zen train broken.yaml seed=", "\n"),
]


@pytest.mark.parametrize(("line", "out"), PRESSED, ids=[line for line, _ in PRESSED])
def test_bash_completes(folder, line, out):
    (folder / "bin").mkdir()
    (folder / "bin" / "zen").write_text(
        f'#!/bin/sh\nexec {sys.executable} -W error -m zen_cli "$@"\n', encoding="utf-8"
    )
    (folder / "bin" / "zen").chmod(0o755)
    command = ["bash", "--norc", "-c", PRESS_TAB, "-", str(folder / "bin"), str(folder), line]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (out, "")


def test_the_scripts_are_printed(zen, monkeypatch):
    for shell in (Bash, Zsh, Fish):
        monkeypatch.setenv("SHELL", f"/usr/bin/{shell.name}")
        outcome = zen("completion")
        assert outcome == zen("completion", shell.name)
        assert f"_ZEN_COMPLETE={shell.name}_complete" in outcome.out
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    outcome = zen("completion")
    assert (outcome.code, outcome.out) == (2, "")
    assert "SHELL is tcsh: name one of bash, zsh, fish" in outcome.err


@pytest.mark.usefixtures("folder")
def test_completion_imports_nothing_heavy():
    spy = (
        "import atexit, sys\n"
        "heavy = {'numpy', 'matplotlib', 'pydantic', 'rich', 'safetensors', 'tqdm'}\n"
        "atexit.register(lambda: print('HEAVY', sorted(heavy & sys.modules.keys()), file=sys.stderr))\n"
        "sys.argv = ['zen']\n"
        "import runpy\n"
        "runpy.run_module('zen_cli', run_name='__main__')\n"
    )
    for line in ("zen ", "zen train above.yml model.", "zen predict s"):
        environment = {"_ZEN_COMPLETE": "fish_complete", "_ZEN_LINE": line, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", spy], env=environment, capture_output=True, text=True, check=False)
        assert (done.stderr, done.returncode) == ("HEAVY []\n", 0)
        assert done.stdout.count("\n") > 1
