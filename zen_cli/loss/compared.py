"""A loss of targets of every kind."""

from collections.abc import Callable

import numpy as np

from zen_cli.autodiff import Tensor
from zen_cli.padded import Padded

Loss = Callable[..., Tensor]  # of predictions, targets and, where some steps do not count, a mask
Targets = np.ndarray | Padded


def compared(loss_fn: Loss, pred: Tensor, targets: Targets) -> Tensor:
    """The loss; of sequences of different lengths, over the steps that are there."""
    if isinstance(targets, Padded):
        return loss_fn(pred, targets.values, targets.mask)
    return loss_fn(pred, targets)


def counted(targets: Targets) -> int:
    """How many targets a mean is over: steps, where sequences have different lengths, and else examples."""
    return int(targets.lengths.sum()) if isinstance(targets, Padded) else len(targets)
