"""Numbers from a CSV file."""

import csv
import io
import math
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from zen_cli.errors import DataError, quoted

# What a spreadsheet writes; Python's float() would also take 1_000 and digits of other scripts.
NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)


def read_table(path: str) -> np.ndarray:
    """The numbers of a CSV file as (rows, columns), float64; `-` reads standard input.

    The first line may name the columns. Every cell must be a finite number and every row equally long;
    DataError names the line and the column of the first that is not.
    """
    name = "standard input" if path == "-" else path
    try:
        with sys.stdin.buffer if path == "-" else Path(path).open("rb") as file:
            lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
            return parse_table(lines, name)
    except FileNotFoundError:
        raise DataError(f"{name}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise DataError(f"{name}: cannot be read: {reason}") from None


def parse_table(lines: Iterable[str], name: str) -> np.ndarray:
    """`read_table` for lines of text; `name` stands for them in messages."""
    reader = csv.reader(lines, strict=True)
    names: list[str] = []
    rows: list[list[float]] = []
    try:
        for cells in _without_last_blanks(reader, name):
            where = f"{name}:{reader.line_num}"
            if not rows:
                _demand_commas(cells, where)
            if not rows and not names and all(map(_may_name_a_column, cells)):
                names = cells
                continue
            before = len(rows[0]) if rows else len(names or cells)
            if len(cells) != before:
                raise DataError(f"{where}: {len(cells)} values where the rows before have {before}")
            rows.append([_number(cell, f"{where}: column {_column(i, names)}") for i, cell in enumerate(cells)])
    except csv.Error as error:
        raise DataError(f"{name}:{reader.line_num}: {error}") from None
    if not rows:
        raise DataError(f"{name}: there are no numbers in it")
    return np.array(rows)


def _without_last_blanks(reader: Any, name: str) -> Iterator[list[str]]:
    """The rows of a CSV reader. Blank lines may end a file; among rows they may stand for values that are missing."""
    blank = 0
    for cells in reader:
        if cells and blank:
            raise DataError(f"{name}:{blank}: this line is empty")
        if cells:
            yield cells
        else:
            blank = blank or reader.line_num


def _may_name_a_column(cell: str) -> bool:
    """Whether this is a word and not a spoilt number: `close`, but not `12.5 kg`, `-`, `nan` or nothing."""
    return cell.strip()[:1].isalpha() and cell.strip().lower() not in {"nan", "inf", "infinity"}


def _demand_commas(cells: list[str], where: str) -> None:
    other = next((mark for mark in ";\t|" if mark in cells[0]), None) if len(cells) == 1 else None
    if other:
        raise DataError(f"{where}: the values are separated by {other!r}: write commas between them")


def _number(cell: str, where: str) -> float:
    if not NUMBER.fullmatch(cell) or not math.isfinite(float(cell)):
        raise DataError(f"{where}: {quoted(cell)} is not a finite number")
    return float(cell)


def _column(place: int, names: list[str]) -> str:
    return quoted(names[place]) if names else str(place + 1)
