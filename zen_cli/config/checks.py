"""What the parts of a config must be to each other, and the errors that say so, each with its place."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zen_cli.config.components import components_in, name_of, settings_in
from zen_cli.config.problems import ConfigError, Problem, listed
from zen_cli.config.registry import COMPONENTS, settings_of
from zen_cli.config.resolve import KeyPath, Resolved
from zen_cli.config.schema import Component, Config
from zen_cli.config.syntax import MOST_DEPTH
from zen_cli.data.dataset import Dataset
from zen_cli.data.tasks import Forecast
from zen_cli.errors import DataError, UserError
from zen_cli.loss import Outputs
from zen_cli.nn import Embedding, Flatten, Model, Reshape
from zen_cli.nn.layers import every_layer
from zen_cli.nn.parameters import Shape
from zen_cli.nn.recurrent import Recurrent


def warnings(resolved: Resolved) -> list[str]:
    """What is allowed but has no effect, or hardly the one that was meant, a line each."""
    found = [
        (*path, setting, f"no effect {where}")
        for path, settings in _layers(resolved)
        for setting, where in _without_effect(settings)
    ]
    name, optimizer = name_of(resolved.values["optimizer"]), settings_in(resolved.values["optimizer"])
    if (kept := 1 - optimizer["lr"] * optimizer["weight_decay"]) <= 0:
        found.append(("optimizer", name, "weight_decay", f"multiplies the weights by {kept:g} in each step"))
    return [f"{resolved.place(*path)}: {dotted(tuple(path))}: {what}" for *path, what in found]


def _without_effect(settings: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if settings.get("units") and not settings.get("return_sequences", True):
        yield "units", "without return_sequences: true"
    if settings.get("dropout") and settings["layers"] == 1:
        yield "dropout", "on a single layer, since it lies between layers"


def _layers(resolved: Resolved) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """The settings of each layer, of those inside of others too, and where they stand."""
    found = components_in(settings_of(Config)["model"].annotation, resolved.values["model"], ("model",))
    return (((*path, name_of(layer)), settings_in(layer)) for kind, path, layer in found if kind == "layer")


def check_states(data: Dataset, resolved: Resolved) -> None:
    """Refuse states that are carried from batch to batch where examples do not go on from those of the batch before."""
    for path, settings in _layers(resolved):
        if settings.get("stateful") and (problem := _broken_off(data, resolved)):
            raise misfit(resolved, (*path, "stateful"), *problem)


def _broken_off(data: Dataset, resolved: Resolved) -> tuple[str, str] | None:
    """Why an example is not the continuation of that at its place in the batch before, and what to do."""
    training, window = resolved.values["training"], resolved.values["data"]["window"]
    if window is None:
        return f"states are carried to the next batch, but {data.task.targets} have no order", "remove stateful"
    if training["shuffle"]:
        message = "states are carried to the next batch, but training.shuffle draws the examples in any order"
        return message, "add shuffle: false to training, or remove stateful"
    if training["batch_size"] != window:
        message = f"a window goes on {window} windows later, but the next batch comes after {training['batch_size']}"
        return message, f"say batch_size: {window} in training, or remove stateful"
    return None


def check_tokens(model: Model, data: Dataset, resolved: Resolved) -> None:
    """Refuse an Embedding of what are no tokens: outputs of other layers, or numbers that it has no vector for."""
    for place, layer in enumerate(model.layers):
        if not isinstance(layer, Embedding):
            continue
        if others := [before for before in model.layers[:place] if not isinstance(before, Flatten | Reshape)]:
            name = type(others[-1]).__name__
            message = f"Embedding looks up whole numbers, but here it gets the outputs of {name}"
            raise misfit(resolved, ("model", place), message, "make it the first layer")
        numbers = data.task.series.values if isinstance(data.task, Forecast) else data.inputs
        with blamed_on(resolved, "model", place, "Embedding", "tokens"):
            layer.ids(numbers)


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
        raise misfit(resolved, ("model", len(model.layers) - 1), message, _output_hint(model, output, needed, outputs))
    if outputs.ending not in (None, last):
        message = f"this loss needs the probabilities of {outputs.ending}, but the model ends with {last}"
        hint = f"end the model with {outputs.ending}, or say from_logits: true"
        raise misfit(resolved, ("loss",), message, hint)
    if outputs.settings.get("from_logits") and last in ("Softmax", "Sigmoid"):
        message = f"from_logits: true says that {last} is left to the loss, but the model ends with it"
        raise misfit(resolved, ("loss", loss_name, "from_logits"), message, "leave out one of the two")


def _output_hint(model: Model, output: Shape, needed: Shape, outputs: Outputs) -> str:
    if len(output) > len(needed):
        recurrent = [layer for layer in model.layers if isinstance(layer, Recurrent)]
        if recurrent and recurrent[-1].return_sequences:
            name = type(recurrent[-1]).__name__
            return f"these are outputs for every step: take return_sequences: true from the last {name}"
        return f"put Flatten or GlobalPool before the last layers, which end with Linear: {needed[-1]}"
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
        raise misfit(resolved, path, message, f"use {listed(data.task.metrics, 'or')}")
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
