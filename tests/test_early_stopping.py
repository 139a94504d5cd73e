"""When a training ends for want of a better score, and which epoch was the best, against a scalar reference."""

import json
import math
import random

import pytest
from conftest import CLASSES, write_files
from trainings import (
    FORGETFUL,
    QUICK,
    begun,
    column,
    demand_same,
    files_in,
    killed,
    newest,
    resumed,
    scored,
    stopped,
    to_the_end,
    trained,
    zen,
)

from zen_cli.training.best import Best
from zen_cli.training.loop import EpochRecord
from zen_cli.training.plan import Extension, Plan
from zen_cli.training.position import Position
from zen_cli.training.run import Run

pytestmark = pytest.mark.usefixtures("unsynced")

NAN, INF = math.nan, math.inf


def reference(scores, patience, min_delta=0.0, more=False):
    """The epoch after which a training with these scores ends, and its best one: 0 where there is none."""
    best_epoch, best = 0, None
    for epoch, score in enumerate(scores, start=1):
        gain = None if best is None else (score - best if more else best - score)
        if math.isfinite(score) and (gain is None or gain > min_delta):
            best_epoch, best = epoch, score
        if patience is not None and epoch - best_epoch >= patience:
            return epoch, best_epoch
    return len(scores), best_epoch


# --- scores alone ---


def followed(scores, patience, min_delta=0.0, monitor="val_loss"):
    """As `reference`, by way of zen's Best and Plan; what it remembers goes through JSON after each epoch."""
    best, plan = Best(), Plan(len(scores))
    for epoch, score in enumerate(scores, start=1):
        best = best.after(EpochRecord(epoch, 3 * epoch, 1.0, 1.0, 0.1, {monitor: score}), monitor, min_delta)
        best = Best.of(json.loads(json.dumps(best.stored(), allow_nan=False)))
        if plan.ended_by(Position(epoch, 3 * epoch), best, patience):
            break
    assert best.step == 3 * best.epoch
    return epoch, best.epoch


# scores, patience, min_delta, whether more is better: what they show
SEQUENCES = {
    "falling": ([5, 4, 3, 2, 1], 1, 0.0, False),
    "rising": ([1, 2, 3, 4, 5], 2, 0.0, False),
    "a tie is no better": ([3, 3, 3, 3, 3], 3, 0.0, False),
    "a tie with the best": ([3, 2, 4, 2, 4, 2], 3, 0.0, False),
    "patience is for epochs in a row": ([5, 6, 4, 5, 3, 4, 2, 3, 4], 2, 0.0, False),
    "in time": ([5, 6, 7, 4, 6, 7, 8, 3], 3, 0.0, False),
    "not better by enough": ([1.0, 0.95, 0.91, 0.85, 0.8], 2, 0.1, False),
    "better by just min_delta": ([1.0, 0.5, 0.0, -0.5], 1, 0.5, False),
    "little by little, by enough": ([1.0, 0.95, 0.89, 0.85, 0.78], 2, 0.1, False),
    "nan at first": ([NAN, NAN, 3, 4, 5], 3, 0.0, False),
    "nan only": ([NAN] * 6, 4, 0.0, False),
    "nan between": ([3, NAN, 2, NAN, NAN, 1], 2, 0.0, False),
    "infinite at first": ([INF, INF, 3, INF, 2], 2, 0.0, False),
    "infinite only": ([INF] * 5, 3, 0.0, False),
    "minus infinity": ([3, -INF, 2, 1, 2, 2], 2, 0.0, False),
    "negative": ([-1, -2, -1.5, -1.9, -1], 3, 0.0, False),
    "accuracy": ([0.1, 0.5, 0.5, 0.4, 0.5, 0.4], 3, 0.0, True),
    "accuracy, by enough": ([0.1, 0.15, 0.19, 0.3, 0.31], 2, 0.1, True),
    "accuracy of nan": ([NAN, 0.0, NAN, 0.1, NAN, NAN], 2, 0.0, True),
    "score of minus infinity": ([-INF, -INF, -3, -2], 4, 0.0, True),
    "infinite score": ([0.1, INF, 0.2, 0.1, 0.1], 2, 0.0, True),
    "without patience": ([3, 4, 2, 5, 6], None, 0.0, False),
    "larger than the training": ([1, 2, 3], 9, 0.0, False),
    "subnormal": ([5e-324, 0.0, 0.0], 2, 0.0, False),
    "large": ([1e308, 1e307, 1e308], 1, 0.0, False),
}


@pytest.mark.parametrize(("scores", "patience", "min_delta", "more"), SEQUENCES.values(), ids=SEQUENCES)
def test_it_ends_when_the_reference_does(scores, patience, min_delta, more):
    monitor = "val_accuracy" if more else "val_loss"
    assert followed(scores, patience, min_delta, monitor) == reference(scores, patience, min_delta, more)


def random_scores(rng):
    return [rng.choice((rng.random(), rng.randrange(4) / 4, NAN, INF, -INF)) for _ in range(rng.randrange(1, 30))]


@pytest.mark.parametrize("seed", range(10))
def test_random_scores_end_when_the_reference_does(seed):
    rng = random.Random(seed)
    for _ in range(100):
        scores, more = random_scores(rng), rng.random() < 0.5
        patience, min_delta = rng.choice((None, 1, 2, 3, 10)), rng.choice((0.0, 0.25, 0.1))
        monitor = rng.choice(("val_accuracy", "val_r2") if more else ("val_loss", "val_rmse", "val_mae"))
        assert followed(scores, patience, min_delta, monitor) == reference(scores, patience, min_delta, more)


# --- trainings ---


def settings(scores, patience, min_delta):
    return [
        f"training.epochs={len(scores)}",
        f"training.patience={'null' if patience is None else patience}",
        f"training.min_delta={min_delta}",
    ]


def ended(path):
    """The last epoch and the best one that a run tells of."""
    return Run(path).records()[-1]["epoch"], newest(path).best.epoch


OF_LOSSES = {name: row for name, row in SEQUENCES.items() if not row[-1]}
ACCURATE = ([0.1, 0.5, 0.5, NAN, 0.4, 0.6], 3, 0.0)


@pytest.mark.parametrize(("scores", "patience", "min_delta", "more"), OF_LOSSES.values(), ids=OF_LOSSES)
def test_a_training_ends_when_the_reference_does(tmp_path, scores, patience, min_delta, more):
    with scored(scores):
        path = to_the_end(begun(tmp_path, QUICK, *settings(scores, patience, min_delta)))
    assert ended(path) == reference(scores, patience, min_delta, more)


def test_of_accuracy_more_is_better(tmp_path):
    with scored(ACCURATE[0], "val_accuracy"):
        changes = [*settings(*ACCURATE), "training.monitor=val_accuracy", "data.split.train=15"]
        path = to_the_end(begun(tmp_path, CLASSES, *changes))
    assert ended(path) == reference(*ACCURATE, more=True) == (5, 2)


def test_another_score_may_be_monitored(tmp_path):
    scores = [3, 2, 4, 5, 1]
    with scored(scores, "val_rmse"):
        path = to_the_end(begun(tmp_path, QUICK, *settings(scores, 2, 0.0), "training.monitor=val_rmse"))
    assert ended(path) == (4, 2)


ALONE = ["data.split.train=9", "training.epochs=30"]


def test_without_validation_it_looks_at_the_loss_of_training(tmp_path):
    path = trained(tmp_path, QUICK, *ALONE, "training.patience=2", "training.min_delta=1e-2")
    losses = column(path, "loss")
    assert ended(path) == reference([*losses, *[NAN] * 30][:30], 2, 1e-2)
    assert len(losses) < 30
    assert "val_loss" not in Run(path).records()[0]


def test_without_validation_and_patience_nothing_is_monitored(tmp_path):
    path = trained(tmp_path, QUICK, *ALONE)
    assert newest(path).best == Best()
    assert len(column(path, "loss")) == 30


# --- what is said ---

EARLY = "It ended early, as val_loss has not been better for {}."
BEST = "The model has the weights of epoch {}, the best by val_loss."
# scores, patience, weights: after how many epochs it ends, and what is said of that
ENDINGS = [
    ([3, 2, 4, 5, 1], 2, "best", 4, [EARLY.format("2 epochs"), BEST.format(2)]),
    ([3, 2, 4, 1], 1, "best", 3, [EARLY.format("1 epoch"), BEST.format(2)]),
    ([3, 2, 4, 1], 1, "last", 3, [EARLY.format("1 epoch")]),
    ([3, 2, 4, 1], 3, "best", 4, []),
    ([3, 2, 4, 5], 2, "best", 4, [BEST.format(2)]),
    ([3, 2, 4], None, "best", 3, [BEST.format(2)]),
    ([3, 2, 4], None, "last", 3, []),
    ([NAN, NAN, NAN], 2, "best", 2, [EARLY.format("2 epochs")]),
    ([2], None, "best", 1, []),
]


@pytest.mark.parametrize(("scores", "patience", "weights", "epochs", "said"), ENDINGS)
def test_it_says_why_it_ended_and_whose_weights_there_are(tmp_path, scores, patience, weights, epochs, said):
    write_files(tmp_path, {"c.yaml": QUICK})
    changes = [*settings(scores, patience, 0.0), f"training.weights={weights}"]
    with scored(scores):
        outcome = zen("train", tmp_path / "c.yaml", *changes, "--runs", tmp_path / "runs")
    assert outcome.code == 0
    ending = outcome.err[outcome.err.index("\nTrained ") :]
    first, *others = ending[: ending.index("┏")].strip().splitlines()
    plural = "" if epochs == 1 else "s"
    assert first.startswith(f"Trained {epochs} epoch{plural}, {epochs} step{plural}: loss 0.")
    assert others == said


# --- interrupted ---


@pytest.mark.parametrize("stop", [killed, stopped])
@pytest.mark.parametrize("weights", ["best", "last"])
def test_it_ends_at_the_same_epoch_wherever_it_is_stopped(tmp_path, weights, stop):
    scores = [5, NAN, 4, 6, 3, 7, 8, 9, 1, 1]
    changes = [*settings(scores, 3, 0.5), f"training.weights={weights}", "training.batch_size=3"]
    changes += ["checkpoints.every_epochs=2", "checkpoints.keep=1"]
    with scored(scores):
        wanted = to_the_end(begun(tmp_path, QUICK, *changes))
        assert ended(wanted) == reference(scores, 3, 0.5) == (8, 5)
        for records in range(1, 24, 1 if stop is killed else 4):
            path = stop(begun(tmp_path, QUICK, *changes), records)
            demand_same(to_the_end(resumed(path)), wanted)


def test_a_real_score_ends_a_training_too_and_a_stop_does_not_move_the_end(tmp_path):
    wanted = to_the_end(begun(tmp_path, FORGETFUL, "training.epochs=40"))
    last, best = ended(wanted)
    assert (last, best) == reference([*column(wanted, "val_loss"), NAN, NAN], 3)
    assert last < 40
    path = stopped(begun(tmp_path, FORGETFUL, "training.epochs=40"), 5 * (last - 1))
    demand_same(to_the_end(resumed(path)), wanted)


def test_what_has_ended_early_stays_as_it_is(tmp_path):
    with scored([3, 2, 4, 5, 6]):
        path = trained(tmp_path, QUICK, *settings(range(5), 2, 0.0))
        before = files_in(path)
        outcome = zen("resume", path)
    assert (outcome.code, outcome.out) == (0, "")
    assert "has ended early" in outcome.err
    assert files_in(path) == before


# --- extended ---


def test_an_extension_gives_patience_anew_to_what_has_ended_for_want_of_it(tmp_path):
    with scored([3, 2, 4, 5, 6, 7, 1, 1, 1]):
        path = to_the_end(begun(tmp_path, QUICK, *settings(range(5), 2, 0.0)))
        assert ended(path) == (4, 2)
        assert ended(to_the_end(resumed(path, epochs=7))) == (6, 2)
        assert ended(to_the_end(resumed(path, epochs=8))) == (8, 7)
        assert ended(to_the_end(resumed(path, epochs=20))) == (9, 7)


def test_an_extension_does_not_give_patience_anew_to_what_had_some_left(tmp_path):
    scores = [3, 2, 4, 5, 6, 7, 8, 9]
    with scored(scores):
        wanted = to_the_end(begun(tmp_path, QUICK, *settings(scores, 3, 0.0)))
        path = to_the_end(begun(tmp_path, QUICK, *settings(range(4), 3, 0.0)))
        assert ended(path) == (4, 2)
        assert ended(to_the_end(resumed(path, epochs=8))) == ended(wanted) == (5, 2)


def test_the_plan_is_ended_by_epochs_by_patience_and_never_where_it_was_extended():
    plan = Plan(4, (Extension(4, 8, 6), Extension(6, 12, 9)))
    places = [(1, 4), (4, 8), (6, 12), (5, 12), (4, 16), (9, 36), (10, 40)]
    ends = [plan.ended_by(Position(epoch, step), Best(waited=2), 2) for epoch, step in places]
    assert ends == ["patience", "", "", "patience", "patience", "epochs", "epochs"]
    assert plan.ended_by(Position(1, 4), Best(waited=99), None) == ""
    assert plan.ended_by(Position(1, 4), Best(waited=1), 2) == ""
    assert plan.ended_by(Position(9, 36, batches=1), Best(waited=2), 2) == ""


# --- knock-outs ---

FORGETFUL_BEST = {
    "patience": lambda stored, of=Best.of: of(stored).waiting(0),
    "the best score": lambda stored, of=Best.of: Best(of(stored).epoch, of(stored).step, INF, of(stored).waited),
    "the best epoch": lambda stored, of=Best.of: Best(0, 0, of(stored).score, of(stored).waited),
}


@pytest.mark.parametrize("of", FORGETFUL_BEST.values(), ids=FORGETFUL_BEST)
def test_what_is_forgotten_is_missed(tmp_path, monkeypatch, of):
    scores = [5, 2, 4, 3, 6, 7, 8, 9]
    with scored(scores):
        changes = settings(scores, 4, 0.0)
        wanted = to_the_end(begun(tmp_path, QUICK, *changes))
        path = stopped(begun(tmp_path, QUICK, *changes), 6)  # after epoch 3
        with monkeypatch.context() as patch:
            patch.setattr(Best, "of", staticmethod(of))
            to_the_end(resumed(path))
    with pytest.raises(AssertionError):
        demand_same(path, wanted)
