"""Time what a CSV file takes to read, by what is in it, and the memory that a large one needs: see README.md."""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import harness
import numpy as np

MEGABYTE = 1e6
LINES = 20_000  # of a text that is repeated until a file is large enough


def numbers(rng: np.random.Generator) -> list[list[str]]:
    return [[f"{value:.3f}" for value in rng.normal(0, 100, LINES)] for _ in range(10)]


def long_numbers(rng: np.random.Generator) -> list[list[str]]:
    """All the digits of a float64, as pandas writes them."""
    return [[repr(float(value)) for value in rng.normal(0, 1, LINES)] for _ in range(5)]


def with_gaps(mark: str) -> Callable[[np.random.Generator], list[list[str]]]:
    """Numbers, of which one in fifty is missing and says `mark`."""

    def made(rng: np.random.Generator) -> list[list[str]]:
        return [[mark if rng.random() < 0.02 else cell for cell in column] for column in numbers(rng)]

    return made


def days(rng: np.random.Generator) -> list[list[str]]:
    dates = np.datetime64("2000-01-01") + np.arange(LINES)
    return [dates.astype(str).tolist(), numbers(rng)[0]]


def short_days(rng: np.random.Generator) -> list[list[str]]:
    """1/31/2000: dates of several lengths."""
    dates = (np.datetime64("2000-01-01") + np.arange(LINES)).tolist()
    return [[f"{day.month}/{day.day}/{day.year}" for day in dates], numbers(rng)[0]]


def mixed(rng: np.random.Generator) -> list[list[str]]:
    """A time, a category and three numbers."""
    times = np.datetime64("2020-01-01T00:00") + np.arange(LINES)
    words = rng.choice(["red", "green", "blue", "yellow"], LINES).tolist()
    return [[time.replace("T", " ") for time in times.astype(str)], words, *numbers(rng)[:3]]


def quoted_words(rng: np.random.Generator) -> list[list[str]]:
    """The same with quotes around the times and the words, as R writes them."""
    time, words, *others = mixed(rng)
    return [[f'"{cell}"' for cell in time], [f'"{cell}"' for cell in words], *others]


KINDS = {
    "10 numbers of 7 characters": (numbers, ","),
    "5 numbers of 17 digits": (long_numbers, ","),
    "10 numbers, 2 % empty": (with_gaps(""), ","),
    "10 numbers, 2 % NA": (with_gaps("NA"), ","),
    "10 numbers, tabs between": (numbers, "\t"),
    "10 numbers, decimal comma": (lambda rng: [[c.replace(".", ",") for c in col] for col in numbers(rng)], ";"),
    "a date and a number": (days, ","),
    "a date 1/31/2000, a number": (short_days, ","),
    "a time, a category, 3 numbers": (mixed, ","),
    "the same, words in quotes": (quoted_words, ","),
}


def write(path: Path, kind: str, size: float) -> None:
    """A file of about so many bytes."""
    made, delimiter = KINDS[kind]
    columns = made(np.random.default_rng(0))
    text = "\n".join(map(delimiter.join, zip(*columns, strict=True))) + "\n"
    names = delimiter.join(f"x{place}" for place in range(len(columns)))
    with path.open("w", encoding="utf-8") as file:
        file.write(names + "\n")
        for _ in range(max(1, round(size / len(text)))):
            file.write(text)


# --- in a process of its own ---


def read(path: str, times: int) -> dict[str, float | list[float]]:
    """The seconds of some readings, and how far memory rose above what it was with everything imported, in bytes."""
    from zen_cli.data.table import read_frame

    seconds = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(times):
        start = time.perf_counter()
        frame = read_frame(path)
        seconds.append(time.perf_counter() - start)
        del frame
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "peak": 1024 * peak, "rise": 1024 * (peak - before)}


def measured(path: Path, times: int) -> dict:
    command = [sys.executable, __file__, "--worker", str(path), "--runs", str(times)]
    return json.loads(subprocess.run(command, env=harness.environment(), stdout=subprocess.PIPE, check=True).stdout)


def line(kind: str, folder: Path, megabytes: float, runs: int) -> dict[str, str]:
    path = folder / "table.csv"
    write(path, kind, megabytes * MEGABYTE)
    size = path.stat().st_size / MEGABYTE
    found = measured(path, runs)
    path.unlink()
    seconds = found["seconds"]
    figures = {"MB": f"{size:.0f}", "MB/s": f"{size / median(seconds):.0f}", "fastest": f"{size / min(seconds):.0f}"}
    return {"file": kind} | figures | {"peak MB": f"{found['peak'] / MEGABYTE:.0f}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="readings of each file (default: 7)")
    parser.add_argument("--megabytes", type=float, default=32, help="the size of each file (default: 32)")
    parser.add_argument("--large", type=float, default=1000, help="the size of one more, read once (default: 1000)")
    parser.add_argument("--folder", help="where the files are written (default: where temporary files go)")
    parser.add_argument("--core", type=int, help="the core to run on (default: the last one)")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        json.dump(read(options.worker, options.runs), sys.stdout)
        return
    core = harness.pin(options.core)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        lines = [line(kind, Path(folder), options.megabytes, options.runs) for kind in KINDS]
        if options.large:
            lines.append(line(next(iter(KINDS)), Path(folder), options.large, 1))
    print(harness.table(lines, options.markdown), end="\n\n")
    print(f"{harness.machine()}, {core}, one thread, medians of {options.runs} readings in one process")


if __name__ == "__main__":
    main()
