"""What a training will take: its first steps are taken, its memory is measured, and the rest is arithmetic."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from statistics import median

from zen_cli import memory
from zen_cli.config.build import Experiment
from zen_cli.data.parts import first, size_of
from zen_cli.training import environment
from zen_cli.training.evaluation import EVALUATION_BATCH, held_out_scores
from zen_cli.training.footprint import demand_memory, measured
from zen_cli.training.job import training
from zen_cli.training.loop import Record, StepRecord

SECONDS_TO_MEASURE = 0.03  # for steps, and as long for evaluations
LONG = 1.0  # a step that takes so many seconds is not taken again
PICTURES = 55e6  # bytes of matplotlib and of a picture while it is drawn, as measured with matplotlib 3.11


@dataclass(frozen=True)
class Estimate:
    """`first` is the step that was really taken. Seconds are of training alone, bytes of the whole process."""

    first: StepRecord
    epochs: int
    step_seconds: float
    evaluation_seconds: float  # after each epoch
    seconds: float
    bytes: float


def estimate(experiment: Experiment) -> Estimate:
    """Begin the training and estimate the whole of it; nothing is written, and the experiment is used up.

    Raises ConfigError where the training needs more memory than there is, NonFiniteError where the first steps do.
    """
    settings = experiment.config["training"]
    environment.pin_threads(settings["threads"])
    environment.keep_freed_memory()
    process = memory.used()
    footprint = demand_memory(experiment) or measured(experiment)
    experiment.model.build()
    unscheduled = replace(experiment, schedule=None)  # which might look at scores that are not computed here
    start, full, last = _time_steps(training(unscheduled, dict))
    step = median(full or last)
    epoch = (start.batches - 1) * step + median(last or full)
    evaluation = _time_evaluation(experiment)
    return Estimate(
        first=start,
        epochs=settings["epochs"],
        step_seconds=step,
        evaluation_seconds=evaluation,
        seconds=settings["epochs"] * (epoch + evaluation),
        bytes=process + footprint.peak + PICTURES,
    )


def _time_steps(records: Iterator[Record]) -> tuple[StepRecord, list[float], list[float]]:
    """The first step, and the seconds of those after it: whole batches, and the last ones of an epoch.

    Where there is but one step, or it is a long one, it is timed itself.
    """
    started = time.perf_counter()
    first = next(records)
    assert isinstance(first, StepRecord)
    alone = time.perf_counter() - started
    timed: list[tuple[StepRecord, float]] = []
    end = time.perf_counter() + SECONDS_TO_MEASURE
    while alone < LONG and time.perf_counter() < end:
        before = time.perf_counter()
        record = next(records, None)
        if record is None:
            break
        if isinstance(record, StepRecord):
            timed.append((record, time.perf_counter() - before))
    timed = timed or [(first, alone)]
    full = [seconds for record, seconds in timed if record.batch < record.batches]
    last = [seconds for record, seconds in timed if record.batch == record.batches]
    return first, full, last


def _time_evaluation(experiment: Experiment) -> float:
    """The seconds that the scores of the validation part take, from those of its first batch."""
    data, part = experiment.data, experiment.data.parts.validation
    some = min(size_of(part), EVALUATION_BATCH)
    if not some:
        return 0.0
    evaluated = replace(experiment, data=replace(data, parts=replace(data.parts, validation=first(part, some))))
    return size_of(part) / some * _seconds(lambda: held_out_scores(evaluated))


def _seconds(run: Callable[[], object]) -> float:
    """How long `run` takes: the median of several times after a first one, or that if it is long."""
    times: list[float] = []
    end = time.perf_counter() + SECONDS_TO_MEASURE
    while len(times) < 2 or time.perf_counter() < end:
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
        if times[0] > LONG:
            break
    return median(times[1:] or times)
