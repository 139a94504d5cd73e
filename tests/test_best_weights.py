"""The weights that a trained model has: those of its best epoch, as if it had been trained for so many, or the last."""

import math

import numpy as np
import pytest
from conftest import CLASSES, FEW_NAMES, NAMES, write_files
from trainings import (
    FORGETFUL,
    QUICK,
    STATEFUL,
    begun,
    best_of,
    column,
    demand_same,
    killed,
    newest,
    resumed,
    scored,
    stopped,
    tensors_of,
    to_the_end,
    trained,
    zen,
)

from zen_cli.errors import NonFiniteError, RunError
from zen_cli.training import kept
from zen_cli.training.run import Run
from zen_cli.training.saver import Saver
from zen_cli.training.state import State

pytestmark = pytest.mark.usefixtures("unsynced")

NAN = math.nan


def parameters_of(stored):
    return {name: array.tobytes() for name, array in stored.state.values.items()}


def predicted(path):
    outcome = zen("predict", path, "-o", "-")
    assert outcome.code == 0, outcome.err
    return outcome.out


# --- the best ---

CONFIGS = {
    "forgetful": (FORGETFUL, ["training.epochs=40", "interval=0.8"]),
    "stateful": (STATEFUL, ["optimizer.RMSProp.lr=0.2", "training.epochs=12", "training.weights=best"]),
    "classes": (CLASSES, ["data.split.train=12", "training.epochs=12", "optimizer.Adam.lr=0.03"]),
    "text": (NAMES, ["training.epochs=12", "optimizer.Adam.lr=0.05"]),
}


@pytest.mark.parametrize(("text", "changes"), CONFIGS.values(), ids=CONFIGS)
def test_it_is_the_model_that_was_trained_for_as_many_epochs(tmp_path, text, changes):
    write_files(tmp_path, {"names.txt": FEW_NAMES})
    path = trained(tmp_path, text, *changes)
    losses = column(path, "val_loss")
    epoch = losses.index(min(losses)) + 1
    assert 1 < epoch < len(losses)
    wanted = trained(
        tmp_path, text, *changes, f"training.epochs={epoch}", "training.weights=last", "training.patience=null"
    )
    assert tensors_of(best_of(path)) == tensors_of(newest(wanted))
    assert best_of(path).metadata["interval"] == newest(wanted).metadata["interval"]
    assert best_of(path).metadata["position"] == newest(wanted).metadata["position"]
    assert parameters_of(kept.chosen(Run(path))) != parameters_of(newest(path))
    assert predicted(path) == predicted(wanted)
    assert (path / "scores.json").read_bytes() == (wanted / "scores.json").read_bytes()
    outcomes = [zen("evaluate", each).out.replace(str(each), "RUN") for each in (path, wanted)]
    assert outcomes[0] == outcomes[1]


def test_the_last_weights_are_those_of_the_last_epoch(tmp_path):
    changes = ["training.epochs=12", "training.patience=null"]
    best, last = (trained(tmp_path, FORGETFUL, *changes, f"training.weights={name}") for name in ("best", "last"))
    assert newest(best).step == newest(last).step > best_of(best).step
    assert tensors_of(newest(best)) == tensors_of(newest(last)) == tensors_of(kept.chosen(Run(last)))
    assert parameters_of(kept.chosen(Run(best))) == parameters_of(best_of(best))
    assert predicted(last) != predicted(best)
    assert newest(last).best.step == 0


# scores: whose weights the model has
CHOSEN = [
    ([1, 2, 3, 4], 1),
    ([4, 3, 2, 1], 4),
    ([2, 1, 1, 1], 2),
    ([NAN, 3, NAN, 4], 2),
    ([3, 1, 2, NAN], 2),
    ([NAN, NAN, NAN, NAN], 4),
    ([math.inf, math.inf, math.inf, math.inf], 4),
    ([-math.inf, 5, 4, 6], 3),
]


@pytest.mark.parametrize(("scores", "epoch"), CHOSEN)
def test_nan_is_never_best_and_without_a_best_epoch_the_last_is_taken(tmp_path, scores, epoch):
    with scored(scores):
        path = to_the_end(begun(tmp_path, QUICK, "training.epochs=4", "training.patience=9"))
    assert kept.chosen(Run(path)).metadata["position"]["epoch"] == epoch


def test_predictions_of_what_goes_on_are_of_the_best_epoch_so_far(tmp_path):
    with scored([3, 1, 2, 2, 0]):
        path = stopped(begun(tmp_path, QUICK, "training.epochs=5"), 6)
        first = kept.chosen(Run(path)).step
        outcome = zen("predict", path, "-o", "-")
        to_the_end(resumed(path))
    assert (first, kept.chosen(Run(path)).step) == (2, 5)
    assert outcome.code == 0
    assert "is not trained to its end" in outcome.err


# --- what becomes infinite ---

DIVERGING = ["optimizer.SGD.lr=1.7", "training.epochs=2000", "checkpoints.every_seconds=null"]


def test_a_training_that_becomes_infinite_leaves_its_best_epoch(tmp_path):
    write_files(tmp_path, {"c.yaml": QUICK})
    outcome = zen("train", tmp_path / "c.yaml", *DIVERGING, "--runs", tmp_path / "runs")
    path = tmp_path / "runs" / "c-1"
    losses = [loss for loss in column(path, "val_loss") if loss is not None]
    best = losses.index(min(losses)) + 1
    assert outcome.code == 4
    assert f"step {best} is saved, and finite, in {path}" in outcome.err
    assert (newest(path).step, newest(path).best.epoch) == (best, best)
    assert all(
        np.isfinite(array).all()
        for stored in Run(path).steps()
        for array in kept.at(Run(path), stored).tensors.values()
    )
    assert zen("predict", path, "-o", "-").code == 0
    assert not (path / "scores.json").exists()


@pytest.mark.parametrize("stop", [killed, stopped])
def test_it_becomes_infinite_at_the_same_step_after_a_stop(tmp_path, stop):
    went_on = resumed(stop(begun(tmp_path, QUICK, *DIVERGING), 31))
    wanted = begun(tmp_path, QUICK, *DIVERGING)
    said = []
    for training in (went_on, wanted):
        with pytest.raises(NonFiniteError) as caught:
            to_the_end(training)
        said.append(str(caught.value).split(";")[0])
    assert said[0] == said[1]
    assert went_on.run.metrics.read_bytes() == wanted.run.metrics.read_bytes()
    assert tensors_of(best_of(went_on.run.path)) == tensors_of(best_of(wanted.run.path))


# --- knock-outs ---


KNOCK_OUTS = {
    "a copy of its arrays": (State, "copied", lambda self, _=None: self),
    "the best is saved before what names it": (Saver, "keep_best", lambda *_: None),
}


@pytest.mark.parametrize("patch", KNOCK_OUTS.values(), ids=KNOCK_OUTS)
def test_what_is_taken_away_is_missed(tmp_path, monkeypatch, patch):
    with scored([3, 1, 2, 2]):
        wanted = to_the_end(begun(tmp_path, QUICK, "training.epochs=4"))
        monkeypatch.setattr(*patch)
        path = to_the_end(begun(tmp_path, QUICK, "training.epochs=4"))
    with pytest.raises((AssertionError, RunError)):
        demand_same(path, wanted)
