"""Products with weights."""

import numpy as np

from zen_cli.autodiff.tensor import (
    Array,
    Gradient,
    Operand,
    PullBack,
    Tensor,
    add,
    matmul,
    primitive,
    rows_times_matrix,
)


def linear_composed(x: Operand, w: Operand, b: Operand) -> Tensor:
    """x w + b: what `linear` does, without any backpropagation code."""
    return add(matmul(x, w), b)


@primitive
def linear(x: Array, w: Array, b: Array, /) -> tuple[Array, PullBack]:
    """x w + b for x (..., n), w (n, m) and b (m,). As one op it adds in place and sums b's gradient as a product."""
    product, pull_back_product = rows_times_matrix(x, w)
    y = product.astype(np.result_type(product, b), copy=False)
    y += b

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        return *pull_back_product(g), lambda: np.ones(g.size // len(b), g.dtype).dot(g.reshape(-1, len(b)))

    return y, pull_back
