"""Dropout, and the masks it draws."""

import math

import numpy as np

from zen_cli.autodiff.tensor import Array, PullBack, primitive

LEVELS = 2**16  # of the random numbers that decide: two bytes each, drawn three times as fast as floats


@primitive
def dropout(x: Array, /, rate: float, rng: np.random.Generator) -> tuple[Array, PullBack]:
    """0 with probability `rate`, and else x / (1 - rate), drawn for each number: the mean over all draws is x.

    The rate is rounded to 1/65536, and is never more than 1 - 1/65536. Srivastava et al. 2014, section 10, where the
    factor is in the prediction instead.
    """
    dropped = min(round(rate * LEVELS), LEVELS - 1)  # of the levels
    kept = keep_mask(rng, x.shape, dropped)
    factor = np.multiply(kept, LEVELS / (LEVELS - dropped), dtype=x.dtype)
    return x * factor, lambda g: (g * factor,)


def keep_mask(rng: np.random.Generator, shape: tuple[int, ...], dropped: int) -> Array:
    """False with probability dropped / LEVELS: booleans of this shape.

    Made of the bit generator's own words, which NumPy promises to keep from version to version, as it does not for a
    Generator's numbers (NEP 19).
    """
    count = math.prod(shape)
    words = rng.bit_generator.random_raw(-(-count // 4))  # of 64 bits each
    drawn = words.astype("<u8", copy=False).view("<u2")[:count]
    return (drawn >= dropped).reshape(shape)
