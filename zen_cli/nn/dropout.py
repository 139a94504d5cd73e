"""Dropout: noise while training, nothing in prediction."""

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.nn.layers import Layer, Moment
from zen_cli.settings import Rate


class Dropout(Layer):
    """While training each number is dropped, y = 0, with probability `rate`, and else y = x / (1 - rate).

    In prediction y = x. Which numbers are dropped depends on seed and step alone. (Srivastava et al. 2014, "Dropout: a
    simple way to prevent neural networks from overfitting".)

    rate: Which share of the numbers is dropped, not kept. More of it, where a model scores worse on held-out examples
        than on those that trained.
    """

    def __init__(self, rate: Rate) -> None:
        self.rate = rate

    def __call__(self, x: Tensor) -> Tensor:
        return x

    def in_training(self, x: Tensor, moment: Moment) -> Tensor:
        return ad.dropout(x, self.rate, moment.rng)
