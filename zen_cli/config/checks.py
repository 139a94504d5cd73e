"""What the parts of a config must be to each other, and the errors that say so, each with its place."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from zen_cli.config.components import components_in, name_of, settings_in
from zen_cli.config.problems import ConfigError, Problem
from zen_cli.config.registry import COMPONENTS, settings_of
from zen_cli.config.resolve import KeyPath, Resolved
from zen_cli.config.schema import Component, Config
from zen_cli.config.syntax import MOST_DEPTH
from zen_cli.data.dataset import Dataset
from zen_cli.errors import DataError, UserError
from zen_cli.loss import Outputs
from zen_cli.nn import Model
from zen_cli.nn.layers import every_layer
from zen_cli.nn.parameters import Shape


def warnings(resolved: Resolved) -> list[str]:
    """What is allowed but has no effect, a line each."""
    return [
        f"{resolved.place(*path, setting)}: {dotted((*path, setting))}: no effect {where}"
        for path, settings in _layers(resolved)
        for setting, where in _without_effect(settings)
    ]


def _without_effect(settings: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if settings.get("units") and not settings.get("return_sequences", True):
        yield "units", "without return_sequences: true"
    if settings.get("dropout") and settings["layers"] == 1:
        yield "dropout", "on a single layer, since it lies between layers"


def _layers(resolved: Resolved) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """The settings of each layer, of those inside of others too, and where they stand."""
    found = components_in(settings_of(Config)["model"].annotation, resolved.values["model"], ("model",))
    named = ((path, name_of(component), settings_in(component)) for path, component in found)
    return (((*path, name), settings) for path, name, settings in named if name in COMPONENTS["layer"])


def check_states(resolved: Resolved) -> None:
    """Refuse states that are carried from batch to batch where batches do not go on from each other."""
    if not resolved.values["training"]["shuffle"]:
        return
    for path, settings in _layers(resolved):
        if settings.get("stateful"):
            message = "states are carried to the next batch, but training.shuffle draws the examples in any order"
            raise misfit(resolved, (*path, "stateful"), message, "add shuffle: false to training, or remove stateful")


def check_depth(resolved: Resolved) -> None:
    """Refuse what a run could store but not read again: in full, a config is nested deeper than it may be written."""
    deepest = max(resolved.places, key=len)
    if len(deepest) >= MOST_DEPTH:
        raise misfit(resolved, deepest[:2], "its layers are nested too deep", "put fewer of them into each other")


def check_outputs(model: Model, output: Shape, data: Dataset, outputs: Outputs, resolved: Resolved) -> None:
    """Refuse a model whose outputs the loss cannot read."""
    needed = outputs.shape(data.task.prediction_shape(data.targets.shape[1:]))
    loss_name, last = name_of(resolved.values["loss"]), type(model.layers[-1]).__name__
    if output != needed:
        message = f"the model gives outputs of shape {output}, but {loss_name} of these targets needs {needed}"
        raise misfit(resolved, ("model", len(model.layers) - 1), message, _output_hint(output, needed, outputs))
    if outputs.ending not in (None, last):
        message = f"this loss needs the probabilities of {outputs.ending}, but the model ends with {last}"
        hint = f"end the model with {outputs.ending}, or say from_logits: true"
        raise misfit(resolved, ("loss",), message, hint)
    if outputs.settings.get("from_logits") and last in ("Softmax", "Sigmoid"):
        message = f"from_logits: true says that {last} is left to the loss, but the model ends with it"
        raise misfit(resolved, ("loss", loss_name, "from_logits"), message, "leave out one of the two")


def _output_hint(output: Shape, needed: Shape, outputs: Outputs) -> str:
    if len(output) > len(needed):
        advice = "take return_sequences: true from the last RNN, or end with one, such as RNN: {hidden_dim: 32}"
        return f"these are outputs for every step: {advice}"
    return f"end the model with Linear: {needed[-1]}" + (f" and {outputs.ending}" if outputs.ending else "")


def check_batches(model: Model, data: Dataset, resolved: Resolved) -> None:
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
            raise misfit(resolved, ("training", "batch_size"), message, hint)


def _batch_size_near(size: int, count: int, fewest: int) -> int | None:
    """The batch size nearest to `size` that leaves no batch of `count` examples smaller than `fewest`."""
    fits = (other for other in range(fewest, count + 1) if (count % other or other) >= fewest)
    return min(fits, key=lambda other: abs(other - size), default=None)


def check_metric(asked: Component, path: KeyPath, data: Dataset, resolved: Resolved) -> None:
    name = name_of(asked)
    if name not in data.task.metrics:
        message = f"this metric does not suit the targets, which are {data.task.targets}"
        raise misfit(resolved, path, message, f"use {any_of(data.task.metrics)}")
    bounds = {"k": (len(data.task.labels), "classes"), "season": (data.train, "examples that train")}
    for setting, value in settings_in(asked).items():
        bound, noun = bounds.get(setting, (math.inf, ""))
        if value >= bound:
            raise misfit(resolved, (*path, name, setting), f"expected less than the {bound} {noun}, got {value}")


def metric_name(chosen: Component) -> str:
    """What a score is called in a record: `mase`, or `mase_12` where a number is not the default."""
    name, settings = name_of(chosen), settings_in(chosen)
    defaults = settings_of(COMPONENTS["metric"][name])
    changed = [v for key, v in settings.items() if not isinstance(v, bool) and v != defaults[key].default]
    return "_".join(map(str, [name.lower(), *changed]))


def any_of(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


# --- places ---


@contextmanager
def blamed_on(resolved: Resolved, *path: str | int) -> Iterator[None]:
    """Give an error of the user's that comes up in here its place in the config."""
    try:
        yield
    except UserError as error:
        setting = error.setting if isinstance(error, DataError) else ""
        raise misfit(resolved, (*path, setting) if setting else path, str(error)) from None


def misfit(resolved: Resolved, path: KeyPath, message: str, hint: str = "") -> ConfigError:
    return ConfigError([Problem(resolved.place(*path), dotted(path), message, hint)])


def dotted(path: KeyPath) -> str:
    return ".".join(map(str, path))
