"""A checkpoint that is not what was written is refused: every flipped bit, truncation, zeroed and swapped block."""

import re
from itertools import combinations
from unittest.mock import ANY

import pytest
from faults.memory import memory_folder

from zen_cli.errors import RunError
from zen_cli.training import checkpoint
from zen_cli.training.run import Run

BLOCK = 16  # bytes


@pytest.fixture
def path(tiny_run):
    """A whole checkpoint, which may be written to."""
    with memory_folder() as folder:
        copy = folder / "copy.safetensors"
        copy.write_bytes(Run(tiny_run).checkpoints()[-1].read_bytes())
        yield copy


# --- damages: from the bytes of a whole file to those of all that may have become of it ---


def flipped(good):
    for place in range(8 * len(good)):
        bad = bytearray(good)
        bad[place // 8] ^= 1 << place % 8
        yield bytes(bad)


def truncated(good):
    yield from (good[:length] for length in range(len(good)))
    yield from (good[1:], good[len(good) // 2 :])


def appended(good):
    yield from (good + more for more in (b"\0", b"\n", bytes(BLOCK), bytes(4096), good))


def zeroed(good):
    for start in range(len(good)):
        size = min(BLOCK, len(good) - start)
        yield good[:start] + bytes(size) + good[start + size :]


def swapped(good):
    for one, other in combinations(range(0, len(good) - BLOCK + 1, BLOCK), 2):
        first, between, second = good[one : one + BLOCK], good[one + BLOCK : other], good[other : other + BLOCK]
        yield good[:one] + second + between + first + good[other + BLOCK :]


DAMAGES = [flipped, truncated, appended, zeroed, swapped]


def trial(path, damage):
    """How many damaged files were tried, and how many of them were loaded without a word."""
    good = path.read_bytes()
    tried, silent = 0, 0
    for bad in damage(good):
        if bad == good:
            continue
        tried += 1
        path.write_bytes(bad)
        try:
            checkpoint.load(path)
        except RunError:
            continue
        silent += 1
    return tried, silent


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_no_damage_is_silent(path, damage, capsys):
    size = path.stat().st_size
    tried, silent = trial(path, damage)
    with capsys.disabled():
        print(f"\n{damage.__name__}: of a checkpoint of {size} bytes, {tried} files tried, {silent} loaded")
    assert tried >= (5 if damage is appended else size)
    assert silent == 0


@pytest.mark.parametrize("damage", [zeroed, swapped], ids=lambda damage: damage.__name__)
def test_without_the_digest_damage_is_silent(path, damage, monkeypatch):
    monkeypatch.setattr(checkpoint, "_digest", lambda *_: ANY)  # which equals whatever stands in the file
    assert trial(path, damage)[1] > 20


def test_what_is_no_checkpoint_is_named(tmp_path):
    for path in (tmp_path / "nix.safetensors", tmp_path):
        with pytest.raises(RunError, match=re.escape(str(path))):
            checkpoint.load(path)
