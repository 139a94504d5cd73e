"""Arrays as the bytes of a safetensors file, and copies of a training's state."""

import numpy as np
import pytest
from safetensors.numpy import save

from zen_cli.training.state import State
from zen_cli.training.tensors import LEAST, as_file

SHAPES = {
    "none": {},
    "a number": {"a": ()},
    "small and empty": {"0.w": (3,), "10.b": (0,), '2.é"\\\n\x7f\x01': (2, 3)},
    "large between small": {"0.w": (3,), "1.w": (600, 700), "2.w": (5,), "optimizer.v": (2, 300_000)},
    "many that are middling": {f"{i}.w": (100 + i, 50) for i in range(120)},
}
METADATA = {"zen": '3 ab {"a": "é\\u1234 \x02\t/"}'}


def drawn(shapes, dtype):
    rng = np.random.default_rng(0)
    return {name: np.asarray(rng.standard_normal(shape), dtype) for name, shape in shapes.items()}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
def test_the_bytes_are_those_of_safetensors(shapes, dtype):
    tensors = drawn(shapes, dtype)
    assert b"".join(as_file(tensors, METADATA)) == save(tensors, METADATA)


def test_of_two_types_the_wider_comes_first():
    tensors = {"b": np.ones(3, np.float32), "c": np.ones(2, np.float64), "a": np.ones(1, np.float32)}
    assert b"".join(as_file(tensors, METADATA)) == save(tensors, METADATA)


def test_a_type_that_no_training_has_is_not_written():
    with pytest.raises(KeyError):
        list(as_file({"a": np.ones(3, np.int32)}, METADATA))


def test_what_is_large_is_not_copied_and_what_is_small_is_one_write():
    tensors = drawn({"0.w": (3,), "1.w": (LEAST,), "2.w": (5,), "3.w": (7,)}, "float32")
    _, large, rest = as_file(tensors, METADATA)
    assert np.shares_memory(np.frombuffer(large, np.uint8), tensors["1.w"])
    assert rest == tensors["2.w"].tobytes() + tensors["3.w"].tobytes()


def test_a_copy_takes_the_arrays_of_a_former_one():
    first, second = (State({"w": np.full(3, x)}, {"velocity": np.full(3, 2 * x)}, {}) for x in (1.0, 2.0))
    copy = first.copied()
    assert not np.shares_memory(copy.values["w"], first.values["w"])
    assert second.copied(copy) is copy
    assert [copy.values["w"][0], copy.slots["velocity"][0]] == [2, 4]
    assert first.values["w"][0] == 1
