"""What becomes of a run of which files are damaged, gone, or others: `zen resume` falls back where it can, and says so.

Nothing else does: what predicts, draws or scores takes the checkpoint that is meant, or none.
"""

import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import FEW_NAMES, NAMES, run_zen, train_once, write_files

from zen_cli.training import checkpoint, environment
from zen_cli.training.run import Run

CONFIG = """\
seed: 2
data:
  source: {CSV: {file: data.csv, target: height}}
  window: 3
  split: {train: 8}
model:
  - RNN: {hidden_dim: 2}
  - Linear: 1
loss: MSE
optimizer: {Adam: 0.3}
training: {epochs: 6, batch_size: 3, shuffle: true}
checkpoints: {every_epochs: 1, keep: 3}
"""
HEIGHTS = [0.1, 0.9, 0.4, 0.6, 0.2, 1.0, 0.5, 0.5, 0.0, 0.8, 0.3, 0.7, 0.1, 0.9, 0.6, 0.4]
DATA = "height\n" + "".join(f"{height}\n" for height in HEIGHTS)
TIMED = {"log.txt", "lock"}  # which say when, and by which process


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run that came to its end, whose best epoch is before the newest checkpoints."""
    folder = tmp_path_factory.mktemp("trained")
    write_files(folder, {"c.yaml": CONFIG, "data.csv": DATA})
    path = train_once(folder / "runs", folder / "c.yaml")
    steps = Run(path).steps()
    assert len(steps) == 4
    assert newest(path).best.step == steps[0]
    return path


@pytest.fixture
def run(trained, tmp_path):
    """A copy of that run, to be damaged; of the same name, which is the title of its pictures."""
    return shutil.copytree(trained, tmp_path / trained.name)


def newest(path):
    return checkpoint.load(Run(path).checkpoints()[-1])


def files_in(folder, but=TIMED):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in but
    }


def refused(path, command, *arguments):
    """What a command says that leaves the run as it is, and fails for the run's sake."""
    before = files_in(path)
    outcome = run_zen(command, path, *arguments)
    assert outcome.code == 3, outcome.err
    assert outcome.out == ""
    assert files_in(path) == before
    assert outcome.err.count("\n") == 1
    return outcome.err


# --- damaged ---

DAMAGES = {
    "a bit is flipped": lambda good: good[:-1] + bytes([good[-1] ^ 1]),
    "its end is lost": lambda good: good[: len(good) // 2],
    "it is empty": lambda _: b"",
    "it is zeros": lambda good: bytes(len(good)),
    "it is something else": lambda _: DATA.encode(),
}


def damage(path, how="a bit is flipped"):
    path.write_bytes(DAMAGES[how](path.read_bytes()))


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("count", [1, 3])
def test_resume_falls_back_and_comes_to_the_same_end(trained, run, how, count):
    bad = Run(run).checkpoints()[-count:]
    for path in bad:
        damage(path, how)
    contents = {path.name: path.read_bytes() for path in bad}
    outcome = run_zen("resume", run)
    assert outcome.code == 0, outcome.err
    step = Run(trained).steps()[-count - 1]
    assert outcome.err.count(f"going on from step {step}") == 1
    assert all(str(path) in outcome.err for path in bad)
    aside = {path.name.removesuffix(".aside"): path.read_bytes() for path in run.rglob("*.aside")}
    assert aside == contents
    assert {name: c for name, c in files_in(run).items() if ".aside" not in name} == files_in(trained)


def test_a_best_that_is_lost_is_said_to_be(run):
    """None of the others is older, so its epoch cannot be trained again from there."""
    (run / "scores.json").unlink()
    best, *_, last = Run(run).checkpoints()
    damage(best)
    last.unlink()
    outcome = run_zen("resume", run, "-q")
    assert outcome.code == 0
    assert f"{best}: " in outcome.err
    assert "the best epoch of those to come takes its place" in outcome.err
    assert newest(run).best.step == newest(run).step
    assert run_zen("predict", run).code == 0


@pytest.mark.parametrize("how", DAMAGES)
def test_where_none_is_whole_nothing_changes(run, how):
    for path in Run(run).checkpoints():
        damage(path, how)
    assert "none of its checkpoints is whole" in refused(run, "resume")


@pytest.mark.parametrize("command", ["predict", "evaluate", "plot"])
@pytest.mark.parametrize("which", [0, -1], ids=["the best", "the newest"])
def test_nothing_else_falls_back(run, command, which):
    bad = Run(run).checkpoints()[which]
    damage(bad)
    assert str(bad) in refused(run, command)


def test_generate_does_not_fall_back_either(tmp_path):
    write_files(tmp_path, {"names.txt": FEW_NAMES})
    write_files(tmp_path, {"names.yaml": NAMES + "checkpoints: {every_steps: 1, keep: 3}\n"})
    path = train_once(tmp_path, tmp_path / "names.yaml")
    assert run_zen("generate", path).code == 0
    damage(Run(path).checkpoints()[-1])
    assert str(Run(path).checkpoints()[-1]) in refused(path, "generate")


# --- there by mistake ---


def of_another_run(run):
    last = newest(run)
    checkpoint.save(last.path, last.state, {**last.metadata, "config": {**last.config, "seed": 3}})


def renamed(run):
    Run(run).checkpoints()[-1].rename(Run(run).checkpoint(99))


def of_a_newer_format(run):
    last = newest(run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", "99")
        checkpoint.save(last.path, last.state, last.metadata)


MISTAKES = [
    (of_another_run, "it is of another run"),
    (renamed, "it is of step 18: name it after that step again"),
    (of_a_newer_format, f"written in format '99', but this zen reads {checkpoint.FORMAT}: update zen"),
]


@pytest.mark.parametrize("command", ["resume", "predict", "evaluate", "plot"])
@pytest.mark.parametrize(("mistake", "said"), MISTAKES, ids=[mistake.__name__ for mistake, _ in MISTAKES])
def test_a_checkpoint_that_is_there_by_mistake_is_not_passed_over(run, mistake, said, command):
    mistake(run)
    assert said in refused(run, command)


# --- other files ---


@pytest.mark.parametrize("left", [None, 0, 100])
def test_metrics_that_lack_epochs_are_said_to(run, left):
    metrics = run / "metrics.jsonl"
    metrics.unlink() if left is None else os.truncate(metrics, left)
    (run / "scores.json").unlink()
    assert re.search(r"metrics\.jsonl: is not what .*/000000000018\.safetensors knows of", refused(run, "resume"))


def test_metrics_that_go_on_are_cut_to_what_is_saved(trained, run):
    """As a crash leaves them: with epochs that no checkpoint knows of, and a line that is not whole."""
    (run / "scores.json").unlink()
    for path in Run(run).checkpoints()[-2:]:
        path.unlink()
    with (run / "metrics.jsonl").open("ab") as file:
        file.write(b'{"epoch": 7, "st')
    assert run_zen("resume", run, "-q").code == 0
    assert files_in(run) == files_in(trained)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"config": {}}', b"\xff\xfe", b'{"config": null}'])
@pytest.mark.parametrize("command", ["resume", "predict", "evaluate"])
def test_a_description_that_is_damaged_is_refused(run, command, content):
    (run / "run.json").write_bytes(content)
    assert str(run) in refused(run, command)


def test_the_config_is_not_missed(trained, run):
    for path in (run / "config.yaml", run / "scores.json", Run(run).checkpoints()[-1]):
        path.unlink()
    assert run_zen("resume", run, "-q").code == 0
    assert files_in(run) == {name: c for name, c in files_in(trained).items() if name != "config.yaml"}


# --- data and environment ---

CHANGES = [
    (DATA.replace("0.8", "0.7"), "there are as many examples, but with other values"),
    (DATA + "0.5\n", "there were 13 examples, and are 14"),
]


@pytest.mark.parametrize(("data", "said"), CHANGES, ids=["other values", "more"])
@pytest.mark.parametrize("stop", [12, 16], ids=["after an epoch", "within an epoch"])
def test_changed_data_are_gone_on_with_where_that_is_asked_for(tmp_path, data, said, stop):
    write_files(tmp_path, {"c.yaml": CONFIG, "data.csv": DATA})
    path = train_once(tmp_path / "runs", tmp_path / "c.yaml", "checkpoints.every_steps=1", "checkpoints.keep=9")
    (path / "scores.json").unlink()
    for step in range(stop + 1, 19):
        Run(path).checkpoint(step).unlink()
    before = newest(path).metadata["preparation"]
    (tmp_path / "data.csv").write_text(data, encoding="utf-8")
    message = refused(path, "resume")
    assert said in message
    assert "--changed-data" in message
    outcome = run_zen("resume", path, "--changed-data", "-q")
    assert outcome.code == 0, outcome.err
    assert newest(path).step == 18
    assert newest(path).metadata["preparation"] == before
    assert run_zen("evaluate", path).code == 0
    assert run_zen("resume", path, "-q").code == 0


def test_another_environment_is_told_of_once(run, monkeypatch):
    now = environment.describe()
    monkeypatch.setattr(environment, "describe", lambda: {**now, "numpy": "1.0.0", "simd": "none"})
    outcome = run_zen("resume", run, "--epochs", 7, "-q")
    assert outcome.code == 0
    (said,) = outcome.err.splitlines()
    assert said.startswith("zen: warning: ")
    assert f"numpy was {now['numpy']} and is 1.0.0" in said
    assert "simd was" in said


# --- elsewhere ---


def test_a_run_that_was_moved_and_renamed_is_gone_on_with(trained, run):
    (run / "scores.json").unlink()
    Run(run).checkpoints()[-1].unlink()
    moved = run.rename(run.parent / "another name")
    assert run_zen("resume", moved, "-q").code == 0
    now, then = files_in(moved), files_in(trained)
    others = {name for name in now.keys() | then.keys() if now.get(name) != then.get(name)}
    assert others == {"plots/loss.png", "plots/predictions.png"}, "whose title is the run's name"


@pytest.fixture
def read_only(run):
    """How to run a command while the disk that holds the run cannot be written to."""
    if os.geteuid():
        for path in (*run.rglob("*"), run):
            path.chmod(0o555)
        yield []
        for path in (run, *run.rglob("*")):
            path.chmod(0o755)
        return
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    inside = ["unshare", "--mount", "sh", "-c", mount, str(run)]
    if subprocess.run([*inside, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no mounts may be made here")
    yield inside


def test_a_run_on_a_read_only_disk_answers(run, read_only, tmp_path):
    def zen(*arguments):
        command = [*read_only, sys.executable, "-m", "zen_cli", *map(str, arguments)]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    before = files_in(run, but=())
    predicted = zen("predict", run, "-o", tmp_path / "own.csv")
    assert (predicted.returncode, predicted.stderr) == (0, "")
    assert (tmp_path / "own.csv").read_bytes() == before["predictions/predictions.csv"]
    drawn = zen("plot", run, "-o", tmp_path / "plots")
    assert (drawn.returncode, drawn.stderr) == (0, "")
    assert (tmp_path / "plots" / "loss.png").exists()
    assert zen("resume", run, "--epochs", 9).returncode == 5
    assert files_in(run, but=()) == before
