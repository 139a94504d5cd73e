"""`zen reproduce`: what is the same to the last bit, what is not and where, and a run that stays as it is."""

import functools
import json
import operator
import shutil
import tempfile

import numpy as np
import pytest
from conftest import FEW_NAMES, NAMES, demand_readable, write_files
from trainings import (
    FORGETFUL,
    QUICK,
    STATEFUL,
    begun,
    best_of,
    files_in,
    killed,
    newest,
    resumed,
    rewritten,
    scored,
    stopped,
    to_the_end,
    trained,
    zen,
)

from zen_cli.errors import NonFiniteError
from zen_cli.nn.model import Moment
from zen_cli.training import checkpoint, loop, reproduce
from zen_cli.training.run import Run

pytestmark = pytest.mark.usefixtures("unsynced")


@pytest.fixture(autouse=True)
def scratch(tmp_path, monkeypatch):
    """Where temporary directories are made: none may be left there."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def reproduced(path):
    """How `zen reproduce` of a run ends, which leaves the run as it is."""
    before = files_in(path)
    outcome = zen("reproduce", path, "-q")
    assert files_in(path) == before
    demand_readable(outcome.err)
    return outcome


def refused(path):
    """What `zen reproduce` says of a run that it does not reproduce."""
    outcome = reproduced(path)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err.count("\n") == 1
    return outcome.err.removeprefix(f"zen: {path} is not reproduced: ").strip()


# --- the same ---

CASES = {
    "forgetful": (FORGETFUL, []),
    "forgetful, saved often": (FORGETFUL, ["checkpoints.every_steps=2", "checkpoints.keep=1"]),
    "stateful": (STATEFUL, []),
    "text": (NAMES, ["interval=null", "training.shuffle=true"]),
    "the last weights": (FORGETFUL, ["training.weights=last"]),
    "without validation": (QUICK, ["data.split.train=9", "checkpoints.keep=1"]),
}


@pytest.mark.parametrize(("text", "changes"), CASES.values(), ids=CASES)
def test_what_has_come_to_its_end_is_reproduced(tmp_path, text, changes):
    write_files(tmp_path, {"names.txt": FEW_NAMES})
    path = trained(tmp_path, text, *changes)
    outcome = reproduced(path)
    assert (outcome.code, outcome.err) == (0, "")
    steps = sorted({newest(path).step, newest(path).best.step or newest(path).step}, reverse=True)
    epochs = newest(path).metadata["position"]["epoch"]
    assert outcome.out == (
        f"{path} is reproduced, the same to the last bit: metrics of {epochs} epochs, "
        f"checkpoint of step {' and '.join(map(str, steps))}\n"
    )


@pytest.mark.parametrize("stop", [stopped, killed])
@pytest.mark.parametrize(("text", "changes"), list(CASES.values())[:3], ids=list(CASES)[:3])
def test_what_was_stopped_is_reproduced_as_far_as_it_came(tmp_path, text, changes, stop):
    for records in (1, 2, 4, 6, 9, 15):
        outcome = reproduced(stop(begun(tmp_path, text, *changes), records))
        assert outcome.code == 0, (records, outcome.err)


def test_a_run_at_its_very_beginning_is_reproduced(tmp_path):
    with begun(tmp_path, QUICK, "checkpoints.keep=1") as training:
        training.save()
    outcome = reproduced(training.run.path)
    assert outcome.code == 0
    assert "metrics of 0 epochs, checkpoint of step 0\n" in outcome.out


def test_what_was_stopped_before_the_scores_of_an_epoch_is_reproduced(tmp_path):
    path = stopped(begun(tmp_path, FORGETFUL), 3)
    position = newest(path).metadata["position"]
    assert (position["step"], position["epoch"], position["batches"]) == (3, 0, 3)
    assert reproduced(path).code == 0


def test_what_was_stopped_and_went_on_is_reproduced(tmp_path):
    path = stopped(begun(tmp_path, FORGETFUL), 5)
    for records in (1, 3, 4):
        killed(resumed(path), records)
        stopped(resumed(path), records)
    to_the_end(resumed(path))
    assert reproduced(path).code == 0


def test_what_ended_early_and_what_became_infinite_is_reproduced(tmp_path):
    with scored([3, 2, 4, 5, 6]):
        path = to_the_end(begun(tmp_path, QUICK, "training.epochs=5", "training.patience=2"))
        assert reproduced(path).code == 0
    training = begun(tmp_path, QUICK, "optimizer.SGD.lr=1.7", "training.epochs=200")
    with pytest.raises(NonFiniteError):
        to_the_end(training)
    assert reproduced(training.run.path).code == 0


def test_it_shows_its_progress_unless_it_is_to_be_quiet(tmp_path):
    path = trained(tmp_path, QUICK)
    outcome = zen("reproduce", path)
    assert outcome.out == reproduced(path).out
    assert [line[:9] for line in outcome.err.splitlines()] == ["epoch 1/2", "epoch 2/2"]


def test_the_newest_run_is_meant_unless_another_is_named(tmp_path):
    paths = [trained(tmp_path, QUICK, name=name) for name in ("first", "second")]
    outcomes = [zen("reproduce", *wanted, "--runs", tmp_path / "runs", "-q") for wanted in (["fir"], [])]
    assert [outcome.out.split(" ")[0] for outcome in outcomes] == [str(path) for path in paths]


# --- not the same ---


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run whose best epoch is not its last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", None)
        path = trained(tmp_path_factory.mktemp("finished"), FORGETFUL, "training.epochs=40")
    assert 0 < newest(path).best.step < newest(path).step
    return path


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / finished.name)


def edited(path, edit):
    """The lines of metrics.jsonl changed."""
    records = Run(path).records()
    edit(records)
    (path / "metrics.jsonl").write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")


@pytest.mark.parametrize("name", ["loss", "loss_sum", "lr", "val_loss", "val_rmse", "step"])
def test_another_number_in_the_metrics_is_found(run, name):
    was = Run(run).records()[2][name]
    edited(run, lambda records: records[2].update({name: type(was)(8)}))
    assert refused(run) == f"epoch 3: {name} was {type(was)(8)!r} and is {was!r}"


def test_any_digit_of_the_metrics_is_found(run):
    whole = (run / "metrics.jsonl").read_bytes()
    digits = [place for place, byte in enumerate(whole) if chr(byte) in "12345678"]
    for place in (digits[0], digits[5], digits[len(digits) // 2], digits[-1]):
        (run / "metrics.jsonl").write_bytes(whole[:place] + b"9" + whole[place + 1 :])
        assert refused(run).startswith(("epoch ", "its metrics are written otherwise"))


def test_a_lacking_epoch_is_found(run):
    edited(run, list.pop)
    assert refused(run) == "it has other epochs"


def nudged(array):
    changed = array.copy()
    changed.flat[0] = np.nextafter(changed.flat[0], np.float32(np.inf))
    return changed


WEIGHTS = ["0.LSTM.U", "3.Linear.b", "1.BatchNorm.running_mean", "optimizer.mean", "optimizer.square_average"]


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("read", [newest, best_of])
def test_another_weight_is_found_though_the_digest_is_right(run, read, name):
    stored = read(run)
    rewritten(stored, tensors={name: nudged(stored.tensors[name])})
    assert refused(run).startswith(f"step {stored.step}: {name} differs by up to ")


def test_a_zero_of_another_sign_is_found(tmp_path):
    path = killed(begun(tmp_path, FORGETFUL), 1)
    rewritten(newest(path), tensors={"optimizer.mean": -newest(path).tensors["optimizer.mean"]})
    assert refused(path) == "step 0: optimizer.mean differs by up to 0"


@pytest.mark.parametrize("tensors", [{"more": np.zeros(2, np.float32)}, {"optimizer.more": np.zeros(2, np.float32)}])
def test_what_is_not_in_both_is_found(run, tensors):
    rewritten(newest(run), tensors=tensors)
    outcome = reproduced(run)
    assert outcome.code == 3
    assert outcome.err.count("\n") == 1


TOLD = {
    "epochs that were waited for": lambda told: {"best": {**told["best"], "waited": 1}},
    "the best score": lambda told: {"best": {**told["best"], "score": told["best"]["score"] / 2}},
    "the plateau": lambda told: {"position": {**told["position"], "watch": [0.25, 0, 1.0]}},
    "the order": lambda _: {"order": 1},
    "intervals": lambda _: {"interval": {}},
}


@pytest.mark.parametrize("change", TOLD.values(), ids=TOLD)
def test_what_a_checkpoint_says_is_compared(run, change):
    rewritten(newest(run), **change(newest(run).metadata))
    assert refused(run) == f"step {newest(run).step}: what it says of the training differs"


def described(path, **changes):
    """run.json changed."""
    info = json.loads((path / "run.json").read_bytes())
    (path / "run.json").write_text(json.dumps({**info, **changes}), encoding="utf-8")
    return info


def test_another_seed_in_run_json_is_found(run):
    config = {**described(run)["config"], "seed": 4}
    described(run, config=config)
    assert "it is of another run than" in refused(run)
    for stored in map(checkpoint.load, Run(run).checkpoints()):
        rewritten(stored, config=config)
    assert "the data have changed" in refused(run)  # the noise is of the seed, too


OTHERS = [("optimizer", "Adam", "lr", 0.11), ("model", 2, "Dropout", {"rate": 0.25}), ("training", "batch_size", 4)]


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_another_config_than_that_which_trained_is_found(run, other):
    config = described(run)["config"]
    *path, name, value = other
    functools.reduce(operator.getitem, path, config)[name] = value
    described(run, config=config)
    for stored in map(checkpoint.load, Run(run).checkpoints()):
        rewritten(stored, config=config)
    assert refused(run).startswith("epoch 1: ")


# --- what cannot be compared ---


def test_other_data_are_said_to_be(tmp_path):
    write_files(tmp_path, {"names.txt": FEW_NAMES})
    path = trained(tmp_path, NAMES)
    write_files(tmp_path, {"names.txt": FEW_NAMES.replace("manon", "nonam")})
    assert "the data have changed since it was trained: bring back the old ones" in refused(path)
    assert zen("resume", path, "--changed-data", "--epochs", "3", "-q").code == 0
    assert "its data changed while it was trained, and the earlier ones are gone" in refused(path)


def test_a_damaged_checkpoint_and_none_are_refused(run):
    path = newest(run).path
    path.write_bytes(path.read_bytes()[:-1])
    assert path.name in refused(run)
    for path in Run(run).checkpoints():
        path.unlink()
    assert "has no checkpoint" in refused(run)


def test_no_run_is_no_reproduction(tmp_path):
    outcome = zen("reproduce", "--runs", tmp_path / "runs")
    assert outcome.code == 3
    assert "no run in" in outcome.err


def test_another_environment_is_told_of_once(run):
    before = newest(run).metadata["environment"]
    rewritten(newest(run), environment={**before, "numpy": "1.0", "machine": "pdp11", "python": "2.7"})
    outcome = reproduced(run)
    assert outcome.code == 0
    assert outcome.err.count("\n") == outcome.err.count("zen: warning: ") == 1
    assert "numpy was 1.0 and is" in outcome.err
    assert "machine was pdp11 and is" in outcome.err
    assert "python" not in outcome.err


# --- knock-outs ---


def test_an_order_that_is_no_function_of_the_seed_is_found(tmp_path, monkeypatch):
    fresh = np.random.default_rng(0)
    monkeypatch.setattr(loop, "generator", lambda *_: fresh)
    path = to_the_end(begun(tmp_path, FORGETFUL))
    assert refused(path).startswith("epoch 1: loss was ")


def test_dropout_that_is_no_function_of_the_seed_is_found(tmp_path, monkeypatch):
    fresh = np.random.default_rng(0)
    monkeypatch.setattr(Moment, "rng", property(lambda _: fresh))
    path = to_the_end(begun(tmp_path, FORGETFUL))
    assert refused(path).startswith("epoch 1: loss was ")


def test_a_comparison_that_is_left_out_is_missed(run, monkeypatch):
    rewritten(newest(run), tensors={"optimizer.mean": nudged(newest(run).tensors["optimizer.mean"])})
    monkeypatch.setattr(reproduce, "_difference", lambda *_: "")
    assert reproduced(run).code == 0
