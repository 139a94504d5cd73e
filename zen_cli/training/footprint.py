"""The memory that a training takes: measured on a few examples, and as a line from there on.

NumPy tells tracemalloc of its arrays, so what the layers' ops keep and copy needs no model of ours.
"""

import math
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from zen_cli import memory
from zen_cli.config.build import Experiment
from zen_cli.config.meaning.blame import misfit
from zen_cli.config.meaning.cures import Add, Cure
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.words import count
from zen_cli.data.dataset import Dataset
from zen_cli.data.parts import first
from zen_cli.data.rows import selected
from zen_cli.errors import NonFiniteError
from zen_cli.memory import bytes_in_words, shortage
from zen_cli.nn import Flatten, Reshape
from zen_cli.nn.layers import Layer, every_layer
from zen_cli.nn.parameters import Shape
from zen_cli.nn.recurrent import Recurrent, StackedRNN
from zen_cli.nn.stages import stages
from zen_cli.optim import SGD
from zen_cli.padded import Rows
from zen_cli.training.evaluation import EVALUATION_BATCH, in_units
from zen_cli.training.loop import train_step
from zen_cli.training.predictions import AT_ONCE, as_csv, in_order, table_of

BYTES_TO_MEASURE = 4_000_000  # of outputs: examples enough to show what ops do with many, in a few milliseconds
ROWS_TO_MEASURE = 256
# What certainly fits is not measured: a step that takes less than so many times the bytes of its outputs (6 to 25 were
# seen), and a table of predictions that takes less than so many bytes a row.
MOST_PER_OUTPUT = 64
MOST_PER_ROW = 4_000


@dataclass(frozen=True)
class Line:
    """The bytes that something takes, at its peak, with so many examples at a time."""

    fixed: float
    each: float

    def __call__(self, examples: int) -> float:
        return self.fixed + self.each * examples


@dataclass(frozen=True)
class Footprint:
    """The bytes that a training takes beside those that the process has: what stays, and what comes and goes."""

    parameters: float  # with their gradient, the optimizer's state, and the best of both so far
    batch: int
    step: Line
    passing: Mapping[str, float]  # one after the other, by what they are for; the step on a whole batch is one

    @property
    def peak(self) -> float:
        return self.parameters + max(self.passing.values())


def demand_memory(experiment: Experiment) -> Footprint | None:
    """What the training takes, where that had to be measured; ConfigError where the free memory cannot hold it.

    The model may be left with parameters that are not drawn: build it anew.
    """
    free = memory.available()
    if free is None or _certainly_fits(experiment, free):
        return None
    fewest = _fewest(experiment)
    smallest, what = fewest * _output_bytes(experiment), _step_in_words(fewest)
    if smallest > free:
        raise _too_large(experiment, shortage(smallest, what, free))
    _settle_blas()
    try:
        with memory.capped(free):
            found = measured(experiment, min(BYTES_TO_MEASURE, free // MOST_PER_OUTPUT))
    except MemoryError:
        what = _step_in_words(min(2 * fewest, _batch(experiment)))
        message = f"{what} needs more than the {bytes_in_words(free)} of memory that are free"
        raise _too_large(experiment, message) from None
    if found.parameters + found.step(found.batch) > free:
        raise _batch_too_large(experiment, found, free)
    if found.peak > free:
        most = max(found.passing, key=found.passing.__getitem__)
        raise _too_large(experiment, shortage(found.peak, most, free))
    return found


def measured(experiment: Experiment, outputs: int = BYTES_TO_MEASURE) -> Footprint:
    """The memory that the training takes, from examples with so many bytes of outputs, and two at least.

    The model is left with parameters that are not drawn: build it anew.
    """
    model, data, batch, evaluated = experiment.model, experiment.data, _batch(experiment), _evaluated(experiment)
    arrays = 1 + len(experiment.optimizer.slots)
    written = min(len(data), AT_ONCE)
    rows = min(written, ROWS_TO_MEASURE)
    model.build(draw=False)
    step = _line(lambda n: _step(experiment, n), _sizes(experiment, _fewest(experiment), batch, outputs))
    evaluation = _line(lambda n: model.predict(_some(data.inputs, data, n)), _sizes(experiment, 1, evaluated, outputs))
    table = _line(lambda n: _table(experiment, n), (-(-rows // 2), rows))
    model.reset_states()
    passing = {
        "drawing the parameters": 2 * 8 * max(layer.parameters for layer in model.summary),  # in float64, and in parts
        _step_in_words(batch): step(batch),
        f"a prediction for {evaluated:,} examples at a time": evaluation(evaluated),
        "reading checkpoints": (1 + experiment.keeps_best) * arrays * model.bytes_kept,  # the newest, then the best
        f"the table of {written:,} predictions": table(written),
    }
    best = arrays * model.bytes_kept if experiment.keeps_best else 0
    return Footprint((1 + arrays) * model.size * model.dtype.itemsize + best, batch, step, passing)


# --- what is measured ---


def _settle_blas() -> None:
    """Let OpenBLAS take its buffers, which it keeps, for each thread: it ends the process where it gets none."""
    a = np.ones((512, 512), np.float32)
    np.dot(a, a)


def _step(experiment: Experiment, count: int) -> None:
    data, chosen = experiment.data, np.arange(count)  # a copy of the examples, as a shuffled epoch makes it
    inputs, targets = (selected(rows, data.parts.train)[chosen] for rows in (data.inputs, data.targets))
    with suppress(NonFiniteError):  # zeros for parameters may be no place to start from
        train_step(experiment.model, inputs, targets, experiment.loss_fn, SGD(), step=1)


def _some(rows: Rows, data: Dataset, count: int) -> Any:
    """The first so many of those that are in a part."""
    return selected(rows, first(in_order(data), count))[:]


def _table(experiment: Experiment, count: int) -> None:
    """All that is made of the predictions for so many examples, here zeros."""
    data, dtype, chosen = experiment.data, experiment.model.dtype, first(in_order(experiment.data), count)
    predictions = np.zeros((count, *data.task.prediction_shape(data.truth(chosen).shape[1:])), dtype)
    spread = experiment.outputs.spread(np.zeros((count, *experiment.model.summary[-1].output), dtype))
    list(as_csv([table_of(experiment, data, in_units(data, predictions, spread, chosen, math.nan), chosen)]))


def _line(run: Callable[[int], object], sizes: Sequence[int]) -> Line:
    """The line through what `run` takes with each of two sizes, or from zero where they are one."""
    run(sizes[0])  # what is made once and kept is not of this
    few, many = (_traced_peak(run, size) for size in sizes)
    each = max(0.0, (many - few) / (sizes[1] - sizes[0])) if sizes[1] > sizes[0] else many / sizes[1]
    return Line(many - each * sizes[1], each)


def _traced_peak(run: Callable[[int], object], size: int) -> int:
    with _tracing():
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        run(size)
        _, peak = tracemalloc.get_traced_memory()
        return peak - before


@contextmanager
def _tracing() -> Iterator[None]:
    on_already = tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        yield
    finally:
        if not on_already:
            tracemalloc.stop()


# --- how many examples ---


def _batch(experiment: Experiment) -> int:
    return min(int(experiment.config["training"]["batch_size"]), experiment.data.train)


def _evaluated(experiment: Experiment) -> int:
    return min(EVALUATION_BATCH, len(experiment.data))


def _fewest(experiment: Experiment) -> int:
    """The smallest batch that every layer can train on."""
    return max(layer.fewest_examples for layer in every_layer(experiment.model.layers))


def _sizes(experiment: Experiment, fewest: int, most: int, outputs: int) -> tuple[int, int]:
    """Two numbers of examples to measure with, `most` at most: the whole batch where its outputs are that small."""
    many = min(most, max(2 * fewest, outputs // _output_bytes(experiment)))
    return max(fewest, many // 2), many


def _certainly_fits(experiment: Experiment, free: int) -> bool:
    at_once = max(_batch(experiment), _evaluated(experiment))
    arrays = 8 * (1 + len(experiment.optimizer.slots))
    most = arrays * experiment.model.bytes_kept + MOST_PER_OUTPUT * _output_bytes(experiment) * at_once
    return most + MOST_PER_ROW * len(experiment.data) < free


def _output_bytes(experiment: Experiment) -> int:
    """The least that training keeps of one example: its input, and what each stage gives for it."""
    model, shape = experiment.model, experiment.data.inputs.shape[1:]
    return (math.prod(shape) + _kept(model.layers, shape)) * model.dtype.itemsize


def _kept(layers: Sequence[Layer], shape: Shape) -> int:
    """How many numbers of one example, which comes in this shape, the way back through the layers needs."""
    count = 0
    for stage in stages(layers):
        assert stage.summary
        count += _kept(stage.parts, shape) + _states(stage, shape)
        shape = stage.summary.output
        if not isinstance(stage, Flatten | Reshape):  # which give the same numbers
            count += math.prod(shape)
    return count


def _states(stage: Layer, shape: Shape) -> int:
    """The states of recurrent layers at every step: there are more of them than outputs."""
    members = stage.members if isinstance(stage, StackedRNN) else (stage,)
    widths = [m.layers * m.hidden_dim * (1 + m.bidirectional) for m in members if isinstance(m, Recurrent)]
    return shape[0] * sum(widths) if widths else 0


# --- what is refused ---


def _step_in_words(examples: int) -> str:
    return f"a training step with {count(examples, 'example')}"


def _too_large(experiment: Experiment, message: str) -> ConfigError:
    """Blames the layer with the largest output."""
    rows = experiment.model.summary
    largest = max(range(len(rows)), key=lambda place: math.prod(rows[place].output))
    return misfit(experiment.resolved, ("model", largest), message)


def _batch_too_large(experiment: Experiment, found: Footprint, free: int) -> ConfigError:
    needed = found.parameters + found.step(found.batch)
    message = shortage(needed, _step_in_words(found.batch), free)
    fits = int((free - found.parameters - found.step.fixed) / max(1, found.step.each))
    if fits < _fewest(experiment):
        return _too_large(experiment, message)
    return misfit(experiment.resolved, ("training", "batch_size"), message, *_smaller_batch(experiment, fits))


def _smaller_batch(experiment: Experiment, most: int) -> list[Cure]:
    """The largest power of two up to `most`, or the next smaller size that every layer can take."""
    if any(isinstance(layer, Recurrent) and layer.stateful for layer in every_layer(experiment.model.layers)):
        return []  # a state goes on in the next batch, so that no other size would do
    train, fewest = experiment.data.train, _fewest(experiment)
    sizes = range(1 << most.bit_length() - 1, fewest - 1, -1)
    size = next((size for size in sizes if (train % size or size) >= fewest), None)
    return [Add(("training",), "batch_size", size)] if size else []
