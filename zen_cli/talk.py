"""Standard error as a place to talk to: nobody has to listen."""

import os
from contextlib import suppress
from io import TextIOBase
from typing import Any, TextIO


class Talk(TextIOBase):
    """Passes text on to a stream; once that fails (closed, full, a reader gone), to nowhere.

    A training must not end because its terminal did. `stream` is None where the process was started without one.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._attempt("write", text)
        return len(text)

    def flush(self) -> None:
        self._attempt("flush")

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        if self._stream is None:
            raise OSError("there is no standard error")
        return self._stream.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # TextIOBase declares an attribute
        return getattr(self._stream, "encoding", None) or "utf-8"

    def _attempt(self, method: str, *arguments: Any) -> None:
        if self._stream is None:
            return
        try:
            getattr(self._stream, method)(*arguments)
        except (OSError, ValueError):
            with suppress(OSError, ValueError):  # what is still in its buffer goes nowhere, too
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            self._stream = None
