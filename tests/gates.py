"""Processes that run zen up to a gate: a known place, where they stand until they are stopped or let go on."""

import re
import signal
import subprocess
import sys

SECONDS = 60  # within which a process ends that was stopped or let go on

GATE = """\
import os, sys
from itertools import count

def gate():
    os.write(2, b"GATE\\n")
    if not os.read(0, 1):  # nobody lets it go on
        os._exit(99)
"""
RUN = """
import runpy
runpy.run_module("zen_cli", run_name="__main__")
"""


def importing(module):
    """A gate in the import of a module."""
    return f"""
class Finder:
    def find_spec(self, name, *_):
        if name == {module!r}:
            gate()

sys.meta_path.insert(0, Finder())
"""


def calling(module, function, gate="gate()", nth=1):
    """A gate, or other code, at the nth call of a function."""
    return f"""
import {module} as module
usual, calls = module.{function}, count(1)

def gated(*arguments, **settings):
    if next(calls) == {nth}:
        {gate}
    return usual(*arguments, **settings)

module.{function} = gated
"""


def publishing(ending, nth=1):
    """A gate in the midst of the nth publication of a file whose name ends so."""
    return f"""
from zen_cli.training import durable
publish, calls = durable.publish, count(1)

def halved(path, chunks, **settings):
    def halves():
        for chunk in chunks:
            yield chunk[: len(chunk) // 2]
            if path.name.endswith({ending!r}) and next(calls) == {nth}:
                gate()
            yield chunk[len(chunk) // 2 :]
    publish(path, halves(), **settings)

durable.publish = halved
"""


MAKING = """
from zen_cli.training import durable
make = durable.os.open

def made(path, flags, *mode, **folder):
    descriptor = make(path, flags, *mode, **folder)
    if str(path).endswith(".tmp"):
        gate()
    return descriptor

durable.os.open = made
"""
NOTING = """
from zen_cli.training.interrupt import SignalWatch
note = SignalWatch._note

def noted(watch, number, frame):
    note(watch, number, frame)
    os.write(2, b"NOTED\\n")

SignalWatch._note = noted
"""


def started(folder, arguments, patch="", *, ignored=()):
    """`zen ARGUMENTS...` in a new process."""

    def ignore():
        for name in ignored:
            signal.signal(signal.Signals[name], signal.SIG_IGN)

    folder.mkdir(parents=True, exist_ok=True)
    argv = f"sys.argv = ['zen', *{list(map(str, arguments))!r}]\n"
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", GATE + argv + patch + RUN],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=ignore,
    )


def wait_for(process, line="GATE\n"):
    """Read what it says up to a line that begins so."""
    said = ""
    for each in process.stderr:
        said += each
        if each.startswith(line):
            return
    raise AssertionError(f"ended with {process.wait()}: {said}")


def send(process, *names):
    for name in names:
        process.send_signal(signal.Signals[name])


def last_line(process, names, going_on=""):
    """Let it go on, and return the last line that it says, once it is sure that it died by this signal, or by one."""
    _, said = process.communicate(going_on, timeout=SECONDS)
    assert process.returncode in {-signal.Signals[name] for name in names.split("|")}, said
    assert not re.search("Traceback|Exception ignored|bug", said), said
    return (said.splitlines() or [""])[-1]
