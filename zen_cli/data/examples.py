"""Examples that a source gives one by one, each with its target."""

from dataclasses import dataclass

import numpy as np

from zen_cli.padded import Padded, Rows


@dataclass(frozen=True)
class Examples:
    """Inputs (N, ...) with a target each; the inputs may be sequences of different lengths, or lie on disk.

    Targets that are classes are places in `labels`: (N,), or (N, T) with one for each step of a sequence. Targets that
    are numbers are floats (N, n), and there are no labels. `features` names the last axis of the inputs, and `outputs`
    the targets that are numbers, where they have names. The last `test` examples are a test part that came with the
    data.
    """

    inputs: Rows
    targets: np.ndarray | Padded
    labels: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    test: int = 0
