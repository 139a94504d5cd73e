"""Random numbers for the rows, the same each time."""

import numpy as np


def numbers(*shape, low=-2.0, high=2.0):
    return np.random.default_rng(len(shape)).uniform(low, high, shape)


def positive(*shape):
    return numbers(*shape, low=0.5)
