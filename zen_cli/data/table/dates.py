"""Dates and times in cells, as seconds since 1970."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from zen_cli.data.table.cells import Cells, WrongCellError, is_missing
from zen_cli.errors import quoted

Array = np.ndarray
Order = Literal["ymd", "dmy", "mdy"]  # of year, month and day

MICROSECONDS = 1_000_000
DAY = 24 * 60 * 60 * MICROSECONDS
LONGEST = 48  # characters of a date, with blanks around it
UNITS = {"hour": 3600 * MICROSECONDS, "minute": 60 * MICROSECONDS, "second": MICROSECONDS}
LIMITS = {"hour": 24, "minute": 60, "second": 60}

_ZONE = r"\s*(?P<zone>Z|[+-]\d\d(?::?\d\d)?)"
_TIME = rf"(?:[T ](?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{{1,6}}))?)?(?:{_ZONE})?)?"
_DAY, _MONTH, _YEAR = r"(?P<day>\d\d?)", r"(?P<month>\d\d?)", r"(?P<year>\d{4})"


def _forms(*expressions: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"\s*{expression}\s*", re.ASCII) for expression in expressions)


FORMS: dict[Order, tuple[re.Pattern[str], ...]] = {
    "ymd": _forms(
        rf"{_YEAR}(?P<mark>[-/.]){_MONTH}(?P=mark){_DAY}{_TIME}",
        rf"{_YEAR}-{_MONTH}",
        rf"{_YEAR}-?Q(?P<quarter>\d)",
    ),
    "dmy": _forms(rf"{_DAY}(?P<mark>[-/.]){_MONTH}(?P=mark){_YEAR}{_TIME}"),
    "mdy": _forms(rf"{_MONTH}(?P<mark>[-/]){_DAY}(?P=mark){_YEAR}{_TIME}"),
}


def found(text: str, order: Order) -> re.Match[str] | None:
    """The parts of a date; whether there is such a day is not looked at."""
    if len(text) > LONGEST:
        return None
    return next((match for form in FORMS[order] if (match := form.fullmatch(text))), None)


# --- one column ---


class AmbiguousError(ValueError):
    """Nothing says whether the day or the month comes first in a column; `index` is the cell that shows it."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


def order_of(texts: Sequence[str]) -> Order:
    """The order in which most cells have year, month and day; AmbiguousError where that cannot be told.

    A day above 12 tells; and 31.12.2020 is never written with the month first.
    """
    if any(found(text, "ymd") for text in texts):
        return "ymd"
    parts = [(i, match) for i, text in enumerate(texts) if (match := found(text, "dmy"))]
    if any(match["mark"] == "." for _, match in parts):
        return "dmy"
    first = next((i for i, match in parts if int(match["day"]) > 12), None)
    second = next((i for i, match in parts if int(match["month"]) > 12), None)
    if first is not None and second is not None:
        both = f"{quoted(texts[first])} has the day first and {quoted(texts[second])} the month"
        raise AmbiguousError(max(first, second), f"{both}: write them alike, best as 2020-01-31")
    if first is None and second is None:
        hint = "write dates as 2020-01-31"
        raise AmbiguousError(parts[0][0], f"{quoted(texts[parts[0][0]])} may have the day or the month first: {hint}")
    return "mdy" if first is None else "dmy"


class Dates(Cells):
    """Seconds since 1970, in UTC where a time zone is given, which then all cells of the column must have.

    Exact to the microsecond from 1834 to 2105; before and after that float64 has not enough digits.
    """

    def __init__(self, order: Order, width: int = 10) -> None:
        """`width` is how many characters cells usually have."""
        self.order: Order = order
        self._zoned: bool | None = None
        self._width = max(10, min(width, LONGEST))

    @property
    def dtype(self) -> str:
        return f"U{self._width + 1}"  # one more, to see which cells are longer

    def from_array(self, values: Array) -> Array:
        codes = _codes(values)
        if codes[:, -1].any():
            raise ValueError("a date is longer than those before")
        return self._seconds(values, codes)

    def from_texts(self, texts: Sequence[str]) -> Array:
        longest = max(map(len, texts), default=0)
        if longest > LONGEST:
            index = next(i for i, text in enumerate(texts) if len(text) > LONGEST)
            self.from_texts(texts[:index])
            raise WrongCellError(index, texts[index], "is not a date")
        self._width = max(self._width, longest)
        values = np.array(texts, f"U{self._width}")
        return self._seconds(values, _codes(values))

    def _seconds(self, values: Array, codes: Array) -> Array:
        """Cells (N,), and their characters (N, width) as code points: all that look like the first left are read."""
        seconds = np.full(len(values), math.nan)
        left, wrong = np.arange(len(values)), []
        while left.size:
            text, shape = str(values[left[0]]), codes[left[0]]
            if is_missing(text):
                left = left[(codes[left] != shape).any(axis=1)]
                continue
            layout = self._layout(text)
            if layout is None:
                wrong.append(left[0])
                break
            alike = layout.matches(codes[left])
            times, valid = layout.times(codes[left[alike]])
            wrong.extend(left[alike][~valid][:1])
            seconds[left[alike]] = times / MICROSECONDS
            left = left[~alike]
        if wrong:
            raise WrongCellError(int(min(wrong)), str(values[min(wrong)]), *self._why(str(values[min(wrong)])))
        return seconds

    def _layout(self, text: str) -> "_Layout | None":
        match = found(text, self.order)
        if match is None:
            return None
        zoned = _zone(match) is not None
        self._zoned = zoned if self._zoned is None else self._zoned
        return _Layout.of(match) if zoned == self._zoned else None

    def _why(self, text: str) -> tuple[str, str]:
        match = found(text, self.order)
        if match is None or (_zone(match) is not None) == self._zoned:
            return "is not a date", f"the others of the column are written as {EXAMPLES[self.order]}"
        has, have = ("no", "have one") if self._zoned else ("a", "have none")
        return f"has {has} time zone, but the dates before {have}", "write them alike"


EXAMPLES: dict[Order, str] = {"ymd": "2020-01-31", "dmy": "31.1.2020", "mdy": "1/31/2020"}


# --- cells that look alike, at once ---


@dataclass(frozen=True)
class _Layout:
    """Where the digits of a date stand: cells with digits there, and the same characters elsewhere, are read alike."""

    fields: dict[str, tuple[int, int]]  # of year, month, day, ...: the first character, and that behind the last
    digits: Array  # (k,) where digits stand
    others: Array  # (width - k,) where something else stands, or nothing
    text: Array  # (width,) code points
    zone: int  # microseconds that the clock is ahead of UTC

    @classmethod
    def of(cls, match: re.Match[str]) -> "_Layout":
        names = [name for name, text in match.groupdict().items() if text and name not in ("mark", "zone")]
        fields = {name: match.span(name) for name in names}
        digits = np.array([place for span in fields.values() for place in range(*span)])
        others = np.setdiff1d(np.arange(len(match.string)), digits)
        return cls(fields, digits, others, _codes(np.array([match.string]))[0], _zone(match) or 0)

    def matches(self, codes: Array) -> Array:
        """Which of the cells (N, width) have this layout."""
        digits = codes[:, self.digits] - np.uint32(ord("0")) <= 9  # what is below 0 wraps around
        others = codes[:, self.others] == self.text[self.others]
        found: Array = np.all(digits, axis=1) & np.all(others, axis=1) & np.all(codes[:, len(self.text) :] == 0, axis=1)
        return found

    def times(self, codes: Array) -> tuple[Array, Array]:
        """Microseconds since 1970 of cells that match, int64, and which of them there are: not February 30."""
        one = np.ones(len(codes), np.int64)
        parts = {name: _whole_number(codes[:, start:end]) for name, (start, end) in self.fields.items()}
        year, day = parts["year"], parts.get("day", one)
        month = 3 * parts["quarter"] - 2 if "quarter" in parts else parts["month"]
        valid = (year >= 1) & (month >= 1) & (month <= 12)
        start, end = (_first_day(year, month + more) for more in (0, 1))
        valid &= (day >= 1) & (day <= end - start)
        times = (start + day - 1) * DAY - self.zone
        for name in LIMITS.keys() & parts.keys():
            valid &= parts[name] < LIMITS[name]
            times += parts[name] * UNITS[name]
        if "fraction" in parts:
            first, behind = self.fields["fraction"]
            times += parts["fraction"] * 10 ** (6 - (behind - first))
        return times, valid


def _codes(values: Array) -> Array:
    """The characters of texts (N,) as code points (N, width)."""
    width = values.dtype.itemsize // 4
    return np.ascontiguousarray(values).view(np.uint32).reshape(len(values), width)


def _whole_number(codes: Array) -> Array:
    """Of digits (N, width): (N,)."""
    value = np.zeros(len(codes), np.int64)
    for place in range(codes.shape[1]):
        value = 10 * value + codes[:, place] - ord("0")
    return value


def _first_day(year: Array, month: Array) -> Array:
    """Days from 1970 to the first of a month; month 13 is the next year's first."""
    months: Array = (year - 1970) * 12 + month - 1
    days: Array = months.view("M8[M]").astype("M8[D]").view(np.int64)
    return days


def _zone(match: re.Match[str]) -> int | None:
    """Microseconds that the clock is ahead of UTC; None where there is no time zone."""
    text = match.groupdict().get("zone")
    if not text:
        return None
    digits = text[1:].replace(":", "").ljust(4, "0")
    ahead = 0 if text == "Z" else int(digits[:2]) * 60 + int(digits[2:])
    return (-ahead if text[0] == "-" else ahead) * UNITS["minute"]
