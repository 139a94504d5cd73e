"""Sources that come with zen: the curves, digits and fizzbuzz, and how sources take new data."""

import inspect
from importlib import resources

import numpy as np
import pytest

from zen_cli.config.language.registry import COMPONENTS
from zen_cli.data.forecasting import Forecasting
from zen_cli.data.parts import Parts
from zen_cli.data.places import Cut, Division
from zen_cli.data.plain import Plain
from zen_cli.data.series import SeriesSet
from zen_cli.data.sources import Curve, Digits, FizzBuzz, Source
from zen_cli.errors import DataError, UserError
from zen_cli.streams import Stream, generator

# --- sources ---


def values_of(curve, seed=0):
    """Positions (N,) and values (N, C)."""
    (series,) = curve.load(seed).series
    return series.positions, series.values


def test_a_curve_is_its_formula_at_evenly_spaced_points():
    x, y = values_of(Curve("x ** 2", points=4, start=-1, step=0.5))
    assert x.tolist() == [-1, -0.5, 0, 0.5]
    assert y.tolist() == [[1], [0.25], [0], [0.25]]
    assert Curve("x  **\n2").load(0).channels == ("x ** 2",)
    assert len(values_of(Curve("x"))[1]) == 200


def test_several_formulas_are_channels_of_one_series():
    several = Curve(["x", "x ** 2", "1", "x", "x"], points=3)
    assert values_of(several)[1].tolist() == [[0, 0, 1, 0, 0], [1, 1, 1, 1, 1], [2, 4, 1, 2, 2]]
    assert several.load(0).channels == ("x", "x ** 2", "1", "x (2)", "x (3)")
    assert several.from_table(np.ones((2, 5))).shape == (2, 5)


def test_noise_depends_on_the_seed_alone():
    noisy = Curve("0", points=1000, noise=0.5)
    first, again, other = values_of(noisy, 1), values_of(Curve("0", points=1000, noise=0.5), 1), values_of(noisy, 2)
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])
    assert np.std(first[1]) == pytest.approx(0.5, rel=0.1)
    assert np.array_equal(values_of(Curve("x"), 1)[1], values_of(Curve("x"), 2)[1])


def test_each_channel_has_noise_of_its_own_and_the_first_that_of_a_curve_alone():
    alone = values_of(Curve("sin(x)", noise=0.3), 7)[1][:, 0]
    both = values_of(Curve(["sin(x)", "0"], noise=0.3), 7)[1]
    assert np.array_equal(alone, np.sin(np.arange(200.0)) + 0.3 * generator(7, Stream.NOISE).standard_normal(200))
    assert np.array_equal(both[:, 0], alone)
    assert abs(np.corrcoef(both[:, 0] - np.sin(np.arange(200.0)), both[:, 1])[0, 1]) < 0.2


OVERFLOWING = [Curve("x", start=1e308, step=1e308), Curve("x", noise=1.7e308), Curve("exp(x * x)"), Curve("1 / x")]
OVERFLOWING += [Curve(["x", "1 / x"]), Curve([])]


@pytest.mark.parametrize("curve", OVERFLOWING, ids=lambda curve: str(curve.expression))
def test_a_curve_that_is_not_finite_is_refused_without_a_warning(curve):
    with pytest.raises(UserError):
        curve.load(0)


CURES = [  # formulas, and what is offered instead
    ("sn(x)", {"expression": "sin(x)"}),
    (["cos(x)", "sn(x)", "2x"], {"expression": ["cos(x)", "sin(x)", "2 * x"]}),
    (["sn(x)", "x.real"], {"expression": ["sin(x)", "x.real"]}),
    (["x.real", "sn(x)"], {}),  # the first that is wrong would stay
    (["x", "1 / x"], {"start": 1.0}),
    (["exp(x ** 3)", "x"], {"step": 0.1}),
    (["exp(x ** 3)", "1 / x"], {}),
    ([], {"expression": ["sin(x)"]}),
]


@pytest.mark.parametrize(("expression", "instead"), CURES, ids=str)
def test_what_would_do_instead_makes_the_curve(expression, instead):
    with pytest.raises(DataError) as caught:
        Curve(expression, points=20).load(0)
    assert (caught.value.setting, caught.value.instead) == ("expression", instead)
    if instead and "x.real" not in expression:
        Curve(**({"expression": expression, "points": 20} | instead)).load(0)


def test_digits_are_1797_images_with_their_source_named():
    examples = Digits().load(0)
    assert examples.inputs.shape == (1797, 64)
    assert (examples.inputs.min(), examples.inputs.max()) == (0, 16)
    assert np.array_equal(examples.inputs, np.rint(examples.inputs))
    assert np.bincount(examples.targets).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert examples.labels == tuple("0123456789")
    text = resources.files("zen_cli.data").joinpath("DIGITS.md").read_text(encoding="utf-8")
    assert all(words in text for words in ("Alpaydin", "Kaynak", "CC BY 4.0", "10.24432/C50P49"))


def fizzbuzz(n):
    words = "fizz" * (n % 3 == 0) + "buzz" * (n % 5 == 0)
    return words or "number"


@pytest.mark.parametrize(("numbers", "bits"), [(100, 10), (1, 1), (16, 4), (300, 62)])
def test_fizzbuzz_is_what_python_says(numbers, bits):
    examples = FizzBuzz(numbers, bits).load(0)
    assert [examples.labels[i] for i in examples.targets] == [fizzbuzz(n) for n in range(numbers)]
    assert [[int(bit) for bit in row] for row in examples.inputs] == [
        [n >> place & 1 for place in range(bits)] for n in range(numbers)
    ]
    again = FizzBuzz(numbers, bits).from_table(np.arange(numbers, dtype=float)[:, None])
    assert np.array_equal(again, examples.inputs)


NEW_TABLES = [
    (Curve("x"), [[1.0, 2.0]], "expected 1 column .* but got 2"),
    (Digits(), [[1.0, 2.0]], "expected 64 columns .* but got 2"),
    (FizzBuzz(bits=4), [[1.0, 2.0]], "expected 1 column .* but got 2"),
    (FizzBuzz(bits=4), [[3.0], [16.0]], "16 is not a whole number from 0 to 15"),
    (FizzBuzz(bits=4), [[-1.0]], "-1 is not a whole number"),
    (FizzBuzz(bits=4), [[0.5]], "0.5 is not a whole number"),
    (FizzBuzz(bits=62), [[1e20]], "not a whole number|cannot"),  # above 2^63: more than int64 holds
]


@pytest.mark.parametrize(("source", "table", "message"), NEW_TABLES)
def test_new_data_that_does_not_fit_is_refused(source, table, message):
    with pytest.raises(DataError, match=message):
        source.from_table(np.array(table))


def test_every_source_says_how_it_takes_new_data():
    for source in COMPONENTS["source"].values():
        assert inspect.getdoc(source)
        assert {"read", "from_table"} & vars(source).keys(), source
    assert {type(source) for source, *_ in NEW_TABLES} < set(COMPONENTS["source"].values())


# --- new data from a CSV file ---


def prepared(source):
    """What makes examples of the source's data, all of which train."""
    raw = source.load(0)
    if isinstance(raw, SeriesSet):
        count = len(raw.series[0])
        return Forecasting.fit(raw, Cut(2), [], [Division(2, count, count, count)])
    return Plain.fit(raw, [], Parts(slice(0, len(raw.inputs)), slice(0, 0), slice(0, 0)))


def new_data(folder, source, text):
    (folder / "new.csv").write_text(text, encoding="utf-8")
    return source.read(str(folder / "new.csv"), prepared(source))


def test_each_line_is_a_value_of_a_new_series_with_or_without_a_name_for_it(tmp_path):
    for text in ("1\n2.5\n-3\n", "close\n1\n2.5\n-3\n"):
        new = new_data(tmp_path, Curve("x"), text)
        (series,) = new.series
        assert (series.positions.tolist(), series.values.tolist()) == ([0, 1, 2], [[1], [2.5], [-3]])
        assert (new.index, new.channels) == ("index", ("x",))


def test_each_line_is_an_example_whose_class_nobody_knows(tmp_path):
    new = new_data(tmp_path, FizzBuzz(numbers=16, bits=4), "5\n15\n")
    assert new.inputs.tolist() == [[1, 0, 1, 0], [1, 1, 1, 1]]
    assert new.targets.tolist() == [-1, -1]


NO_NUMBERS = [
    ('x\n1\n""\n', "new.csv:3: column 'x': a value is missing"),
    ("x\n1\nnan\n", "new.csv:3: column 'x': a value is missing"),
    ("x,y\n1,2\n1,\n", "new.csv:3: column 'y': a value is missing"),
    ("x\n1\nabc\n", "new.csv:3: column 'x': 'abc' is not a number"),
    ("x\none\ntwo\n", "new.csv:2: column 'x': 'one' is not a number"),
    ("x\n2020-01-31\n2020-02-01\n", "new.csv:2: column 'x': '2020-01-31' is not a number"),
    ("x\n1\ninf\n", "new.csv:3: column 'x': 'inf' is not a finite number"),
]


@pytest.mark.parametrize(("text", "message"), NO_NUMBERS, ids=[repr(text) for text, _ in NO_NUMBERS])
def test_a_cell_without_a_number_is_named(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        new_data(tmp_path, Curve("x"), text)


def test_a_source_has_to_say_how_it_reads():
    for use in (lambda: Source().load(0), lambda: Source().from_table(np.ones((1, 1)))):
        with pytest.raises(NotImplementedError):
            use()
