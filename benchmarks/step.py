"""Time one training step (forward, loss, backward, update) or prediction in zen and its peers: see README.md."""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

import harness
import report
from harness import WorkerError
from layers import LSTM
from peers import mkl
from rounds import Case, Measured, run
from rows import ROWS


def frameworks(row: str, options: argparse.Namespace) -> list[str]:
    """Who runs the row: Keras those with an LSTM, PyTorch with the other kernels of MKL if they are asked for."""
    has_lstm = any(isinstance(layer, LSTM) for layer in ROWS[row].layers)
    named = ["zen", "torch", *["torch-intel"] * bool(options.intel), "jax", *["keras"] * has_lstm]
    return [name for name in named if name in options.frameworks or name == "torch-intel"]


def run_row(row: str, options: argparse.Namespace, rates: dict[str, float]) -> dict[str, Measured]:
    with tempfile.TemporaryDirectory() as directory:
        problem = Path(directory) / "problem.npz"
        ROWS[row].problem().save(problem)
        return run([Case(framework, row, problem, options) for framework in frameworks(row, options)], rates)


def run_rows(options: argparse.Namespace, rates: dict[str, float]) -> dict[str, dict[str, Measured]]:
    """What could be measured, row by row; each is printed when it is there, since the whole table takes long."""
    results = {}
    for row in options.rows:
        try:
            measured = run_row(row, options, rates)
        except WorkerError as error:
            print(f"{row}: {error}", file=sys.stderr)
            continue
        if measured:
            results[row] = measured
            times = (f"{name} {1e3 * median(one.seconds):.3f}" for name, one in measured.items())
            print(f"{row}: ms: {', '.join(times)}", file=sys.stderr)
    return results


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    everyone = ["zen", "torch", "jax", "keras"]
    parser.add_argument(
        "--rows", nargs="+", choices=ROWS, default=list(ROWS), metavar="ROW", help=f"of {', '.join(ROWS)}"
    )
    parser.add_argument("--frameworks", nargs="+", choices=everyone, default=everyone, help="default: all")
    parser.add_argument("--rounds", type=int, default=15, help="rounds that count (default: 15)")
    parser.add_argument("--seconds", type=float, default=0.2, help="length of a round in each framework (default: 0.2)")
    parser.add_argument("--threads", type=int, default=1, help="threads, on as many cores (default: 1)")
    parser.add_argument("--core", type=int, help="the first core to run on (default: the last ones)")
    parser.add_argument("--compile", action="store_true", help="try torch.compile too: minutes per row, and a compiler")
    parser.add_argument(
        "--intel-mkl", action="store_true", help="PyTorch once more, its MKL told that the processor is Intel's"
    )
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    return parser.parse_args()


def main() -> None:
    options = parse()
    cores = harness.pin(options.core, options.threads)
    rates: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as directory:
        options.intel = mkl.as_on_intel(Path(directory)) if options.intel_mkl else None
        results = run_rows(options, rates)
    if not results:
        sys.exit("nothing was measured")
    print(report.table(results, rates, options.markdown), end="\n\n")
    print(report.description(results, rates, cores, options.threads))


if __name__ == "__main__":
    main()
