"""Schedules: the learning rate before each of 30 updates. Names are those of a config."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    LRScheduler,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

LR, STEPS = 0.5, 30
LOSSES = (
    *[1.0, 0.9, 0.8, 0.8, 0.79999, 0.7, 0.71, 0.72, 0.73, 0.69999, 0.6, 0.6, 0.6, 0.6, 0.6],
    *[0.5, 0.55, 0.52, 0.51, 0.5, 0.4999, 0.49, 0.48, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
)

ACCURACIES = tuple(1.1 - loss for loss in LOSSES)


@dataclass(frozen=True)
class Case:
    """`scheduler` is stepped after each update; `per_epoch` of them make an epoch for zen. A plateau is of `scores`."""

    scheduler: Callable[[Optimizer], LRScheduler]
    per_epoch: int = 1
    scores: Sequence[float] = LOSSES


def scheduled(cases: Mapping[str, Case]) -> dict[str, Any]:
    """The learning rates, and the scores that a plateau is found in, as plain data."""
    computed = {
        name: {"per_epoch": case.per_epoch, "scores": list(case.scores), "rates": _rates(case)}
        for name, case in cases.items()
    }
    return {"lr": LR, "cases": computed}


def _rates(case: Case) -> list[float]:
    optimizer = SGD([torch.zeros(1, requires_grad=True)], lr=LR)
    scheduler, rates = case.scheduler(optimizer), []
    for score in case.scores:
        rates += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step(*([score] if isinstance(scheduler, ReduceLROnPlateau) else []))
    return rates


def warm_up(start: float, steps: int, then: Callable[[Optimizer], LRScheduler]) -> Callable[[Optimizer], LRScheduler]:
    def made(optimizer: Optimizer) -> LRScheduler:
        return SequentialLR(optimizer, [LinearLR(optimizer, start, total_iters=steps), then(optimizer)], [steps])

    return made


SCHEDULES = {
    "Constant": Case(lambda o: ConstantLR(o, factor=1.0)),
    "Step: 10": Case(lambda o: StepLR(o, 10)),
    "Step: {every: 4, factor: 0.7}": Case(lambda o: StepLR(o, 4, 0.7)),
    "Exponential: 0.9": Case(lambda o: ExponentialLR(o, 0.9)),
    "Cosine": Case(lambda o: CosineAnnealingLR(o, STEPS)),
    "Cosine: 0.2": Case(lambda o: CosineAnnealingLR(o, STEPS, eta_min=0.2 * LR)),
    "WarmUp": Case(lambda o: LinearLR(o, 0.1, total_iters=10), per_epoch=10),
    "WarmUp: {steps: 7, start: 0.25}": Case(lambda o: LinearLR(o, 0.25, total_iters=7)),
    "WarmUp: {epochs: 2, then: Cosine}": Case(warm_up(0.1, 10, lambda o: CosineAnnealingLR(o, 20)), per_epoch=5),
    "WarmUp: {steps: 5, start: 0.5, then: {Step: 6}}": Case(warm_up(0.5, 5, lambda o: StepLR(o, 6))),
    "WarmUp: {steps: 5, then: {Exponential: 0.9}}": Case(warm_up(0.1, 5, lambda o: ExponentialLR(o, 0.9))),
    "OneCycle": Case(lambda o: OneCycleLR(o, LR, STEPS, cycle_momentum=False)),
    "OneCycle: {pct_start: 0.5, div_factor: 10, final_div_factor: 100}": Case(
        lambda o: OneCycleLR(o, LR, STEPS, pct_start=0.5, div_factor=10, final_div_factor=100, cycle_momentum=False)
    ),
    "ReduceOnPlateau": Case(ReduceLROnPlateau),
    "ReduceOnPlateau: {factor: 0.5, patience: 2}": Case(lambda o: ReduceLROnPlateau(o, factor=0.5, patience=2)),
    "ReduceOnPlateau: {factor: 0.5, patience: 0, threshold: 0.1}": Case(
        lambda o: ReduceLROnPlateau(o, factor=0.5, patience=0, threshold=0.1)
    ),
    "ReduceOnPlateau: {factor: 0.5, patience: 1, threshold: 0.01, monitor: val_accuracy}": Case(
        lambda o: ReduceLROnPlateau(o, mode="max", factor=0.5, patience=1, threshold=0.01), scores=ACCURACIES
    ),
}
