"""A chain of scalers fitted to the training part: values scaled, predictions brought back, and its state as data."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from zen_cli.data.scaling.scalers import Part, Scaler
from zen_cli.data.scaling.stages import Stage, stage_from
from zen_cli.errors import DataError, ShapeError, quoted

Array = np.ndarray

AT_ONCE = 2**16  # numbers of a block


class UnscalableError(DataError):
    """A value that a scaler of the name `scaler` cannot take; empty where it may be any of several."""

    def __init__(self, scaler: str, message: str) -> None:
        super().__init__(message)
        self.scaler = scaler


@dataclass(frozen=True, eq=False)
class Scaling:
    """Stages that values of these columns go through, one after the other. Missing values, NaN, stay missing.

    The chain eats the first `reach` rows of a series, since differences need them. A series is told by its number, its
    place among the `parts` that the chain was fitted to.
    """

    columns: tuple[str, ...]
    stages: tuple[Stage, ...] = ()

    @classmethod
    def fit(cls, scalers: Iterable[Scaler], columns: Sequence[str], parts: Sequence[Part]) -> "Scaling":
        """Fitted to `parts`: each call of one gives the training rows of a series, in blocks (n, C).

        Every scaler that learns from values walks once through all of them. How the rows are cut into blocks does not
        matter: the results are the same, bit for bit.
        """
        chain = cls(tuple(columns))
        for scaler in scalers:
            scaled = [partial(chain._part, part, number) for number, part in enumerate(parts)]
            chain = replace(chain, stages=(*chain.stages, scaler.fit(columns, scaled)))
        return chain

    def _part(self, part: Part, series: int) -> Iterator[Array]:
        return self.apply_blocks(_recut(part(), max(1, AT_ONCE // max(1, len(self.columns)))), series)

    @property
    def reach(self) -> int:
        """How many rows the chain eats at the start of a series."""
        return sum(stage.reach for stage in self.stages)

    # --- there ---

    def apply(self, values: Array, series: int = 0) -> Array:
        """Rows (n, C) of a series in order, as (n - reach, C) float64; DataError where one cannot be scaled."""
        return self._through(self._numbers(values), series)

    def apply_blocks(self, blocks: Iterable[Array], series: int = 0) -> Iterator[Array]:
        """As `apply`, of a series that comes in blocks (n_i, C); no block comes out empty."""
        scaled: Iterator[Array] = (self._numbers(block) for block in blocks if len(block))
        for place in range(len(self.stages)):
            scaled = self._stream(place, scaled, series)
        return scaled

    def _stream(self, place: int, blocks: Iterator[Array], series: int) -> Iterator[Array]:
        """The blocks through one stage; the rows that it needs again are carried from block to block."""
        reach = self.stages[place].reach
        carried = np.empty((0, len(self.columns)))
        for block in blocks:
            rows = np.concatenate([carried, block]) if reach else block
            if len(rows) > reach:
                yield self._stage(place, rows, series)
            carried = rows[max(0, len(rows) - reach) :]

    def _through(self, values: Array, series: int | Array) -> Array:
        for place in range(len(self.stages)):
            values = self._stage(place, values, series)
        return values

    def _stage(self, place: int, values: Array, series: int | Array) -> Array:
        """Values (..., n, C) through one stage; a value that it cannot take is named."""
        stage = self.stages[place]
        scaled = stage.apply(values, series)
        if (infinite := np.isinf(scaled)).any():
            *where, column = np.argwhere(infinite)[0]
            value = values[..., stage.reach :, :][(*where, column)]
            came = " from the scalers before it" if place else ""
            raise UnscalableError(
                stage.scaler, f"column {quoted(self.columns[column])}: {stage.domain}, but got {value:.10g}{came}"
            )
        return scaled

    def _numbers(self, values: Array) -> Array:
        numbers = np.asarray(values, np.float64)
        if (infinite := np.isinf(numbers)).any():
            *where, column = np.argwhere(infinite)[0]
            name = quoted(self.columns[column])
            raise DataError(f"column {name}: {numbers[(*where, column)]:g} cannot be scaled, only numbers can")
        return numbers

    # --- and back ---

    def restore(self, predictions: Array, before: Array | None, series: Array, columns: Sequence[str]) -> Array:
        """Predictions (N, H, t) of these columns in the units of the data, as float64.

        `before` (N, reach, t) are the values in the units of the data right before each prediction, and `series` (N,)
        says which series it goes on. What exceeds float64 becomes infinite; what follows a missing value is missing.
        """
        chain, scaled = self.only(columns), np.asarray(predictions, np.float64)
        histories = chain._histories(chain._known(before, scaled), series)
        for stage, history in zip(reversed(chain.stages), reversed(histories), strict=True):
            scaled = stage.restore(scaled, history, series)
        return scaled

    def only(self, columns: Sequence[str]) -> "Scaling":
        """The chain for values that have these of its columns, in this order."""
        places = np.array([self.columns.index(name) for name in columns], np.intp)
        return Scaling(tuple(columns), tuple(stage.only(places) for stage in self.stages))

    def _known(self, before: Array | None, predictions: Array) -> Array:
        N, _, t = predictions.shape
        known = np.empty((N, 0, t)) if before is None else self._numbers(before)
        if known.shape[1] < self.reach:
            raise ShapeError(f"restore needs the {self.reach} rows before each prediction, but got {known.shape[1]}")
        return known

    def _histories(self, before: Array, series: Array) -> list[Array]:
        """What each stage met right before the predictions."""
        histories = [before]
        for place in range(len(self.stages)):
            histories.append(self._stage(place, histories[place], series))
        return histories[:-1]

    # --- as data ---

    def state(self) -> dict[str, Any]:
        """Plain data for JSON, from which `from_state` makes the same chain, bit for bit."""
        return {"columns": list(self.columns), "stages": [stage.state() for stage in self.stages]}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Scaling":
        return cls(tuple(state["columns"]), tuple(map(stage_from, state["stages"])))


def _recut(blocks: Iterable[Array], size: int) -> Iterator[Array]:
    """The same rows in blocks of `size`, but for the last."""
    waiting: list[Array] = []
    count = 0
    for block in blocks:
        for start, end in _cuts(len(block), size - count, size):
            waiting.append(block[start:end])
            count += end - start
            if count == size:
                yield np.concatenate(waiting)
                waiting, count = [], 0
    if waiting:
        yield np.concatenate(waiting)


def _cuts(length: int, first: int, size: int) -> Iterator[tuple[int, int]]:
    """From 0 to `length`: a piece of `first`, then of `size` each."""
    borders = [0, *range(first, length, size), length]
    return pairwise(borders)
