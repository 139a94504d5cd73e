"""Products with weights."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from zen_cli.autodiff.tensor import (
    Array,
    Gradient,
    Operand,
    Product,
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
    y = np.add(product, b, product if product.dtype == b.dtype else None)

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        g_rows = g.reshape(-1, len(b))
        return *pull_back_product(g), Product(ones(len(g_rows), g.dtype), g_rows)

    return y, pull_back


@lru_cache(maxsize=64)
def ones(count: int, dtype: np.dtype) -> Array:
    """A vector of ones, not to be changed: as a product with it, a sum of rows is several times quicker."""
    return fixed(np.ones(count, dtype))


def fixed(array: Array) -> Array:
    """The array, which from now on cannot be written to."""
    array.flags.writeable = False
    return array


# --- the product of a step, features in the rows ---


def vector_extensions() -> list[str]:
    """The vector instructions that NumPy uses on this processor, by its names."""
    simd = np.show_config(mode="dicts").get("SIMD Extensions", {})
    return [*simd.get("baseline", ()), *simd.get("found", ())]


# Where there is AVX-512, OpenBLAS does products of up to 10^6 multiplications without repacking their operands first. A
# matrix cut into slices that small meets a step's narrow one at the speed of large products: measured up to 250 GF/s,
# against 200 in one piece, and 40 where B is 5 or 10. Elsewhere slices cost a tenth.
_HAS_AVX512 = any(name.startswith(("AVX512", "X86_V4")) for name in vector_extensions())
SMALL_PRODUCT = 10**6 if _HAS_AVX512 else 0


def product_of(w: Array, B: int) -> Callable[[Array, Array], object]:
    """What computes w a for `w` (R, K): a function of a (K, B) and out (R, B)."""
    (R, K), w = w.shape, np.ascontiguousarray(w)
    sizes = (R, 64, 32, 16, 8) if B % 32 == 0 else (R, 64, 32, 16)  # rows of a slice
    rows = next((rows for rows in sizes if R % rows == 0 and rows * K * B <= SMALL_PRODUCT), R)
    if rows == R or B > 64:
        return w.dot
    slices = w.reshape(-1, rows, K)
    if B < 64:  # the layout that is quicker with fewer columns
        slices = np.ascontiguousarray(slices.mT).mT
    return lambda a, out: np.matmul(slices, a, out.reshape(-1, rows, B))
