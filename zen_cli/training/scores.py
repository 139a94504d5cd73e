"""How good a trained model is on each part of its data, beside rules that need no network."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zen_cli.baseline import (
    Baseline,
    forecasts,
    predictions_of_classes,
    predictions_of_values,
    readings,
    season_of,
    standard_errors_between,
    verdict,
)
from zen_cli.config.build import Predictor
from zen_cli.config.meaning.components import settings_in
from zen_cli.data.dataset import Dataset
from zen_cli.data.forecasts import ForecastDataset
from zen_cli.data.parts import TRAIN, size_of, thinned
from zen_cli.data.rows import Where, selected
from zen_cli.data.tasks import Classification
from zen_cli.data.texts import TextDataset
from zen_cli.interval import Coverage, coverage, coverage_in_words
from zen_cli.metric import more_is_better
from zen_cli.padded import Padded
from zen_cli.training.evaluation import Answers, known, most_at_once, scored
from zen_cli.training.predictions import Said

Array = np.ndarray
Scores = Mapping[str, float]  # by the names that records have
MOST_HISTORY = 2**18  # values of a series that baselines look back on
MOST_SCORED = 2**20  # examples of the part that trains, evenly spaced


@dataclass(frozen=True)
class PartScores:
    """The scores of so many examples: those of the model, and where they did not train, of each baseline.

    Of new data, those whose truth nobody knows are `left_out`.
    """

    examples: int
    scores: Scores
    baselines: Mapping[str, Scores] = field(default_factory=dict)
    coverage: Coverage | None = None
    verdict: str = ""
    coverage_told: str = ""
    notes: tuple[str, ...] = ()
    left_out: int = 0


def scores_by_part(said: Said) -> dict[str, PartScores]:
    """The scores of every part that has examples, with baselines those of the last, which is the one to judge by."""
    parts = {name: part for name, part in said.data.parts.named() if size_of(part)}
    judged, _ = said.data.parts.judged
    return {
        name: judged_scores(said, part, f"the {name} part", said.data)
        if name == judged and name != TRAIN
        else _plain_scores(said, part)
        for name, part in parts.items()
    }


def _plain_scores(said: Said, part: Where) -> PartScores:
    some = thinned(part, min(MOST_SCORED, most_at_once(said.data)))
    scores = scored(said.predictor, said.of(some).predictions, said.data.truth(some))
    return PartScores(size_of(part), scores)


def _thinning(whole: Where, part: Where) -> Iterator[str]:
    if size_of(part) < size_of(whole):
        yield f"Scored on {size_of(part):,} of {size_of(whole):,} examples, evenly spaced: more do not fit in memory."


@dataclass(frozen=True)
class Contender:
    """A model or a baseline: its scores, and its loss for each example that was scored."""

    name: str
    scores: Scores
    losses: Array
    note: str = ""


def judged_scores(said: Said, part: Where, where: str, trained: Dataset | None) -> PartScores:
    """The scores of a part with those of the baselines, made from the data that `trained` where they are at hand.

    `where` is what a sentence calls the part, such as "the test part".
    """
    predictor, whole = said.predictor, part
    part = thinned(whole, most_at_once(said.data))
    found, truth = said.of(part), said.data.truth(part)
    covered = _coverage(predictor, found, truth, said.data.groups(part))
    model, rivals = contenders(said, part, found, trained)
    return PartScores(
        examples=size_of(whole),
        scores=model.scores,
        baselines={rival.name: rival.scores for rival in rivals},
        coverage=covered,
        coverage_told=_coverage_told(predictor, covered, where),
        verdict=_verdict(predictor, model, rivals, where),
        notes=(*_thinning(whole, part), *(f"{rival.name}: {rival.note}" for rival in rivals if rival.note)),
    )


def contenders(said: Said, part: Where, found: Answers, trained: Dataset | None) -> tuple[Contender, list[Contender]]:
    """The model, by what was `found` to be said of a part, and the baselines.

    These are made from the data which `trained`, or from the history alone.
    """
    predictor, data, truth = said.predictor, said.data, said.data.truth(part)
    model = _contender(predictor, "the model", found.predictions, truth)
    if isinstance(data, TextDataset):
        return model, list(_of_text(data, part, trained, _judging(predictor, model.scores)))
    if isinstance(data, ForecastDataset):
        baselines = _forecasts(predictor, data, part, trained)
    else:
        baselines = _of(data, part, trained)
    return model, [_contender(predictor, b.name, b.predictions, truth, b.note) for b in baselines]


def _contender(predictor: Predictor, name: str, predictions: Array, truth: Any, note: str = "") -> Contender:
    scores = scored(predictor, predictions, truth)
    return Contender(name, scores, _losses(predictions, truth, _judging(predictor, scores)), note)


def _judging(predictor: Predictor, scores: Scores) -> str:
    """The score that a verdict is about: of classes that are weighed, not that which the frequent ones decide."""
    is_weighed = settings_in(predictor.config["loss"]).get("class_weights") is not None
    asked = ["perplexity", *["f1"] * is_weighed]
    return next((name for name in asked if name in scores), next(iter(scores)))


def _verdict(predictor: Predictor, model: Contender, rivals: list[Contender], where: str) -> str:
    metric = _judging(predictor, model.scores)
    against = {rival.name: score for rival in rivals if not math.isnan(score := rival.scores.get(metric, math.nan))}
    if not against:
        return ""
    more = more_is_better(metric)
    best = (max if more else min)(against, key=lambda name: against[name])
    other = next(rival.losses for rival in rivals if rival.name == best)
    overlap, count = getattr(predictor.task, "horizon", 1) - 1, len(model.losses)
    comparable = count == len(other) and metric != "f1"  # which is no mean over examples
    errors = standard_errors_between(model.losses, other, overlap) if comparable else None
    return verdict(metric, model.scores[metric], against, more, where, examples=count, standard_errors=errors)


def _losses(predictions: Array, truth: Any, metric: str) -> Array:
    """What the metric is made of, for each example that is scored.

    That is its mean squared error; of classes the cross-entropy, or whether the class was not told.
    """
    pred, real = known(predictions, truth)
    if metric == "perplexity":
        p = np.take_along_axis(pred, real[..., None], axis=-1).ravel()
        surprise: Array = -np.log(np.maximum(p, np.finfo(p.dtype).tiny), dtype=np.float64)
        return surprise
    if real.dtype.kind in "iu":
        missed: Array = (pred.argmax(axis=-1) != real).ravel().astype(np.float64)
        return missed
    squared: Array = np.square(np.subtract(pred, real, dtype=np.float64)).reshape(len(real), -1).mean(axis=1)
    return squared


def _coverage(predictor: Predictor, found: Answers, truth: Any, groups: Array) -> Coverage | None:
    if predictor.interval is None:
        return None
    return coverage(*predictor.interval.around(found.predictions, found.spread, groups), truth)


def _coverage_told(predictor: Predictor, covered: Coverage | None, where: str) -> str:
    if not covered or not predictor.interval:
        return ""
    return coverage_in_words(covered, predictor.interval.level, predictor.interval.calibrated, where)


# --- rules that need no network ---


def _of(data: Dataset, part: Where, trained: Dataset | None) -> list[Baseline]:
    """Of examples, in the user's units."""
    if trained is None:
        return []
    inputs, asked = selected(trained.inputs, trained.parts.train), selected(data.inputs, part)
    truth = trained.truths(trained.parts.train)
    if isinstance(data.task, Classification):
        return predictions_of_classes(inputs, truth, asked, len(data.task.labels))
    return predictions_of_values(inputs, truth, asked)


def _forecasts(predictor: Predictor, data: ForecastDataset, part: Where, trained: Dataset | None) -> list[Baseline]:
    """Each baseline for every series, those of the same name after each other."""
    owners, t = data.owners(part), len(data.task.names)
    origins, pasts = data.origins[part], [_trained(trained, number) for number in data.places]
    season = predictor.config["data"]["season"] or _common_season(pasts)
    found: dict[str, list[Array]] = {}
    for owner in np.unique(owners):
        own = origins[owners == owner] - data.starts[owner]
        start = max(0, int(own.min()) - MOST_HISTORY)
        own, values = own - start, data.raw.series[owner].values[start:][:, :t]
        for baseline in forecasts(values, own, data.task.horizon, pasts[owner], season):
            found.setdefault(baseline.name, []).append(baseline.predictions.reshape(len(own), -1))
    whole = {name: np.concatenate(parts) for name, parts in found.items()}
    return [Baseline(name, predictions) for name, predictions in whole.items() if len(predictions) == len(origins)]


def _common_season(pasts: Sequence[Array | None]) -> int | None:
    """The season that most of several series have, so that all are held against the same rule."""
    if len(pasts) == 1:
        return None  # found where it is needed
    seasons = Counter(season for past in pasts if past is not None and (season := season_of(past[:, 0])))
    return seasons.most_common(1)[0][0] if seasons else None


def _trained(data: Dataset | None, number: int) -> Array | None:
    """The values (n, t) of a series that trained."""
    if not isinstance(data, ForecastDataset):
        return None
    end = data.divisions[number].validation
    values: Array = data.raw.series[number].values[max(0, end - MOST_HISTORY) : end]
    return values[:, : len(data.task.names)]


def _of_text(data: TextDataset, part: Where, trained: Dataset | None, metric: str) -> Iterator[Contender]:
    if trained is None:
        return
    ids = _flat(selected(trained.inputs, trained.parts.train))
    before, after = _flat(selected(data.inputs, part)), _flat(selected(data.targets, part))
    for reading in readings(ids, before, after, len(data.task.labels)):
        losses = reading.losses if metric == "perplexity" else (~reading.right).astype(np.float64)
        yield Contender(reading.name, reading.scores, losses, reading.note)


def _flat(tokens: Any) -> Array:
    """Tokens (N, T), of sequences one after the other."""
    values: Array = tokens.steps(tokens.values) if isinstance(tokens, Padded) else tokens[:].ravel()
    return values
