"""What the bits of a result depend on besides config and data, and how the process takes its memory."""

import ctypes
import platform
from collections.abc import Mapping
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
    decides = [key for key in now if key in then and key != "python"]
    return [f"{key} was {_shown(then[key])} and is {_shown(now[key])}" for key in decides if then[key] != now[key]]


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value)) or "none"
    if isinstance(value, dict):
        return " ".join(map(str, value.values()))
    return printable(str(value))


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
