"""From a resolved config to an experiment: data, model, loss and optimizer, checked against each other."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zen_cli import loss, metric
from zen_cli.config import overrides
from zen_cli.config.checks import (
    blamed_on,
    check_batches,
    check_depth,
    check_metric,
    check_outputs,
    check_states,
    check_tokens,
    metric_name,
    misfit,
    warnings,
)
from zen_cli.config.components import component, name_of, settings_in
from zen_cli.config.problems import listed
from zen_cli.config.reader import read_file, read_text
from zen_cli.config.resolve import Resolved, resolve
from zen_cli.config.schema import Component
from zen_cli.data.dataset import Dataset, from_examples, from_series
from zen_cli.data.series import Series
from zen_cli.data.sources import Source
from zen_cli.data.tasks import Task
from zen_cli.errors import RunError, ShapeError, UserError
from zen_cli.loss import Loss, Outputs
from zen_cli.memory import demand
from zen_cli.metric import Metrics
from zen_cli.nn import Model
from zen_cli.optim import Optimizer
from zen_cli.schedule import Schedule


@dataclass(frozen=True)
class Experiment:
    """All that training needs, built; `config` is the resolved config it was built from, as plain data."""

    config: dict[str, Any]
    source: Source
    data: Dataset
    model: Model
    loss_fn: Loss
    outputs: Outputs
    metrics: Metrics
    optimizer: Optimizer
    schedule: Schedule | None


@dataclass(frozen=True)
class Opened:
    """A config file that was read: the experiment, the file byte for byte, and what in it has no effect."""

    experiment: Experiment
    text: bytes
    warnings: list[str]


def open_config(path: Path, arguments: Sequence[str]) -> Opened:
    """Read, override, resolve and build a config file.

    Raises UserError, of which ConfigError has every problem with its place.
    """
    text, root = read_file(path, str(path))
    resolved = resolve(root, known_problems=overrides.apply(root, arguments))
    return Opened(build(resolved), text, warnings(resolved))


def from_stored(config: Any, name: str) -> Experiment:
    """Build what a checkpoint's config says; settings that are newer than it get their defaults.

    Raises RunError, which calls the checkpoint `name`, where this version cannot build it.
    """
    try:
        return build(resolve(read_text(json.dumps(config), name)))
    except UserError as error:
        raise RunError(f"{name}: its config cannot be used by this zen: {error}") from None


def build(resolved: Resolved) -> Experiment:
    """Build what the config says. ConfigError, with the place, where its parts do not go together."""
    check_depth(resolved)
    config = resolved.values
    source: Source = component("source", config["data"]["source"])
    data = _load(source, resolved)
    model = Model([component("layer", c) for c in config["model"]], config["seed"], config["training"]["dtype"])
    optimizer: Optimizer = component("optimizer", config["optimizer"])
    schedule: Schedule | None = component("schedule", config["schedule"]) if config["schedule"] else None
    loss_fn, outputs = _loss(data.task, resolved)
    metrics = _metrics(data, resolved)
    _build_model(model, data, outputs, optimizer, resolved)
    check_batches(model, data, resolved)
    check_states(data, resolved)
    check_tokens(model, data, resolved)
    return Experiment(config, source, data, model, loss_fn, outputs, metrics, optimizer, schedule)


def _load(source: Source, resolved: Resolved) -> Dataset:
    config = resolved.values["data"]
    with blamed_on(resolved, "data", "source", name_of(config["source"])):
        loaded = source.load(resolved.values["seed"])
    window, train = config["window"], config["split"]["train"]
    if isinstance(loaded, Series) != (window is not None):
        raise misfit(resolved, ("data", "window"), *_WINDOW_ADVICE[isinstance(loaded, Series)])
    with blamed_on(resolved, "data", "window"):
        data = from_series(loaded, window) if isinstance(loaded, Series) else from_examples(loaded)
    with blamed_on(resolved, "data", "split", "train"):
        return data.split(train)


_WINDOW_ADVICE = {
    True: ("is missing: a series is cut into windows of so many values", "for example window: 50"),
    False: ("only a series has windows, and this source gives examples one by one", "remove the window"),
}


def _loss(task: Task, resolved: Resolved) -> tuple[Loss, Outputs]:
    """The loss with its settings, and how it reads the outputs of a model."""
    name, settings = name_of(resolved.values["loss"]), settings_in(resolved.values["loss"])
    if name not in task.losses:
        compared = "classes" if name in loss.OF_CLASSES else "values"
        message = f"this loss compares {compared}, but the targets are {task.targets}"
        raise misfit(resolved, ("loss",), message, f"use {listed(task.losses, 'or')}")
    function, outputs = task.losses[name]
    with blamed_on(resolved, "loss", name):
        return functools.partial(function, **settings), outputs(settings)


def _metrics(data: Dataset, resolved: Resolved) -> Metrics:
    """The metrics that are asked for, after the one that always is."""
    always = next(iter(data.task.metrics))
    chosen: list[Component] = [{always: {}}]
    for i, asked in enumerate(resolved.values["metrics"]):
        check_metric(asked, ("metrics", i), data, resolved)
        chosen += [asked] if asked not in chosen else []
    past = data.targets[: data.train]
    return [(metric_name(c), metric.bound(data.task.metrics[name_of(c)], settings_in(c), past)) for c in chosen]


def _build_model(model: Model, data: Dataset, outputs: Outputs, optimizer: Optimizer, resolved: Resolved) -> None:
    try:
        output = model.plan(data.inputs.shape[1:])
    except ShapeError as error:
        raise misfit(resolved, ("model", *error.layer), str(error)) from None
    check_outputs(model, output, data, outputs, resolved)
    with blamed_on(resolved, "model"):
        arrays = 2 + len(optimizer.slots)
        demand(model.size * model.dtype.itemsize * arrays, f"a model of {model.size:,} parameters")
        model.build()
