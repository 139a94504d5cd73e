"""What a trained model says, as tables: of its own data, of new data, and beyond the end of a series."""

import csv
import io
import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from zen_cli.autodiff import no_grad
from zen_cli.config import build
from zen_cli.config.build import Predictor
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.words import count
from zen_cli.data.dataset import Dataset
from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.frequency import positions_after
from zen_cli.data.parts import is_in, numbers_of, part_of, size_of
from zen_cli.data.rows import Where
from zen_cli.data.series import Series
from zen_cli.data.tasks import Columns
from zen_cli.data.texts import Texts
from zen_cli.errors import DataError, RunError, UserError, quoted
from zen_cli.loss import Outputs
from zen_cli.nn import Model
from zen_cli.nn.model import batches
from zen_cli.nn.streaming import outputs_along
from zen_cli.padded import Padded
from zen_cli.training import environment
from zen_cli.training.evaluation import Answers, answers, in_units, most_at_once
from zen_cli.training.kept import chosen, interval_of
from zen_cli.training.run import Run

Array = np.ndarray
AT_ONCE = 2**14  # examples, of a table
Table = Columns  # all of one length


class UnreadableError(RunError):
    """The data that a model was trained on are not there any more."""


def load(run: Run) -> Predictor:
    """What a run has trained so far, with the threads of its config pinned.

    Of the epoch that was best when its newest checkpoint was written, or of that one, as its config says.
    """
    stored, folder = chosen(run), run.folder()
    predictor = build.from_stored(stored.config, stored.metadata.get("preparation"), folder, str(stored.path))
    stored.demand_fit(predictor.model)
    predictor.model.build(draw=False)
    stored.state.restore_values(predictor.model)
    environment.pin_threads(predictor.config["training"]["threads"])
    environment.keep_freed_memory()
    return replace(predictor, interval=interval_of(stored))


def own_data(predictor: Predictor, run: Run) -> Dataset:
    """The data that a run was trained on; RunError where they cannot be read any more, or are others by now."""
    try:
        data = build.own_data(predictor)
    except ConfigError as error:
        why = error.problems[0].message  # its place is in the checkpoint, where nobody can mend it
        raise UnreadableError(f"{run.path}: the data that it was trained on cannot be read again: {why}") from None
    is_of_format_1 = isinstance(predictor, build.Experiment)
    if (data.content() if is_of_format_1 else data.fingerprint()) != run.facts()["data"].get("sha256"):
        raise RunError(
            f"{run.path}: the data have changed since it was trained: name their file as DATA, for what they are now"
        )
    return data


def latest_data(predictor: Predictor, run: Run) -> Dataset:
    """The same data, up to what nobody knows yet."""
    own_data(predictor, run)
    return build.latest_data(predictor)


# --- of examples ---


def table_of(predictor: Predictor, data: Dataset, found: Answers, where: Where) -> Table:
    """What the model says of these examples, a row for each prediction, beside the truth and the part they are in."""
    task, truth = data.task, data.truth(where)
    real = truth.values if isinstance(truth, Padded) else truth
    columns = {**data.names(where), **task.column("truth", real), **task.columns(found.predictions)}
    for name, values in found.spread.items():
        columns |= task.column(name, values)
    if predictor.interval:
        ends = predictor.interval.around(found.predictions, found.spread, data.groups(where))
        for name, values in zip(("low", "high"), ends, strict=True):
            columns |= task.column(name, values)
    columns["part"] = _parts(data, where, len(next(iter(columns.values()))))
    if isinstance(truth, Padded):
        there = truth.mask.ravel()
        columns = {name: np.asarray(column)[there] for name, column in columns.items()}
    return columns


def _parts(data: Dataset, where: Where, rows: int) -> list[str]:
    """The part that each example is in, as often as it has rows."""
    numbers = numbers_of(where)
    names = np.full(len(numbers), "", object)
    for name, part in data.parts.named():
        names[is_in(part, numbers)] = name
    return list(np.repeat(names, rows // max(1, len(names))))


def in_order(data: Dataset) -> Where:
    """All examples that are in a part, as they stand in the data."""
    parts = [part for _, part in data.parts.named()]
    spans = [part for part in parts if isinstance(part, slice)]
    if len(spans) == len(parts):
        return slice(spans[0].start, spans[-1].stop)
    return np.sort(np.concatenate(list(map(numbers_of, parts))))


class Said:
    """What a model says of its data, or of some of them: all at once where they are few, and else as asked for."""

    def __init__(self, predictor: Predictor, data: Dataset, some: Where | None = None) -> None:
        """`some` are the examples that it will be asked about, in increasing order."""
        self.predictor = predictor
        self.data = data
        self.order = in_order(data) if some is None else some
        self.at_once = min(AT_ONCE, most_at_once(data))

    def of(self, where: Where) -> Answers:
        if size_of(self.order) > self.at_once:
            return answers(self.predictor, self.data, where)
        places = np.searchsorted(numbers_of(self.order), numbers_of(where))
        spread = {name: values[places] for name, values in self._all.spread.items()}
        predictions, truth = self._all.predictions[places], self.data.truth(where)
        steps = truth.shape[1] if isinstance(truth, Padded) else None  # those of the longest sequence among them
        return Answers(predictions if steps is None else predictions[:, :steps], spread, math.nan)

    @cached_property
    def _all(self) -> Answers:
        return answers(self.predictor, self.data, self.order)

    def tables(self, part: Where | None = None) -> Iterator[Table]:
        """Of all examples in their order, or of those in a part, some at a time."""
        every = self.order if part is None else part
        for batch in batches(size_of(every), self.at_once):
            where = part_of(every, batch)
            yield table_of(self.predictor, self.data, self.of(where), where)


def without(name: str, tables: Iterable[Table]) -> Iterator[Table]:
    """Tables without a column."""
    return ({key: column for key, column in table.items() if key != name} for table in tables)


# --- beyond the end of series ---


def extrapolation(predictor: Predictor, data: Dataset, steps: int) -> Table:
    """The `steps` values after the end of each series: predictions are fed back as the newest values.

    `data` are those that a model says something new of: their last window ends where the series does.
    """
    if not isinstance(data, ForecastDataset):
        hint = "`zen generate` writes text with it" if isinstance(predictor.preparation, Texts) else ""
        message = f"--steps goes beyond the end of a series, but this model tells {data.task.targets} apart"
        raise UserError(message, hint)
    tables = [_beyond(predictor, data, owner, steps) for owner in range(len(data.raw.series))]
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}


def _beyond(predictor: Predictor, data: ForecastDataset, owner: int, steps: int) -> Table:
    own = np.flatnonzero(data.owners(slice(None)) == owner)
    if not len(own):
        raise DataError(f"the model looks at {data.input_shape[0]} values to predict, but there are fewer")
    last, task = own[-1:], replace(data.task, horizon=steps)
    series = data.raw.series[owner]
    end = int(data.origins[last][0] - data.starts[owner])
    _demand_end(data, series, end)
    predicted = in_units(data, _predicted_on(predictor, data, last, steps), {}, last, np.nan).predictions
    positions = positions_after(series.positions[:end], steps, data.raw.dated)
    columns: dict[str, Any] = {"series": [series.label] * steps} if data.tells_series_apart else {}
    columns[data.raw.index] = data.raw.said(positions)
    columns |= task.columns(predicted)
    for name, values in _ends(predictor, data, last, predicted.shape[1]).items():
        columns |= task.column(name, values)
    return columns


def _demand_end(data: ForecastDataset, series: Series, end: int) -> None:
    """DataError where a target is known after the last window, which ends before the row `end` of a series."""
    after = series.values[end:]
    known = np.flatnonzero(~np.isnan(after[:, : len(data.task.names)]).all(axis=1))
    if not len(known):
        return
    ahead = len(after) - 1 - int(known[-1])
    of = f" of {quoted(series.label)}" if series.label else ""
    if data.raw.future and ahead < data.task.horizon:
        raise _future_unknown(data, of, ahead)
    raise DataError(f"of the last {data.input_shape[0]} values{of}, which the model goes on from, one is missing")


def _future_unknown(data: ForecastDataset, of: str, ahead: int) -> DataError:
    """For a model that looks at columns which are known in advance, but only for so many rows."""
    rows, steps = count(data.task.horizon, "row"), count(data.task.horizon, "step")
    future = ", ".join(map(quoted, data.raw.channels[data.raw.now :]))
    targets = ", ".join(map(quoted, data.task.names))
    are = "is" if ahead == 1 else "are"
    message = f"the model needs {future} for {rows} after the last known {targets}{of}, and there {are} {ahead}"
    return DataError(message, f"name DATA whose last {rows} have {future} and nothing in {targets}, for up to {steps}")


def _ends(predictor: Predictor, data: ForecastDataset, last: Array, n: int) -> dict[str, Array]:
    """The `low` and `high` ends of the intervals (1, n) of what follows a window; NaN beyond what was calibrated."""
    if not predictor.interval:
        return {}
    found = answers(predictor, data, last)
    ends = predictor.interval.around(found.predictions, found.spread, data.groups(last))
    columns = {"low": np.full((1, n), np.nan), "high": np.full((1, n), np.nan)}
    for column, values in zip(columns.values(), ends, strict=True):
        column[:, : values.shape[1]] = values[:, :n]
    return columns


def _predicted_on(predictor: Predictor, data: ForecastDataset, last: Array, steps: int) -> Array:
    """The scaled values after a window, (1, steps * t)."""
    window, t = np.asarray(data.inputs[last]), len(data.task.names)
    at_once = data.target_shape[0] // t
    if steps > at_once and window.shape[2] > t:
        known = "each step after them needs values of the other columns, which are not known"
        raise UserError(f"this model predicts {at_once} step{'s' * (at_once > 1)} at once: {known}")
    if at_once == t == window.shape[2] == 1:
        return extrapolate(predictor.model, window[0, :, 0], steps, predictor.outputs)[None]
    rounds = -(-steps // at_once)
    return _rounds(predictor, window, rounds, t)[:, : steps * t]


def _rounds(predictor: Predictor, window: Array, rounds: int, t: int) -> Array:
    """So many predictions of some steps each, those fed back."""
    predicted = []
    for _ in range(rounds):
        predicted.append(predictor.outputs.prediction(predictor.model.predict(window)))
        if rounds > 1:
            window = np.concatenate([window, predicted[-1].reshape(1, -1, t)], axis=1)[:, -window.shape[1] :]
    return np.concatenate(predicted, axis=1)


def extrapolate(model: Model, window: Array, steps: int, read: Outputs | None = None) -> Array:
    """`steps` values after `window` (T,): each is predicted from the T values before it, predicted ones included.

    `read` reads a prediction from the model's outputs; without it, they are one.
    """
    width, read = len(window), read or Outputs({})
    values = np.empty(width + steps, model.dtype)
    with no_grad(), np.errstate(all="ignore"):
        values[:width] = window
        for end, outputs in enumerate(outputs_along(model, values[:-1], width), start=width):
            values[end] = read.prediction(outputs)[0, 0]
    return values[width:]


# --- as files ---


def as_csv(tables: Iterable[Table]) -> Iterator[bytes]:
    """Tables that follow each other as one of CSV, in UTF-8.

    Numbers have the nine digits that tell any two float32 apart; NaN is an empty cell.
    """
    for number, table in enumerate(tables):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        if not number:
            writer.writerow(table)
        for row in zip(*table.values(), strict=True):
            writer.writerow([_cell(value) for value in row])
        yield text.getvalue().encode()


def _cell(value: Any) -> Any:
    if not isinstance(value, float | np.floating):
        return value
    return "" if np.isnan(value) else f"{value:.9g}"
