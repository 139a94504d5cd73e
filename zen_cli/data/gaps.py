"""Values of a series that are missing."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from zen_cli.data.rows import blocks
from zen_cli.data.series import Missing, SeriesSet
from zen_cli.memory import demand
from zen_cli.padded import Rows

Array = np.ndarray


def any_missing(values: Rows) -> bool:
    return any(bool(np.isnan(block).any()) for block in blocks(values))


def patched(raw: SeriesSet, borders: Sequence[Sequence[int]]) -> SeriesSet:
    """The series with missing values filled in as their `missing` says; those before the first known one stay so.

    So do those at the end of a series that nobody can know yet, after the last row with a value that is not known in
    advance. `borders` are the rows of each series at which its parts end: what comes after one is never looked at
    before it.
    """
    if raw.missing not in ("fill", "interpolate"):
        return raw
    series = [
        replace(one, values=_patched(one.values, raw.missing, ends, raw.now)) if any_missing(one.values) else one
        for one, ends in zip(raw.series, borders, strict=True)
    ]
    return replace(raw, series=tuple(series))


def _patched(values: Rows, how: Missing, borders: Sequence[int], now: int) -> Array:
    demand(8 * values.shape[0] * values.shape[1], "a series with missing values")
    known = np.array(values[:])
    filled = _forward(known)
    if how == "interpolate":
        for start, end in zip([0, *borders], [*borders, len(filled)], strict=True):
            filled[start:end] = _between(known[start:end], filled[start:end])
    told = ~np.isnan(known[:, :now]).all(axis=1)
    filled[len(told) - told[::-1].argmax() :, :now] = np.nan
    return filled


def _forward(values: Array) -> Array:
    """Each missing value as the last one before it; before the first, there is none."""
    there = ~np.isnan(values)
    last = np.maximum.accumulate(np.where(there, np.arange(len(values))[:, None], 0), axis=0)
    filled: Array = np.take_along_axis(values, last, axis=0)
    return filled


def _between(values: Array, filled: Array) -> Array:
    """On a straight line between the values on both sides of a gap; with one side only, as they are `filled`."""
    rows = np.arange(len(values))
    lines = filled.copy()
    for channel, line in zip(values.T, lines.T, strict=True):
        there = np.flatnonzero(~np.isnan(channel))
        if len(there):
            inside = slice(there[0], there[-1] + 1)
            line[inside] = np.interp(rows[inside], there, channel[there])
    return lines
