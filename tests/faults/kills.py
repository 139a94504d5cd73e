"""Trainings that are killed at random, resumed, killed again, until they end: is what they leave the same?"""

import random
import shutil
import signal
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faults.disk import Fault
from faults.forked import WITHOUT_RESULTS, Child, Ended, Patch
from faults.reference import Reference, differences, left_by, leftovers, runs_in, uninterrupted, unreadable
from faults.stable import workplace
from zen_cli.errors import RunError

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
AGAIN = 0.4  # the chance that what goes on is interrupted, too
WITH_RESULTS = 0.05  # the share of the rounds that also draw and write all results
MOST_TRIES = 40


@dataclass
class Tally:
    """What was done to how many trainings, and what was wrong with them afterwards."""

    seed: int
    rounds: int = 0
    interruptions: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    restarted: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        return sum(self.interruptions.values())

    def __str__(self) -> str:
        by_signal = ", ".join(f"{count} {name}" for name, count in self.interruptions.most_common())
        return (
            f"seed {self.seed}: {self.kills} interruptions ({by_signal}) of {self.rounds} trainings, {self.resumed} "
            f"resumed, {self.restarted} started anew, {len(self.wrong)} differences"
        )


def random_kills(folder: Path, name: str, kills: int, seed: int) -> Tally:
    """Interrupt trainings of a config so many times. What was wrong is copied to `folder`."""
    rng, tally = random.Random(seed), Tally(seed)
    with workplace() as place:
        plain, full = uninterrupted(place / "plain", name), uninterrupted(place / "full", name, results=True)
        while tally.kills < kills:
            complete = rng.random() < WITH_RESULTS
            round_ = _Round(place / "round", full if complete else plain, rng, tally)
            problems = round_.problems(() if complete else WITHOUT_RESULTS)
            tally.rounds += 1
            tally.wrong += [f"{name}, seed {seed}, training {tally.rounds}: {problem}" for problem in problems]
            if problems:
                shutil.copytree(round_.folder, folder / f"{seed}-{tally.rounds}")
            shutil.rmtree(round_.folder)
    return tally


@dataclass
class _Round:
    """One training, from its first start to its end."""

    folder: Path
    reference: Reference
    rng: random.Random
    tally: Tally
    history: list[str] = field(default_factory=list)

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    def problems(self, patches: Sequence[Patch]) -> list[str]:
        self.folder.mkdir(parents=True)
        interrupt = True
        for _ in range(MOST_TRIES):
            ended = self._interrupted(patches) if interrupt else self._child(patches).wait()
            self.history.append(f"ended by {ended.code} after {len(ended.operations)} operations")
            if ended.code == 0:
                return self._told(self._differences())
            wrong = self._wrong(ended)
            if wrong:
                return self._told(wrong)
            interrupt = self.rng.random() < AGAIN
        return self._told([f"not done after {MOST_TRIES} tries"])

    def _child(self, patches: Sequence[Patch], fault: Fault | None = None) -> Child:
        """Go on where there is a run, else begin."""
        arguments = self.reference.arguments(self.runs)
        self.tally.resumed += arguments[0] == "resume"
        self.tally.restarted += arguments[0] == "train" and bool(self.history)
        self.history.append(str(arguments[0]))
        return Child(self.folder / "said", arguments, fault=fault, patches=patches)

    def _interrupted(self, patches: Sequence[Patch]) -> Ended:
        """Stopped by a random signal, either before a random operation or at a random time, or not any more."""
        number = signal.SIGKILL if self.rng.random() < 0.6 else self.rng.choice(SIGNALS)
        if self.rng.random() < 0.5:
            at, half = self.rng.randint(1, len(self.reference.operations)), self.rng.random() < 0.2
            fault = Fault(at, signal=number, half=half)
            ended = self._child(patches, fault).wait()
        else:
            child = self._child(patches)
            child.kill(number, after=self.rng.uniform(0, self.reference.seconds))
            ended = child.wait()
        if ended.code < 0:
            self.tally.interruptions[signal.Signals(-ended.code).name] += 1
        return ended

    def _wrong(self, ended: Ended) -> list[str]:
        """What must not be after an interruption."""
        if ended.code >= 0:
            return [f"exit code {ended.code}: {ended.err}"]
        return [problem for path in runs_in(self.runs) for problem in unreadable(path)]

    def _differences(self) -> list[str]:
        path = runs_in(self.runs)[-1]
        try:
            differing = differences(left_by(path), self.reference.left)
        except (RunError, OSError, LookupError) as error:
            return [f"{type(error).__name__}: {error}"]
        return [f"{name} differs" for name in differing] + [f"{name} is left" for name in leftovers(path)]

    def _told(self, problems: Sequence[str]) -> list[str]:
        return [f"{problem} ({'; '.join(self.history)})" for problem in problems]
