"""From a resolved config to an experiment, level by level: data, then model, loss and optimizer for them."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from zen_cli import loss, metric
from zen_cli.config import overrides
from zen_cli.config.extends import with_bases
from zen_cli.config.language.schema import Component
from zen_cli.config.meaning.blame import blamed_on, misfit
from zen_cli.config.meaning.checks import (
    check_batches,
    check_depth,
    check_metric,
    check_monitors,
    check_numbers,
    check_probabilities,
    check_range,
    check_states,
    check_tokens,
    metric_name,
)
from zen_cli.config.meaning.components import component, name_of, settings_in
from zen_cli.config.meaning.cures import Add, Remove, Use, Write, is_name_alone
from zen_cli.config.meaning.doubts import warnings, warnings_of_data
from zen_cli.config.meaning.shapes import misread, misshapen
from zen_cli.config.resolve import Resolved, resolve
from zen_cli.config.text.problems import ConfigError, Problem, nowhere
from zen_cli.config.text.reader import read_file, tree_of
from zen_cli.data.dataset import Dataset, from_examples, from_series
from zen_cli.data.series import Series
from zen_cli.data.sources import Source
from zen_cli.data.tasks import Task
from zen_cli.errors import RunError, ShapeError, UserError
from zen_cli.loss import Loss, Outputs
from zen_cli.memory import demand
from zen_cli.metric import Metrics
from zen_cli.nn import Model
from zen_cli.nn.parameters import Shape
from zen_cli.optim import Optimizer
from zen_cli.schedule import Schedule

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Experiment:
    """All that training needs. The model is planned: `model.build()` draws its parameters."""

    resolved: Resolved
    source: Source
    data: Dataset
    model: Model
    loss_fn: Loss
    outputs: Outputs
    metrics: Metrics
    optimizer: Optimizer
    schedule: Schedule | None

    @property
    def config(self) -> dict[str, Any]:
        """The resolved config that this was built from, as plain data."""
        return self.resolved.values

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


def from_stored(config: Any, name: str) -> Experiment:
    """Build what a checkpoint's config says; settings that are newer than it get their defaults.

    Raises RunError, which calls the checkpoint `name`, where this version cannot build it.
    """
    try:
        return build(resolve(tree_of(config, nowhere(name))))
    except (UserError, RecursionError) as error:
        raise RunError(f"{name}: its config cannot be used by this zen: {error}") from None


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


@dataclass
class Found:
    """The problems of steps that do not depend on each other."""

    problems: list[Problem] = field(default_factory=list)

    def attempt(self, step: Callable[P, T], *args: P.args, **settings: P.kwargs) -> T | None:
        """What the step returns; None where it found problems, which are then among these."""
        try:
            return step(*args, **settings)
        except ConfigError as error:
            self.problems += error.problems
            return None


@dataclass(frozen=True)
class Loaded:
    """The data's level: where they come from, the examples, and what is wrong with them that leaves their shapes."""

    resolved: Resolved
    source: Source
    data: Dataset
    problems: list[Problem]


def load(resolved: Resolved) -> Loaded:
    """Load the source, cut windows and split. ConfigError where there are no examples to go on with."""
    check_depth(resolved)
    config, found = resolved.values["data"], Found()
    source: Source = component("source", config["source"])
    with blamed_on(resolved, "data", "source", name_of(config["source"])):
        loaded = source.load(resolved.values["seed"])
    if isinstance(loaded, Series):
        whole = _windows(loaded, resolved)
    else:
        found.attempt(_no_window, resolved)
        whole = from_examples(loaded)
    data = found.attempt(_split, whole, resolved)
    return Loaded(resolved, source, data or whole, found.problems)


def planned(loaded: Loaded) -> Model:
    """The model alone, planned for the data. ConfigError where a layer does not fit."""
    model = _model(loaded.resolved)
    _plan(model, loaded.data, loaded.resolved)
    return model


def assemble(loaded: Loaded) -> Experiment:
    """The model's level. ConfigError with all that is wrong with model, loss and metrics, and with the data."""
    resolved, data, found = loaded.resolved, loaded.data, Found([*loaded.problems])
    config = resolved.values
    model = _model(resolved)
    optimizer: Optimizer = component("optimizer", config["optimizer"])
    schedule: Schedule | None = component("schedule", config["schedule"]) if config["schedule"] else None
    compared = found.attempt(_loss, data.task, resolved)
    metrics = found.attempt(_metrics, data, resolved)
    output = found.attempt(_plan, model, data, resolved)
    if output is not None:
        found.attempt(_check_size, model, optimizer, resolved)
        if compared:
            found.attempt(_check_outputs, output, data, compared[1], resolved)
        if not loaded.problems:
            found.attempt(check_batches, model, data, resolved)
    found.attempt(check_states, data, resolved)
    found.attempt(check_tokens, model, data, resolved)
    found.attempt(check_numbers, resolved)
    found.attempt(check_range, data, resolved)
    found.attempt(check_probabilities, data, resolved)
    found.attempt(check_monitors, data, resolved)
    if found.problems or not compared or metrics is None:
        raise ConfigError(found.problems)
    return Experiment(resolved, loaded.source, data, model, *compared, metrics, optimizer, schedule)


# --- data ---


def _windows(series: Series, resolved: Resolved) -> Dataset:
    window = resolved.values["data"]["window"]
    if window is None:
        message = "is missing: a series is cut into windows of so many values"
        fitting = max(1, min(50, len(series) // 4))
        raise misfit(resolved, ("data", "window"), message, Add(("data",), "window", fitting))
    with blamed_on(resolved, "data"):
        return from_series(series, window)


def _no_window(resolved: Resolved) -> None:
    if resolved.values["data"]["window"] is not None:
        message = "only a series has windows, and this source gives examples one by one"
        raise misfit(resolved, ("data", "window"), message, Remove(("data", "window")))


def _split(data: Dataset, resolved: Resolved) -> Dataset:
    with blamed_on(resolved, "data", "split"):
        return data.split(resolved.values["data"]["split"]["train"])


# --- what is made of them ---


def _loss(task: Task, resolved: Resolved) -> tuple[Loss, Outputs]:
    """The loss with its settings, and how it reads the outputs of a model."""
    name, settings = name_of(resolved.values["loss"]), settings_in(resolved.values["loss"])
    if name not in task.losses:
        compared = "classes" if name in loss.OF_CLASSES else "values"
        message = f"this loss compares {compared}, but the targets are {task.targets}"
        first, *_ = others = list(task.losses)
        cure = Use(("loss",), others) if is_name_alone(resolved, ("loss",)) else Write(("loss",), first)
        raise misfit(resolved, ("loss",), message, cure)
    function, outputs = task.losses[name]
    with blamed_on(resolved, "loss", name):
        return functools.partial(function, **settings), outputs(settings)


def _metrics(data: Dataset, resolved: Resolved) -> Metrics:
    """The metrics that are asked for, after the one that always is."""
    always, found = next(iter(data.task.metrics)), Found()
    chosen: list[Component] = [{always: {}}]
    for i, asked in enumerate(resolved.values["metrics"]):
        found.attempt(check_metric, asked, ("metrics", i), data, resolved)
        chosen += [asked] if asked not in chosen else []
    if found.problems:
        raise ConfigError(found.problems)
    past = data.targets[: data.train]
    return [(metric_name(c), metric.bound(data.task.metrics[name_of(c)], settings_in(c), past)) for c in chosen]


def _model(resolved: Resolved) -> Model:
    config = resolved.values
    return Model([component("layer", c) for c in config["model"]], config["seed"], config["training"]["dtype"])


def _plan(model: Model, data: Dataset, resolved: Resolved) -> Shape:
    """The shape of the outputs; from here on the shapes of all layers are known, and no parameter is drawn."""
    try:
        return model.plan(data.inputs.shape[1:])
    except ShapeError as error:
        raise ConfigError([misshapen(error, resolved, data.inputs.shape[1:])]) from None


def _check_outputs(output: Shape, data: Dataset, outputs: Outputs, resolved: Resolved) -> None:
    if problem := misread(output, data, outputs, resolved):
        raise ConfigError([problem])


def _check_size(model: Model, optimizer: Optimizer, resolved: Resolved) -> None:
    arrays = 2 + len(optimizer.slots)
    largest = max(range(len(model.summary)), key=lambda place: model.summary[place].parameters)
    with blamed_on(resolved, "model", largest):
        demand(model.size * model.dtype.itemsize * arrays, f"a model of {model.size:,} parameters")
