"""Clean processes to fork trainings off: with one thread, NumPy's included, and without what measures the tests."""

import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

SHARES = 4  # into which work is divided, whatever the number of cores: seeds do not depend on it
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def stable() -> Iterator[Executor]:
    """An executor with SHARES processes at most, which are started anew, and live as long as this does."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))  # read when NumPy is imported: threads do not live through a fork
    try:
        with ProcessPoolExecutor(
            _workers(), mp_context=get_context("spawn"), initializer=_demand_one_thread
        ) as executor:
            yield executor
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _workers() -> int:
    """A process for each core, of those that pytest-xdist leaves to this one of its processes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(SHARES, cores // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))))


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for a while, in memory where there is such a place: a kill spares what was written, synced or not."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None, prefix="zen-") as folder:
        yield Path(folder)


def _demand_one_thread() -> None:
    import faults.forked  # noqa: F401 - what a child would have to import

    tasks = Path("/proc/self/task")
    if tasks.is_dir() and len(list(tasks.iterdir())) > 1:
        raise RuntimeError("a process that forks has to have one thread")
