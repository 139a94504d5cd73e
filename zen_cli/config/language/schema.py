"""The sections of a config. Like a component, a section is a signature: its fields are its settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from zen_cli.settings import Count, CountOrZero, Date, Few, Fraction, NonNegative, OneOf, Positive, Threads

Component = dict[str, dict[str, Any]]  # resolved: {name: settings}


@dataclass(frozen=True)
class Split:
    """Which examples train, which are the validation, scored after each epoch, and which the test, scored at the end.

    Of a series, the parts are of the values that are predicted: the first train, the last are the test. What trains
    never sees a value of the others; scaling, categories and vocabulary are made from the training part alone.

    train: How many examples train, or which fraction of them. Of a series with dates it may be one, such as 1959-01:
        what comes before it trains.
    test: How many, which fraction or, of a series with dates, from which date on. The rest is the validation.
    method: How examples are dealt out: in the order of the data, drawn at random, or so that each class has the same
        share of every part. A series is always cut in order, since anything else would leak the future.
    group: A column of a table; rows that have the same value there stay in one part.
    """

    train: Count | Fraction | Date = 0.8
    test: CountOrZero | Fraction | Date = 0
    method: Literal["order", "random", "stratified"] = "order"
    group: str | None = None


@dataclass(frozen=True)
class Data:
    """Where the examples come from, and what becomes of them before a model sees them.

    source: What gives the data: a series of values, examples, a table, text or images.
    window: How many values of a series, or how many tokens of a text, the model sees at once. With a window, a table is
        a series.
    horizon: How many steps of a series are predicted, from the one after the window on.
    strategy: How several steps are predicted: all at once (direct), by a model with an output for each, or one after
        the other (recursive), by a model of one step that is fed its own predictions.
    season: After how many steps a series repeats itself, such as 12 for months; it is for the seasonal baseline. null
        looks for it in the training part.
    scaling: What is done to numbers, in order, before a model sees them; predictions are changed back. It is fitted to
        the training part alone.
    split: Which examples train, and which are held out to score the model.
    """

    source: Annotated[Component, OneOf("source")]
    window: Count | None = None
    horizon: Few = 1
    strategy: Literal["direct", "recursive"] = "direct"
    season: Count | None = None
    scaling: Sequence[Annotated[Component, OneOf("scaler")]] = ()
    split: Split = Split()


@dataclass(frozen=True)
class Training:
    """How long to train, on how many examples at a time, which weights to keep, and how exactly to compute.

    epochs: How many times training goes through all its examples, at most.
    batch_size: How many examples one step, an update of the parameters, takes. Fewer make steps quicker and noisier.
    shuffle: Whether each epoch draws a new order of the examples; `stateful` layers need the order of the data.
    clip_norm: The gradient is scaled down to this Euclidean norm where it is longer, after `clip_value`. It tames the
        rare huge gradients of recurrent layers. PyTorch's clip_grad_norm_.
    clip_value: Each number of the gradient is cut to +-clip_value. PyTorch's clip_grad_value_.
    dtype: The type of all numbers; float64 takes twice the memory, and is for comparing results to the last digits.
    threads: How many threads compute a matrix product. One is best for small models; another number changes the last
        digits of the results.
    patience: After how many epochs in a row without a better score training ends, since more of them would only fit its
        examples more closely. null trains all epochs.
    min_delta: By how much a score has to be better than the best so far to take its place, in the score's own units.
    monitor: Which score of an epoch says how good the model is: `loss`, `val_loss`, or `val_` and a metric, such as
        `val_rmse` or `val_accuracy`. null takes the loss of the validation part; without one, `patience` looks at that
        of training.
    weights: Whether the trained model has the weights of the epoch with the best score, or those of the last epoch.
        Where no score says which epoch is best, it has the last ones.
    """

    epochs: Count = 10
    batch_size: Count = 32
    shuffle: bool = True
    clip_norm: Positive | None = None
    clip_value: Positive | None = None
    dtype: Literal["float32", "float64"] = "float32"
    threads: Threads = 1
    patience: Count | None = None
    min_delta: NonNegative = 0.0
    monitor: str | None = None
    weights: Literal["best", "last"] = "best"


@dataclass(frozen=True)
class Checkpoints:
    """When a training is saved, so that `zen resume` can go on from there, besides at its start, its end and a stop.

    Whichever setting asks first is heard; with null for all three, only start, end and stop are left.

    keep: How many of the newest checkpoints are kept, besides the best ones that they name.
    every_epochs: After how many epochs.
    every_steps: After how many steps, within an epoch too.
    every_seconds: After how many seconds, within an epoch too, but never so often that saving takes more than a
        hundredth of the time.
    """

    keep: Count = 2
    every_epochs: Count | None = None
    every_steps: Count | None = None
    every_seconds: Positive | None = 60.0


@dataclass(frozen=True)
class Config:
    """A whole config file.

    data: Where the examples come from, and what becomes of them before a model sees them.
    model: The layers, in the order in which an example goes through them; the last one gives the outputs.
    loss: What training makes small. It has to suit the targets, values or classes, and says how outputs are read.
    optimizer: The rule that moves the parameters along the gradient, with its learning rate.
    schedule: How the learning rate changes, as a factor of the optimizer's `lr` at each step; null keeps it as it is.
    training: How long to train, on how many examples at a time, which weights to keep, and how exactly to compute.
    checkpoints: When a training is saved, so that `zen resume` can go on from there.
    metrics: More scores of the held-out examples, after each epoch and at the end, besides RMSE or accuracy.
    interval: The share of the values that intervals around predictions are to hold, such as 0.9. Their width comes from
        the errors on the validation part (split conformal prediction); null makes none.
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
    checkpoints: Checkpoints = Checkpoints()
    metrics: Sequence[Annotated[Component, OneOf("metric")]] = ()
    interval: Fraction | None = None
    seed: CountOrZero = 0
    extends: str | None = None
