"""The scores of an epoch: what a record calls them, and which of them a config may look at."""

from collections.abc import Iterator, Mapping
from typing import Any

from zen_cli.config.language.registry import COMPONENTS, settings_of
from zen_cli.config.language.schema import Component, Config
from zen_cli.config.meaning.components import components_in, name_of, settings_in
from zen_cli.config.meaning.cures import Add, Cure, Use, Write, problem
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.words import listed, nearest
from zen_cli.data.dataset import Dataset
from zen_cli.data.parts import size_of


def monitored(config: Mapping[str, Any], has_validation: bool) -> str | None:
    """The score by which the epochs of a training are compared, as a record calls it; None where none says anything.

    The loss of training falls as long as a model fits its examples more closely, so it is asked for that only where
    `patience` has nothing else to look at.
    """
    training = config["training"]
    if training["monitor"] is not None:
        return str(training["monitor"])
    if has_validation:
        return "val_loss"
    return None if training["patience"] is None else "loss"


def of_schedules(resolved: Resolved) -> Iterator[tuple[KeyPath, str]]:
    """Where schedules name a score that they look at, and the name."""
    annotation = settings_of(Config)["schedule"].annotation
    for _, path, schedule in components_in(annotation, resolved.values["schedule"], ("schedule",)):
        if (monitor := settings_in(schedule).get("monitor")) is not None:
            yield (*path, name_of(schedule), "monitor"), monitor


def check_monitors(data: Dataset, resolved: Resolved) -> None:
    """Refuse to look at a score that no record of an epoch will have."""
    known = list(_scores(data, resolved))
    message = f"there is no such score of an epoch: there {'are' if known[1:] else 'is'} {listed(known)}"
    asked = [*of_schedules(resolved), (("training", "monitor"), resolved.values["training"]["monitor"])]
    unknown = [(path, name) for path, name in asked if name is not None and name not in known]
    if unknown:
        raise ConfigError(
            problem(resolved, path, message, _cures(path, name, known, data, resolved)) for path, name in unknown
        )


def _scores(data: Dataset, resolved: Resolved) -> Iterator[str]:
    """The names of the scores that a record of an epoch will have."""
    yield "loss"
    if not size_of(data.parts.validation):
        return
    yield "val_loss"
    yield f"val_{next(iter(data.task.metrics)).lower()}"
    for asked in (one for one in resolved.values["metrics"] if name_of(one) in data.task.metrics):
        each = [f"_{label}" for label in data.task.labels] if settings_in(asked).get("per_class") else [""]
        yield from (f"val_{metric_name(asked)}{ending}" for ending in each)


def _cures(where: KeyPath, monitor: str, known: list[str], data: Dataset, resolved: Resolved) -> Iterator[Cure]:
    unasked = [name for name in data.task.metrics if monitor == f"val_{name.lower()}"]
    validated = size_of(data.parts.validation)
    if unasked and validated:
        yield Add((), "metrics", [*map(_without_defaults, resolved.values["metrics"]), *unasked])
    elif monitor.startswith("val_") and not validated and data.train > 1:
        yield Add(("data", "split"), "train", data.train - max(1, data.train // 5))
    near = nearest(monitor, known)
    yield Write(where, near) if near and not unasked else Use(where, known)


# --- names ---


def metric_name(chosen: Component) -> str:
    """What a score is called in a record: `mase`, or `mase_12` where a number is not the default."""
    numbers = [value for value in _changed(chosen).values() if not isinstance(value, bool)]
    return "_".join(map(str, [name_of(chosen).lower(), *numbers]))


def _without_defaults(asked: Component) -> Any:
    changed = _changed(asked)
    return {name_of(asked): changed} if changed else name_of(asked)


def _changed(chosen: Component) -> dict[str, Any]:
    """The settings of a metric that are not what they are by default."""
    defaults = settings_of(COMPONENTS["metric"][name_of(chosen)])
    return {key: value for key, value in settings_in(chosen).items() if value != defaults[key].default}
