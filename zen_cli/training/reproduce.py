"""Training a run once more, to see that the same comes of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zen_cli.config.text.words import count
from zen_cli.errors import MachineError, RunError
from zen_cli.training import environment, kept
from zen_cli.training.checkpoint import Checkpoint
from zen_cli.training.interrupt import Interrupted
from zen_cli.training.job import Job, facts_of
from zen_cli.training.loop import EpochRecord, Record
from zen_cli.training.resume import rebuilt
from zen_cli.training.run import Run, create

Warn = Callable[[str], object]


class Reproduction:
    """A run, and another one that is trained as that was, up to its newest checkpoint."""

    def __init__(self, run: Run, scratch: Path, warn: Warn) -> None:
        """The other one lies in `scratch`. RunError where the run cannot be trained again as it was."""
        self.run = run
        self.last = kept.newest(run)
        best = self.last.best.step
        self.checkpoints = [self.last] if best in {0, self.last.step} else [self.last, kept.at(run, best)]
        standing, known = kept.standing_of(self.last), run.facts()
        self.position, self.metrics = standing.position, standing.metrics
        if known["earlier_data"]:
            raise RunError(f"{run.path}: its data changed while it was trained, and the earlier ones are gone")
        experiment = rebuilt(run, None)
        facts = facts_of(experiment, known["config"])
        if facts["data"] != known["data"]:
            raise RunError(f"{run.path}: the data have changed since it was trained: bring back the old ones")
        if found := environment.differences(standing.environment, facts["environment"]):
            warn(f"the last digits may differ, since {'; '.join(found)}")
        again = {**facts, "extensions": known["extensions"]}
        self.job = Job(experiment, *create(scratch, "again", b"", again), facts)

    def __enter__(self) -> "Reproduction":
        self.job.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.job.__exit__(*error)

    def records(self) -> Iterator[Record]:
        """Train until the newest checkpoint of the run was written."""
        try:
            for record in self.job.records() if self.last.step else ():
                yield record
                if record.step >= self.last.step and self._is_there(record):
                    break
            self.job.save()
        except Interrupted as stop:
            raise Interrupted(stop.number) from None  # what is saved goes with the scratch
        except MachineError as error:
            why, *_ = str(error).split("; ")
            raise MachineError(f"{why}: it is trained again in a temporary directory: set TMPDIR to another") from None

    def _is_there(self, record: Record) -> bool:
        return isinstance(record, EpochRecord) or self.position.in_epoch

    def demand_same(self) -> str:
        """What is the same, in words; RunError, which says where the first difference is, where something is not."""
        again, length = self.job.run, self.metrics.length
        there, here = (run.written()[:length] for run in (self.run, again))
        if there != here:
            raise RunError(f"{self.run.path} is not reproduced: {_first_epoch(self.run, again)}")
        for stored in self.checkpoints:
            other = kept.at(again, stored.step)
            if found := _difference(stored, other):
                raise RunError(f"{self.run.path} is not reproduced: step {stored.step}: {found}")
        steps = " and ".join(f"{stored.step:,}" for stored in self.checkpoints)
        return f"the same to the last bit: metrics of {count(self.position.epoch, 'epoch')}, checkpoint of step {steps}"


def _first_epoch(run: Run, again: Run) -> str:
    """Which epoch is the first to differ, and in what."""
    then, now = run.records(), again.records()
    for there, here in zip(then, now, strict=False):
        for name, value in there.items():
            if here.get(name) != value:
                return f"epoch {there['epoch']:,}: {name} was {value!r} and is {here.get(name)!r}"
    return "its metrics are written otherwise" if len(then) == len(now) else "it has other epochs"


def _difference(stored: Checkpoint, other: Checkpoint) -> str:
    """What differs between two checkpoints besides the environment; empty where nothing does."""
    for name in sorted(stored.tensors.keys() | other.tensors.keys()):
        there, here = stored.tensors.get(name), other.tensors.get(name)
        if there is None or here is None or there.shape != here.shape:
            return f"{name} is not in both, or of another shape"
        if there.tobytes() != here.tobytes():
            return f"{name} differs by up to {np.abs(there.astype(np.float64) - here).max():.2g}"
    return "" if _rest(stored.metadata) == _rest(other.metadata) else "what it says of the training differs"


def _rest(metadata: Mapping[str, Any]) -> str:
    return json.dumps({key: value for key, value in metadata.items() if key != "environment"}, sort_keys=True)
