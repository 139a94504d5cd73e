"""Stopping on a signal: note it, let the step end, save, then die by it."""

import os
import signal
from types import FrameType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupted(Exception):  # noqa: N818 - an event, not an error
    """Training stopped by a signal, after saving."""

    def __init__(self, number: int, saved: str) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}; saved at {saved}")
        self.number = number


class SignalWatch:
    """Within `with`, the first of SIGNALS is noted in `received`; a second one has its usual effect at once.

    A signal that is ignored from the start, as SIGHUP under nohup, stays ignored.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before = {number: signal.getsignal(number) for number in SIGNALS}

    def __enter__(self) -> "SignalWatch":
        for number in self._heeded():
            signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number in self._heeded():
            signal.signal(number, self._before[number])

    def _heeded(self) -> list[int]:
        return [number for number, handler in self._before.items() if handler != signal.SIG_IGN]

    def _note(self, number: int, _: FrameType | None) -> None:
        self.received = number
        for each in self._heeded():
            signal.signal(each, signal.SIG_DFL)


def die_by(number: int) -> None:
    """End this process by the signal, so that a shell and a supervisor see what happened."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
