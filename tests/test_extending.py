"""A training that is to last longer than was planned: bit for bit as if that had been planned, where that can be."""

import json
import math
import shutil

import pytest
from conftest import demand_readable
from trainings import (
    FORGETFUL,
    QUICK,
    STATEFUL,
    begun,
    best_of,
    column,
    demand_same,
    files_in,
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

from zen_cli.training.plan import Extension, Plan
from zen_cli.training.run import Run

pytestmark = pytest.mark.usefixtures("unsynced")


def told(stored):
    """What a checkpoint says, but for the number of epochs that its config names."""
    training = {**stored.config["training"], "epochs": None}
    return json.dumps({**stored.metadata, "config": {**stored.config, "training": training}}, sort_keys=True)


def demand_planned(path, wanted):
    """A run is, bit for bit, another one that was planned from the start."""
    assert (path / "metrics.jsonl").read_bytes() == (wanted / "metrics.jsonl").read_bytes()
    for read in (newest, best_of) if newest(wanted).best.step else (newest,):
        assert tensors_of(read(path)) == tensors_of(read(wanted))
        assert told(read(path)) == told(read(wanted))


# --- without an end ---

ENDLESS = {
    "constant": [],
    "Step": ["schedule={Step: {every: 2, factor: 0.5}}"],
    "Exponential": ["schedule={Exponential: 0.8}"],
    "ReduceOnPlateau": ["schedule={ReduceOnPlateau: {patience: 0, factor: 0.5}}"],
    "WarmUp": ["schedule={WarmUp: {epochs: 3}}"],
    "WarmUp, then Step": ["schedule={WarmUp: {steps: 5, then: {Step: 1}}}"],
}
FORGETFUL_CASES = [(FORGETFUL, ["schedule=null", *schedule]) for schedule in ENDLESS.values()]
EXTENDED = dict(zip(ENDLESS, FORGETFUL_CASES, strict=True)) | {
    "stateful": (STATEFUL, []),
    "the best weights": (STATEFUL, ["training.weights=best", "optimizer.RMSProp.lr=0.2"]),
    "patience": (FORGETFUL, ["training.patience=2", "optimizer.Adam.lr=0.02"]),
    "no validation": (QUICK, ["data.split.train=9"]),
}


@pytest.mark.parametrize(("text", "changes"), EXTENDED.values(), ids=EXTENDED)
def test_it_is_as_if_it_had_been_planned(tmp_path, text, changes):
    wanted = to_the_end(begun(tmp_path, text, *changes, "training.epochs=7"))
    path = to_the_end(begun(tmp_path, text, *changes, "training.epochs=2"))
    demand_planned(to_the_end(resumed(path, epochs=7)), wanted)


def test_it_may_be_extended_again_and_again_and_wherever_it_was_stopped(tmp_path):
    wanted = to_the_end(begun(tmp_path, FORGETFUL, "training.epochs=7"))
    path = to_the_end(begun(tmp_path, FORGETFUL, "training.epochs=1"))
    for epochs in range(2, 8):
        to_the_end(resumed(path, epochs=epochs))
    demand_planned(path, wanted)
    for records in range(1, 14):
        path = (stopped if records % 2 else killed)(begun(tmp_path, FORGETFUL, "training.epochs=3"), records)
        demand_planned(to_the_end(resumed(path, epochs=7)), wanted)


@pytest.mark.parametrize("stop", [stopped, killed])
def test_an_extension_that_is_stopped_goes_on_to_its_own_end(tmp_path, stop):
    wanted = to_the_end(begun(tmp_path, FORGETFUL, "training.epochs=7"))
    ended = to_the_end(begun(tmp_path, FORGETFUL, "training.epochs=3"))
    for records in (1, 2, 7):
        path = shutil.copytree(ended, tmp_path / stop.__name__ / str(records))
        stop(resumed(path, epochs=7), records)
        assert Run(path).plan().epochs == 7
        demand_planned(to_the_end(resumed(path)), wanted)


def test_results_are_those_of_the_longer_training(tmp_path):
    wanted = trained(tmp_path, STATEFUL, "training.epochs=5")
    path = trained(tmp_path, STATEFUL, "training.epochs=2")
    config = (path / "config.yaml").read_bytes()
    scores = (path / "scores.json").read_bytes()
    outcome = zen("resume", path, "--epochs", 5)
    assert outcome.code == 0, outcome.err
    assert "goes on after step 8, in epoch 3 of 5" in outcome.err
    assert "epoch 5/5 " in outcome.err
    assert (path / "scores.json").read_bytes() == (wanted / "scores.json").read_bytes() != scores
    assert (path / "config.yaml").read_bytes() == config
    info = json.loads((path / "run.json").read_bytes())
    assert info["extensions"] == [{"epoch": 2, "step": 8, "epochs": 5, "schedule": "keep"}]
    assert info["config"]["training"]["epochs"] == 2
    assert zen("reproduce", path, "-q").code == 0


# --- rates ---


def cosine(step, steps):
    return 0.1 + 0.9 * (1 + math.cos(math.pi * min(step / steps, 1))) / 2


def warm_cosine(step, steps):
    return 0.5 + 0.5 * step / 2 if step < 2 else cosine(step - 2, steps - 2)


def one_cycle(step, steps):
    first, last, peak = 1 / 25, steps - 1, 0.3 * steps - 1
    lowest = first / 1e4
    begin, end, share = (first, 1, step / peak) if step < peak else (1, lowest, (step - peak) / (last - peak))
    return end + (begin - end) * (1 + math.cos(math.pi * min(share, 1))) / 2


CURVES = {
    "Cosine": ("{Cosine: 0.1}", cosine),
    "OneCycle": ("OneCycle", one_cycle),
    "WarmUp, then Cosine": ("{WarmUp: {steps: 2, start: 0.5, then: {Cosine: 0.1}}}", warm_cosine),
}
# (after which epoch, to how many in all, by which rule), ...: for how many epochs the schedule of each epoch is made
EXTENSIONS = [
    ([(5, 8, "keep")], [5] * 8),
    ([(5, 8, "stretch")], [5] * 5 + [8] * 3),
    ([(5, 7, "stretch"), (7, 9, "stretch"), (9, 12, "stretch")], [5] * 5 + [7] * 2 + [9] * 2 + [12] * 3),
    ([(5, 7, "stretch"), (7, 12, "keep")], [5] * 5 + [7] * 7),
    ([(5, 7, "keep"), (7, 12, "stretch")], [5] * 7 + [12] * 5),
    ([(3, 9, "stretch")], [5] * 3 + [9] * 6),
    ([(3, 9, "keep")], [5] * 9),
    ([(2, 6, "stretch"), (4, 10, "stretch")], [5] * 2 + [6] * 2 + [10] * 6),
    ([(5, 8, "stretch"), (5, 10, "stretch")], [5] * 5 + [10] * 5),
    ([(0, 9, "stretch")], [9] * 9),
]


def extended(folder, *changes, extensions):
    """A run, stopped after so many updates and extended each time; and the plan of it."""
    path, where = None, 0
    for step, epochs, rule in [*extensions, (None, None, None)]:
        training = resumed(path, **where) if path else begun(folder, QUICK, "training.epochs=5", *changes)
        last = training.plan.epochs if step is None else step
        done = training.position.step
        path = training.run.path
        stopped(training, 2 * (last - done)) if last > done else training.__exit__()
        where = {"epochs": epochs, "schedule": rule}
    return path


@pytest.mark.parametrize(("extensions", "made_for"), EXTENSIONS)
@pytest.mark.parametrize(("written", "curve"), CURVES.values(), ids=CURVES)
def test_rates_of_an_extended_training_are_those_of_the_formula(tmp_path, written, curve, extensions, made_for):
    path = extended(tmp_path, f"schedule={written}", extensions=extensions)
    wanted = [0.1 * curve(step, epochs) for step, epochs in enumerate(made_for)]
    assert column(path, "lr") == pytest.approx(wanted, rel=1e-12)
    assert [e["schedule"] for e in json.loads((path / "run.json").read_bytes())["extensions"]] == [
        rule for *_, rule in extensions
    ]
    assert zen("reproduce", path, "-q").code == 0


@pytest.mark.parametrize("rule", ["keep", "stretch"])
def test_a_stretch_that_begins_within_an_epoch_holds_from_the_next_update_on(tmp_path, rule):
    """Six examples, two to a batch: three updates in each of two epochs, then in each of four."""
    path = stopped(begun(tmp_path, QUICK, "training.batch_size=2", "schedule={Cosine: 0.1}"), 2)
    rates = []
    training = resumed(path, epochs=4, schedule=rule)
    optimizer = training.experiment.optimizer
    update = optimizer.update
    optimizer.update = lambda parameters, factor: rates.append(factor) or update(parameters, factor)
    to_the_end(training)
    steps = 12 if rule == "stretch" else 6
    assert rates == pytest.approx([cosine(step, steps) for step in range(2, 12)], rel=1e-12)
    assert zen("reproduce", path, "-q").code == 0


def test_rates_do_not_change_after_they_were_used():
    plan = Plan(5, (Extension(2, 6, 8, "stretch"), Extension(3, 9, 12, "keep"), Extension(3, 9, 20, "stretch")))
    earlier = Plan(5)
    for extension in plan.extensions:
        later = earlier.extended(extension)
        assert [later.scheduled(n) for n in range(extension.step)] == [
            earlier.scheduled(n) for n in range(extension.step)
        ]
        earlier = later
    assert [plan.scheduled(step) for step in (0, 5, 6, 8, 9, 99)] == [5, 5, 8, 8, 20, 20]
    assert Plan.of(5, json.loads(json.dumps(plan.stored()))) == plan


WITH_END = {"Cosine": "{Cosine: 0.1}", "OneCycle": "OneCycle"}


@pytest.mark.parametrize("written", WITH_END.values(), ids=WITH_END)
@pytest.mark.parametrize("rule", ["keep", "stretch"])
@pytest.mark.parametrize("stop", [stopped, killed])
def test_an_extension_with_a_rule_is_exact_wherever_it_is_stopped(tmp_path, written, rule, stop):
    changes = [f"schedule={written}", "training.epochs=3", "training.patience=null"]
    base = to_the_end(begun(tmp_path, FORGETFUL, *changes))
    paths = [shutil.copytree(base, tmp_path / rule / str(records)) for records in (0, 1, 4, 9)]
    for records, path in zip((0, 1, 4, 9), paths, strict=True):
        training = resumed(path, epochs=6, schedule=rule)
        stop(training, records) if records else training.__exit__()
        demand_same(to_the_end(resumed(path)), to_the_end(resumed(paths[0])))


def test_what_falls_back_to_before_its_extension_goes_the_same_way(tmp_path):
    path = stopped(begun(tmp_path, QUICK, "training.epochs=3", "training.batch_size=2", "schedule={Cosine: 0.1}"), 6)
    killed(resumed(path, epochs=6, schedule="stretch"), 1)
    again = shutil.copytree(path, tmp_path / "again")
    Run(again).checkpoint(Run(again).steps()[-1]).unlink()
    assert newest(again).step == 3
    demand_same(to_the_end(resumed(again)), to_the_end(resumed(path)))


# --- patience ---


@pytest.mark.parametrize("stop", [stopped, killed])
def test_what_had_ended_early_goes_on_and_is_reproduced(tmp_path, stop):
    with scored([3, 2, 4, 5, 6, 7, 1, 2, 3, 4]):
        path = to_the_end(begun(tmp_path, QUICK, "training.epochs=5", "training.patience=2"))
        assert column(path, "epoch") == [1, 2, 3, 4]
        wanted = to_the_end(resumed(shutil.copytree(path, tmp_path / "wanted"), epochs=10))
        assert column(wanted, "epoch") == [1, 2, 3, 4, 5, 6]
        for records in (1, 2, 3):
            again = shutil.copytree(path, tmp_path / str(records))
            stop(resumed(again, epochs=10), records)
            demand_same(to_the_end(resumed(again)), wanted)
        assert zen("reproduce", wanted, "-q").code == 0
        to_the_end(resumed(wanted, epochs=11))
        assert column(wanted, "val_loss") == [3, 2, 4, 5, 6, 7, 1, 2, 3]
        assert zen("reproduce", wanted, "-q").code == 0


def test_what_is_extended_within_an_epoch_keeps_its_patience(tmp_path):
    scores = [3, 2, 4, 5, 6, 7, 8, 9]
    changes = ["training.patience=3", "training.batch_size=3"]
    with scored(scores):
        wanted = to_the_end(begun(tmp_path, QUICK, *changes, "training.epochs=8"))
        for records in range(4, 13):
            path = stopped(begun(tmp_path, QUICK, *changes, "training.epochs=4"), records)
            demand_planned(to_the_end(resumed(path, epochs=8)), wanted)
            assert zen("reproduce", path, "-q").code == 0


# --- wishes that cannot be had ---

# the schedule, what is wished for, what is said
REFUSED = {
    "fewer epochs": ("null", ["--epochs", 1], "--epochs 1: {} is in epoch 2 already: name that or more"),
    "a rule alone": ("Cosine", ["--schedule", "keep"], "--schedule says what becomes of the schedule in a longer"),
    "a rule alone, without a schedule": ("null", ["--schedule", "stretch"], "name --epochs, too"),
    "Cosine without a rule": (
        "Cosine",
        ["--epochs", 5],
        "ends at a rate of 0, by which nothing is learnt: --schedule stretch makes it for 5",
    ),
    "OneCycle without a rule": ("OneCycle", ["--epochs", 5], "--schedule stretch makes it for 5 from here on"),
    "WarmUp, then Cosine": ("{WarmUp: {then: Cosine}}", ["--epochs", 5], "ends at a rate of 0"),
    "a rate of 0": ("Cosine", ["--epochs", 5, "--schedule", "keep"], "ends at a rate of 0"),
    "no epochs": ("null", ["--epochs", 0], "0 is not in the range"),
    "a negative number": ("null", ["--epochs", -3], "-3 is not in the range"),
    "half an epoch": ("null", ["--epochs", 2.5], "2.5"),
    "another rule": ("Cosine", ["--epochs", 5, "--schedule", "drop"], "'drop' is not one of"),
}


@pytest.mark.parametrize(("schedule", "wish", "said"), REFUSED.values(), ids=REFUSED)
def test_a_wish_that_cannot_be_had_changes_nothing(tmp_path, schedule, wish, said):
    path = trained(tmp_path, QUICK, f"schedule={schedule}")
    before = files_in(path)
    outcome = zen("resume", path, *wish)
    assert (outcome.code, outcome.out) == (2, "")
    assert said.format(path) in outcome.err
    demand_readable(outcome.err)
    assert files_in(path) == before


def test_a_schedule_without_an_end_takes_either_rule(tmp_path):
    paths = [trained(tmp_path, QUICK, "schedule={Step: 1}") for _ in range(2)]
    for path, rule in zip(paths, ("keep", "stretch"), strict=True):
        assert zen("resume", path, "--epochs", 4, "--schedule", rule, "-q").code == 0
        assert column(path, "lr") == pytest.approx([0.1, 0.01, 0.001, 0.0001])
    demand_same(*paths)


# --- knock-outs ---


def test_a_plan_that_forgets_where_it_was_extended_is_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(Plan, "scheduled", lambda plan, _: plan.epochs)
    path = extended(tmp_path, "schedule={Cosine: 0.1}", extensions=[(3, 9, "stretch")])
    outcome = zen("reproduce", path, "-q")
    assert outcome.code == 3
    assert "epoch 2: " in outcome.err


def test_a_plan_that_forgets_the_rule_is_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(Plan, "scheduled", lambda plan, _: plan.first)
    path = extended(tmp_path, "schedule={Cosine: 0.1}", extensions=[(3, 9, "stretch")])
    wanted = [0.1 * cosine(step, 5 if step < 3 else 9) for step in range(9)]
    assert column(path, "lr") != pytest.approx(wanted, rel=1e-12)


def test_patience_that_is_given_anew_everywhere_is_missed(tmp_path):
    scores = [3, 2, 4, 5, 6, 7, 8, 9]
    with scored(scores):
        wanted = to_the_end(begun(tmp_path, QUICK, "training.patience=3", "training.epochs=8"))
        path = to_the_end(begun(tmp_path, QUICK, "training.patience=3", "training.epochs=4"))
        training = resumed(path, epochs=8)
        training.best = training.best.waiting(0)
        to_the_end(training)
    with pytest.raises(AssertionError):
        demand_planned(path, wanted)
