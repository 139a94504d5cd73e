"""What the parts of a config must be to each other."""

import math
from collections.abc import Iterator

import numpy as np

from zen_cli import metric
from zen_cli.config.language.schema import Component
from zen_cli.config.meaning.blame import blamed_on, misfit
from zen_cli.config.meaning.components import layers_in, name_of, settings_in
from zen_cli.config.meaning.cures import Add, Cure, Remove, Use, Write, is_name_alone, problem, setting
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.syntax import MOST_DEPTH
from zen_cli.data.dataset import Dataset
from zen_cli.data.parts import size_of
from zen_cli.data.tasks import Forecast, Regression
from zen_cli.interval import shortage
from zen_cli.nn import Embedding, Flatten, Model, Reshape
from zen_cli.nn.layers import every_layer


def check_states(data: Dataset, resolved: Resolved) -> None:
    """Refuse states that are carried from batch to batch where examples do not go on from those of the batch before."""
    for path, settings in layers_in(resolved):
        if settings.get("stateful") and (broken := _broken_off(data, resolved)):
            message, cures = broken
            raise misfit(resolved, (*path, "stateful"), message, *cures, Remove((*path, "stateful")))


def _broken_off(data: Dataset, resolved: Resolved) -> tuple[str, list[Cure]] | None:
    """Why an example is not the continuation of that at its place in the batch before, and what may make it one."""
    training, window = resolved.values["training"], resolved.values["data"]["window"]
    if not isinstance(data.task, Forecast):
        return f"states are carried to the next batch, but {data.task.targets} have no order", []
    if training["shuffle"]:
        message = "states are carried to the next batch, but training.shuffle draws the examples in any order"
        return message, [Add(("training",), "shuffle", False)]
    if training["batch_size"] != window:
        message = f"a window goes on {window} windows later, but the next batch comes after {training['batch_size']}"
        return message, [Add(("training",), "batch_size", window)]
    return None


def check_tokens(model: Model, data: Dataset, vocabulary: int, resolved: Resolved) -> None:
    """Refuse an Embedding of what are no tokens: outputs of other layers, or numbers that it has no vector for.

    `vocabulary` is how many tokens the data have, where they have one.
    """
    for place, layer in enumerate(model.layers):
        if not isinstance(layer, Embedding):
            continue
        path: KeyPath = ("model", place)
        before = [i for i in range(place) if not isinstance(model.layers[i], Flatten | Reshape)]
        if before:
            name = type(model.layers[before[-1]]).__name__
            message = f"Embedding looks up whole numbers, but here it gets the outputs of {name}"
            raise misfit(resolved, path, message, Remove(("model", before[0]) if len(before) == 1 else path))
        if layer.tokens < vocabulary:
            message = f"the vocabulary of the training part has {vocabulary} tokens, but here are vectors for fewer"
            raise misfit(
                resolved, (*path, "Embedding", "tokens"), message, Write((*path, "Embedding", "tokens"), vocabulary)
            )
        with blamed_on(resolved, *path, "Embedding", otherwise=Remove(path)):
            layer.demand_tokens(data.numbers())


def check_depth(resolved: Resolved) -> None:
    """Refuse what a run could store but not read again: in full, a config is nested deeper than it may be written."""
    deepest = max(resolved.places, key=len)
    if len(deepest) >= MOST_DEPTH:
        path = deepest[:2] if deepest[0] == "model" else deepest[:1]
        cures = [] if path[1:] and len(resolved.values["model"]) == 1 else [Remove(path)]
        message = f"this is nested {len(deepest)} levels deep, written in full, and {MOST_DEPTH - 1} are the most"
        raise misfit(resolved, path, message, *cures)


def check_batches(model: Model, data: Dataset, resolved: Resolved) -> None:
    """Refuse a batch that a layer cannot train on: the smallest one is the last of an epoch."""
    path = ("training", "batch_size")
    size = resolved.values["training"]["batch_size"]
    last = data.train % size or size
    for layer in every_layer(model.layers):
        if layer.fewest_examples > last:
            name, fewest = type(layer).__name__, layer.fewest_examples
            message = (
                f"the last batch of an epoch has {last} of {data.train} examples, but {name} trains on {fewest} or more"
            )
            near = _batch_size_near(size, data.train, fewest)
            cures = [setting(resolved, path, near)] if near else _to_train_on(fewest, data)
            raise misfit(resolved, path, message, *cures)


def _batch_size_near(size: int, count: int, fewest: int) -> int | None:
    """The batch size nearest to `size` that leaves no batch of `count` examples smaller than `fewest`."""
    fits = (other for other in range(fewest, count + 1) if (count % other or other) >= fewest)
    return min(fits, key=lambda other: abs(other - size), default=None)


def _to_train_on(count: int, data: Dataset) -> list[Cure]:
    return [Add(("data", "split"), "train", count)] if count <= len(data) else []


# --- scores ---


def check_metric(asked: Component, path: KeyPath, data: Dataset, resolved: Resolved) -> None:
    name = name_of(asked)
    if name not in data.task.metrics:
        message = f"this metric does not suit the targets, which are {data.task.targets}"
        other = [Use(path, list(data.task.metrics))] if is_name_alone(resolved, path) else []
        raise misfit(resolved, path, message, *other, Remove(path))
    bounds = {"k": (len(data.task.labels), "classes"), "season": (data.train, "examples that train")}
    for key, value in settings_in(asked).items():
        bound, noun = bounds.get(key, (math.inf, ""))
        if value >= bound:
            cure = setting(resolved, (*path, name, key), bound - 1) if bound > 1 else Remove(path)
            raise misfit(resolved, (*path, name, key), f"expected less than the {bound} {noun}, got {value}", cure)


def check_probabilities(data: Dataset, resolved: Resolved) -> None:
    """Refuse to score as one distribution what are answers of yes or no, a class at a time."""
    if name_of(resolved.values["loss"]) != "binary_crossentropy" or len(data.task.labels) <= 2:
        return
    message = "this scores probabilities that sum to 1, and with binary_crossentropy each class has its own"
    other = Add((), "loss", "categorical_crossentropy")
    asked = enumerate(resolved.values["metrics"])
    paths: list[KeyPath] = [("metrics", i) for i, each in asked if name_of(each) in metric.OF_DISTRIBUTIONS]
    if paths:
        raise ConfigError(problem(resolved, path, message, [Remove(path), other]) for path in paths)


def check_interval(data: Dataset, resolved: Resolved) -> None:
    """Refuse intervals around what is no number, and those that nothing is there to measure their width on."""
    level, path = resolved.values["interval"], ("interval",)
    if level is None:
        return
    if not isinstance(data.task, Regression):
        raise misfit(resolved, path, "only numbers have intervals, and this model tells classes apart", Remove(path))
    examples = size_of(data.parts.validation)
    if lacking := shortage(examples, level):
        lower = [Write(path, other) for other in (0.95, 0.9, 0.8, 0.5) if not shortage(examples, other)]
        raise misfit(resolved, path, lacking, *lower[:1], Remove(path))


# --- numbers ---


def check_range(data: Dataset, resolved: Resolved) -> None:
    """Refuse data that reach beyond the numbers which training computes with."""
    dtype = np.dtype(resolved.values["training"]["dtype"])
    largest = max(float(np.nanmax(np.abs(block), initial=0)) for block in data.numbers())
    if largest > (most := float(np.finfo(dtype).max)):
        path = ("data", "source", name_of(resolved.values["data"]["source"]))
        message = f"these data reach {largest:.4g}, and {dtype} ends at {most:.4g}"
        raise misfit(resolved, path, message, Add(("training",), "dtype", "float64"))


def check_numbers(resolved: Resolved) -> None:
    """Refuse a number that is another one where training computes with it: 1e-300 is 0 in float32."""
    if resolved.values["training"]["dtype"] != "float32":
        return
    for path, value in _numbers(resolved):
        with np.errstate(over="ignore"):
            rounded = float(np.float32(value))
        if rounded != value and rounded in (0, 1, math.inf, -math.inf):
            message = f"{value!r} is {rounded:g} in float32, the numbers that this training computes with"
            raise misfit(resolved, path, message, Add(("training",), "dtype", "float64"))


def _numbers(resolved: Resolved) -> Iterator[tuple[KeyPath, float]]:
    """What meets the arrays of a training: settings of layers, loss and optimizer."""
    parts = [(path, settings) for path, settings in layers_in(resolved)]
    parts += [
        ((key, name_of(resolved.values[key])), settings_in(resolved.values[key])) for key in ("loss", "optimizer")
    ]
    for path, settings in [*parts, (("training",), resolved.values["training"])]:
        for key, value in settings.items():
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, float):
                    yield (*path, key), each
