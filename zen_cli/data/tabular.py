"""Rows of a table as examples: numbers scaled, categories as a number each, missing cells filled in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from zen_cli.data.dataset import Dataset, Preparation, Shape
from zen_cli.data.parts import Parts, numbers_of
from zen_cli.data.plain import fingerprint_of, restored, restricted
from zen_cli.data.rows import Where, blocks, mapped, selected
from zen_cli.data.scaling import Scaler, Scaling
from zen_cli.data.table import NONE
from zen_cli.data.tables import Table
from zen_cli.data.tasks import Classification, Columns, Regression
from zen_cli.errors import DataError, quoted
from zen_cli.padded import Rows

Array = np.ndarray


@dataclass(frozen=True)
class Feature:
    """An input column: a number, or one of `labels`, which become a 0 or 1 each.

    `fill` stands for a missing cell: a number, or a place among the labels.
    """

    name: str
    labels: tuple[str, ...] = ()
    fill: float | None = None


@dataclass(frozen=True)
class Tabular(Preparation):
    """Columns of a table, found by their names, as one row of numbers for each of its rows."""

    task: Classification | Regression
    targets: tuple[str, ...]
    features: tuple[Feature, ...]
    numbers: Scaling  # of the features that are no categories
    outputs: Scaling | None  # of targets that are numbers

    kind = "table"
    lengths_vary = False

    @classmethod
    def fit(cls, table: Table, scalers: Sequence[Scaler], parts: Parts) -> "Tabular":
        """What the part of the table that trains says of its columns."""
        trained = selected(table.rows, parts.train)
        features = tuple(_feature(table, name, trained) for name in table.roles.inputs)
        names = tuple(feature.name for feature in features if not feature.labels)
        numbers, targets = _scaling(table, scalers, names, trained), table.roles.targets
        if labels := table.column(targets[0]).labels:
            return cls(Classification(labels), targets, features, numbers, None)
        outputs = _scaling(table, scalers, targets, trained)
        return cls(Regression(targets), targets, features, numbers, outputs)

    @property
    def input_shape(self) -> Shape:  # type: ignore[override]
        return (sum(len(feature.labels) or 1 for feature in self.features),)

    @property
    def target_shape(self) -> Shape:  # type: ignore[override]
        return () if self.outputs is None else (len(self.targets),)

    def state(self) -> Mapping[str, Any]:
        return {
            "labels": list(self.task.labels),
            "targets": list(self.targets),
            "features": [[feature.name, list(feature.labels), feature.fill] for feature in self.features],
            "numbers": self.numbers.state(),
            "outputs": self.outputs.state() if self.outputs else None,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Tabular":
        labels, targets, outputs = tuple(state["labels"]), tuple(state["targets"]), state["outputs"]
        return cls(
            Classification(labels) if labels else Regression(targets),
            targets,
            tuple(Feature(name, tuple(labels), fill) for name, labels, fill in state["features"]),
            Scaling.from_state(state["numbers"]),
            Scaling.from_state(outputs) if outputs else None,
        )

    def dataset(self, raw: Table, parts: Parts | None = None) -> "TableDataset":
        rows, known = raw.rows, self._known(raw)
        if raw.unseen == "error":
            self._demand_seen(raw)
        return TableDataset(
            inputs=mapped(rows, self._encoder(raw), self.input_shape),
            targets=mapped(known, self.outputs.apply, known.shape[1:]) if self.outputs else known,
            parts=parts or _all_new(raw),
            task=self.task,
            raw=raw,
            known=known,
            outputs=self.outputs,
        )

    def _demand_seen(self, table: Table) -> None:
        """DataError where a category is met that the training part does not have."""
        for feature in (feature for feature in self.features if feature.labels):
            place, labels = table.index(feature.name), table.column(feature.name).labels
            strange = [code for code, label in enumerate(labels) if label not in feature.labels]
            row = 0
            for block in blocks(table.rows) if strange else ():
                if (met := np.isin(block[:, place], strange)).any():
                    first = int(met.argmax())
                    label = quoted(labels[int(block[first, place])])
                    message = f"{table.place(row + first, feature.name)}: {label} does not occur in the training part"
                    hint = "with `unseen: zeros` it counts as none of the categories there"
                    raise DataError(message, hint, setting="unseen", instead={"unseen": "zeros"})
                row += len(block)

    def _known(self, table: Table) -> Rows:
        """The targets: (N,) places in the labels or -1, or (N, t) numbers or NaN."""
        there = set(self.targets) <= set(table.names)
        if self.outputs:
            places = [table.index(name) for name in self.targets if there]
            nothing = np.full((1, len(self.targets)), np.nan)
            return mapped(
                table.rows,
                lambda rows: rows[:, places] if there else np.repeat(nothing, len(rows), axis=0),
                self.target_shape,
            )
        if not there:
            return np.full(len(table.rows), -1)
        column, codes = table.column(self.targets[0]), table.values(self.targets[0])
        if (strange := codes == NONE).any():
            where = table.place(int(strange.argmax()), column.name)
            raise DataError(f"{where}: this class is none of those that the model was trained on")
        codes_to_places = np.array([*(_place(label, self.task.labels) for label in column.labels), -1], np.intp)
        known: Array = codes_to_places[np.nan_to_num(codes, nan=len(column.labels)).astype(np.intp)]
        return known

    def _encoder(self, table: Table) -> Callable[[Array], Array]:
        """What makes inputs of rows of this table, whose columns may stand in any order."""
        columns = [(feature, table.index(feature.name)) for feature in self.features]
        codes = {f.name: _codes(f, table.column(f.name).labels) for f, _ in columns if f.labels}

        def encode(rows: Array) -> Array:
            numbers = [_filled(rows[:, place], f.fill) for f, place in columns if not f.labels]
            scaled = iter(self.numbers.apply(np.stack(numbers, axis=1)).T if numbers else ())
            parts = [
                _one_hot(rows[:, place], f, codes[f.name]) if f.labels else next(scaled)[:, None]
                for f, place in columns
            ]
            return np.concatenate(parts, axis=1)

        return encode


def _all_new(table: Table) -> Parts:
    """All rows as a test part, but those that lack a cell where such are to be left out."""
    whole = table.whole_rows(with_targets=False)
    if whole is not None and not whole.any():
        raise DataError("a value is missing in every row")
    return Parts(slice(0, 0), slice(0, 0), slice(0, len(table.rows)) if whole is None else np.flatnonzero(whole))


def _feature(table: Table, name: str, trained: Rows) -> Feature:
    """An input column, with those of its categories that are in the rows that train."""
    column, place, fills = table.column(name), table.index(name), table.missing == "fill"
    if column.kind != "category":
        return Feature(name, (), _median(trained, place, name) if fills else None)
    counts = _counts(trained, place, len(column.labels))
    if not counts.any():
        raise _nothing_in(name)
    labels = tuple(label for label, count in zip(column.labels, counts, strict=True) if count)
    return Feature(name, labels, float(labels.index(column.labels[counts.argmax()])) if fills else None)


def _median(rows: Rows, place: int, name: str) -> float:
    values = np.concatenate([np.empty(0), *(block[:, place].copy() for block in blocks(rows))])
    if np.isnan(values).all():
        raise _nothing_in(name)
    return float(np.nanmedian(values))


def _nothing_in(name: str) -> DataError:
    return DataError(f"column {quoted(name)} has no value in the part that trains: leave it out of the inputs")


def _counts(rows: Rows, place: int, labels: int) -> Array:
    """How often each code stands in a column."""
    counts = np.zeros(labels, np.intp)
    for block in blocks(rows):
        codes = block[:, place]
        counts += np.bincount(codes[~np.isnan(codes)].astype(np.intp), minlength=labels)
    return counts


def _scaling(table: Table, scalers: Sequence[Scaler], names: Sequence[str], trained: Rows) -> Scaling:
    places = [table.index(name) for name in names]
    part = partial(_columns, trained, places)
    return Scaling.fit(restricted(scalers, names), names, [part])


def _columns(rows: Rows, places: Sequence[int]) -> Iterator[Array]:
    return (block[:, places] for block in blocks(rows))


def _filled(values: Array, fill: float | None) -> Array:
    return values if fill is None else np.where(np.isnan(values), fill, values)


def _place(label: str, labels: Sequence[str]) -> int:
    return labels.index(label) if label in labels else -1


def _codes(feature: Feature, labels: Sequence[str]) -> Array:
    """For each code of a table the place of its label in the feature's, or -1; then that of a missing cell, and -1."""
    fill = -1 if feature.fill is None else int(feature.fill)
    return np.array([*(_place(label, feature.labels) for label in labels), fill, NONE], np.intp)


def _one_hot(values: Array, feature: Feature, codes: Array) -> Array:
    """(n, labels): 1 for the label of each; no 1 for one that is not known."""
    places = codes[np.nan_to_num(values, nan=len(codes) - 2).astype(np.intp)]
    ones: Array = (places[:, None] == np.arange(len(feature.labels))).astype(np.float64)
    return ones


@dataclass(frozen=True)
class TableDataset(Dataset):
    """Rows of a table, with the targets `known` of them: (N,) classes or (N, t) numbers."""

    raw: Table
    known: Rows
    outputs: Scaling | None

    def truth(self, where: Where) -> Array:
        truth: Array = self.known[where]
        return truth

    @property
    def left_out(self) -> int:
        return len(self.raw.rows) - len(self)

    @property
    def notes(self) -> Sequence[str]:
        return self.raw.notes

    def truths(self, where: Where) -> Rows:
        return selected(self.known, where)

    def in_units(self, predictions: Array, where: Where) -> Array:  # noqa: ARG002 - all rows are scaled alike
        return restored(self.outputs, predictions, self.task)

    def names(self, where: Where) -> Columns:
        return {"row": numbers_of(where) + 1}

    def meaning(self) -> list[Any]:
        frames = [
            [len(frame), *([column.name, column.labels] for column in frame.columns)] for frame in self.raw.frames
        ]
        return [self.task.labels, *frames]

    def content(self) -> str:
        return fingerprint_of(self.raw.rows)
