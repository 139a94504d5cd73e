"""How to forecast a series."""

import math
from typing import Any

from zen_cli.config.proposal.deciding.choice import Choice, Key, Prepared
from zen_cli.config.proposal.deciding.csv_series import source_of
from zen_cli.config.proposal.deciding.effort import SECONDS, interval, optimizer, training
from zen_cli.config.proposal.looking.facts import SeriesFacts
from zen_cli.config.text.words import count, listed
from zen_cli.data.formats.opening import shown
from zen_cli.data.frequency import SECOND as MICROSECONDS
from zen_cli.data.frequency import BusinessDays, FixedStep, Frequency, Months
from zen_cli.errors import DataError, quoted

MINUTE, HOUR, DAY, WEEK = (60, 3600, 86400, 7 * 86400)  # in seconds
LONGEST_WINDOW = 200
LONGEST_HORIZON = 96
USUAL_WINDOW = 20  # where there is no season
BEYOND_A_SEASON = 1.25  # seasons in a window
LEAST_HORIZONS = 8  # that the values to predict are to hold
LEAST_OF_EACH = 14  # that those of each of several series are to hold, which are all divided by shares
MOSTLY = 0.5  # of the horizons are to be known as a whole, or they tell of no error
TEST = 0.15  # of the values that are predicted, and as many for the validation part
STEP_SECONDS = 0.6e-6  # of a window, in a small LSTM
FEW_WINDOWS = 1000


def data_of(facts: SeriesFacts) -> Choice:
    """The `data` section."""
    if facts.shortest < 3:
        which = next(label for label, length in facts.lengths.items() if length == facts.shortest)
        of = f"the series {quoted(which)} has" if which else "there are"
        raise DataError(f"{shown(facts.path)}: {of} {count(facts.shortest, 'row')}", "a forecast takes at least 3")
    window = _window(facts)
    horizon = _horizon(facts, window)
    lag = _lag(facts, horizon, window)
    source, scaling = source_of(facts), _scaling(lag)
    split = _split(facts, facts.shortest - window - lag, horizon)
    season = {"season": facts.season} if facts.season and facts.season <= window else {}
    settings = {"source": {"CSV": source.settings}, "window": window, "horizon": horizon, **season}
    settings |= {"scaling": scaling.settings["scaling"], "split": split.settings}
    return Choice({"data": settings}, {**source.remarks, **_remarks(facts), **scaling.remarks, **split.remarks})


def model_of(facts: SeriesFacts, prepared: Prepared) -> Choice:
    """All but the `data` section."""
    many = prepared.train >= FEW_WINDOWS
    seconds = STEP_SECONDS * prepared.inputs[0]  # for a window
    hidden = 32 if many and 2 * seconds * prepared.train < SECONDS else 16
    seconds *= hidden / 16
    season = facts.season if facts.season and facts.season < prepared.train else 1
    asked: list[Any] = [{"MASE": season} if season > 1 else "MASE"] if prepared.train > 1 else ["MAE"]
    ranged = interval(prepared)
    settings: dict[str, Any] = {
        "model": [{"LSTM": {"hidden_dim": hidden}}, {"Linear": prepared.outputs}],
        "loss": "MSE",
        "optimizer": optimizer(0.005, 0.1 if many else 0.3),
        "schedule": "Cosine",
        "training": {**training(prepared.train, seconds, 1500 if many else 600, 40), "clip_norm": 1.0},
        "metrics": asked,
        **ranged.settings,
    }
    values = "the next value" if prepared.outputs == 1 else "a number for each value that is predicted"
    remarks: dict[Key, str] = {
        ("model", 1): values,
        ("", "loss"): "or `MAE`, `Huber`, which mind values that are far off less",
        ("", "metrics"): "scores besides RMSE: MASE is below 1 where the model is better than repeating "
        + ("the season before" if facts.season else "the last value")
        + "; or `[MAE, R2]` (default [])",
    }
    return Choice(settings, {**remarks, **ranged.remarks})


# --- window and horizon ---


def _window(facts: SeriesFacts) -> int:
    wanted = math.ceil(BEYOND_A_SEASON * facts.season) if facts.season else USUAL_WINDOW
    return max(1, min(wanted, LONGEST_WINDOW, facts.shortest // 4))


def _horizon(facts: SeriesFacts, window: int) -> int:
    usual = _usual_horizon(facts.frequency)
    left = facts.shortest - facts.ahead - window - (facts.season or 1)
    known = 1 - (facts.missing - facts.ahead) / facts.rows
    least = LEAST_HORIZONS if len(facts.lengths) == 1 else LEAST_OF_EACH
    fitting = (steps for steps in (usual, usual // 2) if left >= least * steps and known**steps >= MOSTLY)
    return next(fitting, 1) or 1


def _usual_horizon(frequency: Frequency | None) -> int:
    """A year of months, a week of days, a day of hours; 1 where nothing is usual."""
    match frequency:
        case Months(months=months):
            return 12 // months
        case BusinessDays():
            return 5
        case FixedStep(step=step):
            seconds = step / MICROSECONDS
            longer = next((more for more in (MINUTE, HOUR, DAY, WEEK, 4 * WEEK) if 4 * seconds <= more), 0)
            return min(LONGEST_HORIZON, int(longer / seconds)) or 1
    return 1


# --- scaling and parts ---


def _lag(facts: SeriesFacts, horizon: int, window: int) -> int:
    """How far back the value lies that each one is compared with; 0 where levels stay, and can be learnt."""
    if not facts.drifts:
        return 0
    season = facts.season
    fits = season and 2 * (season + window) <= facts.shortest
    return season if season and fits and facts.change(horizon, season) < facts.change(horizon) else 1


def _scaling(lag: int) -> Choice:
    scaling: list[Any] = [{"Difference": lag}] if lag > 1 else ["Difference"] if lag else []
    before = f"{lag} steps" if lag > 1 else "the step"
    why = f"the level drifts, so changes from {before} before are learnt; " if lag else ""
    remark = f"{why}mean 0 and variance 1 (default [])"
    return Choice({"scaling": [*scaling, "Standard"]}, {("data", "scaling"): remark})


def _split(facts: SeriesFacts, left: int, horizon: int) -> Choice:
    """Of `left` values that can be predicted."""
    train, test = _amounts(facts, left, horizon)
    settings = {"train": train, **({"test": test} if test else {})}
    remarks: dict[Key, str] = {("split", "train"): _told_of_train(facts, train)}
    return Choice(settings, remarks | {("split", "test"): _told_of_test(facts, test)})


def _amounts(facts: SeriesFacts, left: int, horizon: int) -> tuple[float | int, float | int]:
    """What trains, and what is the test part: shares where they are long enough, and else whole horizons."""
    known = left - facts.ahead
    if facts.ahead and TEST * known >= 1:
        return round((1 - 2 * TEST) * known), facts.ahead + max(horizon, round(TEST * known))
    if TEST * left >= 2 * horizon:
        return round(1 - 2 * TEST, 2), TEST
    if len(facts.lengths) == 1 and left >= 8 * horizon:
        return left - 4 * horizon, 2 * horizon
    return 0.8, 0


def _told_of_train(facts: SeriesFacts, train: float | int) -> str:
    date = ", or the date before which they lie" if facts.dated else ""
    if isinstance(train, int):
        return f"so many of the values to predict train, the first ones; or a share of them{date} (default 0.8)"
    return f"the share of the values to predict that train, the first ones; or a number of them{date} (default 0.8)"


def _told_of_test(facts: SeriesFacts, test: float | int) -> str:
    if not test:
        return "the last values may be kept for the scores at the end, but here are few"
    if facts.ahead:
        return f"the last ones; {facts.ahead:,} are not known yet, the others are for the scores at the end (default 0)"
    between = "those between are the validation part, scored after each epoch"
    return f"the last ones are kept for the scores at the end; {between} (default 0)"


# --- what is said ---


def _remarks(facts: SeriesFacts) -> dict[Key, str]:
    step = f"; a row comes {facts.frequency}" if facts.frequency else ""
    return {
        ("data", "window"): f"so many values in{_told_of_window(facts)}",
        ("data", "horizon"): f"so many values out, those that follow{step} (default 1)",
        ("data", "strategy"): "with recursive, and `Linear: 1` below, a model of one step is fed its own predictions",
        ("data", "season"): _told_of_season(facts),
    }


def _told_of_window(facts: SeriesFacts) -> str:
    if not facts.season:
        return ""
    if _window(facts) < BEYOND_A_SEASON * facts.season:
        return f"; a season seems to have {facts.season}"
    return f": a season of {facts.season}, and some more"


def _told_of_season(facts: SeriesFacts) -> str:
    what = "after how many steps values repeat themselves"
    if not facts.season:
        return f"such as `2`: {what}, for a baseline; null looks for it, and found nothing here"
    return f"{what}, as it seems, for a baseline" if _window(facts) >= facts.season else f"{what}, for a baseline"


# --- in words ---


def purpose(facts: SeriesFacts, data: Any) -> str:
    out = "the next one" if data["horizon"] == 1 else f"the next {data['horizon']}"
    values = "value" if data["window"] == 1 else f"{data['window']} values"
    return f"Forecast {quoted(facts.target)}: an LSTM reads the latest {values} and gives {out}."


def found(facts: SeriesFacts) -> tuple[str, ...]:
    several = f" in {len(facts.lengths)} series told apart by {quoted(facts.series)}" if facts.series else ""
    step = f", {facts.frequency}" if facts.frequency else ""
    season = f"; season {facts.season}" if facts.season else ""
    first, last = facts.span
    span = f" from {first} to {last}" if facts.index else ""
    lines = [f"{count(facts.rows, 'row')}{span}{several}{step}{season}; target {quoted(facts.target)}"]
    if facts.others:
        lines.append(f"other columns with numbers: {listed(map(quoted, facts.others[:10]))}")
    if facts.missing:
        lines.append(f"{count(facts.missing, 'cell')} of {quoted(facts.target)} missing")
    if facts.gaps:
        lines.append(f"{count(facts.gaps, 'date')} missing between the first and the last")
    if facts.unread:
        lines.append(f"the dates of {quoted(facts.unread)} cannot be read, so rows are counted: write them as 2020-01")
    return tuple(lines)
