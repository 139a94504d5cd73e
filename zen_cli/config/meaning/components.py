"""The components in a resolved config: as plain data, and as objects."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zen_cli.config.language.grammar import component_kind, is_file, item_type
from zen_cli.config.language.registry import COMPONENTS, settings_of, types_in
from zen_cli.config.language.schema import Component, Config
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath

HERE = Path()


def component(kind: str, resolved: Component, folder: Path = HERE) -> Any:
    """An object of the class that a resolved component names; the paths in it lead from `folder`."""
    settings = settings_in(resolved)
    make, annotations = COMPONENTS[kind][name_of(resolved)], types_in(settings_of(COMPONENTS[kind][name_of(resolved)]))
    made = make(**{name: _made(annotation, settings[name], folder) for name, annotation in annotations.items()})
    for name in settings.keys() - annotations.keys():  # what it has as one of its kind
        setattr(made, name, settings[name])
    return made


def _made(annotation: Any, value: Any, folder: Path) -> Any:
    """A setting's value, with the components in it as objects."""
    if item := item_type(annotation):
        return [_made(item, each, folder) for each in value]
    if value is None:
        return None
    if is_file(annotation):
        return str(folder / value)
    kind = component_kind(annotation)
    return component(kind, value, folder) if kind else value


def files_in(kind: str, resolved: Component, folder: Path = HERE) -> list[Path]:
    """The files and folders that the settings of a resolved component name."""
    annotations = types_in(settings_of(COMPONENTS[kind][name_of(resolved)]))
    named = (
        value for name, value in settings_in(resolved).items() if name in annotations and is_file(annotations[name])
    )
    return [folder / path for path in named if path is not None]


def components_in(annotation: Any, value: Any, path: KeyPath) -> Iterator[tuple[str, KeyPath, Component]]:
    """Every component in the resolved value of a setting, its kind and its path; those among its settings follow it."""
    if item := item_type(annotation):
        for i, each in enumerate(value):
            yield from components_in(item, each, (*path, i))
    elif (kind := component_kind(annotation)) and value is not None:
        yield kind, path, value
        name = name_of(value)
        for setting in settings_of(COMPONENTS[kind][name]).values():
            yield from components_in(setting.annotation, value[name][setting.name], (*path, name, setting.name))


def layers_in(resolved: Resolved) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """The settings of each layer, of those inside of others too, and where they stand."""
    found = components_in(settings_of(Config)["model"].annotation, resolved.values["model"], ("model",))
    return (((*path, name_of(layer)), settings_in(layer)) for kind, path, layer in found if kind == "layer")


def name_of(resolved: Component) -> str:
    return next(iter(resolved))


def settings_in(resolved: Component) -> dict[str, Any]:
    return resolved[name_of(resolved)]
