"""Sequences of different lengths side by side. Time is the first axis in here: T steps, B sequences."""

import numpy as np

from zen_cli.autodiff.tensor import Array, PullBack, primitive


@primitive
def reverse_sequences(x: Array, /, lengths: Array) -> tuple[Array, PullBack]:
    """Each sequence of x (T, B, ...) back to front, from its end at `lengths` (B,) on; what lies behind stays there.

    Done twice it gives x, and so it is its own pull-back.
    """
    steps = np.arange(len(x))[:, None]
    places = np.where(steps < lengths, lengths - 1 - steps, steps), np.arange(len(lengths))
    return x[places], lambda g: (g[places],)
