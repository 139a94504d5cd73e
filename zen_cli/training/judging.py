"""How good the model of a run is: on what was kept of its own data for the end, or on others whose truth is known."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from zen_cli.config.build import Predictor, new_data
from zen_cli.data.dataset import Dataset
from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.formats.opening import shown
from zen_cli.data.parts import TRAIN, numbers_of
from zen_cli.data.tabular import TableDataset
from zen_cli.data.tasks import Classification
from zen_cli.data.texts import TextDataset
from zen_cli.errors import DataError, RunError, UserError, quoted
from zen_cli.padded import Padded
from zen_cli.training import predictions
from zen_cli.training.predictions import Said
from zen_cli.training.run import Run
from zen_cli.training.scores import PartScores, judged_scores

Array = np.ndarray


@dataclass(frozen=True)
class Judged:
    """What was `found` of a run's model on the `part` of that name, which a sentence calls `where`."""

    run: Run
    part: str
    where: str
    found: PartScores


def judged(run: Run, path: str | None) -> Judged:
    """The scores on the test part, or the validation part where there is none; with a path, on the data there.

    Raises UserError where all of them trained, and DataError where no truth is known.
    """
    predictor = predictions.load(run)
    return _on_own(predictor, run) if path is None else _on_others(predictor, run, path)


def _on_own(predictor: Predictor, run: Run) -> Judged:
    data = predictions.own_data(predictor, run)
    name, part = data.parts.judged
    if name == TRAIN:
        message = f"{run.path}: it was trained on all of its data, which leaves none to score it on"
        raise UserError(message, f"name a file of others: zen evaluate {run.path} FILE")
    where = f"the {name} part"
    return Judged(run, name, where, judged_scores(Said(predictor, data), part, where, data))


def _on_others(predictor: Predictor, run: Run, path: str) -> Judged:
    data, name = new_data(predictor, path), "standard input" if path == "-" else shown(Path(path).name)
    asked = numbers_of(data.parts.test)
    scored = asked[_known(data.truth(asked))]
    if not len(scored):
        raise DataError(f"{name}: {_why_unknown(data, len(asked))}")
    trained, note = _trained(predictor, run, data)
    found = judged_scores(Said(predictor, data), scored, name, trained)
    left_out = len(asked) - len(scored)
    unknown = f"Left out, since their truth is not known: {left_out:,} of {len(asked):,} {data.task.examples}"
    notes = (*found.notes, *([unknown] if left_out else []), *([note] if note else []))
    return Judged(run, "data", name, replace(found, notes=notes, left_out=left_out))


def _known(truth: Any) -> Array:
    """(N,) whether the truth of each example is known: all numbers of it, or the class of any of its steps."""
    if isinstance(truth, Padded):
        known: Array = np.logical_and(truth.values >= 0, truth.mask).any(axis=1)
    elif truth.dtype.kind in "iu":
        known = np.any(truth.reshape(len(truth), -1) >= 0, axis=1)
    else:
        known = ~np.isnan(truth).any(axis=1)
    return known


def _why_unknown(data: Dataset, asked: int) -> str:
    if isinstance(data, TableDataset):
        for name in (name for name in data.raw.roles.targets if name not in data.raw.names):
            return f"there is no column {quoted(name)} to score against"
    if isinstance(data, ForecastDataset):
        needed = data.scaling.reach + data.input_shape[0] + data.task.horizon
        return f"it takes {needed} values in a row, all of them known, to score a forecast, and there are fewer"
    return f"there is nothing to score against: the truth is known of none of {asked:,} {data.task.examples}"


def _trained(predictor: Predictor, run: Run, data: Dataset) -> tuple[Dataset | None, str]:
    """The data that trained, for the baselines that are made from them; or why these are left out."""
    try:
        return predictions.own_data(predictor, run), ""
    except RunError as error:
        return None, f"Without {_from_training(data, predictor)}, made from the data that trained: {error}"


def _from_training(data: Dataset, predictor: Predictor) -> str:
    """The baselines that take the training part."""
    if isinstance(data, ForecastDataset):
        return "the mean" if predictor.config["data"]["season"] else "the mean and the seasonal baseline"
    if isinstance(data, TextDataset):
        return "token frequencies and token pairs"
    if isinstance(data.task, Classification):
        return "the most frequent class and logistic regression"
    return "the mean and linear regression"
