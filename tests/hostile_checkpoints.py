"""Checkpoints that somebody made to do harm, each with a digest that is right: the same ones every time."""

import copy
import json
import random
import struct

import numpy as np

from zen_cli.training import checkpoint

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?", "C64": "<c8"}
EXOTIC = ["BF16", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F4", "", "f4", "O", "U99", None, 4, ["F32"]]
SIZES = [0, 1, 2, 3, 64, -1, 2**31, 2**40, 2**62, 2**63, 2**64, 10**30, 0.5, None, "2", True, [2]]
NAMES = ["", "0.w", "optimizer.m", "carried.0", "../../x", "/etc/passwd", "a\0b", "\x1b[2J", "__metadata__", "x" * 5000]
TEXTS = ["", "x", "0.1", "nan", *NAMES, "\ud800", "\u202e", "a\nb", "!!python/object/apply:os.system [id]"]
NUMBERS = [-1, 0, 1, 2, 7, 10**6, 10**12, 10**18, 2**63, 10**30, 10**400, 0.5, -0.0, 1e308]
NUMBERS += [float("nan"), float("inf"), -float("inf")]
OTHERS = [None, True, False, [], {}, [[]], [None], {"": None}, [0] * 3000, ["x"] * 300, {"kind": "table"}]
ODD = [*TEXTS, *NUMBERS, *OTHERS, *(["deep"] * 3)]
BRACKETS = ["[" * 100_000, "[" * 5000 + "]" * 5000, '{"a":' * 2000 + "1" + "}" * 2000]
METADATA = [  # texts that are none, or hardly
    *(
        "",
        "{",
        "[]",
        "null",
        "1",
        '"step"',
        "NaN",
        "{}",
        '{"step": 1}',
        '{"config": {}}',
        '{"step": NaN, "config": {}}',
    ),
    *('{"step": "1", "config": {}}', '{"step": 1, "config": []}', '{"step": 1e999, "config": {}}', "\ufeff{}", "\0"),
    *(f'{{"step": {"9" * digits}, "config": {{}}}}' for digits in (13, 400, 4300, 4301, 100_000)),
    *(f'{{"step": 1, "config": {{"a": {deep}}}}}' for deep in BRACKETS),
    *BRACKETS,
]


def nested(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def slots(value):
    """Every place in a tree that holds something: a list or a block, and an index or a key of it."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield value, key
        yield from slots(child)


def changed(tree, draw):
    """A tree with something else at one to four places."""
    tree, places = copy.deepcopy(tree), [1, 1, 1, 2, 4]
    for _ in range(draw.choice(places)):
        every = list(slots(tree))
        if not every:
            break
        (parent, key), (other, place) = draw.choice(every), draw.choice(every)
        match draw.randrange(6):
            case 0:
                del parent[key]
            case 1 if isinstance(parent, dict):
                parent[draw.choice(TEXTS)] = odd(draw)
            case 1:
                parent.insert(key, odd(draw))
            case 2:
                parent[key] = copy.deepcopy(other[place])
            case _:
                parent[key] = odd(draw)
    return tree


def odd(draw):
    value = draw.choice(ODD)
    return nested(draw.choice([40, 200])) if value == "deep" else copy.deepcopy(value)


# --- files ---


def file_of(header, body):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def sealed(tensors, body, text, version=checkpoint.FORMAT):
    """A file whose header declares these tensors, {name: {dtype, shape, data_offsets}}, with the digest of them."""
    digest = checkpoint._digest(version, arrays(tensors, body), text)
    return file_of({"__metadata__": {checkpoint.METADATA_KEY: f"{version} {digest} {text}"}, **tensors}, body)


def arrays(tensors, body):
    """The arrays that a reader finds; none where it must find that they are not there."""
    try:
        return {name: array(body, **declared) for name, declared in tensors.items()}
    except (TypeError, ValueError, KeyError, OverflowError, IndexError):
        return {}


def array(body, dtype, shape, data_offsets):
    start, end = data_offsets
    return np.frombuffer(body[start:end], DTYPES[dtype]).reshape(shape)


def hostile_headers(seed, count):
    """Files whose tensors are declared as no writer does."""
    draw, body = random.Random(seed), bytes(range(96))
    plain = {
        "0.w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "0.b": {"dtype": "F32", "shape": [2], "data_offsets": [24, 32]},
        "optimizer.m": {"dtype": "F64", "shape": [8], "data_offsets": [32, 96]},
    }
    text = '{"config": {}, "step": 1}'
    for _ in range(count):
        tensors = copy.deepcopy(plain)
        for _ in range(draw.choice([1, 1, 2, 3])):
            change_tensor(tensors, draw)
        yield sealed(tensors, body[: draw.choice([96, 96, 96, 95, 32, 0])], text)


def change_tensor(tensors, draw):
    name = draw.choice(["0.w", *tensors])
    declared = {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}
    if isinstance(tensors.get(name), dict):
        declared = tensors[name]
    tensors[name] = declared
    match draw.randrange(8):
        case 0:
            declared["dtype"] = draw.choice([*DTYPES, *EXOTIC])
        case 1:
            declared["shape"] = [draw.choice(SIZES) for _ in range(draw.choice([0, 1, 2, 3, 70]))]
        case 2:
            declared["shape"] = draw.choice([None, "2", 6, {}, [[2], 3], [6], [3, 2], [0, 2**62], [2**32, 2**32]])
        case 3:
            declared["data_offsets"] = [draw.choice([*SIZES, 24, 32, 96]) for _ in range(draw.choice([2, 2, 2, 0, 3]))]
        case 4:
            del tensors[name]
        case 5:
            tensors[draw.choice(NAMES)] = copy.deepcopy(declared)
        case 6:
            tensors[name] = draw.choice([None, [], {}, 1, "x", {**declared, "more": 1}])
        case 7:
            tensors["none"] = {"dtype": draw.choice([*DTYPES]), "shape": [0, draw.choice([0, 1, 2**40])]}
            tensors["none"]["data_offsets"] = [96, 96]


def hostile_texts(seed, count, metadata):
    """Files of no tensors, whose metadata are those of a checkpoint with something changed, or none at all."""
    draw = random.Random(seed)
    for turn in range(count):
        text = METADATA[turn] if turn < len(METADATA) else json.dumps(changed(metadata, draw))
        yield sealed({}, b"", text, draw.choice([checkpoint.FORMAT] * 8 + ["1", "2", "99"]))


HEADERS = [
    *(b"", b"{", b"[]", b"null", b"\xff\xfe{}", b'{"__metadata__": null}', b'{"__metadata__": {"zen": 1}}'),
    *(b'{"__metadata__": {"zen": ""}}', b'{"__metadata__": {"zen": "3"}}', b'{"__metadata__": {"zen": "3  "}}'),
    *(b'{"__metadata__": {"zen": "\\ud800 a b"}}', b'{"__metadata__": "x"}', b'{"__metadata__": {"a": {"b": 1}}}'),
    *(b"[" * 100_000, b'{"a":' * 20_000, b'{"a": ' + b"9" * 5000 + b"}", b" " * 100_000, b'{"a": 1, "a": 1}'),
]
LENGTHS = [0, 1, 7, 2**31, 2**32, 2**62, 2**63, 2**64 - 1]


def broken_files():
    """Files that are not of safetensors at all."""
    yield from (file_of(header, b"") for header in HEADERS)
    yield from (struct.pack("<Q", length) + b'{"a": 1}' for length in LENGTHS)
    yield from (b"", b"\0", b"\x80\x04\x95", b"PK\3\4" + bytes(30), b"\x93NUMPY\1\0", b"\x1f\x8b\x08" + bytes(20))
