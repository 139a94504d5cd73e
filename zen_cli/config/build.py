"""From a resolved config to an experiment: data, model, loss and optimizer, checked against each other."""

import functools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zen_cli import loss, metric
from zen_cli.config import overrides
from zen_cli.config.problems import ConfigError, Problem
from zen_cli.config.reader import read_file, read_text
from zen_cli.config.registry import COMPONENTS, settings_of
from zen_cli.config.resolve import KeyPath, Resolved, component_kind, item_type, resolve
from zen_cli.config.schema import Component, Config
from zen_cli.config.syntax import MOST_DEPTH
from zen_cli.data.dataset import Dataset, from_examples, from_series
from zen_cli.data.series import Series
from zen_cli.data.sources import Source
from zen_cli.data.tasks import Task
from zen_cli.errors import DataError, RunError, ShapeError, UserError
from zen_cli.loss import Loss, Outputs
from zen_cli.memory import demand
from zen_cli.metric import Metrics
from zen_cli.nn import Model
from zen_cli.nn.layers import every_layer
from zen_cli.nn.parameters import Shape
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
    _check_depth(resolved)
    config = resolved.values
    source: Source = component("source", config["data"]["source"])
    data = _load(source, resolved)
    model = Model([component("layer", c) for c in config["model"]], config["seed"], config["training"]["dtype"])
    optimizer: Optimizer = component("optimizer", config["optimizer"])
    schedule: Schedule | None = component("schedule", config["schedule"]) if config["schedule"] else None
    loss_fn, outputs = _loss(data.task, resolved)
    metrics = _metrics(data, resolved)
    _build_model(model, data, outputs, optimizer, resolved)
    _check_batches(model, data, resolved)
    return Experiment(config, source, data, model, loss_fn, outputs, metrics, optimizer, schedule)


def component(kind: str, resolved: Component) -> Any:
    """An object of the class that a resolved component names."""
    made = COMPONENTS[kind][name_of(resolved)]
    annotations = {name: setting.annotation for name, setting in settings_of(made).items()}
    return made(**{name: _made(annotations[name], value) for name, value in settings_in(resolved).items()})


def _made(annotation: Any, value: Any) -> Any:
    """A setting's value, with the components in it as objects."""
    if item := item_type(annotation):
        return [_made(item, each) for each in value]
    kind = component_kind(annotation)
    return component(kind, value) if kind and value is not None else value


def components_in(annotation: Any, value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Component]]:
    """Every component in the resolved value of a setting, and its path; those among its settings follow it."""
    if item := item_type(annotation):
        for i, each in enumerate(value):
            yield from components_in(item, each, (*path, i))
    elif (kind := component_kind(annotation)) and value is not None:
        yield path, value
        name = name_of(value)
        for setting in settings_of(COMPONENTS[kind][name]).values():
            yield from components_in(setting.annotation, value[name][setting.name], (*path, name, setting.name))


def name_of(resolved: Component) -> str:
    return next(iter(resolved))


def settings_in(resolved: Component) -> dict[str, Any]:
    return resolved[name_of(resolved)]


def warnings(resolved: Resolved) -> list[str]:
    """What is allowed but has no effect, a line each."""
    layers = components_in(settings_of(Config)["model"].annotation, resolved.values["model"], ("model",))
    return [
        f"{resolved.place(*path, 'RNN', 'units')}: {_dotted(path)}.RNN.units: no effect without return_sequences: true"
        for path, layer in layers
        if "RNN" in layer and layer["RNN"]["units"] and not layer["RNN"]["return_sequences"]
    ]


def _check_depth(resolved: Resolved) -> None:
    """Refuse what a run could store but not read again: in full, a config is nested deeper than it may be written."""
    deepest = max(resolved.places, key=len)
    if len(deepest) >= MOST_DEPTH:
        raise _misfit(resolved, deepest[:2], "its layers are nested too deep", "put fewer of them into each other")


def _load(source: Source, resolved: Resolved) -> Dataset:
    config = resolved.values["data"]
    with _blamed_on(resolved, "data", "source", name_of(config["source"])):
        loaded = source.load(resolved.values["seed"])
    window, train = config["window"], config["split"]["train"]
    if isinstance(loaded, Series) != (window is not None):
        raise _misfit(resolved, ("data", "window"), *_WINDOW_ADVICE[isinstance(loaded, Series)])
    with _blamed_on(resolved, "data", "window"):
        data = from_series(loaded, window) if isinstance(loaded, Series) else from_examples(loaded)
    with _blamed_on(resolved, "data", "split", "train"):
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
        raise _misfit(resolved, ("loss",), message, f"use {_any_of(task.losses)}")
    function, outputs = task.losses[name]
    with _blamed_on(resolved, "loss", name):
        return functools.partial(function, **settings), outputs(settings)


def _metrics(data: Dataset, resolved: Resolved) -> Metrics:
    """The metrics that are asked for, after the one that always is."""
    always = next(iter(data.task.metrics))
    chosen: list[Component] = [{always: {}}]
    for i, asked in enumerate(resolved.values["metrics"]):
        _check_metric(asked, ("metrics", i), data, resolved)
        chosen += [asked] if asked not in chosen else []
    past = data.targets[: data.train]
    return [(_metric_name(c), metric.bound(data.task.metrics[name_of(c)], settings_in(c), past)) for c in chosen]


def _check_metric(asked: Component, path: KeyPath, data: Dataset, resolved: Resolved) -> None:
    name = name_of(asked)
    if name not in data.task.metrics:
        message = f"this metric does not suit the targets, which are {data.task.targets}"
        raise _misfit(resolved, path, message, f"use {_any_of(data.task.metrics)}")
    bounds = {"k": (len(data.task.labels), "classes"), "season": (data.train, "examples that train")}
    for setting, value in settings_in(asked).items():
        bound, noun = bounds.get(setting, (math.inf, ""))
        if value >= bound:
            raise _misfit(resolved, (*path, name, setting), f"expected less than the {bound} {noun}, got {value}")


def _metric_name(chosen: Component) -> str:
    """What a score is called in a record: `mase`, or `mase_12` where a number is not the default."""
    name, settings = name_of(chosen), settings_in(chosen)
    defaults = settings_of(COMPONENTS["metric"][name])
    changed = [v for key, v in settings.items() if not isinstance(v, bool) and v != defaults[key].default]
    return "_".join(map(str, [name.lower(), *changed]))


def _any_of(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _build_model(model: Model, data: Dataset, outputs: Outputs, optimizer: Optimizer, resolved: Resolved) -> None:
    try:
        output = model.plan(data.inputs.shape[1:])
    except ShapeError as error:
        raise _misfit(resolved, ("model", *error.layer), str(error)) from None
    _check_outputs(model, output, data, outputs, resolved)
    with _blamed_on(resolved, "model"):
        arrays = 2 + len(optimizer.slots)
        demand(model.size * model.dtype.itemsize * arrays, f"a model of {model.size:,} parameters")
        model.build()


def _check_outputs(model: Model, output: Shape, data: Dataset, outputs: Outputs, resolved: Resolved) -> None:
    """Refuse a model whose outputs the loss cannot read."""
    needed = outputs.shape(data.task.prediction_shape(data.targets.shape[1:]))
    loss_name, last = name_of(resolved.values["loss"]), type(model.layers[-1]).__name__
    if output != needed:
        message = f"the model gives outputs of shape {output}, but {loss_name} of these targets needs {needed}"
        raise _misfit(resolved, ("model", len(model.layers) - 1), message, _output_hint(output, needed, outputs))
    if outputs.ending not in (None, last):
        message = f"this loss needs the probabilities of {outputs.ending}, but the model ends with {last}"
        hint = f"end the model with {outputs.ending}, or say from_logits: true"
        raise _misfit(resolved, ("loss",), message, hint)
    if outputs.settings.get("from_logits") and last in ("Softmax", "Sigmoid"):
        message = f"from_logits: true says that {last} is left to the loss, but the model ends with it"
        raise _misfit(resolved, ("loss", loss_name, "from_logits"), message, "leave out one of the two")


def _output_hint(output: Shape, needed: Shape, outputs: Outputs) -> str:
    if len(output) > len(needed):
        advice = "take return_sequences: true from the last RNN, or end with one, such as RNN: {hidden_dim: 32}"
        return f"these are outputs for every step: {advice}"
    return f"end the model with Linear: {needed[-1]}" + (f" and {outputs.ending}" if outputs.ending else "")


def _check_batches(model: Model, data: Dataset, resolved: Resolved) -> None:
    """Refuse a batch that a layer cannot train on: the smallest one is the last of an epoch."""
    size = resolved.values["training"]["batch_size"]
    last = data.train % size or size
    for layer in every_layer(model.layers):
        if layer.fewest_examples > last:
            name, fewest = type(layer).__name__, layer.fewest_examples
            message = (
                f"the last batch of an epoch has {last} of {data.train} examples, but {name} trains on {fewest} or more"
            )
            near = _batch_size_near(size, data.train, fewest)
            hint = f"for example batch_size: {near}" if near else "train on more examples"
            raise _misfit(resolved, ("training", "batch_size"), message, hint)


def _batch_size_near(size: int, count: int, fewest: int) -> int | None:
    """The batch size nearest to `size` that leaves no batch of `count` examples smaller than `fewest`."""
    fits = (other for other in range(fewest, count + 1) if (count % other or other) >= fewest)
    return min(fits, key=lambda other: abs(other - size), default=None)


@contextmanager
def _blamed_on(resolved: Resolved, *path: str | int) -> Iterator[None]:
    """Give an error of the user's that comes up in here its place in the config."""
    try:
        yield
    except UserError as error:
        setting = error.setting if isinstance(error, DataError) else ""
        raise _misfit(resolved, (*path, setting) if setting else path, str(error)) from None


def _misfit(resolved: Resolved, path: KeyPath, message: str, hint: str = "") -> ConfigError:
    return ConfigError([Problem(resolved.place(*path), _dotted(path), message, hint)])


def _dotted(path: KeyPath) -> str:
    return ".".join(map(str, path))
