"""One framework in a process of its own: `python worker.py FRAMEWORK ROW PROBLEM`.

Answers requests, one JSON object per line on standard input, with one per line on standard output.
"""

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import rows
from problem import Problem

MODULES = {
    "zen": "zen_rows",
    "torch": "peers.torch_rows",
    "torch-intel": "peers.torch_rows",
    "jax": "peers.jax_rows",
    "keras": "peers.keras_rows",
}
PRODUCT = 2048  # rows and columns of the matrices that show what the processor can do


class Session:
    """The requests, one method each."""

    def __init__(self, framework: str, row: str, path: str) -> None:
        self.framework = importlib.import_module(MODULES[framework])
        self.problem = Problem.load(Path(path))
        self.builders: dict[str, Callable] = self.framework.variants(rows.find(row), self.problem)
        self.started: dict[str, Callable] = {}

    def variants(self) -> dict:
        return {"variants": list(self.builders)}

    def start(self, variant: str, steps: int) -> dict:
        """Build the model and run it; the first losses tell whether the frameworks do the same work."""
        step, batches = self.builders[variant](), cycle(range(len(self.problem.inputs)))
        self.started[variant] = lambda: step(next(batches))
        return {"losses": [float(self.started[variant]()) for _ in range(steps)]}

    def round(self, variant: str, steps: int) -> dict:
        """Run `steps` more. The loss is read once, at the end: a framework may queue its steps."""
        step = self.started[variant]
        before = _clocks()
        for _ in range(steps):
            loss = step()
        float(loss)
        wall, cpu, busy = (now - then for now, then in zip(_clocks(), before, strict=True))
        return {"wall": wall, "lost": (busy - cpu) / wall if busy else 1 - cpu / wall}

    def describe(self) -> dict:
        return {"version": self.framework.version(), "blas": _blas(), "peak": _peak_memory()}

    def product(self) -> dict:
        """Floating-point operations per second of a large matrix product: the fastest of several."""
        import numpy as np

        rng = np.random.default_rng(0)
        multiply = self.framework.product(*(rng.standard_normal((PRODUCT, PRODUCT), np.float32) for _ in "ab"))
        return {"rate": 2 * PRODUCT**3 / min(_seconds(multiply) for _ in range(10))}


def _clocks() -> tuple[float, float, float]:
    """Seconds of time, of this process on a processor, and of anybody on its cores where it has several, else 0.

    What a process with one core has lost to others is the time it did not run. One with several may be idle itself.
    """
    return time.perf_counter(), time.process_time(), _busy()


def _busy() -> float:
    """Seconds that this process's cores have worked, or that the machine's host has taken from them; 0 for one core."""
    counters = Path("/proc/stat")
    if int(os.environ["OMP_NUM_THREADS"]) == 1 or not counters.exists():
        return 0.0
    cores = {f"cpu{number}" for number in os.sched_getaffinity(0)}
    lines = [line.split() for line in counters.read_text().splitlines()]
    # user, nice, system, idle, waiting, interrupts, soft interrupts, stolen
    ticks = [int(tick) for name, *line in lines if name in cores for tick in (*line[:3], *line[5:8])]
    return sum(ticks) / os.sysconf("SC_CLK_TCK")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _blas() -> str:
    """NumPy's BLAS and the kernel it chose for this machine."""
    from threadpoolctl import threadpool_info

    found = [
        f"{p['internal_api']} {p['version']} {p.get('architecture', '')}"
        for p in threadpool_info()
        if p["user_api"] == "blas"
    ]
    return ", ".join(found) or "unknown"


def _peak_memory() -> int:
    """In bytes. On Linux from /proc, because ru_maxrss begins with the peak of the process that started this one."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def main() -> None:
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a framework prints goes to standard error
    try:
        session = Session(*sys.argv[1:])
    except Exception as error:  # whatever went wrong, the table says it in this framework's place
        print(_failure(error), file=replies)
        return
    for line in sys.stdin:
        print(_answer(session, **json.loads(line)), file=replies)


def _answer(session: Session, ask: str, **details: object) -> str:
    """The reply to a request; one that fails leaves the worker able to take others."""
    try:
        return json.dumps(getattr(session, ask)(**details))
    except Exception as error:  # as above
        return _failure(error)


def _failure(error: Exception) -> str:
    return json.dumps({"error": f"{type(error).__name__}: {error}".splitlines()[0]})


if __name__ == "__main__":
    main()
