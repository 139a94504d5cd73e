"""Randomness as a pure function of seed, stream and index: there is no generator state to save or to lose."""

from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What the numbers are for. The values are part of every result: never renumber them."""

    INIT = 0  # index: the parameter's place in the model
    SHUFFLE = 1  # index: the epoch
    DROPOUT = 2  # index: the step
    SAMPLING = 3
    NOISE = 4
    SPLIT = 5
    DATA = 6  # of examples that are drawn; index: which part of them


def generator(seed: int, stream: Stream, index: int = 0) -> np.random.Generator:
    """The generator for one purpose at one moment; equal arguments give equal numbers with the same NumPy."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, int(stream), index])))
