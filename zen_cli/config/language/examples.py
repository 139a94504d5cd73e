"""A value for each setting that shows how it is written, and that a config accepts."""

import copy
from collections.abc import Callable
from typing import Any

from zen_cli.config.language.grammar import component_kind, is_section, item_type, shortest
from zen_cli.config.language.registry import COMPONENTS, REQUIRED, Setting, first_of, required_in, settings_of
from zen_cli.config.language.values import choices

# What default and type do not tell, or not well. A name means the same wherever it stands, but for the owners below.
_BY_NAME: dict[str, Any] = {
    "data": {"source": {"Curve": "sin(x)"}, "window": 50},
    "model": [{"RNN": {"hidden_dim": 32}}, {"Linear": 1}],
    "extends": "base.yaml",
    "name": "head",
    "expression": "sin(x)",
    "window": 50,
    "horizon": 12,
    "season": 12,
    "train": 0.9,
    "test": 0.1,
    "group": "customer",
    "interval": 0.9,
    "clip_norm": 1.0,
    "clip_value": 0.5,
    "units": 8,
    "hidden_dim": 32,
    "filters": 16,
    "kernel_size": 3,
    "stride": 2,
    "tokens": 100,
    "dim": 16,
    "shape": [8, 8, 1],
    "rate": 0.2,
    "value": 0.1,
    "k": 3,
    "beta": 0.95,
    "beta1": 0.95,
    "beta2": 0.99,
    "every": 10,
    "factor": 0.9,
    "steps": 100,
    "monitor": "val_loss",
    "patience": 5,
    "min_delta": 0.001,
    "every_epochs": 10,
    "every_steps": 1000,
    "class_weights": "balanced",
    "encoding": "latin-1",
    "columns": ["close"],
    "classes": True,
    "shortest": 5,
    "max_size": 10000,
    "size": 32,
}
_OF_SOURCES: dict[str, dict[str, Any]] = {
    "CSV": {
        "file": "prices.csv",
        "target": "close",
        "inputs": ["open", "volume"],
        "index": "date",
        "series": "company",
        "past": ["volume"],
        "future": ["holiday"],
        "categories": ["weekday"],
        "test_file": "test.csv",
        "delimiter": ";",
        "decimal": ",",
    },
    "IDX": {
        "images": "train-images-idx3-ubyte.gz",
        "labels": "train-labels-idx1-ubyte.gz",
        "test_images": "t10k-images-idx3-ubyte.gz",
        "test_labels": "t10k-labels-idx1-ubyte.gz",
    },
    "NPZ": {
        "file": "mnist.npz",
        "inputs": "x_train",
        "targets": "y_train",
        "test_inputs": "x_test",
        "test_targets": "y_test",
    },
    "UCR": {"train": "GunPoint_TRAIN.ts", "test": "GunPoint_TEST.ts"},
    "Images": {"folder": "photos"},
    "Text": {"file": "book.txt", "tokens": "words"},
}
_BY_KIND: dict[str, Any] = {
    "source": {"Curve": "sin(x)"},
    "scaler": "Standard",
    "layer": {"Linear": 8},
    "initializer": "Orthogonal",
    "loss": "MSE",
    "metric": "MAE",
    "optimizer": {"Adam": {"lr": 0.001}},
    "schedule": "Cosine",
}


def example(setting: Setting) -> Any:
    """A value, as plain data; where there is a default, not that."""
    rows = _BY_NAME | _OF_SOURCES.get(setting.owner, {})
    if setting.name in rows:
        return copy.deepcopy(rows[setting.name])
    if kind := component_kind(setting.annotation):
        return kind_example(kind)
    if kind := component_kind(item_type(setting.annotation)):
        return [kind_example(kind)]
    if is_section(setting.annotation):
        return section_example(setting.name, setting.annotation)
    return _near(setting.default, setting.annotation)


def kind_example(kind: str) -> Any:
    """A component of the kind, as a config writes it."""
    return copy.deepcopy(_BY_KIND[kind])


def component_example(kind: str, name: str) -> Any:
    """The component with what it needs, or else with its first setting, as a config writes it."""
    made = COMPONENTS[kind][name]
    needed, first = required(made), first_of(made)
    if first and not needed:
        usual = isinstance(first.default, int | float) and first.default
        return {name: {first.name: usual or example(first)}}
    return shortest(kind, name, needed)


def section_example(name: str, made: type) -> dict[str, Any]:
    """Settings for a section of this name: those that it needs, or else the first one."""
    first = first_of(made)
    assert first
    return copy.deepcopy(_BY_NAME.get(name)) or required(made) or {first.name: example(first)}


def required(component: Callable[..., Any]) -> dict[str, Any]:
    """Values for the settings that a component, or a section, cannot do without."""
    settings = settings_of(component)
    return {name: example(settings[name]) for name in required_in(settings)}


def _near(default: Any, annotation: Any) -> Any:
    """Something else than the default, but not by far."""
    if isinstance(default, bool):
        return not default
    if isinstance(default, str):
        return next(choice for choice in choices(annotation) if choice != default)
    if isinstance(default, tuple):
        return list(default)
    if default is None or default is REQUIRED:
        raise LookupError(f"_BY_NAME has no row for {annotation}")
    return (2 * default or 1) if isinstance(default, int) else (default / 2 or 0.1)
