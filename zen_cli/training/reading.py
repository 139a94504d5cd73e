"""Files of a run as they are read: anything may have been put in their places."""

import errno
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any, TypeGuard

MOST = 10**12  # the names of checkpoints, which are steps, have twelve digits
DEEPEST = 100  # levels of lists and objects: a config has 32 at most


def demand_file(path: Path) -> None:
    """OSError unless a file is there, or behind a link, that can be read: a pipe would be waited for, with no end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no file", str(path))
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def read(path: Path) -> bytes:
    """OSError where no file is there, or none that can be read."""
    demand_file(path)
    return path.read_bytes()


def parsed(text: str | bytes) -> Any:
    """What JSON says; ValueError where it is none, or nested deeper than anything that zen writes."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise _TooDeepError from None
    level = [value]
    for _ in range(DEEPEST):
        level = [child for each in level for child in _children(each)]
        if not level:
            return value
    raise _TooDeepError


def is_count(value: object) -> TypeGuard[int]:
    """Whether it is a number of steps, or of anything that there is no more of."""
    return type(value) is int and 0 <= value < MOST


def is_finite(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


class _TooDeepError(ValueError):
    def __init__(self) -> None:
        super().__init__(f"it is nested more than {DEEPEST} levels deep")


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
