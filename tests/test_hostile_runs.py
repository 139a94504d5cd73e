"""Whatever stands in the place of a run's files: zen says what is wrong, or goes on, and writes nothing outside."""

import errno
import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest
from conftest import run_zen, train_once

from zen_cli.errors import RunError
from zen_cli.training import checkpoint, durable
from zen_cli.training.run import Run

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


# --- what is no file ---

NEWEST = "checkpoints/000000000004.safetensors"
READING = [["evaluate", "{}"], ["predict", "{}", "-o", "{}/../own.csv"], ["reproduce", "{}", "-q"]]


def named(command):
    return " ".join(command[::2])


def as_socket(path):
    with pytest.MonkeyPatch.context() as patch, socket.socket(socket.AF_UNIX) as server:
        patch.chdir(path.parent)  # the name of a socket may not be long
        server.bind(path.name)


ODD = {
    "a pipe": os.mkfifo,
    "a socket": as_socket,
    "a directory": os.mkdir,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
}


@pytest.fixture
def impatient():
    """Who waits for a pipe in C code hears no signal but the one that ends the process, and the test."""
    signal.alarm(120)
    yield
    signal.alarm(0)


def put_in_place(path, kind):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    ODD[kind](path)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("command", [*WRITING, *READING], ids=named)
@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("name", [*FILES, *FOLDERS, "config.yaml", NEWEST])
def test_what_is_no_file_is_named_or_not_missed(planted, name, kind, command):
    run, _ = planted
    put_in_place(run / name, kind)
    outcome = run_zen(*(part.format(run) for part in command))
    assert outcome.code in (0, 3, 5), outcome
    demand_printable(outcome.err)
    if outcome.code:
        said = outcome.err.strip().split("\n")[-1]
        assert said.startswith(f"zen: {run}"), outcome
        assert ".tmp" not in said
        assert "/own.csv" not in said


@pytest.mark.parametrize("command", ["plot", "predict"])
@pytest.mark.parametrize("name", ["plots", "predictions"])
def test_a_file_in_the_place_of_a_folder_is_named(planted, name, command):
    run, _ = planted
    shutil.rmtree(run / name)
    (run / name).write_bytes(b"")
    outcome = run_zen(command, run)
    assert (outcome.code, outcome.err.split(": ")[1:3]) == (3, [str(run / name), "is no directory"])


@pytest.mark.parametrize(("name", "command"), [("plots", "plot"), ("predictions", "predict")])
def test_a_folder_that_is_missing_is_made(planted, name, command):
    run, _ = planted
    before = tree(run / name).keys()
    shutil.rmtree(run / name)
    assert run_zen(command, run).code == 0
    assert before
    assert before <= tree(run / name).keys() | {str(run / "plots" / "extrapolation.png")}


@pytest.mark.parametrize("kind", ODD)
def test_a_checkpoint_that_is_no_file_is_damaged_and_not_gone(planted, kind):
    run, _ = planted
    put_in_place(run / NEWEST, kind)
    with pytest.raises(checkpoint.DamagedError):
        checkpoint.load(run / NEWEST)
    assert checkpoint.peek(run / NEWEST) == {}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_checkpoint_is_fallen_back_from(planted, kind):
    run, _ = planted
    put_in_place(run / NEWEST, kind)
    outcome = run_zen("resume", run)
    assert outcome.code == 0, outcome
    assert "going on from step 0 instead" in outcome.err
    assert run_zen("evaluate", run).code == 0


def test_a_link_to_itself_is_no_output(tmp_path, trained, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p").symlink_to("p")
    outcome = run_zen("predict", trained, "-o", "p")
    assert (outcome.code, outcome.err) == (5, f"zen: p: {os.strerror(errno.ELOOP)}\n")


# --- what cannot be written, or read ---


def test_a_disk_that_is_read_only_is_told_of_by_the_name_of_the_file(planted, monkeypatch):
    def refusing(path):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    run, _ = planted
    monkeypatch.setattr(durable.os, "unlink", refusing)  # which a read-only disk refuses before it looks for the file
    monkeypatch.setattr(durable.os, "open", lambda path, *_: refusing(path))
    for command, name, option in (
        ("predict", "predictions/predictions.csv", "-o FILE"),
        ("plot", "plots/loss.png", ""),
    ):
        outcome = run_zen(command, run)
        said = f"zen: {run / name}: {os.strerror(errno.EROFS)}: "
        assert (outcome.code, outcome.err[: len(said)]) == (5, said)
        assert f"elsewhere with {option or '-o FOLDER'}" in outcome.err


@pytest.fixture
def unprivileged():
    """How to run a command without the right of root to read everything."""
    if os.geteuid():
        return []
    rights = "-dac_override,-dac_read_search"
    command = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}"]
    if shutil.which("setpriv") is None or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("root may read everything here")
    return command


@pytest.mark.parametrize("folder", [".", "checkpoints", "predictions"])
def test_what_may_not_be_looked_into_is_not_said_to_be_gone(planted, unprivileged, folder):
    run, _ = planted
    (run / "scores.json").unlink()
    command = [*unprivileged, sys.executable, "-m", "zen_cli", "predict", str(run)]
    (run / folder).chmod(0)
    try:
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
    finally:
        (run / folder).chmod(0o755)
    assert ended.returncode in (3, 5)
    assert ended.stderr.startswith(f"zen: {run / folder}"), ended.stderr
    assert ended.stderr.endswith("Permission denied\n"), ended.stderr


# --- what says something else ---

DEEP = '{"seed": ' + "[" * 990 + "]" * 990 + "}"
NO_RUN = {
    "deep": DEEP,
    "less deep": DEEP.replace("[" * 500, "").replace("]" * 500, ""),
    "deeper": DEEP * 1000,
    "all brackets": "[" * 10**6,
    "a long number": '{"sequence": ' + "9" * 5000 + "}",
    "no end": '{"config": {',
    "nothing": "",
    "zeros": "\0" * 100,
}


@pytest.mark.parametrize("text", NO_RUN.values(), ids=NO_RUN)
def test_a_run_that_says_nonsense_of_itself_is_refused_and_keeps_none_from_training(planted, tiny_config, text):
    run, _ = planted
    (run / "run.json").write_text(text)
    for command in ("resume", "predict", "plot", "evaluate", "reproduce"):
        outcome = run_zen(command, run)
        assert (outcome.code, outcome.err.count("\n")) == (3, 1), outcome
        assert outcome.err.startswith(f"zen: {run / 'run.json'}: cannot be read ("), outcome
    assert run_zen("train", tiny_config, "--runs", run.parent, "-q").code == 0
    assert run_zen("predict", "tiny-2", "--runs", run.parent, "-o", "-").code == 0


@pytest.mark.parametrize("sequence", ["9" * 4300, "-1", "true", "1e999", '"7"', "null", "[]"])
def test_a_number_that_is_none_keeps_none_from_training(planted, tiny_config, sequence):
    run, _ = planted
    (run / "run.json").write_text(f'{{"sequence": {sequence}}}')
    assert run_zen("train", tiny_config, "--runs", run.parent, "-q").code == 0


RECORD = '{"epoch": 1, "step": 2, "loss": 0.5}'
NO_RECORDS = {
    "deep": DEEP,
    "deep in a record": RECORD.replace("0.5", "[" * 500 + "]" * 500),
    "no loss": '{"epoch": 1, "step": 2}',
    "a list": "[]",
    "nothing": "",
    "half": RECORD[:20],
    "text": RECORD.replace("0.5", '"0.5"'),
    "a yes": RECORD.replace("0.5", "true"),
    "infinite": RECORD.replace("0.5", "1e999"),
    "no number": RECORD.replace("0.5", "NaN"),
    "a large number": RECORD.replace("0.5", "9" * 400),
    "half a step": RECORD.replace("2", "2.5"),
    "a negative epoch": RECORD.replace("1", "-1"),
    "bytes": RECORD.replace("step", "\udcff"),
}


@pytest.mark.parametrize("line", NO_RECORDS.values(), ids=NO_RECORDS)
def test_a_line_that_is_no_record_is_named(planted, line):
    run, _ = planted
    (run / "metrics.jsonl").write_text(f"{RECORD}\n{line}\n{RECORD}\n", "utf-8", "surrogateescape")
    with pytest.raises(RunError, match=r"metrics\.jsonl:2: .*: restore it from a copy, or train again"):
        Run(run).records()
    outcome = run_zen("plot", run)
    assert (outcome.code, outcome.err.count("\n")) == (3, 1), outcome


# --- names ---

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
