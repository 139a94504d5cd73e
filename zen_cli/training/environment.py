"""What the bits of a result depend on besides config and data."""

import platform
from typing import Any

import numpy as np
import threadpoolctl

import zen_cli


def describe() -> dict[str, Any]:
    """Versions, the machine, and the BLAS with its kernel and threads; call it after `pin_threads`."""
    blas = [pool for pool in threadpoolctl.threadpool_info() if pool.get("user_api") == "blas"]
    kept = ("internal_api", "version", "architecture", "num_threads")
    return {
        "zen": zen_cli.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "system": platform.system(),
        "blas": [{key: pool.get(key) for key in kept} for pool in blas],
    }


def pin_threads(count: int) -> None:
    """Give matrix products `count` threads from now on: the number is part of the result's bits."""
    threadpoolctl.threadpool_limits(limits=count, user_api="blas")
