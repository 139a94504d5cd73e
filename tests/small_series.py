"""Small series for tests, what is made of them, and chains of scalers for them."""

import math

import numpy as np

from zen_cli.data.forecasting import Forecasting, divide
from zen_cli.data.places import Cut
from zen_cli.data.rows import selected
from zen_cli.data.scaling import Difference, Log1p, MinMax, Robust, Standard
from zen_cli.data.series import Series, SeriesSet

NAN = math.nan


def series(values, label="", start=0.0):
    rows = np.array(values, float).reshape(len(values), -1)
    return Series(start + np.arange(len(rows)), rows, label)


def series_set(*values, names="abcde", **settings):
    """A series of each list of numbers, or of rows."""
    made = tuple(series(rows, label) for rows, label in zip(values, ("one", "two", "three"), strict=False))
    alone = (series(values[0]),)
    return SeriesSet(alone if len(values) == 1 else made, tuple(names[: made[0].values.shape[1]]), **settings)


def prepared(raw, cut, scalers=(), train=1.0, test=0):
    """The preparation, and the dataset."""
    divisions = divide(raw, cut, sum(scaler.lag for scaler in scalers if isinstance(scaler, Difference)), train, test)
    preparation = Forecasting.fit(raw, cut, list(scalers), divisions)
    return preparation, preparation.dataset(raw, divisions)


def of_part(data, name):
    """Inputs and targets of a part, and its truth."""
    where = dict(data.parts.named())[name]
    return [np.asarray(selected(rows, where)[:]) for rows in (data.inputs, data.targets)] + [data.truth(where)]


EVERY = slice(None)

CHAINS = {
    "nothing": [],
    "Standard": [Standard()],
    "MinMax": [MinMax(low=-1.0)],
    "Robust": [Robust()],
    "Log1p": [Log1p()],
    "Difference": [Difference()],
    "Difference 3": [Difference(3)],
    "Log1p Difference Standard": [Log1p(), Difference(2), Standard()],
    "two differences": [Difference(2), Difference(1), MinMax()],
    "shared": [Standard(per_series=False)],
    "one column": [Standard(columns=["a"]), Difference(columns=["b"])],
}
CUTS = [Cut(3), Cut(3, 4), Cut(2, 3, recursive=True)]


def drawn(count, channels, seed):
    return np.random.default_rng(seed).uniform(0.5, 9, (count, channels)).cumsum(axis=0)


class Elsewhere:
    """Rows that are not in memory: all that may be asked of such."""

    def __init__(self, rows):
        self.rows, self.shape, self.dtype = rows, rows.shape, rows.dtype

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, where):
        assert isinstance(where, slice) or where.ndim == 1, where
        return self.rows[where].copy()
