"""Disk space that is asked for before a training begins."""

import os
from collections.abc import Iterable
from pathlib import Path

from zen_cli.config.build import Experiment
from zen_cli.errors import MachineError
from zen_cli.memory import bytes_in_words

BESIDE = 1_000_000  # bytes of metrics, predictions and pictures
TEXT = 16_384  # bytes of what a small checkpoint says of itself


def demand(folder: Path, experiment: Experiment, there: Iterable[Path] = ()) -> None:
    """MachineError where the disk that a folder is on, or will be, cannot hold the checkpoints that are to stay.

    Those that are `there` need no more of it.
    """
    needed = max(BESIDE, _needed(experiment) - sum(path.lstat().st_size for path in there))
    free = _free(folder)
    if free is not None and free < needed:
        raise MachineError(
            f"{folder}: the run needs {bytes_in_words(needed)} of disk, but {bytes_in_words(free)} are free: "
            "make room, or name another directory with --runs"
        )


def _needed(experiment: Experiment) -> int:
    """Each checkpoint that is kept may name a best one of its own, and one more is there while it is written."""
    slots = len(experiment.optimizer.slots) * experiment.model.size * experiment.model.dtype.itemsize
    each = experiment.model.bytes_kept + slots + TEXT
    keep, epochs = int(experiment.config["checkpoints"]["keep"]), int(experiment.config["training"]["epochs"])
    best = min(keep, epochs) if experiment.keeps_best else 0
    return each * (keep + best + 1) + BESIDE


def _free(path: Path) -> int | None:
    """Bytes that a file below `path` may take; None where the system does not say."""
    there = next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())
    if not hasattr(os, "statvfs"):
        return None
    found = os.statvfs(there)
    return int(found.f_bavail) * int(found.f_frsize)
