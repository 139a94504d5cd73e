"""Windows that move along an axis: what convolution and pooling share."""

from zen_cli.autodiff.tensor import Array


def steps(cells: int, taps: int, stride: int = 1, dilation: int = 1) -> int:
    """How many places a window of `taps`, `dilation` apart, has on an axis of `cells`; 0 or less where it is longer."""
    return (cells - dilation * (taps - 1) - 1) // stride + 1


def span(first: int, pace: int, count: int) -> slice:
    """`count` cells, `pace` apart, from `first` on."""
    return slice(first, first + (count - 1) * pace + 1, pace)


def along(x: Array, axis: int, cells: slice) -> Array:
    """A view of some cells of one axis."""
    return x[(slice(None),) * axis + (cells,)]
