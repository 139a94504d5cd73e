"""Many processes that want the same at once."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from faults.disk import Fault
from faults.forked import WITHOUT_RESULTS, Child, Ended, Patch, zen
from faults.reference import uninterrupted
from faults.stable import workplace
from zen_cli.training import durable


def at_once(folder: Path, arguments: Sequence[Sequence[object]], patches: Sequence[Patch] = ()) -> list[Child]:
    """Children that have all been started before the first of them does anything."""
    folder.mkdir(parents=True, exist_ok=True)
    ready, go = os.pipe()

    def wait() -> None:
        os.close(go)
        os.read(ready, 1)  # until nobody can write any more

    crowd = [
        Child(folder / str(number), each, patches=(*patches, *WITHOUT_RESULTS), before=wait)
        for number, each in enumerate(arguments)
    ]
    os.close(go)
    os.close(ready)
    return crowd


def trained_at_once(count: int) -> list[Ended]:
    """So many trainings in one place."""
    with workplace() as place:
        config = uninterrupted(place, "small").config
        command = ["train", config, "training.epochs=1", "--runs", place / "runs", "-q"]
        return [child.wait() for child in at_once(place / "crowd", [command] * count)]


def resumed_at_once(count: int, *, locked: bool = True, seconds: float = 30.0) -> tuple[list[int], list[Ended]]:
    """Let so many processes resume a run that never ends: the numbers of those that train it, and how the others ended.

    Whoever is still there when all others have ended, or after so many seconds, trains.
    """
    patches = [] if locked else [(durable, "_lock", lambda *_: None)]
    with workplace() as place:
        config, runs = uninterrupted(place, "small").config, place / "runs"
        endless = ["training.epochs=1000000", "checkpoints.every_steps=1000", "--runs", runs, "-q"]
        zen(place / "first", "train", config, *endless, fault=Fault(60, signal=signal.SIGKILL))
        crowd = at_once(place / "crowd", [["resume", "--runs", runs, "-q"]] * count, patches)
        patience = time.monotonic() + seconds
        while sum(child.has_ended() for child in crowd) < count - 1 and time.monotonic() < patience:
            time.sleep(0.01)
        training = [child.pid for child in crowd if not child.has_ended()]
        for pid in training:
            os.kill(pid, signal.SIGTERM)
        ended = {child.pid: child.wait() for child in crowd}
    return training, [end for pid, end in ended.items() if pid not in training]
