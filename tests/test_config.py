"""Configs: what is refused, where and in what words; the grammar; defaults."""

import json
import re

import pytest
from conftest import CLASSES, SERIES, changed, placed, resolved

# --- what is refused ---

LR, SGD_LR = "optimizer.RMSProp.lr", "expected a number > 0, got "
REFUSED = [  # in SERIES: what is changed, what to; where that is seen, the key, words of the message, words of the hint
    ("seed: 0", "Seed: 0", "1:1", "Seed", "no such key", "did you mean 'seed'?"),
    ("seed: 0", "seed: -1", "1:7", "seed", "expected a whole number >= 0, got -1", ""),
    ("seed: 0", "seed:", "1:6", "seed", "got nothing", ""),
    ("seed: 0", "seed: 0.5", "1:7", "seed", "got 0.5", ""),
    (
        "seed: 0",
        "colour: red",
        "1:1",
        "colour",
        "no such key",
        "data, model, loss, optimizer, schedule, training, metrics and seed",
    ),
    ("loss:", "lose:", "12:1", "lose", "no such key", "did you mean 'loss'?"),
    ("optimizer:", "optimiser:", "13:1", "optimiser", "no such key", "did you mean 'optimizer'?"),
    ("optimizer:\n  RMSProp: {lr: 5e-4}\n", "", "1:1", "optimizer", "is missing", ""),
    ("  source:\n    Curve: {expression: sin(x), points: 20}\n", "", "3:3", "data.source", "is missing", ""),
    ("source:", "sauce:", "3:3", "data.sauce", "no such key", "did you mean 'source'?"),
    ("Curve:", "Curv:", "4:5", "data.source", "no source named 'Curv'", "did you mean 'Curve'?"),
    ("Curve:", "Prices:", "4:5", "data.source", "no source named 'Prices'", "Curve, Digits and FizzBuzz"),
    ("points: 20", "point: 20", "4:33", "data.source.Curve.point", "no such key", "did you mean 'points'?"),
    ("points: 20", "points: 0", "4:41", "data.source.Curve.points", "expected a whole number >= 1, got 0", ""),
    ("points: 20", "points: 1e13", "4:5", "data.source.Curve", "10,000,000,000,000 points needs", ""),
    ("points: 20", "start: .inf", "4:40", "data.source.Curve.start", "expected a number, got .inf", ""),
    ("points: 20", "start: -.inf", "4:40", "data.source.Curve.start", "expected a number, got -.inf", ""),
    ("points: 20", "noise: -1", "4:40", "data.source.Curve.noise", "expected a number >= 0, got -1", ""),
    ("expression: sin(x), ", "", "4:12", "data.source.Curve.expression", "is missing", ""),
    ("sin(x)", "3", "4:25", "data.source.Curve.expression", "expected text, got 3", ""),
    ("sin(x)", "sn(x)", "4:25", "data.source.Curve.expression", "`sn` is no function here: did you mean sin?", ""),
    ("sin(x)", "log(x)", "4:25", "data.source.Curve.expression", "-inf at x = 0", ""),
    ("sin(x)", "x.real", "4:25", "data.source.Curve.expression", "`x.real` is not part of a formula", ""),
    ("sin(x)", "2 x", "4:25", "data.source.Curve.expression", "is not a formula", ""),
    ("  window: 5\n", "", "3:3", "data.window", "a series is cut into windows", "window: 50"),
    ("window: 5", "window: 20", "5:11", "data.window", "need 21 points, but the series has 20", ""),
    ("window: 5", "window: 5.5", "5:11", "data.window", "expected a whole number >= 1 or null, got 5.5", ""),
    ("train: 10", "train: 16", "6:18", "data.split.train", "cannot train on 16 of 15 windows", ""),
    ("train: 10", "train: 1.5", "6:18", "data.split.train", "or a number > 0 and < 1, got 1.5", ""),
    ("train: 10", "train: 0", "6:18", "data.split.train", "expected a whole number >= 1", ""),
    ("train: 10", "train: 0.01", "6:18", "data.split.train", "cannot train on 0 of 15", ""),
    ("train: 10", "tran: 10", "6:11", "data.split.tran", "no such key", "did you mean 'train'?"),
    ("split: {train: 10}", "split: 0.8", "6:10", "data.split", "expected a block of keys (train), got 0.8", ""),
    ("- Linear: 4", "- linear: 4", "10:5", "model.2", "no layer named 'linear'", "did you mean 'Linear'?"),
    ("- Linear: 4", "- Liner: 4", "10:5", "model.2", "no layer named 'Liner'", "did you mean 'Linear'?"),
    ("- Linear: 4", "- Linear: 0", "10:13", "model.2.Linear.units", "expected a whole number >= 1, got 0", ""),
    ("- Linear: 4", '- Linear: "4"', "10:13", "model.2.Linear.units", 'got "4"', ""),
    ("- Linear: 4", "- Linear", "10:5", "model.2.Linear.units", "is missing", ""),
    ("- Linear: 4", "- Linear: {unit: 4}", "10:14", "model.2.Linear.unit", "no such key", "did you mean 'units'?"),
    ("- Linear: 4", "- Softmax: 4", "10:14", "model.2.Softmax.4", "no such key", "Softmax takes no settings"),
    ("- Linear: 4", "- 4", "10:5", "model.2", "expected the name of a layer, got 4", "the layers are"),
    ("- Linear: 4", "- [Linear]", "10:5", "model.2", "expected the name of a layer, got a list", "the layers are"),
    ("- Linear: 4", "- Linear: 1e12", "8:3", "model", "TB of memory, but", ""),
    ("- Linear: 4", "- RNN: 4", "10:10", "model.2.RNN.hidden_dim", "is missing", ""),
    ("- Linear: 4", "- RNN: {hidden_dim: 4}", "10:5", "model.2", "RNN expects sequences", ""),
    (
        "- Linear: 1\n",
        "- Linear: 2\n",
        "11:5",
        "model.3",
        "outputs of shape (2,), but MSE of these targets needs (1,)",
        "Linear: 1",
    ),
    (
        "  - Linear: 1\n",
        "",
        "10:5",
        "model.2",
        "outputs of shape (4,), but MSE of these targets needs (1,)",
        "Linear: 1",
    ),
    ("- RNN: {hidden_dim: 3}", "- RNN:\n    hidden_dim: 3", "9:5", "model.1", "got 2 keys", "indent it below"),
    ("{hidden_dim: 3}", "{hiden_dim: 3}", "9:11", "model.1.RNN.hiden_dim", "no such key", "mean 'hidden_dim'?"),
    ("sequences: true", "sequences: yes", "8:54", "model.0.RNN.return_sequences", "true or false, got", ""),
    ("MSE", "mse", "12:7", "loss", "no loss named 'mse'", "did you mean 'MSE'?"),
    (
        "MSE",
        "hinge",
        "12:7",
        "loss",
        "no loss named 'hinge'",
        "the losses are MSE, MAE, Huber, quantile, gaussian_nll,",
    ),
    ("MSE", "categorical_crossentropy", "12:7", "loss", "the targets are values of a series", "use MSE"),
    ("RMSProp", "RMSprop", "14:3", "optimizer", "no optimizer named 'RMSprop'", "did you mean 'RMSProp'?"),
    ("RMSProp", "Adamm", "14:3", "optimizer", "no optimizer named 'Adamm'", "did you mean 'Adam'?"),
    ("{lr: 5e-4}", "{lr: 5e-4}\n  SGD: 1", "14:3", "optimizer", "one optimizer, got 2 keys", "keep one"),
    ("lr: 5e-4", 'lr: "0.1"', "14:17", LR, SGD_LR + '"0.1"', ""),
    ("lr: 5e-4", "lr: true", "14:17", LR, SGD_LR + "true", ""),
    ("lr: 5e-4", "lr: .nan", "14:17", LR, SGD_LR + ".nan", ""),
    ("lr: 5e-4", "lr: -1", "14:17", LR, SGD_LR + "-1", ""),
    ("lr: 5e-4", "lr: 0", "14:17", LR, SGD_LR + "0", ""),
    ("lr: 5e-4", "lr: [0.1]", "14:17", LR, SGD_LR + "[0.1]", ""),
    ("lr: 5e-4", "lr: {}", "14:17", LR, SGD_LR + "an empty block of keys", ""),
    ("lr: 5e-4", "beta: 1", "14:19", "optimizer.RMSProp.beta", "expected a number >= 0 and < 1, got 1", ""),
    ("batch_size: 8", "batch_size: 8.5", "15:35", "training.batch_size", "expected a whole number >= 1, got 8.5", ""),
    ("batch_size: 8", "batchsize: 8", "15:23", "training.batchsize", "no such key", "did you mean 'batch_size'?"),
    ("batch_size: 8", "dtype: float16", "15:30", "training.dtype", "expected float32 or float64", ""),
    ("{epochs: 2, batch_size: 8}", "", "15:10", "training", "expected a block of keys (epochs, batch_size", ""),
]


@pytest.mark.parametrize(("old", "new", "place", "path", "words", "hint"), REFUSED, ids=[c[1] for c in REFUSED])
def test_a_wrong_config_is_told_what_where_and_how(problems_of, old, new, place, path, words, hint):
    (problem,) = problems_of(changed(SERIES, old, new))
    assert (placed(problem), problem.path) == (place, path)
    assert words in problem.message
    assert hint in problem.hint
    assert f"c.yaml:{place}: {path}: " in str(problem)


OF_CLASSES = [
    ("  source:", "  window: 5\n  source:", "2:11", "data.window", "only a series has windows", "remove the window"),
    (
        "  - Softmax\n",
        "",
        "6:7",
        "loss",
        "needs the probabilities of Softmax, but the model ends with Linear",
        "with Softmax",
    ),
    ("Linear: 4", "Linear: 5", "6:5", "model.1", "outputs of shape (5,)", "end the model with Linear: 4 and Softmax"),
    ("Linear: 4", "RNN: {hidden_dim: 4}", "5:5", "model.0", "each example has shape (5,)", ""),
    ("bits: 5", "bits: 4", "3:25", "data.source.FizzBuzz.numbers", "4 bits tell 16 numbers apart, not", ""),
]


@pytest.mark.parametrize(("old", "new", "place", "path", "words", "hint"), OF_CLASSES, ids=[c[1] for c in OF_CLASSES])
def test_a_wrong_config_of_classes(problems_of, old, new, place, path, words, hint):
    (problem,) = problems_of(changed(CLASSES, old, new))
    assert (placed(problem), problem.path) == (place, path)
    assert words in problem.message
    assert hint in problem.hint


@pytest.mark.parametrize("model", ["[]", "{}", "Linear", "", "1"])
def test_a_model_is_a_list_that_holds_something(problems_of, model):
    (problem,) = problems_of(SERIES[: SERIES.index("  - RNN")].replace("model:", f"model: {model}") + "loss: MSE\n")[1:]
    assert problem.path == "model"
    assert "expected a list of layers, each after a dash" in problem.message
    assert "got a list" not in problem.message


def test_a_hint_about_a_sequence_leads_to_a_model_that_fits(problems_of):
    (problem,) = problems_of(changed(SERIES, "- RNN: {hidden_dim: 3}", "- Tanh"))
    assert "outputs of shape (5, 1)" in problem.message
    assert "end the model with Linear: 1" not in problem.hint  # it does already


def test_all_problems_come_at_once_in_the_order_of_the_file(problems_of):
    text = SERIES.replace("seed: 0", "seed: -1").replace("windo", "wind").replace("MSE", "MSSE").replace("5e-4", "-1")
    problems = problems_of(text.replace("epochs: 2", "epochs: x"), "training.dtype=int8", "model.9=Tanh")
    assert [p.path for p in problems] == ["seed", "data.windw", "loss", LR, "training.epochs", "training.dtype", ""]
    assert [placed(p) for p in problems] == ["1:7", "5:3", "12:7", "14:17", "15:20", "1:16", "1:1"]


CONFIGS_WITH_HINTS = [(SERIES, old, new) for old, new, *_, hint in REFUSED if "did you mean" in hint]


@pytest.mark.parametrize(("text", "old", "new"), CONFIGS_WITH_HINTS, ids=[c[2] for c in CONFIGS_WITH_HINTS])
def test_what_a_hint_says_mends_the_config(problems_of, text, old, new):
    text = changed(text, old, new)
    (problem,) = problems_of(text)
    lines = text.split("\n")
    start, end = problem.place.column - 1, problem.place.column - 1 + problem.place.width
    line = lines[problem.place.line - 1]
    meant = re.fullmatch(r"did you mean '(\w+)'\?", problem.hint)[1]
    lines[problem.place.line - 1] = line[:start] + meant + line[end:]
    assert resolved("\n".join(lines))["model"] == resolved(SERIES)["model"]


# --- what is accepted ---

FORMS = [
    ("optimizer", ["optimizer: Adam", "optimizer: {Adam: }", "optimizer: {Adam: {}}", "optimizer: {Adam: 0.001}"]),
    ("optimizer", ["optimizer: {SGD: 1}", "optimizer: {SGD: {lr: 1}}", "optimizer:\n  SGD:\n    lr: 1.0"]),
    ("model", ["model: [Linear: 4]", "model:\n- Linear: {units: 4}", "model:\n  - Linear:\n      units: 4"]),
    ("model", ["model: [Tanh]", "model: [Tanh: ]", "model: [Tanh: {}]", "model:\n- 'Tanh'"]),
    ("loss", ["loss: MSE", "loss: {MSE: null}", "loss:\n  MSE: {}"]),
]


@pytest.mark.parametrize(("key", "forms"), FORMS, ids=[forms[0] for _, forms in FORMS])
def test_the_forms_of_the_grammar_mean_the_same(key, forms):
    rest = {
        "data": "data: {source: Digits}",
        "model": "model: [Tanh]",
        "loss": "loss: MSE",
        "optimizer": "optimizer: Adam",
    }
    texts = ["\n".join((rest | {key: form}).values()) for form in forms]
    assert all(resolved(text) == resolved(texts[0]) for text in texts)


def test_defaults_are_filled_in_and_the_whole_survives_json():
    values = resolved(CLASSES)
    assert values == {
        "data": {"source": {"FizzBuzz": {"numbers": 20, "bits": 5}}, "window": None, "split": {"train": 0.8}},
        "model": [{"Linear": {"units": 4, "initializer": None}}, {"Softmax": {}}],
        "loss": {"categorical_crossentropy": {"from_logits": False, "label_smoothing": 0.0}},
        "optimizer": {"Adam": {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.0}},
        "schedule": None,
        "training": {
            "epochs": 10,
            "batch_size": 32,
            "shuffle": True,
            "clip_norm": None,
            "clip_value": None,
            "dtype": "float32",
            "threads": 1,
        },
        "metrics": [],
        "seed": 0,
    }
    assert json.loads(json.dumps(values, allow_nan=False)) == values
