import numpy as np

from zen_cli.autodiff.dropout import LEVELS, keep_mask


class Repeating:
    """A generator that draws the same whenever it is asked."""

    @property
    def bit_generator(self):
        return np.random.Philox(0)


def numpy_dropout(x, rate, rng):
    dropped = round(rate * LEVELS)
    return np.where(keep_mask(rng, x.shape, dropped), x / (1 - dropped / LEVELS), 0)


REFERENCES = {"dropout": numpy_dropout}
ROWS = [("dropout", [x], (rate, Repeating())) for x in ((2, 3), (), (3, 1, 4)) for rate in (0.0, 0.25, 0.9)]
