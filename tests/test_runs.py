"""Runs on disk: their directories and names, checkpoints, what must last, and what must repeat."""

import json
import os
import re
import shutil

import numpy as np
import pytest
from conftest import run_zen, train_once

from zen_cli.errors import RunError
from zen_cli.nn import Linear, Model
from zen_cli.optim import Adam
from zen_cli.training import checkpoint, durable
from zen_cli.training.run import Run, all_runs, create, find
from zen_cli.training.state import State

# --- the directory ---


def test_a_run_holds_what_its_page_says(tiny_run, tiny_config):
    files = {str(path.relative_to(tiny_run)) for path in tiny_run.rglob("*") if path.is_file()}
    assert files == {
        "config.yaml",
        "run.json",
        "metrics.jsonl",
        "log.txt",
        "scores.json",
        "lock",
        "checkpoints/000000000000.safetensors",
        "checkpoints/000000000004.safetensors",
        "predictions/predictions.csv",
        "plots/loss.png",
        "plots/predictions.png",
    }
    assert (tiny_run / "config.yaml").read_bytes() == tiny_config.read_bytes()


def test_run_json_says_where_the_results_come_from(tiny_run):
    info = json.loads((tiny_run / "run.json").read_bytes())
    assert info["sequence"] == 1
    assert info["argv"][0] == "train"
    assert info["config"]["optimizer"]["SGD"]["lr"] == 0.1
    assert info["environment"].keys() == {"zen", "python", "numpy", "machine", "system", "libc", "simd", "blas"}
    assert [pool["num_threads"] for pool in info["environment"]["blas"]] == [1] * len(info["environment"]["blas"])
    assert re.fullmatch("[0-9a-f]{64}", info["data"].pop("sha256"))
    assert info["data"] == {"examples": 9, "train": 6}


def test_metrics_are_a_line_per_epoch_of_deterministic_values(tiny_run):
    lines = (tiny_run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line, parse_constant=pytest.fail) for line in lines]
    assert [(r["epoch"], r["step"]) for r in records] == [(1, 2), (2, 4)]
    assert {tuple(r) for r in records} == {("epoch", "step", "loss", "loss_sum", "lr", "val_loss", "val_rmse")}
    assert Run(tiny_run).records() == records


NAMES = [
    ("sine", "sine"),
    ("a b", "a-b"),
    ("日本", "日本"),
    ("..", "run"),
    ("", "run"),
    ("...hidden", "hidden"),
    ("-rf", "rf"),
    ("../../etc/passwd", "etc-passwd"),
    ("/etc/passwd", "etc-passwd"),
    ("a\nb\x1b[31m\0", "a-b-31m-"),
    ("a\u202eb", "a-b"),
    ("\udcff", "run"),
    ("x" * 300, "x" * 80),
    ("C:\\a", "C-a"),
    ("a$b*?", "a-b-"),
]


def created(runs, stem):
    """A run that nobody trains."""
    run, lock = create(runs, stem, b"", {})
    lock.release()
    return run


@pytest.mark.parametrize(("stem", "name"), NAMES, ids=[ascii(stem[:12]) for stem, _ in NAMES])
def test_names_stay_inside_runs(tmp_path, stem, name):
    runs = tmp_path / "deep" / "runs"
    run = created(runs, stem)
    assert run.path.resolve().parent == runs
    assert run.name == f"{name}-1"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep"]


def test_runs_take_the_first_free_number_and_are_ordered_by_their_start(tmp_path):
    first, second, other = (created(tmp_path, stem) for stem in ("b", "b", "a"))
    assert [run.name for run in (first, second, other)] == ["b-1", "b-2", "a-1"]
    shutil.rmtree(first.path)
    again = created(tmp_path, "b")
    assert again.name == "b-1"
    for age, run in enumerate((again, other, second)):
        os.utime(run.path, (10**9 - age, 10**9 - age))
        os.utime(run.path / "run.json", (10**9 - age, 10**9 - age))
    assert [run.name for run in all_runs(tmp_path)] == ["b-2", "a-1", "b-1"]
    assert find(tmp_path, None).name == "b-1"


def test_a_run_lost_its_description_and_is_said_so_rather_than_passed_over(tmp_path):
    created(tmp_path, "old")
    (created(tmp_path, "new").path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(RunError, match=r"new-1.*run\.json"):
        find(tmp_path, None)


FOUND = [("sine-1", "sine-1"), ("sine-10", "sine-10"), ("d", "digits-1"), ("sine_", "sine_cosine-1"), (None, "last-1")]
NOT_FOUND = [
    ("sine", "'sine' may be any of sine-1, sine-10, sine_cosine-1"),
    ("zen", "no run named 'zen' in .*: the runs are sine-1, "),
    ("", "no run named ''"),
    ("n" * 300, "no run named 'nnn"),
    ("..", "no run named '..'"),
    ("x\x1b[31m", r"no run named 'x\\x1b"),
]


@pytest.fixture
def runs(tmp_path):
    for name in ("sine-1", "sine-10", "sine_cosine-1", "digits-1", "last-1"):
        (tmp_path / name).mkdir()
        described = {"sequence": len(list(tmp_path.iterdir()))}
        (tmp_path / name / "run.json").write_text(json.dumps(described), encoding="utf-8")
    (tmp_path / "no-run").mkdir()
    return tmp_path


@pytest.mark.parametrize(("wanted", "name"), FOUND)
def test_a_run_is_found_by_its_name_or_the_beginning_of_it(runs, wanted, name):
    assert find(runs, wanted).name == name


def test_a_run_is_found_by_its_path(runs, monkeypatch):
    assert find(runs / "elsewhere", str(runs / "sine-1")).path == runs / "sine-1"
    monkeypatch.chdir(runs / "sine-1")
    assert find(runs / "elsewhere", ".").path.resolve() == runs / "sine-1"


@pytest.mark.parametrize(("wanted", "message"), NOT_FOUND, ids=[ascii(case[0][:8]) for case in NOT_FOUND])
def test_a_run_that_is_not_there_or_not_alone_is_refused(runs, wanted, message):
    with pytest.raises(RunError, match=message) as caught:
        find(runs, wanted)
    assert str(caught.value).isprintable()


def test_without_runs_one_is_told_how_to_make_one(tmp_path):
    for wanted in (None, "sine"):
        with pytest.raises(RunError, match="zen train CONFIG makes one"):
            find(tmp_path / "runs", wanted)


# --- checkpoints ---


def small_model(units=1):
    model = Model([Linear(units)], seed=3)
    model(np.ones((1, 2)))
    return model


@pytest.fixture
def saved(tmp_path):
    """The path of a small checkpoint."""
    model, optimizer = small_model(), Adam()
    model.parameters.gradient[...] = 1
    optimizer.update(model.parameters)
    path = tmp_path / "000000000001.safetensors"
    checkpoint.save(path, State.of(model, optimizer, in_epoch=False), {"step": 1, "config": {"é": [1, None]}})
    return path


def test_a_checkpoint_is_read_back_and_written_to_the_same_bytes(saved, tmp_path):
    read, model, optimizer = checkpoint.load(saved), small_model(), Adam()
    assert (read.step, read.config) == (1, {"é": [1, None]})
    model.parameters.vector[...] = 0
    optimizer.attach(model.parameters)
    read.state.restore(model, optimizer, read.step)
    again = tmp_path / "again.safetensors"
    checkpoint.save(again, State.of(model, optimizer, in_epoch=False), {"step": 1, "config": {"é": [1, None]}})
    assert again.read_bytes() == saved.read_bytes()


def test_the_parameters_of_another_model_are_refused(saved):
    with pytest.raises(RunError, match="not those of its own config"):
        checkpoint.load(saved).demand_fit(small_model(units=2))


# --- what must last ---


def test_publish_replaces_a_file_as_a_whole(tmp_path):
    path = tmp_path / "f"
    durable.publish(path, [b"old"])
    durable.publish(path, [b"n", b"", b"ew"])
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


FAULTS = [("write", 1), ("write", 2), ("fsync", 1), ("open", 1)]


@pytest.mark.parametrize(("call", "number"), FAULTS)
@pytest.mark.parametrize("before", [None, b"old"])
def test_publish_that_fails_leaves_what_was_there(tmp_path, monkeypatch, call, number, before):
    path, calls, original = tmp_path / "f", [], getattr(os, call)
    if before is not None:
        path.write_bytes(before)

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) == number:
            raise OSError(28, "No space left on device")
        return original(*arguments)

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(OSError, match="No space"):
        durable.publish(path, [b"some", b"thing"])
    monkeypatch.undo()
    assert {entry.name: entry.read_bytes() for entry in tmp_path.iterdir()} == ({"f": before} if before else {})


def test_short_writes_are_continued(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    durable.publish(tmp_path / "f", [b"0123456789"])
    assert (tmp_path / "f").read_bytes() == b"0123456789"


def test_deliver_writes_through_a_link(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    (tmp_path / "target").write_bytes(b"old")
    durable.deliver(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()  # /dev/stdout is one, to the file that the shell opened
    assert (tmp_path / "target").read_bytes() == b"new"


# --- what must repeat ---


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tiny_config, tmp_path):
    shuffled = ("training.shuffle=true", "data.source.Curve.noise=0.1")
    runs = [train_once(tmp_path, tiny_config, f"seed={seed}", *shuffled) for seed in (0, 0, 1)]
    metrics = [(run / "metrics.jsonl").read_bytes() for run in runs]
    tensors = [checkpoint.load(Run(run).checkpoints()[-1]).tensors for run in runs]
    assert metrics[0] == metrics[1] != metrics[2]
    assert all(tensors[0][name].tobytes() == tensors[1][name].tobytes() for name in tensors[0])
    assert all(tensors[0][name].tobytes() != tensors[2][name].tobytes() for name in tensors[0] if name[-2:] != ".b")
    predictions = [(run / "predictions" / "predictions.csv").read_bytes() for run in runs]
    assert predictions[0] == predictions[1] != predictions[2]
    pictures = [(run / "plots" / "predictions.png").read_bytes() for run in runs]
    assert pictures[0] != pictures[2]


def test_a_run_that_is_moved_still_predicts(tiny_run, tmp_path):
    shutil.copytree(tiny_run, tmp_path / "elsewhere")
    outcome = run_zen("predict", tmp_path / "elsewhere", "-o", "-")
    assert (outcome.code, outcome.out) == (0, (tiny_run / "predictions" / "predictions.csv").read_text())
