"""Memory that is asked for before it is taken."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from zen_cli.errors import UserError

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB", "EB")
PROC = Path("/proc")
CGROUPS = Path("/sys/fs/cgroup")


def available() -> int | None:
    """Bytes that this process can still take without swapping or being killed; None where the system does not say.

    The least of what the machine has, what each control group leaves (a container's limit is one), and `ulimit -v`.
    """
    left = [_of_machine(), *_of_control_groups(), _of_address_space()]
    return min((max(0, size) for size in left if size is not None), default=None)


def used() -> int:
    """Bytes of memory that this process holds; where the system does not say, the most that it has held."""
    pages = _words(PROC / "self" / "statm")
    if pages and resource:
        return int(pages[1]) * resource.getpagesize()
    if not resource:
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def demand(size: float, what: str) -> None:
    """Raise UserError if `what`, which takes `size` bytes, cannot fit."""
    free = available()
    if free is not None and size > free:
        raise UserError(shortage(size, what, free))


@contextmanager
def capped(size: int) -> Iterator[None]:
    """In here, a request for so many bytes more raises MemoryError, where else the system might end the process."""
    pages = _words(PROC / "self" / "statm")
    if not resource or not pages:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = int(pages[0]) * resource.getpagesize() + size
    try:
        resource.setrlimit(resource.RLIMIT_AS, (most if soft < 0 else min(soft, most), hard))
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def shortage(size: float, what: str, free: float) -> str:
    """The message that `what` cannot fit."""
    return f"{what} needs {bytes_in_words(size)} of memory, but {bytes_in_words(free)} are free"


def bytes_in_words(size: float) -> str:
    """A number of bytes in the largest unit that leaves at least 1: `4.2 GB`."""
    size = min(size, sys.float_info.max)  # a whole number may be larger
    for unit in UNITS[:-1]:
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} {UNITS[-1]}"


# --- what the system says ---


def _of_machine() -> int | None:
    return _kilobytes(PROC / "meminfo", "MemAvailable:")


def _of_control_groups() -> Iterator[int]:
    """What each group that this process is in, and each around it, has left of its limit, of version 2 or 1."""
    for line in _text(PROC / "self" / "cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if not path.startswith("/"):
            continue  # not a line as proc(5) has them
        if not controllers:
            yield from _left_in(CGROUPS, path, "memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
            yield from _left_in(CGROUPS / "memory", path, *names)


def _left_in(root: Path, path: str, limit: str, usage: str, cache: str) -> Iterator[int]:
    """Pages of files that nobody has read for a while count as free: the kernel takes them back before it kills."""
    inside = PurePosixPath(path).relative_to("/")
    for group in (root / part for part in (inside, *inside.parents)):
        most, now = _text(group / limit).strip(), _text(group / usage).strip()
        if most.isdecimal() and now.isdecimal():  # "max" is none
            reclaimable = next(
                (int(n) for key, n in _pairs(group / "memory.stat") if key == cache and n.isdecimal()), 0
            )
            yield int(most) - int(now) + reclaimable


def _of_address_space() -> int | None:
    pages = _words(PROC / "self" / "statm")
    if not resource or not pages:
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit - int(pages[0]) * resource.getpagesize()


def _kilobytes(path: Path, key: str) -> int | None:
    lines = (line.split() for line in _text(path).splitlines())
    return next((1024 * int(w[1]) for w in lines if len(w) > 1 and w[0] == key and w[1].isdecimal()), None)


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    return ((words[0], words[1]) for line in _text(path).splitlines() if len(words := line.split()) == 2)


def _words(path: Path) -> list[str]:
    return _text(path).split()


def _text(path: Path) -> str:
    """What a file of the system says; nothing where it cannot be read."""
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
