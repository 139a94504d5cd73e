"""Trainings to interrupt, what they leave when nobody does, and how that differs from what another run left."""

import re
import shutil
import signal
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from faults.disk import Fault
from faults.forked import WITHOUT_RESULTS, Ended, warm_up, zen
from faults.stable import workplace
from zen_cli.errors import RunError
from zen_cli.training import checkpoint
from zen_cli.training.run import Run

# An LSTM, dropout, BatchNorm's running statistics, a shuffled order with a partial last batch, a rate that falls on a
# plateau, an early end, the best weights, intervals: everything that a run could forget. Saved within epochs, too.
SHUFFLED = """\
seed: 5
data:
  source: {Curve: {expression: sin(x), points: 40, noise: 0.3}}
  window: 6
  split: {train: 0.7}
model:
  - LSTM: {hidden_dim: 4}
  - BatchNorm
  - Dropout: 0.2
  - Linear: 1
loss: MSE
optimizer: {Adam: 0.1}
schedule: {ReduceOnPlateau: {factor: 0.5, patience: 0}}
interval: 0.9
training: {epochs: 40, batch_size: 5, shuffle: true, patience: 2}
checkpoints: {every_steps: 2}
"""
# States go from batch to batch, so a save within an epoch has to hold them.
STATEFUL = """\
seed: 1
data:
  source: {Curve: {expression: sin(x), points: 40, noise: 0.1}}
  window: 6
  split: {train: 0.7}
model:
  - LSTM: {hidden_dim: 4, layers: 2, dropout: 0.1, stateful: true, return_sequences: true}
  - GRU: {hidden_dim: 3, stateful: true}
  - Linear: 1
loss: MSE
optimizer: {RMSProp: 0.02}
training: {epochs: 4, batch_size: 6, shuffle: false, patience: 2}
checkpoints: {every_steps: 3, keep: 1}
"""
# As few operations as hold all of them: a fault is put at each.
SMALL = """\
data:
  source: {Curve: {expression: sin(x), points: 16}}
  window: 3
  split: {train: 8}
model:
  - RNN: {hidden_dim: 2}
  - Linear: 1
loss: MSE
optimizer: Adam
training: {epochs: 2, batch_size: 4, shuffle: true}
checkpoints: {every_steps: 1, keep: 1}
"""
IN_CHECKPOINT = re.compile(r" write \..*\.safetensors\.")
CONFIGS = {"shuffled": SHUFFLED, "stateful": STATEFUL, "small": SMALL}


@dataclass(frozen=True)
class Reference:
    """A config that was trained without interruption: what that left, how long it took, how much it did.

    Or that was interrupted once, and resumed without: `interrupted` are the runs as they were in between.
    """

    config: Path
    left: dict[str, bytes]
    seconds: float
    operations: tuple[str, ...]
    interrupted: Path | None = None

    def arguments(self, runs: Path) -> list[object]:
        """The command that goes on in `runs`, or begins where there is no run."""
        command = ["resume"] if runs_in(runs) else ["train", self.config]
        return [*command, "--runs", runs, "-q"]


def uninterrupted(folder: Path, name: str, *, results: bool = False) -> Reference:
    """A config, put into `folder`, and what it leaves with or without results."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / f"{name}.yaml"
    config.write_text(CONFIGS[name], encoding="utf-8")
    return replace(_measured(name, results), config=config)


@cache
def _measured(name: str, results: bool) -> Reference:
    """A config, trained twice without interruption: the second time is measured."""
    patches = () if results else WITHOUT_RESULTS
    with workplace() as place:
        config = place / f"{name}.yaml"
        config.write_text(CONFIGS[name], encoding="utf-8")
        warm_up("train", config, "--runs", place / "warm", "-q")
        for runs in (place / "first", place / "second"):
            began = time.perf_counter()
            ended = _demand(zen(place / "said", "train", config, "--runs", runs, "-q", patches=patches))
            seconds = time.perf_counter() - began
        first, second = (left_by(runs_in(runs)[-1]) for runs in (place / "first", place / "second"))
    if differing := differences(first, second):
        raise RuntimeError(f"{name} does not repeat itself: {', '.join(differing)}")
    return Reference(config, first, seconds, ended.operations)


def interrupted(undisturbed: Reference) -> Reference:
    """The same, killed while it wrote its last checkpoint, and then resumed."""
    folder = undisturbed.config.parent
    at = max(number for number, line in enumerate(undisturbed.operations, start=1) if IN_CHECKPOINT.search(line))
    fault = Fault(at, signal=signal.SIGKILL, half=True)
    before, after = folder / "interrupted", folder / "resumed"
    zen(folder / "said", *undisturbed.arguments(before), patches=WITHOUT_RESULTS, fault=fault)
    shutil.copytree(before, after)
    ended = _demand(zen(folder / "said", *undisturbed.arguments(after), patches=WITHOUT_RESULTS))
    return replace(undisturbed, operations=ended.operations, interrupted=before)


def _demand(ended: Ended) -> Ended:
    if ended.code:
        raise RuntimeError(f"an uninterrupted command exits {ended.code}: {ended.err}")
    return ended


def left_by(path: Path) -> dict[str, bytes]:
    """What a run must leave, byte for byte, however often it was interrupted. RunError where it left no such thing."""
    run = Run(path)
    newest = checkpoint.load(run.checkpoints()[-1])
    best = checkpoint.load(run.checkpoint(newest.best.step)) if newest.best.step else newest
    files = {"metrics": run.metrics, f"newest, step {newest.step}": newest.path, f"best, step {best.step}": best.path}
    results = {str(p.relative_to(path)): p for p in (path / "scores.json", *run.predictions.glob("*.csv"))}
    return {name: file.read_bytes() for name, file in {**files, **results}.items() if file.exists()}


def differences(left: dict[str, bytes], wanted: dict[str, bytes]) -> list[str]:
    """The names of what is there alone or not the same."""
    return sorted(name for name in left.keys() | wanted.keys() if left.get(name) != wanted.get(name))


def unreadable(path: Path) -> list[str]:
    """What is wrong with the published checkpoints of a run that was interrupted."""
    return [problem for file in Run(path).checkpoints() if (problem := _problem(file))]


def leftovers(path: Path) -> list[str]:
    """Files that no finished run should have, but for those among its results, where others may write at any time."""
    files = [*path.iterdir(), *(path / "checkpoints").iterdir()]
    return sorted(str(p.relative_to(path)) for p in files if p.suffix in {".tmp", ".aside"})


def runs_in(runs: Path) -> list[Path]:
    """The runs that were made in a directory, oldest first; without run.json one is none."""
    return sorted(path.parent for path in runs.glob("*/run.json"))


def _problem(file: Path) -> str:
    try:
        checkpoint.load(file)
    except RunError as error:
        return str(error)
    return ""
