"""The JSON Schema says of a config what zen's own resolver says."""

from pathlib import Path

import jsonschema
import pytest
from conftest import CONFIGS, SERIES, run_zen

from zen_cli.config.build import read_config
from zen_cli.config.guide import json_schema
from zen_cli.config.language.grammar import is_section
from zen_cli.config.language.registry import COMPONENTS, REQUIRED, settings_in_yaml, settings_of
from zen_cli.config.language.schema import Checkpoints, Config, Data, Split, Training
from zen_cli.config.resolve import resolve
from zen_cli.config.text.problems import ConfigError, Place, Source
from zen_cli.config.text.reader import Node, read_text
from zen_cli.shipped import SCHEMA

VALIDATOR = jsonschema.Draft7Validator(json_schema.schema())
FILES = sorted([*CONFIGS.rglob("*.yaml"), *(Path(__file__).parent / "configs").rglob("*.yaml")])


def plain(text):
    return read_text(text, "c.yaml").plain()


def complaints(config):
    """The dotted path of each mistake, and its message."""
    return [(".".join(map(str, error.absolute_path)), error.message) for error in VALIDATOR.iter_errors(config)]


# --- the file ---


def test_it_is_a_schema():
    jsonschema.Draft7Validator.check_schema(VALIDATOR.schema)


def test_the_stored_file_is_the_schema_of_these_signatures():
    stored = (CONFIGS / SCHEMA).read_text(encoding="utf-8")
    assert stored == json_schema.text(), f"write it anew: zen schema --output configs/{SCHEMA}"


def test_the_command_prints_it_or_writes_it(tmp_path):
    assert run_zen("schema").out == json_schema.text()
    assert run_zen("schema", "-o", tmp_path / "s.json").out == ""
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == json_schema.text()


def test_every_part_of_it_is_explained():
    """A section, a component or a setting without words would be a blank in the editor."""

    def blanks(schema, path=()):
        if isinstance(schema, dict):
            for name, below in schema.get("properties", {}).items():
                if not below.get("description") and "doNotSuggest" not in below:
                    yield ".".join((*path, name))
            for key in schema.keys() - {"if"}:
                yield from blanks(schema[key], (*path, key))

    assert list(blanks(VALIDATOR.schema)) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_accepts_every_config(path):
    assert complaints(plain(path.read_text(encoding="utf-8"))) == []


def test_there_are_configs_to_accept():
    assert len(FILES) > 20


# --- mistakes ---

ONE = "seed: 0\ndata: {source: Digits}\nmodel:\n  - %s\nloss: categorical_crossentropy\noptimizer: Adam\n"
TWO = "seed: 0\ndata: {source: Digits}\nmodel: [Softmax]\nloss: categorical_crossentropy\noptimizer: %s\n"
MORE = ONE % "Softmax"

MISTAKES = [  # a config, the path that is blamed, a word of the message
    (MORE + "sede: 1", "", "'sede' was unexpected"),
    (MORE + "training: {epoch: 1}", "training", "'epoch' was unexpected"),
    (MORE.replace("Digits", "{Curve: {expression: x, point: 3}}"), "data.source.Curve", "'point' was unexpected"),
    (MORE.replace("source: Digits", "source: Digits, splits: 1"), "data", "'splits' was unexpected"),
    (MORE.replace("source: Digits", "window: 3"), "data", "'source' is a required"),
    (MORE.replace("loss:", "# "), "", "'loss' is a required"),
    (MORE.replace("Digits", "{Curve: {points: 3}}"), "data.source.Curve", "'expression' is a required"),
    (MORE.replace("Digits", "{Curve: }"), "data.source.Curve", "not of type 'object'"),
    (MORE.replace("Digits", "Curve"), "data.source", "'Curve' is not one of ['Adding', 'CopyMemory', 'Digits'"),
    (MORE.replace("Digits", "{CSV: prices.csv}"), "data.source.CSV", "'prices.csv' is not of type 'object'"),
    (MORE.replace("Digits", "{CSV: {target: y}}"), "data.source.CSV", "'file' is a required"),
    (MORE.replace("Digits", "{CSV: {file: a.csv, target: []}}"), "data.source.CSV.target", "should be non-empty"),
    (MORE.replace("Digits", "{CSV: {file: a.csv, target: y, past: y}}"), "data.source.CSV.past", "not of type 'array'"),
    (MORE.replace("Digits", "Digits, scaling: standard"), "data.scaling", "not of type 'array', 'null'"),
    (MORE.replace("Digits", "Digits, scaling: [standard]"), "data.scaling.0", "'standard' is not one of"),
    (MORE.replace("Digits", "Digits, scaling: [{Difference: 0}]"), "data.scaling.0.Difference", "minimum of 1"),
    (MORE.replace("Digits", "Digits, split: {train: 1959-1}"), "data.split.train", "'1959-1'"),
    (MORE.replace("Digits", "Digits, horizon: 1001"), "data.horizon", "greater than the maximum of 1000"),
    (MORE + "interval: 1", "interval", "greater than or equal to the maximum of 1"),
    (MORE.replace("seed: 0", "seed: -1"), "seed", "less than the minimum of 0"),
    (MORE + "training: {epochs: 0}", "training.epochs", "less than the minimum of 1"),
    (MORE + "training: {threads: 1025}", "training.threads", "greater than the maximum of 1024"),
    (MORE + "training: {epochs: two}", "training.epochs", "not of type 'integer'"),
    (MORE + "training: {epochs: 1.5}", "training.epochs", "not of type 'integer'"),
    (MORE + "training: {shuffle: 1}", "training.shuffle", "not of type 'boolean'"),
    (MORE + "training: {dtype: float16}", "training.dtype", "not one of ['float32', 'float64']"),
    (MORE + "training: {clip_norm: 0}", "training.clip_norm", "less than or equal to the minimum of 0"),
    (MORE + "training: 3", "training", "not of type 'object', 'null'"),
    (MORE + "metrics: accuracy", "metrics", "not of type 'array', 'null'"),
    (MORE + "metrics: [MSE]", "metrics.0", "'MSE' is not one of"),
    (MORE + "schedule: Step", "schedule", "'Step' is not one of"),
    (MORE + "schedule: {Step: {factor: 0.5}}", "schedule.Step", "'every' is a required"),
    (MORE + "schedule: {WarmUp: {then: Step}}", "schedule.WarmUp.then", "'Step' is not one of"),
    (MORE + "schedule: {WarmUp: {then: {Cosine: {finl: 0}}}}", "schedule.WarmUp.then.Cosine", "'finl' was unexpected"),
    (MORE.replace("[Softmax]", "[]").replace("\n  - Softmax", " []"), "model", "should be non-empty"),
    (MORE.replace("\n  - Softmax", " Softmax"), "model", "not of type 'array'"),
    (MORE.replace("categorical_crossentropy", "3"), "loss", "3 is not of type 'string', 'object'"),
    (ONE % "softmax", "model.0", "'softmax' is not one of"),
    (ONE % "Linear", "model.0", "'Linear' is not one of"),
    (ONE % "Linear:", "model.0.Linear", "None is not of type 'integer'"),
    (ONE % "Linear: []", "model.0.Linear", "[] is not of type 'integer'"),
    (ONE % "Linear: {unit: 3}", "model.0.Linear", "'unit' was unexpected"),
    (ONE % "Linear: {name: head}", "model.0.Linear", "'units' is a required"),
    (ONE % "Linear: {units: 3, name: 2nd}", "model.0.Linear.name", "does not match"),
    (ONE % "linear: 3", "model.0", "'linear' was unexpected"),
    (ONE % "{Linear: 3, ReLU: }", "model.0", "too many properties"),
    (ONE % "{}", "model.0", "{} should be non-empty"),
    (ONE % "ReLU: 3", "model.0.ReLU", "3 is not of type 'null'"),
    (ONE % "Conv1D: 3", "model.0.Conv1D", "3 is not of type 'object'"),
    (ONE % "Conv1D: {filters: 3}", "model.0.Conv1D", "'kernel_size' is a required"),
    (ONE % "MaxPool: [1, 2, 3]", "model.0.MaxPool", "is too long"),
    (ONE % "Linear: {units: 3, initializer: Hee}", "model.0.Linear.initializer", "'Hee' is not one of"),
    (ONE % "Linear: {units: 3, initializer: Constant}", "model.0.Linear.initializer", "'Constant' is not one of"),
    (ONE % "Linear: {units: 3, initializer: {He: big}}", "model.0.Linear.initializer.He", "'big' is not one of"),
    (ONE % "Residual: [Linear]", "model.0.Residual.0", "'Linear' is not one of"),
    (ONE % "Residual: {layers: [Tanh: {x: 1}]}", "model.0.Residual.layers.0.Tanh", "'x' was unexpected"),
    (TWO % "{SGD: 0.1, Adam: }", "optimizer", "too many properties"),
    (TWO % "{SGD: 0}", "optimizer.SGD", "less than or equal to the minimum of 0"),
    (TWO % "{Adam: {beta1: 1}}", "optimizer.Adam.beta1", "greater than or equal to the maximum of 1"),
    (TWO % "[Adam]", "optimizer", "not of type 'string', 'object'"),
    (TWO % "null", "optimizer", "None is not of type 'string', 'object'"),
]


@pytest.mark.parametrize(("text", "path", "words"), MISTAKES, ids=[f"{path}: {words}" for _, path, words in MISTAKES])
def test_it_says_what_is_wrong_and_where(text, path, words):
    found = complaints(plain(text))
    assert {where for where, _ in found} == {path}, found
    assert any(words in message for _, message in found), found


# --- the resolver agrees ---

VALUES = [None, True, False, 0, 1, -1, 2, 3, 62, 63, 1024, 1025, 2**24, 2**24 + 1, 0.5, 1.5, 2.0, 1e3, -0.5, 1e-300]
VALUES += ["", "no", "tanh", "same", "average", "normal", "float64", "He", "Constant", "Cosine", "Step", "a b", "a-1"]
VALUES += ["1959-01", "1959-1", "2020-01-31", "2020-01-31T12:30", "2020-01-31 12:30:00", "31.1.2020", ["a", "b"]]
VALUES += [[], [1], [0], [1, 2], [0, 1], [1, 2, 3], [0.5], [0.5, 1], ["ReLU"], ["Linear"], [{"Linear": 3}], [None]]
VALUES += [{}, {"a": 1}, {"He": "normal"}, {"Constant": None}, {"Constant": 1}, {"Step": {"every": 2}}, {"Step": 2}]
VALUES += [{"train": 3}, {"train": 2.0}, {"He": None, "Zeros": None}]

CONFIG = plain(SERIES)
REQUIRED_VALUES = {"expression": "x", "shape": [3], "layers": ["ReLU"], "rate": 0.5, "factor": 0.5}  # others are 3
REQUIRED_VALUES |= dict.fromkeys(["file", "target", "images", "labels", "train", "folder"], "a")
PLACES = {  # where a component of each kind may stand
    "source": lambda component: {"data": {"source": component}},
    "scaler": lambda component: {"data": {"source": "Digits", "scaling": [component]}},
    "layer": lambda component: {"model": [component]},
    "initializer": lambda component: {"model": [{"Linear": {"units": 3, "initializer": component}}]},
    "loss": lambda component: {"loss": component},
    "metric": lambda component: {"metrics": [component]},
    "optimizer": lambda component: {"optimizer": component},
    "schedule": lambda component: {"schedule": component},
}
SECTIONS = {
    Config: lambda settings: settings,
    Data: lambda settings: {"data": {"source": "Digits"} | settings},
    Split: lambda settings: {"data": {"source": "Digits", "split": settings}},
    Training: lambda settings: {"training": settings},
    Checkpoints: lambda settings: {"checkpoints": settings},
}

SOMEWHERE = Place(Source("c.yaml", []), 1, 1)


def tree(value):
    """Plain data as the reader would give it."""
    if isinstance(value, dict):
        return Node({key: tree(below) for key, below in value.items()}, SOMEWHERE, dict.fromkeys(value, SOMEWHERE))
    return Node([tree(item) for item in value] if isinstance(value, list) else value, SOMEWHERE)


def is_accepted(config):
    """By zen's resolver."""
    try:
        resolve(tree(config))
    except ConfigError:
        return False
    return True


def disagreements(changes):
    """The changes of a config of which schema and resolver think differently."""
    return [change for change in changes if VALIDATOR.is_valid(CONFIG | change) != is_accepted(CONFIG | change)]


def smallest(kind, name):
    """The fewest settings that a component can be given."""
    settings = settings_in_yaml(kind, name).values()
    return {s.name: REQUIRED_VALUES.get(s.name, 3) for s in settings if s.default is REQUIRED}


def variants(kind, name):
    """A component with each of its settings at each value, in each form of the grammar, and with each one missing."""
    full, settings = smallest(kind, name), settings_in_yaml(kind, name)
    yield from ({name: full | {key: value}} for key in [*settings, "nix"] for value in VALUES)
    yield from ({name: {key: value}} for key in settings for value in (1, 3))
    yield from ({name: value} for value in VALUES)
    yield from (name, name.swapcase(), {name: full}, {name: full, "Tanh": None}, [name], {name: {name: full}})


EVERY = [(kind, name) for kind, components in COMPONENTS.items() for name in components]


@pytest.mark.parametrize(("kind", "name"), EVERY, ids=[f"{kind}-{name}" for kind, name in EVERY])
def test_the_resolver_agrees_on_each_setting_of_a_component(kind, name):
    changes = [PLACES[kind](component) for component in variants(kind, name)]
    assert disagreements(changes) == []
    judged = {is_accepted(CONFIG | change) for change in changes}
    assert judged == {True, False}  # there is something to agree on


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_the_resolver_agrees_on_each_setting_of_a_section(section):
    keys = [key for key in [*settings_of(section), "nix"] if key != "extends"]
    assert disagreements(SECTIONS[section]({key: value}) for key in keys for value in VALUES) == []


# A file can say what JSON cannot, or means by it something else: 1.0 is the whole number 1 to JSON Schema, and to zen
# always a fraction; JSON has no infinity; that names of layers differ is beyond a schema.
ACCEPTED_BY_SCHEMA_ALONE = [
    {"data": {"source": "Digits", "split": {"train": 1.0}}},
    {"optimizer": {"SGD": float("inf")}},
    {"model": [{"Linear": {"units": 1, "name": "a"}}, {"Linear": {"units": 1, "name": "a"}}]},
]


@pytest.mark.parametrize("change", ACCEPTED_BY_SCHEMA_ALONE, ids=str)
def test_what_only_the_resolver_knows(change):
    assert disagreements([change]) == [change]
    assert VALIDATOR.is_valid(CONFIG | change)


def test_every_section_is_among_them():
    annotations = [setting.annotation for section in SECTIONS for setting in settings_of(section).values()]
    assert {annotation for annotation in annotations if is_section(annotation)} == SECTIONS.keys() - {Config}


@pytest.mark.parametrize("key", [key for key in CONFIG if key != "extends"])
def test_the_resolver_agrees_on_what_is_missing(key):
    config = {name: value for name, value in CONFIG.items() if name != key}
    assert VALIDATOR.is_valid(config) == is_accepted(config)


# --- a config that extends another ---

ABOVE = [  # what it says, and whether that can be right, whatever the other says
    ("", True),
    ("training: {epochs: 3}", True),
    ("data: {window: 3}", True),
    ("data: {source: {Curve: {points: 30}}}", True),
    ("schedule: {Step: {factor: 0.5}}", True),
    ("schedule: Step", True),
    ("optimizer: {RMSProp: {lr: 0.1}}", True),
    ("model: [Linear]", False),
    ("model: [Linear: {name: head}]", False),
    ("optimizer: {RMSProp: {lr: 0}}", False),
    ("trainig: {epochs: 3}", False),
    ("schedule: step", False),
]


@pytest.mark.parametrize(("text", "right"), ABOVE, ids=[text for text, _ in ABOVE])
def test_what_another_config_says_may_be_left_out(tmp_path, text, right):
    (tmp_path / "base.yaml").write_text(SERIES + "schedule: {Step: {every: 2}}\n", encoding="utf-8")
    (tmp_path / "c.yaml").write_text(f"extends: base.yaml\n{text}\n", encoding="utf-8")
    assert (complaints(plain(f"extends: base.yaml\n{text}\n")) == []) == right
    if right:
        read_config(tmp_path / "c.yaml", ())
    else:
        with pytest.raises(ConfigError):
            read_config(tmp_path / "c.yaml", ())


def test_extending_nothing_leaves_nothing_out():
    required = ["data", "model", "loss", "optimizer"]
    assert complaints({"extends": None}) == [("", f"'{key}' is a required property") for key in required]
