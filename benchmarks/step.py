"""Time one training step (forward, loss, backward, update) in zen, PyTorch and JAX: see README.md."""

import argparse
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import harness
from harness import Worker, WorkerError
from rows import ROWS

FRAMEWORKS = ("zen", "torch", "jax")
SHARE = 0.9  # a round counts if every process had its core for this part of it
PATIENCE = 20  # attempts per round
TOLERANCE = 1e-4


@dataclass
class Measured:
    """One framework on one row; `seconds` holds a step's time in each round."""

    worker: Worker
    variant: str
    losses: list[float]
    version: str
    blas: str
    steps: int
    seconds: list[float] = field(default_factory=list)
    peak: int = 0


# --- before the clock runs ---


def best_variant(framework: str, row: str, problem: Path, compile_torch: bool) -> str:
    """The fastest way the framework offers to run the row, tried in a process that is then thrown away."""
    with Worker(framework, row, problem) as scout:
        names = [name for name in scout.ask("variants")["variants"] if compile_torch or name != "compile"]
        times = _shortest(scout, names) if len(names) > 1 else {}
    if times:
        tried = ", ".join(f"{name} {1e3 * seconds:.3f}" for name, seconds in times.items())
        print(f"{row}: {framework} tried, ms: {tried}", file=sys.stderr)
    return min(names, key=times.get)


def _shortest(scout: Worker, names: list[str]) -> dict[str, float]:
    """Seconds per step of each variant: the shortest of several short rounds in turn."""
    for name in names:
        scout.ask("start", variant=name)
    steps = _steps_for(scout, names[0], 0.05)
    rounds = [[scout.ask("round", variant=name, steps=steps)["wall"] / steps for name in names] for _ in range(8)]
    return dict(zip(names, map(min, zip(*rounds, strict=True)), strict=True))


def _steps_for(worker: Worker, variant: str, seconds: float) -> int:
    """How many steps fill `seconds`."""
    per_step = min(worker.ask("round", variant=variant, steps=5)["wall"] for _ in range(5)) / 5
    return max(1, round(seconds / per_step))


def start(framework: str, row: str, problem: Path, options: argparse.Namespace, stack: ExitStack) -> Measured:
    """The framework in a fresh process that lives as long as `stack`, ready for rounds."""
    variant = best_variant(framework, row, problem, options.compile)
    worker = stack.enter_context(Worker(framework, row, problem))
    reply = worker.ask("start", variant=variant)
    return Measured(worker, variant, **reply, steps=_steps_for(worker, variant, options.seconds))


def demand_agreement(row: str, measured: dict[str, Measured]) -> None:
    """Stop where the frameworks do not train alike: then their times are not of the same work."""
    ours = measured["zen"].losses
    for framework in measured.keys() - {"zen"}:
        theirs = measured[framework]
        difference = max(abs(a - b) / abs(a) for a, b in zip(ours, theirs.losses, strict=True))
        print(f"{row}: losses of {framework} within {difference:.1e} of zen's", file=sys.stderr)
        if not difference <= TOLERANCE:
            pairs = "\n".join(f"  {a:.7g}  {b:.7g}" for a, b in zip(ours, theirs.losses, strict=True))
            sys.exit(f"{row}: {framework} trains differently: losses of zen and {framework}, step by step\n{pairs}")


# --- rounds ---


def measure(measured: list[Measured], rounds: int) -> int:
    """Fill `seconds` with `rounds` rounds; returns how many more were rejected."""
    attempts = 0
    while len(measured[0].seconds) < rounds:
        attempts += 1
        if attempts > PATIENCE * rounds:
            sys.exit(f"the machine is too busy: {attempts} rounds, and a core to themselves in few of them")
        order = measured[attempts % len(measured) :] + measured[: attempts % len(measured)]
        replies = [one.worker.ask("round", variant=one.variant, steps=one.steps) for one in order]
        if all(reply["cpu"] >= SHARE * reply["wall"] for reply in replies):
            for one, reply in zip(order, replies, strict=True):
                one.seconds.append(reply["wall"] / one.steps)
    return attempts - rounds


def run_row(row: str, options: argparse.Namespace) -> dict[str, Measured]:
    with ExitStack() as stack:
        problem = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "problem.npz"
        ROWS[row].problem().save(problem)
        measured = {}
        for framework in FRAMEWORKS:
            try:
                measured[framework] = start(framework, row, problem, options, stack)
            except WorkerError as error:
                print(f"{row}: no {framework}: {error}", file=sys.stderr)
        if "zen" not in measured:
            sys.exit(f"{row}: zen itself does not run")
        demand_agreement(row, measured)
        rejected = measure(list(measured.values()), options.rounds)
        print(f"{row}: {options.rounds} rounds, {rejected} rejected", file=sys.stderr)
        for one in measured.values():
            one.peak = one.worker.ask("memory")["bytes"]
        return measured


# --- the result ---


def line(row: str, measured: dict[str, Measured]) -> dict[str, str]:
    cells = defaultdict(lambda: "-", row=row)
    zen = measured["zen"]
    for framework, one in measured.items():
        cells[f"{framework} ms"] = f"{1e3 * median(one.seconds):.3f}"
        cells[f"zen/{framework}"] = f"{harness.median_ratio(zen.seconds, one.seconds):.2f}"
        cells[f"{framework} MB"] = f"{one.peak / 1e6:.0f}"
    columns = ("row", "zen ms", "torch ms", "jax ms", "zen/torch", "zen/jax", "zen MB", "torch MB", "jax MB")
    return {column: cells[column] for column in columns}


def describe(results: dict[str, dict[str, Measured]], core: str) -> str:
    lines = [f"{harness.machine()}, {core}, one thread"]
    seen = {framework: one for measured in results.values() for framework, one in measured.items()}
    lines.append(", ".join(one.version for one in seen.values()) + f"; NumPy's BLAS: {seen['zen'].blas}")
    for row, measured in results.items():
        ways = "; ".join(f"{framework}: {one.variant}" for framework, one in measured.items())
        lines.append(f"{row}: {ROWS[row].title}. {ways}")
    return "\n".join(lines)


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), help="which rows (default: all)")
    parser.add_argument("--rounds", type=int, default=15, help="rounds that count (default: 15)")
    parser.add_argument("--seconds", type=float, default=0.2, help="length of a round in each framework (default: 0.2)")
    parser.add_argument(
        "--compile", action="store_true", help="try torch.compile too: minutes per row, and a C++ compiler"
    )
    parser.add_argument("--core", type=int, help="the core to run on (default: the last one)")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    core = harness.pin(chosen.core)
    results = {row: run_row(row, chosen) for row in chosen.rows}
    print(harness.table([line(row, measured) for row, measured in results.items()]))
    print(describe(results, core))


if __name__ == "__main__":
    main()
