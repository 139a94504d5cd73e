"""Rows on disk: they are those that were written, and a full disk is told of."""

import errno
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from zen_cli.data.table import disk, read_frame
from zen_cli.data.table.disk import DiskRows, RowStore, on_disk, scratch_folder
from zen_cli.errors import MachineError, UserError

ROWS = np.arange(60.0).reshape(20, 3)


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def stored():
    return on_disk(iter([ROWS[:7], ROWS[7:7], ROWS[7:]]), 3)


WHERE = [
    slice(None),
    slice(3, 9),
    slice(9, 3),
    slice(-4, None),
    slice(15, 99),
    slice(None, None, 3),
    slice(None, None, -1),
    np.array([3, 3, 0, 19, -1]),
    np.array([], np.int64),
    np.array([[1, 2], [3, 4]]),
    5,
    -20,
    np.int64(4),
]


@pytest.mark.parametrize("where", WHERE, ids=str)
def test_rows_on_disk_are_asked_for_as_those_of_an_array(where):
    rows = stored()
    assert (rows.shape, len(rows), rows.dtype) == ((20, 3), 20, np.float64)
    assert np.array_equal(rows[where], ROWS[where])
    assert rows[where].flags.writeable


@pytest.mark.parametrize("where", [20, -21, np.array([0, 20])], ids=str)
def test_there_are_no_others(where):
    with pytest.raises(IndexError):
        stored()[where]
    with pytest.raises(TypeError):
        stored()[np.array([0.5])]


def test_a_large_piece_is_read_in_parts(monkeypatch):
    monkeypatch.setattr(disk, "AT_ONCE", 50)
    assert np.array_equal(stored()[2:], ROWS[2:])


def test_the_file_has_no_name_and_is_closed_with_the_rows(tmp_path):
    before = {*Path("/proc/self/fd").iterdir()} if Path("/proc/self/fd").exists() else set()
    rows = stored()
    assert list(tmp_path.iterdir()) == []
    del rows
    if before:
        assert {*Path("/proc/self/fd").iterdir()} == before


def test_rows_go_to_disk_when_there_are_too_many():
    for memory, kind in ((ROWS.nbytes, np.ndarray), (ROWS.nbytes - 1, DiskRows), (0, DiskRows)):
        store = RowStore(3, memory)
        for start in range(0, 20, 6):
            store.add(ROWS[start : start + 6], share=0.0)
        assert isinstance(store.rows(), kind)
        assert np.array_equal(store.rows()[:], ROWS)


def test_a_large_table_reads_the_same_from_disk(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n" + "".join(f"{i},{i % 7}\n" for i in range(5000)))
    small, large = (read_frame(str(tmp_path / "t.csv"), memory=memory) for memory in (10**6, 10**3))
    assert isinstance(large.rows, DiskRows)
    assert np.array_equal(small.rows, large.rows[:])
    assert np.array_equal(small.column("b"), large.column("b"))


# --- disks that are full ---


def test_room_is_asked_for_before_the_disk_is_full(tmp_path, monkeypatch):
    free = disk.RESERVE + 100 * ROWS.nbytes
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    RowStore(3, 0).add(ROWS, share=0.02)
    with pytest.raises(MachineError, match=r"a table needs 960 KB of disk, but 48 KB can be used: set TMPDIR to"):
        RowStore(3, 0).add(ROWS, share=0.0005)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "the disk is full"), (errno.EIO, "Input/output error")])
def test_a_write_that_fails_is_told_of(monkeypatch, number, words):
    def failing(*_):
        raise OSError(number, os.strerror(number))

    rows = DiskRows(3)
    monkeypatch.setattr(os, "write", failing)
    with pytest.raises(MachineError, match=rf"{words}.*: set TMPDIR to a folder on a disk with more room"):
        rows.append(ROWS)


def test_a_write_may_take_only_a_part(monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:5]))
    assert np.array_equal(stored()[:], ROWS)


def test_tmpdir_must_be_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nix"))
    with pytest.raises(MachineError, match="nix: a temporary file cannot be written: No such file"):
        DiskRows(3)


def test_without_tmpdir_a_folder_is_taken_that_is_not_in_memory(monkeypatch):
    monkeypatch.delenv("TMPDIR")
    assert str(scratch_folder()) == "/var/tmp" or not os.access("/var/tmp", os.W_OK)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert scratch_folder().is_dir()


def test_what_memory_cannot_hold_is_refused(monkeypatch):
    monkeypatch.setattr(disk, "LARGE", 100)
    monkeypatch.setattr("zen_cli.memory.available", lambda: 300)
    rows = stored()
    assert len(rows[:12]) == 12
    with pytest.raises(UserError, match="20 rows of a table needs 480 bytes of memory"):
        rows[:]
