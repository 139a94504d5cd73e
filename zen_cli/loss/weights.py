"""How much each class counts."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from zen_cli.errors import UserError
from zen_cli.loss.compared import Targets
from zen_cli.padded import Padded
from zen_cli.settings import Positive

ClassWeights = Literal["balanced"] | list[Positive] | None


def balanced(targets: Targets, classes: int) -> list[float]:
    """A weight for each class, N / (classes * count): all of them together then count alike. scikit-learn's "balanced".

    Targets are integers from 0 to classes - 1, of any shape. A class that does not occur is taken to occur once.
    """
    answers = targets.steps(targets.values) if isinstance(targets, Padded) else targets
    counts = np.bincount(answers.ravel(), minlength=classes).clip(min=1)
    weights: list[float] = (answers.size / (classes * counts)).tolist()
    return weights


def demand_a_weight_each(class_weights: Sequence[float], classes: int) -> None:
    """Raises UserError where there are more classes than weights, or fewer."""
    if len(class_weights) != classes:
        raise UserError(
            f"class_weights has {len(class_weights)} weights, but there are {classes} classes",
            setting="class_weights",
            instead={"class_weights": "balanced"},
        )


def weights_of(class_weights: Literal["balanced"] | list[float], classes: int, dtype: np.dtype) -> np.ndarray:
    """A weight for each class, (C,); "balanced" has to be resolved before: it depends on what trains."""
    if isinstance(class_weights, str):
        raise ValueError(f"class_weights: {class_weights} has to be made numbers first, by balanced(targets, classes)")
    demand_a_weight_each(class_weights, classes)
    return np.asarray(class_weights, dtype)
