"""A loop that is left at any record, and entered again by another model, ends bit for bit as one that was not left."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from conftest import numbers
from safetensors.numpy import load as deserialize
from safetensors.numpy import save as serialize

from zen_cli import loss, nn, optim, schedule
from zen_cli.errors import RunError
from zen_cli.padded import pad
from zen_cli.schedule import Watch
from zen_cli.training import loop
from zen_cli.training.loop import StepRecord, fit
from zen_cli.training.plan import Extension, Plan
from zen_cli.training.position import Position, Sum
from zen_cli.training.state import State


class Training:
    """Eight examples (5, 3) and what is to be learnt of them; `changes` are settings of `fit`."""

    inputs, targets = numbers(8, 5, 3), numbers(8, 2)

    def __init__(self, layers=None, optimizer=optim.SGD, dtype="float32", shuffle=True, rows=None, **changes):
        self.layers = layers or (lambda: [nn.Flatten(), nn.Linear(2)])
        self.optimizer = optimizer
        self.dtype = dtype
        if rows:
            self.inputs, self.targets = rows
        self.settings = {"epochs": 3, "batch_size": 3, "shuffle": shuffle, "loss_fn": loss.MSE, **changes}

    def begun(self, draw=True):
        """A model and an optimizer."""
        model, optimizer = nn.Model(self.layers(), 5, self.dtype), self.optimizer(0.05)
        model.plan(self.inputs.shape[1:])
        model.build(draw)
        optimizer.attach(model.parameters)
        return model, optimizer

    def records(self, model, optimizer, position):
        def scores():
            if self.settings["loss_fn"] is not loss.MSE:
                return {}
            errors = model.predict(self.inputs[:4]) - self.targets[:4]
            return {"val_loss": float((errors**2).mean())}

        return fit(
            model, self.inputs, self.targets, optimizer=optimizer, evaluate=scores, position=position, **self.settings
        )


def stored(model, optimizer, position):
    """All that goes on from one process to another."""
    state = State.of(model, optimizer, position.in_epoch)
    return serialize(state.tensors()), json.dumps(position.stored(), allow_nan=False)


def differences(training):
    """After which records a training that goes on, in a new model, is another than if it had not been left."""
    model, optimizer = training.begun()
    position = Position()
    left, records = [stored(model, optimizer, position)], []
    for record in training.records(model, optimizer, position):
        records.append(record)
        left.append(stored(model, optimizer, position))
    return [n for n, kept in enumerate(left) if _goes_on(training, kept) != (repr(records[n:]), left[-1])]


def _goes_on(training, kept):
    tensors, position = kept
    model, optimizer = training.begun(draw=False)
    at = Position.of(json.loads(position))
    State.in_tensors(deserialize(tensors)).restore(model, optimizer, at.step)
    records = list(training.records(model, optimizer, at))
    return repr(records), stored(model, optimizer, at)


def sequences(count=8, targets_per_step=True):
    """Sequences of tokens of different lengths, and a class for each step, or for each of them."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 6, count)
    tokens = pad([rng.integers(0, 4, n) for n in lengths])
    classes = pad([rng.integers(0, 3, n) for n in lengths]) if targets_per_step else rng.integers(0, 3, count)
    return tokens, classes


def images():
    return numbers(8, 6, 6, 1), numbers(8, 2)


def of_steps(*layers):
    return [*layers, nn.Flatten(), nn.Linear(2)]


def residual(stateful):
    def layers():
        inner = [nn.GRU(4, return_sequences=True, stateful=stateful), nn.Dropout(0.2), nn.Linear(3)]
        return [nn.Residual([nn.Residual(inner), nn.BatchNorm()]), nn.LSTM(2, stateful=stateful), nn.Linear(2)]

    return layers


CROSS = {"loss_fn": loss.categorical_crossentropy}
MODELS = {
    "linear": {},
    "a chain of RNN": {
        "layers": lambda: [nn.RNN(4, hidden_dim=3, return_sequences=True), nn.RNN(hidden_dim=3), nn.Linear(2)]
    },
    "stateful LSTM": {"layers": lambda: [nn.LSTM(3, stateful=True), nn.Linear(2)], "shuffle": False},
    "stateful LSTM of two layers": {
        "layers": lambda: of_steps(nn.LSTM(3, layers=2, dropout=0.3, stateful=True, return_sequences=True)),
        "shuffle": False,
    },
    "stateful RNN and GRU": {
        "layers": lambda: [
            nn.RNN(hidden_dim=3, return_sequences=True, stateful=True),
            nn.GRU(2, stateful=True),
            nn.Linear(2),
        ],
        "shuffle": False,
    },
    "GRU of two layers with dropout": {"layers": lambda: [nn.GRU(3, layers=2, dropout=0.4), nn.Linear(2)]},
    "bidirectional": {"layers": lambda: [nn.LSTM(2, bidirectional=True), nn.Linear(2)]},
    "BatchNorm": {"layers": lambda: [nn.Flatten(), nn.Linear(4), nn.BatchNorm(), nn.ReLU(), nn.Linear(2)]},
    "Dropout": {"layers": lambda: [nn.Flatten(), nn.Dropout(0.3), nn.Linear(4), nn.Dropout(0.5), nn.Linear(2)]},
    "Residual": {"layers": residual(stateful=False)},
    "Residual with stateful layers": {"layers": residual(stateful=True), "shuffle": False},
    "convolution": {
        "layers": lambda: [nn.Conv2D(3, 3), nn.BatchNorm(), nn.ReLU(), nn.MaxPool(2), nn.Flatten(), nn.Linear(2)],
        "rows": images(),
    },
    "convolution over steps": {"layers": lambda: of_steps(nn.Conv1D(3, 2), nn.ReLU())},
    "embedding, a target per step": {
        "layers": lambda: [
            nn.Embedding(4, 3),
            nn.GRU(3, return_sequences=True),
            nn.Dropout(0.2),
            nn.Linear(3),
            nn.Softmax(),
        ],
        "rows": sequences(),
        **CROSS,
    },
    "embedding, a target per sequence": {
        "layers": lambda: [nn.Embedding(4, 3), nn.LSTM(3, layers=2, dropout=0.2), nn.Linear(3), nn.Softmax()],
        "rows": sequences(targets_per_step=False),
        **CROSS,
    },
}
OPTIMIZERS = {name: {"optimizer": getattr(optim, name)} for name in optim.__all__ if name not in ("Clip", "Optimizer")}
SCHEDULES = {
    "Constant": schedule.Constant(),
    "Step": schedule.Step(1, 0.5),
    "Exponential": schedule.Exponential(0.7),
    "ReduceOnPlateau": schedule.ReduceOnPlateau(0.5, 0, 0.9),
    "ReduceOnPlateau of the loss": schedule.ReduceOnPlateau(0.5, 1, 0.99, "loss"),
    "Cosine": schedule.Cosine(0.1),
    "OneCycle": schedule.OneCycle(),
    "WarmUp": schedule.WarmUp(1.5),
    "WarmUp, then Cosine": schedule.WarmUp(steps=2, then=schedule.Cosine()),
    "WarmUp, then ReduceOnPlateau": schedule.WarmUp(0.5, then=schedule.ReduceOnPlateau(0.5, 0, 0.9)),
}
WAYS = {
    "in order": {"shuffle": False},
    "no partial batch": {"batch_size": 4},
    "a batch larger than the data": {"batch_size": 32},
    "one by one": {"batch_size": 1, "epochs": 2},
    "float64": {"dtype": "float64"},
    "clipped": {"clip": optim.Clip(0.1, 0.05)},
    "one epoch": {"epochs": 1, "batch_size": 2},
}
LONGER = {
    rule: {"epochs": Plan(2, (Extension(1, 4, 4, rule), Extension(2, 7, 5, rule))), "schedule": schedule.Cosine()}
    for rule in ("keep", "stretch")
}
CASES = {
    **MODELS,
    **OPTIMIZERS,
    **{name: {"schedule": each, "optimizer": optim.Momentum} for name, each in SCHEDULES.items()},
    **WAYS,
    **{f"extended, {rule}": settings for rule, settings in LONGER.items()},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_loop_that_is_left_at_any_record_ends_as_if_it_were_not(case):
    assert differences(Training(**case)) == []


def test_every_optimizer_and_every_schedule_is_in_a_case():
    assert {"SGD", "Adam", "RMSProp"} < OPTIMIZERS.keys()
    assert {type(each).__name__ for each in SCHEDULES.values()} == {*schedule.__all__} - {"Schedule"}


def test_stateful_layers_do_carry_something():
    model, optimizer = (training := Training(**MODELS["Residual with stateful layers"])).begun()
    next(training.records(model, optimizer, Position()))
    assert len(model.carried()) == 3
    assert all(np.any(array) for array in model.carried().values())


def test_a_position_is_kept_up_to_date():
    training, position = Training(), Position()
    model, optimizer = training.begun()
    losses = []
    for record in training.records(model, optimizer, position):
        assert position.step == record.step == optimizer.steps
        if isinstance(record, StepRecord):
            losses.append(record.loss)
            assert (position.epoch, position.batches, position.in_epoch) == (record.epoch - 1, record.batch, True)
            assert position.batch_losses.value == math.fsum(losses)
            assert position.examples == min(3 * record.batch, 8)
        else:
            assert record.loss_sum == math.fsum(losses)
            assert replace(position, watch=Watch()) == Position(record.epoch, record.step)
            losses.clear()


def test_a_training_that_has_ended_has_no_more_records():
    training, position = Training(), Position()
    model, optimizer = training.begun()
    list(training.records(model, optimizer, position))
    before = stored(model, optimizer, position)
    assert list(training.records(model, optimizer, position)) == []
    assert stored(model, optimizer, position) == before


# --- knock-outs ---


def losing(**lost):
    of = Position.of
    return Position, "of", lambda kept: replace(of(kept), **lost)


def restoring(change):
    restore = State.restore

    def restore_and_change(state, model, optimizer, step):
        restore(state, model, optimizer, step)
        change(model, optimizer)

    return State, "restore", restore_and_change


def forgetting(part):
    """One part of the state does not go on."""
    in_tensors = State.in_tensors

    def without(tensors):
        state = in_tensors(tensors)
        return replace(state, **{part: {name: np.zeros_like(array) for name, array in getattr(state, part).items()}})

    return State, "in_tensors", staticmethod(without)


def without_buffers(model, _):
    for buffer in model.parameters._buffers:
        buffer.value[...] = 1


RANDOM = np.random.default_rng(0)
ADAM, BATCH_NORM, STATEFUL = OPTIMIZERS["Adam"], MODELS["BatchNorm"], MODELS["Residual with stateful layers"]
PLATEAU = {"schedule": SCHEDULES["ReduceOnPlateau"], "optimizer": optim.Momentum}
# what is taken away, from a training that needs it
KNOCK_OUTS = {
    "the optimizer's steps": (ADAM, restoring(lambda _, optimizer: setattr(optimizer, "steps", 0))),
    "the optimizer's slots": (ADAM, forgetting("slots")),
    "the parameters": ({}, forgetting("values")),
    "running averages": (BATCH_NORM, restoring(without_buffers)),
    "what layers carry": (STATEFUL, restoring(lambda model, _: model.reset_states())),
    "what inner layers carry": (STATEFUL, (nn.model, "every_layer", list)),
    "what is carried ends with its epoch": ({**STATEFUL, "batch_size": 4}, (nn.Model, "reset_states", lambda _: None)),
    "the sum of the batches' losses": ({}, losing(batch_losses=Sum())),
    "the sum of the examples' losses": ({}, losing(example_losses=Sum())),
    "the number of examples": ({}, losing(examples=0)),
    "the batches that are done": ({}, losing(batches=0)),
    "the batches' place": ({}, (loop, "islice", lambda batches, *_: batches)),
    "the step that dropout is drawn for": (MODELS["Dropout"], losing(step=0)),
    "the epoch that the order is drawn for": (
        {},
        (loop, "epoch_order", lambda *_: RANDOM.permutation(8)),
    ),
    "the plateau": (PLATEAU, losing(watch=Watch())),
}


@pytest.mark.parametrize(("case", "patch"), KNOCK_OUTS.values(), ids=KNOCK_OUTS)
def test_what_is_taken_away_is_missed(case, patch, monkeypatch):
    assert differences(Training(**case)) == []
    monkeypatch.setattr(*patch)
    try:
        found = differences(Training(**case))
    except (RunError, ValueError, ZeroDivisionError):
        return  # noticed, too
    assert found
