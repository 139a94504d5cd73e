"""From a resolved config to an experiment, level by level: data, then model, loss and optimizer for them."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from zen_cli import loss, metric
from zen_cli.config import overrides
from zen_cli.config.extends import with_bases
from zen_cli.config.language.schema import Component
from zen_cli.config.meaning.blame import blamed_on, misfit, no_column
from zen_cli.config.meaning.checks import (
    check_batches,
    check_depth,
    check_interval,
    check_metric,
    check_numbers,
    check_probabilities,
    check_range,
    check_states,
    check_tokens,
)
from zen_cli.config.meaning.components import component, name_of, settings_in
from zen_cli.config.meaning.cures import Use, Write, is_name_alone
from zen_cli.config.meaning.doubts import warnings, warnings_of_data
from zen_cli.config.meaning.monitors import check_monitors, metric_name, monitored
from zen_cli.config.meaning.shapes import misread, misshapen
from zen_cli.config.prepare import prepare, told
from zen_cli.config.resolve import Resolved, resolve
from zen_cli.config.text.problems import ConfigError, Found, Problem, nowhere
from zen_cli.config.text.reader import read_file, tree_of
from zen_cli.data.dataset import Dataset, Preparation
from zen_cli.data.parts import size_of
from zen_cli.data.rows import selected
from zen_cli.data.sources import Source
from zen_cli.data.sources.base import Raw
from zen_cli.data.stored import preparation_from
from zen_cli.data.table import NoColumnError
from zen_cli.data.tasks import Task
from zen_cli.errors import DataError, RunError, ShapeError, UserError, printable
from zen_cli.interval import Interval
from zen_cli.loss import Loss, Outputs, balanced, demand_a_weight_each
from zen_cli.memory import demand
from zen_cli.metric import Metrics
from zen_cli.nn import Model
from zen_cli.nn.parameters import Shape
from zen_cli.optim import Optimizer
from zen_cli.schedule import Schedule

LONGEST_REASON = 160  # characters


@dataclass(frozen=True)
class Predictor:
    """All that prediction needs: the model, planned, and what prepares data for it and reads its outputs."""

    resolved: Resolved
    source: Source
    preparation: Preparation
    model: Model
    loss_fn: Loss
    outputs: Outputs
    metrics: Metrics
    interval: Interval | None = None  # once it is trained

    @property
    def config(self) -> dict[str, Any]:
        """The resolved config that this was built from, as plain data."""
        return self.resolved.values

    @property
    def task(self) -> Task:
        return self.preparation.task


@dataclass(frozen=True, kw_only=True)
class Experiment(Predictor):
    """All that training needs. The model is planned: `model.build()` draws its parameters."""

    data: Dataset
    optimizer: Optimizer
    schedule: Schedule | None

    @property
    def monitor(self) -> str | None:
        """The score by which epochs are compared."""
        return monitored(self.config, size_of(self.data.parts.validation) > 0)

    @property
    def keeps_best(self) -> bool:
        """Whether the trained model is to have the weights of its best epoch."""
        return self.monitor is not None and self.config["training"]["weights"] == "best"

    @property
    def warnings(self) -> list[str]:
        """What in the config is hardly meant for these data."""
        return warnings_of_data(self.resolved, self.data, self.model)


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
    text, resolved = read_config(path, arguments)
    experiment = build(resolved)
    return Opened(experiment, text, [*warnings(resolved), *experiment.warnings])


def from_stored(config: Any, state: Mapping[str, Any] | None, folder: Path, name: str) -> Predictor:
    """Build what a checkpoint says: its config, with paths from `folder`, and the state of its preparation.

    Settings that are newer than it get their defaults. Without a state, as checkpoints of format 1 have none, the data
    are prepared anew. Raises RunError, which calls the checkpoint `name`, where this version cannot build it.
    """
    with _read_by_this_version(name):
        resolved = _stored(config, folder, name)
        if state is None:
            return build(resolved)
        source: Source = component("source", resolved.values["data"]["source"], folder)
        return _predictor(resolved, source, preparation_from(state))


def resumed(config: Any, state: Mapping[str, Any] | None, folder: Path, name: str) -> Experiment:
    """What trained a checkpoint, to go on: as `from_stored`, with the data, read again and prepared as they were then.

    Without a state, as there is none before the first checkpoint, they are prepared anew. Raises RunError also where
    the data cannot be read any more, or have changed so that they cannot be trained on.
    """
    with _read_by_this_version(name):
        resolved = _stored(config, folder, name)
        preparation = None if state is None else preparation_from(state)
    with _refused(f"{name}: the data that it was trained on cannot be read again"):
        source, raw = raw_data(resolved)
        loaded = Loaded(resolved, source, *prepare(raw, resolved, preparation))
    with _refused(f"{name}: its training cannot go on with the data as they are now"):
        return assemble(loaded)


@contextmanager
def _read_by_this_version(name: str) -> Iterator[None]:
    """RunError where what a checkpoint says is nothing that can be built."""
    try:
        yield
    except (UserError, RecursionError, LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        why = printable(_first_problem(error), LONGEST_REASON)
        raise RunError(f"{name}: its config cannot be used by this zen: {why}") from None


def _first_problem(error: Exception) -> str:
    """Without its place, which is in a checkpoint, where nobody can mend it."""
    if not isinstance(error, ConfigError):
        return str(error)
    first = error.problems[0]
    return f"{first.path}: {first.message}" if first.path else first.message


@contextmanager
def _refused(what: str) -> Iterator[None]:
    """RunError for what a person could have mended in a config; here its places are in a checkpoint."""
    try:
        yield
    except ConfigError as error:
        raise RunError(f"{what}: {error.problems[0].message}") from None
    except UserError as error:
        raise RunError(f"{what}: {error}") from None


def _stored(config: Any, folder: Path, name: str) -> Resolved:
    return replace(resolve(tree_of(config, nowhere(name))), folder=folder)


def own_data(predictor: Predictor) -> Dataset:
    """The data that a model was trained on, read again and prepared as they were then."""
    if isinstance(predictor, Experiment):
        return predictor.data
    _, raw = raw_data(predictor.resolved)
    return prepare(raw, predictor.resolved, predictor.preparation)[1]


def latest_data(predictor: Predictor) -> Dataset:
    """The data that a model was trained on, as if they were new: up to what nobody knows yet."""
    _, raw = raw_data(predictor.resolved)
    return predictor.preparation.dataset(told(raw, predictor.resolved))


def new_data(predictor: Predictor, path: str) -> Dataset:
    """Other data for the same model, from a file, which each DataError names; targets need not be known.

    What another setting would cure, as a hint in a config says it, takes another training here.
    """
    name = "standard input" if path == "-" else path
    try:
        return predictor.preparation.dataset(predictor.source.read(path, predictor.preparation))
    except DataError as error:
        message = error.message if error.message.startswith(name) else f"{name}: {error.message}"
        of_setting = error.setting and "`" in error.hint
        hint = f"mend the file, or train again with another `{error.setting}`" if of_setting else error.hint
        raise DataError(message, hint) from None


def build(resolved: Resolved) -> Experiment:
    """Build what the config says. ConfigError, with every place, where its parts do not go together."""
    return assemble(load(resolved))


# --- the levels ---


def read_config(path: Path, arguments: Sequence[str]) -> tuple[bytes, Resolved]:
    """The schema's level: the file byte for byte, and the config that it and the overrides say."""
    text, root = read_file(path, str(path))
    root = with_bases(root, path)
    problems, undone = overrides.apply(root, arguments)
    return text, replace(resolve(root, problems), undone=undone)


@dataclass(frozen=True)
class Loaded:
    """The data's level: where they come from, the examples, and what is wrong with them that leaves their shapes."""

    resolved: Resolved
    source: Source
    preparation: Preparation
    data: Dataset
    problems: list[Problem]


def load(resolved: Resolved) -> Loaded:
    """Load the source, divide and scale. ConfigError where there are no examples to go on with."""
    check_depth(resolved)
    source, raw = raw_data(resolved)
    return Loaded(resolved, source, *prepare(raw, resolved))


def raw_data(resolved: Resolved) -> tuple[Source, Raw]:
    config = resolved.values["data"]["source"]
    with blamed_on(resolved, "data", "source", name_of(config)):
        source: Source = component("source", config, resolved.folder)
        group = resolved.values["data"]["split"]["group"]
        if group is not None:
            source.also_read(group)
        try:
            return source, source.load(resolved.values["seed"])
        except NoColumnError as error:
            if error.setting:
                raise
            raise no_column(resolved, ("data", "split", "group"), error) from None


def planned(loaded: Loaded) -> Model:
    """The model alone, planned for the data. ConfigError where a layer does not fit."""
    model = _model(loaded.resolved)
    _plan(model, loaded.preparation, loaded.resolved)
    return model


def assemble(loaded: Loaded) -> Experiment:
    """The model's level. ConfigError with all that is wrong with model, loss and metrics, and with the data."""
    resolved, data, found = loaded.resolved, loaded.data, Found([*loaded.problems])
    config = resolved.values
    model = _model(resolved)
    optimizer: Optimizer = component("optimizer", config["optimizer"])
    schedule: Schedule | None = component("schedule", config["schedule"]) if config["schedule"] else None
    task = data.task
    compared = found.attempt(_loss, task, resolved, data)
    metrics = found.attempt(_metrics, data, loaded.preparation, resolved)
    output = found.attempt(_plan, model, loaded.preparation, resolved)
    if output is not None:
        found.attempt(_check_size, model, optimizer, resolved)
        if compared:
            found.attempt(_check_outputs, output, data, compared[1], resolved)
        if not loaded.problems:
            found.attempt(check_batches, model, data, resolved)
    found.attempt(check_states, data, resolved)
    found.attempt(check_tokens, model, data, loaded.preparation.tokens, resolved)
    found.attempt(check_numbers, resolved)
    found.attempt(check_range, data, resolved)
    found.attempt(check_probabilities, data, resolved)
    found.attempt(check_monitors, data, resolved)
    if not loaded.problems:  # or else the parts are not those that the config asks for
        found.attempt(check_interval, data, resolved)
    if found.problems or not compared or metrics is None:
        raise ConfigError(found.problems)
    predictor = (resolved, loaded.source, loaded.preparation, model, *compared, metrics)
    return Experiment(*predictor, data=data, optimizer=optimizer, schedule=schedule)


def _predictor(resolved: Resolved, source: Source, preparation: Preparation) -> Predictor:
    """What a trained model needs: its parts fitted when it was trained, but what is stored may be damaged, or a lie."""
    model = _model(resolved)
    output = _plan(model, preparation, resolved)
    loss_fn, outputs = _loss(preparation.task, resolved)
    _check_outputs(output, preparation, outputs, resolved)
    metrics = _bound_metrics(preparation.task, preparation.naive_error, resolved)
    return Predictor(resolved, source, preparation, model, loss_fn, outputs, metrics)


# --- what is made of them ---


def _loss(task: Task, resolved: Resolved, data: Dataset | None = None) -> tuple[Loss, Outputs]:
    """The loss with its settings, and how it reads the outputs of a model.

    Classes are balanced as those of the data that train; without any, no loss is asked for.
    """
    name, settings = name_of(resolved.values["loss"]), settings_in(resolved.values["loss"])
    if name not in task.losses:
        compared = "classes" if name in loss.OF_CLASSES else "values"
        message = f"this loss compares {compared}, but the targets are {task.targets}"
        first, *_ = others = list(task.losses)
        cure = Use(("loss",), others) if is_name_alone(resolved, ("loss",)) else Write(("loss",), first)
        raise misfit(resolved, ("loss",), message, cure)
    function, outputs = task.losses[name]
    with blamed_on(resolved, "loss", name):
        read = outputs(settings)
        if settings.get("class_weights") is not None:
            settings = {**settings, "class_weights": _class_weights(settings["class_weights"], task, data)}
        return functools.partial(function, **settings), read


def _class_weights(given: Any, task: Task, data: Dataset | None) -> list[float] | None:
    if given != "balanced":
        demand_a_weight_each(given, len(task.labels))
        return list(given)
    return None if data is None else balanced(selected(data.targets, data.parts.train)[:], len(task.labels))


def _metrics(data: Dataset, preparation: Preparation, resolved: Resolved) -> Metrics:
    """The metrics that are asked for, after the one that always is."""
    found = Found()
    for i, asked in enumerate(resolved.values["metrics"]):
        found.attempt(check_metric, asked, ("metrics", i), data, resolved)
    if found.problems:
        raise ConfigError(found.problems)

    def naive_error(season: int) -> np.ndarray:
        return preparation.keep_naive_error(season, data)

    return _bound_metrics(data.task, naive_error, resolved)


def _bound_metrics(task: Task, naive_error: Callable[[int], np.ndarray], resolved: Resolved) -> Metrics:
    always = next(iter(task.metrics))
    chosen: list[Component] = [{always: {}}]
    for asked in resolved.values["metrics"]:
        chosen += [asked] if asked not in chosen else []
    return [(metric_name(c), metric.bound(task.metrics[name_of(c)], settings_in(c), naive_error)) for c in chosen]


def _model(resolved: Resolved) -> Model:
    config = resolved.values
    return Model([component("layer", c) for c in config["model"]], config["seed"], config["training"]["dtype"])


def _plan(model: Model, preparation: Preparation, resolved: Resolved) -> Shape:
    """The shape of the outputs; from here on the shapes of all layers are known, and no parameter is drawn."""
    shape, lengths_vary = preparation.input_shape, preparation.lengths_vary
    try:
        return model.plan(shape, lengths_vary)
    except ShapeError as error:
        raise ConfigError([misshapen(error, resolved, preparation)]) from None


def _check_outputs(output: Shape, data: Dataset | Preparation, outputs: Outputs, resolved: Resolved) -> None:
    if problem := misread(output, data, outputs, resolved):
        raise ConfigError([problem])


def _check_size(model: Model, optimizer: Optimizer, resolved: Resolved) -> None:
    arrays = 2 + len(optimizer.slots)
    largest = max(range(len(model.summary)), key=lambda place: model.summary[place].parameters)
    with blamed_on(resolved, "model", largest):
        demand(model.size * model.dtype.itemsize * arrays, f"a model of {model.size:,} parameters")
