"""Scaling: what scalers learn and do, that chains are undone exactly, in blocks as in one piece, and their state."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from zen_cli.config.language.registry import first_of, settings_of
from zen_cli.data.scaling import Difference, Log1p, MinMax, Robust, Scaling, Standard, statistics
from zen_cli.data.scaling.chain import AT_ONCE
from zen_cli.errors import DataError, ShapeError

REFERENCE = json.loads((Path(__file__).parent / "reference" / "scaling.json").read_text(encoding="utf-8"))
FITTED = [Standard, MinMax, Robust]
ONE_OF_EACH = [Log1p(), Difference(3), Standard(), MinMax(low=0.5, high=3.0), Robust()]
CHAINS = [chain for length in range(4) for chain in itertools.product(ONE_OF_EACH, repeat=length)]


def part(values, size=None):
    """Training rows in blocks of `size`, or in one."""
    rows = np.asarray(values, np.float64)
    return lambda: (rows[i : i + (size or len(rows))] for i in range(0, len(rows), size or len(rows)))


def fitted(scalers, *values, columns=None, size=None):
    names = columns or tuple("abcdefgh"[: np.shape(values[0])[1]])
    return Scaling.fit(scalers, names, [part(each, size) for each in values])


def growing(rows, columns=2):
    """Random values above 0 that grow ever quicker."""
    steps = np.random.default_rng(rows).exponential(size=(rows, columns)) + 0.1
    return np.exp(4 * steps.cumsum(axis=0) / steps.sum(axis=0)) * [1.0, 1000.0][:columns]


def exploding(rows):
    """So steep that standardized values, differences, and logarithms standardized or subtracted are all above -1."""
    return np.expm1(np.exp(np.linspace(0, [4.0, 4.5], rows)))


def undone(chain, values, starts, horizon):
    """The windows of `horizon` values at `starts`, through the chain and back, and as they were."""
    scaled = chain.apply(values)
    predictions = np.stack([scaled[start - chain.reach :][:horizon] for start in starts])
    before = np.stack([values[start - chain.reach : start] for start in starts])
    restored = chain.restore(predictions, before, np.zeros(len(starts), int), chain.columns)
    return restored, np.stack([values[start : start + horizon] for start in starts])


def described(chain):
    return "-".join(type(scaler).__name__ for scaler in chain) or "none"


# --- what a scaler does ---


@pytest.mark.parametrize(
    ("name", "scaler"),
    [
        ("Standard", Standard()),
        ("MinMax", MinMax()),
        ("MinMax: {low: -1, high: 3}", MinMax(low=-1.0, high=3.0)),
        ("Robust", Robust()),
    ],
)
def test_the_numbers_are_those_of_scikit_learn(name, scaler):
    training, new, expected = (np.array(REFERENCE[key], float) for key in ("fitted to", "applied to", name))
    np.testing.assert_allclose(fitted([scaler], training).apply(new), expected, rtol=1e-11, atol=1e-11)


def test_the_rest_are_formulas():
    values = np.array([[0.0], [3.0], [-0.5], [8.0]])
    np.testing.assert_array_equal(fitted([Log1p()], values).apply(values), np.log1p(values))
    np.testing.assert_array_equal(fitted([Difference(2)], values).apply(values), [[-0.5], [5.0]])


@pytest.mark.parametrize(("scaler", "first"), [(Difference, "lag"), (MinMax, "low"), (Robust, "columns")])
def test_a_single_setting_in_yaml_is_the_first(scaler, first):
    assert first_of(scaler).name == first
    assert "columns" in settings_of(scaler)


def test_only_the_named_columns_change():
    values = growing(20)
    scaled = fitted([Log1p(columns=["b"]), Difference(columns=["a"])], values).apply(values)
    np.testing.assert_array_equal(scaled[:, 0], np.diff(values[:, 0]))
    np.testing.assert_array_equal(scaled[:, 1], np.log1p(values[1:, 1]))


@pytest.mark.parametrize("scaler", FITTED)
def test_a_scaler_learns_from_its_columns(scaler):
    values = growing(20)
    scaled = fitted([scaler(columns=["b"])], values).apply(values)
    np.testing.assert_array_equal(scaled[:, 0], values[:, 0])
    np.testing.assert_array_equal(scaled[:, 1], fitted([scaler()], values).apply(values)[:, 1])


def test_the_order_in_which_columns_are_named_does_not_matter():
    values = growing(20)
    there, back = (fitted([Standard(columns=names)], values) for names in (["a", "b"], ["b", "a"]))
    assert there.state() == back.state() == fitted([Standard()], values).state()


# --- there and back ---


@pytest.mark.parametrize("scalers", CHAINS, ids=described)
def test_restore_undoes_a_chain(scalers):
    values = exploding(40) if Log1p() in scalers[1:] else growing(40)
    restored, truth = undone(fitted(scalers, values), values, starts=[9, 12, 29], horizon=11)
    np.testing.assert_allclose(restored / values.max(axis=0), truth / values.max(axis=0), rtol=0, atol=1e-9)


@pytest.mark.parametrize("lag", [1, 2, 5, 12])
@pytest.mark.parametrize("horizon", [1, 2, 4, 5, 6, 30])
def test_differences_are_summed_up_for_any_lag_and_horizon(lag, horizon):
    values = np.random.default_rng(lag).normal(size=(60, 2))
    restored, truth = undone(fitted([Difference(lag)], values), values, starts=[12, 20, 30], horizon=horizon)
    np.testing.assert_allclose(restored, truth, atol=1e-12)


def test_some_columns_are_restored_alone_and_in_any_order():
    values = np.random.default_rng(0).normal(size=(40, 3))
    chain = fitted([Difference(2, columns=["a", "c"]), Standard(columns=["c", "b"]), MinMax()], values)
    scaled = chain.apply(values)[18:23][None]  # the rows from 20 on
    for names in (("c",), ("c", "a"), ("b",), ("b", "a", "c")):
        places = ["abc".index(name) for name in names]
        restored = chain.restore(scaled[..., places], values[None, 18:20, places], np.array([0]), names)
        np.testing.assert_allclose(restored[0], values[20:25, places], atol=1e-12)


def test_each_prediction_is_restored_as_its_series_was_scaled():
    values = [growing(30), 100 + 5 * growing(40)]
    chain = fitted([Difference(), Standard()], *values)
    predictions = np.stack([chain.apply(values[number], number)[9:14] for number in (1, 0, 1)])
    before = np.stack([values[number][9:10] for number in (1, 0, 1)])
    restored = chain.restore(predictions, before, np.array([1, 0, 1]), chain.columns)
    np.testing.assert_allclose(restored, np.stack([values[number][10:15] for number in (1, 0, 1)]), rtol=1e-9)


def test_predictions_may_be_none_and_float32_and_have_more_rows_before_them_than_it_takes():
    chain = fitted([Difference(2), Standard()], growing(20))
    assert chain.restore(np.empty((0, 3, 2)), np.empty((0, 2, 2)), np.empty(0, int), "ab").shape == (0, 3, 2)
    assert chain.restore(np.empty((4, 0, 2)), np.empty((4, 2, 2)), np.zeros(4, int), "ab").shape == (4, 0, 2)
    predictions, before = np.ones((1, 3, 2), np.float32), np.random.default_rng(0).normal(size=(1, 9, 2))
    restored = chain.restore(predictions, before, np.array([0]), "ab")
    assert restored.dtype == np.float64
    np.testing.assert_array_equal(restored, chain.restore(predictions, before[:, -2:], np.array([0]), "ab"))


@pytest.mark.parametrize("before", [None, np.zeros((1, 2, 1))])
def test_restoring_differences_takes_the_rows_before(before):
    chain = fitted([Difference(2), Difference()], growing(20, 1))
    with pytest.raises(ShapeError, match="restore needs the 3 rows before each prediction, but got"):
        chain.restore(np.zeros((1, 1, 1)), before, np.array([0]), ["a"])


def test_without_differences_nothing_has_to_stand_before():
    chain = fitted([Log1p(), Standard()], growing(20))
    restored = chain.restore(chain.apply(growing(20))[None], None, np.array([0]), chain.columns)
    np.testing.assert_allclose(restored[0], growing(20), rtol=1e-12)


def test_what_a_wild_prediction_exceeds_is_infinite():
    chain = fitted([Log1p(), Difference()], growing(20, 1))
    assert np.isinf(chain.restore(np.full((1, 2, 1), 1e3), np.ones((1, 1, 1)), np.array([0]), ["a"])).all()


# --- in blocks ---


@pytest.mark.parametrize("scalers", [(), (Difference(3), Difference(5), Standard()), (Log1p(), Robust(), MinMax())])
@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_blocks_are_scaled_as_the_whole(scalers, size):
    values = growing(50)
    chain = fitted(scalers, values)
    blocks = [*chain.apply_blocks(part(values, size)())]
    assert all(len(block) for block in blocks)
    np.testing.assert_array_equal(np.concatenate(blocks), chain.apply(values))


@pytest.mark.parametrize("scalers", [(Difference(9), Standard()), (Robust(), Standard()), (Log1p(), MinMax())])
@pytest.mark.parametrize("size", [1000, AT_ONCE // 2 - 1, AT_ONCE])
def test_a_chain_does_not_depend_on_how_its_training_rows_are_cut(scalers, size):
    values = np.random.default_rng(0).exponential(size=(AT_ONCE + 50, 2))
    assert fitted(scalers, values, size=size).state() == fitted(scalers, values).state()


def test_empty_blocks_change_nothing():
    values = growing(50)
    blocks = [values[:0], values[:9], values[9:9], values[9:], values[:0]]
    chain = Scaling.fit([Standard()], "ab", [lambda: iter(blocks)])
    assert chain.state() == fitted([Standard()], values).state()
    assert [len(block) for block in chain.apply_blocks(blocks)] == [9, 41]
    unknown = Scaling.fit([Standard(), MinMax(), Robust()], "ab", [lambda: iter(blocks[:1])])
    np.testing.assert_array_equal(unknown.apply(values), values)


def test_a_sample_does_not_depend_on_how_rows_are_cut(monkeypatch):
    monkeypatch.setattr(statistics, "MOST_ROWS", 1000)
    values = np.random.default_rng(0).normal(size=(20_000, 2))
    whole, cut = statistics.Quartiles(2), statistics.Quartiles(2)
    whole.add(values)
    for block in np.array_split(values, [1, 3, 800, 5000, 5001, 14_000]):
        cut.add(block)
    np.testing.assert_array_equal(whole.center_and_scale(), cut.center_and_scale())


def test_moments_of_blocks_are_those_of_the_whole():
    values = np.random.default_rng(0).normal(size=(AT_ONCE * 2 + 11, 1)) + 1e6
    affine = fitted([Standard()], values).stages[0]
    np.testing.assert_allclose(affine.center[0], values.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(affine.scale[0], values.std(axis=0), rtol=1e-12)


def test_a_large_column_is_sampled_evenly(monkeypatch):
    monkeypatch.setattr(statistics, "MOST_ROWS", 1000)
    values = np.tile(np.arange(128.0), 1000)[:, None]  # a period that every other row, or every 4th, would not meet
    found = fitted([Robust()], values).stages[0]
    sample = values[:: statistics.THINNING**2]
    assert len(sample) > 1000
    exact = np.quantile(values[:: statistics.THINNING**3], [0.25, 0.5, 0.75])
    assert (found.center.item(), found.scale.item()) == (exact[1], exact[2] - exact[0])
    assert found.center.item() == pytest.approx(63.5, abs=4)
    assert found.scale.item() == pytest.approx(64, abs=4)


def test_no_rows_leave_values_as_they_are():
    chain = fitted([Difference(30), Standard(), MinMax(), Robust()], growing(20))
    values = growing(40)
    np.testing.assert_array_equal(chain.apply(values), values[30:] - values[:-30])
    assert chain.apply(growing(20)).shape == (0, 2)


# --- several series ---


@pytest.mark.parametrize("scaler", FITTED)
def test_series_have_their_own_scale_or_share_one(scaler):
    values = [growing(20), 7 + 3 * growing(30)]
    own = fitted([Log1p(), scaler(), Standard()], *values)
    shared = fitted([scaler(per_series=False)], *values)
    for number, each in enumerate(values):
        alone = fitted([Log1p(), scaler(), Standard()], each)
        np.testing.assert_array_equal(own.apply(each, number), alone.apply(each))
        together = fitted([scaler()], np.concatenate(values))
        np.testing.assert_allclose(shared.apply(each, number), together.apply(each), rtol=1e-12, atol=1e-12)


def test_a_difference_does_not_reach_into_another_series():
    chain = fitted([Difference(), Standard(per_series=False)], np.zeros((5, 1)), np.full((5, 1), 9.0))
    assert (chain.stages[1].center.item(), chain.stages[1].scale.item()) == (0, 1)


# --- values that are hard to scale ---


@pytest.mark.parametrize("scaler", FITTED)
def test_missing_values_are_ignored_and_stay_missing(scaler):
    values = growing(30)
    with_gaps = np.insert(values, [0, 3, 3, 17, 30], np.nan, axis=0)
    chain = fitted([scaler()], with_gaps)
    np.testing.assert_allclose(chain.apply(values), fitted([scaler()], values).apply(values), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(np.isnan(chain.apply(with_gaps)), np.isnan(with_gaps))


def test_what_is_a_lag_after_a_missing_value_is_missing():
    values = np.array([[1.0], [np.nan], [4.0], [9.0]])
    np.testing.assert_array_equal(fitted([Difference()], values).apply(values), [[np.nan], [np.nan], [5.0]])


@pytest.mark.parametrize("scaler", FITTED)
@pytest.mark.parametrize("value", [0.0, 0.1, -1e300, 5e-324, np.nan])
def test_a_constant_column_is_only_moved(scaler, value):
    values = np.full((1000, 1), value)
    values[::7] = np.nan
    chain = fitted([scaler()], values)
    assert chain.stages[0].scale.item() == 1
    assert set(chain.apply(values)[~np.isnan(values)]) <= {0.0}


@pytest.mark.parametrize("scaler", FITTED)
@pytest.mark.parametrize("unit", [1e300, 1e-290, 5e-324], ids=["huge", "tiny", "denormal"])
def test_no_size_is_too_large_or_small(scaler, unit):
    numbers = np.random.default_rng(0).integers(-1000, 1000, size=(100, 2)) * 1.0
    chain, usual = fitted([scaler()], numbers * unit), fitted([scaler()], numbers)
    scaled = chain.apply(numbers * unit)
    np.testing.assert_allclose(scaled, usual.apply(numbers), rtol=1e-2, atol=1e-2)  # denormals have few digits
    restored = chain.restore(scaled[None], None, np.array([0]), chain.columns)[0]
    np.testing.assert_allclose(restored / unit, numbers, atol=1e-9)


def test_columns_of_all_sizes_stand_side_by_side():
    numbers = np.random.default_rng(0).normal(size=(100, 1))
    scaled = fitted([Standard()], numbers * [1e300, 1.0, 1e-300, 0.0])
    np.testing.assert_allclose(scaled.stages[0].scale[0] / [1e300, 1.0, 1e-300, 1.0], [numbers.std()] * 3 + [1.0])


def test_a_size_that_changes_from_block_to_block_is_followed():
    values = np.repeat([0.0, 1e-200, 1e200, 0.0], AT_ONCE)[:, None]
    stage = fitted([Standard()], values).stages[0]
    np.testing.assert_allclose([stage.center.item(), stage.scale.item()], [2.5e199, np.sqrt(3) * 2.5e199])


@pytest.mark.parametrize("scaler", [MinMax, Robust])
def test_a_range_that_float64_does_not_hold_is_refused(scaler):
    with pytest.raises(DataError, match="column 'a' ranges over more than float64 holds"):
        fitted([scaler()], np.repeat([-1.7e308, 1.7e308], 10)[:, None])


@pytest.mark.parametrize(("scaler", "value"), [(Standard(), 1e300), (Difference(), -1.7e308)])
def test_a_value_that_float64_does_not_hold_once_it_is_scaled_is_refused(scaler, value):
    chain = fitted([scaler], np.array([[0.0], [1e-300], [1.7e308]][: 2 if value > 0 else 3]))
    with pytest.raises(DataError, match="column 'a': scaled values stay within the range of float64, but got"):
        chain.apply(np.array([[1.7e308], [value]]))


# --- what is refused ---


@pytest.mark.parametrize("value", [-1.0, -3.25])
def test_log1p_names_the_column_and_the_value(value):
    values = growing(20)
    values[7, 1] = value
    chain = fitted([Log1p()], values)
    message = rf"^column 'b': Log1p takes values above -1, but got {value:g}"
    with pytest.raises(DataError, match=f"{message}$"):
        chain.apply(values)
    with pytest.raises(DataError, match=f"{message}$"):
        fitted([Log1p(), Standard()], values, size=3)


def test_a_value_that_another_scaler_made_is_told_as_such():
    with pytest.raises(DataError, match=r"^column 'a': .* but got -2 from the scalers before it$"):
        fitted([Difference(), Log1p()], np.ones((3, 1))).apply(np.array([[5.0], [3.0]]))


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("scaler", ONE_OF_EACH, ids=lambda scaler: type(scaler).__name__)
def test_infinite_values_are_refused(scaler, value):
    values = growing(20)
    chain = fitted([scaler], values)
    values[19, 1] = value
    with pytest.raises(DataError, match=f"^column 'b': {value:g} cannot be scaled"):
        chain.apply(values)


def test_an_unknown_column_is_named_with_those_that_there_are():
    with pytest.raises(DataError, match="Robust scales column 'z', but the numbers are in 'a', 'b'") as caught:
        fitted([Robust(columns=["b", "z"])], growing(9))
    assert (caught.value.setting, caught.value.instead) == ("columns", {"columns": ["b"]})


def test_minmax_goes_upwards():
    with pytest.raises(DataError, match="low is 2, which is not below high, 1") as caught:
        MinMax(low=2.0)
    assert MinMax(low=2.0, **caught.value.instead).high == 3


# --- state ---


@pytest.mark.parametrize("scalers", [(), *itertools.permutations(ONE_OF_EACH, 2)], ids=described)
def test_a_state_gives_the_same_chain_bit_for_bit(scalers):
    values = [exploding(40) / 3, exploding(50) / 7]
    chain = fitted(scalers, *values)
    scaled = chain.apply(values[1], 1)
    again = Scaling.from_state(json.loads(json.dumps(chain.state(), allow_nan=False)))
    assert again.state() == chain.state()
    np.testing.assert_array_equal(again.apply(values[1], 1), scaled)
    before = values[1][None, : chain.reach]
    restored = (each.restore(scaled[None], before, np.array([1]), "ab") for each in (chain, again))
    np.testing.assert_array_equal(*restored)


@pytest.mark.parametrize("scalers", CHAINS[1 : 1 + len(ONE_OF_EACH)], ids=described)
@pytest.mark.parametrize("later", [0.0, 1e9, np.nan])
def test_the_training_part_alone_determines_the_state(scalers, later):
    values = growing(40)
    chain = fitted(scalers, values[:30])
    state, scaled = json.dumps(chain.state()), chain.apply(values)[: 30 - chain.reach]
    values[30:] = later
    assert json.dumps(fitted(scalers, values[:30]).state()) == state
    np.testing.assert_array_equal(chain.apply(values)[: 30 - chain.reach], scaled)
    assert json.dumps(chain.state()) == state


def test_scaling_leaves_its_inputs_as_they_were():
    values = growing(20)
    kept = values.copy()
    chain = fitted([Log1p(), Standard()], values)
    scaled = chain.apply(values)
    chain.restore(scaled[None], None, np.array([0]), "ab")
    np.testing.assert_array_equal(values, kept)
    np.testing.assert_array_equal(scaled, chain.apply(kept))
