"""rich's console as all that prints in colour or in tables uses it."""

from typing import TextIO

from rich.console import Console


class PlainConsole(Console):
    """Takes text as it is. A reader that has gone is an error, as it is for a plain `print`."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(file=out, highlight=False, markup=False)

    def on_broken_pipe(self) -> None:
        raise  # the BrokenPipeError: rich calls this while it handles one
