"""A config checked level by level: what it says, its data, its model for them, and a step of training."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from zen_cli.config.build import Experiment, Loaded, assemble, load, read_config
from zen_cli.config.meaning.doubts import warnings
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.problems import ConfigError
from zen_cli.training.estimate import Estimate, estimate


@dataclass(frozen=True)
class Read:
    """What a config says, and what in it has no effect."""

    resolved: Resolved
    warnings: list[str]


Finding = Read | Loaded | Experiment | Estimate


def check(path: Path, arguments: Sequence[str], level: str) -> Iterator[Finding]:
    """What is found at each level up to that one: `schema`, `data`, `model` or `step`.

    Nothing is written. ConfigError where a level has problems; those of data that leave their shapes are in what is
    found, and raised together with those of the model.
    """
    _, resolved = read_config(path, arguments)
    yield Read(resolved, warnings(resolved))
    if level == "schema":
        return
    loaded = load(resolved)
    yield loaded
    if level == "data":
        if loaded.problems:
            raise ConfigError(loaded.problems)
        return
    experiment = assemble(loaded)  # raises with those of the data, too
    yield experiment
    if level == "step":
        yield estimate(experiment)
