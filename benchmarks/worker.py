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

from problem import Problem

MODULES = {"zen": "rows", "torch": "peers.torch_models", "jax": "peers.jax_models"}
CHECKED_STEPS = 20


class Session:
    """The requests, one method each."""

    def __init__(self, framework: str, row: str, path: str) -> None:
        self.framework = importlib.import_module(MODULES[framework])
        if row not in self.framework.ROWS:
            raise LookupError(f"this row is not written for {framework}")
        self.problem = Problem.load(Path(path))
        self.builders: dict[str, Callable] = self.framework.variants(row, self.problem)
        self.started: dict[str, Callable] = {}

    def variants(self) -> dict:
        return {"variants": list(self.builders)}

    def start(self, variant: str) -> dict:
        """Build the model and train it; the first losses tell whether the frameworks do the same work."""
        step, batches = self.builders[variant](), cycle(range(len(self.problem.inputs)))
        self.started[variant] = lambda: step(next(batches))
        losses = [float(self.started[variant]()) for _ in range(CHECKED_STEPS)]
        return {"losses": losses, "version": self.framework.version(), "blas": _blas()}

    def round(self, variant: str, steps: int) -> dict:
        """Train for `steps` more. The loss is read once, at the end: a framework may queue its steps."""
        step = self.started[variant]
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(steps):
            loss = step()
        float(loss)
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}

    def memory(self) -> dict:
        return {"bytes": _peak_memory()}


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
        for line in sys.stdin:
            request = json.loads(line)
            answer = getattr(session, request.pop("ask"))(**request)
            print(json.dumps(answer), file=replies)
    except Exception as error:  # whatever went wrong, the table says it in this framework's place
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=replies)


if __name__ == "__main__":
    main()
