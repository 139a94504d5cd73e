"""The layers in PyTorch, as its users write them, with zen's weights. PyTorch keeps matrices transposed."""

from collections.abc import Callable, Mapping

import layers as spec
import numpy as np
import torch
from torch import Tensor, nn

Weights = Mapping[str, np.ndarray]


def build(row_layers: tuple[spec.Layer, ...], shape: spec.Shape, weights: Weights) -> nn.Sequential:
    """The stack with its weights, which are `3.Linear.w` in the problem and `w` to the layer's function."""
    modules = []
    for place, one in enumerate(spec.placed(row_layers, shape)):
        own = {name.split(".", 2)[2]: value for name, value in weights.items() if name.startswith(f"{place}.")}
        modules.append(LAYERS[type(one.layer)](one.layer, one.shape, own))
    return nn.Sequential(*modules)


@torch.no_grad()
def fill(parameter: nn.Parameter, value: np.ndarray) -> None:
    parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))


def linear(weight: np.ndarray, bias: np.ndarray) -> nn.Linear:
    module = nn.Linear(*weight.shape)
    fill(module.weight, weight.T)
    fill(module.bias, bias)
    return module


def embedding(layer: spec.Embedding, _: spec.Shape, weights: Weights) -> nn.Module:
    module = nn.Embedding(layer.tokens, layer.dim)
    fill(module.weight, weights["w"])
    return module


# --- images ---


class Flatten(nn.Module):
    """(B, C, H, W) to (B, H W C), in the order of the other frameworks; a view where channels are stored last."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


def convolution(layer: spec.Conv2D, shape: spec.Shape, weights: Weights) -> nn.Module:
    module = nn.Conv2d(shape[-1], layer.filters, layer.kernel_size)
    fill(module.weight, weights["w"].transpose(3, 2, 0, 1))
    fill(module.bias, weights["b"])
    return module


# --- sequences ---


class Recurrent(nn.Module):
    """An nn.RNN, nn.LSTM or nn.GRU that gives the states of all steps, or the last."""

    def __init__(self, cell: nn.RNNBase, return_sequences: bool) -> None:
        super().__init__()
        self.cell = cell
        self.return_sequences = return_sequences

    def forward(self, x: Tensor) -> Tensor:
        states, last = self.cell(x)
        if self.return_sequences:
            return states
        return last[0][0] if isinstance(last, tuple) else last[0]


def recurrence(cell: nn.RNNBase, U: np.ndarray, W: np.ndarray, b: np.ndarray, b_recurrent: np.ndarray) -> nn.RNNBase:
    fill(cell.weight_ih_l0, U.T)
    fill(cell.weight_hh_l0, W.T)
    fill(cell.bias_ih_l0, b)
    fill(cell.bias_hh_l0, b_recurrent)
    return cell


def rnn(layer: spec.RNN, shape: spec.Shape, weights: Weights) -> nn.Module:
    cell = nn.RNN(shape[-1], layer.hidden_dim, batch_first=True)
    recurrence(cell, *(weights[name] for name in ("U.w", "W.w", "U.b", "W.b")))
    states = Recurrent(cell, layer.return_sequences)
    return nn.Sequential(states, linear(weights["V.w"], weights["V.b"])) if layer.units else states


def lstm(layer: spec.LSTM, shape: spec.Shape, weights: Weights) -> nn.Module:
    """PyTorch's gates are i, f, g, o. Its second bias stays at zero: both would move the sum twice as fast."""
    cell = nn.LSTM(shape[-1], layer.hidden_dim, batch_first=True)
    U, W, b = (reordered(weights[name], 4, (0, 1, 3, 2)) for name in ("U", "W", "b"))
    recurrence(cell, U, W, b, np.zeros_like(b))
    cell.bias_hh_l0.requires_grad_(False)
    return Recurrent(cell, layer.return_sequences)


def gru(layer: spec.GRU, shape: spec.Shape, weights: Weights) -> nn.Module:
    """Of PyTorch's second bias only the part of n learns: the others would move the sum twice as fast."""
    cell = nn.GRU(shape[-1], layer.hidden_dim, batch_first=True)
    b_recurrent = np.concatenate([np.zeros(2 * layer.hidden_dim, np.float32), weights["b_n"]])
    recurrence(cell, weights["U"], weights["W"], weights["b"], b_recurrent)
    learns = torch.from_numpy(np.repeat(np.float32([0, 0, 1]), layer.hidden_dim))
    cell.bias_hh_l0.register_hook(lambda g: g * learns)
    return Recurrent(cell, layer.return_sequences)


def reordered(gates: np.ndarray, count: int, order: tuple[int, ...]) -> np.ndarray:
    parts = np.split(gates, count, axis=-1)
    return np.concatenate([parts[i] for i in order], axis=-1)


LAYERS: dict[type, Callable[..., nn.Module]] = {
    spec.Linear: lambda *given: linear(given[-1]["w"], given[-1]["b"]),
    spec.ReLU: lambda *_: nn.ReLU(),
    spec.Sigmoid: lambda *_: nn.Sigmoid(),
    spec.Flatten: lambda *_: Flatten(),
    spec.MaxPool: lambda layer, *_: nn.MaxPool2d(layer.size),
    spec.Conv2D: convolution,
    spec.Embedding: embedding,
    spec.RNN: rnn,
    spec.LSTM: lstm,
    spec.GRU: gru,
}
