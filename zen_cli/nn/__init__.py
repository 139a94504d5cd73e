"""Layers and the model that stacks them."""

from zen_cli.nn.activations import ReLU, Sigmoid, Softmax, Tanh
from zen_cli.nn.layers import Layer, Linear
from zen_cli.nn.model import Model
from zen_cli.nn.recurrent import RNN

__all__ = ["RNN", "Layer", "Linear", "Model", "ReLU", "Sigmoid", "Softmax", "Tanh"]
