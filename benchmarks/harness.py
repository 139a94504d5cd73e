"""What the benchmarks share: a clean environment, one core, worker processes and medians. Standard library only."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent

CLEARED = ("OPENBLAS_", "GOTO_", "MKL_", "OMP_", "KMP_", "BLIS_", "XLA_", "NPY_", "ZEN_", "TORCH", "JAX_")
SINGLE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}


def environment() -> dict[str, str]:
    """This process's environment with nothing in it that chooses kernels or threads, but for one thread each."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(CLEARED)}
    return kept | SINGLE_THREAD


def pin(core: int | None) -> str:
    """Keep this process, and those it will start, on one core; returns what to call it."""
    if not hasattr(os, "sched_setaffinity"):
        return "not pinned: this system cannot"
    core = max(os.sched_getaffinity(0)) if core is None else core
    os.sched_setaffinity(0, {core})
    return f"core {core}"


def machine() -> str:
    """The processor's name."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


# --- workers ---


class WorkerError(Exception):
    """A framework is missing or cannot do the row."""


class Worker:
    """A process that runs one framework, idle but while it answers."""

    def __init__(self, framework: str, row: str, problem: Path) -> None:
        self.framework = framework
        command = [sys.executable, str(HERE / "worker.py"), framework, row, str(problem)]
        self.process = subprocess.Popen(
            command, env=environment(), text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, what: str, **details: object) -> dict:
        with suppress(BrokenPipeError):  # a worker that failed has left its reply
            print(json.dumps({"ask": what, **details}), file=self.process.stdin)
        reply = json.loads(self.process.stdout.readline() or '{"error": "the worker died"}')
        if "error" in reply:
            raise WorkerError(reply["error"])
        return reply

    def close(self) -> None:
        self.process.communicate()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# --- figures ---


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of one round each."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Aligned text, a column per key of the first row; the first column to the left, the others to the right."""
    columns = list(rows[0])
    widths = {c: max(len(c), *(len(row.get(c, "")) for row in rows)) for c in columns}
    lines = [{c: c for c in columns}, *rows]
    return "\n".join("  ".join(_cell(line.get(c, ""), widths[c], c == columns[0]) for c in columns) for line in lines)


def _cell(text: str, width: int, left: bool) -> str:
    return text.ljust(width) if left else text.rjust(width)
