"""Examples from arrays that a person gives: checked, and with classes as places among their labels."""

import math
import re
import sys
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from zen_cli.data.dataset import Preparation
from zen_cli.data.examples import Examples
from zen_cli.data.joined import joined
from zen_cli.data.rows import blocks
from zen_cli.errors import DataError, quoted
from zen_cli.memory import demand
from zen_cli.padded import Rows

UNKNOWN = -1  # the place of a class that nobody has told
MANY = 100  # classes, so that one asks whether they are any


class Given(NamedTuple):
    """An array, and what messages call it."""

    values: np.ndarray
    name: str


def examples_of(train: Sequence[Given], test: Sequence[Given] = (), classes: bool | None = None) -> Examples:
    """Inputs and targets, and those of a test part where there is one.

    Targets are `classes`, or else numbers; None takes them for classes unless they have fractions.
    """
    for inputs, targets in (train, test) if test else (train,):
        _demand_one_each(inputs, targets)
    inputs, targets = train
    known = _target_values(targets)
    rows: Rows = inputs.values
    if test:
        known = _both(known, _target_values(test[1]), test[1].name)
        rows = _joined_inputs(inputs, test[0])
    codes, labels = _coded(known, targets.name, classes)
    return Examples(rows, codes, labels, test=len(test[0].values) if test else 0)


def without_targets(inputs: Rows, prepared: Preparation) -> Examples:
    """New inputs, of which nobody has told the targets."""
    unknown = UNKNOWN if prepared.task.labels else math.nan
    return Examples(inputs, np.full((len(inputs), *prepared.target_shape), unknown))


def demand_numbers(given: Given) -> None:
    """DataError for text, and for the first number that is not finite."""
    if given.values.dtype.kind in "US":
        raise DataError(f"{given.name}: it holds text, but inputs are numbers")
    if given.values.dtype.kind != "f":
        return
    done = 0
    for block in blocks(given.values):
        finite = np.isfinite(block)
        if not finite.all():
            place = np.argwhere(~finite)[0]
            index = [int(place[0]) + done, *map(int, place[1:])]
            raise DataError(f"{given.name}: the number at {index} is {block[tuple(place)]}, which is not finite")
        done += len(block)


def class_places(names: np.ndarray, where: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Names of classes (N,), text or numbers, as places among the different ones in order: 2 before 10, b after a."""
    distinct, places = np.unique(names, return_inverse=True)
    labels = _labels(distinct, where)
    order = np.argsort(np.array([int(label) for label in labels] if all(map(_is_whole, labels)) else labels))
    return np.argsort(order)[places], tuple(labels[i] for i in order)


# --- the pieces ---


def _demand_one_each(inputs: Given, targets: Given) -> None:
    if len(inputs.values) != len(targets.values):
        there = f"{len(targets.values):,} targets, but {inputs.name} has {len(inputs.values):,} inputs"
        raise DataError(f"{targets.name}: there are {there}")
    demand_numbers(inputs)


def _joined_inputs(train: Given, test: Given) -> Rows:
    one, other = train.values.shape[1:], test.values.shape[1:]
    if one != other:
        raise DataError(f"{test.name}: each of its inputs has shape {other}, but {one} in {train.name}")
    return joined(train.values, test.values, f"{train.name} and {test.name}")


def _target_values(targets: Given) -> np.ndarray:
    """Targets in memory: names of classes (N,) or numbers (N, n)."""
    values = targets.values
    demand(4 * values.nbytes, targets.name)
    if values.dtype.kind == "S":
        try:
            values = np.char.decode(values, "utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{targets.name}: its text is not UTF-8") from None
    elif values.dtype.kind == "f":
        demand_numbers(targets)
    if values.ndim > 2:
        raise DataError(f"{targets.name}: its shape is {values.shape}, but each target is a class or a row of numbers")
    return np.array(values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values)


def _both(train: np.ndarray, test: np.ndarray, name: str) -> np.ndarray:
    if (train.dtype.kind in "US") != (test.dtype.kind in "US") or train.shape[1:] != test.shape[1:]:
        was = f"{train.dtype.name} of shape {train.shape}"
        raise DataError(f"{name}: {test.dtype.name} of shape {test.shape} where those that train are {was}")
    return np.concatenate([train, test])


def _coded(values: np.ndarray, name: str, classes: bool | None) -> tuple[np.ndarray, tuple[str, ...]]:
    """Targets as `Examples` have them, and the labels of classes."""
    told = classes is not None
    if not (classes if told else values.dtype.kind != "f" and values.ndim == 1):
        return _as_numbers(values, name), ()
    if values.ndim > 1:
        message = f"{name}: {values.shape[1]} numbers for each example do not name a class"
        raise DataError(message, setting="classes", instead={"classes": False})
    codes, labels = class_places(values, name)
    if not told and values.dtype.kind in "iu" and len(labels) > max(MANY, len(values) / 2):
        message = f"{name}: {len(labels):,} different whole numbers in {len(values):,} targets: classes or numbers?"
        raise DataError(message, "say `classes: false` for numbers", setting="classes", instead={"classes": False})
    return codes, labels


def _as_numbers(values: np.ndarray, name: str) -> np.ndarray:
    if values.dtype.kind == "U":
        message = f"{name}: it holds text, which names classes"
        raise DataError(message, setting="classes", instead={"classes": True})
    return values.reshape(len(values), -1).astype(np.float64)


def _labels(names: np.ndarray, where: str) -> list[str]:
    if names.dtype.kind == "U" and _codes(names).max(initial=0) > sys.maxunicode:
        raise DataError(f"{where}: its text has codes of no character")
    labels = [str(int(name)) if _is_whole_float(name) else str(name) for name in names.tolist()]
    if strange := [label for label in labels if not label.strip() or not label.isprintable()]:
        raise DataError(f"{where}: {quoted(strange[0])} is no name of a class")
    return labels


def _codes(text: np.ndarray) -> np.ndarray:
    """The codes of all characters of texts (N,)."""
    return text.astype(text.dtype.newbyteorder("=")).view(np.uint32)


def _is_whole_float(name: object) -> bool:
    return isinstance(name, float) and name.is_integer()


def _is_whole(label: str) -> bool:
    """Whether this is how a whole number is written, and not 007 or 1_000."""
    return re.fullmatch("0|-?[1-9][0-9]{0,17}", label) is not None
