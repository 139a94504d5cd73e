"""The files of a finished run: its predictions as CSV and its pictures."""

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from zen_cli.config.build import Experiment
from zen_cli.data.tasks import Forecast
from zen_cli.errors import DataError
from zen_cli.report import plots
from zen_cli.training import predictions
from zen_cli.training.durable import deliver
from zen_cli.training.predictions import HELD_OUT, TRAINED, Table, as_csv
from zen_cli.training.run import Run


def write(run: Run, experiment: Experiment, table: Table) -> list[Path]:
    """What every training leaves: its one-step predictions, the loss curves, and the picture of its kind."""
    path = run.predictions / "predictions.csv"
    deliver(path, as_csv(table))
    pictures = {"loss": plots.loss_curves([(run.name, run.records())]), **_picture(run, experiment, table)}
    return [path, *(plots.save(figure, run.plots / f"{name}.png") for name, figure in pictures.items())]


def plot(runs: Sequence[Run], kind: str, output: Path | None, steps: int, warn: Callable[[str], object]) -> list[Path]:
    """Draw all pictures of one run, or the losses of several in one picture, and return their paths.

    Where a model cannot take in its own predictions, `warn` is told that there is no extrapolation.
    """
    folder = output or runs[0].plots
    folder.mkdir(parents=True, exist_ok=True)
    names = [run.name for run in runs]
    titles = names if len(set(names)) == len(names) else [str(run.path) for run in runs]
    pictures = {"loss": plots.loss_curves([(title, run.records()) for title, run in zip(titles, runs, strict=True)])}
    if len(runs) > 1:
        return [plots.save(pictures["loss"], folder / f"loss_compared.{kind}")]
    experiment = predictions.load(runs[0])
    data = experiment.data
    pictures |= _picture(runs[0], experiment, predictions.one_step(experiment).table)
    if isinstance(data.task, Forecast):
        try:
            beyond = predictions.extrapolation(experiment, steps)
            pictures["extrapolation"] = plots.extrapolation(runs[0].name, data, data.task.series, beyond)
        except DataError as error:
            warn(f"no extrapolation: a prediction cannot be fed back: {error}")
    return [plots.save(figure, folder / f"{name}.{kind}") for name, figure in pictures.items()]


def _picture(run: Run, experiment: Experiment, table: Table) -> dict[str, Figure]:
    """The picture of predictions that suits the kind of data, by name."""
    data = experiment.data
    if isinstance(data.task, Forecast):
        return {"predictions": plots.predictions_over_truth(run.name, data, data.task.series, table)}
    part = HELD_OUT if data.held_out else TRAINED
    return {"confusion": plots.confusion(run.name, data.task.labels, table, part)}
