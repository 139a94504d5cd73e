"""Layers and the model that stacks them."""

from zen_cli.nn.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from zen_cli.nn.dropout import Dropout
from zen_cli.nn.layers import Layer, Linear
from zen_cli.nn.model import Model
from zen_cli.nn.normalization import BatchNorm, LayerNorm
from zen_cli.nn.recurrent import GRU, LSTM, RNN
from zen_cli.nn.residual import Residual

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "BatchNorm",
    "Dropout",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "Model",
    "ReLU",
    "Residual",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]
