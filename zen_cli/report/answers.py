"""What a trained model is asked later: its predictions as CSV, in a file or on standard output.

Apart from results.py so that `zen predict` need not import matplotlib, which takes longer than the rest of it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from zen_cli.config.build import Experiment
from zen_cli.data.files import read_table
from zen_cli.errors import DataError
from zen_cli.training import predictions
from zen_cli.training.durable import deliver
from zen_cli.training.predictions import Table, as_csv
from zen_cli.training.run import Run


def predict(run: Run, steps: int | None, input_file: str | None, output: str | None) -> Path | None:
    """Write the predictions asked for as CSV and return the path; None where they went to standard output."""
    given = read_table(input_file) if input_file is not None else None
    experiment = predictions.load(run)
    with _blamed_on(input_file):
        table, name = _predictions(experiment, steps, given)
    if output == "-":
        sys.stdout.write(as_csv(table).decode())
        return None
    path = Path(output) if output else run.predictions / f"{name}.csv"
    deliver(path, as_csv(table))
    return path


def _predictions(experiment: Experiment, steps: int | None, table: np.ndarray | None) -> tuple[Table, str]:
    """The table asked for, and the name of its file in the run."""
    if steps is not None:
        return predictions.extrapolation(experiment, steps, table), "extrapolation"
    if table is not None:
        return predictions.for_new(experiment, table), "new"
    return predictions.one_step(experiment).table, "predictions"


@contextmanager
def _blamed_on(input_file: str | None) -> Iterator[None]:
    """Name the file that new data came from in what is said of them."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{input_file}: {error}" if input_file else str(error)) from None
