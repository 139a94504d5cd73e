"""One plain line on whether a model is worth having: its score beside that of the best baseline."""

import math
from collections.abc import Mapping

import numpy as np

from zen_cli.metric import title

Array = np.ndarray

ALIKE = 0.01  # a difference in the error that is not worth a word
FEW = 30  # examples, below which their number is told
CLEAR = 2.0  # standard errors

# What there is less of where a score is better: of those that are 1 at best, it is the rest.
REST = {"accuracy": "errors", "top_k": "errors", "r2": "unexplained variance"}
ITSELF = {"rmse": "error", "mae": "error", "mape": "error", "smape": "error", "mase": "error"}
NEITHER = {"precision", "recall", "f1"}  # a mean of quotients over classes: its rest is no number of errors


def verdict(
    metric: str,
    score: float,
    baselines: Mapping[str, float],
    more_is_better: bool,
    where: str,
    *,
    examples: int | None = None,
    standard_errors: float | None = None,
    example: str = "example",
) -> str:
    """Whether the score is better than that of the best baseline on these data, and what follows from it.

    `metric` is the name of the score, such as `rmse` or `top_k_3`, and `where` is what it was measured on, such as "the
    test part"; of equal baselines, the first counts. How many `examples` were scored is told where they are few, and
    that the difference may be luck where it is below two `standard_errors` (of `standard_errors_between`).
    """
    what = title(metric.removeprefix("val_"))
    known = {name: value for name, value in baselines.items() if not math.isnan(value)}
    if not known:
        return f"No verdict: no baseline is scored by {what} on {where}."
    if math.isnan(score):
        return f"No verdict: the model has no {what} on {where}."
    best = (max if more_is_better else min)(known, key=lambda name: known[name])
    if math.isinf(score) and score == known[best]:
        return f"No verdict: the {what} on {where} is {score} for the model and for every baseline."
    gain = _gain(_error(metric, score, more_is_better), _error(metric, known[best], more_is_better))
    which = f"the best baseline, {best}" if len(known) > 1 else f"the baseline, {best}"
    facts = f"{what} {_numbers(score, known[best])} on {where}"
    of_a_sign = min(score, known[best]) >= 0 or _kind(metric) in REST
    change = _change(metric, gain) if of_a_sign else ""
    return f"{_opening(gain)} {which}: {facts}{change}.{_luck(gain, standard_errors, examples, example)}"


def standard_errors_between(model: Array, baseline: Array, overlap: int = 0) -> float:
    """How many standard errors lie between the mean losses of two rules on the same examples, (N,) each; at least 0.

    That is the test of Diebold and Mariano 1995 with the small-sample factor of Harvey, Leybourne and Newbold 1997.
    Forecasts of H values that start at each row share `overlap` = H - 1 rows with the next: their covariances count,
    with Bartlett's weights (Newey and West 1987), so that the variance is no less than 0. nan where there are fewer
    than two examples more than the overlap; inf where the losses differ by the same everywhere.
    """
    d = np.asarray(model, np.float64) - np.asarray(baseline, np.float64)
    n, h = len(d), overlap + 1
    if n < h + 2 or not np.isfinite(d).all():
        return math.nan
    mean = float(d.mean())
    rest = d - mean
    covariances = [float(rest[lag:] @ rest[: n - lag]) / n for lag in range(h)]
    weighted = [2 * (1 - lag / h) * c for lag, c in enumerate(covariances)]
    variance = max(sum(weighted) - covariances[0], 0.0) / n
    factor = math.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    if variance <= (1e-15 * mean) ** 2:
        return math.inf if mean else 0.0
    return factor * abs(mean) / math.sqrt(variance)


# --- how much better ---


def _error(metric: str, score: float, more_is_better: bool) -> float:
    """The score as something of which less is better, and 0 perfect where that can be said."""
    if _kind(metric) in REST:
        return 1 - score
    return -score if more_is_better else score


def _kind(metric: str) -> str:
    """The metric of a score: `top_k` for `top_k_3`."""
    names = (*REST, *ITSELF, *NEITHER)
    name = metric.removeprefix("val_").lower()
    return next((known for known in names if f"{name}_".startswith(f"{known}_")), name)


def _gain(error: float, base: float) -> float:
    """The share of the baseline's error that the model saves: 1 is all, 0 none, below 0 it makes more."""
    if error == base:
        return 0.0
    if base == 0 or math.isinf(error) or math.isinf(base):
        return math.copysign(math.inf, base - error)
    return (base - error) / abs(base)


def _opening(gain: float) -> str:
    if abs(gain) <= ALIKE:
        return "About as good as"
    return "Better than" if gain > 0 else "No better than"


def _numbers(score: float, base: float) -> str:
    """`18.2 against 36.3`: three digits, or as many more as tell them apart."""
    for digits in range(3, 7):
        texts = _number(score, digits), _number(base, digits)
        if texts[0] != texts[1]:
            break
    return f"{texts[0]} against {texts[1]}"


def _number(score: float, digits: int) -> str:
    """Without an exponent where it has a few digits more before the point: `18234`."""
    return f"{score:.0f}" if 10**digits <= abs(score) < 1e9 else f"{score:.{digits}g}"


def _change(metric: str, gain: float) -> str:
    """`, 50 % less error` or `, 3 times the error`; nothing where that says nothing."""
    kind = _kind(metric)
    if abs(gain) <= ALIKE or math.isinf(gain) or kind in NEITHER:
        return ""
    what = (REST | ITSELF).get(kind, "")
    if gain < -1:
        return f", {1 - gain:.3g} times " + (f"the {what}" if what else "as much")
    percent = "more than 99" if 0.995 <= gain < 1 else f"{100 * abs(gain):.0f}"
    less = "more" if gain < 0 else "fewer" if what == "errors" else "less"
    return f", {percent} % {less} {what}".rstrip()


# --- what follows ---


def _luck(gain: float, standard_errors: float | None, examples: int | None, example: str) -> str:
    simpler = "" if gain > ALIKE else " Use the baseline: it is simpler."
    few = examples is not None and examples < FEW
    count = f"{examples} {example}{'s' * (examples != 1)}" if examples is not None else ""
    if standard_errors is None or math.isnan(standard_errors):
        return f" Only {count}: the difference may be luck.{simpler}" if few else simpler
    apart = f"{standard_errors:.1f} standard errors"
    if gain > ALIKE and standard_errors < CLEAR:
        over = f" over {'only ' * few}{count}" if count else ""
        return f" It may be luck: the difference is {apart}{over}."
    if few and gain > ALIKE:
        return f" Only {count}, but the difference is {apart}."
    return f" Only {count}.{simpler}" if few else simpler
