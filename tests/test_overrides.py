"""KEY=VALUE arguments, and any config and argument at all: a resolved config or a readable refusal."""

import json
import random
import re

import pytest
from conftest import CLASSES, CONFIGS, SERIES, changed, placed, resolved

from zen_cli.config.problems import ConfigError

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
    ("data.source.Curve.noise=0.1", ("data", "source", "Curve", "noise"), 0.1),
]


@pytest.mark.parametrize(("argument", "path", "value"), OVERRIDES, ids=[c[0] for c in OVERRIDES])
def test_an_override_changes_one_value(argument, path, value):
    found = resolved(SERIES, argument)
    for key in path:
        found = found[key]
    assert found == value
    assert type(found) is type(value)


def test_overrides_are_applied_in_their_order():
    values = resolved(CLASSES, "optimizer=SGD: 1", "optimizer.SGD.lr=2", "seed=1", "seed=2")
    assert (values["optimizer"]["SGD"]["lr"], values["seed"]) == (2.0, 2)


BAD_OVERRIDES = [
    ("seed", "1:1", "", "an override is KEY=VALUE", "training.epochs=20"),
    ("=1", "1:1", "", "an override is KEY=VALUE", "training.epochs=20"),
    ("a..b=1", "1:1", "", "an override is KEY=VALUE", ""),
    ("seed=", "1:6", "", "no value after the `=`", ""),
    ("seed=[1", "1:6", "", "`[` is not closed", ""),
    ("seed=-1", "1:6", "seed", "expected a whole number >= 0, got -1", ""),
    ("training={epochs: 0}", "1:19", "training.epochs", "expected a whole number >= 1, got 0", ""),
    ("training.epoch=3", "1:1", "training.epoch", "no such key", "did you mean 'epochs'?"),
    ("seeed=3", "1:1", "seeed", "no such key", "did you mean 'seed'?"),
    ("optimizer.RMSProp.lrr=3", "1:1", "optimizer.RMSProp.lrr", "no such key", "did you mean 'lr'?"),
    ("optimizer.lr=0.1", "1:1", "optimizer.lr", "", "optimizer.RMSProp.lr"),
    ("optimizer.Adam.lr=0.1", "1:1", "", "RMSProp", ""),
    ("training.epochs.x=3", "1:1", "training.epochs", "", ""),
    ("model.9=Tanh", "1:1", "", "model has no item 9", "numbered from 0 to 3"),
    ("model.-1=Tanh", "1:1", "", "model has no item -1", "numbered from 0 to 3"),
    ("model.x=Tanh", "1:1", "", "model has no item x", "numbered from 0 to 3"),
    ("model.2=Liner: 4", "1:9", "model.2", "no layer named 'Liner'", "did you mean 'Linear'?"),
    ("loss.MSE.x=1", "1:1", "loss.MSE.x", "no such key", "MSE takes no settings"),
    ("data.window=50", "1:13", "data.window", "need 51 points", ""),
    ("data.split.train=99", "1:18", "data.split.train", "cannot train on 99", ""),
    ("data.source.Curve.expression=sn(x)", "1:30", "data.source.Curve.expression", "did you mean sin", ""),
]


@pytest.mark.parametrize(
    ("argument", "place", "path", "words", "hint"), BAD_OVERRIDES, ids=[c[0] for c in BAD_OVERRIDES]
)
def test_a_bad_override_is_shown_with_its_place_in_the_argument(problems_of, argument, place, path, words, hint):
    (problem,) = problems_of(SERIES, argument)
    assert problem.place.source.name == "override"
    assert placed(problem) == place
    assert path in problem.path
    assert words in problem.message
    assert hint in problem.hint


# --- anything at all ---

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


def demand_readable(error):
    for line in str(error).split("\n"):
        assert line.isprintable(), line
        assert len(line) <= 300, line


@pytest.mark.parametrize("odd", ODD_TEXTS, ids=[ascii(text[:12]) for text in ODD_TEXTS])
@pytest.mark.parametrize("where", ODD_PLACES)
def test_odd_texts_are_quoted_readably(where, odd):
    for form in (f"{where.split(':')[0]}: {odd}", f"{where.split(':')[0]}: {{Tanh: {odd}}}"):
        with pytest.raises(ConfigError) as caught:
            resolved(changed(SERIES, where, form))
        demand_readable(caught.value)


@pytest.mark.parametrize("key", ODD_KEYS, ids=[ascii(key[:12]) for key in ODD_KEYS])
def test_odd_keys_of_overrides_are_quoted_readably(key):
    with pytest.raises(ConfigError) as caught:
        resolved(SERIES, f"{key}=1")
    demand_readable(caught.value)


def mutated(text, source):
    lines = text.split("\n")
    for _ in range(source.randint(1, 3)):
        i, j = source.randrange(len(lines)), source.randrange(len(lines))
        match source.randrange(4):
            case 0:
                del lines[i : i + 1]
                lines = lines or [""]
            case 1:
                lines.insert(i, lines[j])
            case 2:
                lines[i], lines[j] = lines[j], lines[i]
            case 3:
                at = source.randrange(len(lines[i]) + 1)
                piece = source.choice([*"{}[]:-,'\"#xX09.e \t", "", "1e99", " - ", ": ", "null", "é", "\u00a0"])
                lines[i] = lines[i][:at] + piece + lines[i][at + source.randint(0, 2) :]
    return "\n".join(lines)


def test_2000_mutated_configs_resolve_or_are_refused_readably():
    texts = [path.read_text(encoding="utf-8") for path in sorted(CONFIGS.rglob("*.yaml"))]
    texts = [re.sub(r"(?m)^#.*\n", "", text) for text in texts]
    source, accepted = random.Random(0), 0
    for turn in range(2000):
        text = mutated(texts[turn % len(texts)], source)
        try:
            values = resolved(text)
        except ConfigError as error:
            demand_readable(error)
        else:
            accepted += 1
            assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert 100 < accepted < 1900
