"""`zen resume` on runs of every kind: stopped anywhere, finished, moved, begun only, in training, of changed data."""

import json
import os
import random
import shutil

import pytest
from conftest import DATED, FEW_NAMES, NAMES, TABLE, demand_readable, write_files
from trainings import (
    FORGETFUL,
    QUICK,
    STATEFUL,
    begun,
    column,
    demand_same,
    files_in,
    killed,
    newest,
    resumed,
    rewritten,
    stopped,
    to_the_end,
    trained,
    zen,
)

from zen_cli.training import durable, resume
from zen_cli.training.run import Run

pytestmark = pytest.mark.usefixtures("unsynced")

FLOWERS = "sepal_length,petal_length,species\n" + "".join(
    f"{4 + i % 7 / 5},{1 + i % 4},{('lily', 'rose', 'iris')[i % 4 % 3]}\n" for i in range(30)
)
PASSENGERS = "month,passengers\n" + "".join(
    f"{1949 + month // 12}-{month % 12 + 1:02},{100 + month * 3 % 40 + month}\n" for month in range(40)
)
FILES = {"names.txt": FEW_NAMES, "flowers.csv": FLOWERS, "passengers.csv": PASSENGERS}

# --- exactly ---

OFTEN = ["checkpoints.every_steps=2", "checkpoints.keep=1"]
CASES = {
    "forgetful": (FORGETFUL, []),
    "forgetful, saved often": (FORGETFUL, OFTEN),
    "stateful": (STATEFUL, ["training.epochs=3"]),
    "stateful, saved often": (STATEFUL, ["training.epochs=3", *OFTEN]),
    "sequences of different lengths": (NAMES, ["training.shuffle=true"]),
    "a table": (TABLE, ["training.epochs=2", "training.batch_size=9", "training.shuffle=true"]),
    "forecasts": (DATED, ["training.epochs=2", "training.batch_size=6", "interval=0.5", "schedule=OneCycle"]),
}


@pytest.mark.parametrize("stop", [stopped, killed])
@pytest.mark.parametrize(("text", "changes"), CASES.values(), ids=CASES)
def test_it_ends_as_if_it_had_not_been_stopped_wherever_it_was(tmp_path, text, changes, stop):
    write_files(tmp_path, FILES)
    wanted = to_the_end(begun(tmp_path, text, *changes))
    last = newest(wanted).step + len(column(wanted, "epoch"))
    for records in (1, 3, 4, *range(5, last, 5), last):
        demand_same(to_the_end(resumed(stop(begun(tmp_path, text, *changes), records))), wanted)


@pytest.mark.parametrize("seed", range(4))
def test_it_may_be_stopped_again_and_again(tmp_path, seed):
    rng = random.Random(seed)
    text, changes = (FORGETFUL, OFTEN) if seed % 2 else (STATEFUL, ["checkpoints.every_steps=1"])
    wanted = to_the_end(begun(tmp_path, text, *changes))
    training = begun(tmp_path, text, *changes)
    for _ in range(12):
        rng.choice((killed, stopped))(training, rng.randrange(1, 6))
        training = resumed(training.run.path)
    demand_same(to_the_end(training), wanted)


def test_results_are_those_of_a_run_without_a_stop(tmp_path):
    wanted = trained(tmp_path, FORGETFUL)
    path = stopped(begun(tmp_path, FORGETFUL), 8)
    outcome = zen("resume", path, "-q")
    assert (outcome.code, outcome.out, outcome.err) == (0, f"{path}\n", "")
    assert (path / "scores.json").read_bytes() == (wanted / "scores.json").read_bytes()
    demand_same(path, wanted)


def test_it_says_where_it_goes_on(tmp_path):
    path = stopped(begun(tmp_path, FORGETFUL), 7)
    outcome = zen("resume", path)
    assert outcome.code == 0
    said = outcome.err.splitlines()
    assert said[0] == f"{path} goes on after step 6, in epoch 2 of 6"
    assert said[1].startswith("epoch 2/6  loss ")


# --- what there is to do ---


def test_what_has_come_to_its_end_stays_as_it_is(tmp_path):
    path = trained(tmp_path, FORGETFUL)
    before = files_in(tmp_path)
    outcomes = [zen("resume", path), zen("resume", path, "-q"), zen("resume", "--runs", tmp_path / "runs", "-q")]
    assert [(outcome.code, outcome.out) for outcome in outcomes] == [(0, ""), (0, f"{path}\n"), (0, f"{path}\n")]
    assert (
        outcomes[0].err == f"{path} is trained to its end, after 6 epochs: with --epochs N it trains on, to N in all\n"
    )
    assert files_in(tmp_path) == before


def test_what_a_power_cut_brought_back_to_it_goes(tmp_path):
    path = trained(tmp_path, FORGETFUL, *OFTEN)
    before = files_in(tmp_path)
    newest_one = newest(path).path
    back = [path / ".run.json.99999999.tmp", newest_one.with_name(f".{newest_one.name}.99999999.tmp")]
    back.append(newest_one.with_name("000000000001.safetensors"))
    for each in back:
        shutil.copy(newest_one, each)
    lock = durable.Lock(path / "lock")
    assert zen("resume", path).code == 0
    assert all(each.exists() for each in back), "another process may be at work"
    lock.release()
    assert zen("resume", path).code == 0
    assert files_in(tmp_path) == before


def test_what_lacks_its_results_gets_them(tmp_path):
    path = trained(tmp_path, FORGETFUL)
    before = files_in(path)
    (path / "scores.json").unlink()
    outcome = zen("resume", path)
    assert outcome.code == 0
    assert outcome.err.startswith(f"{path} is trained to its end; its results are missing, and follow\n")
    assert files_in(path) == before


def test_what_was_killed_before_its_first_checkpoint_begins(tmp_path):
    wanted = to_the_end(begun(tmp_path, FORGETFUL))
    with begun(tmp_path, FORGETFUL) as training:
        path = training.run.path
    assert Run(path).steps() == []
    assert (path / "metrics.jsonl").read_bytes() == b""
    demand_same(to_the_end(resumed(path)), wanted)
    for name in ("checkpoints", "predictions", "plots", "log.txt", "lock"):
        empty = shutil.copytree(path, tmp_path / name)
        for entry in (empty / "checkpoints").iterdir():
            entry.unlink()
        (empty / "metrics.jsonl").write_bytes(b"")
        (empty / "log.txt").unlink()
        shutil.rmtree(empty / name) if (empty / name).is_dir() else (empty / name).unlink(missing_ok=True)
        demand_same(to_the_end(resumed(empty)), wanted)


def test_what_begins_may_be_longer_than_was_planned(tmp_path):
    with begun(tmp_path, QUICK) as training:
        path = training.run.path
    to_the_end(resumed(path, epochs=4))
    assert column(path, "epoch") == [1, 2, 3, 4]
    assert zen("reproduce", path, "-q").code == 0


@pytest.mark.parametrize("rest", [b"", b'{"epoch": 3', b'{"epoch": 3, "step": 9, "loss": 1.0}\n', b"\0" * 5000])
def test_metrics_after_the_checkpoint_are_cut(tmp_path, rest):
    wanted = to_the_end(begun(tmp_path, FORGETFUL))
    path = stopped(begun(tmp_path, FORGETFUL), 9)
    with (path / "metrics.jsonl").open("ab") as file:
        file.write(rest)
    demand_same(to_the_end(resumed(path)), wanted)


def test_the_newest_run_goes_on_unless_another_is_named(tmp_path):
    runs = tmp_path / "runs"
    first, second = (stopped(begun(tmp_path, QUICK, name=name), 1) for name in ("first", "second"))
    assert zen("resume", "--runs", runs, "-q").out == f"{second}\n"
    assert zen("resume", "fir", "--runs", runs, "-q").out == f"{first}\n"
    assert [len(column(path, "epoch")) for path in (first, second)] == [2, 2]


def test_training_a_config_once_more_makes_another_run(tmp_path):
    path = stopped(begun(tmp_path, QUICK), 1)
    before = files_in(path)
    again = trained(tmp_path, QUICK)
    assert (path.name, again.name) == ("c-1", "c-2")
    assert files_in(path) == before


# --- what there is not ---


def test_what_is_no_run_is_said(tmp_path):
    write_files(tmp_path, {"c.yaml": QUICK, "empty/nothing": "", "runs/c-1/config.yaml": QUICK})
    for arguments in (
        ["--runs", tmp_path / "none"],
        [tmp_path / "c.yaml"],
        [tmp_path / "empty"],
        [tmp_path / "runs" / "c-1"],
    ):
        before = files_in(tmp_path)
        outcome = zen("resume", *arguments)
        assert (outcome.code, outcome.out) == (3, "")
        assert "no run" in outcome.err
        demand_readable(outcome.err)
        assert files_in(tmp_path) == before


@pytest.mark.parametrize("arguments", [["resume"], ["resume", "--epochs", 9], ["resume", "-q"]])
def test_one_that_is_in_training_is_left_alone(tmp_path, monkeypatch, arguments):
    monkeypatch.setattr(durable, "PAUSE", 0)
    with begun(tmp_path, QUICK) as training:
        training.save()
        before = files_in(tmp_path)
        command, *options = arguments
        outcome = zen(command, training.run.path, *options)
        assert (outcome.code, outcome.out) == (5, "")
        assert f"{training.run.path} is being trained by process {os.getpid()}: wait for it, or stop it" in outcome.err
        assert files_in(tmp_path) == before
    assert zen("resume", training.run.path, "-q").code == 0


def test_a_training_that_cannot_go_on_gives_its_lock_back(tmp_path):
    path = stopped(begun(tmp_path, QUICK), 1)
    assert zen("resume", path, "--schedule", "keep").code == 2
    assert zen("resume", path, "-q").code == 0


# --- elsewhere ---


def test_a_run_that_was_moved_and_renamed_goes_on(tmp_path, monkeypatch):
    write_files(tmp_path, FILES)
    wanted = to_the_end(begun(tmp_path, TABLE, "training.epochs=3"))
    path = stopped(begun(tmp_path, TABLE, "training.epochs=3"), 3)
    (tmp_path / "far" / "away").mkdir(parents=True)
    moved = path.rename(tmp_path / "far" / "away" / "another name")
    monkeypatch.chdir(tmp_path / "far")
    assert zen("resume", "away/another name", "-q").code == 0
    demand_same(moved, wanted)
    assert zen("resume", moved, "-q").out == f"{moved}\n"


def test_data_are_found_from_any_directory(tmp_path, monkeypatch):
    write_files(tmp_path, {**FILES, "here/c.yaml": TABLE.replace("flowers.csv", "../flowers.csv"), "there/x": ""})
    monkeypatch.chdir(tmp_path / "here")
    assert zen("train", "c.yaml", "training.epochs=2", "-q").code == 0
    monkeypatch.chdir(tmp_path / "there")
    path = tmp_path / "here" / "runs" / "c-1"
    assert zen("resume", path, "--epochs", 3, "-q").code == 0
    assert len(column(path, "epoch")) == 3
    monkeypatch.chdir(tmp_path / "here")
    assert zen("train", "c.yaml", "training.epochs=3", "-q").out == "runs/c-2\n"
    assert (path / "metrics.jsonl").read_bytes() == (tmp_path / "here/runs/c-2/metrics.jsonl").read_bytes()


def test_nothing_but_the_run_and_its_data_is_needed(tmp_path):
    path = stopped(begun(tmp_path, QUICK), 1)
    (tmp_path / "c.yaml").unlink()
    (path / "config.yaml").unlink()
    assert zen("resume", path, "-q").code == 0


@pytest.mark.parametrize("text", [FORGETFUL, STATEFUL])
def test_neither_name_nor_directory_is_seen_in_a_byte(tmp_path, text):
    paths = [
        to_the_end(begun(tmp_path / where, text, name=name)) for where, name in (("a", "x"), ("b/c", "yy"), ("a", "x"))
    ]
    for path in paths[1:]:
        demand_same(path, paths[0])


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2 if hasattr(os, "sched_getaffinity") else True, reason="one core")
def test_two_threads_give_the_same_bytes_each_time(tmp_path):
    wanted, path = (trained(tmp_path, FORGETFUL, "training.threads=2") for _ in range(2))
    demand_same(path, wanted)
    path = stopped(begun(tmp_path, FORGETFUL, "training.threads=2"), 8)
    demand_same(to_the_end(resumed(path)), wanted)


def test_another_environment_is_told_of_once(tmp_path):
    path = stopped(begun(tmp_path, FORGETFUL), 9)
    others = {**newest(path).metadata["environment"], "numpy": "1.0", "libc": "musl"}
    rewritten(newest(path), environment=others)
    outcome = zen("resume", path, "-q")
    assert outcome.code == 0
    assert outcome.err.count("\n") == outcome.err.count("zen: warning: ") == 1
    assert "numpy was 1.0 and is " in outcome.err
    assert "libc was musl and is " in outcome.err
    demand_readable(outcome.err)


# --- other data ---


def rows(count):
    return {
        "flowers.csv": FLOWERS[: FLOWERS.index("\n") + 1] + "".join(FLOWERS.splitlines(keepends=True)[1 : count + 1])
    }


BATCHES = [
    "training.epochs=4",
    "training.batch_size=4",
    "training.weights=last",
    "schedule={Step: {every: 1, factor: 0.5}}",
]


@pytest.mark.parametrize("records", [2, 4, 9, 11])
@pytest.mark.parametrize(("before", "after"), [(10, 30), (30, 9), (20, 21)])
@pytest.mark.parametrize("shuffle", ["true", "false"])
def test_other_data_are_learnt_from_the_beginning_of_an_epoch(tmp_path, shuffle, before, after, records):
    write_files(tmp_path, rows(before))
    path = stopped(begun(tmp_path, TABLE, *BATCHES, f"training.shuffle={shuffle}"), records)
    done = newest(path).metadata["position"]["epoch"]
    step = newest(path).step
    write_files(tmp_path, rows(after))
    kept = files_in(path)
    refused = zen("resume", path)
    assert refused.code == 3
    assert "--changed-data" in refused.err
    assert f"there were {before} examples, and are {after}" in refused.err
    assert files_in(path) == kept
    outcome = zen("resume", path, "--changed-data", "-q")
    assert outcome.code == 0, outcome.err
    batches = -(-json.loads((path / "run.json").read_bytes())["data"]["train"] // 4)
    assert column(path, "step")[done:] == [step + batches * n for n in range(1, 5 - done)]
    assert column(path, "lr") == pytest.approx([0.001 * 0.5**epoch for epoch in range(4)])
    assert zen("predict", path, "-o", "-").code == 0
    assert zen("reproduce", path).code == 3


def test_other_values_of_as_many_examples_are_learnt_within_the_epoch(tmp_path):
    write_files(tmp_path, rows(20))
    path = stopped(begun(tmp_path, TABLE, *BATCHES, "training.shuffle=true"), 2)
    write_files(tmp_path, {"flowers.csv": rows(20)["flowers.csv"].replace("\n4.2,", "\n4.7,")})
    assert "there are as many examples, but with other values" in zen("resume", path).err
    assert zen("resume", path, "--changed-data", "-q").code == 0
    assert column(path, "step") == [4, 8, 12, 16]


def test_other_data_once_accepted_need_not_be_accepted_again(tmp_path):
    write_files(tmp_path, rows(20))
    path = stopped(begun(tmp_path, TABLE, *BATCHES), 6)
    write_files(tmp_path, rows(30))
    with resume.resume(Run(path), resume.Wish(changed_data=True), pytest.fail):
        pass  # killed before anything was saved
    assert zen("resume", path, "-q").code == 0
    write_files(tmp_path, rows(25))
    assert zen("resume", path, "--epochs", 5, "-q", "--changed-data").code == 0
    assert column(path, "step") == [4, *(5 + 6 * n for n in (1, 2, 3)), 5 + 18 + 5]
    first = json.loads((path / "run.json").read_bytes())["earlier_data"]
    assert [data["examples"] for data in first] == [20, 30]


def test_data_that_are_gone_are_said_to_be(tmp_path):
    write_files(tmp_path, rows(20))
    path = stopped(begun(tmp_path, TABLE, *BATCHES), 6)
    (tmp_path / "flowers.csv").unlink()
    before = files_in(path)
    outcome = zen("resume", path)
    assert outcome.code == 3
    assert "the data that it was trained on cannot be read again" in outcome.err
    assert files_in(path) == before


# --- knock-outs ---


def test_metrics_that_are_not_cut_are_missed(tmp_path, monkeypatch):
    wanted = to_the_end(begun(tmp_path, FORGETFUL))
    path = killed(begun(tmp_path, FORGETFUL), 9)
    monkeypatch.setattr(durable, "cut", lambda *_: None)
    with pytest.raises(AssertionError):
        demand_same(to_the_end(resumed(path)), wanted)


def test_a_lock_that_does_not_hold_is_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(durable, "_lock", lambda *_: None)
    with begun(tmp_path, QUICK) as training:
        assert zen("resume", training.run.path, "-q").code == 0
