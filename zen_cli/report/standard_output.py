"""Standard output as a place for data: what cannot be written there is an error, other than on standard error."""

import errno
import sys
from typing import TextIO


def stream() -> TextIO:
    """Standard output as it is; OSError where it is closed."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed", "standard output")
    return sys.stdout


def put(text: str) -> None:
    """Write `text` to standard output, whole. OSError where that is closed, full or gone."""
    try:
        out = stream()
        out.write(text)
        out.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from None
