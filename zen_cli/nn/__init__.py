"""Layers and the model that stacks them."""

from zen_cli.nn.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh
from zen_cli.nn.convolution import Conv1D, Conv2D
from zen_cli.nn.dropout import Dropout
from zen_cli.nn.embedding import Embedding
from zen_cli.nn.layers import Layer, Linear
from zen_cli.nn.model import Model
from zen_cli.nn.normalization import BatchNorm, LayerNorm
from zen_cli.nn.pooling import AveragePool, GlobalPool, MaxPool
from zen_cli.nn.recurrent import GRU, LSTM, RNN
from zen_cli.nn.residual import Residual
from zen_cli.nn.shaping import Flatten, Reshape

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "AveragePool",
    "BatchNorm",
    "Conv1D",
    "Conv2D",
    "Dropout",
    "Embedding",
    "Flatten",
    "GlobalPool",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MaxPool",
    "Model",
    "ReLU",
    "Reshape",
    "Residual",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]
