"""The files of a finished run: its predictions as CSV, its scores and its pictures."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.parts import numbers_of, part_of
from zen_cli.data.tasks import Classification, Regression
from zen_cli.errors import DataError, UserError
from zen_cli.report.plots import classes, forecasts, losses, values
from zen_cli.report.plots.canvas import save
from zen_cli.report.scores import as_json
from zen_cli.training import predictions
from zen_cli.training.durable import deliver, make_directories
from zen_cli.training.evaluation import known
from zen_cli.training.predictions import Said, as_csv
from zen_cli.training.run import Run, own_output
from zen_cli.training.scores import PartScores

MOST_DRAWN = 20_000  # examples in a picture
MOST_WRITTEN = 2**20  # examples, of all parts; of more, the predictions are those of the part to judge by


def write(run: Run, said: Said, scores: Mapping[str, PartScores]) -> list[Path]:
    """What every training leaves: predictions, scores, the loss curves, and the pictures of its kind."""
    table = run.predictions / "predictions.csv"
    deliver(table, as_csv(said.tables(said.data.parts.judged[1] if len(said.data) > MOST_WRITTEN else None)))
    pictures = {"loss": losses.loss_curves([(run.name, run.records())]), **_pictures(run, said)}
    files = [table, *_saved(pictures, run.plots, "png")]
    deliver(run.scores, as_json(scores))  # last: where it is, the others are
    return files


def plot(runs: Sequence[Run], kind: str, output: Path | None, steps: int, warn: Callable[[str], object]) -> list[Path]:
    """Draw all pictures of one run, or the losses of several in one picture, and return their paths.

    Where a model cannot take in its own predictions, `warn` is told that there is no extrapolation.
    """
    if output is None:
        runs[0].demand_own_files()
    pictures = _pictures_of(runs, steps, warn)
    if output is None:
        with own_output(runs[0].plots, "draw elsewhere with -o FOLDER"):
            return _saved(pictures, runs[0].plots, kind)
    make_directories(output)
    return _saved(pictures, output, kind)


def _pictures_of(runs: Sequence[Run], steps: int, warn: Callable[[str], object]) -> dict[str, Figure]:
    """All of one run, or one of several, by name."""
    names = [run.name for run in runs]
    titles = names if len(set(names)) == len(names) else [str(run.path) for run in runs]
    curves = losses.loss_curves([(title, run.records()) for title, run in zip(titles, runs, strict=True)])
    if len(runs) > 1:
        return {"loss_compared": curves}
    predictor = predictions.load(runs[0])
    said = Said(predictor, predictions.own_data(predictor, runs[0]))
    pictures = {"loss": curves, **_pictures(runs[0], said)}
    if isinstance(said.data, ForecastDataset):
        try:
            beyond = predictions.extrapolation(predictor, predictions.latest_data(predictor, runs[0]), steps)
            pictures["extrapolation"] = forecasts.extrapolation(runs[0].name, said.data, beyond)
        except UserError as error:
            reason = "a prediction cannot be fed back: " if isinstance(error, DataError) else ""
            warn(f"no extrapolation: {reason}{error}")
    return pictures


def _saved(pictures: Mapping[str, Figure], folder: Path, kind: str) -> list[Path]:
    return [save(figure, folder / f"{name}.{kind}") for name, figure in pictures.items()]


def _pictures(run: Run, said: Said) -> dict[str, Figure]:
    """The pictures of predictions that suit the kind of data, by name."""
    data, task = said.data, said.data.task
    if isinstance(data, ForecastDataset):
        where = numbers_of(part_of(said.order, slice(-MOST_DRAWN, None)))
        return forecasts.predictions_over_truth(run.name, data, where, said.of(where), said.predictor.interval)
    name, part = data.parts.judged
    pred, real = known(said.of(part).predictions, data.truth(part))
    if isinstance(task, Regression):
        return {"predictions": values.predicted_by_true(run.name, task.names, real, pred, name)}
    if isinstance(task, Classification) and len(task.labels) <= classes.MOST_CLASSES:
        told = pred.argmax(axis=-1).astype(np.intp)
        return {"confusion": classes.confusion(run.name, task.labels, real, told, name)}
    return {}
