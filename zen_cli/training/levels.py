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

    Nothing is written. Raises as soon as a level has problems; those of data and model come together where they do not
    depend on each other.
    """
    _, resolved = read_config(path, arguments)
    yield Read(resolved, warnings(resolved))
    if level == "schema":
        return
    loaded = load(resolved)
    if loaded.problems and level == "data":
        raise ConfigError(loaded.problems)
    if not loaded.problems:
        yield loaded
    if level == "data":
        return
    experiment = assemble(loaded)  # raises with those of the data, too
    yield experiment
    if level == "step":
        yield estimate(experiment)
