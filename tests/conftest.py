"""What several test files share: the command line in this process, and one small training to work from."""

import contextlib
import io
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from zen_cli import cli, nn
from zen_cli.config import overrides
from zen_cli.config.build import open_config
from zen_cli.config.resolve import resolve
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.reader import read_text
from zen_cli.training import durable


def pytest_addoption(parser):
    parser.addoption("--rewrite-golden", action="store_true", help="write what zen says now into tests/wrong/")
    parser.addoption(
        "--long", action="store_true", help="2,000 random kills, and a fault at every operation of more runs"
    )
    parser.addoption("--kill-seed", type=int, default=0, help="where and when the random kills come")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """Signals count in all tests and what they start, also where whatever started pytest has ignored some."""
    if config.getoption("long"):
        config.option.timeout = 0
    for number, handler in {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGHUP: signal.SIG_DFL,
        signal.SIGTERM: signal.SIG_DFL,
    }.items():
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def numbers(*shape, low=-2.0, high=2.0):
    """Random numbers, the same each time for a shape."""
    return np.random.default_rng(shape).uniform(low, high, shape)


def built(layers, example, seed=0, dtype="float64"):
    """A model with its parameters made for examples of this shape."""
    model = nn.Model(layers, seed, dtype)
    model.plan(example)
    model.build()
    return model


CONFIGS = Path(__file__).parents[1] / "configs"
DATA = Path(__file__).parent / "configs" / "data"

TINY = """\
data:
  source: {Curve: {expression: sin(x), points: 12}}
  window: 3
  split: {train: 6}
model:
  - RNN: {hidden_dim: 2}
  - Linear: 1
loss: MSE
optimizer: {SGD: 0.1}
training: {epochs: 2, batch_size: 4}
"""

SERIES = """\
seed: 0
data:
  source:
    Curve: {expression: sin(x), points: 20}
  window: 5
  split: {train: 10}
model:
  - RNN: {units: 3, hidden_dim: 3, return_sequences: true}
  - RNN: {hidden_dim: 3}
  - Linear: 4
  - Linear: 1
loss: MSE
optimizer:
  RMSProp: {lr: 5e-4}
training: {epochs: 2, batch_size: 8}
"""
CLASSES = """\
data:
  source:
    FizzBuzz: {numbers: 20, bits: 5}
model:
  - Linear: 4
  - Softmax
loss: categorical_crossentropy
optimizer: Adam
"""
IMAGES = """\
data:
  source: Digits
  split: {train: 1000}
model:
  - Reshape: [8, 8, 1]
  - Conv2D: {filters: 4, kernel_size: 3, padding: same}
  - ReLU
  - MaxPool: 2
  - Flatten
  - Linear: 10
  - Softmax
loss: categorical_crossentropy
optimizer: {Adam: {lr: 0.002}}
training: {epochs: 2, batch_size: 64}
"""
TABLE = """\
data:
  source:
    CSV: {file: flowers.csv, target: species}
  scaling: [Standard]
  split: {train: 0.8, method: random}
model:
  - Linear: 3
  - Softmax
loss: categorical_crossentropy
optimizer: Adam
"""
DATED = """\
data:
  source:
    CSV: {file: passengers.csv, target: passengers, index: month}
  window: 6
  horizon: 3
  scaling: [Standard]
  split: {train: 0.6, test: 0.2}
model:
  - GRU: 4
  - Linear: 3
loss: MSE
optimizer: Adam
"""
TEXT = """\
data:
  source:
    Text: {file: names.txt}
  window: 8
model:
  - Embedding: {tokens: 26, dim: 4}
  - GRU: {hidden_dim: 8, return_sequences: true}
  - Linear: 26
  - Softmax
loss: categorical_crossentropy
optimizer: Adam
"""


@dataclass(frozen=True)
class Outcome:
    """How a command ended. `out` is for data, `err` for talk."""

    code: int
    out: str
    err: str


class TextInput(io.TextIOWrapper):
    """Standard input that holds these bytes."""

    def __init__(self, data):
        super().__init__(io.BytesIO(data), encoding="utf-8")


def run_zen(*arguments, stdin=b""):
    """`zen ARGUMENTS...` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setattr(sys, "argv", ["zen", *map(str, arguments)])
        patch.setattr(sys, "stdin", TextInput(stdin))
        code = cli._run()
    return Outcome(code, out.getvalue(), err.getvalue())


@pytest.fixture
def zen():
    return run_zen


@pytest.fixture
def unsynced(monkeypatch):
    """Nobody waits for the disk, as no power is cut here."""
    monkeypatch.setattr(durable, "_sync", lambda _: None)


def train_once(folder, config, *changes):
    """Train a config into `folder`; the path of the run."""
    outcome = run_zen("train", config, *changes, "--runs", folder, "-q")
    assert outcome.code == 0, outcome.err
    return Path(outcome.out.strip())


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory):
    path = tmp_path_factory.mktemp("configs") / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory, tiny_config):
    """A run of TINY, only to be read."""
    return train_once(tmp_path_factory.mktemp("runs"), tiny_config)


@pytest.fixture(scope="session")
def sine_run(tmp_path_factory):
    """A run of configs/sine.yaml, two epochs long, only to be read."""
    return train_once(tmp_path_factory.mktemp("sine"), CONFIGS / "sine.yaml", "training.epochs=2")


FEW_NAMES = "anna\nhanna\nhannah\njohanna\nmarianne\njoanna\nsusanna\nannika\nmanon\nrosanna\n"
NAMES = """\
data:
  source: {Text: {file: names.txt, lines: true}}
  split: {train: 0.8}
model:
  - Embedding: {tokens: 14, dim: 4}
  - GRU: {hidden_dim: 8, return_sequences: true}
  - Linear: 14
  - Softmax
loss: categorical_crossentropy
optimizer: {Adam: 0.01}
training: {epochs: 2, batch_size: 4}
"""


@pytest.fixture(scope="session")
def names_run(tmp_path_factory):
    """A run that learnt to write a few names, only to be read."""
    folder = tmp_path_factory.mktemp("names")
    write_files(folder, {"names.txt": FEW_NAMES, "names.yaml": NAMES})
    return train_once(folder, folder / "names.yaml")


# --- configs ---


def write_files(folder, texts):
    """Write texts into a folder, by their names, which may lie in folders of it."""
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def link_data(folder, *, of=DATA, but=()):
    """Put links to files of data into a folder, where configs look for them."""
    folder.mkdir(exist_ok=True)
    for path in of.iterdir():
        if path.name not in but:
            (folder / path.name).symlink_to(path)


def resolved(text, *arguments):
    root = read_text(text, "c.yaml")
    return resolve(root, known_problems=overrides.apply(root, arguments).problems).values


@pytest.fixture
def problems_of(tmp_path):
    """The problems that `zen train` finds in a config."""

    def problems_of(text, *arguments):
        (tmp_path / "c.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            open_config(tmp_path / "c.yaml", arguments)
        return caught.value.problems

    return problems_of


def placed(problem):
    return f"{problem.place.line}:{problem.place.column}"


def changed(text, old, new):
    assert text.count(old) == 1, old
    return text.replace(old, new)


def demand_readable(message):
    """No line is longer than a person reads, or does things to a terminal."""
    for line in message.split("\n"):
        assert line.isprintable(), line
        assert len(line) <= 300, line
