"""After how many rows a series repeats itself, found in its autocorrelation."""

from statistics import NormalDist

import numpy as np

Array = np.ndarray

MOST_ROWS = 2**20  # the newest ones
LONGEST = 2**14  # a year of hours, a week of minutes
CHANCE = 0.05  # that a series without a season is said to have one, roughly
ROUNDING = 1e-12  # of the largest value: what is left of a line
NEARLY = 0.9  # of the highest autocorrelation


def season_of(values: Array) -> int | None:
    """The season of `values` (n,), from 2 rows to a third of them; None where they show none.

    A lag m may be the season where the autocorrelation r_m is a peak, and both it and its height above the lowest point
    before it are more than chance would give after m - 1 lags that are no season: z sqrt((1 + 2 sum_{i<m} r_i^2) / n),
    Bartlett's limit, as in the seasonality test of the M4 competition (Makridakis, Spiliotis and Assimakopoulos 2020).
    There m is known, and z = 1.645; here z allows for as many lags as are tried, of which those of a slow series are
    hardly more than one. Of the peaks that are nearly as high as the highest, the first counts: the others are
    multiples. All that is done without the series' linear trend and, if there it has no season, with its differences:
    they have no trend of any kind.

    NaN is a missing value: the last known one stands for it. Of more rows than 2^20, the newest count.
    """
    x = _filled(np.asarray(values[-MOST_ROWS:], np.float64))
    if len(x) < 6 or not np.isfinite(x).all():
        return None
    rest = _without_line(x)
    if np.abs(rest).max() <= ROUNDING * np.abs(x).max():
        return None
    return _repeating(rest) or _repeating(np.diff(x) - np.diff(x).mean())


def _filled(x: Array) -> Array:
    """Without the missing values that it starts with, and the last known one in place of the others."""
    known = np.maximum.accumulate(np.where(np.isnan(x), -1, np.arange(len(x))))
    return x[known[known >= 0]]


def _without_line(x: Array) -> Array:
    """Less the line of least squares."""
    t = np.arange(len(x)) - (len(x) - 1) / 2
    middle = x - x.mean()
    rest: Array = middle - t * ((t @ middle) / (t @ t))
    return rest


def _repeating(x: Array) -> int | None:
    n, longest = len(x), min(len(x) // 3, LONGEST)
    r = _autocorrelation(x, longest + 1)  # of the lags 0 to longest + 1
    if longest < 2 or not r[0]:
        return None
    lags = np.arange(2, longest + 1)
    spread = 1 + 2 * np.cumsum(r[1:longest] ** 2)  # for each of the lags
    limit = _quantiles(CHANCE * np.minimum(spread / longest, 1)) * np.sqrt(spread / n)
    peak = (r[lags] > r[lags - 1]) & (r[lags] >= r[lags + 1])
    height = r[lags] - np.minimum.accumulate(r)[lags]
    found = lags[peak & (np.minimum(r[lags], height) > limit)]
    return _first_of_the_highest(r / (1 - np.arange(len(r)) / n), found) if len(found) else None


def _first_of_the_highest(r: Array, found: Array) -> int:
    """The top of the first hill with a peak nearly as high as the highest; `r` is for all lags on one scale."""
    foot = int(found[r[found] >= NEARLY * r[found].max()][0])
    hill = r[foot : min(max(foot + 1, 3 * foot // 2), len(r) - 1)]  # noise may put a peak before its top
    return foot + int(hill.argmax())


def _autocorrelation(x: Array, longest: int) -> Array:
    """Of the lags 0 to `longest`: sum_t x_t x_(t + m) / sum_t x_t^2; zeros where x is."""
    size = 1 << (len(x) + longest).bit_length()  # so that no lag wraps around
    spectrum = np.fft.rfft(x, size)
    products = np.fft.irfft(spectrum.real**2 + spectrum.imag**2, size)[: longest + 1]
    return products / products[0] if x.any() else np.zeros(longest + 1)


def _quantiles(tails: Array) -> Array:
    """Where a standard normal number is exceeded with these probabilities."""
    normal = NormalDist()
    return np.array([normal.inv_cdf(1 - tail) for tail in tails])
