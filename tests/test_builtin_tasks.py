"""Tasks whose data are made: they are what the literature says, and the same wherever they are made."""

import itertools
import math

import numpy as np
import pytest

from zen_cli import nn
from zen_cli.data.sources import mackey_glass
from zen_cli.data.sources.mackey_glass import MackeyGlass
from zen_cli.data.sources.synthetic import Adding, CopyMemory, Parity
from zen_cli.errors import DataError, UserError
from zen_cli.optim import Adam, Clip
from zen_cli.padded import Padded
from zen_cli.training.loop import fit

# --- what they are ---


@pytest.mark.parametrize("length", [2, 3, 10, 101])
def test_adding_marks_one_number_in_each_half_and_asks_for_their_sum(length):
    task = Adding(length, examples=300).load(seed=4)
    values, markers = task.inputs[:, :, 0], task.inputs[:, :, 1]
    assert task.inputs.shape == (300, length, 2)
    assert values.min() >= 0
    assert values.max() < 1
    assert set(np.unique(markers)) <= {0, 1}
    for half in (markers[:, : length // 2], markers[:, length // 2 :]):
        assert half.sum(axis=1).tolist() == [1] * 300
        assert half.any(axis=0).mean() > 0.9  # each place at times
    np.testing.assert_array_equal(task.targets, (values * markers).sum(axis=1, keepdims=True))
    assert (task.features, task.outputs, task.labels) == (("value", "marker"), ("sum",), ())


def test_who_always_says_one_has_the_error_that_adding_states():
    sums = Adding(10, examples=50_000).load(seed=0).targets
    assert np.mean((sums - 1) ** 2) == pytest.approx(1 / 6, rel=0.02)


@pytest.mark.parametrize(("delay", "symbols", "length"), [(20, 8, 10), (1, 1, 1), (5, 2, 3)])
def test_copy_memory_asks_for_the_symbols_after_the_delay(delay, symbols, length):
    task = CopyMemory(delay, symbols, length, examples=200).load(seed=1)
    blank, sign = symbols, symbols + 1
    remembered = task.inputs[:, :length]
    assert task.inputs.shape == task.targets.shape == (200, delay + 2 * length)
    assert sorted(set(remembered.ravel())) == list(range(symbols))
    assert np.all(task.inputs[:, length:] == [*[blank] * (delay - 1), sign, *[blank] * length])
    assert np.all(task.targets[:, : delay + length] == blank)
    np.testing.assert_array_equal(task.targets[:, delay + length :], remembered)
    assert task.labels == (*map(str, range(symbols)), "blank")
    assert {task.inputs.dtype.kind, task.targets.dtype.kind} == {"i"}


def test_parity_is_that_of_the_ones():
    task = Parity(7, examples=500).load(seed=2)
    assert task.inputs.shape == (500, 7, 1)
    assert set(np.unique(task.inputs)) == {0, 1}
    assert [task.labels[i] for i in task.targets] == [
        "odd" if sum(bits) % 2 else "even" for bits in task.inputs[:, :, 0].astype(int).tolist()
    ]
    assert np.mean(task.targets) == pytest.approx(0.5, abs=0.1)


def test_parity_of_different_lengths_counts_what_is_there():
    task = Parity(9, examples=500, shortest=3).load(seed=2)
    assert isinstance(task.inputs, Padded)
    assert sorted(set(task.inputs.lengths)) == list(range(3, 10))
    assert not task.inputs.values[~task.inputs.mask].any()
    ones = [bits[:length].sum() for bits, length in zip(task.inputs.values, task.inputs.lengths, strict=True)]
    assert task.targets.tolist() == [n % 2 for n in ones]
    assert Parity(4, 50, shortest=4).load(0).inputs.lengths.tolist() == [4] * 50


# --- how they are drawn ---

DRAWN = [Adding(6, 40), CopyMemory(3, 4, 2, 40), Parity(8, 40), Parity(8, 40, shortest=2)]


def arrays(task):
    inputs = task.inputs
    return [*((inputs.values, inputs.lengths) if isinstance(inputs, Padded) else (inputs,)), task.targets]


@pytest.mark.parametrize("source", DRAWN, ids=lambda source: type(source).__name__)
def test_what_is_drawn_depends_on_the_seed_alone(source):
    first, again, other = (arrays(source.load(seed)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


LARGE = [
    Adding(length=10**9, examples=10**9),
    CopyMemory(delay=10**12),
    Parity(length=2**53),
    MackeyGlass(points=10**14, step=1e-9),
]


@pytest.mark.parametrize("source", LARGE, ids=lambda source: type(source).__name__)
def test_what_the_machine_cannot_hold_is_refused_before_it_is_made(monkeypatch, source):
    monkeypatch.setattr("zen_cli.memory.available", lambda: 10**9)
    with pytest.raises(UserError, match=r"needs .* of memory, but"):
        source.load(0)


WRONG = [
    (Adding(length=1), "length", {"length": 100}),
    (Parity(length=5, shortest=6), "shortest", {"shortest": 5, "length": 6}),
    (MackeyGlass(step=1e9), "step", {"step": 1.0}),
    (MackeyGlass(warm_up=1e300), "warm_up", {"warm_up": 1000.0}),
    (MackeyGlass(tau=1e-300), "tau", {"tau": 17.0}),
    (MackeyGlass(gamma=1e300), "gamma", {"gamma": 0.1}),
    (MackeyGlass(gamma=1e300, tau=1e300, step=1e300), "points", {}),
    (MackeyGlass(beta=1.7e308), "beta", {"beta": 0.2}),
]


@pytest.mark.parametrize(("source", "setting", "instead"), WRONG)
def test_settings_that_do_not_go_together_are_blamed_with_some_that_do(source, setting, instead):
    with pytest.raises(DataError) as caught:
        source.load(0)
    assert (caught.value.setting, caught.value.instead) == (setting, instead)
    for name, value in instead.items():
        type(source)(**(vars(source) | {name: value})).load(0)


# --- new data ---

NEW = [(Adding(6, 4), (4, 12)), (CopyMemory(3, 4, 2, 4), (4, 7)), (Parity(8, 4), (4, 8))]


@pytest.mark.parametrize(("source", "shape"), NEW)
def test_a_row_of_a_table_is_a_sequence(source, shape):
    examples = source.load(3).inputs
    table = examples.reshape(shape).astype(np.float64)
    np.testing.assert_array_equal(source.from_table(table), examples)
    assert source.from_table(table).dtype == examples.dtype


NEW_TABLES = [
    (Adding(2), [[1.0]], "expected 4 columns .*a value and its marker.* but got 1"),
    (CopyMemory(1, 2, 1), [[1.0]], "expected 3 columns .* but got 1"),
    (CopyMemory(1, 2, 1), [[0.0, 4.0, 1.0]], "4 is not a whole number from 0 to 3: a token is"),
    (CopyMemory(1, 2, 1), [[0.0, np.nan, 1.0]], "nan is not a whole number"),
    (Parity(2), [[1.0]], "expected 2 columns .* but got 1"),
    (Parity(2), [[1.0, 0.5]], "0.5 is not a whole number from 0 to 1: a bit is 0 or 1"),
    (MackeyGlass(), [[1.0, 2.0]], "expected 1 column .* but got 2"),
]


@pytest.mark.parametrize(("source", "table", "message"), NEW_TABLES)
def test_new_data_that_do_not_fit_are_refused(source, table, message):
    with pytest.raises(DataError, match=message):
        source.from_table(np.array(table))


# --- that they can be learnt ---


def test_a_gru_learns_to_add():
    task = Adding(length=20, examples=1200).load(seed=0)
    model = nn.Model([nn.GRU(16), nn.Linear(1)])
    for _ in fit(model, task.inputs[:1000], task.targets[:1000], 20, None, Adam(0.02), 20, True, clip=Clip(1.0)):
        pass
    assert np.mean((model.predict(task.inputs[1000:]) - task.targets[1000:]) ** 2) < 0.01


# --- Mackey and Glass ---


def values_of(source):
    (series,) = source.load(0).series
    assert series.values.shape == (source.points, 1)
    return series.values[:, 0]


def test_before_the_first_feedback_it_is_an_exponential():
    x = values_of(MackeyGlass(points=171, step=0.1, warm_up=0, start=0.5))
    fed_back = 0.2 * 0.5 / (1 + 0.5**10) / 0.1
    exact = fed_back + (0.5 - fed_back) * np.exp(-0.1 * 0.1 * np.arange(171))
    np.testing.assert_allclose(x, exact, rtol=1e-10)


def textbook(tau, steps_in_tau, points, beta=0.2, gamma=0.1, n=10, start=1.2):
    """The same equation step by step, with x at times one apart; what is fed back halfway is the mean, which is rough.

    So many steps are needed: the error falls with their square.
    """
    h = tau / steps_in_tau
    x = [start] * (steps_in_tau + 1)

    def slope(x, past):
        return beta * past / (1 + past**n) - gamma * x

    while len(x) <= steps_in_tau + points / h:
        p0, p1 = x[-steps_in_tau - 1], x[-steps_in_tau]
        k1 = slope(x[-1], p0)
        k2 = slope(x[-1] + h / 2 * k1, (p0 + p1) / 2)
        k3 = slope(x[-1] + h / 2 * k2, (p0 + p1) / 2)
        k4 = slope(x[-1] + h * k3, p1)
        x.append(x[-1] + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
    return np.array(x[steps_in_tau :: round(1 / h)])[:points]


@pytest.mark.parametrize("tau", [17, 5])
def test_it_is_what_the_textbook_method_gives(tau):
    x = values_of(MackeyGlass(points=60, tau=tau, warm_up=0))
    np.testing.assert_allclose(x, textbook(tau, 100 * tau, 60), atol=2e-5)


def test_its_error_falls_with_the_fourth_power_of_the_step(monkeypatch):
    def solved(steps):
        monkeypatch.setattr(MackeyGlass, "_steps_in_tau", steps)
        return values_of(MackeyGlass(points=61, warm_up=0))

    exact = solved(17 * 200)
    errors = [np.abs(solved(steps) - exact).max() for steps in (17 * 5, 17 * 10, 17 * 20)]
    assert errors[1] < 1e-9
    assert [math.log2(a / b) for a, b in itertools.pairwise(errors)] == pytest.approx([4, 4], abs=0.1)


def test_where_feedback_and_decay_are_even_it_stays():
    np.testing.assert_allclose(values_of(MackeyGlass(tau=2.5, start=1.0)), 1, rtol=1e-13)


def test_a_warm_up_and_the_distance_of_points_choose_among_the_same_values():
    fine = values_of(MackeyGlass(points=2001, step=0.25, warm_up=0))
    np.testing.assert_array_equal(values_of(MackeyGlass(points=201, step=0.5, warm_up=200)), fine[800:1201:2])
    (series,) = MackeyGlass(points=3, step=0.5).load(0).series
    assert series.positions.tolist() == [0, 0.5, 1]


def test_between_the_steps_of_the_solution_it_is_as_smooth():
    x = values_of(MackeyGlass(points=1000, step=0.01, warm_up=30))
    assert np.abs(np.diff(x, 3)).max() < 1e-6


def test_it_is_chaotic_and_in_its_usual_range():
    x, near = (values_of(MackeyGlass(points=4000, start=start)) for start in (1.2, 1.2 + 1e-6))
    assert 0.2 < x.min() < 0.5
    assert 1.2 < x.max() < 1.4
    assert np.abs(x - near)[:100].max() < 0.1 < np.abs(x - near).max()


def test_it_is_the_same_on_every_machine():
    x = values_of(MackeyGlass())
    assert [float(x[i]).hex() for i in (0, 500, 999)] == [
        "0x1.e4f7b33454a86p-1",
        "0x1.aed3ebcbfac90p-1",
        "0x1.a0f2ae8b4b753p-1",
    ]


@pytest.mark.parametrize("n", [*range(1, 12), 1000, 2**53])
def test_a_power_is_made_of_products(n):
    x = np.array([0.0, 0.5, 0.99, 1.0, 1.01, 1.5])
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(mackey_glass._power(x, n), x**n, rtol=1e-9 if n > 100 else 1e-14)
