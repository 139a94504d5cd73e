"""Learning-rate schedules: the factor of the optimizer's `lr`, as a pure function of how far the training is.

So a training that goes on has no state to get wrong. A schedule changes the rate per epoch or per step, that is, per
update: PyTorch's scheduler of the same name, stepped as often, gives the same rates. What the losses of past epochs
amount to is a fold over them, `Watch`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from zen_cli.metric import more_is_better
from zen_cli.settings import Count, CountOrZero, Fraction, OneOf, Positive, Rate, Share

__all__ = ["Constant", "Cosine", "Exponential", "OneCycle", "ReduceOnPlateau", "Schedule", "Step", "WarmUp"]


class Watch(NamedTuple):
    """What past epochs have shown: the best score, how many since have not beaten it, and the factor that this made.

    Less is better: where more is, `best` is the score times -1.
    """

    best: float = math.inf
    waited: int = 0
    factor: float = 1.0


class Progress(NamedTuple):
    """Where a training is before an update: `step` of `steps` are done; an epoch has `per_epoch` of them."""

    step: int
    steps: int
    per_epoch: int
    watch: Watch = Watch()

    @property
    def epochs(self) -> int:
        """How many epochs are over."""
        return self.step // self.per_epoch


class Schedule:
    """Called with the Progress before each update, it gives the factor of the learning rate.

    A training may go on beyond the steps that it was planned for.
    """

    @property
    def has_end(self) -> bool:
        """Whether it is drawn over the steps that are planned, and stays after them where it has come to."""
        return False

    def __call__(self, at: Progress) -> float:
        raise NotImplementedError

    def watched(self, at: Progress, scores: Mapping[str, float]) -> Watch:  # noqa: ARG002 - for those that look
        """`at.watch` after one more epoch, whose last update is done, and its scores: `loss`, `val_loss` and so on."""
        return at.watch


# --- per epoch ---


@dataclass(frozen=True)
class Constant(Schedule):
    """1: the learning rate stays as it is."""

    def __call__(self, at: Progress) -> float:  # noqa: ARG002 - the same at all times
        return 1.0


@dataclass(frozen=True)
class Step(Schedule):
    """factor^floor(epoch / every), where the first epoch is 0. Per epoch; PyTorch's StepLR.

    every: How many epochs lie between two drops of the rate.
    factor: What the rate is multiplied by at each drop.
    """

    every: Count
    factor: Fraction = 0.1

    def __call__(self, at: Progress) -> float:
        return self.factor ** (at.epochs // self.every)


@dataclass(frozen=True)
class Exponential(Schedule):
    """factor^epoch, where the first epoch is 0. Per epoch; PyTorch's ExponentialLR.

    factor: What the rate is multiplied by after each epoch; 0.955 makes it a tenth in 50 epochs.
    """

    factor: Fraction

    def __call__(self, at: Progress) -> float:
        return self.factor**at.epochs


@dataclass(frozen=True)
class ReduceOnPlateau(Schedule):
    """Times `factor` whenever more than `patience` epochs in a row have not beaten the best score.

    To beat it is to be below best - threshold |best|, or above best + threshold |best| where more is better, as of an
    accuracy. Per epoch; PyTorch's ReduceLROnPlateau with its defaults, but without min_lr and eps, and with |best|,
    which is another number for negative scores alone.

    factor: What the rate is multiplied by at each drop.
    patience: How many epochs in a row may fail to beat the best score before the rate drops.
    threshold: By which share of the best score another has to be better to beat it.
    monitor: Which score of an epoch is looked at: `loss`, `val_loss`, or `val_` and a metric, such as `val_rmse` or
        `val_accuracy`. null takes the loss of the held-out examples, or that of training where none are held out.
    """

    factor: Fraction = 0.1
    patience: CountOrZero = 10
    threshold: Rate = 1e-4
    monitor: str | None = None

    def __call__(self, at: Progress) -> float:
        return at.watch.factor

    def watched(self, at: Progress, scores: Mapping[str, float]) -> Watch:
        watch, name = at.watch, self.monitor or ("val_loss" if "val_loss" in scores else "loss")
        score = -scores[name] if more_is_better(name) else scores[name]
        margin = self.threshold * abs(watch.best) if math.isfinite(watch.best) else 0.0
        if math.isfinite(score) and score < watch.best - margin:
            return watch._replace(best=score, waited=0)
        if watch.waited < self.patience:
            return watch._replace(waited=watch.waited + 1)
        return watch._replace(waited=0, factor=watch.factor * self.factor)


# --- per step ---


@dataclass(frozen=True)
class Cosine(Schedule):
    """final + (1 - final) (1 + cos(pi step / steps)) / 2: from 1 to `final` over the whole training.

    Per step; PyTorch's CosineAnnealingLR with T_max = steps. Loshchilov and Hutter 2017, without restarts. A training
    that goes on beyond its planned end does so at `final`.

    final: The factor that the last steps come near.
    """

    final: Share = 0.0

    @property
    def has_end(self) -> bool:
        return True

    def __call__(self, at: Progress) -> float:
        return _along_cosine(1, self.final, at.step / at.steps) if at.step < at.steps else self.final


@dataclass(frozen=True)
class OneCycle(Schedule):
    """From 1 / div_factor up to 1, then down to 1 / (div_factor final_div_factor), each along half a cosine.

    The optimizer's `lr` is the highest rate. Per step; PyTorch's OneCycleLR with its defaults, but momentum stays as it
    is (cycle_momentum=False). Smith and Topin 2017. A training that goes on beyond its planned end keeps the last rate.

    pct_start: Which part of the training goes up; a fraction, whatever its name says.
    div_factor: How many times smaller than the highest rate the first one is.
    final_div_factor: How many times smaller than the first rate the last one is.
    """

    pct_start: Fraction = 0.3
    div_factor: Positive = 25.0
    final_div_factor: Positive = 1e4

    @property
    def has_end(self) -> bool:
        return True

    def __call__(self, at: Progress) -> float:
        first = 1 / self.div_factor
        lowest = first / self.final_div_factor
        peak, last = self.pct_start * at.steps - 1, at.steps - 1
        if at.step >= last:
            return lowest
        if at.step < peak:
            return _along_cosine(first, 1, at.step / peak)
        return _along_cosine(1, lowest, (at.step - peak) / (last - peak))


@dataclass(frozen=True)
class WarmUp(Schedule):
    """From `start` to 1 in equal steps, then as another schedule says.

    Per step; PyTorch's LinearLR with start_factor = start, followed by another scheduler in a SequentialLR.

    epochs: How long the rate goes up, part of an epoch perhaps.
    steps: How long the rate goes up in steps; it takes the place of `epochs`.
    start: The factor of the first step.
    then: The schedule of the rest of the training, as if that were the whole; null stays at 1.
    """

    epochs: Positive = 1.0
    steps: Count | None = None
    start: Fraction = 0.1
    then: Annotated[Schedule, OneOf("schedule")] | None = None

    @property
    def has_end(self) -> bool:
        return self.then is not None and self.then.has_end

    def __call__(self, at: Progress) -> float:
        length = self._length(at)
        if at.step < length:
            return self.start + (1 - self.start) * at.step / length
        over = math.ceil(length)
        return self.then(at._replace(step=at.step - over, steps=at.steps - over)) if self.then else 1.0

    def watched(self, at: Progress, scores: Mapping[str, float]) -> Watch:
        length = self._length(at)
        if self.then is None or at.step <= length:  # what the losses of the warm-up say is not for `then`
            return at.watch
        over = math.ceil(length)
        return self.then.watched(at._replace(step=at.step - over, steps=at.steps - over), scores)

    def _length(self, at: Progress) -> float:
        """In steps."""
        return self.steps or self.epochs * at.per_epoch


def _along_cosine(begin: float, end: float, share: float) -> float:
    """From `begin`, where `share` is 0, to `end`, where it is 1, slowly at both."""
    return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2
