"""The sections of a config. Like a component, a section is a signature: its fields are its settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from zen_cli.settings import Count, CountOrZero, Fraction, OneOf, Positive, Threads

Component = dict[str, dict[str, Any]]  # resolved: {name: settings}


@dataclass(frozen=True)
class Split:
    """Which examples train: the first `train` of them, or that fraction. The rest is held out."""

    train: Count | Fraction = 0.8


@dataclass(frozen=True)
class Data:
    """Where examples come from. A series needs a `window`: that many values in, the next one out."""

    source: Annotated[Component, OneOf("source")]
    window: Count | None = None
    split: Split = Split()


@dataclass(frozen=True)
class Training:
    """How long to train and on how many examples at a time; `shuffle` draws a new order for each epoch.

    `clip_value` cuts each number of the gradient to +-clip_value; then `clip_norm` scales the whole gradient down to
    that Euclidean norm where it is larger. PyTorch's clip_grad_value_ and clip_grad_norm_.

    `threads` is for the matrix products: one is best for small models, and the number is part of the result.
    """

    epochs: Count = 10
    batch_size: Count = 32
    shuffle: bool = True
    clip_norm: Positive | None = None
    clip_value: Positive | None = None
    dtype: Literal["float32", "float64"] = "float32"
    threads: Threads = 1


@dataclass(frozen=True)
class Config:
    """A whole config file.

    The `schedule` gives the factor of the optimizer's `lr` at each step; null is 1. The `metrics` are scored after each
    epoch on the held-out examples, and at the end.
    """

    data: Data
    model: list[Annotated[Component, OneOf("layer")]]
    loss: Annotated[Component, OneOf("loss")]
    optimizer: Annotated[Component, OneOf("optimizer")]
    schedule: Annotated[Component, OneOf("schedule")] | None = None
    training: Training = Training()
    metrics: Sequence[Annotated[Component, OneOf("metric")]] = ()
    seed: CountOrZero = 0
