"""Time what saving costs a training of a minute, small and large, and each piece of a save: see README.md."""

import argparse
import json
import os
import resource
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

import harness
import numpy as np

EPOCHS_TO_CALIBRATE = 4
EXAMPLES = (512, 8192)  # of the dense ones, so that an epoch takes about a second
VALUES, CLASSES = 1024, 10

SMALL = """
data:
  source:
    Curve: {expression: sin(x), points: 24000}
  window: 50
model:
  - LSTM: {hidden_dim: 32}
  - Linear: 1
loss: MSE
optimizer:
  Adam: {lr: 0.001}
"""
DENSE = """
data:
  source:
    NPZ: %(examples)d.npz
model:
  - Linear: %(units)d
  - ReLU
  - Linear: %(units)d
  - ReLU
  - Linear: 10
  - Softmax
loss: categorical_crossentropy
optimizer:
  Adam: {lr: 0.00001}
training: {batch_size: 64}
"""
CONFIGS = {
    "LSTM, 4,385 parameters": SMALL,
    "dense, 2 million parameters": DENSE % {"units": 1024, "examples": EXAMPLES[1]},
    "dense, 21 million parameters": DENSE % {"units": 4096, "examples": EXAMPLES[0]},
}
SETTINGS = {"default": [], "every epoch": ["checkpoints.every_epochs=1"]}
OPERATIONS = {"write": "write", "replace": "rename", "unlink": "unlink"}  # of os, by what to call them
PIECES = ("sha-256", "write", "fsync", "rename", "directory", "unlink")


def write_configs(folder: Path) -> dict[str, Path]:
    """The configs with their data, in a folder."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((max(EXAMPLES), VALUES), np.float32)
    classes = (inputs @ rng.standard_normal((VALUES, CLASSES), np.float32)).argmax(axis=1)  # something to learn
    for examples in EXAMPLES:
        np.savez(folder / f"{examples}.npz", x=inputs[:examples], y=classes[:examples])
    paths = {name: folder / f"{number}.yaml" for number, name in enumerate(CONFIGS)}
    for name, path in paths.items():
        path.write_text(CONFIGS[name], encoding="utf-8")
    return paths


# --- in a process of its own ---


class Stopwatch:
    """The module `os` for `durable`, and a wrapper of functions: how long each took, by a name for it."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self._is_saving = False

    def __getattr__(self, name: str) -> Any:
        function = getattr(os, name)
        return self.timed(OPERATIONS[name], function) if name in OPERATIONS else function

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        if self._is_saving or name not in PIECES:
            self.seconds.setdefault(name, []).append(time.perf_counter() - start)

    def timed(self, name: str, function: Callable) -> Callable:
        def wrapped(*arguments: Any) -> Any:
            with self.timing(name):
                return function(*arguments)

        return wrapped

    def save(self, function: Callable) -> Callable:
        """The function, `timed` as a save, with its pieces."""

        def wrapped(*arguments: Any) -> None:
            self._is_saving = True
            self.timed("save", function)(*arguments)
            self._is_saving = False

        return wrapped

    def fsync(self, descriptor: int) -> None:
        with self.timing("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "fsync"):
            os.fsync(descriptor)


def train(config: Path, epochs: int, overrides: Sequence[str], saves: bool) -> dict[str, Any]:
    """Train once, in a run beside the config; the seconds of all of it, and of what saving does."""
    from zen_cli.config.build import open_config
    from zen_cli.training import checkpoint, durable
    from zen_cli.training.job import begin
    from zen_cli.training.saver import Saver, Snapshot

    watch = Stopwatch()
    opened = open_config(config, [f"training.epochs={epochs}", *overrides])
    with tempfile.TemporaryDirectory(dir=config.parent) as runs:
        job = begin(opened.experiment, Path(runs), config.stem, opened.text, [])
        if saves:
            Saver.save = watch.save(Saver.save)  # type: ignore[method-assign]
            Saver.keep_best = watch.timed("copy", Saver.keep_best)  # type: ignore[method-assign]
            checkpoint._digest = watch.timed("sha-256", checkpoint._digest)
            durable.os = watch  # type: ignore[assignment]
        else:

            def pretend(saver: Saver, snapshot: Snapshot) -> None:
                saver.saved, saver._saved_at = snapshot, time.monotonic()

            Saver.save = pretend  # type: ignore[method-assign]
            Saver.keep_best = lambda *_: None  # type: ignore[method-assign]
        with job, watch.timing("training"):
            for _ in job.records():
                pass
        files = [path.stat().st_size for path in job.run.checkpoints()]
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": watch.seconds, "bytes": max(files, default=0), "peak": peak}


def measured(config: Path, epochs: int, overrides: Sequence[str], saves: bool) -> dict[str, Any]:
    """`train` in a fresh process."""
    command = [sys.executable, __file__, "--worker", str(config), str(epochs), str(int(saves)), *overrides]
    return json.loads(subprocess.run(command, env=harness.environment(), stdout=subprocess.PIPE, check=True).stdout)


# --- figures ---


def epochs_for(config: Path, seconds: float) -> int:
    """How many epochs last about so long without saving."""
    (took,) = measured(config, EPOCHS_TO_CALIBRATE, [], False)["seconds"]["training"]
    return max(1, round(seconds * EPOCHS_TO_CALIBRATE / took))


def lines(name: str, config: Path, options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """A line per setting: trainings with and without saving in turn."""
    epochs = epochs_for(config, options.seconds)
    for setting, overrides in SETTINGS.items():
        run = partial(measured, config, epochs, overrides)
        pairs = [(run(True), run(False)) for _ in range(options.rounds)]
        yield {"training": name, "saving": setting, "epochs": str(epochs)} | _figures(pairs)


def _figures(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, str]:
    walls = [(sum(ours["seconds"]["training"]), sum(bare["seconds"]["training"])) for ours, bare in pairs]
    spent = [sum(map(sum, (ours["seconds"]["save"], ours["seconds"].get("copy", [])))) for ours, _ in pairs]
    first = pairs[0][0]["seconds"]
    saves, copies = first["save"], first.get("copy", [])
    peaks = [(ours["peak"], bare["peak"]) for ours, bare in pairs]
    each = {piece: 1e3 * sum(first.get(piece, [])) / len(saves) for piece in PIECES}
    return {
        "MB": f"{pairs[0][0]['bytes'] / 1e6:.2f}",
        "s": f"{median(wall for wall, _ in walls):.1f}",
        "saves": str(len(saves)),
        "copies": str(len(copies)),
        "s saving": f"{median(spent):.3f}",
        "share": f"{median(s / wall for s, (wall, _) in zip(spent, walls, strict=True)):.2%}",
        "wall": f"{median(ours / bare for ours, bare in walls) - 1:+.2%}",
        "ms a save": f"{1e3 * mean(saves):.1f}",
        **{piece: f"{milliseconds:.1f}" for piece, milliseconds in each.items()},
        "rest": f"{1e3 * mean(saves) - sum(each.values()):.1f}",
        "ms a copy": f"{1e3 * mean(copies or [0]):.1f}",
        "peak MB": f"{median(ours for ours, _ in peaks) / 1e6:.0f}",
        "without": f"{median(bare for _, bare in peaks) / 1e6:.0f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trainings", nargs="+", choices=CONFIGS, default=list(CONFIGS), help="default: all")
    parser.add_argument("--rounds", type=int, default=3, help="trainings with saving, and without (default: 3)")
    parser.add_argument("--seconds", type=float, default=60, help="about how long each lasts (default: 60)")
    parser.add_argument("--folder", help="where the runs are written (default: where temporary files go)")
    parser.add_argument("--core", type=int, help="the core to run on (default: the last one)")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--worker", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        config, epochs, saves, *overrides = options.worker
        json.dump(train(Path(config), int(epochs), overrides, saves == "1"), sys.stdout)
        return
    core = harness.pin(options.core)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        configs = write_configs(Path(folder))
        found = [line for name in options.trainings for line in lines(name, configs[name], options)]
    print(harness.table(found, options.markdown), end="\n\n")
    print(f"{harness.machine()}, {core}, one thread, medians of {options.rounds} trainings each")


if __name__ == "__main__":
    main()
