"""Trainings in this process, which draw no pictures: begun, stopped, gone on with, fed with scores; what they leave."""

import signal
from contextlib import contextmanager, suppress
from itertools import islice

import pytest
from conftest import run_zen, write_files
from faults.reference import left_by

from zen_cli.config.build import open_config
from zen_cli.report import results
from zen_cli.training import checkpoint, job
from zen_cli.training.durable import deliver
from zen_cli.training.interrupt import Interrupted
from zen_cli.training.resume import Wish, resume
from zen_cli.training.run import Run
from zen_cli.training.state import State

# An update per epoch, whose batch is as large as the data.
QUICK = """\
data:
  source: {Curve: {expression: sin(x), points: 12}}
  window: 3
  split: {train: 6}
model:
  - Flatten
  - Linear: 1
loss: MSE
optimizer: {SGD: 0.1}
training: {epochs: 2, batch_size: 6}
"""
# Everything that a training could forget when it is stopped: an order, dropout, BatchNorm's averages, two slots.
FORGETFUL = """\
seed: 3
data:
  source: {Curve: {expression: sin(x), points: 24, noise: 0.3}}
  window: 4
  split: {train: 0.7}
model:
  - LSTM: {hidden_dim: 3}
  - BatchNorm
  - Dropout: 0.2
  - Linear: 1
loss: MSE
optimizer: {Adam: 0.1}
schedule: {ReduceOnPlateau: {factor: 0.5, patience: 0}}
training: {epochs: 6, batch_size: 5, shuffle: true, patience: 3}
"""
# States go from batch to batch.
STATEFUL = """\
seed: 1
data:
  source: {Curve: {expression: sin(x), points: 24, noise: 0.1}}
  window: 4
  split: {train: 0.7}
model:
  - LSTM: {hidden_dim: 3, stateful: true, return_sequences: true}
  - GRU: {hidden_dim: 2, stateful: true}
  - Linear: 1
loss: MSE
optimizer: {RMSProp: 0.02}
training: {epochs: 4, batch_size: 4, shuffle: false, weights: last}
"""


def zen(*arguments):
    """`zen ARGUMENTS...`"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(results, "write", _write_scores)
        return run_zen(*arguments)


def _write_scores(run, _, scores):
    deliver(run.scores, results.as_json(scores))
    return []


def trained(folder, text, *changes, name="c"):
    """The path of a run of a config, trained to its end."""
    write_files(folder, {f"{name}.yaml": text})
    outcome = zen("train", folder / f"{name}.yaml", *changes, "--runs", folder / "runs", "-q")
    assert outcome.code == 0, outcome.err
    return Run(folder / "runs" / outcome.out.strip().rsplit("/", 1)[-1]).path


def begun(folder, text, *changes, name="c"):
    """A training of a config that is about to begin."""
    write_files(folder, {f"{name}.yaml": text})
    opened = open_config(folder / f"{name}.yaml", changes)
    return job.begin(opened.experiment, folder / "runs", name, opened.text, [])


def resumed(path, *, epochs=None, schedule=None, warn=pytest.fail):
    """A training that is about to go on; what it warns of is unexpected."""
    return resume(Run(path), Wish(epochs, schedule), warn)


# --- stopping ---


def killed(training, records):
    """The path of a training's run, after so many records and a kill, which saves nothing; None where it ended."""
    with training:
        going = training.records()
        seen = len(list(islice(going, records)))
        going.close()
    return training.run.path if seen == records else None


def stopped(training, records):
    """The path of a training's run, after so many records and a signal."""
    with training, suppress(Interrupted):
        for number, _ in enumerate(training.records(), start=1):
            if number == records:
                signal.raise_signal(signal.SIGTERM)
    return training.run.path


def to_the_end(training):
    """The path of a training's run, trained to its end; without results."""
    with training:
        for _ in training.records():
            pass
    return training.run.path


# --- what is left ---


def newest(path):
    return checkpoint.load(Run(path).checkpoints()[-1])


def best_of(path):
    return checkpoint.load(Run(path).checkpoint(newest(path).best.step))


def tensors_of(stored):
    """By name, as bytes."""
    return {name: array.tobytes() for name, array in stored.tensors.items()}


def files_in(folder):
    """Every file by its path, with its bytes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def column(path, name):
    """What metrics.jsonl says, an epoch after the other."""
    return [record[name] for record in Run(path).records()]


def demand_same(path, wanted):
    """Metrics, the newest checkpoint and the best one are, byte for byte, those of another run."""
    found, wanted = (
        {name: data for name, data in left_by(each).items() if name.startswith(("metrics", "newest", "best"))}
        for each in (path, wanted)
    )
    assert found.keys() == wanted.keys()
    assert [name for name in found if found[name] != wanted[name]] == []


# --- scores ---


@contextmanager
def scored(scores, name="val_loss"):
    """Let epochs have these scores, one after the other, instead of those of the model."""

    def held_out_scores(experiment):
        batches = -(-experiment.data.train // experiment.config["training"]["batch_size"])
        return {"val_loss": 1.0, name: float(scores[experiment.optimizer.steps // batches - 1])}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job, "held_out_scores", held_out_scores)
        yield


# --- other checkpoints ---


def rewritten(stored, *, tensors=None, **changes):
    """Put another checkpoint, whole and with its digest, in the place of one."""
    state = State.in_tensors({**stored.tensors, **(tensors or {})})
    checkpoint.save(stored.path, state, {**stored.metadata, **changes})
