"""Commands in a process that may take little memory and time: `python limited.py` reads them from standard input.

Each line is the arguments of one, as JSON; each answer is a line, too: its exit code, and what it printed. A process
that takes too long ends at once, without an answer.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import demand_readable, run_zen

MEMORY = 2**29  # bytes of address space, beside what the imports take
SECONDS = 60  # of the processor, for all of them
RAN = "ran"  # the file that hostile inputs would make, if they could
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not limit the address space")


class Evil:
    """Unpickled, it makes a file."""

    def __reduce__(self):
        return Path.touch, (Path(RAN),)


def answers(folder, commands):
    """The exit code, output and talk of each command, all in one limited process."""
    lines = "".join(json.dumps(command) + "\n" for command in commands)
    done = subprocess.run(
        [sys.executable, "-W", "error", __file__],
        cwd=folder,
        input=lines,
        capture_output=True,
        text=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(commands), f"{commands[len(found)]}: ended with {done.returncode}\n{done.stderr}"
    return found


def demand_answers(folder, cases):
    """That each command, of (command, code, words), ends with this code, and says so in words a person can read."""
    found = answers(folder, [command for command, *_ in cases])
    wrong = [
        (command, answer)
        for (command, code, words), answer in zip(cases, found, strict=True)
        if answer[0] != code or words not in answer[2] or (code and not answer[2].startswith("zen: "))
    ]
    assert not wrong, "\n".join(map(str, wrong))
    for _, _, err in found:
        demand_readable(err.rstrip("\n"))


# --- the process ---


def limit():
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def main():
    run_zen("check", "--help")
    limit()
    for line in sys.stdin:
        outcome = run_zen(*json.loads(line))
        print(json.dumps([outcome.code, outcome.out, outcome.err]), flush=True)


if __name__ == "__main__":
    main()
