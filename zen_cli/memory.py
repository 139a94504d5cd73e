"""Memory that is asked for before it is taken."""

from pathlib import Path

from zen_cli.errors import UserError

UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")


def available() -> int | None:
    """Bytes that the machine can still give without swapping; None where the system does not say.

    Limits of a container or of ulimit are not looked at.
    """
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)


def demand(size: int, what: str) -> None:
    """Raise UserError if `what`, which takes `size` bytes, cannot fit."""
    free = available()
    if free is not None and size > free:
        needed, left = bytes_in_words(size), bytes_in_words(free)
        raise UserError(f"{what} needs {needed} of memory, but {left} are free: make it smaller")


def bytes_in_words(size: float) -> str:
    """A number of bytes in the largest unit that leaves at least 1: `4.2 GB`."""
    for unit in UNITS[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {UNITS[-1]}"
