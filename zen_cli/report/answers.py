"""What a trained model is asked later: its predictions as CSV, in a file or on standard output.

Apart from results.py so that `zen predict` need not import matplotlib, which takes longer than the rest of it.
"""

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from zen_cli.config.build import Predictor, new_data
from zen_cli.config.meaning.components import files_in
from zen_cli.config.resolve import Resolved
from zen_cli.errors import RunError, UserError
from zen_cli.training import predictions
from zen_cli.training.backtest import Origin
from zen_cli.training.durable import deliver
from zen_cli.training.predictions import Said, Table, as_csv, without
from zen_cli.training.run import Run, own_output

STANDARD_OUTPUT = Path("-")


def predict(
    run: Run, data: str | None, steps: int | None, output: str | None, warn: Callable[[str], object]
) -> Path | None:
    """Write the predictions asked for as CSV and return the path; None where they went to standard output.

    `warn` is told of new data for which there is no prediction.
    """
    predictor = predictions.load(run)
    if output:
        demand_no_data(Path(output), predictor.resolved, [Path(data)] if data else [])
    else:
        run.demand_own_files()
    try:
        tables, name = _predictions(predictor, run, steps, data, warn)
    except predictions.UnreadableError as error:
        instead = f"`zen predict {shlex.quote(str(run.path))} DATA` predicts others without them"
        raise RunError(f"{error}; {instead}") from None
    if output:
        path = Path(output)
        write_csv(tables, path)
    else:
        path = run.predictions / f"{name}.csv"
        with own_output(path.parent, "write elsewhere with -o FILE"):
            write_csv(tables, path)
    return None if path == STANDARD_OUTPUT else path


def demand_no_data(output: Path, resolved: Resolved, others: Iterable[Path] = ()) -> None:
    """UserError where `output` is a file that this config reads its data from, or one of the others."""
    if output == STANDARD_OUTPUT:
        return
    own = files_in("source", resolved.values["data"]["source"], resolved.folder)
    for read in (*others, *own):
        there, here = (Path(os.path.realpath(path)) for path in (output, read))
        if there == here or (output.exists() and here in there.parents):
            raise UserError(f"{output} would be overwritten, which is read here", "name another file as --output")


def kept(origins: Iterable[Origin], path: Path) -> list[Origin]:
    """The origins of a backtest, with the forecasts from each written as soon as they are there."""
    found: list[Origin] = []

    def tables() -> Iterator[Table]:
        for origin in origins:
            found.append(origin)
            if origin.contenders:
                yield origin.table

    write_csv(tables(), path)
    return found


def write_csv(tables: Iterable[Table], path: Path) -> None:
    """Tables that follow each other as one of CSV; `-` is standard output."""
    if path == STANDARD_OUTPUT:
        for chunk in as_csv(tables):
            sys.stdout.write(chunk.decode())
    else:
        deliver(path, as_csv(tables))


def _predictions(
    predictor: Predictor, run: Run, steps: int | None, data: str | None, warn: Callable[[str], object]
) -> tuple[Iterator[Table], str]:
    """The tables asked for, and the name of their file in the run."""
    if steps is not None:
        given = new_data(predictor, data) if data else predictions.latest_data(predictor, run)
        return iter([predictions.extrapolation(predictor, given, steps)]), "extrapolation"
    if data is None:
        return Said(predictor, predictions.own_data(predictor, run)).tables(), "predictions"
    given = new_data(predictor, data)
    if left_out := given.left_out_in_words():
        warn(f"{data}: left out, since they miss a value: {left_out}")
    return without("part", Said(predictor, given).tables()), "new"
