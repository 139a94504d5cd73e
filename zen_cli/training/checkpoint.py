"""A checkpoint: one safetensors file with the parameters, the optimizer's state and all that prediction needs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialize

from zen_cli.errors import RunError, quoted
from zen_cli.nn.parameters import Parameters
from zen_cli.optim import Optimizer
from zen_cli.training.durable import publish

FORMAT = "2"
READABLE = {"1", FORMAT}  # in the first one, a checkpoint had no preparation
METADATA_KEY = "zen"
OPTIMIZER_PREFIX = "optimizer."


@dataclass(frozen=True)
class Checkpoint:
    """What was read from a file whose digest is right: arrays by name, and the metadata as plain data."""

    path: Path
    tensors: Mapping[str, np.ndarray]
    metadata: Mapping[str, Any]

    @property
    def step(self) -> int:
        return int(self.metadata["step"])

    @property
    def config(self) -> dict[str, Any]:
        return dict(self.metadata["config"])

    def restore(self, parameters: Parameters) -> None:
        """Fill in the parameters of a model built from this checkpoint's config; RunError where they differ."""
        stored = {name: t for name, t in self.tensors.items() if not name.startswith(OPTIMIZER_PREFIX)}
        arrays = parameters.arrays()
        if _forms(stored) != _forms(arrays):
            raise RunError(f"{self.path}: its parameters are not those of its own config")
        for name, array in arrays.items():
            array[...] = stored[name]


def save(path: Path, parameters: Parameters, optimizer: Optimizer, metadata: Mapping[str, Any]) -> None:
    """Write a checkpoint that lasts once this returns. `metadata` is plain data."""
    tensors = {name: np.ascontiguousarray(array) for name, array in parameters.arrays().items()}
    tensors |= {OPTIMIZER_PREFIX + slot: array for slot, array in optimizer.state.items()}
    text = json.dumps(metadata, sort_keys=True)
    # under one key, because safetensors writes several in random order and equal states shall give equal bytes
    publish(path, [serialize(tensors, {METADATA_KEY: f"{FORMAT} {_digest(tensors, text)} {text}"})])


def load(path: Path) -> Checkpoint:
    """Read a checkpoint; RunError unless it is whole and of a format that this version knows."""
    try:
        with safe_open(path, framework="numpy") as file:
            version, digest, text = (file.metadata() or {})[METADATA_KEY].split(" ", 2)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it has no __iter__
    except FileNotFoundError:
        raise RunError(f"{path}: there is no such checkpoint") from None
    except KeyError:
        raise RunError(f"{path}: a safetensors file, but not one of zen's checkpoints") from None
    except (SafetensorError, OSError, ValueError) as error:
        raise RunError(f"{path}: not a readable checkpoint ({error}): restore it from a copy, or train again") from None
    if version not in READABLE:
        raise RunError(f"{path}: written in format {quoted(version)}, but this zen reads {FORMAT}: update zen")
    if digest != _digest(tensors, text):
        raise RunError(f"{path}: its content does not match its digest: restore it from a copy, or train again")
    try:
        metadata = json.loads(text)
        if isinstance(metadata["step"], int) and isinstance(metadata["config"], dict):
            return Checkpoint(path, tensors, metadata)
    except (ValueError, TypeError, KeyError):
        pass  # said below
    raise RunError(f"{path}: its metadata are not those of a checkpoint")


def _forms(arrays: Mapping[str, np.ndarray]) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


def _digest(tensors: Mapping[str, np.ndarray], text: str) -> str:
    """SHA-256 over the metadata's text and over each tensor's name, dtype, shape and bytes."""
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
        digest.update(np.ascontiguousarray(tensor).data)
    return digest.hexdigest()
