"""rich's console as all that prints in colour or in tables uses it."""

from typing import TextIO

from rich.console import Console
from rich.table import Table

WIDE = 2**15  # columns: more than any table of ours has


class PlainConsole(Console):
    """Takes text as it is. A reader that has gone is an error, as it is for a plain `print`."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(file=out, highlight=False, markup=False)

    def on_broken_pipe(self) -> None:
        raise  # the BrokenPipeError: rich calls this while it handles one

    def show_data(self, table: Table) -> None:
        """Print a table that programs may read: where this is no terminal, in plain lines, however long they are."""
        if not self.is_terminal:
            table.box, table.pad_edge, self.width = None, False, WIDE
        self.print(table)


def new_table(*columns: str) -> Table:
    """A table with these headings; words are to stand in the first column, and numbers in the others."""
    table = Table()
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left")
    return table
