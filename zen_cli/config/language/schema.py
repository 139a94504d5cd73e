"""The sections of a config. Like a component, a section is a signature: its fields are its settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from zen_cli.settings import Count, CountOrZero, Fraction, OneOf, Positive, Threads

Component = dict[str, dict[str, Any]]  # resolved: {name: settings}


@dataclass(frozen=True)
class Split:
    """Which examples train; the rest is held out to score the model.

    train: How many examples, or which fraction of them, from the first on.
    """

    train: Count | Fraction = 0.8


@dataclass(frozen=True)
class Data:
    """Where the examples come from, and which of them train.

    source: What gives the data, either a series of values or examples with a class each.
    window: How many values of a series the model sees to predict the next one; only a series has windows.
    split: Which examples train; they come before those that are held out.
    """

    source: Annotated[Component, OneOf("source")]
    window: Count | None = None
    split: Split = Split()


@dataclass(frozen=True)
class Training:
    """How long to train, on how many examples at a time, and how exactly to compute.

    epochs: How many times training goes through all its examples.
    batch_size: How many examples one step, an update of the parameters, takes. Fewer make steps quicker and noisier.
    shuffle: Whether each epoch draws a new order of the examples; `stateful` layers need the order of the data.
    clip_norm: The gradient is scaled down to this Euclidean norm where it is longer, after `clip_value`. It tames the
        rare huge gradients of recurrent layers. PyTorch's clip_grad_norm_.
    clip_value: Each number of the gradient is cut to +-clip_value. PyTorch's clip_grad_value_.
    dtype: The type of all numbers; float64 takes twice the memory, and is for comparing results to the last digits.
    threads: How many threads compute a matrix product. One is best for small models; another number changes the last
        digits of the results.
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

    data: Where the examples come from, and which of them train.
    model: The layers, in the order in which an example goes through them; the last one gives the outputs.
    loss: What training makes small. It has to suit the targets, values or classes, and says how outputs are read.
    optimizer: The rule that moves the parameters along the gradient, with its learning rate.
    schedule: How the learning rate changes, as a factor of the optimizer's `lr` at each step; null keeps it as it is.
    training: How long to train, on how many examples at a time, and how exactly to compute.
    metrics: More scores of the held-out examples, after each epoch and at the end, besides RMSE or accuracy.
    seed: All that is random follows from it: first weights, order of examples, dropout, noise. The same seed gives the
        same run, bit for bit; another one shows how much of a score is luck.
    extends: Another config, as a path from this one. Its settings stand wherever this one says nothing; a list, or a
        component of another name, takes the place of the whole one there.
    """

    data: Data
    model: list[Annotated[Component, OneOf("layer")]]
    loss: Annotated[Component, OneOf("loss")]
    optimizer: Annotated[Component, OneOf("optimizer")]
    schedule: Annotated[Component, OneOf("schedule")] | None = None
    training: Training = Training()
    metrics: Sequence[Annotated[Component, OneOf("metric")]] = ()
    seed: CountOrZero = 0
    extends: str | None = None
