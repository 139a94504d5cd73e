"""A step that was said to be saved is there after a power cut, whatever the disk made of what was not synced."""

import os
import random
import signal
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import lt
from pathlib import Path

import pytest
from conftest import run_zen
from faults.disk import Disk, Operation
from faults.memory import memory_folder
from faults.power import SECTOR, Stage, Storage, crashes

from zen_cli import cli
from zen_cli.errors import RunError
from zen_cli.training import durable, kept
from zen_cli.training.run import Run
from zen_cli.training.saver import Saver

# --- the model: what each way to write leaves to chance ---

NEW, OLD = b"new" * 500, b"old"
WAYS = {  # what is done to a disk with a file `f`, and what of it is sure at its end
    "publish": (lambda folder: durable.publish(folder / "f", [NEW]), [{"f": NEW}]),
    "claim": (lambda folder: durable.publish(folder / "g", [NEW], replaces=False), [{"f": OLD, "g": NEW}]),
    "move": (lambda folder: durable.move(folder / "f", folder / "g"), [{"g": OLD}]),
    "cut": (lambda folder: durable.cut(folder / "f", 2), [{"f": OLD[:2]}]),
    "make": (lambda folder: durable.make_directory(folder / "d"), [{"f": OLD, "d": None}]),
    "remove": (lambda folder: durable.remove(folder / "f"), [{"f": OLD}, {}]),
}


def done(tmp_path, way, monkeypatch):
    """The operations of this, on a disk that holds an old file."""
    disk = Disk(trace=True)
    monkeypatch.setattr(durable, "os", disk)
    durable.publish(tmp_path / "f", [OLD])
    first = len(disk.trace)
    way(tmp_path)
    return disk.trace, first


def states(tmp_path, trace):
    storage = Storage(tmp_path)
    for operation in trace:
        storage.do(operation)
    return list(storage.states(random.Random(0), most=400, cuts=20))


@pytest.mark.parametrize("name", WAYS)
def test_what_returned_lasts(tmp_path, monkeypatch, name):
    way, sure = WAYS[name]
    trace, _ = done(tmp_path, way, monkeypatch)
    found = states(tmp_path, trace)
    assert all(state in sure for state in found)
    assert all(state in found for state in sure)


@pytest.mark.parametrize("name", ["publish", "move", "cut", "make"])
def test_on_the_way_there_is_the_old_or_the_new(tmp_path, monkeypatch, name):
    way, sure = WAYS[name]
    trace, first = done(tmp_path, way, monkeypatch)
    for stop in range(first, len(trace)):
        for state in states(tmp_path, trace[:stop]):
            assert {path: content for path, content in state.items() if ".tmp" not in path} in [{"f": OLD}, *sure]


def test_what_was_appended_may_be_there_in_part_or_be_anything(tmp_path, monkeypatch):
    trace, _ = done(tmp_path, lambda folder: durable.append(folder / "f", NEW), monkeypatch)
    found = {state["f"] for state in states(tmp_path, trace)}
    assert {OLD, OLD + NEW, OLD + NEW[:750], OLD + bytes(1500)} < found
    assert all(content.startswith(OLD) for content in found)
    first, second = slice(SECTOR), slice(SECTOR, 2 * SECTOR)
    whole = OLD + NEW
    assert any(content[second] == whole[second] and content[first] != whole[first] for content in found)


UNSYNCED = {
    "fsync": [{"f": b""}, {"f": NEW[:750]}, {"f": bytes(1500)}],
    "fsync_directory": [{"f": OLD}, {"f": OLD, ".f.tmp": NEW}],
}


@pytest.mark.parametrize("sync", UNSYNCED)
def test_publish_needs_both_syncs(tmp_path, monkeypatch, sync):
    trace, first = done(tmp_path, WAYS["publish"][0], monkeypatch)
    kept = [operation for i, operation in enumerate(trace) if i < first or operation.name != sync]
    found = [{f".{n[1]}.tmp" if n[0] == "." else n: c for n, c in s.items()} for s in states(tmp_path, kept)]
    assert all(state in found for state in UNSYNCED[sync])


def test_a_directory_goes_with_all_that_is_in_it(tmp_path, monkeypatch):
    def way(folder):
        durable.os.mkdir(folder / "d")
        durable.publish(folder / "d" / "g", [NEW])

    trace, _ = done(tmp_path, way, monkeypatch)
    assert states(tmp_path, trace) == [{"f": OLD}, {"f": OLD, "d": None, "d/g": NEW}]


# --- a training, and all that a power cut may leave of it ---

KEEP, EPOCHS, STEPS = 2, 4, 3  # checkpoints, epochs, steps of an epoch
CONFIG = f"""\
seed: 1
data:
  source: {{Curve: {{expression: sin(x), points: 16, noise: 0.2}}}}
  window: 3
  split: {{train: 8}}
model:
  - RNN: {{hidden_dim: 2}}
  - Linear: 1
loss: MSE
optimizer: {{Adam: 0.3}}
training: {{epochs: {EPOCHS}, batch_size: 3, shuffle: true}}
checkpoints: {{every_steps: 2, keep: {KEEP}}}
"""
RUN = Path("runs", "c-1")
STOP = 8  # the step after which it is stopped, within an epoch
LONGER = 6  # the epochs to which it is extended once it is done
TIMED = {"log.txt", "lock"}  # which say when, and by which process


@dataclass(frozen=True)
class Training:
    """What a training did to its disk below `root`, and what it left after so many epochs."""

    root: Path
    trace: Sequence[Operation]
    left: Mapping[int, Mapping[str, bytes]]

    @property
    def said(self):
        return [operation.data.decode() for operation in self.trace if operation.name == "said"]


@contextmanager
def watched_disk(stop=None):
    """A disk that keeps a trace, and is told which steps are said to be saved; at the step `stop` a signal comes."""
    disk, save = Disk(trace=True), Saver.save

    def told(saver, snapshot):
        save(saver, snapshot)
        disk.say(f"saved {snapshot.step}")
        if snapshot.step == stop:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "os", disk)
        patch.setattr(Saver, "save", told)
        patch.setattr(cli, "die_by", lambda _: None)
        yield disk


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """A training that is stopped, resumed, and extended."""
    root, left = tmp_path_factory.mktemp("power"), {}
    (root / "c.yaml").write_text(CONFIG, encoding="utf-8")
    with watched_disk(STOP) as disk:
        run_zen("train", root / "c.yaml", "--runs", root / "runs")
        for epochs, longer in ((EPOCHS, []), (LONGER, ["--epochs", LONGER])):
            disk.say("going on")
            outcome = run_zen("resume", root / RUN, *longer)
            assert outcome.code == 0, outcome.err
            disk.say("done")
            left[epochs] = files_in(root / RUN)
    return Training(root, disk.trace, left)


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def stage():
    with memory_folder() as folder:
        yield Stage(folder)


def test_the_trace_tells_all(training):
    """What is done to a disk without it cannot be lost in the simulation, but on a disk."""
    storage = Storage(training.root)
    for operation in training.trace:
        storage.do(operation)
    seen = {path: content for path, content in storage.seen().items() if content is not None}
    assert seen == {str(RUN / name): content for name, content in training.left[LONGER].items()}


def test_the_training_does_all_that_training_does(training):
    saved = [int(text.removeprefix("saved ")) for text in training.said if text.startswith("saved")]
    assert saved == list(range(0, STEPS * LONGER + 1, 2))
    assert [text for text in training.said if "saved" not in text] == ["going on", "done"] * 2
    published = {int(o.to.stem) for o in training.trace if o.name == "replace" and o.to.parent.name == "checkpoints"}
    dropped = {int(o.path.stem) for o in training.trace if o.name == "unlink" and o.path.parent.name == "checkpoints"}
    assert published - {*saved}, "best epochs are saved besides"
    assert len(dropped) > STEPS * EPOCHS / 2
    assert len(published - dropped) == KEEP + 1, "the best is not one of the newest"


def results_in(files):
    return {name: content for name, content in files.items() if name.startswith(("predictions", "plots", "scores"))}


def complaint(run, said, left):
    """What is lost of that which was said, in words, or not as it was in the end; empty where nothing is."""
    saved = [int(text.split()[1]) for text in said if text.startswith("saved")]
    if not (run.path / "run.json").exists():
        return f"saved {saved}, but there is no run" if saved else ""
    try:
        found, damaged = kept.to_go_on_from(run)
        whole = [kept.at(run, step).step for step in run.steps()[-KEEP:]]
        if found is not None:
            kept.chosen(run)
    except RunError as error:
        return str(error)
    demanded = saved[-KEEP:]
    if damaged or len(whole) < len(demanded) or any(map(lt, reversed(whole), reversed(demanded))):
        return f"saved {demanded}, but there are {whole}, and {damaged}"
    return "" if found is None else _files_lost(run, found, left) or _results_lost(run, found, said, left)


def _files_lost(run, found, left):
    size, now, whole = found.metadata["metrics_bytes"], files_in(run.path), left[run.plan().epochs]
    if now.get("metrics.jsonl", b"")[:size] != whole["metrics.jsonl"][:size]:
        return f"of {size} bytes of metrics that step {found.step} knows of, some are lost"
    return "" if now.get("config.yaml") == whole["config.yaml"] else "config.yaml is not whole"


def _results_lost(run, found, said, left):
    epochs, complete = run.plan().epochs, run.scores.exists()
    if complete and found.step == STEPS * epochs and results_in(files_in(run.path)) != results_in(left[epochs]):
        return f"it looks complete after {epochs} epochs, and has other results"
    return "it was done, but its results are gone" if said[-1:] == ("done",) and not complete else ""


@dataclass
class Figures:
    """Of so many states; `losses` are what was lost in some of them, in words."""

    states: int = 0
    saved: int = 0
    losses: list[str] = field(default_factory=list)

    def __str__(self):
        return f"{self.states:,} states, {self.saved:,} of them after a save, {len(self.losses):,} with a loss"


def look_at(figures, crash, training, stage):
    figures.states += 1
    figures.saved += bool(crash.said)
    if said := complaint(Run(stage.show(crash.tree) / RUN), crash.said, training.left):
        figures.losses.append(f"before operation {crash.number} {crash.said[-1:]}: {said}")


def test_what_was_saved_is_there_after_a_power_cut(training, stage, long):
    figures = Figures()
    for settings in [{"seed": seed, "most": 400, "cuts": 8} for seed in range(3)] if long else [{}]:
        for crash in crashes(training.trace, training.root, **settings):
            look_at(figures, crash, training, stage)
    print(f"power cuts: {figures}")
    assert figures.states > 5000
    assert not figures.losses


@pytest.fixture
def long(request):
    return request.config.getoption("long")


def sample(training, count):
    """States that a power cut may leave, a quarter of them from before the first save."""
    states = list(crashes(training.trace, training.root, seed=1))
    beginning = [crash for crash in states if not crash.said]
    chance = random.Random(2)
    return [*chance.sample(beginning, count // 4), *chance.sample(states, count - count // 4)]


def end_of(path, training):
    """What `zen resume` makes of a run: `same` as was left without a power cut, or in words what else."""
    if not (path / "run.json").exists():
        return "no run"
    left = training.left[Run(path).plan().epochs]
    outcome = run_zen("resume", path, "-q")
    if outcome.code or outcome.err:
        return f"exit {outcome.code}: {outcome.err}"
    now = files_in(path)
    others = sorted(name for name in now.keys() | left.keys() if name not in TIMED and now.get(name) != left.get(name))
    return f"others are {others}" if others else "same"


def test_from_any_state_it_comes_to_the_same_end(training, stage, tmp_path, long):
    drawn = enumerate(sample(training, 400 if long else 28))
    ended = [end_of(stage.copy(crash.tree, tmp_path / str(i)) / RUN, training) for i, crash in drawn]
    print(f"resumed after power cuts: {len(ended)}, of which {ended.count('no run')} were no run yet")
    assert set(ended) == {"same", "no run"}


def test_the_power_may_fail_again_while_a_run_is_resumed(training, stage, tmp_path, long):
    figures = Figures()
    for i, crash in enumerate(sample(training, 40 if long else 4)):
        root = stage.copy(crash.tree, tmp_path / str(i))
        if (root / RUN / "run.json").exists():
            with watched_disk() as disk:
                run_zen("resume", root / RUN, "-q")
            for again in crashes(disk.trace, root, after=crash, most=8, cuts=1):
                look_at(figures, again, training, stage)
    print(f"power cuts while resuming after one: {figures}")
    assert figures.states > 500
    assert not figures.losses


# --- knock-outs: what each part of a save is for ---


def without_syncs(name, path=""):
    """The trace of a zen that does not sync these."""
    return lambda trace: [o for o in trace if o.name != name or path not in str(o.path)]


def drop_first(trace):
    """The trace of a zen that deletes old checkpoints before it has written the new one."""
    found = []
    for operation in trace:
        begun = [i for i, o in enumerate(found) if o.name == "open" and o.path.suffix == ".tmp"]
        old = operation.name == "unlink" and operation.path.suffix == ".safetensors"
        found.insert(begun[-1] if old else len(found), operation)
    return found


ENOUGH = 20
KNOCKED_OUT = {
    "no file is synced": without_syncs("fsync"),
    "checkpoints are not synced": without_syncs("fsync", ".safetensors"),
    "metrics are not synced": without_syncs("fsync", "metrics.jsonl"),
    "no directory is synced": without_syncs("fsync_directory"),
    "the directory of checkpoints is not synced": without_syncs("fsync_directory", "checkpoints"),
    "the directory of the run is not synced": without_syncs("fsync_directory", "c-1"),
    "old checkpoints go first": drop_first,
}


@pytest.mark.parametrize("name", KNOCKED_OUT)
def test_without_that_something_is_lost(training, stage, name):
    figures = Figures()
    for crash in crashes(KNOCKED_OUT[name](training.trace), training.root, most=8, cuts=1):
        if crash.said:
            look_at(figures, crash, training, stage)
        if len(figures.losses) == ENOUGH:
            break
    print(f"where {name}: {figures}")
    assert len(figures.losses) == ENOUGH
