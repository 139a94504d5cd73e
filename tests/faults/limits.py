"""Limits that the system itself sets: on the size of a file, on that of a disk, on who may write where."""

import resource
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from faults.disk import Fault
from faults.forked import WITHOUT_RESULTS, Ended, Patch, zen
from faults.reference import Reference, differences, left_by, runs_in, uninterrupted
from faults.stable import workplace
from zen_cli.training import loop, space

NO_DEMAND: Patch = (space, "demand", lambda *_: None)  # of disk space: a training without it would not begin


@dataclass(frozen=True)
class Met:
    """How a training ended that met a limit, and how what it left differs after it was resumed without one."""

    ended: Ended
    wrong: list[str]


def files_of_limited_size(sizes: Sequence[int]) -> list[Met]:
    """A training for each size in bytes that no file of it may go beyond."""

    def limited(size: int) -> Callable[[], None]:
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    with workplace() as place:
        undisturbed, found = uninterrupted(place, "small"), []
        for size in sizes:
            runs = place / str(size)
            ended = _train(undisturbed, runs, before=limited(size))
            found.append(Met(ended, _resumed(undisturbed, runs)))
    return found


def disks_of_limited_size(sizes: Sequence[int]) -> list[Met]:
    """A training for each size of its disk in KiB, which is larger afterwards. OSError where none can be mounted."""
    with workplace() as place:
        undisturbed, found = uninterrupted(place, "small"), []
        for size in sizes:
            disk = place / str(size)
            with mounted(disk, f"size={size}k"):
                ended = _train(undisturbed, disk / "runs", patches=[NO_DEMAND])
                _mount(disk, "remount,size=4m")
                found.append(Met(ended, _resumed(undisturbed, disk / "runs")))
    return found


def refused(make: Callable[[Path], Path], fault: Fault | None = None) -> Ended:
    """A training that ends before its first batch, in the runs directory that `make` gives for a folder."""
    with workplace() as place:
        undisturbed = uninterrupted(place, "small")
        return _train(undisturbed, make(place), patches=[(loop, "train_step", _never)], fault=fault)


def refused_on(options: str) -> Ended:
    """The same on a disk that is mounted so. OSError where this process may not."""
    with workplace() as place, mounted(place / "disk", options):
        undisturbed = uninterrupted(place, "small")
        return _train(undisturbed, place / "disk" / "runs", patches=[(loop, "train_step", _never)])


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A file system in memory. OSError where this process may not mount one."""
    folder.mkdir()
    _mount(folder, options)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def _mount(folder: Path, options: str) -> None:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # FileNotFoundError is an OSError, too
    if done.returncode:
        raise OSError(done.stderr.strip())


def _train(
    undisturbed: Reference,
    runs: Path,
    *,
    patches: Sequence[Patch] = (),
    fault: Fault | None = None,
    before: Callable[[], object] = bool,
) -> Ended:
    arguments, patches = undisturbed.arguments(runs), [*patches, *WITHOUT_RESULTS]
    return zen(undisturbed.config.parent / "said", *arguments, patches=patches, fault=fault, before=before)


def _resumed(undisturbed: Reference, runs: Path) -> list[str]:
    """What is wrong once there is no limit any more."""
    again = zen(undisturbed.config.parent / "said", *undisturbed.arguments(runs), patches=WITHOUT_RESULTS)
    if again.code:
        return [f"to go on exits {again.code}: {again.err}"]
    return differences(left_by(runs_in(runs)[-1]), undisturbed.left)


def _never(*_: object) -> float:
    raise AssertionError("a batch was trained")
