"""Checkpoints that were made to do harm: each is refused as a RunError, whatever it says, and none runs anything."""

import contextlib
import json
import random
from itertools import chain

import pytest
from conftest import DATED, FEW_NAMES, IMAGES, NAMES, TABLE, demand_readable, link_data, train_once, write_files
from faults.memory import memory_folder
from hostile_checkpoints import broken_files, changed, hostile_headers, hostile_texts
from safetensors.numpy import save

from zen_cli.errors import RunError, UserError
from zen_cli.training import checkpoint, predictions
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


def laid_out(path, good, metadata, info):
    """A run whose checkpoint and run.json tell the same lies."""
    step = metadata.get("step") if isinstance(metadata, dict) else None
    stem = f"{step:012d}" if type(step) is int and 0 <= step < 10**12 else f"{good.step:012d}"
    text = json.dumps(metadata)
    digest = checkpoint._digest(checkpoint.FORMAT, good.tensors, text)
    (path / "checkpoints").mkdir(parents=True)
    sealed = {checkpoint.METADATA_KEY: f"{checkpoint.FORMAT} {digest} {text}"}
    (path / "checkpoints" / f"{stem}.safetensors").write_bytes(save(dict(good.tensors), sealed))
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
