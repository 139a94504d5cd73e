"""Stopping on a signal: note it, let the step end, save, then die by it."""

import os
import signal
from types import FrameType, TracebackType

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Interrupted(Exception):  # noqa: N818 - an event, not an error
    """Training stopped by a signal, after saving."""

    def __init__(self, number: int, saved_step: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}; saved at step {saved_step}")
        self.number = number


class SignalWatch:
    """Within `with`, the first of SIGNALS is noted in `received`; a second one has its usual effect at once.

    A signal that is ignored from the start, as SIGHUP under nohup, stays ignored.
    """

    def __init__(self) -> None:
        self.received: int | None = None

    def __enter__(self) -> "SignalWatch":
        heeded = [number for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._note) for number in heeded}
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._restore()

    def _note(self, number: int, _: FrameType | None) -> None:
        self.received = number
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


def die_by(number: int) -> None:
    """End this process by the signal, so that a shell and a supervisor see what happened."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
