"""Forecasts without a model: the simple methods of Hyndman and Athanasopoulos, Forecasting, 3rd edition, section 5.2.

Each takes the history `values` (n, t), the `origins` (N,), each the row of the first value to predict, and the
`horizon` H, and gives (N, H, t) in the unit of the values; what it says of an origin follows from the rows before. NaN
is a missing value: the last known one stands for it, and where none was known yet, the forecast is NaN too.
"""

import numpy as np

from zen_cli.baseline.base import Baseline
from zen_cli.baseline.seasons import season_of

Array = np.ndarray


def naive(values: Array, origins: Array, horizon: int) -> Array:
    """The last value, as a read-only view that repeats it."""
    last = _at(values, _last_known(values)[origins])
    return np.broadcast_to(last[:, None], (len(origins), horizon, values.shape[1]))


def seasonal_naive(values: Array, origins: Array, horizon: int, season: int) -> Array:
    """The last value of the same phase of the season; the last value where that phase has none yet."""
    phase = np.arange(horizon) % season
    rows = origins[:, None] - season + phase  # (N, H): in the season before the origin
    same = np.where(rows[..., None] < 0, -1, _last_known_of_phase(values, season)[rows])  # (N, H, t)
    said = _at(values, same.reshape(-1, values.shape[1])).reshape(same.shape)
    known: Array = np.where(same < 0, naive(values, origins, horizon), said)
    return known


def drift(values: Array, origins: Array, horizon: int) -> Array:
    """The line through the first and the last value: y_T + h (y_T - y_1) / (T - 1)."""
    last, first = _last_known(values)[origins], _first_known(values)  # (N, t), (t,)
    end, start = _at(values, last), _at(values, first[None])
    slope = (end - start) / np.maximum(last - first, 1)
    ahead = (origins[:, None] + np.arange(horizon))[..., None] - last[:, None]  # (N, H, t): rows from the last known
    line: Array = end[:, None] + ahead * slope[:, None]
    return line


def mean(values: Array, origins: Array, horizon: int, train_end: int) -> Array:
    """The mean of the rows before `train_end`, as a read-only view that repeats it."""
    known = ~np.isnan(values[:train_end])
    total = np.where(known, values[:train_end], 0.0).sum(axis=0, dtype=np.float64)
    count = known.sum(axis=0)
    average = np.where(count, total / np.maximum(count, 1), np.nan)
    return np.broadcast_to(average, (len(origins), horizon, len(average)))


def forecasts(
    values: Array, origins: Array, horizon: int, trained: Array | None, season: int | None = None
) -> list[Baseline]:
    """Every one of them, the simplest first; without a `season`, that of the first training column that has one.

    `trained` (m, t) are the rows that trained; where they are not at hand, what is made from them is left out.
    """
    said = [Baseline("naive", naive(values, origins, horizon)), Baseline("drift", drift(values, origins, horizon))]
    if trained is not None:
        said.insert(1, Baseline("mean", mean(trained, origins, horizon, len(trained))))
        season = season or _season_of_columns(trained)
    if season and season > 1:
        said.append(Baseline(f"seasonal naive ({season})", seasonal_naive(values, origins, horizon, season)))
    return said


def _season_of_columns(values: Array) -> int | None:
    return next((season for column in values.T if (season := season_of(column))), None)


# --- rows by number, where -1 is none ---


def _known(values: Array) -> Array:
    """(n, t): a row's number where its value is known, -1 where not."""
    return np.where(np.isnan(values), -1, np.arange(len(values))[:, None])


def _last_known(values: Array) -> Array:
    """(n + 1, t): for each origin the last row before it that is known."""
    rows = np.full((len(values) + 1, values.shape[1]), -1)
    np.maximum.accumulate(_known(values), axis=0, out=rows[1:])
    return rows


def _last_known_of_phase(values: Array, season: int) -> Array:
    """(n or more, t): for each row the last one up to it that is known and whole seasons before."""
    seasons = -(-len(values) // season)
    rows = np.full((seasons * season, values.shape[1]), -1)
    rows[: len(values)] = _known(values)
    by_season = rows.reshape(seasons, season, -1)
    np.maximum.accumulate(by_season, axis=0, out=by_season)
    return rows


def _first_known(values: Array) -> Array:
    """(t,): the first row that is known, 0 where none is."""
    first: Array = (~np.isnan(values)).argmax(axis=0)
    return first


def _at(values: Array, rows: Array) -> Array:
    """The values (N, t) in these rows (N, t) of their columns."""
    return np.where(rows < 0, np.nan, np.take_along_axis(values, rows.clip(0), axis=0))
