"""Show how a training step's time grows with the length, the batch and the layers of an LSTM: see README.md."""

import argparse
import tempfile
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from statistics import median

import harness
from rounds import Case, Measured, measure, start
from rows import SCALING, find


def run_series(names: list[str], options: argparse.Namespace) -> dict[str, Measured]:
    """The rows of a series, timed in turn."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        measured = {}
        for name in names:
            problem = directory / f"{name}.npz"
            find(name).problem().save(problem)
            measured[name] = start(Case(options.framework, name, problem, options), stack)
        measure(list(measured.values()), options.rounds)
        return measured


def lines(series: str, measured: dict[str, Measured]) -> list[dict[str, str]]:
    """A line per row: its time, and by how much more than its size it grew since the row before."""
    sizes = [int(name.rsplit(" ", 1)[1]) for name in measured]
    each = [1e3 * median(one.seconds) / size for size, one in zip(sizes, measured.values(), strict=True)]
    growth = ["-", *(f"{now / before:.2f}" for before, now in pairwise(each))]
    return [
        {series: str(size), "ms": f"{one * size:.2f}", f"ms/{series}": f"{one:.4f}", "growth": more}
        for size, one, more in zip(sizes, each, growth, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", nargs="+", choices=SCALING, default=list(SCALING), help="default: all")
    parser.add_argument("--framework", choices=["zen", "torch", "jax", "keras"], default="zen", help="default: zen")
    parser.add_argument("--rounds", type=int, default=15, help="rounds that count (default: 15)")
    parser.add_argument("--seconds", type=float, default=0.2, help="length of a round at each size (default: 0.2)")
    parser.add_argument("--threads", type=int, default=1, help="threads, on as many cores (default: 1)")
    parser.add_argument("--core", type=int, help="the first core to run on (default: the last ones)")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    options = parser.parse_args()
    options.compile, options.intel = False, None
    cores = harness.pin(options.core, options.threads)
    for series in options.series:
        measured = run_series(list(SCALING[series]), options)
        print(f"{options.framework}, {find(next(iter(measured))).title}, and more {series}")
        print(harness.table(lines(series, measured), options.markdown), end="\n\n")
    print(f"{harness.machine()}, {cores}, {harness.in_words(options.threads)}")


if __name__ == "__main__":
    main()
