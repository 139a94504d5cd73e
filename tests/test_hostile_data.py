"""Data that were made to do harm: each file is read or refused in bounded memory and time, and none runs anything.

All of them go through the real command, in one process of little memory: one case that took too much would end it.
"""

import gzip
import io
import os
import pickle
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from array_files import npy, npy_header
from limited import RAN, Evil, demand_answers, on_linux

pytestmark = on_linux
REST = "model: [{Linear: 1}]\nloss: MSE\noptimizer: Adam\n"
SOURCES = {  # the source that reads a file, by the end of its name
    "npz": "{NPZ: {file: NAME, inputs: x, targets: y}}",
    "arrays": "{NPZ: {file: NAME, inputs: x, targets: y}}",
    "idx": "{IDX: {images: NAME, labels: NAME}}",
    "pictures": "{Images: {folder: NAME}}",
    "txt": "{Text: {file: NAME}}\n  window: 8",
    "ts": "{UCR: {train: NAME}}",
    "csv": "{CSV: {file: NAME, target: y}}",
}
MEMBER = 4_000_000  # bytes: one gzip of them takes a thousandth, and a file may hold many
NUMBERS = "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, 1000, 1000), }}\n".format


def packed(data, times):
    return gzip.compress(data) * times


def zipped(**members):
    """A .npz whose members are deflated."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


def bomb(header, zeros):
    """A .npz of 1 MB whose array x takes so many bytes, as its directory says."""
    return zipped(**{"x.npy": npy_header(header) + bytes(zeros), "y.npy": npy(np.zeros(3))})


def png(width, height):
    parts = [(b"IHDR", struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(10**6)))]
    chunks = [struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


PICKLE = pickle.dumps(Evil())
OBJECTS = npy(np.array([Evil(), 1], object), allow_pickle=True)
ZIP = zipped(**{"../../escaped": "x", "data.pkl": PICKLE})
HUGE_IDX = bytes([0, 0, 8, 3]) + struct.pack(">3I", *[2**32 - 1] * 3)
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(ran) (w) file closefile\n"
TS = "@problemName a\n@classLabel true a b\n@data\n"
MANY = 100_001
WIDE = ",".join(["y", *(f"c{i}" for i in range(30_000))]) + "\n" + (",1" * 30_001)[1:] + "\n"

FILES = {  # the file, its content, the exit code, words
    "pickle.csv": (PICKLE, 2, "a NUL byte"),
    "zip.csv": (ZIP, 2, "a zip archive"),
    "yaml.csv": (b"!!python/object/apply:os.system [touch ran]\n", 2, "but no row follows"),
    "pickle.npz": (PICKLE, 2, "this is no .npz"),
    "zip.npz": (ZIP, 2, "there is no array 'x'"),
    "pickle.idx": (PICKLE, 2, "this is no IDX file"),
    "pickle.txt": (PICKLE, 2, "is not UTF-8 text"),
    "pickle.ts": (PICKLE, 2, "it is not UTF-8 text"),
    "nul.csv": (b"x,y\n1,\0\n", 2, "nul.csv:2: a NUL byte"),
    "line.csv": (b"x,y\n" + b"1" * 5_000_000, 2, "longer than 4,194,304 bytes"),
    "cells.csv": (b"1," * 2_500_000, 2, "longer than 4,194,304 bytes"),
    "columns.csv": (",".join(map(str, range(MANY))).encode() + b"\n", 2, "the most is 100,000"),
    "names.csv": (b"c," * 50_000 + b"y\n", 2, "are both named 'c'"),
    "wide.csv": (WIDE.encode(), 0, ""),
    "quote.csv": (b'x,y\n"' + b"1\n" * 3_000_000, 2, "a quote in this row is never closed"),
    "quotes.csv": (b"x,y\n" + b'"' * 5_000_000, 2, "longer than"),
    "digits.csv": (b"x,y\n" + b"9" * 10**6 + b",1\n", 2, "is larger than any float64"),
    "packed_line.csv": (packed(b"x" * MEMBER, 250), 2, "longer than"),
    "packed_blanks.csv": (gzip.compress(b"x,y\n1,2\n3,4\n") + packed(b"\n" * MEMBER, 40), 0, ""),
    "packed.txt": (packed(b"x" * MEMBER, 250), 2, "of memory, but"),
    "packed.idx": (gzip.compress(HUGE_IDX), 2, "of gzip cannot hold"),
    "huge.idx": (HUGE_IDX, 2, "declares 4294967295x4294967295x4294967295"),
    "objects.npz": (zipped(**{"x.npy": OBJECTS, "y.npy": OBJECTS}), 2, "it holds Python objects"),
    "lying.npz": (bomb(NUMBERS(10**6), 1000), 2, "the file does not hold so many"),
    "members.npz": (zipped(**{f"a{i}.npy": b"" for i in range(20_000)}), 2, "there is no array 'x'"),
    "arrays/x.npy": (OBJECTS, 2, "it holds Python objects"),
    "arrays/y.npy": (OBJECTS, 2, "it holds Python objects"),
    "long.ts": ((TS + "1," * 10**6 + "1:a\n" + "1,2:b\n").encode(), 0, ""),
    "digits.ts": ((TS + "9" * 10**6 + ":a\n").encode(), 2, "is not a finite number"),
    "pictures/a/1.png": (png(30_000, 30_000), 2, "exceeds limit"),
    "eps_pictures/a/1.png": (EPS, 2, "this is no image of"),
    "pickle_pictures/a/1.png": (PICKLE, 2, "this is no image of"),
    "tall_pictures/a/1.png": (png(1, 2**31 - 1), 2, "exceeds limit"),
}
LINKS = {  # the link, where it leads, the exit code, words
    "zero.csv": ("/dev/zero", 2, "this is a pipe or a device"),
    "memory.csv": ("/proc/self/mem", 2, "cannot be read"),
    "loop.csv": ("loop.csv", 2, "cannot be read: Too many levels of symbolic links"),
    "zero.txt": ("/dev/zero", 2, "this is a pipe or a device"),
    "zero.idx": ("/dev/zero", 2, "this is a pipe or a device"),
    "zero.npz": ("/dev/zero", 2, "this is a pipe or a device"),
    "zero.ts": ("/dev/zero", 2, "this is a pipe or a device"),
    "linked_pictures/a/1.png": ("/dev/zero", 2, "this link leads out of its folder"),
}
PIPES = [f"pipe.{end}" for end in ("csv", "txt", "npz", "idx", "ts")]


def read_by(name):
    """The config that reads this file, or the folder that it is in."""
    top = name.split("/")[0]
    source = next(source for end, source in SOURCES.items() if top.endswith(end))
    return f"data:\n  source: {source.replace('NAME', top)}\n{REST}"


def test_hostile_data_are_read_or_refused(tmp_path):
    for name, (content, *_) in {**FILES, **LINKS}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in LINKS:
            path.symlink_to(content)
        else:
            path.write_bytes(content)
    cases = []
    for turn, (name, (_, code, words)) in enumerate({**FILES, **LINKS}.items()):
        (tmp_path / f"{turn}.yaml").write_text(read_by(name), encoding="utf-8")
        cases.append((["check", f"{turn}.yaml", "--level", "data"], code, words))
    before = sorted(tmp_path.rglob("*"))
    demand_answers(tmp_path, cases)
    assert sorted(tmp_path.rglob("*")) == before
    assert not (tmp_path / RAN).exists()
    assert not Path("escaped").exists()


def test_what_unpacks_to_more_than_memory_is_refused_before_it_is_unpacked(tmp_path):
    """600 MB of zeros in 600 kB, which a reader of .npz would all take."""
    header = npy_header(NUMBERS(150))
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("y.npy", npy(np.zeros(150)))
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(header)
            for _ in range(150):
                member.write(bytes(MEMBER))
    (tmp_path / "c.yaml").write_text(read_by("bomb.npz"), encoding="utf-8")
    demand_answers(tmp_path, [(["check", "c.yaml"], 2, "array 'x' needs 600 MB of memory")])


def test_a_pipe_that_nobody_writes_to_is_no_data(tmp_path):
    for name in PIPES:
        os.mkfifo(tmp_path / name)
        (tmp_path / f"{name}.yaml").write_text(read_by(name), encoding="utf-8")
    demand_answers(tmp_path, [(["check", f"{name}.yaml"], 2, "this is a pipe or a device") for name in PIPES])
