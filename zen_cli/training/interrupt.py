"""Stopping on a signal: at once, or when what it interrupts allows it; then the process dies by the signal."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NOT_OURS = (signal.SIG_IGN, None)  # None: a handler that is not Python's, and that we could not put back
SAME_EVENT = 1.0  # seconds: a terminal that closes sends SIGHUP twice, a session that ends SIGTERM and SIGHUP
AGAIN = 0.5  # seconds, longer than tidying up takes


class Interrupted(BaseException):
    """Stopped by a signal. As with KeyboardInterrupt, no `except Exception` of a library may swallow it."""

    def __init__(self, number: int, saved: str = "") -> None:
        """`saved` says what is not lost, and what to type."""
        super().__init__("; ".join([f"stopped by {signal.Signals(number).name}", *([saved] if saved else [])]))
        self.number = number


class SignalWatch:
    """Within `with`, the first of SIGNALS is noted in `received`; a second one has its usual effect at once.

    A signal that is ignored from the start, as SIGHUP under nohup, stays ignored. Watches may be nested. Only the main
    thread of a process can watch; in another one nothing is noted.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._received_at = 0.0
        self._raises = False
        self._before: dict[int, Any] = {}
        self._unraisable = sys.unraisablehook

    def __enter__(self) -> "SignalWatch":
        if threading.current_thread() is threading.main_thread():
            handlers = {number: signal.getsignal(number) for number in SIGNALS}
            self._before = {number: handler for number, handler in handlers.items() if handler not in NOT_OURS}
        for number in self._before:
            signal.signal(number, self._note)
        self._unraisable = sys.unraisablehook
        return self

    def __exit__(self, *_: object) -> None:
        sys.unraisablehook = self._unraisable
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Within this, a signal raises Interrupted where it arrives; one that has come before, at the entry."""
        self._raises = True
        try:
            self.raise_received()
            yield
            self.raise_received()
        except Exception:  # a library may have made of Interrupted an error of its own
            self.raise_received()
            raise
        finally:
            self._raises = False

    def raise_received(self) -> None:
        if self.received is not None:
            raise Interrupted(self.received)

    def _note(self, number: int, _: FrameType | None) -> None:
        self.received, self._received_at = number, time.monotonic()
        sys.unraisablehook = _say_nothing
        for each in self._before:
            signal.signal(each, self._die_unless_same if each == signal.SIGHUP else signal.SIG_DFL)
        self._raise()

    def _raise(self, *_: object) -> None:
        """Until it gets through: out of a destructor it does not, and C code may drop it."""
        if self._raises:
            signal.signal(signal.SIGALRM, self._raise)
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
            self.raise_received()

    def _die_unless_same(self, number: int, _: FrameType | None) -> None:
        if time.monotonic() - self._received_at > SAME_EVENT:
            die_by(number)


def _say_nothing(_: "sys.UnraisableHookArgs") -> None:
    """For what an end by a signal cuts off; and Python lets another one go that had come with the first."""


def die_by(number: int) -> NoReturn:
    """End this process by the signal, so that a shell and a supervisor see what happened."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)  # the first process of a container, on which no signal has its usual effect
