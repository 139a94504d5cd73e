"""Files of arrays, and what is said of those that cannot be read."""

import io
import struct
from types import SimpleNamespace

import numpy as np
import pytest

from zen_cli.data.dataset import Preparation
from zen_cli.data.formats.opening import shown
from zen_cli.errors import DataError

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array):
    """The bytes of an IDX file."""
    magic = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim])
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return magic + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


def npy(array, **settings):
    """The bytes of a .npy file."""
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **settings)
    return file.getvalue()


def npy_header(description, version=1):
    """A .npy file that holds only this header."""
    text = description.encode()
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(text)) + text


def written(tmp_path, data, name):
    (tmp_path / name).write_bytes(data)
    return str(tmp_path / name)


def refusal(read, path):
    """What is said of a file that is refused: its name first, in a few words."""
    with pytest.raises(DataError) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(shown(path))
    assert len(text) < len(path) + 300
    return text


def in_range(dtype, *shape):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


def prepared(*labels, target_shape=(), lengths_vary=False):
    """What a model was prepared for: these classes, or numbers of this shape."""
    made = Preparation()
    made.task, made.target_shape, made.lengths_vary = SimpleNamespace(labels=labels), target_shape, lengths_vary
    return made


CLASSES = prepared("a", "b")
