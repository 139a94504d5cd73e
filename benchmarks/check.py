"""Time what someone who writes a config waits for: `zen check`, completion, the answer to a mistake: see README.md."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles

import harness

ROOT = harness.HERE.parent
ZEN = [sys.executable, "-m", "zen_cli"]
TYPED = "zen check configs/sine.yaml optimizer.RMSProp."
COMPLETING = {"_ZEN_COMPLETE": "bash_complete", "_ZEN_LINE": TYPED, "_ZEN_BREAKS": "=:"}


def commands() -> dict[str, tuple[list[str], dict[str, str]]]:
    """What is run, and the variables that it needs, by what to call it."""
    checks = {
        f"zen check {path.stem}": ([*ZEN, "check", str(path)], {}) for path in sorted(ROOT.glob("configs/*.yaml"))
    }
    model = {"zen check sine --level model": ([*ZEN, "check", "configs/sine.yaml", "--level", "model"], {})}
    return checks | model | {"zen --help": ([*ZEN, "--help"], {}), f"{TYPED}<Tab>": (ZEN, COMPLETING)}


def seconds(command: list[str], variables: dict[str, str]) -> float:
    """One run, from its start to its end."""
    start = time.perf_counter()
    subprocess.run(
        command,
        cwd=ROOT,
        env=harness.environment() | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    return time.perf_counter() - start


def command_lines(count: int) -> list[dict[str, str]]:
    """A line per command: `count` runs of each in turn, after one that fills the caches."""
    found: dict[str, list[float]] = {name: [] for name in commands()}
    for turn in range(count + 1):
        for name, how in commands().items():
            took = seconds(*how)
            if turn:
                found[name].append(took)
    return [{"command": name, "s": f"{median(s):.3f}", "fastest": f"{min(s):.3f}"} for name, s in found.items()]


# --- wrong configs, in one process ---


def time_mutants(count: int) -> list[tuple[float, str]]:
    """Milliseconds to build or refuse each of `count` configs that were changed at random, and their texts."""
    sys.path.insert(0, str(ROOT / "tests"))
    from mutants import mutants

    from zen_cli.config.build import open_config
    from zen_cli.errors import UserError

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "mutant.yaml"
        timed = []
        for mutant in mutants(seed=0, count=count):
            path.write_text(mutant.text, encoding="utf-8", newline="")
            start = time.perf_counter()
            with suppress(UserError):
                open_config(path, mutant.overrides)
            timed.append((1e3 * (time.perf_counter() - start), "\n".join([*mutant.overrides, mutant.text])))
    return timed


def mutant_lines(count: int, slowest: int) -> list[dict[str, str]]:
    """The distribution as a line; the slowest are printed on standard error."""
    command = [sys.executable, str(Path(__file__)), "--worker", "--mutants", str(count)]
    timed = json.loads(subprocess.run(command, env=harness.environment(), stdout=subprocess.PIPE, check=True).stdout)
    times = [milliseconds for milliseconds, _ in timed]
    for milliseconds, text in sorted(timed, reverse=True)[:slowest]:
        print(f"--- {milliseconds:.1f} ms\n{text}\n", file=sys.stderr)
    percentiles = quantiles(times, n=100)
    figures = {"median": median(times), "99 %": percentiles[98], "max": max(times)}
    return [{"mutants": str(count)} | {f"{name} ms": f"{figure:.1f}" for name, figure in figures.items()}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="runs of each command that count (default: 7)")
    parser.add_argument("--mutants", type=int, default=2000, help="configs changed at random (default: 2000)")
    parser.add_argument("--slowest", type=int, default=0, help="how many of the slowest to print (default: none)")
    parser.add_argument("--core", type=int, help="the core to run on (default: the last one)")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        json.dump(time_mutants(options.mutants), sys.stdout)
        return
    core = harness.pin(options.core)
    print(harness.table(mutant_lines(options.mutants, options.slowest), options.markdown), end="\n\n")
    print(harness.table(command_lines(options.runs), options.markdown), end="\n\n")
    print(f"{harness.machine()}, {core}, medians of {options.runs} runs")


if __name__ == "__main__":
    main()
