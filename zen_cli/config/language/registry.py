"""The components that a config may name, in fixed tables: nothing is ever imported by a name from a file."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType, ModuleType
from typing import Any, get_type_hints

from zen_cli import loss, metric, nn, optim, schedule
from zen_cli.data import scaling, sources
from zen_cli.nn import activations, initializers
from zen_cli.settings import Name

REQUIRED = inspect.Parameter.empty


def _classes(module: ModuleType, base: type) -> dict[str, Callable[..., Any]]:
    """The public classes of a module that are a `base`, but for the base itself, by name."""
    named = {name: getattr(module, name) for name in module.__all__}
    return {name: c for name, c in named.items() if inspect.isclass(c) and issubclass(c, base) and c is not base}


COMPONENTS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "source": _classes(sources, sources.Source),
    "scaler": _classes(scaling, scaling.Scaler),
    "layer": _classes(nn, nn.Layer),
    "initializer": _classes(initializers, object),
    "loss": {name: function for name, (function, _) in (loss.OF_VALUES | loss.OF_CLASSES).items()},
    "metric": metric.OF_VALUES | metric.OF_CLASSES,
    "optimizer": _classes(optim, optim.Optimizer),
    "schedule": _classes(schedule, schedule.Schedule),
}

ACTIVATIONS = [name for name, layer in COMPONENTS["layer"].items() if layer.__module__ == activations.__name__]


@dataclass(frozen=True)
class Setting:
    """A value that YAML may give: its type, with bounds, and its default, REQUIRED where there is none.

    `owner` is the name of the component or section that takes it.
    """

    name: str
    annotation: Any
    default: Any
    owner: str = field(default="", compare=False)

    @property
    def is_required(self) -> bool:
        return self.default is REQUIRED


Settings = Mapping[str, Setting]

# Settings that a component has as one of its kind, not by its signature; left out of a resolved config where not given.
COMMON_SETTINGS: Mapping[str, Settings] = {"layer": {"name": Setting("name", Name | None, None)}}


def types_in(settings: Settings) -> dict[str, Any]:
    """The annotation of each setting."""
    return {name: setting.annotation for name, setting in settings.items()}


def required_in(settings: Settings) -> list[str]:
    """The names of those that have no default."""
    return [name for name, setting in settings.items() if setting.is_required]


def first_of(component: Callable[..., Any]) -> Setting | None:
    """The setting that `Name: value` gives; None for a component without settings."""
    return next(iter(settings_of(component).values()), None)


def settings_in_yaml(kind: str, name: str) -> Settings:
    """What a config may say of a component: the settings of its signature, and those that all of its kind have."""
    return {**settings_of(COMPONENTS[kind][name]), **COMMON_SETTINGS.get(kind, {})}


@cache  # a config asks for each many times
def settings_of(component: Callable[..., Any]) -> Settings:
    """The settings of a component or a section, from its signature.

    For a class they are the parameters of its constructor, for a function (a loss, a metric) its keyword-only ones.
    """
    is_class = inspect.isclass(component)
    hints = get_type_hints(component.__init__ if is_class else component, include_extras=True)
    parameters = inspect.signature(component).parameters.values()
    told = [p for p in parameters if is_class or p.kind is p.KEYWORD_ONLY]
    return MappingProxyType({p.name: Setting(p.name, hints[p.name], p.default, component.__name__) for p in told})
