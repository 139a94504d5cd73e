"""What a config says of a table: with a window it is a series, without one each row is an example."""

from typing import Any

import numpy as np

from zen_cli.config.language.registry import COMPONENTS, settings_of
from zen_cli.config.meaning.blame import misfit
from zen_cli.config.meaning.components import name_of, settings_in
from zen_cli.config.meaning.cures import Add, Remove
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath
from zen_cli.data.tables import Table
from zen_cli.errors import quoted

WINDOW: KeyPath = ("data", "window")
OF_SERIES = ("index", "series", "past", "future", "gaps")  # settings of a table that say nothing of single rows
OF_ROWS = {  # and those that say nothing of a series
    "inputs": "with a window a table is a series, told from its own past and from columns named as `past` or `future`",
    "unseen": "with a window a table is a series of numbers, without categories",
    "test_file": "a series ends with its test part: `data.split.test` says how much that is",
}


def demand_rows(table: Table, resolved: Resolved) -> None:
    """ConfigError where a table without a window is taken for a series."""
    may_be_series = all(table.column(name).kind == "number" for name in table.roles.targets)
    cures = [Add(("data",), "window", _fitting(table))] if may_be_series else []
    for given in _given(resolved, *OF_SERIES):
        message = f"is missing: `{given[-1]}` is of a series, which is cut into windows of so many values"
        raise misfit(resolved, WINDOW, message, *cures, Remove(given))
    if not table.roles.inputs:
        message = f"there is no column that {' and '.join(map(quoted, table.roles.targets))} can be told from"
        if may_be_series:
            message = f"is missing: {message}, but a series is told from its own past"
        raise misfit(resolved, WINDOW if may_be_series else ("data", "source"), message, *cures)


def demand_series(table: Table, resolved: Resolved) -> None:
    """ConfigError where a table with a window is taken for rows."""
    for name in table.roles.targets:
        column = table.column(name)
        if column.kind != "number":
            examples = ", ".join(column.examples)
            message = f"with a window a table is a series of numbers, but column {quoted(name)} holds {examples}"
            raise misfit(resolved, WINDOW, message, Remove(WINDOW))
    for path in _given(resolved, *OF_ROWS):
        raise misfit(resolved, path, OF_ROWS[str(path[-1])], Remove(path), Remove(WINDOW))


def _given(resolved: Resolved, *names: str) -> list[KeyPath]:
    """The settings of the source, of these names, that are not as they are by default."""
    source: dict[str, Any] = resolved.values["data"]["source"]
    known = settings_of(COMPONENTS["source"][name_of(source)])
    given = [name for name in names if settings_in(source)[name] not in (known[name].default, [])]
    return [("data", "source", name_of(source), name) for name in given]


def _fitting(table: Table) -> int:
    """A window that leaves room for examples in each series."""
    series = table.roles.series
    shortest = len(table.rows) if series is None else int(np.unique(table.values(series), return_counts=True)[1].min())
    return max(1, min(50, shortest // 4))
