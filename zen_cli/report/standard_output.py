"""Standard output as the place for data: what cannot be written there is an error, other than on standard error."""

import codecs
import errno
import os
from contextlib import suppress
from io import TextIOBase, TextIOWrapper
from typing import Any, BinaryIO, TextIO


class StandardOutput(TextIOBase):
    """Passes text on to a stream; OSError, which names standard output, where that is closed or full.

    BrokenPipeError where nobody reads it any longer. `stream` is None where the process was started without one.
    """

    def __init__(self, stream: TextIO | None) -> None:
        if isinstance(stream, TextIOWrapper):
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"  # as where no locale is set
            stream.reconfigure(encoding="utf-8" if is_ascii else None, errors="backslashreplace")
        self._stream = stream
        self._failure: OSError | None = None if stream else OSError(errno.EBADF, "it is closed", "standard output")

    def write(self, text: str) -> int:
        if self._failure:
            raise self._failure  # again: what tries whether it can write may have caught the first one
        self._attempt("write", text)
        return len(text)

    def flush(self) -> None:
        if not self._failure:
            self._attempt("flush")

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        if self._stream is None:
            raise OSError("there is no standard output")
        return self._stream.fileno()

    @property
    def buffer(self) -> BinaryIO | None:
        """Where click writes the choices of a completion, which are bytes; shells do not read errors."""
        return getattr(self._stream, "buffer", None)

    @property
    def encoding(self) -> str:  # type: ignore[override]  # TextIOBase declares an attribute
        return getattr(self._stream, "encoding", None) or "utf-8"

    def _attempt(self, method: str, *arguments: Any) -> None:
        try:
            getattr(self._stream, method)(*arguments)
        except OSError as error:
            with suppress(OSError):  # what is still in its buffer goes nowhere: it would be tried again at the end
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            self._failure = OSError(error.errno, error.strerror, "standard output")  # BrokenPipeError for EPIPE
            raise self._failure from None
