"""A case of the reference: a function of torch tensors, and the arrays that it is differentiated at."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

Array = np.ndarray
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Case:
    """`function` takes the inputs and then the constants, in their order. It may change constants in place.

    Inputs get gradients, constants do not. A shape stands for numbers that are drawn. `notes` are for the test.
    """

    function: Callable[..., torch.Tensor]
    inputs: Mapping[str, Shape | Array]
    constants: Mapping[str, Array] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


def differentiated(cases: Mapping[str, Case]) -> dict[str, Any]:
    """Values and gradients, as plain data: `y`, and what becomes of its gradient `g` for each input."""
    return {"cases": {name: _differentiated(name, case) for name, case in cases.items()}}


def _differentiated(name: str, case: Case) -> dict[str, Any]:
    given = {key: _array(f"{name}/{key}", value) for key, value in case.inputs.items()}
    inputs = {key: torch.tensor(value, requires_grad=True) for key, value in given.items()}
    constants = {key: torch.tensor(value) for key, value in case.constants.items()}
    y = case.function(*inputs.values(), *constants.values())
    g = np.array(1.0) if y.ndim == 0 else drawn(f"{name}/g", tuple(y.shape))
    y.backward(torch.tensor(g))
    _refuse_dead(name, inputs)
    after = {key: value for key, value in constants.items() if (value.numpy() != case.constants[key]).any()}
    return {
        **case.notes,
        "inputs": _plain(given),
        "constants": _plain(case.constants),
        "y": y.tolist(),
        "g": g.tolist(),
        "gradients": _plain({key: x.grad for key, x in inputs.items()}),
        "after": _plain(after),
    }


def _refuse_dead(name: str, inputs: Mapping[str, torch.Tensor]) -> None:
    """A gradient of zeros would show nothing."""
    dead = [key for key, x in inputs.items() if not x.grad.any()]
    if dead:
        raise ValueError(f"{name}: no gradient reaches {', '.join(dead)}")


def drawn(name: str, shape: Shape) -> Array:
    """Normal numbers of two digits, which depend on the name alone: another case changes none of them."""
    return np.random.default_rng(zlib.crc32(name.encode())).normal(size=shape).round(2)


def _array(name: str, value: Shape | Array) -> Array:
    return drawn(name, value) if isinstance(value, tuple) else value


def _plain(arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {key: array.tolist() for key, array in arrays.items()}
