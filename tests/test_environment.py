"""The process around a training: what is recorded of it, and how it takes memory."""

import ctypes
import subprocess
import sys

import pytest

from zen_cli.training import environment

# Prints a digest of a small training's parameters and, where the system tells, how often a page had to be cleared.
TRAINING = """
import hashlib, sys
import numpy as np
from zen_cli import nn
from zen_cli.training.environment import keep_freed_memory, pin_threads

pin_threads(1)
if sys.argv[1] == "keep":
    keep_freed_memory()
model = nn.Model([nn.Linear(300), nn.Tanh(), nn.Linear(300), nn.Tanh(), nn.Linear(1)])
rng = np.random.default_rng(0)
model.train(rng.normal(size=(2000, 50)), rng.normal(size=(2000, 1)), epochs=10, batch_size=2000, progress=False)
print(hashlib.sha256(model.parameters.vector.tobytes()).hexdigest())
try:
    import resource
except ImportError:
    print(0)
else:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def trained(how):
    """The digest, and the page faults."""
    done = subprocess.run([sys.executable, "-c", TRAINING, how], capture_output=True, text=True, check=True)
    digest, faults = done.stdout.split()
    return digest, int(faults)


def test_keeping_freed_memory_changes_no_bit_and_saves_page_faults():
    (digest, faults), (same, more) = trained("keep"), trained("give back")
    assert digest == same
    if environment._glibc():
        assert faults < more


class LibraryWithoutSwitches:
    """Such as musl: it has a malloc, but no mallopt."""

    def __getattr__(self, name):
        raise AttributeError(name)


def unknown(_):
    raise TypeError("on Windows")


@pytest.mark.parametrize("find", [lambda _: LibraryWithoutSwitches(), unknown])
def test_nothing_happens_without_glibc(monkeypatch, find):
    monkeypatch.setattr(ctypes, "CDLL", find)
    environment.keep_freed_memory()
