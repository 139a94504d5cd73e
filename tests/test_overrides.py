"""KEY=VALUE arguments: what they change, and odd ones. What is said of wrong ones is in tests/wrong/overrides.txt."""

import pytest
from conftest import CLASSES, SERIES, changed, demand_readable, resolved

from zen_cli.config.build import read_config
from zen_cli.config.meaning.doubts import warnings
from zen_cli.config.text.problems import ConfigError

# --- KEY=VALUE ---

OVERRIDES = [
    ("seed=3", ("seed",), 3),
    ("seed=1e3", ("seed",), 1000),
    ("training.epochs=20", ("training", "epochs"), 20),
    ("training.shuffle=false", ("training", "shuffle"), False),
    ("data.split.train=0.5", ("data", "split", "train"), 0.5),
    ("data.split.train=1e1", ("data", "split", "train"), 10),
    ("optimizer.RMSProp.lr=1e-3", ("optimizer", "RMSProp", "lr"), 0.001),
    ("optimizer.RMSProp=1e-3", ("optimizer", "RMSProp", "lr"), 0.001),
    ("optimizer.RMSProp.beta=.5", ("optimizer", "RMSProp", "beta"), 0.5),
    ("optimizer={SGD: {lr: 1}}", ("optimizer", "SGD", "lr"), 1.0),
    ("optimizer=SGD: 1", ("optimizer", "SGD", "lr"), 1.0),
    ("model.0.RNN.hidden_dim=64", ("model", 0, "RNN", "hidden_dim"), 64),
    ("model.2.Linear=7", ("model", 2, "Linear", "units"), 7),
    ("model.2.Linear.units=7", ("model", 2, "Linear", "units"), 7),
    ("model.2=Tanh", ("model", 2), {"Tanh": {}}),
    ("model=[Tanh, Linear: 3]", ("model", 1, "Linear", "units"), 3),
    ("data.source.Curve.expression=a=b", ("data", "source", "Curve", "expression"), "a=b"),
    ("data.source.Curve.expression=[sin(x), x]", ("data", "source", "Curve", "expression"), ["sin(x)", "x"]),
    ("data.source.Curve=[sin(x), x]", ("data", "source", "Curve", "expression"), ["sin(x)", "x"]),
    ("data.source.Curve.noise=0.1", ("data", "source", "Curve", "noise"), 0.1),
    ("training.clip_norm=null", ("training", "clip_norm"), None),
    ("training={epochs: 3}", ("training", "batch_size"), 8),
    ("optimizer=RMSProp", ("optimizer", "RMSProp", "lr"), 5e-4),
    ("optimizer=RMSProp: {beta: 0.5}", ("optimizer", "RMSProp", "lr"), 5e-4),
    ("optimizer={Adam: {beta1: 0.5}}", ("optimizer", "Adam", "lr"), 0.001),
    ("data.source=Curve: cos(x)", ("data", "source", "Curve", "points"), 20),
    ("metrics=null", ("metrics",), []),
    ("metrics+=MAE", ("metrics",), [{"MAE": {}}]),
    ("metrics+=[MAE, R2]", ("metrics", 1), {"R2": {}}),
    ("metrics+={MASE: 4}", ("metrics", 0, "MASE", "season"), 4),
    ("model+=Tanh", ("model", 4), {"Tanh": {}}),
    ("model+={Linear: {units: 1, name: head}}", ("model", 4, "Linear", "name"), "head"),
    ("data.horizon=12", ("data", "horizon"), 12),
    ("data.split.train=1959-01", ("data", "split", "train"), "1959-01"),
    ("data.split.test=2020-01-31 12:30", ("data", "split", "test"), "2020-01-31 12:30"),
    ("data.scaling+=Standard", ("data", "scaling", 0, "Standard", "per_series"), True),
    ("data.scaling=[Log1p, Difference: 12]", ("data", "scaling", 1, "Difference", "lag"), 12),
    ("data.source={CSV: {file: a.csv, target: [x, y]}}", ("data", "source", "CSV", "target"), ["x", "y"]),
    ("interval=0.9", ("interval",), 0.9),
    ("model.1=null", ("model", 1), {"Linear": {"units": 4, "initializer": None}}),
]


@pytest.mark.parametrize(("argument", "path", "value"), OVERRIDES, ids=[c[0] for c in OVERRIDES])
def test_an_override_changes_one_value(argument, path, value):
    found = resolved(SERIES, argument)
    for key in path:
        found = found[key]
    assert found == value
    assert type(found) is type(value)


NAMED = changed(
    SERIES, "- Linear: 4\n", "- Residual: [{Linear: {units: 3, name: inner}}]\n  - Linear: {units: 4, name: hidden}\n"
)


def test_a_list_of_values_is_changed_item_by_item():
    path = "data.source.Curve.expression"
    several = changed(SERIES, "{expression: sin(x),", "{expression: [sin(x), cos(x), x],")
    values = resolved(several, f"{path}.1=tan(x)", f"{path}.0=null", f"{path}+=x ** 2")
    assert values["data"]["source"]["Curve"]["expression"] == ["tan(x)", "x", "x ** 2"]


def test_a_layer_is_found_by_its_name():
    model = resolved(NAMED, "model.hidden.Linear.units=7", "model.2.Residual.layers.inner.Linear=3")["model"]
    assert model[3] == {"Linear": {"units": 7, "initializer": None, "name": "hidden"}}
    assert model[2]["Residual"]["layers"] == [{"Linear": {"units": 3, "initializer": None, "name": "inner"}}]
    assert resolved(NAMED, "model.hidden=null")["model"] == resolved(NAMED, "model.3=null")["model"]


def test_numbers_of_items_stay_as_in_the_file_when_items_are_taken_out():
    first = resolved(SERIES, "model.0=null", "model.2=null", "model.3.Linear=5", "model+=Tanh")["model"]
    assert [next(iter(layer)) for layer in first] == ["RNN", "Linear", "Tanh"]
    assert first[1]["Linear"]["units"] == 5


def test_overrides_are_applied_in_their_order():
    values = resolved(CLASSES, "optimizer=SGD", "optimizer.SGD.lr=2", "optimizer={SGD: {weight_decay: 0.1}}")
    assert values["optimizer"] == {"SGD": {"lr": 2.0, "weight_decay": 0.1}}


UNDONE = [
    ("seed=1", "seed=2"),
    ("optimizer=SGD", "optimizer=Adam"),
    ("optimizer.Adam.lr=1", "optimizer=SGD"),
    ("optimizer=SGD: 1", "optimizer.SGD.lr=2"),
    ("training.epochs=3", "training={epochs: 4, batch_size: 2}"),
    ("metrics+=F1", "metrics=[recall]"),
    ("model.0=Tanh", "model=[Linear: 4, Softmax]"),
]


UNDONE += [("model.0=Tanh", "model.0=null"), ("metrics+=F1", "metrics.0=null")]


@pytest.mark.parametrize(("first", "second"), UNDONE)
def test_an_override_that_a_later_one_undoes_is_told(tmp_path, first, second):
    (tmp_path / "c.yaml").write_text(CLASSES, encoding="utf-8")
    _, found = read_config(tmp_path / "c.yaml", (first, second))
    (told,) = warnings(found)
    assert told.startswith("override:1:")
    assert told.endswith(f"{second} takes the place of {first}, which comes before it")


@pytest.mark.parametrize("twice", ["seed=1", "optimizer=SGD: 1", "training={epochs: 3}"])
def test_the_same_override_twice_undoes_nothing(tmp_path, twice):
    (tmp_path / "c.yaml").write_text(CLASSES, encoding="utf-8")
    assert warnings(read_config(tmp_path / "c.yaml", (twice, twice))[1]) == []


def test_what_is_taken_out_is_there_no_more():
    with pytest.raises(ConfigError, match=r"model\.0 is taken out by an earlier argument"):
        resolved(CLASSES, "model.0=null", "model.0.Linear.units=3")
    added = "model+={Linear: {units: 4, name: head}}"
    model = resolved(NAMED, "model.hidden.Linear.name=head", "model.head=null", added, "model.head.Linear.units=9")[
        "model"
    ]
    assert model[-1]["Linear"] == {"units": 9, "initializer": None, "name": "head"}


@pytest.mark.parametrize("argument", ["optimizer.RMSProp=null", "data.source.Curve=null", "optimizer={RMSProp: }"])
def test_a_component_without_settings_is_as_the_file_has_it(argument):
    assert resolved(SERIES, argument) == resolved(SERIES)


# --- odd texts and keys ---

ODD_TEXTS = [
    '"a\\nb"',
    '"\\t"',
    "'x\u00a0y'",
    "x" * 5000,
    '"' + "\\n" * 90 + '"',
    "{" + "k: 1, " * 1 + "l" * 99 + ": 1}",
]
ODD_PLACES = ["loss: MSE", "seed: 0", "lr: 5e-4", "- Linear: 4", "split: {train: 10}", "batch_size: 8"]
ODD_KEYS = ["a\x1b[31m", "a\nb", "x" * 5000, "training.\u202eepochs", "model." + "9" * 5000, ".".join("a" * 3000)]


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=[ascii(text[:12]) for text in ODD_TEXTS])
@pytest.mark.parametrize("where", ODD_PLACES)
def test_odd_texts_are_quoted_readably(where, odd):
    for form in (f"{where.split(':')[0]}: {odd}", f"{where.split(':')[0]}: {{Tanh: {odd}}}"):
        with pytest.raises(ConfigError) as caught:
            resolved(changed(SERIES, where, form))
        demand_readable(str(caught.value))


@pytest.mark.parametrize("key", ODD_KEYS, ids=[ascii(key[:12]) for key in ODD_KEYS])
def test_odd_keys_of_overrides_are_quoted_readably(key):
    with pytest.raises(ConfigError) as caught:
        resolved(SERIES, f"{key}=1")
    demand_readable(str(caught.value))
