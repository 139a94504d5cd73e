"""Every component is in a config that trains: the shipped ones, and the small ones in tests/configs."""

import dataclasses
from pathlib import Path

import pytest
from conftest import CONFIGS, run_zen

from zen_cli.config.reader import read_file
from zen_cli.config.registry import COMPONENTS, settings_of
from zen_cli.config.resolve import component_kind, item_type, resolve
from zen_cli.config.schema import Config

SMALL = sorted((Path(__file__).parent / "configs").rglob("*.yaml"))
EVERY = [*SMALL, *sorted(CONFIGS.rglob("*.yaml"))]


def components_of(annotation, value):
    """The kind and the name of every component in a resolved value."""
    if dataclasses.is_dataclass(annotation):
        for name, setting in settings_of(annotation).items():
            yield from components_of(setting.annotation, value[name])
    elif item := item_type(annotation):
        for each in value or ():
            yield from components_of(item, each)
    elif (kind := component_kind(annotation)) and value is not None:
        ((name, settings),) = value.items()
        yield kind, name
        for setting in settings_of(COMPONENTS[kind][name]).values():
            yield from components_of(setting.annotation, settings[setting.name])


def test_every_component_of_every_kind_is_in_a_config():
    configs = [resolve(read_file(path, path.name)[1]).values for path in EVERY]
    shown = {component for config in configs for component in components_of(Config, config)}
    assert {(kind, name) for kind, names in COMPONENTS.items() for name in names} - shown == set()


@pytest.mark.parametrize("config", SMALL, ids=lambda path: path.stem)
def test_every_small_config_trains_two_epochs_and_predicts(tmp_path, config):
    trained = run_zen("train", config, "training.epochs=2", "--runs", tmp_path)
    assert trained.code == 0, trained.err
    assert "epoch 2/2" in trained.err
    predicted = run_zen("predict", tmp_path / f"{config.stem}-1", "-o", "-")
    assert (predicted.code, predicted.err) == (0, "")
    assert len(predicted.out.splitlines()) > 1
