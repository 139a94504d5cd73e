"""One fault at each operation of a training in turn: what it says, what is left, and whether it can go on."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from faults.disk import KINDS, Fault
from faults.forked import WITHOUT_RESULTS, Ended, Patch, zen
from faults.reference import (
    Reference,
    differences,
    interrupted,
    left_by,
    leftovers,
    runs_in,
    uninterrupted,
    unreadable,
)
from faults.stable import workplace
from zen_cli.errors import RunError
from zen_cli.training.run import Run

Part = Literal["training", "results", "resuming"]
REASONS = "No space left on device|Input/output error"
RENAMED = re.compile(r" replace \.(\d{12})\.safetensors\..*\n")
SAVED = re.compile(RENAMED.pattern + r"\d+ fsync_directory checkpoints\n")


@dataclass
class Faults:
    """How many faults there were, of which kind, and what came of those that did harm."""

    by_kind: dict[str, int] = field(default_factory=dict)
    unrecovered: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(self.by_kind.values())

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.by_kind.items())
        return f"{self.count} faults ({kinds}), {len(self.unrecovered)} unrecovered"

    def add(self, other: "Faults") -> None:
        for kind, count in other.by_kind.items():
            self.by_kind[kind] = self.by_kind.get(kind, 0) + count
        self.unrecovered += other.unrecovered


def every_fault(
    name: str,
    kind: str,
    part: Part = "training",
    *,
    share: slice = slice(None),
    patches: Sequence[Patch] = (),
    only_first: bool = False,
) -> Faults:
    """Put a kind of fault at every operation that it can strike, or a share of them, or until one is not recovered.

    The operations are those of a training without its results, those that write its results, or those of a training
    that is resumed after it was killed.
    """
    found = Faults()
    patches = (*patches, *(() if part == "results" else WITHOUT_RESULTS))
    with workplace() as place:
        undisturbed = uninterrupted(place, name, results=part == "results")
        undisturbed = interrupted(undisturbed) if part == "resuming" else undisturbed
        for number in list(_places(undisturbed, kind, part))[share]:
            found.by_kind[kind] = found.by_kind.get(kind, 0) + 1
            problems = _Trial(place / "trial", undisturbed, KINDS[kind](number), patches).problems()
            operation = undisturbed.operations[number - 1]
            found.unrecovered += [f"{name}, {part}, {kind} at {operation}: {problem}" for problem in problems]
            if problems and only_first:
                break
            shutil.rmtree(place / "trial")
    return found


def _places(undisturbed: Reference, kind: str, part: Part) -> Iterator[int]:
    """The numbers of the operations that such a fault strikes at once."""
    operations = [operation.split(" ") for operation in undisturbed.operations]
    saved = max(int(number) for number, _, file, *_ in operations if file == "checkpoints")
    for number, name, *_ in operations:
        at = int(number)
        if KINDS[kind](at).strikes(at, name) and (at > saved or part != "results"):
            yield at


@dataclass(frozen=True)
class _Trial:
    folder: Path
    undisturbed: Reference
    fault: Fault
    patches: Sequence[Patch]

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def problems(self) -> list[str]:
        self.folder.mkdir()
        if self.undisturbed.interrupted:
            shutil.copytree(self.undisturbed.interrupted, self.runs)
        ended = self._zen(fault=self.fault)
        found = [*self._badly_ended(ended)]
        if ended.code == 0:
            return [*found, *self._differences()]
        for run in runs_in(self.runs):
            found += [*unreadable(run), *self._lost(run, ended), *self._badly_predicted(run)]
        return [*found, *self._not_recovered()]

    def _zen(self, fault: Fault | None = None) -> Ended:
        arguments = self.undisturbed.arguments(self.runs)
        return zen(self.folder / "said", *arguments, fault=fault, patches=self.patches)

    def _badly_ended(self, ended: Ended) -> Iterator[str]:
        """Whether it ended otherwise than the fault demands."""
        wanted = -self.fault.signal if self.fault.signal else 5 if self.fault.error else 0
        if ended.code != wanted:
            yield f"exit code {ended.code} instead of {wanted}: {ended.err}"
        elif wanted == 5:
            yield from self._badly_said(ended)
        elif ended.err:
            yield f"it says {ended.err!r}"

    def _badly_said(self, ended: Ended) -> Iterator[str]:
        said = ended.complaints
        if len(said) != 1 or len(ended.err.splitlines()) != 1:
            yield f"{len(said)} lines of error: {ended.err}"
        elif not re.search(rf"^zen: .*{re.escape(str(self.folder))}\S*: ({REASONS})", said[0]):
            yield f"neither file nor reason in {said[0]!r}"
        for run in runs_in(self.runs):
            steps, saved = re.findall(r"\bstep (\d+)\b", said[0]), self._published(ended, SAVED)
            there = [str(int(path.stem)) for path in Run(run).checkpoints()]
            if not set(steps) <= set(there) or (saved and not (steps and "zen resume" in said[0])):
                yield f"steps {there} are there, of which {saved} were saved by then, but it says {said[0]!r}"

    def _lost(self, run: Path, ended: Ended) -> Iterator[str]:
        """Whether a checkpoint that was published is the newest no longer."""
        steps = self._published(ended, RENAMED)
        there = [int(path.stem) for path in Run(run).checkpoints()]
        if steps and max(there, default=-1) < max(steps):
            yield f"step {max(steps)} was published, but there are {there}"

    def _published(self, ended: Ended, how: re.Pattern[str]) -> list[int]:
        """The steps of which this was done before the fault."""
        done = "\n".join(ended.operations[: self.fault.at - 1]) + "\n"
        return [int(step) for step in how.findall(done)]

    def _badly_predicted(self, run: Path) -> Iterator[str]:
        ended = zen(self.folder / "said", "predict", run, "-o", self.folder / "p.csv")
        if ended.code not in {0, 3} or (ended.code == 3 and len(ended.complaints) != 1):
            yield f"predict exits {ended.code}: {ended.err}"
        if ended.code == 3 and Run(run).checkpoints():
            yield f"predict refuses a run with a checkpoint: {ended.err}"

    def _not_recovered(self) -> list[str]:
        """Whether going on, or beginning where there is no run, ends otherwise than without the fault."""
        ended = self._zen()
        return [f"to go on exits {ended.code}: {ended.err}"] if ended.code else self._differences()

    def _differences(self) -> list[str]:
        run = runs_in(self.runs)[-1]
        try:
            differing = differences(left_by(run), self.undisturbed.left)
        except (RunError, LookupError) as error:
            return [str(error)]
        return [f"{name} differs" for name in differing] + [f"{name} is left" for name in leftovers(run)]
