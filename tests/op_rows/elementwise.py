import math

import numpy as np

from op_rows.draw import positive


def numpy_gelu(x, approximate="none"):
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return x * np.vectorize(lambda v: 0.5 * math.erfc(-v / math.sqrt(2)))(x)


REFERENCES = {
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.where(x > 0, x, 0),
    "leaky_relu": lambda x, slope=0.01: np.where(x > 0, x, slope * x),
    "elu": lambda x, alpha=1.0: np.where(x > 0, x, alpha * (np.exp(x) - 1)),
    "gelu": numpy_gelu,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
}
SMOOTH = ["square", "exp", "expm1", "sin", "cos", "tanh", "sigmoid", "softplus", "silu", "gelu"]
KINKED = ["absolute", "relu", "leaky_relu", "elu"]
ROWS = [
    *[(op, [shape], ()) for op in SMOOTH + KINKED for shape in ((2, 3), ())],
    *[(op, [positive(2, 3)], ()) for op in ("log", "log1p", "sqrt")],
    *[("leaky_relu", [(2, 3)], (slope,)) for slope in (0.3, 2.0)],
    *[("elu", [(2, 3)], (alpha,)) for alpha in (0.5, 2.0)],
    *[("gelu", [(2, 3)], (approximate,)) for approximate in ("none", "tanh")],
]
