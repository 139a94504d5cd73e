"""From a resolved config to an experiment: data, model, loss and optimizer, checked against each other."""

import functools
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

from zen_cli.config import overrides
from zen_cli.config.problems import ConfigError, Problem
from zen_cli.config.reader import read_file, read_text
from zen_cli.config.registry import COMPONENTS, settings_of
from zen_cli.config.resolve import Resolved, component_kind, resolve
from zen_cli.config.schema import Component
from zen_cli.data.dataset import Dataset, from_examples, from_series
from zen_cli.data.series import Series
from zen_cli.data.sources import Source
from zen_cli.errors import DataError, RunError, ShapeError, UserError
from zen_cli.loss import Loss, categorical_crossentropy
from zen_cli.memory import demand
from zen_cli.nn import Model, Softmax
from zen_cli.nn.parameters import Shape
from zen_cli.optim import Optimizer


@dataclass(frozen=True)
class Experiment:
    """All that training needs, built; `config` is the resolved config it was built from, as plain data."""

    config: dict[str, Any]
    source: Source
    data: Dataset
    model: Model
    loss_fn: Loss
    optimizer: Optimizer


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
    config = resolved.values
    source: Source = component("source", config["data"]["source"])
    data = _load(source, resolved)
    model = Model([component("layer", c) for c in config["model"]], config["seed"], config["training"]["dtype"])
    optimizer: Optimizer = component("optimizer", config["optimizer"])
    loss_fn: Loss = functools.partial(COMPONENTS["loss"][name_of(config["loss"])], **settings_in(config["loss"]))
    _build_model(model, data, optimizer, resolved)
    _check_loss(name_of(config["loss"]), model, data, resolved)
    return Experiment(config, source, data, model, loss_fn, optimizer)


def component(kind: str, resolved: Component) -> Any:
    """An object of the class that a resolved component names."""
    made = COMPONENTS[kind][name_of(resolved)]
    annotations = {name: setting.annotation for name, setting in settings_of(made).items()}
    return made(**{name: _made(annotations[name], value) for name, value in settings_in(resolved).items()})


def _made(annotation: Any, value: Any) -> Any:
    """A setting's value, with the components in it as objects."""
    if get_origin(annotation) is list:
        return [_made(get_args(annotation)[0], item) for item in value]
    kind = component_kind(annotation)
    return component(kind, value) if kind and value is not None else value


def name_of(resolved: Component) -> str:
    return next(iter(resolved))


def settings_in(resolved: Component) -> dict[str, Any]:
    return resolved[name_of(resolved)]


def warnings(resolved: Resolved) -> list[str]:
    """What is allowed but has no effect, a line each."""
    return [
        f"{resolved.place('model', i, 'RNN', 'units')}: model.{i}.RNN.units: no effect without return_sequences: true"
        for i, layer in enumerate(resolved.values["model"])
        if "RNN" in layer and layer["RNN"]["units"] and not layer["RNN"]["return_sequences"]
    ]


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


def _build_model(model: Model, data: Dataset, optimizer: Optimizer, resolved: Resolved) -> None:
    shape, target = data.inputs.shape[1:], data.targets.shape[1:]
    try:
        output = model.plan(shape)
    except ShapeError as error:
        raise _misfit(resolved, ("model", error.layer or 0), str(error)) from None
    last = len(model.layers) - 1
    if output != target:
        message = f"the model gives outputs of shape {output}, but the targets have shape {target}"
        raise _misfit(resolved, ("model", last), message, _output_hint(output, target, data))
    with _blamed_on(resolved, "model"):
        arrays = 2 + len(optimizer.slots)
        demand(model.size * model.dtype.itemsize * arrays, f"a model of {model.size:,} parameters")
        model.build()


def _output_hint(output: Shape, target: Shape, data: Dataset) -> str:
    if len(output) > len(target):
        advice = "take return_sequences: true from the last RNN, or end with one, such as RNN: {hidden_dim: 32}"
        return f"these are outputs for every step: {advice}"
    return f"end the model with Linear: {target[0]}" + (" and Softmax" if data.labels else "")


def _check_loss(name: str, model: Model, data: Dataset, resolved: Resolved) -> None:
    if name != categorical_crossentropy.__name__:
        return
    if not data.labels:
        message = "this loss compares classes, but the targets are values of a series"
        raise _misfit(resolved, ("loss",), message, "use MSE")
    if not isinstance(model.layers[-1], Softmax):
        last = type(model.layers[-1]).__name__
        message = f"this loss needs probabilities, but the model ends with {last}"
        raise _misfit(resolved, ("loss",), message, "add Softmax to the end of the model")


@contextmanager
def _blamed_on(resolved: Resolved, *path: str | int) -> Iterator[None]:
    """Give an error of the user's that comes up in here its place in the config."""
    try:
        yield
    except UserError as error:
        setting = error.setting if isinstance(error, DataError) else ""
        raise _misfit(resolved, (*path, setting) if setting else path, str(error)) from None


def _misfit(resolved: Resolved, path: tuple[str | int, ...], message: str, hint: str = "") -> ConfigError:
    return ConfigError([Problem(resolved.place(*path), ".".join(map(str, path)), message, hint)])
