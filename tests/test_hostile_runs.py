"""Nothing outside of a run is written, whatever a run is called, and whatever links somebody planted in it."""

import os
import shutil

import pytest
from conftest import run_zen, train_once

OUTSIDE = b"outside"
WRITING = [  # commands that write into a run
    ["resume", "{}", "--epochs", "4"],
    ["plot", "{}"],
    ["predict", "{}"],
]
FILES = [  # what of a run a link may stand for
    *("metrics.jsonl", "log.txt", "run.json", "lock", "scores.json"),
    *("predictions/predictions.csv", "plots/loss.png", "plots/predictions.png"),
]
FOLDERS = ["checkpoints", "predictions", "plots"]
MADE = ["checkpoints/000000000008.safetensors", "checkpoints/000000000006.safetensors", "config.yaml.damaged"]


def tree(folder):
    """Every file in a folder, with its bytes, and when it was written."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def demand_printable(message):
    assert all(line.isprintable() for line in message.split("\n")), message


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_config):
    return train_once(tmp_path_factory.mktemp("runs"), tiny_config)


@pytest.fixture
def planted(tmp_path, trained):
    """A run, and beside it a folder that no command may write to."""
    run = tmp_path / "runs" / "tiny-1"
    shutil.copytree(trained, run)
    return run, tmp_path / "outside"


def demand_untouched(run, outside, command):
    """No file outside changes, none is made there, and zen says what is wrong or goes on without."""
    before = tree(outside)
    outcome = run_zen(*(part.format(run) for part in command))
    assert tree(outside) == before, outcome
    assert outcome.code in (0, 3, 5), outcome
    demand_printable(outcome.err)


@pytest.mark.parametrize("command", WRITING, ids=lambda command: command[0])
@pytest.mark.parametrize("name", [*FILES, *MADE])
def test_a_link_in_the_place_of_a_file_is_not_written_through(planted, name, command):
    run, outside = planted
    outside.mkdir()
    target, link = outside / "file", run / name
    target.write_bytes(link.read_bytes() if link.exists() else OUTSIDE)
    link.unlink(missing_ok=True)
    link.symlink_to(target)
    demand_untouched(run, outside, command)


@pytest.mark.parametrize("command", WRITING, ids=lambda command: command[0])
@pytest.mark.parametrize("name", FOLDERS)
def test_a_link_in_the_place_of_a_folder_is_not_written_through(planted, name, command):
    run, outside = planted
    shutil.move(run / name, outside)
    (run / name).symlink_to(outside)
    demand_untouched(run, outside, command)


@pytest.mark.parametrize("command", WRITING, ids=lambda command: command[0])
def test_a_link_that_has_the_name_of_a_temporary_file_is_not_written_through(planted, command):
    run, outside = planted
    outside.mkdir()
    (outside / "file").write_bytes(OUTSIDE)
    names = [*FILES, "checkpoints/000000000006.safetensors", "checkpoints/000000000008.safetensors"]
    for path in map(run.joinpath, names):
        (path.parent / f".{path.name}.{os.getpid()}.tmp").symlink_to(outside / "file")
    demand_untouched(run, outside, command)


NAMES = ["../x", "/x", "", ".", "..", "a\nb", "x" * 300, "../outside/tiny-1", "*", "~", "-", "\udcff", "$(touch ran)"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("command", ["resume", "predict", "plot", "evaluate", "reproduce"])
def test_a_name_that_is_no_run_is_refused(tmp_path, trained, monkeypatch, name, command):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(trained, tmp_path / "runs" / "tiny-1")
    before = tree(tmp_path)
    outcome = run_zen(command, "--runs", "runs", "--", name)
    assert outcome.code in (2, 3), outcome
    demand_printable(outcome.err)
    assert tree(tmp_path) == before


RUNS = ["", "file", "file/runs", "link", "x" * 300, "missing/../../tmp_of_nobody/..", "/dev/null", "/proc/self"]


@pytest.mark.parametrize("runs", RUNS)
def test_an_odd_place_for_runs_takes_them_or_is_refused(tmp_path, tiny_config, monkeypatch, runs):
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    (tmp_path / "work" / "file").write_bytes(OUTSIDE)
    (tmp_path / "work" / "link").symlink_to("nowhere")
    outcome = run_zen("train", tiny_config, "--runs", runs, "-q")
    assert outcome.code in (0, 2, 5), outcome
    demand_printable(outcome.err)
    assert "this is a bug" not in outcome.err
