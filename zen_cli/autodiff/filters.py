"""Two ways to convolve along the width of images that are stored (H, C, W, B).

Both make matrix products of it: `spread` lays out columns of the images in groups, `kernels` makes a matrix of the
weights for each group, and `combine` makes outputs of the products. Each stands beside its transpose, which is its
gradient: `collect`, `d_kernels` and `split`.

Outputs are computed in phases: column q * phases + f is column q of phase f. So a maximum over neighbouring columns is
one over whole arrays. A phase has `count` columns, M = count B numbers of each row and channel.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from zen_cli.autodiff.tensor import Array
from zen_cli.autodiff.windows import span

FEWEST_TERMS = 40  # kh C: where `Minimal` was measured to be faster; with fewer, products are not what takes the time


@dataclass(frozen=True)
class Direct:
    """A group for each phase: the columns that the taps of the kernel meet, one below the other, K = taps C rows."""

    taps: int
    stride: int
    dilation: int
    phases: int
    count: int

    @property
    def reach(self) -> int:
        """How many columns of the images are read."""
        return (self.phases * self.count - 1) * self.stride + self.dilation * (self.taps - 1) + 1

    def met(self, x: Array) -> list[list[Array]]:
        """The columns that each tap meets, by phase: views (H, C, count, B)."""
        pace = self.phases * self.stride
        return [
            [x[:, :, span(f * self.stride + tap * self.dilation, pace, self.count)] for tap in range(self.taps)]
            for f in range(self.phases)
        ]

    def spread(self, x: Array) -> Array:
        """(H, C, W, B) becomes (groups, H, K, M)."""
        H, C, _, B = x.shape
        out = np.empty((self.phases, H, self.taps, C, self.count, B), x.dtype)
        for group, met in zip(out, self.met(x), strict=True):
            for tap, cells in enumerate(met):
                group[:, tap] = cells
        return out.reshape(self.phases, H, self.taps * C, self.count * B)

    def collect(self, d_spread: Array, dx: Array) -> None:
        """Add to `dx` (H, C, W, B), at the columns that were spread."""
        H, C, _, B = dx.shape
        groups = d_spread.reshape(self.phases, H, self.taps, C, self.count, B)
        for group, met in zip(groups, self.met(dx), strict=True):
            for tap, cells in enumerate(met):
                cells += group[:, tap]

    def kernels(self, w: Array) -> Array:
        """(kh, kw, C, N) becomes (groups, kh K, N), here the same for all groups."""
        matrix = w.reshape(-1, w.shape[-1])
        return np.broadcast_to(matrix, (self.phases, *matrix.shape))

    def d_kernels(self, d: Array, shape: tuple[int, ...]) -> Array:
        total: Array = np.add.reduce(d)
        return total.reshape(shape)

    def room(self, out: Array) -> Array:
        """Where the products go, (groups, H, N, M), of which `combine` makes `out` (phases, H, N, count, B)."""
        return out.reshape(*out.shape[:3], -1)

    def combine(self, products: Array, out: Array) -> None:
        """Nothing is left to do: each product is a phase."""

    def split(self, g: Array) -> Iterable[Array]:
        """The gradients of the products from those of the outputs: (groups, H, N, M) from (phases, H, N, M)."""
        return g


@dataclass(frozen=True)
class Minimal:
    """Two neighbouring outputs of a kernel with three taps, from four products instead of six.

    The columns d0 ... d3 that a pair meets and the taps w0, w1, w2 give

        y0 = d0 w0 + d1 w1 + d2 w2 = m0 + m1 + m2      m0 = (d0 - d2) w0    m1 = (d1 + d2) (w0 + w1 + w2) / 2
        y1 = d1 w0 + d2 w1 + d3 w2 = m1 - m2 + m3      m3 = (d3 - d1) w2    m2 = (d2 - d1) (w0 - w1 + w2) / 2

    with a group for each product, K = C. (Winograd 1980, "Arithmetic complexity of computations"; Lavin and Gray 2016,
    "Fast algorithms for convolutional neural networks", F(2, 3).)
    """

    count: int
    phases = 2

    @property
    def reach(self) -> int:
        return 2 * self.count + 2

    def met(self, x: Array) -> list[Array]:
        """d0 ... d3 of all pairs: views (H, C, count, B)."""
        return [x[:, :, span(first, 2, self.count)] for first in range(4)]

    def spread(self, x: Array) -> Array:
        H, C, _, B = x.shape
        out = np.empty((4, H, C, self.count, B), x.dtype)
        d0, d1, d2, d3 = self.met(x)
        np.subtract(d0, d2, out=out[0])
        np.add(d1, d2, out=out[1])
        np.subtract(d2, d1, out=out[2])
        np.subtract(d3, d1, out=out[3])
        return out.reshape(4, H, C, self.count * B)

    def collect(self, d_spread: Array, dx: Array) -> None:
        H, C, _, B = dx.shape
        m0, m1, m2, m3 = d_spread.reshape(4, H, C, self.count, B)
        d0, d1, d2, d3 = self.met(dx)
        d0 += m0
        d1 += m1 - m2 - m3
        d2 += m1 + m2 - m0
        d3 += m3

    def kernels(self, w: Array) -> Array:
        w0, w1, w2 = w.swapaxes(0, 1)  # (kh, C, N)
        outer, middle = (w0 + w2) / 2, w1 / 2
        return np.stack([w0, outer + middle, outer - middle, w2]).reshape(4, -1, w.shape[-1])

    def d_kernels(self, d: Array, shape: tuple[int, ...]) -> Array:
        kh, _, C, N = shape
        m0, m1, m2, m3 = d.reshape(4, kh, C, N)
        outer, middle = (m1 + m2) / 2, (m1 - m2) / 2
        return np.stack([m0 + outer, middle, m3 + outer], axis=1)

    def room(self, out: Array) -> Array:
        _, H, N, count, B = out.shape
        return np.empty((4, H, N, count * B), out.dtype)

    def combine(self, products: Array, out: Array) -> None:
        m0, m1, m2, m3 = products.reshape(4, *out.shape[1:])
        y0, y1 = out
        np.add(m1, m2, out=y0)
        y0 += m0
        np.subtract(m1, m2, out=y1)
        y1 += m3

    def split(self, g: Array) -> Iterable[Array]:
        g0, g1 = g
        return g0, g0 + g1, g0 - g1, g1


Filter = Direct | Minimal


def suits_minimal(kernel: Sequence[int], stride: int, dilation: int) -> bool:
    """Whether two phases are better computed by `Minimal`, for weights of the shape `kernel`."""
    rows, taps, channels, _ = kernel
    return taps == 3 and stride == dilation == 1 and rows * channels >= FEWEST_TERMS


def filter_for(kernel: Sequence[int], stride: int, dilation: int, phases: int, count: int) -> Filter:
    if phases == 2 and suits_minimal(kernel, stride, dilation):
        return Minimal(count)
    return Direct(kernel[1], stride, dilation, phases, count)
