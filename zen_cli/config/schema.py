"""The sections of a config. Like a component, a section is a signature: its fields are its settings."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from zen_cli.settings import Count, CountOrZero, Fraction, OneOf, Threads

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

    `threads` is for the matrix products: one is best for small models, and the number is part of the result.
    """

    epochs: Count = 10
    batch_size: Count = 32
    shuffle: bool = True
    dtype: Literal["float32", "float64"] = "float32"
    threads: Threads = 1


@dataclass(frozen=True)
class Config:
    """A whole config file."""

    data: Data
    model: list[Annotated[Component, OneOf("layer")]]
    loss: Annotated[Component, OneOf("loss")]
    optimizer: Annotated[Component, OneOf("optimizer")]
    training: Training = Training()
    seed: CountOrZero = 0
