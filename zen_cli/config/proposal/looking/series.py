"""A CSV file as one series or several."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from zen_cli.baseline import season_of
from zen_cli.config.proposal.looking.facts import ColumnFacts, SeriesFacts
from zen_cli.config.proposal.looking.time import Time, unread_time
from zen_cli.data.frequency import BusinessDays, frequency_of
from zen_cli.data.series import Series, SeriesSet
from zen_cli.data.sources import CSV
from zen_cli.errors import DataError, quoted

Array = np.ndarray
KNOWN = 0.8  # of a series, from its start: what may tell how to treat it, since its end is kept for scores
MOST_FILLED = 0.5  # of the dates: with more gaps they are at no regular distance


def forecastable(columns: Mapping[str, ColumnFacts], time: Time) -> list[str]:
    """The columns of numbers that vary, but for those of the time."""
    taken = {time.index, time.series}
    return [c.name for c in columns.values() if c.kind == "number" and c.distinct > 1 and c.name not in taken]


def series_facts(
    path: str,
    reading: Mapping[str, Any],
    columns: Mapping[str, ColumnFacts],
    time: Time,
    target: str,
    asked: bool,
    notes: tuple[str, ...],
) -> SeriesFacts:
    """Raises DataError where the rows of a series are not in order, or where it is hardly more than its dates."""
    if columns[target].distinct < 2:
        raise DataError(f"{path}: {quoted(target)} is the same in every row: there is nothing to forecast")
    source = CSV(path, target, index=time.index, series=time.series, missing="drop", gaps="ignore", **reading)
    table = source.load(0)
    found = table.as_series()
    longest = max(found.series, key=len)
    frequency = frequency_of(longest.positions) if found.dated else None
    gaps = sum(map(_gaps, found.series)) if found.dated else 0
    regular = not isinstance(frequency, BusinessDays) and gaps <= MOST_FILLED * columns[target].rows
    on_time = replace(table, gaps="missing").as_series() if gaps and regular else found
    values = max(on_time.series, key=len).values[:, 0]
    ahead = len(values) - 1 - int(np.flatnonzero(~np.isnan(values)).max(initial=0))
    known = _without_holes(values[: round(KNOWN * (len(values) - ahead))])
    return SeriesFacts(
        path=path,
        reading=reading,
        lengths={series.label: len(series) for series in found.series},
        target=target,
        asked=asked,
        others=tuple(name for name in forecastable(columns, time) if name != target),
        index=time.index,
        dated=found.dated,
        series=time.series,
        unread=None if time.index else unread_time(columns),
        span=_span(found),
        frequency=frequency,
        gaps=gaps,
        regular=regular,
        missing=columns[target].missing,
        ahead=ahead if len(found.series) == 1 else 0,
        season=season_of(known),
        values=known,
        notes=notes,
    )


def _without_holes(values: Array) -> Array:
    """Values (n,) with the last known one in place of each that is missing, from the first known one on."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return values[:0]
    counts = np.diff(np.append(known, len(values)))
    filled: Array = np.repeat(values[known], counts)
    return filled


def _span(found: SeriesSet) -> tuple[str, str]:
    """The first and the last position of all, as people read them."""
    ends = np.array([min(s.positions[0] for s in found.series), max(s.positions[-1] for s in found.series)])
    first, last = found.said(ends) if found.dated else (f"{end:.10g}" for end in ends)
    return str(first), str(last)


def _gaps(series: Series) -> int:
    """How many dates are missing."""
    frequency = frequency_of(series.positions)
    return sum(count for _, count in frequency.gaps(series.positions)) if frequency else 0
