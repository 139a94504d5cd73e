"""What the bits of a result depend on besides config and data, and how the process takes its memory."""

import ctypes
import platform
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import threadpoolctl

import zen_cli
from zen_cli.autodiff.products import vector_extensions
from zen_cli.errors import printable

M_TRIM_THRESHOLD = -1  # as in glibc's malloc.h
M_MMAP_MAX = -4
LARGEST_INT = 2**31 - 1


def describe() -> dict[str, Any]:
    """Versions, the machine, NumPy's vector instructions, the BLAS with its kernel and threads; after `pin_threads`."""
    blas = [pool for pool in threadpoolctl.threadpool_info() if pool.get("user_api") == "blas"]
    kept = ("internal_api", "version", "architecture", "num_threads")
    return {
        "zen": zen_cli.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "system": platform.system(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "simd": vector_extensions(),
        "blas": [{key: pool.get(key) for key in kept} for pool in blas],
    }


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs of that which results depend on, in words: `numpy was 2.4.6 and is 2.5.0`."""
    before, today = dict(_facts(then)), dict(_facts(now))
    known = [name for name in today if name in before and name != "python"]
    return [f"{n} was {before[n]} and is {today[n]}" for n in known if before[n] != today[n]]


def _facts(environment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each with its name: `blas architecture` is that of the first BLAS."""
    for name, value in environment.items():
        parts = value if isinstance(value, list) and all(isinstance(part, Mapping) for part in value) else []
        for number, part in enumerate(parts, start=1):
            place = f" {number}" if len(parts) > 1 else ""
            yield from ((f"{name}{place} {key}", printable(str(fact))) for key, fact in part.items())
        if not parts:
            yield name, printable(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def pin_threads(count: int) -> None:
    """Give matrix products `count` threads from now on: the number is part of the result's bits."""
    threadpoolctl.threadpool_limits(limits=count, user_api="blas")


def keep_freed_memory() -> None:
    """Let this process keep the memory of arrays it has freed for the next ones, where glibc hands it out.

    By default glibc gives large blocks back, and the system clears each of their pages anew at the next training step.
    No result changes, and the most memory used hardly; but the process does not shrink before it ends.
    """
    if libc := _glibc():
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, LARGEST_INT)


def _glibc() -> ctypes.CDLL | None:
    """This process's C library, if it is glibc: others have no such switches."""
    try:
        libc = ctypes.CDLL(None)
    except (OSError, TypeError):  # TypeError: on Windows a library has to have a name
        return None
    return libc if hasattr(libc, "gnu_get_libc_version") else None
