"""The training loop. It yields records; printing, files and pictures are consumers of them."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from zen_cli.errors import NonFiniteError
from zen_cli.loss import MSE, Loss, Targets, compared, counted
from zen_cli.nn.model import Model, batches
from zen_cli.nn.parameters import Parameters
from zen_cli.optim import SGD, Clip, Optimizer
from zen_cli.padded import Padded, Rows
from zen_cli.schedule import Constant, Progress, Schedule, Watch
from zen_cli.streams import Stream, generator
from zen_cli.training.plan import Plan
from zen_cli.training.position import Position


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One update. `step` counts updates from 1 over the whole training, `batch` within the epoch."""

    epoch: int
    step: int
    batch: int
    batches: int
    loss: float


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One pass over the training examples.

    `loss` is the mean over the examples and `loss_sum` the sum of the batches' losses, which is what the
    article prints, both as met on the way, before each update; `lr` is the learning rate of the last of
    them. `scores` are those after the epoch on examples that did not train: `val_loss` and so on.
    Where sequences of different lengths have a target for each step, the mean is over all steps.
    """

    epoch: int
    step: int
    loss: float
    loss_sum: float
    lr: float
    scores: Mapping[str, float] = field(default_factory=dict)


Record = StepRecord | EpochRecord


def in_words(record: EpochRecord, epochs: int) -> str:
    """A record as a line for people: `epoch 3/10  loss 0.0123  val_loss 0.0156`."""
    shown = {"loss": record.loss, **record.scores}
    return "  ".join([f"epoch {record.epoch}/{epochs}", *(f"{key} {value:.4g}" for key, value in shown.items())])


def fit(
    model: Model,
    inputs: Rows,
    targets: Rows,
    epochs: int | Plan,
    loss_fn: Loss | None = None,
    optimizer: Optimizer | None = None,
    batch_size: int = 32,
    shuffle: bool = False,
    evaluate: Callable[[], Mapping[str, float]] = dict,
    schedule: Schedule | None = None,
    clip: Clip | None = None,
    position: Position | None = None,
) -> Iterator[Record]:
    """Train `model` on inputs (N, *input_shape) and targets (N, ...), yielding a record per step and per epoch.

    Sequences of different lengths are `Padded`, and so are their targets where there is one for each step. Inputs need
    not be in memory: they are read a batch at a time.

    With `shuffle`, each epoch takes the examples in an order that depends on the model's seed and the
    epoch's number alone. `evaluate` is asked for the held-out scores after each epoch. The learning rate is
    the optimizer's, times what `schedule` says at each step.

    `position` is kept up to date. Where it is not at the start, the training goes on from there: parameters,
    optimizer and what layers carry then have to be as they were.
    """
    plan = epochs if isinstance(epochs, Plan) else Plan(epochs)
    if plan.epochs < 1 or batch_size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, but are {plan.epochs} and {batch_size}")
    inputs, targets = _checked(inputs, targets, model.dtype)
    loss_fn, optimizer, at = loss_fn or MSE, optimizer or SGD(lr=0.1), position or Position()
    rates = _Rates(schedule or Constant(), plan, math.ceil(len(inputs) / batch_size))
    in_memory = isinstance(targets, np.ndarray | Padded)
    while at.epoch < plan.epochs:
        for number, chosen in _batches_left(model, len(inputs), batch_size, shuffle, at):
            real = targets[chosen]
            real = real if in_memory else _in_dtype(real, model.dtype)
            factor = rates.factor(at)
            loss = train_step(model, inputs[chosen], real, loss_fn, optimizer, at.step + 1, factor, clip)
            at.add(loss, counted(real))
            yield StepRecord(at.epoch + 1, at.step, number, rates.per_epoch, loss)
        lr = rates.factor(at, updates_ago=1) * optimizer.lr
        mean, total, scores = at.mean_loss, at.batch_losses.value, evaluate()
        at.end_epoch(rates.watched(at, {"loss": mean, **scores}))
        yield EpochRecord(at.epoch, at.step, mean, total, lr, scores)


@dataclass(frozen=True)
class _Rates:
    """The factors of the learning rate over a training that may have been extended."""

    schedule: Schedule
    plan: Plan
    per_epoch: int

    def factor(self, at: Position, updates_ago: int = 0) -> float:
        return self.schedule(self._progress(at, updates_ago))

    def watched(self, at: Position, scores: Mapping[str, float]) -> Watch:
        return self.schedule.watched(self._progress(at), scores)

    def _progress(self, at: Position, updates_ago: int = 0) -> Progress:
        """Counted in epochs of today's data: those of former ones may have had more batches, or fewer."""
        step = at.epoch * self.per_epoch + at.batches - updates_ago
        return Progress(step, self.plan.scheduled(at.step - updates_ago) * self.per_epoch, self.per_epoch, at.watch)


def _batches_left(
    model: Model, count: int, size: int, shuffle: bool, at: Position
) -> Iterator[tuple[int, slice | np.ndarray]]:
    """The batches of the epoch under way that are not done, each with its number from 1."""
    order = epoch_order(model.seed, at.epoch + 1, count) if shuffle else None
    if not at.batches:
        model.reset_states()
    for number, batch in islice(enumerate(batches(count, size), start=1), at.batches, None):
        yield number, batch if order is None else order[batch]


def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """The numbers of the examples in an order drawn for the epoch; they take four bytes each where that is enough."""
    numbers = np.arange(count, dtype=np.int32 if count < 2**31 else np.int64)
    generator(seed, Stream.SHUFFLE, epoch).shuffle(numbers)
    return numbers


def train_step(
    model: Model,
    inputs: np.ndarray | Padded,
    targets: Targets,
    loss_fn: Loss,
    optimizer: Optimizer,
    step: int,
    factor: float = 1.0,
    clip: Clip | None = None,
) -> float:
    """Forward, loss, backward, clip, update at `factor` times the learning rate; returns the loss before the update.

    Raises NonFiniteError where the loss or a gradient is not finite, before the update, or a parameter after it.
    """
    try:
        with np.errstate(all="ignore"):  # overflow is looked for where it matters, not warned of on the way
            loss = _differentiate(model, inputs, targets, loss_fn, step)
            _update(model.parameters, optimizer, factor, clip)
    except NonFiniteError as error:
        raise NonFiniteError(f"{error} at step {step} (lr {factor * optimizer.lr:g})") from None
    return loss


def _differentiate(model: Model, inputs: np.ndarray | Padded, targets: Targets, loss_fn: Loss, step: int) -> float:
    """The loss, with its gradient in the model's parameters."""
    loss = compared(loss_fn, model.in_training(inputs, step), targets)
    value = float(loss.value)
    if not math.isfinite(value):
        raise NonFiniteError(f"loss is {value}")
    model.parameters.zero_gradient()
    loss.backward(replace=True)
    return value


def _update(parameters: Parameters, optimizer: Optimizer, factor: float, clip: Clip | None) -> None:
    norm = parameters.gradient_norm()
    if not math.isfinite(norm):
        raise NonFiniteError(f"the gradient of {parameters.steepest()} is not finite, or too large to square,")
    if clip:
        clip(parameters, norm)
    if not optimizer.update(parameters, factor) and (name := parameters.non_finite_value()):
        raise NonFiniteError(f"the update made {name} infinite")


def _checked(inputs: Rows, targets: Rows, dtype: np.dtype) -> tuple[Rows, Rows]:
    """Inputs and targets with a target per example, or per step; those targets that are in memory in the model's dtype.

    The inputs stay as they are, since windows of a series are a view; the model converts each batch.
    """
    inputs, targets = (rows if hasattr(rows, "shape") else np.asarray(rows) for rows in (inputs, targets))
    if len(inputs) != len(targets) or not len(inputs):
        raise ValueError(f"training needs a target per example, but got {len(inputs)} and {len(targets)}")
    if isinstance(targets, Padded):
        if not isinstance(inputs, Padded) or (inputs.lengths != targets.lengths).any():
            raise ValueError("training needs a target per step, but targets do not have the lengths of the inputs")
        return inputs, Padded(_in_dtype(targets.values, dtype), targets.lengths)
    return inputs, _in_dtype(targets, dtype) if isinstance(targets, np.ndarray) else targets


def _in_dtype(targets: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The targets in this dtype, unless they are integers: the loss may take them for classes."""
    if targets.dtype.kind in "iu":
        return targets
    with np.errstate(all="ignore"):  # a number too large becomes infinite, and the loss shows it
        return targets.astype(dtype, copy=False)
