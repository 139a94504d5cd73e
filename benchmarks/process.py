"""Time whole processes, from the command to the files: `zen train` beside PyTorch and JAX scripts: see README.md."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from statistics import median

import harness

ROOT = harness.HERE.parent
DIRECTORY = "DIRECTORY"  # stands for a fresh one in the commands below
CACHE = "CACHE"  # stands for one that lasts from run to run

JAX = [str(harness.HERE / "peers" / "sine_jax.py"), DIRECTORY]
COMMANDS = {
    "zen train": ["-m", "zen_cli", "train", "configs/sine.yaml", "--runs", DIRECTORY],
    "torch": [str(harness.HERE / "peers" / "sine_torch.py"), DIRECTORY],
    "jax": JAX,
    "jax, cached": JAX,
    "zen --help": ["-m", "zen_cli", "--help"],
}
PEERS = ("torch", "jax", "jax, cached")

# JAX keeps what it compiles only if asked, and short compilations only if asked for those
VARIABLES = {
    "jax, cached": {
        "JAX_COMPILATION_CACHE_DIR": CACHE,
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
}


@dataclass
class Runs:
    """Seconds of each run, and the largest peak of memory in bytes."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int = 0
    failure: str = ""


def run_once(name: str, runs: Runs, threads: int, cache: str) -> None:
    """Start the command in a fresh directory, wait, and add its figures to `runs`."""
    variables = {key: cache if value is CACHE else value for key, value in VARIABLES.get(name, {}).items()}
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryFile("w+") as errors:
        arguments = [directory if part is DIRECTORY else part for part in COMMANDS[name]]
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=harness.environment(threads) | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode:
            runs.failure = (errors.read().strip() or f"exit code {process.returncode}").splitlines()[-1]
    runs.wall.append(wall)
    runs.cpu.append(usage.ru_utime + usage.ru_stime)
    runs.peak = max(runs.peak, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def measure(names: list[str], count: int, threads: int) -> dict[str, Runs]:
    """`count` runs of each in turn, after one that fills the caches and is not counted."""
    results = {name: Runs() for name in names}
    with tempfile.TemporaryDirectory() as cache:
        for turn in range(count + 1):
            for name, runs in results.items():
                if not runs.failure:
                    run_once(name, runs, threads, cache)
            if turn == 0:
                results = {name: Runs(failure=runs.failure) for name, runs in results.items()}
    return results


def line(name: str, results: dict[str, Runs]) -> dict[str, str]:
    runs, ours = results[name], results["zen train"]
    comparable = name in PEERS and not ours.failure
    ratio = f"{harness.median_ratio(ours.wall, runs.wall):.2f}" if comparable else "-"
    return {
        "process": name,
        "wall s": f"{median(runs.wall):.2f}",
        "fastest": f"{min(runs.wall):.2f}",
        "cpu s": f"{median(runs.cpu):.2f}",
        "zen train/it": ratio,
        "peak MB": f"{runs.peak / 1e6:.0f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of each that count (default: 7)")
    parser.add_argument("--threads", type=int, default=1, help="threads, on as many cores (default: 1)")
    parser.add_argument("--core", type=int, help="the first core to run on (default: the last ones)")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    cores = harness.pin(options.core, options.threads)
    results = measure(list(COMMANDS), options.runs, options.threads)
    for name, runs in results.items():
        if runs.failure:
            print(f"no {name}: {runs.failure}", file=sys.stderr)
    lines = [line(name, results) for name, runs in results.items() if not runs.failure]
    if lines:
        print(harness.table(lines, options.markdown))
    print(f"{harness.machine()}, {cores}, {harness.in_words(options.threads)}, medians of {options.runs} runs")


if __name__ == "__main__":
    main()
