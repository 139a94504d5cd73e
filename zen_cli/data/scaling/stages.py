"""Stages of a fitted chain: what each does to values, and its inverse. What they know is in their fields."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Stage(ABC):
    """Changes some columns of values (..., n, C), whose rows are in order, and eats the first `reach` rows of all.

    `columns` are the places of those, (C',), lowest first. What float64 cannot hold, or what the stage cannot take,
    becomes infinite; `domain` says what it can. `series` is the number of one series, or that of each along the first
    axis of values (N, n, C).
    """

    columns: Array
    domain: ClassVar[str] = "scaled values stay within the range of float64"
    scaler: ClassVar[str] = ""  # the name of the only one that makes such a stage

    @property
    def reach(self) -> int:
        return 0

    def apply(self, values: Array, series: int | Array) -> Array:
        """(..., n, C) to (..., n - reach, C), or to no rows where there are no more than `reach`."""
        scaled = values[..., self.reach :, :].copy()
        where = self._where(values)
        with np.errstate(over="ignore"):
            scaled[..., where] = self._forward(values[..., where], series)
        return scaled

    def restore(self, values: Array, before: Array, series: Array) -> Array:
        """The inverse, of values (N, H, C); `before` (N, R, C), R >= reach, is what `apply` met right before them."""
        restored = values.copy()
        where = self._where(values)
        with np.errstate(over="ignore", invalid="ignore"):
            restored[..., where] = self._backward(values[..., where], before[..., where], series)
        return restored

    def _where(self, values: Array) -> slice | Array:
        return slice(None) if len(self.columns) == values.shape[-1] else self.columns

    @abstractmethod
    def _forward(self, x: Array, series: int | Array) -> Array:
        """Of its own columns alone."""

    @abstractmethod
    def _backward(self, y: Array, before: Array, series: Array) -> Array:
        """Of its own columns alone."""

    def only(self, columns: Array) -> Self:
        """The stage of other values: the columns at these places of its own."""
        kept = np.isin(columns, self.columns)
        return self._of(np.flatnonzero(kept), np.searchsorted(self.columns, columns[kept]))

    def _of(self, columns: Array, among: Array) -> Self:  # noqa: ARG002 - for those that know more of a column
        """With these places instead; what it knows of them stands at `among` in its fields."""
        return replace(self, columns=columns)

    def state(self) -> dict[str, Any]:
        """Plain data, from which `from_state` makes the same stage, bit for bit."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        arrays_as_lists = {key: value.tolist() if isinstance(value, Array) else value for key, value in plain.items()}
        return {"stage": type(self).__name__, **arrays_as_lists}


@dataclass(frozen=True, eq=False)
class Affine(Stage):
    """y = low + (high - low) (x - center) / scale.

    `center` and `scale` are (S, C'), a row for each series, or (1, C') for all of them.
    """

    center: Array
    scale: Array
    low: float = 0.0
    high: float = 1.0

    def _forward(self, x: Array, series: int | Array) -> Array:
        y: Array = (x - self._row(self.center, series)) / self._row(self.scale, series)
        return self.low + (self.high - self.low) * y

    def _backward(self, y: Array, before: Array, series: Array) -> Array:  # noqa: ARG002 - no row needs another
        x: Array = (y - self.low) / (self.high - self.low) * self._row(self.scale, series)
        x += self._row(self.center, series)
        return x

    def _row(self, table: Array, series: int | Array) -> Array:
        """(1, C') or (N, 1, C'), to go with (..., n, C')."""
        row: Array = table[0 if len(table) == 1 else series]
        return row[..., None, :]

    def _of(self, columns: Array, among: Array) -> Self:
        return replace(self, columns=columns, center=self.center[:, among], scale=self.scale[:, among])


@dataclass(frozen=True, eq=False)
class Logarithm(Stage):
    """y = log(1 + x)."""

    domain = "Log1p takes values above -1"
    scaler = "Log1p"

    def _forward(self, x: Array, series: int | Array) -> Array:  # noqa: ARG002 - the same for all
        with np.errstate(divide="ignore"):
            y: Array = np.log1p(np.maximum(x, -1.0))
        return y

    def _backward(self, y: Array, before: Array, series: Array) -> Array:  # noqa: ARG002 - the same for all rows
        x: Array = np.expm1(y)
        return x


@dataclass(frozen=True, eq=False)
class Lagged(Stage):
    """y_t = x_t - x_(t - lag)."""

    lag: int

    @property
    def reach(self) -> int:
        return self.lag

    def _forward(self, x: Array, series: int | Array) -> Array:  # noqa: ARG002 - the same for all
        difference: Array = x[..., self.lag :, :] - x[..., : max(0, x.shape[-2] - self.lag), :]
        return difference

    def _backward(self, y: Array, before: Array, series: Array) -> Array:  # noqa: ARG002 - the same for all
        """x_h = y_h + x_(h - lag), for all rounds of `lag` rows at once: a running sum that starts from `before`."""
        N, H, C = y.shape
        width = max(1, min(self.lag, H))
        rounds = -(-H // width)
        steps = np.zeros((N, 1 + rounds, width, C))
        start = before.shape[1] - self.lag
        steps[:, 0] = before[:, start : start + width]
        steps[:, 1:].reshape(N, rounds * width, C)[:, :H] = y
        x: Array = steps.cumsum(axis=1)[:, 1:].reshape(N, rounds * width, C)[:, :H]
        return x


STAGES: Mapping[str, type[Stage]] = {stage.__name__: stage for stage in (Affine, Logarithm, Lagged)}


def stage_from(state: Mapping[str, Any]) -> Stage:
    """The stage that `Stage.state` described."""
    settings = {key: value for key, value in state.items() if key != "stage"}
    arrays = {"columns": np.intp, "center": np.float64, "scale": np.float64}
    made = {key: np.array(value, arrays[key]) if key in arrays else value for key, value in settings.items()}
    return STAGES[state["stage"]](**made)
