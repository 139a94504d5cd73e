"""What a cell of a CSV file may say, and the number that stands for it: numbers, categories, text."""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import numpy as np

from zen_cli.errors import quoted

Array = np.ndarray
Decimal = Literal[".", ","]
Unseen = Literal["refuse", "none"]
NONE = -1.0  # the code of a category that is none of those given

MISSING = frozenset(("", "NA", "N/A", "#N/A", "null", "NULL", "None", "?", "-"))
NAN = re.compile(r"[-+]?nan", re.IGNORECASE)
# What a spreadsheet writes; Python's float() would also take 1_000 and digits of other scripts. No two parts of a form
# can match the same characters, or a long cell that is no number would take time without end.
NUMBER = {
    ".": re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", re.ASCII),
    ",": re.compile(r"[-+]?(\d+(,\d*)?|,\d+)([eE][-+]?\d+)?", re.ASCII),
}
GROUPED = {  # with a mark between thousands
    ".": re.compile(r"[-+]?\d{1,3}([,' \u00a0\u202f_]\d{3})+(\.\d*)?", re.ASCII),
    ",": re.compile(r"[-+]?\d{1,3}([.' \u00a0\u202f_]\d{3})+(,\d*)?", re.ASCII),
}
INFINITE = re.compile(r"[-+]?inf(inity)?", re.IGNORECASE)
LIKE_A_NUMBER = re.compile(
    "|".join(form.pattern for form in (*NUMBER.values(), *GROUPED.values(), INFINITE)), re.I | re.A
)
MONEY = "%€$£¥"
MOST_CATEGORIES = 10_000
LONGEST_LABEL = 1_000


class WrongCellError(ValueError):
    """The cell `text`, number `index` of those read at once, cannot be read: it `problem`."""

    def __init__(self, index: int, text: str, problem: str, hint: str = "") -> None:
        super().__init__(f"{quoted(text)} {problem}")
        self.index = index
        self.text = text
        self.problem = problem
        self.hint = hint


def is_missing(text: str) -> bool:
    text = text.strip()
    return text in MISSING or NAN.fullmatch(text) is not None


def number(text: str, decimal: Decimal = ".") -> float | None:
    """The finite number that a cell says; NaN if it is missing, None if it says something else."""
    text = text.strip()
    if is_missing(text):
        return math.nan
    if not NUMBER[decimal].fullmatch(text):
        return None
    value = float(text.replace(",", "."))
    return value if math.isfinite(value) else None


def looks_like_a_number(text: str) -> bool:
    """Whether it is a number, or means one, in a way that must be told rather than guessed: `1,000`, `12 %`, `inf`."""
    text = text.strip().strip(MONEY).strip()
    return LIKE_A_NUMBER.fullmatch(text) is not None or text.isdecimal()


class Cells(ABC):
    """Reads the cells of one column as float64, NaN where one is missing."""

    @property
    @abstractmethod
    def dtype(self) -> str:
        """What NumPy is to read the column as: the quickest form that has held every cell until now."""

    @abstractmethod
    def from_array(self, values: Array) -> Array:
        """Cells (N,) that NumPy read as `dtype`; ValueError if that was not the right way to read them."""

    @abstractmethod
    def from_texts(self, texts: Sequence[str]) -> Array:
        """Cells (N,) as they stand in the file; WrongCellError for the first that cannot be read."""


class Numbers(Cells):
    """Finite numbers, rounded as Python's float() does."""

    dtype = "f8"

    def __init__(self, decimal: Decimal = ".") -> None:
        self.decimal = decimal

    def from_array(self, values: Array) -> Array:
        if np.isinf(values).any():
            raise ValueError("a number is infinite")
        return values

    def from_texts(self, texts: Sequence[str]) -> Array:
        """All at once where float() is right about every cell, which is five times as quick; else one by one."""
        try:
            return self._quickly(texts)
        except ValueError:
            return np.array([self._one(index, text) for index, text in enumerate(texts)])

    def _quickly(self, texts: Sequence[str]) -> Array:
        together = "".join(texts)
        if not together.isascii() or "_" in together or (self.decimal == "," and "." in together):
            raise ValueError("float() would take what is no number here")
        if self.decimal == ",":
            texts = [text.replace(",", ".") for text in texts]
        found = np.array([math.nan if text in MISSING else float(text) for text in texts])
        if np.isinf(found).any():
            raise ValueError("a number is infinite")
        return found

    def _one(self, index: int, text: str) -> float:
        value = number(text, self.decimal)
        if value is None:
            raise WrongCellError(index, text, *why_not_a_number(text.strip(), self.decimal))
        return value


def why_not_a_number(text: str, decimal: Decimal) -> tuple[str, str]:
    """What a cell is not, and what to do."""
    other: Decimal = "," if decimal == "." else "."
    if INFINITE.fullmatch(text):
        return "is not a finite number", "write a number, or leave the cell empty"
    if NUMBER[decimal].fullmatch(text):
        return "is larger than any float64", "write a smaller number, or leave the cell empty"
    of_other, grouped = NUMBER[other].fullmatch(text), any(form.fullmatch(text) for form in GROUPED.values())
    if of_other or grouped:
        ways = [f"with a decimal {_MARKS[decimal]}"] * bool(of_other) + ["without marks between thousands"] * grouped
        return "is not a number", f"write it {' or '.join(ways)}"
    if any(mark in text for mark in MONEY):
        return "is not a number", "write the number alone"
    return "is not a number", ""


_MARKS = {".": "point", ",": "comma"}


class Categories(Cells):
    """Codes of labels: the places of given `labels`, or 0, 1, ... in the order of first appearance.

    What is too much for a category is refused, or with `or_text` tells that the column `is_text`, and has no code.
    """

    dtype = "O"

    def __init__(
        self, labels: Sequence[str] | None = None, unseen: Unseen = "refuse", *, or_text: bool = False
    ) -> None:
        self._codes = _Codes(labels, unseen, or_text)

    @property
    def is_text(self) -> bool:
        return self._codes.is_text

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self._codes.labels)

    def from_array(self, values: Array) -> Array:
        return self.from_texts(values.tolist())

    def from_texts(self, texts: Sequence[str]) -> Array:
        try:
            return np.fromiter(map(self._codes.__getitem__, texts), np.float64, len(texts))
        except WrongCellError as wrong:
            raise WrongCellError(texts.index(wrong.text), wrong.text, wrong.problem, wrong.hint) from None


class _Codes(dict[str, float]):
    """The code of each text that has been met, with the blanks around it; `labels` are those texts without them."""

    def __init__(self, labels: Sequence[str] | None, unseen: Unseen, or_text: bool) -> None:
        super().__init__({label: float(code) for code, label in enumerate(labels or ())})
        self.labels = {label: code for code, label in enumerate(labels or ())}
        self.given = labels is not None
        self.unseen = unseen
        self.or_text = or_text
        self.is_text = False

    def __missing__(self, text: str) -> float:
        label = text.strip()
        if label in self.labels:
            return self._kept(text, float(self.labels[label]))
        if is_missing(label):
            return self._kept(text, math.nan)
        if self.given and self.unseen == "none":
            return self._kept(text, NONE)
        if self.is_text:
            return 0.0
        try:
            self._demand_new(text, label)
        except WrongCellError:
            if not self.or_text:
                raise
            self.is_text = True
            return 0.0
        return self._kept(text, float(self.labels.setdefault(label, len(self.labels))))

    def _kept(self, text: str, code: float) -> float:
        if len(self) < 2 * MOST_CATEGORIES:  # of those that differ in blanks there may be any number
            self[text] = code
        return code

    def _demand_new(self, text: str, label: str) -> None:
        if self.given:
            known = ", ".join(quoted(label) for label in list(self.labels)[:5])
            more = f" and {len(self.labels) - 5} more" if len(self.labels) > 5 else ""
            raise WrongCellError(0, text, f"is not a known category: these are {known}{more}", "write one of them")
        if len(self.labels) == MOST_CATEGORIES:
            problem = f"is one category more than {MOST_CATEGORIES:,}, so the column looks like an id"
            raise WrongCellError(0, text, problem, "leave the column out")
        if len(label) > LONGEST_LABEL:
            problem = f"is longer than a category may be ({len(label):,} characters, and the most is {LONGEST_LABEL:,})"
            raise WrongCellError(0, text, problem, "leave the column out")


class Texts(Cells):
    """Names and remarks, which no number stands for: 0 where there is one."""

    dtype = "O"

    def from_array(self, values: Array) -> Array:
        return self.from_texts(values.tolist())

    def from_texts(self, texts: Sequence[str]) -> Array:
        return np.array([math.nan if is_missing(text) else 0.0 for text in texts])
