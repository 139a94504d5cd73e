"""When checkpoints are written, which of them stay, and that neither is seen in what a training ends with."""

import json
from types import SimpleNamespace

import pytest
from trainings import FORGETFUL, QUICK, STATEFUL, begun, demand_same, newest, scored, tensors_of, to_the_end

from zen_cli.training import checkpoint, loop, saver
from zen_cli.training.run import Run

pytestmark = pytest.mark.usefixtures("unsynced")


@pytest.fixture
def clock(monkeypatch):
    """What stands for the time; `step` and `save` are the seconds that an update and a checkpoint take."""
    clock = SimpleNamespace(now=0.0, step=0.0, save=0.0, saved=[])

    def train_step(*arguments, train_step=loop.train_step):
        clock.now += clock.step
        return train_step(*arguments)

    def save(path, state, metadata, save=checkpoint.save):
        clock.now += clock.save
        clock.saved.append((metadata["step"], metadata["position"]["batches"]))
        save(path, state, metadata)

    monkeypatch.setattr(saver, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(loop, "train_step", train_step)
    monkeypatch.setattr(checkpoint, "save", save)
    return clock


def settings(every):
    return ["checkpoints.every_seconds=null", *(f"checkpoints.{key}={value}" for key, value in every.items())]


# --- when ---

TWELVE_STEPS = ["training.epochs=4", "training.batch_size=2", "training.weights=last"]  # of three to an epoch
START, END = (0, 0), (12, 0)
EACH = [(step, (step - 1) % 3 + 1) for step in range(1, 13)]
EPOCHS = [(3, 0), (6, 0), (9, 0)]
# cadence, seconds for a step and for a save: the steps that are saved, and how many batches of their epoch are done
CADENCES = {
    "start and end": ({}, 1, 1, [START, END]),
    "every epoch": ({"every_epochs": 1}, 1, 1, [START, *EPOCHS, END]),
    "every other epoch": ({"every_epochs": 2}, 1, 1, [START, (6, 0), END]),
    "every third epoch": ({"every_epochs": 3}, 1, 1, [START, (9, 0), END]),
    "every step": ({"every_steps": 1}, 1, 1, [START, *((n, batch % 3) for n, batch in EACH)]),
    "every fifth step": ({"every_steps": 5}, 1, 1, [START, (5, 2), (10, 1), END]),
    "every sixth step": ({"every_steps": 6}, 1, 1, [START, (6, 0), END]),
    "steps and epochs": ({"every_steps": 4, "every_epochs": 2}, 1, 1, [START, (4, 1), (6, 0), (8, 2), END]),
    "more than there are": ({"every_steps": 13, "every_epochs": 5}, 1, 1, [START, END]),
    "every five seconds": ({"every_seconds": 5}, 1, 0, [START, (5, 2), (10, 1), END]),
    "seconds shorter than a step": ({"every_seconds": 0.5}, 4, 0, [START, *EACH, END]),
    "saves that take long": ({"every_seconds": 30}, 10, 1, [START, (10, 1), END]),
    "saves that take no time": ({"every_seconds": 30}, 10, 0.125, [START, (3, 3), (6, 3), (9, 3), (12, 3), END]),
    "saves that take for ever": ({"every_seconds": 1}, 1, 100, [START, END]),
    "steps are not held back": ({"every_seconds": 1, "every_steps": 5}, 1, 100, [START, (5, 2), (10, 1), END]),
    "steps put the clock off": (
        {"every_seconds": 4, "every_steps": 5},
        *(1, 0),
        [START, (4, 1), (5, 2), (9, 3), (10, 1), END],
    ),
}


@pytest.mark.parametrize(("every", "step", "save", "saved"), CADENCES.values(), ids=CADENCES)
def test_checkpoints_are_written_when_they_are_asked_for(tmp_path, clock, every, step, save, saved):
    clock.step, clock.save = step, save
    to_the_end(begun(tmp_path, QUICK, *TWELVE_STEPS, *settings(every)))
    assert clock.saved == saved


@pytest.mark.parametrize("save", [0.25, 1, 7])
def test_saving_by_the_clock_takes_a_hundredth_of_the_time_at_most(tmp_path, clock, save):
    clock.step, clock.save = 1.0, save
    to_the_end(begun(tmp_path, QUICK, "training.epochs=400", "training.weights=last", "checkpoints.every_seconds=1e-3"))
    in_between = len(clock.saved) - 2  # but for the first and the last
    assert in_between == 400 // (100 * save)
    assert in_between * save <= 0.01 * clock.now


def test_step_0_is_saved_before_the_first_batch(tmp_path, clock, monkeypatch):
    def no_batch(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "train_step", no_batch)
    training = begun(tmp_path, QUICK)
    with pytest.raises(KeyboardInterrupt):
        to_the_end(training)
    assert clock.saved == [(0, 0)]
    assert training.run.steps() == [0]


# --- which stay ---

BESTS = {
    "better and better": [9, 8, 7, 6, 5, 4, 3, 2],
    "the first": [1, 2, 3, 4, 5, 6, 7, 8],
    "now and then": [5, 6, 4, 6, 6, 3, 4, 4],
    "in the middle": [9, 8, 3, 4, 5, 6, 7, 8],
}
OFTEN = [{"every_epochs": 1}, {"every_epochs": 3}, {"every_steps": 1}, {"every_steps": 5}, {}]


@pytest.mark.parametrize("every", OFTEN, ids=str)
@pytest.mark.parametrize("keep", [1, 2, 3])
@pytest.mark.parametrize("scores", BESTS.values(), ids=BESTS)
def test_the_newest_stay_and_the_best_ones_that_they_name(tmp_path, clock, scores, keep, every):
    with (
        scored(scores),
        begun(
            tmp_path, QUICK, "training.epochs=8", "training.batch_size=3", f"checkpoints.keep={keep}", *settings(every)
        ) as training,
    ):
        for _ in training.records():
            there = {step: checkpoint.load(training.run.checkpoint(step)) for step in training.run.steps()}
            newest_ones = sorted({step for step, _ in clock.saved})[-keep:]
            named = {there[step].best.step for step in newest_ones if there[step].best.step}
            assert there.keys() == {*newest_ones, *named}
            assert all(there[step].metadata["position"]["epoch"] == step // 2 for step in named)


def test_without_a_best_epoch_only_the_newest_stay(tmp_path):
    path = to_the_end(begun(tmp_path, QUICK, "data.split.train=9", "checkpoints.keep=1", "training.epochs=3"))
    assert Run(path).steps() == [6]


# --- what they leave no trace in ---

TEXTS = {"forgetful": FORGETFUL, "stateful": STATEFUL}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_cadence_changes_what_a_training_ends_with(tmp_path, text):
    wanted = to_the_end(begun(tmp_path, text, "checkpoints.every_seconds=null"))
    for every in (
        {"every_steps": 1, "keep": 1},
        {"every_steps": 3},
        {"every_epochs": 2, "keep": 9},
        {"every_seconds": 1e-9},
    ):
        path = to_the_end(begun(tmp_path, text, *settings(every)))
        assert (path / "metrics.jsonl").read_bytes() == (wanted / "metrics.jsonl").read_bytes()
        assert tensors_of(newest(path)) == tensors_of(newest(wanted))
        assert told(newest(path)) == told(newest(wanted))


def told(stored):
    return json.dumps({**stored.metadata, "config": {**stored.config, "checkpoints": None}}, sort_keys=True)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_clock_changes_a_byte(tmp_path, clock, text):
    paths = []
    for step, save in ((0, 0), (0.7, 0), (1.3, 0.001), (50, 0.1)):
        clock.step, clock.save, clock.saved = step, save, []
        paths.append(to_the_end(begun(tmp_path, text, "checkpoints.every_seconds=2")))
        assert len(clock.saved) > 3 or not step
    for path in paths[1:]:
        demand_same(path, paths[0])
