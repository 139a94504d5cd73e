"""Checkpoints that were made to do harm: each is refused as a RunError, whatever it says, and none runs anything."""

import contextlib
import json
import random
import shutil
from itertools import chain

import pytest
from conftest import (
    DATED,
    FEW_NAMES,
    IMAGES,
    NAMES,
    TABLE,
    demand_readable,
    link_data,
    run_zen,
    train_once,
    write_files,
)
from faults.memory import memory_folder
from hostile_checkpoints import broken_files, changed, hostile_headers, hostile_texts
from safetensors.numpy import save

from zen_cli.errors import RunError, UserError
from zen_cli.training import checkpoint, predictions
from zen_cli.training.position import Position
from zen_cli.training.predictions import Said
from zen_cli.training.run import Run

pytestmark = pytest.mark.no_cover  # being traced takes them minutes
EACH = 5500
OF_A_RUN = 200


def outcome(load, *what):
    """ "read" or "refused"; anything else that is raised fails the test."""
    try:
        load(*what)
    except RunError as refusal:
        demand_readable(str(refusal))
        return "refused"
    return "read"


# --- the file ---


def test_a_hostile_file_is_read_or_refused(sine_run):
    metadata = json.loads(json.dumps(checkpoint.load(Run(sine_run).checkpoint(Run(sine_run).steps()[-1])).metadata))
    files = chain(broken_files(), hostile_headers("headers", EACH), hostile_texts("texts", EACH, metadata))
    with memory_folder() as folder:
        path = folder / "hostile.safetensors"
        outcomes = []
        for data in files:
            path.write_bytes(data)
            outcomes.append(outcome(checkpoint.load, path))
    assert len(outcomes) > 10_000
    assert outcomes.count("refused") > EACH
    assert outcomes.count("read") > EACH // 10


# --- the run ---

RUNS = {  # name, config, overrides
    "table": (TABLE, ["training.epochs=1"]),
    "names": (NAMES, ["training.epochs=1"]),
    "series": (DATED, ["training.epochs=1", "interval=0.5", "metrics=[MASE]"]),
    "images": (IMAGES, ["training.epochs=1"]),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of each kind of data."""
    folder = tmp_path_factory.mktemp("hostile")
    link_data(folder, but=["names.txt"])
    write_files(folder, {"names.txt": FEW_NAMES, **{f"{name}.yaml": config for name, (config, _) in RUNS.items()}})
    return {name: Run(train_once(folder, folder / f"{name}.yaml", *more)) for name, (_, more) in RUNS.items()}


def sealed(good, metadata):
    """The bytes of a checkpoint that says this, with a digest that is right."""
    text = json.dumps(metadata)
    digest = checkpoint._digest(checkpoint.FORMAT, good.tensors, text)
    return save(dict(good.tensors), {checkpoint.METADATA_KEY: f"{checkpoint.FORMAT} {digest} {text}"})


def laid_out(path, good, metadata, info):
    """A run whose checkpoint and run.json tell the same lies."""
    step = metadata.get("step") if isinstance(metadata, dict) else None
    stem = f"{step:012d}" if type(step) is int and 0 <= step < 10**12 else f"{good.step:012d}"
    (path / "checkpoints").mkdir(parents=True)
    (path / "checkpoints" / f"{stem}.safetensors").write_bytes(sealed(good, metadata))
    told = {key: metadata[key] for key in ("config", "data") if isinstance(metadata, dict) and key in metadata}
    (path / "run.json").write_text(json.dumps({**info, **told}), encoding="utf-8")
    return Run(path)


def predict(run):
    """What `zen predict` does; data that do not go with what is loaded are the person's."""
    predictor = predictions.load(run)
    with contextlib.suppress(RunError, UserError):
        for _ in Said(predictor, predictions.own_data(predictor, run)).tables():
            pass


@pytest.mark.parametrize("name", RUNS)
def test_a_run_with_a_hostile_checkpoint_is_read_or_refused(runs, name):
    good, draw = checkpoint.load(runs[name].checkpoint(runs[name].steps()[-1])), random.Random(name)
    info, metadata = runs[name].info(), json.loads(json.dumps(good.metadata))
    with memory_folder() as folder:
        lies = (laid_out(folder / str(turn), good, changed(metadata, draw), info) for turn in range(OF_A_RUN))
        outcomes = [outcome(predict, run) for run in lies]
    assert outcomes.count("refused") > OF_A_RUN // 3
    assert outcomes.count("read") > OF_A_RUN // 10


# --- where a training was ---

COUNTS = [-1, 10**12, 10**400, 1e308, 0.5, 1.0, True, None, "1", "", [], [1], {}, float("nan"), float("inf")]
SUMS = [
    *([], [0.0], [0.0, 0.0, 0.0], "00", None, 0.0, {}, {"0": 0.0, "1": 0.0}),
    *(
        [value, 0.0]
        for value in ("1e999", "nan", "infinity", "0", float("inf"), float("nan"), 10**400, True, None, [0])
    ),
    *([0.0, rest] for rest in ("inf", float("inf"), float("nan"), False, None, "0")),
]
WATCHES = [
    *([], [None], None, "x", [None, 0], [None, 0, 1.0, 0], [None, -1, 1.0], [None, 0.5, 1.0], [None, True, 1.0]),
    *([None, 0, "1"], [None, 0, None], [None, 0, float("inf")], [None, 0, float("nan")], [None, 0, True]),
    *(["inf", 0, 1.0], [float("nan"), 0, 1.0], [float("inf"), 0, 1.0], [True, 0, 1.0]),
]
FORGED = [
    *((key, value) for key in ("epoch", "step", "batches", "examples") for value in COUNTS),
    *((key, value) for key in ("batch_losses", "example_losses") for value in SUMS),
    *(("watch", value) for value in WATCHES),
    *(("epoch", 10**11), ("batches", 10**11), ("step", 0)),
]


@pytest.mark.parametrize(("key", "value"), FORGED)
def test_a_position_that_no_training_was_at_is_refused(sine_run, tmp_path, key, value):
    run = Run(shutil.copytree(sine_run, tmp_path / "run"))
    good = checkpoint.load(run.checkpoints()[-1])
    position = {**good.metadata["position"], key: value}
    with pytest.raises((KeyError, TypeError, ValueError)):
        Position.of(position)
    good.path.write_bytes(sealed(good, {**good.metadata, "position": position}))
    outcome = run_zen("resume", run.path, "--epochs", 3)
    said = f"zen: {good.path}: it does not say where its training was, so none can go on from there\n"
    assert (outcome.code, outcome.err) == (3, said)
