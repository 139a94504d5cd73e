"""A ready example in PyTorch, as its users write it: its own layers, first weights, loss and Adam.

Batches are zen's, in zen's order. What is drawn besides, first weights and dropout, is PyTorch's; `trained_alike` takes
zen's first weights too.
"""

import os
from collections.abc import Callable, Mapping

import numpy as np
import torch
from examples import judged
from torch import Tensor, nn

from peers.torch_models import fill, reordered
from zen_cli import nn as zen
from zen_cli.config.build import Experiment
from zen_cli.data.rows import Where, selected
from zen_cli.nn.model import batches
from zen_cli.padded import Padded
from zen_cli.streams import Stream, generator

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))

Shape = tuple[int, ...]
Weights = Mapping[str, np.ndarray]


def trained(experiment: Experiment) -> np.ndarray:
    """The outputs for the examples that are judged, after a training."""
    torch.manual_seed(experiment.model.seed)
    return _trained(build(experiment.model), experiment)


def trained_alike(experiment: Experiment) -> np.ndarray:
    """The same, from the weights that zen draws."""
    torch.manual_seed(experiment.model.seed)
    modules = build(experiment.model)
    take_weights(modules, experiment.model)
    return _trained(modules, experiment)


def _trained(model: nn.Sequential, experiment: Experiment) -> np.ndarray:
    _train(model, experiment)
    model.eval()
    with torch.inference_mode():
        outputs = model(_inputs(model, experiment, judged(experiment)))
    return (outputs.softmax(-1) if experiment.outputs.ending == "Softmax" else outputs).numpy()


def _train(model: nn.Sequential, experiment: Experiment) -> None:
    settings, part = experiment.config["training"], experiment.data.parts.train
    inputs, (targets, mask) = _inputs(model, experiment, part), _targets(experiment, part)
    optimizer = torch.optim.Adam(model.parameters(), lr=experiment.config["optimizer"]["Adam"]["lr"])
    for epoch in range(1, settings["epochs"] + 1):
        order = torch.from_numpy(_order(experiment, epoch, len(inputs)))
        for batch in batches(len(inputs), settings["batch_size"]):
            chosen = order[batch]
            optimizer.zero_grad()
            loss = _loss(model(inputs[chosen]), targets[chosen], None if mask is None else mask[chosen])
            loss.backward()
            if settings["clip_norm"]:
                nn.utils.clip_grad_norm_(model.parameters(), settings["clip_norm"])
            optimizer.step()


def _order(experiment: Experiment, epoch: int, count: int) -> np.ndarray:
    if not experiment.config["training"]["shuffle"]:
        return np.arange(count)
    return generator(experiment.model.seed, Stream.SHUFFLE, epoch).permutation(count)


def _loss(outputs: Tensor, targets: Tensor, mask: Tensor | None) -> Tensor:
    """MSE of values, the cross-entropy of classes; of sequences of different lengths, over the steps that are there."""
    if targets.is_floating_point():
        return nn.functional.mse_loss(outputs, targets)
    if mask is not None:
        outputs, targets = outputs[mask], targets[mask]
    return nn.functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())


def _inputs(model: nn.Sequential, experiment: Experiment, part: Where) -> Tensor:
    rows = selected(experiment.data.inputs, part)[:]
    values = rows.values if isinstance(rows, Padded) else rows
    return torch.from_numpy(values.astype(np.int64 if isinstance(model[0], nn.Embedding) else np.float32))


def _targets(experiment: Experiment, part: Where) -> tuple[Tensor, Tensor | None]:
    """The targets, and which of them count where that differs."""
    rows = selected(experiment.data.targets, part)[:]
    values, mask = (rows.values, torch.from_numpy(rows.mask)) if isinstance(rows, Padded) else (rows, None)
    return torch.from_numpy(values.astype(np.int64 if values.dtype.kind in "iu" else np.float32)), mask


# --- layers ---


class Recurrent(nn.Module):
    """The states of all steps, or the last of each direction."""

    def __init__(self, cell: nn.RNNBase, return_sequences: bool) -> None:
        super().__init__()
        self.cell = cell
        self.return_sequences = return_sequences

    def forward(self, x: Tensor) -> Tensor:
        states, last = self.cell(x)
        if self.return_sequences:
            return states
        hidden = last[0] if isinstance(last, tuple) else last  # (directions, B, H)
        return hidden.transpose(0, 1).flatten(1)


class Convolution(nn.Module):
    """Over steps (B, T, n), which PyTorch has as (B, n, T)."""

    def __init__(self, convolution: nn.Conv1d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(x.transpose(1, 2)).transpose(1, 2)


def build(model: zen.Model) -> nn.Sequential:
    """The layers of a model, without the Softmax, which is in PyTorch's loss."""
    shapes = [model.input_shape, *(summary.output for summary in model.summary)]
    kept = [pair for pair in zip(model.layers, shapes, strict=False) if not isinstance(pair[0], zen.Softmax)]
    return nn.Sequential(*(LAYERS[type(layer)](layer, shape) for layer, shape in kept))


def _recurrent(cell: type[nn.RNNBase]) -> Callable[[zen.LSTM | zen.GRU, Shape], nn.Module]:
    def make(layer: zen.LSTM | zen.GRU, shape: Shape) -> nn.Module:
        made = cell(shape[-1], layer.hidden_dim, batch_first=True, bidirectional=layer.bidirectional)
        return Recurrent(made, layer.return_sequences)

    return make


LAYERS: dict[type[zen.Layer], Callable[..., nn.Module]] = {
    zen.Linear: lambda layer, shape: nn.Linear(shape[-1], layer.units),
    zen.Embedding: lambda layer, _: nn.Embedding(layer.tokens, layer.dim),
    zen.Dropout: lambda layer, _: nn.Dropout(layer.rate),
    zen.Reshape: lambda layer, _: nn.Unflatten(1, layer.shape),
    zen.ReLU: lambda *_: nn.ReLU(),
    zen.Tanh: lambda *_: nn.Tanh(),
    zen.Conv1D: lambda layer, shape: Convolution(
        nn.Conv1d(shape[-1], layer.filters, layer.kernel_size, stride=layer.stride)
    ),
    zen.LSTM: _recurrent(nn.LSTM),
    zen.GRU: _recurrent(nn.GRU),
}


# --- zen's first weights ---


def take_weights(modules: nn.Sequential, model: zen.Model) -> None:
    model.build()
    values = {parameter.name: parameter.value for parameter in model.parameters}
    for place, (layer, module) in enumerate(zip(model.layers, modules, strict=False)):
        own = {name.split(".", 2)[2]: value for name, value in values.items() if name.startswith(f"{place}.")}
        if own:
            WEIGHTS[type(layer)](module, own)


def _linear(module: nn.Linear, own: Weights) -> None:
    fill(module.weight, own["w"].T)
    fill(module.bias, own["b"])


def _convolution(module: Convolution, own: Weights) -> None:
    fill(module.convolution.weight, own["w"].transpose(2, 1, 0))
    fill(module.convolution.bias, own["b"])


def _lstm(module: Recurrent, own: Weights) -> None:
    """PyTorch's gates are i, f, g, o, and of its two biases one learns."""
    for end, prefix in _directions(module):
        U, W, b = (reordered(own[prefix + name], 4, (0, 1, 3, 2)) for name in ("U", "W", "b"))
        _cell(module.cell, end, U, W, b, np.zeros_like(b))
        module.cell.get_parameter(f"bias_hh_l0{end}").requires_grad_(False)


def _gru(module: Recurrent, own: Weights) -> None:
    """Of the second bias only the part of n learns."""
    H = module.cell.hidden_size
    learns = torch.from_numpy(np.repeat(np.float32([0, 0, 1]), H))
    for end, prefix in _directions(module):
        second = np.concatenate([np.zeros(2 * H, np.float32), own[f"{prefix}b_n"]])
        _cell(module.cell, end, own[f"{prefix}U"], own[f"{prefix}W"], own[f"{prefix}b"], second)
        module.cell.get_parameter(f"bias_hh_l0{end}").register_hook(lambda g: g * learns)


def _directions(module: Recurrent) -> list[tuple[str, str]]:
    """How the names of a direction's parameters end in PyTorch, and begin in zen."""
    return [("", "forward."), ("_reverse", "backward.")] if module.cell.bidirectional else [("", "")]


def _cell(cell: nn.RNNBase, end: str, U: np.ndarray, W: np.ndarray, b: np.ndarray, second: np.ndarray) -> None:
    for name, value in (("weight_ih", U.T), ("weight_hh", W.T), ("bias_ih", b), ("bias_hh", second)):
        fill(cell.get_parameter(f"{name}_l0{end}"), value)


WEIGHTS: dict[type[zen.Layer], Callable[..., None]] = {
    zen.Linear: _linear,
    zen.Embedding: lambda module, own: fill(module.weight, own["w"]),
    zen.Conv1D: _convolution,
    zen.LSTM: _lstm,
    zen.GRU: _gru,
}
