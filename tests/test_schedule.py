"""Schedules against the formulas and recurrences that PyTorch's documentation gives, and in a training."""

import math

import numpy as np
import pytest
from conftest import built, numbers, resolved

from zen_cli import loss, nn, optim, schedule
from zen_cli.config.meaning.components import component
from zen_cli.schedule import Progress, Watch
from zen_cli.training.loop import EpochRecord, fit

EPOCHS, PER_EPOCH = 6, 4
STEPS = EPOCHS * PER_EPOCH


def factors(made, epochs=EPOCHS, per_epoch=PER_EPOCH, losses=None, name="loss"):
    """What a schedule says before every update of a training; `losses` are the epochs' scores of that name."""
    found, watch = [], Watch()
    for epoch in range(epochs):
        for step in range(epoch * per_epoch, (epoch + 1) * per_epoch):
            found.append(made(Progress(step, epochs * per_epoch, per_epoch, watch)))
        done = Progress((epoch + 1) * per_epoch, epochs * per_epoch, per_epoch, watch)
        watch = made.watched(done, {"loss": 1.0, name: losses[epoch] if losses else 1.0})
    return found


def by_epoch(*values):
    return [value for value in values for _ in range(PER_EPOCH)]


def cosine(begin, end, count, steps):
    """`count` values on half a cosine that takes `steps` from `begin` to `end`."""
    return [end + (begin - end) * (1 + math.cos(math.pi * step / steps)) / 2 for step in range(count)]


WARM = [0.1, 0.325, 0.55, 0.775]  # 4 steps from 0.1 to 1
ROWS = [
    (schedule.Constant(), [1] * STEPS),
    (schedule.Step(2), by_epoch(1, 1, 0.1, 0.1, 0.01, 0.01)),
    (schedule.Step(4, factor=0.5), by_epoch(1, 1, 1, 1, 0.5, 0.5)),
    (schedule.Exponential(0.5), by_epoch(1, 0.5, 0.25, 0.125, 0.0625, 0.03125)),
    (schedule.Cosine(), cosine(1, 0, STEPS, STEPS)),
    (schedule.Cosine(final=0.2), cosine(1, 0.2, STEPS, STEPS)),
    (schedule.Cosine(final=1), [1] * STEPS),
    (schedule.OneCycle(0.25), cosine(0.04, 1, 5, 5) + cosine(1, 4e-6, 19, 18)),
    (schedule.OneCycle(0.5, 10, 100), cosine(0.1, 1, 11, 11) + cosine(1, 1e-3, 13, 12)),
    (schedule.WarmUp(), WARM + [1] * 20),
    (schedule.WarmUp(0.5, start=0.5), [0.5, 0.75] + [1] * 22),
    (schedule.WarmUp(steps=2, start=0.5), [0.5, 0.75] + [1] * 22),
    (schedule.WarmUp(9, start=0.5), [0.5 + 0.5 * step / 36 for step in range(STEPS)]),
    (schedule.WarmUp(1e308), [0.1] * STEPS),
    (schedule.WarmUp(then=schedule.Cosine()), WARM + cosine(1, 0, 20, 20)),
    (schedule.WarmUp(then=schedule.Step(2)), WARM + by_epoch(1, 1, 0.1, 0.1, 0.01)),
    (schedule.WarmUp(steps=2, start=0.5, then=schedule.Exponential(0.5)),
     [0.5, 0.75, *by_epoch(1, 0.5, 0.25, 0.125, 0.0625), 0.03125, 0.03125]),
    (schedule.ReduceOnPlateau(), [1] * STEPS),
]  # fmt: skip


@pytest.mark.parametrize(("made", "expected"), ROWS, ids=[str(made) for made, _ in ROWS])
def test_a_schedule_is_its_formula(made, expected):
    np.testing.assert_allclose(factors(made), expected, rtol=1e-12, atol=1e-15)


def test_table_has_a_row_for_every_schedule():
    assert {type(made).__name__ for made, _ in ROWS} == set(schedule.__all__) - {"Schedule"}


@pytest.mark.parametrize("steps", range(1, 12))
@pytest.mark.parametrize("pct_start", [0.01, 0.1, 0.25, 0.5, 0.99])
def test_one_cycle_ends_at_its_lowest_however_short_it_is(steps, pct_start):
    found = factors(schedule.OneCycle(pct_start), epochs=1, per_epoch=steps)
    assert found[-1] == pytest.approx(4e-6)
    assert all(0 < factor <= 1 + 1e-12 for factor in found)


# --- beyond the planned end ---

MORE = 2 * STEPS
ON = [  # a schedule made for STEPS, in a training of MORE: its factors after STEPS; None for what has no end
    (schedule.Constant(), None, [1] * STEPS),
    (schedule.Step(2), None, by_epoch(*(0.1 ** (epoch // 2) for epoch in range(EPOCHS, 2 * EPOCHS)))),
    (schedule.Exponential(0.5), None, by_epoch(*(0.5**epoch for epoch in range(EPOCHS, 2 * EPOCHS)))),
    (schedule.ReduceOnPlateau(), None, [1] * STEPS),
    (schedule.Cosine(), 0, [0] * STEPS),
    (schedule.Cosine(final=0.2), 0.2, [0.2] * STEPS),
    (schedule.OneCycle(0.25), 4e-6, [4e-6] * STEPS),
    (schedule.OneCycle(0.99, 10, 100), 1e-3, [1e-3] * STEPS),
    (schedule.WarmUp(), None, [1] * STEPS),
    (schedule.WarmUp(9, start=0.5), None, [*(0.5 + 0.5 * step / 36 for step in range(STEPS, 36)), *[1] * 12]),
    (schedule.WarmUp(then=schedule.Step(4)), None, [*by_epoch(*[0.1] * 3), *by_epoch(*[0.01] * 3)]),
    (schedule.WarmUp(then=schedule.Cosine(0.2)), 0.2, [0.2] * STEPS),
    (schedule.WarmUp(then=schedule.OneCycle()), 4e-6, [4e-6] * STEPS),
    (schedule.WarmUp(9, then=schedule.Cosine()), 0, [*(0.1 + 0.9 * step / 36 for step in range(STEPS, 36)), *[0] * 12]),
    (schedule.WarmUp(steps=STEPS, then=schedule.OneCycle()), 4e-6, [4e-6] * STEPS),
]


@pytest.mark.parametrize(("made", "last", "expected"), ON, ids=[str(made) for made, *_ in ON])
def test_a_schedule_that_a_training_outlasts_stays_where_it_ends(made, last, expected):
    found = [made(Progress(step, STEPS, PER_EPOCH)) for step in range(STEPS, MORE)]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    assert made.has_end == (last is not None)
    assert last is None or made(Progress(10**9, STEPS, PER_EPOCH)) == pytest.approx(last)


def test_every_schedule_is_outlasted():
    assert {type(made).__name__ for made, *_ in ON} == set(schedule.__all__) - {"Schedule"}


@pytest.mark.parametrize("made", [made for made, last, _ in ON if last is not None], ids=str)
def test_one_that_is_stretched_is_as_if_planned_so_long(made):
    planned = factors(made, epochs=2 * EPOCHS)
    assert [made(Progress(step, MORE, PER_EPOCH)) for step in range(MORE)] == planned


# --- what looks at losses ---

BETTER, JUST, SAME = 0.5, 1 - 2e-4, 1 - 0.5e-4  # than 1: by much, by more than the threshold, by less
PLATEAUS = [  # patience, the epochs' losses, the factor after each
    (0, [1, 1, 1, 1], [1, 0.1, 0.01, 0.001]),
    (1, [1, 1, 1, 1, 1], [1, 1, 0.1, 0.1, 0.01]),
    (1, [1, 1, BETTER, 1, 1, 1], [1, 1, 1, 1, 0.1, 0.1]),
    (0, [1, JUST, SAME], [1, 1, 0.1]),
    (0, [1, SAME, JUST], [1, 0.1, 0.1]),
    (2, [1, 2, 3, 4, 0.9, 5], [1, 1, 1, 0.1, 0.1, 0.1]),
    (0, [math.nan, math.inf, 1, math.nan], [0.1, 0.01, 0.01, 0.001]),
]


@pytest.mark.parametrize(("patience", "losses", "expected"), PLATEAUS)
@pytest.mark.parametrize("warm", [False, True])
def test_a_plateau_is_left_at_a_lower_rate(patience, losses, expected, warm):
    made = schedule.ReduceOnPlateau(patience=patience)
    made = schedule.WarmUp(steps=1, start=0.5, then=made) if warm else made
    losses, expected = [*losses, 1], [1, *expected]
    if warm:  # what the losses of the warm-up say does not count
        losses, expected = [-1.0, *losses], [0.5, *expected]
    found = factors(made, epochs=len(losses), per_epoch=1, losses=losses)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(("name", "sign"), [("val_rmse", 1), ("val_accuracy", -1), ("val_top_k_3", -1), ("val_r2", -1)])
def test_more_of_some_scores_is_better(name, sign):
    """The table again for another score than the loss, upside down where more of it is better."""
    for patience, losses, expected in PLATEAUS:
        made = schedule.ReduceOnPlateau(patience=patience, monitor=name)
        found = factors(made, len(losses) + 1, 1, [*(sign * loss for loss in losses), 1], name)
        np.testing.assert_allclose(found, [1, *expected], rtol=1e-12)


# --- in a training ---


def rates(made, val_losses=None, lr=0.5, epochs=4):
    """The rate of each epoch's record, for a training of three batches an epoch."""
    given = iter(val_losses or [])
    evaluate = (lambda: {"val_loss": next(given)}) if val_losses else dict
    model, x, y = built([nn.Linear(1)], (3,)), numbers(6, 3), numbers(6, 1)
    records = fit(model, x, y, epochs, loss.MSE, optim.SGD(lr), 2, evaluate=evaluate, schedule=made)
    return [record.lr for record in records if isinstance(record, EpochRecord)]


def test_a_record_holds_the_rate_of_the_last_update():
    assert rates(None) == [0.5] * 4
    assert rates(schedule.Step(2)) == pytest.approx([0.5, 0.5, 0.05, 0.05])
    assert rates(schedule.Cosine()) == pytest.approx([0.5 * cosine(1, 0, 12, 12)[step] for step in (2, 5, 8, 11)])


def test_a_plateau_is_that_of_the_held_out_loss_if_there_is_one():
    made = schedule.ReduceOnPlateau(patience=0)
    assert rates(made, [1.0, 0.5, 0.7, 0.1]) == pytest.approx([0.5, 0.5, 0.5, 0.05])
    assert rates(made, lr=0.01) == [0.01] * 4  # the loss of training falls
    assert rates(made, lr=1e-9, epochs=2) == [1e-9] * 2
    assert rates(schedule.ReduceOnPlateau(patience=0, threshold=0.99), lr=1e-9) == pytest.approx(
        [1e-9, 1e-9, 1e-10, 1e-11]
    )


def test_a_plateau_is_that_of_the_score_that_is_monitored():
    accuracies, made = iter([0.5, 0.6, 0.6, 0.7]), schedule.ReduceOnPlateau(patience=0, monitor="val_accuracy")
    model, x, y = built([nn.Linear(1)], (3,)), numbers(6, 3), numbers(6, 1)

    def evaluate():
        return {"val_loss": 1.0, "val_accuracy": next(accuracies)}

    records = fit(model, x, y, 4, loss.MSE, optim.SGD(0.5), 6, evaluate=evaluate, schedule=made)
    found = [record.lr for record in records if isinstance(record, EpochRecord)]
    assert found == pytest.approx([0.5, 0.5, 0.5, 0.05])


def test_the_rate_is_really_used():
    """SGD with a schedule against SGD whose rate is set by hand."""
    x, y = numbers(6, 3), numbers(6, 1)
    first, second = built([nn.Linear(1)], (3,)), built([nn.Linear(1)], (3,))
    optimizer = optim.SGD(0.1)
    list(fit(first, x, y, 3, loss.MSE, optimizer, 6, schedule=schedule.Exponential(0.5)))
    assert optimizer.lr == 0.1
    by_hand = optim.SGD(0.1)
    for lr in (0.1, 0.05, 0.025):
        by_hand.lr = lr
        list(fit(second, x, y, 1, loss.MSE, by_hand, 6))
    np.testing.assert_array_equal(first.parameters.vector, second.parameters.vector)


# --- in a config ---

CONFIG = "data: {source: Digits}\nmodel: [Tanh]\nloss: MSE\noptimizer: Adam\n"


def scheduled(text, *arguments):
    values = resolved(f"{CONFIG}schedule: {text}\n", *arguments)["schedule"]
    return values and component("schedule", values)


def test_schedules_nest_in_a_config():
    made = scheduled("{WarmUp: {epochs: 0.5, then: {Cosine: 0.1}}}")
    assert made == schedule.WarmUp(0.5, then=schedule.Cosine(0.1))
    assert scheduled("{WarmUp: {then: Cosine}}", "schedule.WarmUp.then.Cosine.final=0.5").then.final == 0.5
    assert scheduled("WarmUp") == schedule.WarmUp()
    assert scheduled("{Step: 3}") == schedule.Step(3)
    assert scheduled("Cosine", "schedule=null") is None


@pytest.mark.parametrize(("losses", "reduced"), [([-1.0, -1.2, -1.4], 0), ([-1.0, -0.95, -0.9], 2)])
def test_a_plateau_of_negative_losses_is_one_that_does_not_fall(losses, reduced):
    made = schedule.ReduceOnPlateau(factor=0.5, patience=0, threshold=0.1)
    assert factors(made, 4, losses=[*losses, 0.0])[3 * PER_EPOCH] == 0.5**reduced
