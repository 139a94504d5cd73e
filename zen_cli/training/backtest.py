"""What a config would have forecast in the past: trained anew at several origins, on nothing but what was before them.

Hyndman and Athanasopoulos, Forecasting, 3rd edition, section 5.10: evaluation on a rolling forecasting origin.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from zen_cli.baseline import standard_errors_between, verdict
from zen_cli.config.build import Experiment
from zen_cli.config.rolling import Rolling
from zen_cli.config.text.words import count
from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.parts import size_of
from zen_cli.errors import NonFiniteError, UserError
from zen_cli.training.job import make_ready, training
from zen_cli.training.predictions import Said, Table
from zen_cli.training.scores import Contender, contenders

Array = np.ndarray


@dataclass(frozen=True)
class Origin:
    """The forecasts from one origin as a `table`, and the contenders, of whom the model is the first.

    `date` is that of the first value that is predicted. There are no contenders where that misses a value.
    """

    date: str
    contenders: Sequence[Contender]
    table: Table

    @property
    def scores(self) -> Mapping[str, float]:
        """The RMSE of each contender."""
        return {each.name: each.scores["rmse"] for each in self.contenders}


def rolled(rolling: Rolling, origins: int, every: int) -> Iterator[Origin]:
    """The origins, the oldest first, so many values apart; UserError where there are more than fit.

    After the last one lie just the values that are predicted.
    """
    most = rolling.most(every)
    if origins > most:
        raise UserError(_too_many(rolling, origins, every, most), f"write --origins {most}" if most else "")
    return (_origin(rolling.experiment(number * every)) for number in reversed(range(origins)))


def _too_many(rolling: Rolling, origins: int, every: int, most: int) -> str:
    length, apart = min(map(len, rolling.raw.series)), f", {count(every, 'value')} apart," if origins > 1 else ""
    scaled = f"{rolling.first - rolling.window} for scaling, " if rolling.first > rolling.window else ""
    needs = f"before the first, {scaled}{rolling.window} for a window and {rolling.horizon} to train on are needed"
    fit = f"only {most} {'fits' if most == 1 else 'fit'}" if most else "none fits"
    return f"{count(origins, 'origin')}{apart} do not fit into {length} values: {needs}, so {fit}"


def _origin(experiment: Experiment) -> Origin:
    data, part = experiment.data, experiment.data.parts.test
    assert isinstance(data, ForecastDataset)
    date = _date(data)
    if not size_of(part):
        return Origin(date, (), {})
    _train(experiment, date)
    said = Said(experiment, data, part)
    model, rivals = contenders(said, part, said.of(part), data)
    (table,) = said.tables()
    columns = {name: column for name, column in table.items() if name != "part"}
    return Origin(date, (model, *rivals), {"origin": [date] * len(table["part"]), **columns})


def _train(experiment: Experiment, date: str) -> None:
    make_ready(experiment)
    try:
        for _ in training(experiment, dict):
            pass
    except NonFiniteError as error:
        raise NonFiniteError(f"{error}, at the origin {date}") from None


def _date(data: ForecastDataset) -> str:
    """That of the first value which is predicted; of series that end at different ones, the first and the last."""
    rows = zip(data.raw.series, data.divisions, strict=True)
    first = np.unique([series.positions[division.test] for series, division in rows])
    said = data.raw.said(first[[0, -1]])
    dates = [each if isinstance(each, str) else f"{each:.10g}" for each in said]
    return dates[0] if len(first) == 1 else f"{dates[0]} to {dates[1]}"


# --- all origins together ---


@dataclass(frozen=True)
class Overall:
    """The mean over the origins of each contender's RMSE, the RMSE over all values, and what follows from that."""

    mean: Mapping[str, float]
    pooled: Mapping[str, float]
    verdict: str


def overall(origins: Sequence[Origin], horizon: int, every: int) -> Overall | None:
    """None where nothing was forecast. Baselines count that forecast from every origin."""
    scored = [{each.name: each for each in origin.contenders} for origin in origins if origin.contenders]
    if not scored:
        return None
    losses = {name: [row[name].losses for row in scored] for name in scored[0] if all(name in row for row in scored)}
    pooled = {name: math.sqrt(np.concatenate(each).mean()) for name, each in losses.items()}
    mean = {name: float(np.mean([row[name].scores["rmse"] for row in scored])) for name in losses}
    return Overall(mean, pooled, _verdict(losses, pooled, overlap=-(-horizon // every) - 1))


def _verdict(losses: Mapping[str, Sequence[Array]], pooled: Mapping[str, float], overlap: int) -> str:
    model, *rivals = losses
    best = min(rivals, key=lambda name: math.inf if math.isnan(pooled[name]) else pooled[name])
    ours, theirs = (np.array([each.mean() for each in losses[name]]) for name in (model, best))
    return verdict(
        "rmse",
        pooled[model],
        {name: pooled[name] for name in rivals},
        False,
        "all origins",
        examples=len(ours),
        standard_errors=standard_errors_between(ours, theirs, overlap),
        example="origin",
    )
