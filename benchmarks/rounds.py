"""The measurement: each framework's best way is scouted, all must train alike, and rounds of all in turn are timed."""

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import harness
from harness import ALLOCATORS, Worker, WorkerError

LOST = 0.1  # a round counts if no process lost more of it than this to others on its cores
PATIENCE = 20  # attempts per round
CHECKED_STEPS = 20
TOLERANCE = 1e-4
FINALISTS = 2


class Setting(NamedTuple):
    """How a framework runs a row."""

    variant: str
    allocator: str

    def __str__(self) -> str:
        return f"{self.variant} ({self.allocator})"


@dataclass
class Measured:
    """One framework on one row; `seconds` holds a step's time in each round."""

    worker: Worker
    setting: Setting
    losses: list[float]
    steps: int
    seconds: list[float] = field(default_factory=list)
    facts: dict = field(default_factory=dict)  # version, blas, peak of memory


@dataclass(frozen=True)
class Case:
    """A framework and the row that it is to run."""

    framework: str
    row: str
    problem: Path
    options: Namespace

    def worker(self, allocator: str) -> Worker:
        variables = harness.environment(self.options.threads) | ALLOCATORS[allocator]
        if self.framework == "torch-intel":
            variables["LD_PRELOAD"] = str(self.options.intel)
        return Worker(self.framework, self.row, self.problem, variables)


# --- before the clock runs ---


def best_setting(case: Case) -> Setting:
    """The fastest way the framework offers to run the row, tried in processes that are then thrown away.

    All variants run where freed memory is kept, then the fastest of them beside themselves with malloc as it is. zen
    sets its allocator itself.
    """
    kept, default = ALLOCATORS
    if case.framework == "zen":
        return Setting("zen", default)
    with case.worker(kept) as scout, case.worker(default) as other:
        found = scout.ask("variants")["variants"]
        names = [name for name in found if case.options.compile or not name.startswith("compile")]
        times = _shortest({Setting(name, kept): scout for name in names})
        finalists = sorted(times, key=times.__getitem__)[:FINALISTS]
        times |= _shortest({Setting(one.variant, default): other for one in finalists}, dict.fromkeys(finalists, scout))
    tried = ", ".join(f"{setting} {1e3 * seconds:.3f}" for setting, seconds in times.items())
    print(f"{case.row}: {case.framework} tried, ms: {tried}", file=sys.stderr)
    return min(times, key=times.__getitem__)


def _shortest(new: Mapping[Setting, Worker], started: Mapping[Setting, Worker] | None = None) -> dict[Setting, float]:
    """Seconds per step of each setting in its worker: the shortest of several short rounds in turn."""
    every = {setting: worker for setting, worker in new.items() if _starts(setting, worker)} | {**(started or {})}
    if not every:
        raise WorkerError("none of its ways to run this row works")
    first = next(iter(every))
    steps = _steps_for(every[first], first.variant, 0.05)
    rounds = [
        [worker.ask("round", variant=setting.variant, steps=steps)["wall"] / steps for setting, worker in every.items()]
        for _ in range(5)
    ]
    return dict(zip(every, map(min, zip(*rounds, strict=True)), strict=True))


def _starts(setting: Setting, worker: Worker) -> bool:
    try:
        worker.ask("start", variant=setting.variant, steps=2)
    except WorkerError as error:
        print(f"{setting} does not run: {error}", file=sys.stderr)
        return False
    return True


def _steps_for(worker: Worker, variant: str, seconds: float) -> int:
    """How many steps fill `seconds`."""
    per_step = min(worker.ask("round", variant=variant, steps=1)["wall"] for _ in range(5))
    return max(1, round(seconds / per_step))


def start(case: Case, stack: ExitStack) -> Measured:
    """The framework in a fresh process that lives as long as `stack`, ready for rounds."""
    setting = best_setting(case)
    worker = stack.enter_context(case.worker(setting.allocator))
    losses = worker.ask("start", variant=setting.variant, steps=CHECKED_STEPS)["losses"]
    return Measured(worker, setting, losses, _steps_for(worker, setting.variant, case.options.seconds))


def demand_agreement(row: str, measured: Mapping[str, Measured]) -> None:
    """Stop where the frameworks do not train alike: then their times are not of the same work."""
    first, *others = measured
    ours = measured[first].losses
    for framework in others:
        theirs = measured[framework].losses
        difference = max(abs(a - b) / abs(a) for a, b in zip(ours, theirs, strict=True))
        print(f"{row}: losses of {framework} within {difference:.1e} of those of {first}", file=sys.stderr)
        if not difference <= TOLERANCE:
            pairs = "\n".join(f"  {a:.7g}  {b:.7g}" for a, b in zip(ours, theirs, strict=True))
            sys.exit(f"{row}: {framework} trains differently: losses of {first} and {framework}, step by step\n{pairs}")


# --- rounds ---


def measure(measured: Sequence[Measured], rounds: int) -> int:
    """Fill `seconds` with `rounds` rounds; returns how many more were rejected."""
    attempts = 0
    while len(measured[0].seconds) < rounds:
        attempts += 1
        if attempts > PATIENCE * rounds:
            raise WorkerError(f"the machine is too busy: {attempts} rounds, and cores to themselves in few of them")
        turn = attempts % len(measured)
        order = [*measured[turn:], *measured[:turn]]
        replies = [one.worker.ask("round", variant=one.setting.variant, steps=one.steps) for one in order]
        if all(reply["lost"] <= LOST for reply in replies):
            for one, reply in zip(order, replies, strict=True):
                one.seconds.append(reply["wall"] / one.steps)
    return attempts - rounds


def run(cases: Sequence[Case], rates: dict[str, float]) -> dict[str, Measured]:
    """All frameworks on one row; raises `rates`, the floating-point operations per second that each has shown."""
    with ExitStack() as stack:
        measured = {}
        for case in cases:
            try:
                measured[case.framework] = start(case, stack)
            except WorkerError as error:
                print(f"{case.row}: no {case.framework}: {error}", file=sys.stderr)
        if not measured:
            return measured
        row, options = cases[0].row, cases[0].options
        demand_agreement(row, measured)
        rejected = measure(list(measured.values()), options.rounds)
        print(f"{row}: {options.rounds} rounds, {rejected} rejected", file=sys.stderr)
        for framework, one in measured.items():
            one.facts = one.worker.ask("describe")
            rates[framework] = max(rates.get(framework, 0.0), one.worker.ask("product")["rate"])
    return measured
