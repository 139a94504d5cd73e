"""The layers that rows are made of: their weights under zen's names, the shape they give, and their arithmetic.

A layer's fields are the arguments of zen's class of the same name. Shapes leave out the batch; images are channels
last.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

Shape = tuple[int, ...]
Shapes = dict[str, Shape]


@dataclass(frozen=True)
class Layer:
    """A layer without weights that keeps the shape, unless it says otherwise."""

    def weights(self, shape: Shape) -> Shapes:  # noqa: ARG002 - for layers that have some
        """The weights for inputs of `shape`, by name."""
        return {}

    def output(self, shape: Shape) -> Shape:
        return shape

    def uses(self, shape: Shape) -> int:
        """How often an example meets each of the layer's matrices."""
        return math.prod(shape[:-1])


@dataclass(frozen=True)
class ReLU(Layer):
    pass


@dataclass(frozen=True)
class Sigmoid(Layer):
    pass


@dataclass(frozen=True)
class Flatten(Layer):
    def output(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


@dataclass(frozen=True)
class Linear(Layer):
    units: int

    def weights(self, shape: Shape) -> Shapes:
        return {"w": (shape[-1], self.units), "b": (self.units,)}

    def output(self, shape: Shape) -> Shape:
        return (*shape[:-1], self.units)


@dataclass(frozen=True)
class Embedding(Layer):
    tokens: int
    dim: int

    def weights(self, shape: Shape) -> Shapes:  # noqa: ARG002 - the same for every length
        return {"w": (self.tokens, self.dim)}

    def output(self, shape: Shape) -> Shape:
        return (*shape, self.dim)

    def uses(self, shape: Shape) -> int:  # noqa: ARG002 - rows are looked up, not multiplied
        return 0


# --- images ---


@dataclass(frozen=True)
class Conv2D(Layer):
    """Stride 1, no padding."""

    filters: int
    kernel_size: int

    def weights(self, shape: Shape) -> Shapes:
        return {"w": (self.kernel_size, self.kernel_size, shape[-1], self.filters), "b": (self.filters,)}

    def output(self, shape: Shape) -> Shape:
        height, width, _ = shape
        return (height - self.kernel_size + 1, width - self.kernel_size + 1, self.filters)

    def uses(self, shape: Shape) -> int:
        return math.prod(self.output(shape)[:2])


@dataclass(frozen=True)
class MaxPool(Layer):
    size: int

    def output(self, shape: Shape) -> Shape:
        height, width, channels = shape
        return (height // self.size, width // self.size, channels)


# --- sequences ---


@dataclass(frozen=True, kw_only=True)
class RNN(Layer):
    """h_t = tanh(U x_t + W h_(t-1)), y_t = V h_t, each of U, W and V with a bias."""

    units: int = 0
    hidden_dim: int
    return_sequences: bool = False

    def weights(self, shape: Shape) -> Shapes:
        H = self.hidden_dim
        sizes = {"U": (shape[-1], H), "W": (H, H)} | ({"V": (H, self.units)} if self.units else {})
        return {f"{part}.{name}": size for part, (n, m) in sizes.items() for name, size in (("w", (n, m)), ("b", (m,)))}

    def output(self, shape: Shape) -> Shape:
        return (shape[0], self.units or self.hidden_dim) if self.return_sequences else (self.hidden_dim,)


@dataclass(frozen=True)
class Gated(Layer):
    """What LSTM and GRU share: all states (T, H), or the last (H,)."""

    hidden_dim: int
    return_sequences: bool = False

    def output(self, shape: Shape) -> Shape:
        return (shape[0], self.hidden_dim) if self.return_sequences else (self.hidden_dim,)

    def _weights(self, shape: Shape, count: int) -> Shapes:
        """The weights of `count` gates side by side."""
        gates = count * self.hidden_dim
        return {"U": (shape[-1], gates), "W": (self.hidden_dim, gates), "b": (gates,)}


@dataclass(frozen=True)
class LSTM(Gated):
    """Gates in the order input, forget, output, candidate."""

    def weights(self, shape: Shape) -> Shapes:
        return self._weights(shape, 4)


@dataclass(frozen=True)
class GRU(Gated):
    """Gates in the order reset, update, candidate: n = tanh(x_n + r (h W_n + b_n)), h' = (1 - z) n + z h."""

    def weights(self, shape: Shape) -> Shapes:
        return self._weights(shape, 3) | {"b_n": (self.hidden_dim,)}


# --- stacks ---


class Placed(NamedTuple):
    """A layer at its place: `name` as zen has it, `3.Linear`, and the shape of its inputs."""

    name: str
    layer: Layer
    shape: Shape


def placed(layers: Sequence[Layer], shape: Shape) -> Iterator[Placed]:
    for place, layer in enumerate(layers):
        yield Placed(f"{place}.{type(layer).__name__}", layer, shape)
        shape = layer.output(shape)


def weight_shapes(layers: Sequence[Layer], shape: Shape) -> Shapes:
    """Every weight's shape, under zen's names."""
    return {
        f"{one.name}.{weight}": size
        for one in placed(layers, shape)
        for weight, size in one.layer.weights(one.shape).items()
    }


FIRST = ("w", "U", "U.w")  # the matrix that meets a layer's inputs


def product_flops(layers: Sequence[Layer], shape: Shape, training: bool) -> int:
    """Floating-point operations of the matrix products, for one example.

    A matrix (n, m) takes 2 n m a row: once forward, and in training once for its own gradient and once for that of its
    inputs, which the first layer does not need. A convolution counts as the product that it is.
    """
    total = 0
    for place, one in enumerate(placed(layers, shape)):
        for name, size in one.layer.weights(one.shape).items():
            passes = 1 if not training else 2 if place == 0 and name in FIRST else 3
            total += 2 * passes * one.layer.uses(one.shape) * math.prod(size) * (len(size) > 1)
    return total
