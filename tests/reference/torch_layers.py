"""Layers: names are those of a config, parameters have zen's names and layouts, gradients follow through the change.

Axes: zen has channels last, PyTorch first. Weights: zen's stand behind the input, x w, PyTorch's before it, w x.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from differentiated import Case, Shape
from torch import Tensor
from torch.nn import functional
from torch_convolution import SPATIAL
from torch_recurrent import RECURRENT

# --- activations ---

SPREAD = np.array([-1000, -100, -20, -3, -1, -0.1, -1e-6, 0, 1e-6, 0.5, 1, 3, 20, 1000.0]).reshape(7, 2)


def activation(function: Callable[[Tensor], Tensor]) -> Case:
    return Case(function, {"x": SPREAD})


ACTIVATIONS = {
    "Tanh": activation(torch.tanh),
    "Sigmoid": activation(torch.sigmoid),
    "ReLU": activation(functional.relu),
    "LeakyReLU": activation(functional.leaky_relu),
    "LeakyReLU: 0.3": activation(lambda x: functional.leaky_relu(x, 0.3)),
    "ELU": activation(functional.elu),
    "ELU: 0.5": activation(lambda x: functional.elu(x, 0.5)),
    "Softplus": activation(lambda x: functional.softplus(x, threshold=100)),  # PyTorch's 20 is off by e^-x above it
    "SiLU": activation(functional.silu),
    "GELU": activation(functional.gelu),
    "GELU: tanh": activation(lambda x: functional.gelu(x, approximate="tanh")),
    "Softmax": Case(lambda x: torch.softmax(x, -1), {"x": (2, 4, 3)}),
    "Softmax  # far apart": activation(lambda x: torch.softmax(x, -1)),
}

# --- features ---


def linear(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return functional.linear(x, w.T, b)


LINEAR = {
    "Linear: 3": Case(linear, {"x": (5, 2), "w": (2, 3), "b": (3,)}),
    "Linear: 3  # on each step": Case(linear, {"x": (2, 4, 2), "w": (2, 3), "b": (3,)}),
}

# --- tokens ---

TOKENS = np.array([[3, 0, 3, 1], [1, 3, 4, 4]])  # some several times, one never


def embedding(w: Tensor, x: Tensor) -> Tensor:
    return functional.embedding(x, w)


EMBEDDING = {"Embedding: {tokens: 5, dim: 3}": Case(embedding, {"w": (5, 3)}, {"x": TOKENS})}

# --- normalisation ---

MOMENTS = {"running_mean": np.zeros(3), "running_variance": np.ones(3)}
TRAINED_MOMENTS = {"running_mean": np.array([0.3, -2.0, 50.0]), "running_variance": np.array([0.01, 1.0, 900.0])}
TRAINING = {"training": True}  # the first axis of x is the steps of a training, one batch each


def layer_norm(x: Tensor, w: Tensor, b: Tensor, epsilon: float = 1e-5) -> Tensor:
    return functional.layer_norm(x, w.shape, w, b, epsilon)


def batch_norm(training: bool, momentum: float = 0.1, epsilon: float = 1e-5) -> Callable[..., Tensor]:
    def normalized(x: Tensor, w: Tensor, b: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
        y = functional.batch_norm(x.movedim(-1, 1), mean, variance, w, b, training, momentum, epsilon)
        return y.movedim(1, -1)

    def over_steps(x: Tensor, *others: Tensor) -> Tensor:
        return torch.stack([normalized(batch, *others) for batch in x])

    return over_steps if training else normalized


def norm(*x: int) -> dict[str, Shape]:
    return {"x": x, "w": (3,), "b": (3,)}


NORMALISATIONS = {
    "LayerNorm": Case(layer_norm, norm(5, 3)),
    "LayerNorm: 0.1": Case(lambda x, w, b: layer_norm(x, w, b, 0.1), norm(2, 2, 2, 3)),
    "BatchNorm": Case(batch_norm(False), norm(5, 3), TRAINED_MOMENTS),
    "BatchNorm  # images": Case(batch_norm(False), norm(2, 2, 2, 3), TRAINED_MOMENTS),
    "BatchNorm  # training": Case(batch_norm(True), norm(3, 5, 3), MOMENTS, TRAINING),
    "BatchNorm: {momentum: 0.3, epsilon: 0.1}  # training on sequences": Case(
        batch_norm(True, 0.3, 0.1), norm(3, 2, 4, 3), MOMENTS, TRAINING
    ),
}

LAYERS: Mapping[str, Case] = ACTIVATIONS | LINEAR | EMBEDDING | NORMALISATIONS | SPATIAL | RECURRENT
