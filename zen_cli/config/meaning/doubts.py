"""What a config may say but hardly means: a line each, for a person to look at."""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from zen_cli.config.language.registry import settings_of
from zen_cli.config.language.schema import Config, Training
from zen_cli.config.meaning.components import components_in, layers_in, name_of, settings_in
from zen_cli.config.meaning.constant import constant
from zen_cli.config.meaning.shapes import PROBABILITIES
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath, dotted
from zen_cli.config.text.words import count, listed
from zen_cli.data.dataset import Dataset
from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.parts import TEST, VALIDATION, size_of
from zen_cli.data.rows import Mapped, Where
from zen_cli.data.tasks import Forecast
from zen_cli.data.texts import TextDataset
from zen_cli.errors import quoted
from zen_cli.nn import Dropout, Embedding, Model, Softmax
from zen_cli.schedule import WarmUp

Doubt = tuple[KeyPath, str]
LARGE = 100  # for an input: a network expects numbers of about 1
MANY = 5  # examples of a class to expect, so that none is no accident: less than one in a hundred times
NAMED = 5  # columns or classes of a list


def warnings(resolved: Resolved) -> list[str]:
    """Doubts about what the config says by itself."""
    undone = [f"{problem.place}: {problem.path}: {problem.message}" for problem in resolved.undone]
    return undone + _lines(
        resolved,
        [
            *_of_layers(resolved),
            *_of_loss(resolved),
            *_of_optimizer(resolved),
            *_of_schedules(resolved),
            *_of_stopping(resolved),
            *_of_checkpoints(resolved),
        ],
    )


def warnings_of_data(resolved: Resolved, data: Dataset, model: Model) -> list[str]:
    """Doubts about what the config says of these data; the model's shapes are known."""
    return _lines(
        resolved,
        [
            *_of_sizes(resolved, data),
            *_of_parts(resolved, data),
            *_of_columns(resolved, data),
            *_of_steps(resolved, data),
            *_of_numbers(resolved, data, model),
            *_of_warm_up(resolved, data),
            *_of_saves(resolved, data),
            *_of_monitor(resolved, data),
            *_of_end(resolved, data, model),
            *_of_scores(resolved, data),
        ],
    )


def _lines(resolved: Resolved, doubts: Iterable[Doubt]) -> list[str]:
    return [f"{resolved.place(*path)}: {dotted(path)}: {what}" for path, what in doubts]


# --- of the config alone ---


def _of_layers(resolved: Resolved) -> Iterator[Doubt]:
    layers = list(layers_in(resolved))
    for path, settings in layers:
        if settings.get("units") and not settings.get("return_sequences", True):
            yield (*path, "units"), "no effect without return_sequences: true"
        if settings.get("dropout") and settings["layers"] == 1:
            yield (*path, "dropout"), "no effect on a single layer, since it lies between layers"
    for (before, _), (path, _) in itertools.pairwise(layers):
        follows = before[:-2] == path[:-2]  # in one stack: `model`, or the layers of one Residual
        if follows and before[-1] in PROBABILITIES and path[-1] in PROBABILITIES:
            yield path[:-1], f"the outputs of {before[-1]} are probabilities already, and this makes them nearly equal"


def _of_loss(resolved: Resolved) -> Iterator[Doubt]:
    name, settings = name_of(resolved.values["loss"]), settings_in(resolved.values["loss"])
    quantiles = settings.get("quantiles")
    if quantiles and 0.5 not in quantiles:
        near = [q for q in (_last(quantiles, 0.5), _first(quantiles, 0.5)) if q is not None]
        stands = f"lies between those of {near[0]:g} and {near[1]:g}" if len(near) == 2 else f"is that of {near[0]:g}"
        yield ("loss", name, "quantiles"), f"the median, 0.5, is not among them: what is predicted {stands}"


def _last(numbers: list[float], below: float) -> float | None:
    return max((q for q in numbers if q < below), default=None)


def _first(numbers: list[float], above: float) -> float | None:
    return min((q for q in numbers if q > above), default=None)


def _of_optimizer(resolved: Resolved) -> Iterator[Doubt]:
    name, optimizer = name_of(resolved.values["optimizer"]), settings_in(resolved.values["optimizer"])
    if (kept := 1 - optimizer["lr"] * optimizer["weight_decay"]) <= 0:
        yield ("optimizer", name, "weight_decay"), f"multiplies the weights by {kept:g} in each step"


def _of_schedules(resolved: Resolved) -> Iterator[Doubt]:
    epochs = resolved.values["training"]["epochs"]
    for path, settings in _schedules(resolved):
        if path[-1] == "WarmUp" and settings["steps"] is not None and settings["epochs"] != WarmUp().epochs:
            yield (*path, "epochs"), "no effect beside steps"
        if path[-1] == "Step" and settings["every"] >= epochs:
            yield (*path, "every"), f"no effect, as the training ends after {count(epochs, 'epoch')}"
        if path[-1] == "ReduceOnPlateau" and settings["patience"] + 2 >= epochs:
            yield (*path, "patience"), f"no effect, as the training ends after {count(epochs, 'epoch')}"
        if path[-1] == "Cosine" and settings["final"] == 1:
            yield (*path, "final"), "no effect, as the rate stays what it is"


def _schedules(resolved: Resolved) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    annotation = settings_of(Config)["schedule"].annotation
    for _, path, schedule in components_in(annotation, resolved.values["schedule"], ("schedule",)):
        yield (*path, name_of(schedule)), settings_in(schedule)


def _of_stopping(resolved: Resolved) -> Iterator[Doubt]:
    training = resolved.values["training"]
    epochs, patience = training["epochs"], training["patience"]
    if patience is None and training["weights"] == "last":
        for name in ("monitor", "min_delta"):
            if training[name] != getattr(Training(), name):
                yield ("training", name), "no effect without patience, as the model has the last weights"
    if patience is not None and patience + 1 >= epochs:
        yield ("training", "patience"), f"no effect, as the training ends after {count(epochs, 'epoch')}"


def _of_checkpoints(resolved: Resolved) -> Iterator[Doubt]:
    epochs, every = resolved.values["training"]["epochs"], resolved.values["checkpoints"]["every_epochs"]
    if every is not None and every >= epochs:
        yield ("checkpoints", "every_epochs"), f"no effect, as the training ends after {count(epochs, 'epoch')}"


# --- of the config and its data ---


def _of_sizes(resolved: Resolved, data: Dataset) -> Iterator[Doubt]:
    training = resolved.values["training"]
    if data.train == 1 < len(data):
        yield ("data", "split", "train"), f"a single one of the {len(data):,} {data.task.examples} trains"
    if training["batch_size"] > data.train and training["batch_size"] != Training().batch_size:
        yield ("training", "batch_size"), f"only {data.train:,} {data.task.examples} train, so each step takes them all"


def _of_parts(resolved: Resolved, data: Dataset) -> Iterator[Doubt]:
    split = resolved.values["data"]["split"]
    if split["group"] and not data.held_out:
        yield ("data", "split", "group"), "its groups are so large that all examples train"
    if isinstance(data.targets, np.ndarray) and data.targets.ndim == 1 and data.task.labels:
        yield from _of_classes(resolved, data)


def _of_classes(resolved: Resolved, data: Dataset) -> Iterator[Doubt]:
    """What of the classes hardly comes by chance, or leaves too little to learn."""
    members = np.sum([_counts(data, part) for _, part in data.parts.named()], axis=0)
    yield from _lacking(resolved.values["data"]["split"], data, members != 1)
    if len(data.task.labels) == 1:
        yield _source(resolved), f"all examples are of class {quoted(data.task.labels[0])}: there is nothing to learn"
    elif (alone := np.flatnonzero(members == 1)).size:
        classes = _clipped("class", [data.task.labels[i] for i in alone])
        have = "has a single example" if alone.size == 1 else "have a single example each"
        yield _source(resolved), f"{classes} {have}, which cannot both train and be held out"


def _lacking(split: dict[str, Any], data: Dataset, of: np.ndarray) -> Iterator[Doubt]:
    """Parts without an example of one `of` the classes, hardly by chance."""
    ordered = split["method"] == "order"
    advice = ", as they come in order: `method: stratified` deals each class out" if ordered else ""
    shares = _counts(data, slice(None)) / len(data.targets)
    for name, part, by_chance in (
        ("training", data.parts.train, 0),
        (VALIDATION, data.parts.validation, MANY if ordered else math.inf),
        (TEST, data.parts.test, MANY if ordered and split["test"] else math.inf),
    ):
        lacking = np.flatnonzero(of & (_counts(data, part) == 0) & (shares * size_of(part) > by_chance))
        if lacking.size:
            several = f" and {lacking.size - 1} other{'s' * (lacking.size > 2)}" if lacking.size > 1 else ""
            label = quoted(data.task.labels[lacking[0]])
            yield ("data", "split", "method"), f"the {name} part has no example of {label}{several}{advice}"


def _counts(data: Dataset, part: Where) -> np.ndarray:
    """How many examples of a part each class has."""
    classes = data.targets[part]
    return np.bincount(classes[classes >= 0], minlength=len(data.task.labels))


def _of_columns(resolved: Resolved, data: Dataset) -> Iterator[Doubt]:
    """Those that do not vary."""
    inputs, targets = constant(data)
    if inputs or targets:
        of = " and ".join(_clipped(*each) for each in (("input", inputs), ("target", targets)) if each[1])
        alone = len(inputs) + len(targets) == 1
        have, teach = ("has one value", "it teaches") if alone else ("have one value each", "they teach")
        yield _source(resolved), f"{of} {have} in the whole training part: {teach} nothing"


def _source(resolved: Resolved) -> KeyPath:
    return ("data", "source", name_of(resolved.values["data"]["source"]))


def _clipped(noun: str, names: Sequence[str]) -> str:
    """`class 'a'`, `inputs 'a', 'b' and 7 more`."""
    ending = "" if len(names) == 1 else "es" if noun.endswith("s") else "s"
    more = [f"{len(names) - NAMED:,} more"] if len(names) > NAMED else []
    return f"{noun}{ending} {listed([*map(quoted, names[:NAMED]), *more])}"


def _of_steps(resolved: Resolved, data: Dataset) -> Iterator[Doubt]:
    """What is said of the steps of a series."""
    said = resolved.values["data"]
    if not isinstance(data, ForecastDataset):
        return
    if said["strategy"] == "recursive" and said["horizon"] == 1:
        yield ("data", "strategy"), "no effect with a horizon of 1"
    for name, part, first, end in _spans(data):
        if not size_of(part) and 0 < end - first < said["horizon"]:
            few = f"the {name} part has {count(end - first, 'value')} of a series and no window"
            yield ("data", "horizon"), f"{few}, since {said['horizon']} are predicted in a row"
    season, lags = said["season"], [settings_in(scaler).get("lag") for scaler in said["scaling"]]
    if season and season > said["window"] and season not in lags:
        yield ("data", "window"), f"{said['window']} values are less than the season of {season}"


def _spans(data: ForecastDataset) -> Iterator[tuple[str, Where, int, int]]:
    """The parts that do not train, and the rows of the longest series that each of them predicts."""
    longest = max(data.divisions, key=lambda division: division.end)
    yield VALIDATION, data.parts.validation, longest.validation, longest.test
    yield TEST, data.parts.test, longest.test, longest.end


def _of_numbers(resolved: Resolved, data: Dataset, model: Model) -> Iterator[Doubt]:
    """Tokens that never come, and numbers that no network learns well."""
    for place, layer in enumerate(model.layers):
        if isinstance(layer, Embedding) and isinstance(data, TextDataset) and layer.tokens > len(data.task.labels):
            known = f"the vocabulary of the training part has {len(data.task.labels)} tokens, and no other ever comes"
            yield ("model", place, "Embedding", "tokens"), known
    if resolved.values["data"]["scaling"] or any(isinstance(layer, Embedding) for layer in model.layers):
        return
    largest = float(np.nanmax(np.abs(next(data.numbers(), np.empty(0))), initial=0))
    if largest > LARGE:
        yield ("data", "scaling"), f"the inputs reach {largest:.4g}: `scaling: [Standard]` brings them to about 1"


def _of_warm_up(resolved: Resolved, data: Dataset) -> Iterator[Doubt]:
    epochs = resolved.values["training"]["epochs"]
    for path, settings in _schedules(resolved):
        if path[-1] == "WarmUp":
            which, most = ("epochs", epochs) if settings["steps"] is None else ("steps", _steps(resolved, data))
            if settings[which] >= most:
                ends = f"the training ends after {count(most, which[:-1])}"
                yield (*path, which), f"{ends}, before the learning rate is up"


def _steps(resolved: Resolved, data: Dataset) -> int:
    """How many the whole training has."""
    training = resolved.values["training"]
    steps: int = training["epochs"] * math.ceil(data.train / training["batch_size"])
    return steps


def _of_saves(resolved: Resolved, data: Dataset) -> Iterator[Doubt]:
    every, steps = resolved.values["checkpoints"]["every_steps"], _steps(resolved, data)
    if every is not None and every >= steps:
        yield ("checkpoints", "every_steps"), f"no effect, as the training ends after {count(steps, 'step')}"


def _of_monitor(resolved: Resolved, data: Dataset) -> Iterator[Doubt]:
    training, validated = resolved.values["training"], size_of(data.parts.validation)
    if training["monitor"] is not None or validated:
        return
    if training["patience"] is not None:
        falls = "which falls as long as the model fits its examples more closely"
        yield ("training", "patience"), f"without a validation part it looks at the loss of training, {falls}"
    elif training["min_delta"] and training["weights"] == "best":
        yield ("training", "min_delta"), "no effect without a validation part, as no score says which epoch is best"


def _of_end(resolved: Resolved, data: Dataset, model: Model) -> Iterator[Doubt]:
    """Outputs that cannot be what they are compared with."""
    place = len(model.layers) - 1
    path, last = ("model", place), model.layers[-1]
    name = type(last).__name__
    if isinstance(last, Dropout):
        yield path, "while training, this drops predictions themselves"
    single = model.summary and model.summary[-1].output[-1] == 1 and len(data.task.labels) != 1  # told of as a class
    if isinstance(last, Softmax) and single:
        yield path, "of a single number, a Softmax is always 1"
    elif isinstance(data.task, Forecast):
        (low, high), targets = last.bounds, data.targets[:1] if isinstance(data.targets, Mapped) else data.targets[:]
        least, most = targets.min(), targets.max()
        if least < low or most > high:
            bounds = f"from {low:g}" + (f" to {high:g}" if math.isfinite(high) else " up")
            yield path, f"{name} gives values {bounds}, and the targets reach from {least:.4g} to {most:.4g}"
    yield from _of_logits(resolved, model)


def _of_logits(resolved: Resolved, model: Model) -> Iterator[Doubt]:
    """Probabilities for a loss that takes logits, behind layers that only arrange them; at the end they are refused."""
    if settings_in(resolved.values["loss"]).get("from_logits"):
        for place in reversed(range(len(model.layers) - 1)):
            name = type(model.layers[place]).__name__
            if any(layer.parameters for layer in model.summary[place:]):
                return
            if name in PROBABILITIES:
                yield ("model", place), f"the loss takes logits, and gets probabilities of this {name}"


def _of_scores(resolved: Resolved, data: Dataset) -> Iterator[Doubt]:
    for i, asked in enumerate(resolved.values["metrics"]):
        if asked in resolved.values["metrics"][:i] or asked == {next(iter(data.task.metrics)): {}}:
            yield ("metrics", i), "this is scored already"
        if name_of(asked) == "R2" and data.held_out == 1:
            yield ("metrics", i), "no R2 of the single example that is held out: it takes two or more"
