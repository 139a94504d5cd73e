"""Examples as a source gives them, scaled."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from zen_cli.data.dataset import Dataset, Preparation, Shape
from zen_cli.data.examples import Examples
from zen_cli.data.parts import Parts, numbers_of
from zen_cli.data.rows import Where, blocks, mapped, selected
from zen_cli.data.scaling import Scaler, Scaling
from zen_cli.data.tasks import Classification, Columns, Regression, Task
from zen_cli.errors import DataError, quoted
from zen_cli.padded import Padded, Rows

Array = np.ndarray


@dataclass(frozen=True)
class Plain(Preparation):
    """Examples that are all of one shape, or sequences of different lengths, whose last axis is scaled."""

    task: Classification | Regression
    input_shape: Shape
    target_shape: Shape
    lengths_vary: bool
    features: Scaling
    outputs: Scaling | None  # of targets that are numbers

    kind = "examples"

    @classmethod
    def fit(cls, raw: Examples, scalers: Sequence[Scaler], parts: Parts) -> "Plain":
        """Scaled as the part that trains is."""
        shape = raw.inputs.shape[1:]
        task: Classification | Regression
        if raw.labels:
            task, outputs = Classification(raw.labels), None
        else:
            task, outputs = _of_numbers(raw, scalers, parts)
        names = raw.features or tuple(map(str, range(shape[-1] if shape else 0)))
        trained = partial(_flat_blocks, selected(raw.inputs, parts.train))
        features = Scaling.fit(restricted(scalers, names), names, [trained])
        lengths_vary = isinstance(raw.inputs, Padded)
        return cls(task, shape, raw.targets.shape[1:], lengths_vary, features, outputs)

    def state(self) -> Mapping[str, Any]:
        return {
            "labels": list(self.task.labels),
            "names": [] if isinstance(self.task, Classification) else list(self.task.names),
            "input_shape": list(self.input_shape),
            "target_shape": list(self.target_shape),
            "lengths_vary": self.lengths_vary,
            "features": self.features.state(),
            "outputs": self.outputs.state() if self.outputs else None,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Plain":
        labels, names, outputs = tuple(state["labels"]), tuple(state["names"]), state["outputs"]
        return cls(
            Classification(labels) if labels else Regression(names),
            tuple(state["input_shape"]),
            tuple(state["target_shape"]),
            state["lengths_vary"],
            Scaling.from_state(state["features"]),
            Scaling.from_state(outputs) if outputs else None,
        )

    def dataset(self, raw: Examples, parts: Parts | None = None) -> "PlainDataset":
        self._demand_shape(raw.inputs.shape[1:])
        truth = with_labels(raw.targets, raw.labels, self.task.labels) if self.task.labels else raw.targets
        return PlainDataset(
            inputs=self._scaled(raw.inputs),
            targets=self.outputs.apply(truth) if self.outputs and isinstance(truth, np.ndarray) else truth,
            parts=parts or Parts(slice(0, 0), slice(0, 0), slice(0, len(raw.inputs))),
            task=self.task,
            raw=raw.inputs,
            known=truth,
            outputs=self.outputs,
        )

    def _demand_shape(self, given: Shape) -> None:
        wanted = (given[0], *self.input_shape[1:]) if self.lengths_vary and given else self.input_shape
        if given != wanted:
            raise DataError(f"the model takes examples of shape {self.input_shape}, but these have shape {given}")

    def _scaled(self, inputs: Rows) -> Rows:
        if not self.features.stages:
            return inputs
        if isinstance(inputs, Padded):
            return replace(inputs, values=np.where(inputs.mask[..., None], self._each(inputs.values), 0))
        return mapped(inputs, self._each, inputs.shape[1:])

    def _each(self, inputs: Array) -> Array:
        return self.features.apply(inputs.reshape(-1, inputs.shape[-1])).reshape(inputs.shape)


def _of_numbers(raw: Examples, scalers: Sequence[Scaler], parts: Parts) -> tuple[Regression, Scaling]:
    assert isinstance(raw.targets, np.ndarray)
    values = raw.targets[parts.train]
    task = Regression(raw.outputs or tuple(map(str, range(values.shape[-1]))))
    return task, Scaling.fit(restricted(scalers, task.names), task.names, [lambda: iter([values])])


def _flat_blocks(inputs: Rows) -> Iterator[Array]:
    """Inputs (N, ..., C) as blocks (n, C)."""
    for start in range(0, len(inputs), 256):
        block = inputs[start : start + 256]
        yield block.steps(block.values) if isinstance(block, Padded) else block.reshape(-1, block.shape[-1])


def restricted(scalers: Sequence[Scaler], names: Sequence[str]) -> list[Scaler]:
    """The scalers for columns of these names: those that are for some columns only are for those of them."""
    own = [(scaler, [name for name in scaler.columns or () if name in names]) for scaler in scalers]
    return [replace(scaler, columns=some or None) for scaler, some in own if some or scaler.columns is None]


def with_labels(classes: Rows, own: Sequence[str], labels: Sequence[str]) -> Rows:
    """Classes as places in `labels`, given as places in their own; -1, for one that is not known, stays."""
    if tuple(own) == tuple(labels) or not own:
        return classes
    values = classes.values if isinstance(classes, Padded) else classes[:]
    if strange := sorted({own[i] for i in np.unique(values) if i >= 0} - set(labels)):
        known = ", ".join(map(quoted, labels[:5])) + (", ..." if len(labels) > 5 else "")
        raise DataError(f"the model knows no class {quoted(strange[0])}: it was trained on {known}")
    places = np.array([labels.index(label) if label in labels else -1 for label in [*own, ""]])  # the last is for -1
    return replace(classes, values=places[values]) if isinstance(classes, Padded) else places[values]


@dataclass(frozen=True)
class PlainDataset(Dataset):
    """Examples, with the targets `known` of them, and the inputs as they were before scaling."""

    raw: Rows
    known: Rows
    outputs: Scaling | None

    def truth(self, where: Where) -> Any:
        return self.known[where]

    def truths(self, where: Where) -> Rows:
        return selected(self.known, where)

    def in_units(self, predictions: Array, where: Where) -> Array:  # noqa: ARG002 - all examples are scaled alike
        return restored(self.outputs, predictions, self.task)

    def names(self, where: Where) -> Columns:
        return numbered(numbers_of(where), self.known[where])

    def content(self) -> str:
        return fingerprint_of(self.raw, self.known)


def restored(outputs: Scaling | None, predictions: Array, task: Task) -> Array:
    """Predictions of scaled numbers in their own units."""
    if outputs is None or not isinstance(task, Regression):
        return predictions
    alone = np.zeros(len(predictions), np.intp)
    return outputs.restore(predictions[:, None], None, alone, task.names)[:, 0]


def numbered(numbers: Array, targets: Any) -> Columns:
    """The number of each example; of sequences with a target at each step, that of each step too."""
    if len(targets.shape) == 1 or targets.dtype.kind == "f":
        return {"example": numbers}
    steps = np.tile(np.arange(targets.shape[1]), len(targets))
    return {"example": np.repeat(numbers, targets.shape[1]), "step": steps}


def fingerprint_of(*arrays: Rows) -> str:
    """SHA-256 of them, with their shapes and types."""
    digest = hashlib.sha256()
    for rows in arrays:
        digest.update(f"{rows.dtype.str}{rows.shape}".encode())
        for block in blocks(rows):
            parts = (block.values, block.lengths) if isinstance(block, Padded) else (block,)
            for part in parts:
                digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()
