"""What the benchmarks share: a clean environment, chosen cores, worker processes and medians. Standard library only."""

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

CLEARED = ("OPENBLAS_", "GOTO_", "MKL_", "OMP_", "KMP_", "BLIS_", "XLA_", "NPY_", "ZEN_", "TORCH", "JAX_", "KERAS_")
CLEARED_ALLOCATOR = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")

# glibc returns large arrays to the system when they are freed, and every page of the next one is a fault. What keeps
# them is faster for some rows and slower for others, so both are tried.
ALLOCATORS: dict[str, dict[str, str]] = {
    "kept memory": {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(64 << 30)},
    "default malloc": {},
}


def environment(threads: int = 1) -> dict[str, str]:
    """This process's environment with nothing in it that chooses kernels, allocators or threads, but for the count."""
    cleared = CLEARED + CLEARED_ALLOCATOR
    kept = {name: value for name, value in os.environ.items() if not name.startswith(cleared)}
    counts = {f"{library}_NUM_THREADS": str(threads) for library in ("OPENBLAS", "OMP", "MKL")}
    several = str(threads > 1).lower()
    xla = f"--xla_cpu_multi_thread_eigen={several} intra_op_parallelism_threads={threads}"
    return kept | counts | {"XLA_FLAGS": xla, "JAX_PLATFORMS": "cpu", "KERAS_BACKEND": "jax"}


def pin(first: int | None, count: int = 1) -> str:
    """Keep this process, and those it will start, on `count` cores from `first` on; returns what to call them."""
    if not hasattr(os, "sched_setaffinity"):
        return "not pinned: this system cannot"
    first = max(os.sched_getaffinity(0)) - count + 1 if first is None else first
    os.sched_setaffinity(0, range(first, first + count))
    return f"core {first}" if count == 1 else f"cores {first} to {first + count - 1}"


def machine() -> str:
    """The processor's name."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def in_words(threads: int) -> str:
    return "one thread" if threads == 1 else f"{threads} threads"


# --- workers ---


class WorkerError(Exception):
    """A framework is missing or cannot do the row."""


class Worker:
    """A process that runs one framework, idle but while it answers."""

    def __init__(self, framework: str, row: str, problem: Path, variables: Mapping[str, str]) -> None:
        command = [sys.executable, str(HERE / "worker.py"), framework, row, str(problem)]
        self.process = subprocess.Popen(
            command, env={**variables}, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE
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


def table(rows: Sequence[Mapping[str, str]], markdown: bool = False) -> str:
    """Aligned text, a column per key of the first row; the first column to the left, the others to the right."""
    columns = list(rows[0])
    widths = {c: max(len(c), *(len(row.get(c, "")) for row in rows)) for c in columns}
    lines = [
        [_cell(line.get(c, ""), widths[c], c == columns[0]) for c in columns]
        for line in ({c: c for c in columns}, *rows)
    ]
    if not markdown:
        return "\n".join("  ".join(line) for line in lines)
    rule = ["-" * widths[columns[0]], *("-" * (widths[c] - 1) + ":" for c in columns[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (lines[0], rule, *lines[1:]))


def _cell(text: str, width: int, left: bool) -> str:
    return text.ljust(width) if left else text.rjust(width)
