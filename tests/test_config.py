"""Configs: the order of problems, the grammar and defaults. What is said of wrong ones stands in tests/wrong/."""

import json

import pytest
from conftest import CLASSES, SERIES, placed, resolved


def test_all_problems_come_at_once_in_the_order_of_the_file(problems_of):
    text = SERIES.replace("seed: 0", "seed: -1").replace("windo", "wind").replace("MSE", "MSSE").replace("5e-4", "-1")
    problems = problems_of(text.replace("epochs: 2", "epochs: x"), "training.dtype=int8", "model.9=Tanh")
    assert [p.path for p in problems] == [
        "seed",
        "data.windw",
        "loss",
        "optimizer.RMSProp.lr",
        "training.epochs",
        "training.dtype",
        "",
    ]
    assert [placed(p) for p in problems] == ["1:7", "5:3", "12:7", "14:17", "15:20", "1:16", "1:7"]


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
        "data": {
            "source": {"FizzBuzz": {"numbers": 20, "bits": 5}},
            "window": None,
            "horizon": 1,
            "strategy": "direct",
            "season": None,
            "scaling": [],
            "split": {"train": 0.8, "test": 0, "method": "order", "group": None},
        },
        "model": [{"Linear": {"units": 4, "initializer": None}}, {"Softmax": {}}],
        "loss": {"categorical_crossentropy": {"from_logits": False, "label_smoothing": 0.0, "class_weights": None}},
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
            "patience": None,
            "min_delta": 0.0,
            "monitor": None,
            "weights": "best",
        },
        "checkpoints": {"keep": 2, "every_epochs": None, "every_steps": None, "every_seconds": 60.0},
        "metrics": [],
        "interval": None,
        "seed": 0,
    }
    assert json.loads(json.dumps(values, allow_nan=False)) == values
