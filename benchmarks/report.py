"""The result of the step benchmark as a table, and what to quote with it."""

from collections.abc import Mapping
from statistics import median

import harness
from rounds import Measured
from rows import ROWS

Results = Mapping[str, Mapping[str, Measured]]  # by row, then by framework


def table(results: Results, rates: Mapping[str, float], markdown: bool) -> str:
    frameworks = list(dict.fromkeys(framework for measured in results.values() for framework in measured))
    peers = [framework for framework in frameworks if framework != "zen"]
    columns = [
        *(f"{framework} ms" for framework in frameworks),
        *(f"zen/{peer}" for peer in peers if "zen" in frameworks),
        "limit ms",
        *(["zen/limit"] if "zen" in frameworks else []),
        *(f"{framework} MB" for framework in frameworks),
    ]
    rate = rates.get("zen") or max(rates.values())
    lines = [{"row": row} | _cells(row, measured, rate) for row, measured in results.items()]
    return harness.table([{c: line.get(c, "-") for c in ("row", *columns)} for line in lines], markdown)


def _cells(row: str, measured: Mapping[str, Measured], rate: float) -> dict[str, str]:
    limit = ROWS[row].flops / rate
    cells = {"limit ms": _milliseconds(limit)}
    for framework, one in measured.items():
        cells[f"{framework} ms"] = _milliseconds(median(one.seconds))
        cells[f"{framework} MB"] = f"{one.facts['peak'] / 1e6:.0f}"
        if "zen" in measured:
            cells[f"zen/{framework}"] = f"{harness.median_ratio(measured['zen'].seconds, one.seconds):.2f}"
    if "zen" in measured:
        cells["zen/limit"] = f"{median(measured['zen'].seconds) / limit:.1f}"
    return cells


def _milliseconds(seconds: float) -> str:
    """Three digits that count, or a thousandth."""
    figure = 1e3 * seconds
    return f"{figure:.{0 if figure >= 100 else 1 if figure >= 10 else 2 if figure >= 1 else 3}f}"


def description(results: Results, rates: Mapping[str, float], cores: str, threads: int) -> str:
    """The machine, the versions, what each framework's matrix product reaches, and how each ran each row."""
    seen = {framework: one for measured in results.values() for framework, one in measured.items()}
    versions = dict.fromkeys(one.facts["version"] for one in seen.values())
    blas = next(one.facts["blas"] for one in seen.values())
    lines = [
        f"{harness.machine()}, {cores}, {harness.in_words(threads)}",
        f"{', '.join(versions)}; NumPy's BLAS: {blas}",
        "float32 matrix products, GFLOP/s: " + ", ".join(f"{name} {rate / 1e9:.0f}" for name, rate in rates.items()),
    ]
    for row, measured in results.items():
        ways = "; ".join(f"{framework}: {one.setting}" for framework, one in measured.items() if framework != "zen")
        lines.append(f"{row}: {ROWS[row].title}. {ways}")
    return "\n".join(lines)
