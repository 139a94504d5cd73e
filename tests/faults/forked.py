"""`zen` in a process of its own within milliseconds: forked off one that has imported everything.

To be used in a process that has one thread, such as a `Stable`'s, and not in that of the tests, which coverage watches.
"""

import faulthandler
import gc
import importlib
import os
import pkgutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import Any, NoReturn, TextIO

import zen_cli
from faults.disk import Disk, Fault
from zen_cli import cli
from zen_cli.report import results
from zen_cli.training import durable

SECONDS = 60  # a command that takes longer hangs
LOG = 2**18  # bytes for the names of operations
CRASH = 99  # exit code of a child whose preparation failed
HANDLERS = {  # as `zen` starts
    signal.SIGINT: signal.SIG_DFL,
    signal.SIGTERM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGALRM: signal.SIG_DFL,
    signal.SIGXFSZ: signal.SIG_IGN,
}
Patch = tuple[Any, str, Any]  # an object, the name of an attribute, and what it shall be in the child


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal; what it said; the operations that it began."""

    code: int
    out: str
    err: str
    operations: tuple[str, ...] = ()

    @property
    def complaints(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("zen: ")]


class Child:
    """`zen ARGUMENTS...` under way. What it says is put into files in `folder`.

    In it, `patches` are made and `before` is called before anything else.
    """

    def __init__(
        self,
        folder: Path,
        arguments: Sequence[object],
        *,
        fault: Fault | None = None,
        patches: Sequence[Patch] = (),
        before: Callable[[], object] = bool,
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("out", "err"):
            (folder / name).unlink(missing_ok=True)
        self._log = mmap(-1, LOG)  # shared with the child, whatever kills that
        gc.freeze()  # so that a child need not look at all that the parent has
        signal.pthread_sigmask(
            signal.SIG_BLOCK, HANDLERS
        )  # in a child that is not yet alone, one would be the parent's
        self.pid = os.fork()
        if not self.pid:
            _be(folder, [*map(str, arguments)], [*patches, (durable, "os", Disk(fault, log=self._log))], before)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLERS)

    def kill(self, number: int, after: float = 0.0) -> None:
        """Send a signal `after` so many seconds, if it is still there."""
        time.sleep(after)
        os.kill(self.pid, number)  # one that has ended takes it too, until it is waited for

    def has_ended(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def wait(self) -> Ended:
        """How it ended; TimeoutError, which says where it was, if it did not."""
        signal.signal(signal.SIGALRM, self._abort)
        signal.alarm(SECONDS)
        _, status = os.waitpid(self.pid, 0)
        signal.alarm(0)
        out, err = (_text(self.folder / name) for name in ("out", "err"))
        with self._log as log:
            operations = log[:].rstrip(b"\0").decode().splitlines()
        if os.waitstatus_to_exitcode(status) == -signal.SIGABRT:
            raise TimeoutError(err)
        return Ended(os.waitstatus_to_exitcode(status), out, err, tuple(operations))

    def _abort(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGABRT)  # of which faulthandler tells


def zen(folder: Path, *arguments: object, **settings: Any) -> Ended:
    """`zen ARGUMENTS...` from its start to its end."""
    return Child(folder, arguments, **settings).wait()


def warm_up(*arguments: object) -> None:
    """Import all of zen and run a command, in this process, so that its children need not."""
    for module in pkgutil.walk_packages(zen_cli.__path__, "zen_cli."):
        importlib.import_module(module.name)
    before = sys.argv, sys.stdin, sys.stdout, sys.stderr
    with Path(os.devnull).open("r+", encoding="utf-8") as nowhere:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = ["zen", *map(str, arguments)], nowhere, nowhere, nowhere
        cli._run()
    sys.argv, sys.stdin, sys.stdout, sys.stderr = before


WITHOUT_RESULTS: tuple[Patch, ...] = ((results, "write", lambda *_: []),)  # pictures take most of a short training


# --- in the child ---


def _be(folder: Path, arguments: list[str], patches: Sequence[Patch], before: Callable[[], object]) -> NoReturn:
    """Be the command, and end without anything that the parent would do at its end."""
    code = CRASH
    try:
        _stand_alone(folder)
        for owner, name, value in patches:
            setattr(owner, name, value)
        before()
        sys.argv = ["zen", *arguments]
        code = cli._run()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        (folder / "err").write_text(traceback.format_exc(), encoding="utf-8")
    finally:
        os._exit(code)


def _stand_alone(folder: Path) -> None:
    for number, handler in HANDLERS.items():
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLERS)
    tempfile.tempdir = str(folder)  # for the report of a bug
    sys.stdin, sys.stdout, sys.stderr = _stream(Path(os.devnull), "r"), _stream(folder / "out"), _stream(folder / "err")
    faulthandler.enable(sys.stderr)


def _stream(path: Path, mode: str = "w") -> TextIO:
    return path.open(mode, encoding="utf-8")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
