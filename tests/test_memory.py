"""How much memory is free, what the system's limits make of it, and a cap on requests."""

import numpy as np
import pytest

from zen_cli import memory
from zen_cli.errors import UserError
from zen_cli.memory import available, bytes_in_words, capped, demand, used

MEMINFO = "MemTotal:       2000 kB\nMemFree:        1 kB\nMemAvailable:   1000 kB\n"


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A system whose files say what it is told; without a limit of its own on the address space."""
    monkeypatch.setattr(memory, "PROC", tmp_path / "proc")
    monkeypatch.setattr(memory, "CGROUPS", tmp_path / "cgroup")

    def system(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return system


V2 = {"proc/self/cgroup": "0::/a/b\n", "cgroup/a/b/memory.max": "max\n", "cgroup/a/b/memory.current": "1\n"}
V2 |= {"cgroup/a/memory.max": "900000\n", "cgroup/a/memory.current": "500000\n"}
V1 = {"proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/box\n0::/\n"}
V1 |= {"cgroup/memory/box/memory.limit_in_bytes": "700000", "cgroup/memory/box/memory.usage_in_bytes": "600000"}
OUTSIDE = {"proc/self/cgroup": "4:memory:/docker/1\n"}  # a path that is not mounted in here
OUTSIDE |= {"cgroup/memory/memory.limit_in_bytes": "50", "cgroup/memory/memory.usage_in_bytes": "60"}
ODD = {"proc/self/cgroup": "\n:\n0::relative\n3:memory\n" + V1["proc/self/cgroup"], "cgroup/memory.max": "7 of 8"}
ODD |= {"proc/meminfo": "\nMemAvailable:\nMemAvailable: much kB\n", "cgroup/memory.stat": "inactive_file\n"}
ODD |= {"cgroup/memory/box/memory.stat": "total_inactive_file some\n"}
FREE = [
    ("nothing is said", {}, None),
    ("the machine", {"proc/meminfo": MEMINFO}, 1_024_000),
    ("a group around", V2 | {"proc/meminfo": MEMINFO}, 400_000),
    ("old files count as free", V2 | {"cgroup/a/memory.stat": "anon 5\ninactive_file 300000\n"}, 700_000),
    ("version 1", V1 | {"proc/meminfo": MEMINFO}, 100_000),
    ("version 1 with old files", V1 | {"cgroup/memory/box/memory.stat": "total_inactive_file 7\n"}, 100_007),
    ("over the limit", OUTSIDE, 0),
    ("lines that nobody expects", V1 | ODD, 100_000),
    ("nothing but such lines", ODD, None),
]


@pytest.mark.parametrize(("files", "free"), [case[1:] for case in FREE], ids=[case[0] for case in FREE])
def test_what_is_free_is_the_least_that_any_limit_leaves(system, files, free):
    system(files)
    assert available() == free


@pytest.mark.skipif(available() is None, reason="this system does not say what memory is free")
def test_this_system_says_what_is_free_and_used():
    assert available() > 1_000_000
    assert 1_000_000 < used() < 100e9


def test_a_limit_on_the_address_space_is_one(system, monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(memory.resource, "getrlimit", lambda _: (100 * resource.getpagesize(), -1))
    system({"proc/self/statm": "60 40 1 1 0 1 0\n"})
    assert available() == 40 * resource.getpagesize()
    assert used() == 40 * resource.getpagesize()


@pytest.mark.skipif(available() is None, reason="this system does not say what memory is free")
def test_more_than_the_cap_is_refused_and_only_within():
    size = 10**9  # of virtual memory: nothing is written to it
    with capped(size):
        assert np.empty(size // 100).nbytes == size // 100 * 8
        with pytest.raises(MemoryError):
            np.empty(size)
    assert np.empty(size).nbytes == 8 * size


def test_what_cannot_fit_is_said_in_numbers(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 2_500_000)
    demand(2_500_000, "a thing")
    with pytest.raises(UserError, match=r"a thing needs 4\.2 GB of memory, but 2\.5 MB are free"):
        demand(4.2e9, "a thing")


@pytest.mark.parametrize(
    ("size", "words"),
    [(7, "7 bytes"), (18_244, "18.2 KB"), (1e9, "1 GB"), (1e30, "1e+12 EB"), (10**400, "1.8e+290 EB")],
)
def test_bytes_in_words(size, words):
    assert bytes_in_words(size) == words
