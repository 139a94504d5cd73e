"""Layers that bring features to mean 0 and variance 1, then to a scale and a level that training finds."""

import math

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.autodiff.normalization import moments
from zen_cli.errors import NonFiniteError, ShapeError
from zen_cli.nn.initializers import Constant, zeros
from zen_cli.nn.layers import Layer, Moment
from zen_cli.nn.lengths import there
from zen_cli.nn.parameters import Declaration, Shape
from zen_cli.settings import Fraction, Positive

ones = Constant(1)


class LayerNorm(Layer):
    """Each example is brought to mean 0 and variance 1 over its features, then scaled and shifted.

    y = (x - mean) / sqrt(variance + epsilon) w + b

    The features are the last axis, of two or more: (..., n) stays (..., n). w starts at one, b at zero. (Ba, Kiros and
    Hinton 2016, "Layer normalization".)

    epsilon: Keeps the division finite where all features of an example are equal.
    """

    scope = "features"

    def __init__(self, epsilon: Positive = 1e-5) -> None:
        self.epsilon = epsilon

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        if not shape or shape[-1] < 2:
            raise ShapeError(
                f"LayerNorm compares the features of each example, two or more on the last axis, but each example "
                f"has shape {shape}",
                "put it behind a layer with more units",
            )
        self.w = declare("w", shape[-1:], ones)
        self.b = declare("b", shape[-1:], zeros)
        return shape

    def __call__(self, x: Tensor) -> Tensor:
        return ad.layer_norm(x, self.w, self.b, self.epsilon)


class BatchNorm(Layer):
    """Each feature is brought to mean 0 and variance 1 over the batch, then scaled and shifted.

    y = (x - mean) / sqrt(variance + epsilon) w + b

    The features, or channels, are the last axis: (..., n) stays (..., n). While training, mean and variance are those
    of the batch, over all other axes; prediction takes running ones. w starts at one, b at zero. (Ioffe and Szegedy
    2015, "Batch normalization".)

    momentum: Which part of the way the running mean and variance move to those of each batch that trains, as in
        PyTorch; Keras gives the part that they keep.
    epsilon: Keeps the division finite where a feature is constant.
    """

    scope = "features"

    def __init__(self, momentum: Fraction = 0.1, epsilon: Positive = 1e-5) -> None:
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, shape: Shape, declare: Declaration) -> Shape:
        if not shape:
            raise ShapeError("BatchNorm expects inputs with an axis of features, but each example is one number")
        self.fewest_examples = 2 if math.prod(shape[:-1]) == 1 else 1
        self.w = declare("w", shape[-1:], ones)
        self.b = declare("b", shape[-1:], zeros)
        self.mean = declare.buffer("running_mean", shape[-1:], zeros)
        self.variance = declare.buffer("running_variance", shape[-1:], ones)
        return shape

    def __call__(self, x: Tensor) -> Tensor:
        scale = self.w * (1 / np.sqrt(self.variance.value + self.epsilon))
        return x * scale + (self.b - scale * self.mean.value)

    def in_training(self, x: Tensor, moment: Moment) -> Tensor:  # noqa: ARG002 - nothing random
        count = math.prod(x.shape[:-1])
        _demand_two(count, x)
        mean, variance = moments(x.value)
        self._follow(mean, variance * (count / (count - 1)))
        return ad.batch_norm(x, self.w, self.b, self.epsilon, (mean, variance))

    def padded(self, x: Tensor, lengths: np.ndarray, moment: Moment | None) -> Tensor:
        """While training, mean and variance are those of the steps that are there."""
        if moment is None:
            return self(x)
        count, axes = int(lengths.sum()) * math.prod(x.shape[2:-1]), tuple(range(x.ndim - 1))
        _demand_two(count, x)
        share = there(x, lengths).astype(x.dtype) / count  # (B, T, 1, ...)
        mean = ad.reduce_sum(x * share, axes)
        centred = x - mean
        variance = ad.reduce_sum(ad.square(centred) * share, axes)
        self._follow(mean.value, variance.value * (count / (count - 1)))
        return centred * (variance + self.epsilon) ** -0.5 * self.w + self.b

    def _follow(self, mean: np.ndarray, variance: np.ndarray) -> None:
        """Move the running moments; NonFiniteError before they are spoilt. An infinite variance shows nowhere else."""
        if not math.isfinite(total := variance.sum()):
            raise NonFiniteError(f"the variance of a feature in BatchNorm is {total}")
        self.mean.value += self.momentum * (mean - self.mean.value)
        self.variance.value += self.momentum * (variance - self.variance.value)


def _demand_two(count: int, x: Tensor) -> None:
    if count < 2:
        raise ShapeError(
            f"BatchNorm trains on batches with two values of each feature or more, but got one of shape {x.shape}",
            "take larger batches",
        )
