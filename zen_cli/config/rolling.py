"""A config as of several moments of the past: what was before an origin trains, and what came after it is the test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zen_cli.config.build import Experiment, Loaded, assemble, raw_data, read_config
from zen_cli.config.meaning.blame import misfit
from zen_cli.config.meaning.checks import check_depth
from zen_cli.config.meaning.components import name_of
from zen_cli.config.meaning.cures import Write
from zen_cli.config.meaning.doubts import warnings
from zen_cli.config.meaning.monitors import of_schedules
from zen_cli.config.prepare import first_predicted, prepare, told
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath, dotted
from zen_cli.data.places import Division
from zen_cli.data.rows import selected
from zen_cli.data.series import Series, SeriesSet
from zen_cli.data.sources import Source
from zen_cli.data.tables import Table

OF_BEST: Mapping[str, Any] = {"patience": None, "min_delta": 0.0, "monitor": None}


@dataclass(frozen=True)
class Rolling:
    """Series, and the config of the models that forecast them.

    `first` is the first row of each that can be predicted at all. There are no intervals, since nothing is left for
    their calibration, and each model trains all its epochs, since no score says which is best. `warnings` say what in
    the config has no effect.
    """

    resolved: Resolved
    source: Source
    raw: SeriesSet
    first: int
    warnings: Sequence[str]

    @property
    def horizon(self) -> int:
        steps: int = self.resolved.values["data"]["horizon"]
        return steps

    @property
    def window(self) -> int:
        values: int = self.resolved.values["data"]["window"]
        return values

    def most(self, every: int) -> int:
        """How many origins fit into the shortest series, so many values apart: before each, a window has to train."""
        spare = min(map(len, self.raw.series)) - self.first - 2 * self.horizon
        return spare // every + 1 if spare >= 0 else 0

    def experiment(self, back: int) -> Experiment:
        """As of so many values before the last origin, after which a whole horizon is known."""
        raw = replace(self.raw, series=tuple(_until(series, len(series) - back) for series in self.raw.series))
        divided = [self._division(len(series)) for series in raw.series]
        return assemble(Loaded(self.resolved, self.source, *prepare(raw, self.resolved, divided=divided)))

    def _division(self, end: int) -> Division:
        return Division(self.first, end - self.horizon, end - self.horizon, end)


def rolling(path: Path, arguments: Sequence[str]) -> Rolling:
    """Read, override and resolve a config, and load its data. UserError where these are no series."""
    _, resolved = read_config(path, arguments)
    _demand_no_validation(resolved)
    ignored = _ignored(resolved)
    training = {**resolved.values["training"], **OF_BEST}
    resolved = replace(resolved, values={**resolved.values, "training": training, "interval": None, "metrics": []})
    check_depth(resolved)
    source, raw = raw_data(resolved)
    series = told(raw, resolved)
    if not isinstance(series, SeriesSet):
        what = "a table without `data.window` is no series" if isinstance(series, Table) else "these data are no series"
        message = f"a backtest goes through the past of a series, but {what}"
        raise misfit(resolved, ("data", "source", name_of(resolved.values["data"]["source"])), message)
    return Rolling(resolved, source, series, first_predicted(series, resolved), [*ignored, *warnings(resolved)])


def _ignored(resolved: Resolved) -> list[str]:
    why = "no effect in a backtest, where no validation part is left and each model trains all its epochs"
    training = resolved.values["training"]
    paths: list[KeyPath] = [("training", name) for name, default in OF_BEST.items() if training[name] != default]
    return [f"{resolved.place(*path)}: {dotted(path)}: {why}" for path in paths]


def _demand_no_validation(resolved: Resolved) -> None:
    for path, monitor in of_schedules(resolved):
        if monitor.startswith("val_"):
            message = "in a backtest all that is before an origin trains, and no validation part is left"
            raise misfit(resolved, path, message, Write(path, "loss"))


def _until(series: Series, end: int) -> Series:
    return replace(series, positions=series.positions[:end], values=selected(series.values, slice(0, end)))
