"""A CSV file that is read as well as can be, and what its columns hold."""

from typing import Any

import numpy as np

from zen_cli.config.proposal.looking.facts import ColumnFacts
from zen_cli.data.table import Frame, read_frame
from zen_cli.data.table.frame import Column
from zen_cli.errors import DataError

FOUND_OUT = ("encoding", "decimal")  # what an error may say instead of


def read(path: str) -> tuple[Frame, dict[str, Any]]:
    """The table, and the settings without which it cannot be read."""
    settings: dict[str, Any] = {}
    while True:
        try:
            return read_frame(path, **settings), settings
        except DataError as error:
            if error.setting not in FOUND_OUT or not error.instead or error.setting in settings:
                raise
            settings |= error.instead


def facts_of(frame: Frame, column: Column) -> ColumnFacts:
    values = frame.column(column.name)
    known = values[~np.isnan(values)]
    counts = np.unique(known, return_counts=True)[1]
    return ColumnFacts(
        column=column,
        rows=len(values),
        distinct=len(known) if column.kind == "text" else len(counts),
        least=int(counts.min(initial=len(known))),
        whole=bool((known == np.rint(known)).all()),
        rises=column.kind != "text" and len(known) == len(values) > 1 and bool((np.diff(values) > 0).all()),
    )
