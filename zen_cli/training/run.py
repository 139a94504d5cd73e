"""The run directory: claimed once, found by name, and where everything in it lies."""

import json
import re
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zen_cli.errors import MachineError, RunError, printable, quoted
from zen_cli.training import durable
from zen_cli.training.durable import Lock
from zen_cli.training.plan import Plan
from zen_cli.training.reading import is_count, is_finite, parsed, read

LONGEST_STEM = 80
CURE = "restore it from a copy, or train again"


class Run:
    """A directory under runs/. Only `create` makes one; the others read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions"

    @property
    def plots(self) -> Path:
        return self.path / "plots"

    @property
    def scores(self) -> Path:
        """Written last of all results: once it is there, they are complete."""
        return self.path / "scores.json"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.path / "checkpoints", self.predictions, self.plots)

    def checkpoint(self, step: int) -> Path:
        return self.path / "checkpoints" / f"{step:012d}.safetensors"

    def checkpoints(self) -> list[Path]:
        """The checkpoint files, oldest first: their names are their step numbers. OSError where they cannot be seen."""
        try:
            files = list((self.path / "checkpoints").iterdir())
        except FileNotFoundError:
            return []
        return sorted(path for path in files if re.fullmatch(r"[0-9]{12}\.safetensors", path.name))

    @property
    def how_to_resume(self) -> str:
        """What to type so that its training goes on."""
        return f"`zen resume {shlex.quote(str(self.path))}`"

    def steps(self) -> list[int]:
        """The steps of the checkpoints, in order."""
        return [int(path.stem) for path in self.checkpoints()]

    def info(self) -> dict[str, Any]:
        """What run.json says; RunError where it cannot be read."""
        path = self.path / "run.json"
        try:
            content = parsed(read(path))
        except (OSError, ValueError) as error:
            raise RunError(f"{path}: cannot be read ({_why(error)}): name another run, or restore this one") from None
        if not isinstance(content, dict):
            raise RunError(f"{path}: does not describe a run: name another run, or restore this one")
        return content

    def facts(self) -> dict[str, Any]:
        """What run.json says, as far as a training has to know it; RunError where it does not."""
        info = self.info()
        paths = {"folder": "", "folder_from_run": ""}
        expected = {"config": dict, "data": dict, **dict.fromkeys(paths, str), "earlier_data": list, "extensions": list}
        known = {**paths, "earlier_data": [], "extensions": [], **info}
        for key, kind in expected.items():
            if not isinstance(known.get(key), kind):
                raise RunError(f"{self.path / 'run.json'}: its {key} is not that of a run: restore it from a copy")
        return known

    def plan(self) -> Plan:
        """How long it is to train; RunError where run.json does not say so."""
        facts = self.facts()
        try:
            return Plan.of(int(facts["config"]["training"]["epochs"]), facts["extensions"])
        except (LookupError, TypeError, ValueError, ArithmeticError):
            raise RunError(
                f"{self.path / 'run.json'}: does not say how long to train: restore it from a copy"
            ) from None

    def folder(self) -> Path:
        """Where the config lay, from which its paths lead; as seen from the run, where both have been moved."""
        facts = self.facts()
        then, moved = Path(facts["folder"]), self.path / facts["folder_from_run"]
        has_moved = facts["folder_from_run"] and not then.is_dir() and moved.is_dir()
        return moved.resolve() if has_moved else then

    def has_saved(self) -> bool:
        """Whether a training has saved anything here, as far as its records tell."""
        return any(path.exists() and path.stat().st_size > 0 for path in (self.metrics, self.log))

    def demand_own_files(self) -> None:
        """RunError where something stands in the place of what zen writes here: a link may lead out of the run.

        Checkpoints may be anything: they are replaced as a whole, whatever they are.
        """
        for folder in self.folders:
            _demand_kind(folder, [stat.S_ISDIR], "no directory")
        for path in (self.metrics, self.log, self.lock, self.scores, self.path / "run.json"):
            _demand_kind(path, [stat.S_ISREG], "no file")
        for folder in (self.predictions, self.plots):
            for path in folder.iterdir() if folder.exists() else ():
                _demand_kind(path, [stat.S_ISREG, stat.S_ISDIR], "no file")

    def records(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl; the last may be cut short by a crash and is then left out."""
        records = []
        for number, line in enumerate(self.written().split(b"\n")[:-1], start=1):
            if (record := _record(line)) is None:
                raise RunError(f"{self.metrics}:{number}: this line is no record of an epoch: {CURE}")
            records.append(record)
        return records

    def written(self) -> bytes:
        """What metrics.jsonl holds; RunError where it cannot be read."""
        try:
            return read(self.metrics)
        except OSError as error:
            raise RunError(f"{self.metrics}: cannot be read ({_why(error)}): {CURE}") from None


@contextmanager
def own_output(folder: Path, instead: str) -> Iterator[None]:
    """Within this, a command that only asks a run writes into a folder of it, which is made if it is missing.

    MachineError, which says what to do `instead`, where the disk does not let it.
    """
    try:
        if not folder.is_dir():
            durable.make_directory(folder)
        yield
    except OSError as error:
        where = printable(str(error.filename or folder), None)
        raise MachineError(f"{where}: {error.strerror or error}: {instead}") from None


def create(runs: Path, stem: str, config: bytes, info: Mapping[str, Any]) -> tuple[Run, Lock]:
    """Claim runs/STEM-N for the first free N and put config.yaml and run.json there, so that they last.

    run.json comes last: a directory without it is no run.
    """
    durable.make_directories(runs)
    with durable.locked(runs):  # from the highest number so far to the file that holds the next
        before = all_runs(runs)
        sequence = 1 + (_sequence(before[-1]) if before else 0)
        run = _claim(runs, _safe_name(stem))
        for folder in run.folders:
            durable.make_directory(folder, lasts=False)
        durable.append(run.metrics, b"")
        durable.publish(run.path / "config.yaml", [config])  # with it, the names of all these last
        lock = Lock(run.lock)
        describe(run, {"sequence": sequence, **info})
    return run, lock


def describe(run: Run, info: Mapping[str, Any]) -> None:
    """Write run.json."""
    durable.publish(run.path / "run.json", [json.dumps(info, indent=2).encode() + b"\n"])


def find(runs: Path, wanted: str | None) -> Run:
    """The run that a person means: a path, a name, the beginning of one name, or None for the newest."""
    if wanted is None:
        return _newest(runs)
    if _is_run(Path(wanted)):
        return Run(Path(wanted))
    names = [run.name for run in all_runs(runs)]
    matches = [name for name in names if name == wanted] or [n for n in names if wanted and n.startswith(wanted)]
    if len(matches) == 1:
        return Run(runs / matches[0])
    if matches:
        raise RunError(f"{quoted(wanted)} may be any of {', '.join(matches)}: write one of them")
    there_are = f"the runs are {', '.join(names[-10:])}" if names else "no run is there yet: zen train CONFIG makes one"
    raise RunError(f"no run named {quoted(wanted)} in {runs}: {there_are}")


def find_with_data(runs: Path, wanted: str | None, data: str | None) -> tuple[Run, str | None]:
    """The run, and the data for it: a file that is no run's name stands for data of the newest one."""
    if wanted is not None and data is None and (wanted == "-" or _exists(Path(wanted))):
        try:
            return find(runs, wanted), None
        except RunError:
            return find(runs, None), wanted
    return find(runs, wanted), data


def all_runs(runs: Path) -> list[Run]:
    """Every run in the directory, in the order they were started."""
    if not runs.is_dir():
        return []
    found = [Run(path) for path in runs.iterdir() if _is_run(path)]
    return sorted(found, key=lambda run: (_sequence(run), len(run.name), run.name))  # sine-9 before sine-10


def _newest(runs: Path) -> Run:
    found = all_runs(runs)
    if not found:
        raise RunError(f"no run in {runs} yet: zen train CONFIG makes one")
    for run in found:
        run.info()  # a run whose number cannot be read may be the newest
    return found[-1]


def _is_run(path: Path) -> bool:
    """Whether anything has the name of a run's description; where that cannot be seen, whether it has a run's name."""
    try:
        (path / "run.json").lstat()
    except PermissionError:
        return re.search("-[0-9]+$", path.name) is not None
    except (OSError, ValueError):  # a name that no file can have
        return False
    return True


def _demand_kind(path: Path, kinds: Sequence[Callable[[int], bool]], otherwise: str) -> None:
    """RunError where something is there that is of none of these kinds, by its mode."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISLNK(mode):
        raise RunError(f"{path}: is a link, which may lead out of the run: put the file itself there")
    if not any(is_kind(mode) for is_kind in kinds):
        raise RunError(f"{path}: is {otherwise}: move it away, or put back what belongs there")


def _why(error: Exception) -> str:
    return printable(getattr(error, "strerror", None) or str(error), 150)


def _record(line: bytes) -> dict[str, Any] | None:
    """What it says of an epoch in finite numbers, with none for those that are not; None where it is no such line."""
    try:
        record: dict[str, Any] = parsed(line)
        is_one = is_count(record["epoch"]) and is_count(record["step"]) and "loss" in record
        return record if is_one and all(value is None or is_finite(value) for value in record.values()) else None
    except (ValueError, TypeError, LookupError):
        return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _sequence(run: Run) -> int:
    """The run's number in the order of starts: a clock may jump, a Raspberry Pi's starts anew at every boot."""
    try:
        number = run.info().get("sequence")
    except RunError:
        return 0
    return number if is_count(number) else 0


def _claim(runs: Path, stem: str) -> Run:
    number = 1
    while True:
        path = runs / f"{stem}-{number}"
        try:
            durable.make_directory(path)
        except FileExistsError:
            number += 1
        else:
            return Run(path)


def _safe_name(stem: str) -> str:
    """The config's stem as a plain file name: no separators, no control characters, not hidden, not too long."""
    return re.sub(r"[^\w.-]+", "-", stem).lstrip(".-")[:LONGEST_STEM] or "run"
