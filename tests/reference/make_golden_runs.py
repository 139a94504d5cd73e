"""Make runs of the format that this zen writes, in format_N beside this file, with the answers that it gives.

    python tests/reference/make_golden_runs.py

To be run once, when a format is settled: what it made goes on being read, and is never made again.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from zen_cli.training import checkpoint
from zen_cli.training.run import Run

SERIES = """\
data:
  source: {Curve: {expression: sin(x) + x / 8, points: 30, step: 0.5, noise: 0.1}}
  window: 4
  horizon: 2
  scaling: [Difference, Standard]
  split: {train: 14, test: 4}
model:
  - GRU: {hidden_dim: 2, stateful: true}
  - Dropout: 0.1
  - Linear: 2
loss: MSE
optimizer: {Adam: 0.1}
schedule: {ReduceOnPlateau: {factor: 0.5, patience: 0}}
training: {epochs: 6, batch_size: 4, shuffle: false, patience: 3}
checkpoints: {every_steps: 1, keep: 100}
metrics: [MAE, MASE]
interval: 0.7
"""
CLASSES = """\
data:
  source: {FizzBuzz: {numbers: 20, bits: 5}}
  split: {train: 14, method: random}
model:
  - Linear: 4
  - BatchNorm
  - ReLU
  - Linear: 4
  - Softmax
loss: categorical_crossentropy
optimizer: {AdamW: 0.05}
training: {epochs: 6, batch_size: 4, shuffle: true}
checkpoints: {keep: 1}
"""
NEW = {"series": "0.1\n0.5\n0.9\n1.0\n1.2\n1.1\n", "classes": "3\n5\n30\n"}
STOP = 14  # the step at which the series is stopped, within an epoch after its best one
RESULTS = ["plots", "predictions", "scores.json", "log.txt", "lock"]


def zen(*arguments: object) -> None:
    subprocess.run([sys.executable, "-m", "zen_cli", *map(str, arguments)], check=True)


def trained(name: str, config: str) -> Run:
    Path("config.yaml").write_text(config, encoding="utf-8")
    zen("train", "config.yaml", "--runs", "runs", "-q")
    run = Run(Path("runs", "config-1").rename(name))
    info = json.loads((run.path / "run.json").read_bytes()) | {"folder": "/"}
    (run.path / "run.json").write_text(json.dumps(info, indent=2) + "\n", encoding="utf-8")
    for result in RESULTS:
        path = run.path / result
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return run


def stop(run: Run) -> None:
    """Leave what there was at STOP, and resumed.jsonl, what metrics.jsonl became."""
    last = checkpoint.load(run.checkpoint(STOP))
    for step in {*run.steps()} - {STOP, last.best.step}:
        run.checkpoint(step).unlink()
    shutil.copy(run.metrics, run.path / "resumed.jsonl")
    os.truncate(run.metrics, last.metadata["metrics_bytes"])


def answer(run: Run) -> None:
    new = run.path / "new.csv"
    new.write_text(NEW[run.name], encoding="utf-8")
    zen("predict", run.path, "-o", run.path / "own.csv")
    zen("predict", run.path, new, "-o", run.path / "of_new.csv")


def main() -> None:
    target = Path(__file__).absolute().parent / f"format_{checkpoint.FORMAT}"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        series, classes = trained("series", SERIES), trained("classes", CLASSES)
        stop(series)
        for run in (series, classes):
            answer(run)
            shutil.copytree(run.path, target / run.name)
        zen("predict", series.path, "--steps", 3, "-o", target / "series" / "beyond.csv")


if __name__ == "__main__":
    main()
