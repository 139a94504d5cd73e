"""Recurrent layers: torch.nn.RNN, LSTM and GRU with the parameters of zen's layers."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import torch
from differentiated import Array, Case, Shape, drawn
from torch import Tensor
from torch.func import functional_call

N, H = 3, 2  # features, hidden units
SHORT, LONG = (2, 4, N), (2, 12, N)  # (B, T, N); of long ones zen runs several RNN layers as one recurrence


# --- parameters ---


@dataclass(frozen=True)
class Kind:
    """A layer of PyTorch; the shapes of zen's parameters for n inputs, and PyTorch's four parameters made of them."""

    module: Callable[..., torch.nn.RNNBase]
    shapes: Callable[[int], Mapping[str, Shape]]
    converted: Callable[..., tuple[Tensor, ...]]  # (weight_ih, weight_hh, bias_ih, bias_hh)


def rnn_shapes(n: int) -> dict[str, Shape]:
    return {"U.w": (n, H), "U.b": (H,), "W.w": (H, H), "W.b": (H,)}


def lstm_shapes(n: int) -> dict[str, Shape]:
    return {"U": (n, 4 * H), "W": (H, 4 * H), "b": (4 * H,)}


def gru_shapes(n: int) -> dict[str, Shape]:
    return {"U": (n, 3 * H), "W": (H, 3 * H), "b": (3 * H,), "b_n": (H,)}


def lstm_converted(U: Tensor, W: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    """zen's gates are i, f, o, g; PyTorch's i, f, g, o, and it keeps b in two."""

    def reordered(array: Tensor) -> Tensor:
        i, f, o, g = array.chunk(4, dim=-1)
        return torch.cat([i, f, g, o], dim=-1)

    return reordered(U).T, reordered(W).T, reordered(b), torch.zeros_like(b)


def gru_converted(U: Tensor, W: Tensor, b: Tensor, b_n: Tensor) -> tuple[Tensor, ...]:
    """PyTorch has a second bias for r and z, too."""
    return U.T, W.T, b, torch.cat([b_n.new_zeros(2 * H), b_n])


RNN = Kind(torch.nn.RNN, rnn_shapes, lambda u, u_b, w, w_b: (u.T, w.T, u_b, w_b))
LSTM = Kind(torch.nn.LSTM, lstm_shapes, lstm_converted)
GRU = Kind(torch.nn.GRU, gru_shapes, gru_converted)


def parameters(kind: Kind, layers: int, bidirectional: bool) -> Iterator[tuple[str, Shape]]:
    """Names and shapes in zen's order, which is PyTorch's too: layers, and in each forward before backward."""
    directions = ["forward.", "backward."] if bidirectional else [""]
    for number, direction in product(range(layers), directions):
        place = f"layer{number}." if layers > 1 else ""
        for name, shape in kind.shapes(H * len(directions) if number else N).items():
            yield f"{place}{direction}{name}", shape


# --- runs ---

Run = Callable[..., tuple[Tensor, Any]]


def runner(kind: Kind, layers: int = 1, bidirectional: bool = False, activation: str = "tanh") -> Run:
    """A function of x, zen's parameters and the first state: all states of the top layer, and the last of each."""
    settings = {"nonlinearity": activation} if kind is RNN else {}
    module = kind.module(
        N, H, num_layers=layers, bidirectional=bidirectional, batch_first=True, dtype=torch.float64, **settings
    )
    names, count = [name for name, _ in module.named_parameters()], len(kind.shapes(N))

    def run(x: Tensor, *weights: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        cells = [weights[start : start + count] for start in range(0, len(weights), count)]
        values = [value for cell in cells for value in kind.converted(*cell)]
        return functional_call(module, dict(zip(names, values, strict=True)), (x, state))

    return run


def with_settings(kind: Kind, **settings: Any) -> Iterator[tuple[str, Case]]:
    """A case that returns all states, and one for the last ones."""
    run, name = runner(kind, **settings), spec(kind, **settings)
    inputs = {"x": LONG if kind is RNN else SHORT}
    inputs |= parameters(kind, settings.get("layers", 1), settings.get("bidirectional", False))
    inputs |= lively(name, inputs) if "activation" in settings else {}
    yield spec(kind, **settings, return_sequences=True), Case(lambda *given: run(*given)[0], inputs)
    yield name, Case(lambda *given: last_states(run(*given)[0]), inputs)


def lively(name: str, shapes: Mapping[str, Shape]) -> dict[str, Array]:
    """Parameters for relu, with which its states neither vanish nor grow."""
    weights = {key: drawn(f"{name}/{key}", shape) / 2 for key, shape in shapes.items() if key.endswith(".w")}
    return weights | {key: np.full(H, 1.0) for key in shapes if key.endswith("U.b")}


def spec(kind: Kind, **settings: Any) -> str:
    """As a config has it: LSTM: {hidden_dim: 2, layers: 2}"""
    written = json.dumps({"hidden_dim": H, **settings}).replace('"', "")
    return f"{kind.module.__name__}: {written}"


def last_states(h: Tensor) -> Tensor:
    """What zen returns without return_sequences: the backward cell ends at the first step."""
    return torch.cat([h[:, -1, :H], h[:, 0, H:]], dim=-1)


def stateful(kind: Kind) -> Case:
    """Batches that go on from each other; gradients stay within a batch."""
    run = runner(kind)

    def over_batches(x: Tensor, *weights: Tensor) -> Tensor:
        outputs, state = [], None
        for batch in x:
            h, last = run(batch, *weights, state=state)
            state = tuple(each.detach() for each in last) if kind is LSTM else last.detach()
            outputs.append(h)
        return torch.stack(outputs)

    return Case(over_batches, {"x": (3, *SHORT), **dict(parameters(kind, 1, False))}, notes={"training": True})


# --- with V, the linear layer behind the states ---

run_rnn = runner(RNN)
RNN_WITH_V = dict(parameters(RNN, 1, False)) | {"V.w": (H, N), "V.b": (N,)}


def rnn_with_v(x: Tensor, *weights: Tensor) -> Tensor:
    *cell, v, v_b = weights
    h, _ = run_rnn(x, *cell)
    return h @ v + v_b


def residual_rnns(x: Tensor, *weights: Tensor) -> Tensor:
    half = len(weights) // 2
    return x + rnn_with_v(rnn_with_v(x, *weights[:half]), *weights[half:])


WITH_V = f"RNN: {{units: {N}, hidden_dim: {H}, return_sequences: true}}"
TWO = {f"{place}.RNN.{name}": shape for place in (0, 1) for name, shape in RNN_WITH_V.items()}

# --- all ---

STACKS = [{}, {"layers": 2}, {"bidirectional": True}, {"layers": 2, "bidirectional": True}]

RECURRENT: Mapping[str, Case] = {
    **{name: case for s in STACKS for kind in (RNN, LSTM, GRU) for name, case in with_settings(kind, **s)},
    **{name: case for s in STACKS for name, case in with_settings(RNN, **s, activation="relu")},
    **{spec(kind, return_sequences=True, stateful=True): stateful(kind) for kind in (RNN, LSTM, GRU)},
    WITH_V: Case(rnn_with_v, {"x": LONG, **RNN_WITH_V}),
    f"Residual: [{WITH_V}, {WITH_V}]": Case(residual_rnns, {"x": LONG, **TWO}),
}
