"""IDX files and NumPy's: round trips, what is mapped, and every way in which a file may lie."""

import contextlib
import gzip
import io
import os
import random
import re
import struct
import zipfile

import numpy as np
import pytest
from array_files import CODES, idx, in_range, npy, npy_header, refusal, written

from zen_cli.data.formats.arrays import names_in, read_named, read_npy
from zen_cli.data.formats.idx import read_idx
from zen_cli.errors import DataError, UserError

# --- IDX ---


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(5,), (5, 3), (4, 3, 2), (2, 3, 2, 2)])
@pytest.mark.parametrize("gzipped", [False, True])
def test_an_idx_file_is_what_was_written(tmp_path, dtype, shape, gzipped):
    array = in_range(dtype, *shape)
    data = gzip.compress(idx(array)) if gzipped else idx(array)
    read = read_idx(written(tmp_path, data, "a.idx"))  # whatever its name says
    assert np.array_equal(read, array)
    assert (read.dtype.kind, read.dtype.itemsize) == (array.dtype.kind, array.dtype.itemsize)
    assert isinstance(read, np.memmap) != gzipped


GOOD_IDX = idx(in_range("u1", 3, 2))
HUGE_IDX = bytes([0, 0, 8, 3]) + struct.pack(">3I", *[2**32 - 1] * 3)
BROKEN_IDX = [
    (b"", "no IDX file: it begins with nothing"),
    (b"\0\0\x08", "no IDX file: it begins with 00 00 08"),
    (b"\x89PNG....", "no IDX file: it begins with 89 50 4e 47"),
    (b"\0\0\x0a\x01" + GOOD_IDX[4:], "no IDX file"),
    (b"\0\0\x08\x00" + GOOD_IDX[4:], "declares 0 axes"),
    (b"\0\0\x08\xff" + GOOD_IDX[4:], "declares 255 axes, but has the sizes of 3"),
    (b"\0\0\x08\x02\0\0\0\x03\0", "declares 2 axes, but has the sizes of 1"),
    (bytes([0, 0, 8, 2]) + struct.pack(">2I", 0, 3), "it is empty: its sizes are 0x3"),
    (GOOD_IDX[:-1], "declares 3x2 uint8, 6 bytes, but 5 bytes follow"),
    (GOOD_IDX + b"x", "declares 3x2 uint8, 6 bytes, but 7 bytes follow"),
    (HUGE_IDX, r"declares 4294967295x4294967295x4294967295 uint8, 7.92e\+10 EB, but 0 bytes follow"),
    (gzip.compress(HUGE_IDX), "of gzip cannot hold"),
    (gzip.compress(GOOD_IDX[:-1]), "but it holds fewer or more"),
    (gzip.compress(GOOD_IDX + b"x"), "but it holds fewer or more"),
    (gzip.compress(GOOD_IDX)[:-1], "its gzip is broken"),
    (gzip.compress(GOOD_IDX)[:-12], "its gzip is broken"),
    (gzip.compress(GOOD_IDX)[:-8] + b"12345678", "its gzip is broken"),
    (b"\x1f\x8b" + b"nonsense" * 4, "its gzip is broken"),
    (gzip.compress(b""), "no IDX file: it begins with nothing"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN_IDX, ids=[message[:40] for _, message in BROKEN_IDX])
def test_a_broken_idx_file_is_refused(tmp_path, data, message):
    assert re.search(message, refusal(read_idx, written(tmp_path, data, "a.idx")))


def test_a_gzip_that_could_hold_more_than_the_machine_is_refused_before_it_is_read(tmp_path, monkeypatch):
    path = written(tmp_path, gzip.compress(idx(in_range("u1", 100, 100))), "a.gz")
    monkeypatch.setattr("zen_cli.memory.available", lambda: 9_999)
    with pytest.raises(UserError, match="needs 10 KB of memory"):
        read_idx(path)


@pytest.mark.parametrize("read", [read_idx, read_npy, names_in])
def test_what_is_no_file_is_named(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    assert "there is no such file" in refusal(read, str(tmp_path / "nix"))
    assert "too long" in refusal(read, str(tmp_path / ("n" * 300)))
    assert "a pipe or a device" in refusal(read, str(tmp_path / "pipe"))
    assert "folder" in refusal(read_idx, str(tmp_path))


# --- .npy and .npz ---

ARRAYS = [
    in_range("<f4", 4, 3),
    in_range(">i2", 4, 3),
    np.asfortranarray(in_range("<f8", 4, 3, 2)),
    np.array([True, False]),
    np.array(["no", "yes", "né"]),
    np.array([b"a", b"bc"]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: array.dtype.str)
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_array_is_what_was_saved(tmp_path, array, save):
    np.save(tmp_path / "one.npy", array)
    save(tmp_path / "more.npz", other=np.zeros(3), one=array)
    alone, member = read_npy(str(tmp_path / "one.npy")), read_named(str(tmp_path / "more.npz"), "one")
    for read in (alone, member, read_named(str(tmp_path), "one")):
        assert np.array_equal(read, array)
        assert (read.dtype, read.flags.writeable) == (array.dtype, save is np.savez_compressed and read is member)
    assert isinstance(alone, np.memmap)
    assert isinstance(member, np.memmap) == (save is np.savez)
    assert set(names_in(str(tmp_path / "more.npz"))) == {"other", "one"}
    assert names_in(str(tmp_path)) == ("one",)


GOOD = npy(in_range("<f8", 3, 2))
HEADER = "{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}\n".format
BROKEN_NPY = [
    (b"", "no .npy: it begins with (nothing|50 4b 01 02)"),
    (b"\x93NUMP", "no .npy: it begins with 93 4e 55 4d 50"),
    (b"PK\3\4" + b"\0" * 30, "no .npy"),
    (b"\x93NUMPY\x03\0" + GOOD[8:], "version 3"),
    (GOOD[:40], "its header is broken"),
    (GOOD[:100], "its header is broken"),
    (GOOD[:-1], "declares 3x2 float64, 48 bytes, but 47 bytes follow"),
    (GOOD + b"x", "declares 3x2 float64, 48 bytes, but 49 bytes follow"),
    (npy_header(HEADER("<f8", "(10000000000, 10000000000)")), r"declares 10000000000x10000000000 float64, .* 0 bytes"),
    (npy_header(HEADER("<f8", "(-1, -1)")) + b"12345678", "its header is broken"),
    (npy_header(HEADER("<f8", "(0, 3)")), r"no examples in it: its shape is \(0, 3\)"),
    (npy_header(HEADER("<f8", "()")) + b"12345678", r"no examples in it: its shape is \(\)"),
    (npy_header(HEADER("<f8", "'abc'")), "its header is broken"),
    (npy_header(HEADER("<f8", "(1,)").replace("False", "print()")), "its header is broken"),
    (npy_header(HEADER("<f8", "(1,)") + " " * 10_000), "its header is broken"),
    (npy_header(HEADER("<f8", "(1,)") + " " * 10_000, 2), "its header is broken"),
    (npy_header(HEADER("<f8", "(1,)"), 2).replace(b"\0\0\x7b", b"\xff\xff\x7b"), "its header is broken"),
    (npy_header(HEADER("<f8", f"({'9' * 5000},)")), "no array has such a shape"),
    (npy_header(HEADER("<f8", f"({'1, ' * 33})")) + b"12345678", "no array has such a shape"),
    (npy_header(HEADER("<f3", "(1,)")), "there is no dtype '<f3'"),
    (npy_header(HEADER("<U99999999", "(1,)")), "declares 1 str3199999968, 400 MB, but 0 bytes follow"),
    (npy_header(HEADER("nonsense", "(1,)")), "its dtype is 'nonsense', not numbers or text"),
    (npy_header("print('run')"), "its dtype is not a simple one"),
    (npy_header("-" * 9000 + "1"), "its dtype is not a simple one"),
    (npy(np.array([None, 1]), allow_pickle=True), "it holds Python objects"),
    (npy(np.zeros(2, [("a", "f8"), ("b", "i4")])), "its dtype is not a simple one"),
    (npy(np.zeros(2, complex)), "its dtype is '<c16', not numbers"),
    (npy(np.array(["2020-01-01"], "M8[D]")), r"its dtype is '<M8\[D\]', not numbers"),
    (npy_header(HEADER("<U0", "(5,)")), "its dtype is '<U0', not numbers"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN_NPY, ids=[message[:40] for _, message in BROKEN_NPY])
@pytest.mark.parametrize("way", ["alone", "stored", "deflated"])
def test_a_broken_array_is_refused(tmp_path, data, message, way):
    if way == "alone":
        text = refusal(read_npy, written(tmp_path, data, "a.npy"))
    else:
        with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED if way == "deflated" else 0) as file:
            file.writestr("x.npy", data)
        text = refusal(lambda path: read_named(path, "x"), str(tmp_path / "a.npz"))
        assert "a.npz: array 'x': " in text
    assert re.search(message, text) or (way == "deflated" and "but the file does not hold so many" in text)


def zipped(compression=zipfile.ZIP_STORED, name="x.npy", data=GOOD):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr(name, data)
    return bytearray(file.getvalue())


def changed(data, *changes):
    """Bytes with some replaced: (place, from the first of a mark, and what stands there then)."""
    for mark, place, value in changes:
        start = data.index(mark) + place
        data[start : start + len(value)] = value
    return bytes(data)


ENTRY = b"PK\1\2"  # of a member in the directory: flags at 8, compression at 10, sizes at 20 and 24, its place at 42
DEFLATED = zipfile.ZIP_DEFLATED
SHORT = npy_header(HEADER("<f8", "(9,)")) + b"12345678"
BROKEN_NPZ = [
    (b"", "this is no .npz"),
    (b"nonsense" * 9, "this is no .npz"),
    (GOOD, "this is no .npz"),
    (bytes(zipped())[:-30], "this is no .npz"),
    (bytes(zipped(name="y.npy")), "array 'x': there is no such array"),
    (changed(zipped(), (ENTRY, 8, b"\1")), "encrypted, or compressed in a way"),
    (bytes(zipped(zipfile.ZIP_BZIP2)), "encrypted, or compressed in a way"),
    (bytes(zipped(zipfile.ZIP_LZMA)), "encrypted, or compressed in a way"),
    (changed(zipped(), (ENTRY, 10, b"\x63")), "encrypted, or compressed in a way"),
    (changed(zipped(), (ENTRY, 24, b"\xf0\xff\xff\x7f")), "the file ends 2,147,4.* bytes before it does"),
    (changed(zipped(), (ENTRY, 24, b"\x01\0\0\0")), "it goes on behind the end"),
    (changed(zipped(), (ENTRY, 42, b"\x02\0\0\0")), "this is no .npz|directory says that it begins where it does not"),
    (changed(zipped(), (b"PK\3\4", 0, b"nope")), "directory says that it begins where it does not"),
    (changed(zipped(), (b"PK\3\4", 26, b"\xff\xff")), "the file ends .* bytes before it does"),
    (changed(zipped(DEFLATED), (b"PK\3\4", 0, b"nope")), "its part of the file is broken: Bad magic"),
    (changed(zipped(DEFLATED), (ENTRY, 24, b"\xf0\xff\xff\x7f")), "but the file does not hold so many"),
    (changed(zipped(DEFLATED, data=SHORT), (ENTRY, 24, bytes([len(SHORT) + 64]))), "file does not hold so many"),
    (changed(zipped(DEFLATED), (b"x.npy", 9, b"\0\xff\0\xff")), "its part of the file is broken"),
    (changed(zipped(DEFLATED), (ENTRY, 16, b"1234")), "its part of the file is broken: Bad CRC"),
    (bytes(zipped(DEFLATED, data=npy_header(HEADER("<f8", "(2000000, 1000)")))), "the file does not hold so many"),
]


@pytest.mark.parametrize(("data", "message"), BROKEN_NPZ, ids=range(len(BROKEN_NPZ)))
def test_a_broken_npz_is_refused(tmp_path, data, message):
    assert re.search(message, refusal(lambda path: read_named(path, "x"), written(tmp_path, data, "a.npz")))


def test_a_member_larger_than_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(5000))
    monkeypatch.setattr("zen_cli.memory.available", lambda: 39_999)
    with pytest.raises(UserError, match="array 'x' needs 40 KB of memory"):
        read_named(str(tmp_path / "a.npz"), "x")


FILES = [
    ("a.idx", read_idx, idx(in_range("i2", 7, 5))),
    ("a.gz", read_idx, gzip.compress(idx(in_range("i2", 7, 5)))),
    ("a.npy", read_npy, npy(in_range("<f4", 7, 5))),
    ("a.npz", lambda path: [read_named(path, name) for name in names_in(path)], bytes(zipped())),
    ("a.npz", lambda path: [read_named(path, name) for name in names_in(path)], bytes(zipped(DEFLATED))),
]


@pytest.mark.parametrize(("name", "read", "data"), FILES, ids=["idx", "gz", "npy", "stored", "deflated"])
def test_a_file_with_spoilt_bytes_is_read_or_refused(tmp_path, name, read, data):
    draw = random.Random(name)
    for _ in range(300):
        spoilt = bytearray(data[: draw.choice([len(data), len(data), draw.randrange(len(data))])])
        for _ in range(draw.choice([1, 1, 2, 8]) if spoilt else 0):
            spoilt[draw.randrange(min(len(spoilt), draw.choice([16, 200])))] = draw.randrange(256)
        with contextlib.suppress(DataError):
            read(written(tmp_path, bytes(spoilt), name))
