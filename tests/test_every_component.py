"""Every component is in a config that trains: the shipped ones, and the small ones in tests/configs."""

from pathlib import Path

import pytest
from conftest import CONFIGS, run_zen

from zen_cli.config.language.registry import COMPONENTS, settings_of
from zen_cli.config.language.schema import Config, Data
from zen_cli.config.meaning.components import components_in, name_of
from zen_cli.config.resolve import resolve
from zen_cli.config.text.reader import read_file

SMALL = sorted((Path(__file__).parent / "configs").rglob("*.yaml"))
EVERY = [*SMALL, *sorted(CONFIGS.rglob("*.yaml"))]
SETTINGS = settings_of(Config) | settings_of(Data)


def components_of(config):
    """The kind and the name of every component in a config."""
    values = config | config["data"]
    for key, setting in ((key, SETTINGS[key]) for key in values.keys() & SETTINGS.keys()):
        for kind, _, component in components_in(setting.annotation, values[key], (key,)):
            yield kind, name_of(component)


def test_every_component_of_every_kind_is_in_a_config():
    configs = [resolve(read_file(path, path.name)[1]).values for path in EVERY]
    shown = {component for config in configs for component in components_of(config)}
    assert {(kind, name) for kind, names in COMPONENTS.items() for name in names} - shown == set()


@pytest.mark.parametrize("config", SMALL, ids=lambda path: path.stem)
def test_every_small_config_trains_two_epochs_and_predicts(tmp_path, config):
    trained = run_zen("train", config, "training.epochs=2", "--runs", tmp_path)
    assert trained.code == 0, trained.err
    assert "epoch 2/2" in trained.err
    predicted = run_zen("predict", tmp_path / f"{config.stem}-1", "-o", "-")
    assert (predicted.code, predicted.err) == (0, "")
    assert len(predicted.out.splitlines()) > 1
