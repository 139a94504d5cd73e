"""Optimizers: the rule alone, on gradients that are given. Names are those of a config."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from differentiated import drawn
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop

STEPS = 20
START = drawn("start", (5,))
GRADIENTS = drawn("gradients", (STEPS, 5)) * np.array([1e-4, 0.1, 1.0, 100.0, 0.0])  # one column for each parameter


@dataclass(frozen=True)
class Case:
    optimizer: Callable[[list[Tensor]], Optimizer]
    clip: Mapping[str, float] = field(default_factory=dict)  # zen_cli.optim.Clip's arguments


def optimized(cases: Mapping[str, Case]) -> dict[str, Any]:
    """The gradient of each step, and the parameters after it, as plain data."""
    computed = {name: {"clip": dict(case.clip), "path": _path(case)} for name, case in cases.items()}
    return {"start": START.tolist(), "gradients": GRADIENTS.tolist(), "cases": computed}


def _path(case: Case) -> list[list[float]]:
    vector = torch.tensor(START)
    parameters, path = [vector[:2], vector[2:]], []
    optimizer = case.optimizer(parameters)
    for gradient in GRADIENTS:
        for w, g in zip(parameters, torch.tensor(gradient).split([2, 3]), strict=True):
            w.grad = g
        clip(parameters, **case.clip)
        optimizer.step()
        path.append(vector.tolist())
    return path


def clip(parameters: list[Tensor], norm: float | None = None, value: float | None = None) -> None:
    if value is not None:
        clip_grad_value_(parameters, value)
    if norm is not None:
        clip_grad_norm_(parameters, norm)


# --- what zen has and PyTorch has not ---


class ArticleRMSProp(Optimizer):
    """With epsilon inside of the root: w -= lr g / sqrt(s + epsilon)."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, beta: float, epsilon: float) -> None:
        super().__init__(parameters, {"lr": lr, "beta": beta, "epsilon": epsilon})

    def step(self) -> None:
        for group in self.param_groups:
            for w in group["params"]:
                s = self.state[w].setdefault("s", torch.zeros_like(w))
                s.mul_(group["beta"]).add_((1 - group["beta"]) * w.grad**2)
                w.sub_(group["lr"] * w.grad / torch.sqrt(s + group["epsilon"]))


def decayed(make: Callable[..., Optimizer], weight_decay: float) -> Callable[[list[Tensor]], Optimizer]:
    """Another optimizer behind AdamW's weight decay: it shrinks the parameters and leaves the gradient as it is."""

    def shrink(optimizer: Optimizer, _args: object, _kwargs: object) -> None:
        for group in optimizer.param_groups:
            for w in group["params"]:
                w.mul_(1 - group["lr"] * weight_decay)

    def made(parameters: list[Tensor]) -> Optimizer:
        optimizer = make(parameters)
        optimizer.register_step_pre_hook(shrink)
        return optimizer

    return made


# --- all ---

OPTIMIZERS = {
    "SGD": Case(partial(SGD, lr=0.1)),
    "SGD: {lr: 0.1, weight_decay: 0.3}": Case(partial(SGD, lr=0.1, weight_decay=0.3)),
    "SGD: 0.1  # clip by norm": Case(partial(SGD, lr=0.1), {"norm": 1.5}),
    "SGD: 0.1  # clip by value": Case(partial(SGD, lr=0.1), {"value": 0.5}),
    "SGD: 0.1  # clip by value, then by norm": Case(partial(SGD, lr=0.1), {"norm": 0.7, "value": 0.5}),
    "Momentum": Case(partial(SGD, lr=0.01, momentum=0.9)),
    "Momentum: {lr: 0.1, beta: 0.5}": Case(partial(SGD, lr=0.1, momentum=0.5)),
    "Momentum: {lr: 0.1, weight_decay: 0.3}": Case(decayed(partial(SGD, lr=0.1, momentum=0.9), 0.3)),
    "Nesterov": Case(partial(SGD, lr=0.01, momentum=0.9, nesterov=True)),
    "Nesterov: {lr: 0.1, beta: 0.5}": Case(partial(SGD, lr=0.1, momentum=0.5, nesterov=True)),
    "Adagrad": Case(Adagrad),
    "Adagrad: {lr: 0.3, epsilon: 0.01}": Case(partial(Adagrad, lr=0.3, eps=0.01)),
    "RMSProp": Case(partial(ArticleRMSProp, lr=0.01, beta=0.9, epsilon=1e-10)),
    "RMSProp: {lr: 0.1, beta: 0.7, epsilon: 0.01}": Case(partial(ArticleRMSProp, lr=0.1, beta=0.7, epsilon=0.01)),
    "RMSProp: {lr: 0.01, beta: 0.99, epsilon: 1e-8, epsilon_inside_root: false}": Case(RMSprop),
    "RMSProp: {lr: 0.1, beta: 0.7, epsilon: 0.01, epsilon_inside_root: false}": Case(
        partial(RMSprop, lr=0.1, alpha=0.7, eps=0.01)
    ),
    "RMSProp: {lr: 0.1, weight_decay: 0.3}": Case(
        decayed(partial(ArticleRMSProp, lr=0.1, beta=0.9, epsilon=1e-10), 0.3)
    ),
    "Adam": Case(Adam),
    "Adam: {lr: 0.1, beta1: 0.5, beta2: 0.7, epsilon: 0.01}": Case(partial(Adam, lr=0.1, betas=(0.5, 0.7), eps=0.01)),
    "Adam: {lr: 0.1, weight_decay: 0.3}": Case(partial(Adam, lr=0.1, weight_decay=0.3, decoupled_weight_decay=True)),
    "Adam: 0.1  # clip by norm": Case(partial(Adam, lr=0.1), {"norm": 1.5}),
    "AdamW": Case(AdamW),
    "AdamW: {lr: 0.1, weight_decay: 0.3}": Case(partial(AdamW, lr=0.1, weight_decay=0.3)),
}
