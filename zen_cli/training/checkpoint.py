"""A checkpoint: one safetensors file with all that prediction needs, and all that training needs to go on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from zen_cli.errors import RunError, printable, quoted
from zen_cli.nn import Model
from zen_cli.training.best import Best
from zen_cli.training.durable import publish
from zen_cli.training.reading import demand_file, is_count, parsed
from zen_cli.training.state import State
from zen_cli.training.tensors import as_file

FORMAT = "3"
READABLE = {"1", "2", FORMAT}  # the first has no preparation, the first two no position
METADATA_KEY = "zen"


class DamagedError(RunError):
    """A file that is not what was written: an older one may do in its place."""


class GoneError(RunError):
    """A file that is not there, or not any more."""


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

    @property
    def state(self) -> State:
        return State.in_tensors(self.tensors)

    @property
    def best(self) -> Best:
        """Of no epoch, in a format that did not say. RunError where it cannot be read."""
        stored = self.metadata.get("best")
        try:
            best = Best() if stored is None else Best.of(stored)
        except (LookupError, TypeError, ValueError, ArithmeticError):
            raise self._misread() from None
        if not 0 <= best.step <= self.step:
            raise self._misread()
        return best

    def _misread(self) -> RunError:
        return RunError(f"{self.path}: its metadata are not those of a checkpoint")

    def demand_fit(self, model: Model) -> None:
        """RunError unless the parameters are those of this model, which is planned for this checkpoint's config."""
        try:
            self.state.demand_fit(model)
        except RunError as error:
            raise RunError(f"{self.path}: {error}") from None


def save(path: Path, state: State, metadata: Mapping[str, Any]) -> None:
    """Write a checkpoint that lasts once this returns. `metadata` is plain data."""
    tensors = state.tensors()
    text = json.dumps(metadata, sort_keys=True)
    # under one key, because safetensors may write several in any order, and equal states shall give equal bytes
    publish(path, as_file(tensors, {METADATA_KEY: f"{FORMAT} {_digest(FORMAT, tensors, text)} {text}"}))


def load(path: Path) -> Checkpoint:
    """Read a checkpoint; RunError unless it is whole and of a format that this version knows.

    DamagedError, which is one, where the file is not as it was written.
    """
    try:
        demand_file(path)
        with safe_open(path, framework="numpy") as file:
            version, digest, text = (file.metadata() or {})[METADATA_KEY].split(" ", 2)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it has no __iter__
    except PermissionError:
        raise RunError(f"{path}: it cannot be opened: see to its permissions") from None
    except FileNotFoundError:
        if path.is_symlink():
            raise DamagedError(f"{path}: a link to what is not there: restore it from a copy, or train again") from None
        raise GoneError(f"{path}: there is no such checkpoint: restore it from a copy, or train again") from None
    except KeyError:
        raise DamagedError(f"{path}: a safetensors file, but not one of zen's checkpoints") from None
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:  # the last two: bfloat16, float8
        why = f"not a readable checkpoint ({printable(getattr(error, 'strerror', None) or str(error), 150)})"
        raise DamagedError(f"{path}: {why}: restore it from a copy, or train again") from None
    newer = f"written in format {quoted(version)}, but this zen reads {FORMAT}: update zen"
    if digest != _digest(version, tensors, text):
        why = "its content does not match its digest" + ("" if version in READABLE else f", or it was {newer}")
        raise DamagedError(f"{path}: {why}: restore it from a copy, or train again")
    if version not in READABLE:
        raise RunError(f"{path}: {newer}")
    try:
        metadata = parsed(text)
        step, config = metadata["step"], metadata["config"]
        if is_count(step) and isinstance(config, dict):
            return Checkpoint(path, tensors, metadata)
    except (ValueError, TypeError, KeyError):
        pass  # said below
    raise RunError(f"{path}: its metadata are not those of a checkpoint")


def peek(path: Path) -> dict[str, Any]:
    """The metadata of a checkpoint, unverified and in a moment, for what is only said; empty where there are none."""
    try:
        demand_file(path)
        with safe_open(path, framework="numpy") as file:
            metadata = parsed((file.metadata() or {})[METADATA_KEY].split(" ", 2)[2])
    except (SafetensorError, OSError, ValueError, LookupError):
        return {}
    return metadata if isinstance(metadata, dict) else {}


def _digest(version: str, tensors: Mapping[str, np.ndarray], text: str) -> str:
    """SHA-256 over the format, the metadata's text, and each tensor's name, dtype, shape and bytes.

    The first two formats leave themselves out. Whatever comes after this one, the digest stays, so that a newer file
    can be told from a damaged one.
    """
    digest = hashlib.sha256((text if version in {"1", "2"} else f"{version} {text}").encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
        digest.update(np.ascontiguousarray(tensor).data)
    return digest.hexdigest()
