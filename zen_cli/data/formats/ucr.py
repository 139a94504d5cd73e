"""Time series with a class or a number each, as text: .ts of sktime and aeon, and .tsv of the UCR archive.

.ts: headers such as `@dimensions 2`, then `@data`, and a case a line: its dimensions and its label between colons
(https://www.aeon-toolkit.org, "The .ts file format"). .tsv: a label and the values between tabs, NaN behind the end of
those that are shorter (H. A. Dau et al. 2018, "The UCR Time Series Classification Archive").
"""

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from zen_cli.data.formats.opening import opened, shown, size_of
from zen_cli.errors import DataError, quoted
from zen_cli.memory import demand

Missing = Literal["error", "interpolate"]
Lines = Iterator[tuple[str, str]]  # where each is, and its text

NUMBERS = re.compile(r"[-+.0-9eE,\t ]*")  # float() takes 1_000, inf and digits of other scripts, too
FRACTION = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
MISSING = {"?", "nan"}
UNTOLD = "?"  # a label
LONG = 2**20  # characters of a line, before its pieces are worth a look at the memory
OF_A_CHARACTER = 40  # bytes that the pieces of a line take while it is read, at most
OF_THE_FILE = 5  # bytes for each of its own: two characters are a number


@dataclass
class Cases:
    """Sequences (T, C), and of each its label, "?" where nobody has told it, or its number, then NaN; or neither."""

    sequences: list[np.ndarray] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)


def read_tsv(path: str, missing: Missing, labelled: bool | None = None) -> Cases:
    """The cases of a .tsv. With None, the first column is labels unless one of them is written with a fraction."""
    if labelled is None:
        with _lines(path) as lines:
            labelled = not any(FRACTION.fullmatch(text.split("\t", 1)[0].strip()) for _, text in lines)
    cases, columns = Cases(), 0
    with _lines(path) as lines:
        for where, text in lines:
            label, _, rest = text.partition("\t") if labelled else ("", "", text)
            values = _numbers(rest, "\t", where)
            columns = columns or len(values)
            if len(values) != columns:
                raise DataError(f"{where}: {len(values)} values where the lines before have {columns}")
            cases.sequences.append(_whole(_without_end(values, where)[:, None], missing, where))
            cases.labels += [_demanded_label(label, where)] if labelled else []
    return _demanded_cases(cases, path)


def read_ts(path: str, missing: Missing) -> Cases:
    """The cases of a .ts."""
    cases = Cases()
    with _lines(path) as lines:
        header = _header(lines, shown(path))
        for where, text in lines:
            if text.startswith("#"):
                continue
            parts = text.strip().split(":")
            if header.labelled:
                _take_label(parts.pop(), header, cases, where)
            sequence = _whole(_dimensions(parts, where), missing, where)
            header.demand_as_declared(sequence, where)
            cases.sequences.append(sequence)
    return _demanded_cases(cases, path)


# --- lines and numbers ---


@contextmanager
def _lines(path: str) -> Iterator[Lines]:
    """The lines that are not empty."""
    with opened(path) as file:
        demand(OF_THE_FILE * size_of(file), shown(path))
        try:
            with io.TextIOWrapper(file, encoding="utf-8-sig") as text:
                yield _numbered(text, shown(path))
        except UnicodeDecodeError:
            raise DataError(f"{shown(path)}: cannot be read: it is not UTF-8 text") from None


def _numbered(file: io.TextIOWrapper, name: str) -> Lines:
    for number, line in enumerate(file, start=1):
        if len(line) > LONG:
            demand(OF_A_CHARACTER * len(line), f"{name}:{number}")
        if not line.isspace():
            yield f"{name}:{number}", line.rstrip("\n")


def _numbers(text: str, separator: str, where: str) -> np.ndarray:
    """float64, NaN where one is missing."""
    cells = text.split(separator)
    if NUMBERS.fullmatch(text):
        with suppress(ValueError):
            values = np.array([float(cell) for cell in cells])
            if np.isfinite(values).all():
                return values
    return np.array([_number(cell, f"{where}: value {place}") for place, cell in enumerate(cells, start=1)])


def _number(cell: str, where: str) -> float:
    if cell.strip().lower() in MISSING:
        return math.nan
    with suppress(ValueError):
        if NUMBERS.fullmatch(cell) and math.isfinite(value := float(cell)):
            return value
    raise DataError(f"{where}: {quoted(cell)} is not a finite number")


def _without_end(values: np.ndarray, where: str) -> np.ndarray:
    """Values (T,) up to the last that is there."""
    there = np.flatnonzero(~np.isnan(values))
    if not len(there):
        raise DataError(f"{where}: all its values are missing")
    return values[: there[-1] + 1]


def _whole(sequence: np.ndarray, missing: Missing, where: str) -> np.ndarray:
    """A sequence (T, C) with what is missing on a line between its neighbours; at the ends, as the nearest."""
    gaps = np.isnan(sequence)
    if not gaps.any():
        return sequence
    if missing == "error":
        message = f"{where}: {gaps.sum():,} of its {gaps.size:,} values are missing"
        raise DataError(message, "say `missing: interpolate`", setting="missing", instead={"missing": "interpolate"})
    if gaps.all(axis=0).any():
        raise DataError(f"{where}: all values of dimension {gaps.all(axis=0).argmax() + 1} are missing")
    steps = np.arange(len(sequence))
    lines = [np.interp(steps, steps[~gap], channel[~gap]) for gap, channel in zip(gaps.T, sequence.T, strict=True)]
    return np.stack(lines, axis=-1)


def _demanded_label(label: str, where: str) -> str:
    if not label.strip():
        raise DataError(f"{where}: there is no label", f"write {UNTOLD} where it is not known")
    return label.strip()


def _demanded_cases(cases: Cases, path: str) -> Cases:
    if not cases.sequences:
        raise DataError(f"{shown(path)}: there are no cases in it")
    return cases


# --- .ts ---


@dataclass
class Header:
    """What a .ts says of its cases; `dimensions` and `length` of None are what the first case has."""

    labelled: bool
    classes: Sequence[str]  # none where the labels are numbers
    equal_length: bool
    dimensions: int | None
    length: int | None

    def demand_as_declared(self, sequence: np.ndarray, where: str) -> None:
        T, C = sequence.shape
        self.dimensions = self.dimensions or C
        if self.dimensions != C:
            raise DataError(f"{where}: {C} dimensions where {self.dimensions} are declared or come before")
        self.length = self.length or T
        if self.equal_length and self.length != T:
            raise DataError(f"{where}: {T} steps where {self.length} are declared or come before")


def _header(lines: Lines, name: str) -> Header:
    """What the lines up to `@data` say."""
    tags = dict(_tags(lines, name))
    if _is_true(tags, "timestamps"):
        message = f"{name}: its values have timestamps"
        raise DataError(message, "zen reads series at equal distances, with `@timeStamps false`: values alone")
    labels = tags.get("classlabel", "").split()
    of_classes = _is_true(tags, "classlabel")
    return Header(
        labelled=of_classes or _is_true(tags, "targetlabel"),
        classes=[*labels[1:], UNTOLD] if of_classes else [],
        equal_length=_is_true(tags, "equallength"),
        dimensions=1 if _is_true(tags, "univariate") else _count(tags, ("dimensions", "dimension"), name),
        length=_count(tags, ("serieslength",), name),
    )


def _tags(lines: Lines, name: str) -> Iterator[tuple[str, str]]:
    """Names, in lower case, and values; a tag's second place undoes its first."""
    for where, text in lines:
        tag, value = (*text.split(maxsplit=1), "")[:2]
        if tag.lower() == "@data":
            return
        if tag.startswith("@"):
            yield tag[1:].lower(), value
        elif not tag.startswith("#"):
            raise DataError(f"{where}: {quoted(text)} stands before @data: this is no header of a .ts")
    raise DataError(f"{name}: it has no line @data")


def _is_true(tags: dict[str, str], tag: str) -> bool:
    return tags.get(tag, "").lower().split()[:1] == ["true"]


def _count(tags: dict[str, str], names: Sequence[str], name: str) -> int | None:
    value = next((tags[tag].strip() for tag in names if tag in tags), None)
    if value is not None and not re.fullmatch("[1-9][0-9]{0,17}", value):
        raise DataError(f"{name}: @{names[0]} is {quoted(value)}, not a whole number from 1 on")
    return None if value is None else int(value)


def _dimensions(parts: Sequence[str], where: str) -> np.ndarray:
    """(T, C)"""
    channels = [_numbers(part, ",", f"{where}: dimension {place}") for place, part in enumerate(parts, start=1)]
    lengths = list(map(len, channels))
    if len(set(lengths)) != 1:
        shape = f"dimensions of {', '.join(map(str, lengths[:10]))} values" if lengths else "a label, but no values"
        raise DataError(f"{where}: {shape}: all of a case are equally long")
    return np.stack(channels, axis=-1)


def _take_label(label: str, header: Header, cases: Cases, where: str) -> None:
    if not header.classes:
        cases.numbers.append(_number(label, f"{where}: the label"))
        return
    cases.labels.append(_demanded_label(label, where))
    if len(header.classes) > 1 and cases.labels[-1] not in header.classes:
        raise DataError(f"{where}: the label {quoted(cases.labels[-1])} is none that @classLabel declares")
