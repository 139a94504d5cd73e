"""Numbers from a CSV file."""

import csv
import math
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from zen_cli.errors import DataError


def read_table(path: str) -> np.ndarray:
    """The numbers of a CSV file as (rows, columns), float64; `-` reads standard input.

    The first line may name the columns. Every cell must be a finite number and every row equally long;
    DataError names the line and the column of the first that is not.
    """
    if path == "-":
        return parse_table(sys.stdin, "standard input")
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            return parse_table(file, path)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise DataError(f"{path}: cannot be read: {reason}") from None


def parse_table(lines: Iterable[str], name: str) -> np.ndarray:
    """`read_table` for lines of text; `name` stands for them in messages."""
    reader = csv.reader(lines, strict=True)
    names: list[str] = []
    rows: list[list[float]] = []
    try:
        for cells in reader:
            if not cells:
                continue
            if not rows and not names and not any(map(_is_number, cells)):
                names = cells
                continue
            where = f"{name}:{reader.line_num}"
            if cells and rows and len(cells) != len(rows[0]):
                raise DataError(f"{where}: {len(cells)} values where the rows before have {len(rows[0])}")
            rows.append([_number(cell, f"{where}: column {_column(i, names)}") for i, cell in enumerate(cells)])
    except csv.Error as error:
        raise DataError(f"{name}:{reader.line_num}: {error}") from None
    if not rows:
        raise DataError(f"{name}: there are no numbers in it")
    return np.array(rows)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str, where: str) -> float:
    if not _is_number(cell) or not math.isfinite(float(cell)):
        shown = cell if len(cell) <= 40 else cell[:37] + "..."
        raise DataError(f"{where}: {shown!r} is not a finite number")
    return float(cell)


def _column(place: int, names: list[str]) -> str:
    return repr(names[place]) if place < len(names) else str(place + 1)
