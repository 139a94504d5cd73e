"""Arrays that remember how they were computed, and their gradients. Imports NumPy alone."""

from zen_cli.autodiff.check import gradient_error
from zen_cli.autodiff.elementwise import exp, log, relu, sigmoid, tanh
from zen_cli.autodiff.probabilities import Probabilities, log_probabilities, log_softmax, softmax
from zen_cli.autodiff.products import linear, linear_composed
from zen_cli.autodiff.recurrent import rnn, rnn_composed, staggered_inputs, staggered_weights
from zen_cli.autodiff.reductions import reduce_mean, reduce_sum
from zen_cli.autodiff.shapes import concatenate, flatten, reshape, stack, transpose
from zen_cli.autodiff.tensor import (
    Tensor,
    add,
    divide,
    getitem,
    matmul,
    multiply,
    negative,
    no_grad,
    power,
    primitive,
    subtract,
)

__all__ = [
    "Probabilities",
    "Tensor",
    "add",
    "concatenate",
    "divide",
    "exp",
    "flatten",
    "getitem",
    "gradient_error",
    "linear",
    "linear_composed",
    "log",
    "log_probabilities",
    "log_softmax",
    "matmul",
    "multiply",
    "negative",
    "no_grad",
    "power",
    "primitive",
    "reduce_mean",
    "reduce_sum",
    "relu",
    "reshape",
    "rnn",
    "rnn_composed",
    "sigmoid",
    "softmax",
    "stack",
    "staggered_inputs",
    "staggered_weights",
    "subtract",
    "tanh",
    "transpose",
]
