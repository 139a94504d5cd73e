"""Every parameter of a model as a view of one vector, and its gradient as a view of another.

So the optimizer's step, the check for finite numbers and the checkpoint each touch one array. Parameters
are declared first, by name and shape, which costs nothing; one allocation, exactly sized, follows.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from zen_cli.autodiff import Tensor
from zen_cli.nn.initializers import Initializer
from zen_cli.streams import Stream, generator

Shape = tuple[int, ...]


class Parameter(Tensor):
    """A tensor that training changes. Until the model is packed it has a name and a shape but no numbers."""

    __slots__ = ("declared_shape", "initializer", "name")

    def __init__(self, name: str, shape: Shape, initializer: Initializer) -> None:
        super().__init__(0.0)
        self.name = name
        self.declared_shape = shape
        self.initializer = initializer


class Buffer:
    """An array that a layer keeps and changes while it trains, without a gradient: BatchNorm's running mean, say.

    `value` (declared_shape) is there once the model is packed; write into it, never replace it.
    """

    __slots__ = ("declared_shape", "initializer", "name", "value")

    def __init__(self, name: str, shape: Shape, initializer: Initializer) -> None:
        self.name = name
        self.declared_shape = shape
        self.initializer = initializer
        self.value = np.empty(0)


class Declaration:
    """Collects the parameters that layers ask for in their `build`: `self.w = declare("w", (n, m), zeros)`.

    `size` is how many numbers they hold.
    """

    def __init__(self) -> None:
        self.size = 0
        self.parameters: list[Parameter] = []
        self.buffers: list[Buffer] = []
        self._prefix = ""

    def __call__(self, name: str, shape: Shape, initializer: Initializer) -> Parameter:
        self.parameters.append(Parameter(self._prefix + name, shape, initializer))
        self.size += math.prod(shape)
        return self.parameters[-1]

    def buffer(self, name: str, shape: Shape, initializer: Initializer) -> Buffer:
        """Ask for an array that is saved with the parameters but has no gradient."""
        self.buffers.append(Buffer(self._prefix + name, shape, initializer))
        return self.buffers[-1]

    @contextmanager
    def inside(self, *names: str) -> Iterator[None]:
        """Put `names`, a dot after each, in front of what is declared in here."""
        before, self._prefix = self._prefix, self._prefix + "".join(f"{name}." for name in names)
        try:
            yield
        finally:
            self._prefix = before


class Parameters:
    """The packed parameters of a model.

    `vector` and `gradient` are flat arrays of one length and dtype; each parameter's `value` and `grad` are
    views of them, in the order of declaration, and stay so for good: write into them, never replace them.
    They are zero where there is no `seed` to draw them from.
    """

    def __init__(self, declaration: Declaration, seed: int | None, dtype: np.dtype) -> None:
        self.vector = np.zeros(declaration.size, dtype)
        self.gradient = np.zeros(declaration.size, dtype)
        self._parameters = tuple(declaration.parameters)
        start = 0
        for p in self._parameters:
            end = start + math.prod(p.declared_shape)
            p.value = self.vector[start:end].reshape(p.declared_shape)
            p.grad = self.gradient[start:end].reshape(p.declared_shape)
            start = end
        self._buffers = tuple(declaration.buffers)
        for buffer in self._buffers:
            buffer.value = np.zeros(buffer.declared_shape, dtype)
        if seed is not None:
            self._draw(seed)

    def _draw(self, seed: int) -> None:
        with np.errstate(over="ignore"):  # an initializer may give more than float32 holds: the first loss shows it
            for index, p in enumerate(self._parameters):
                p.value[...] = p.initializer(generator(seed, Stream.INIT, index), p.declared_shape)
            for buffer in self._buffers:
                buffer.value[...] = buffer.initializer(generator(seed, Stream.INIT), buffer.declared_shape)

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._parameters)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything that a trained model remembers, by name: the parameters' values and the buffers'."""
        kept: tuple[Parameter | Buffer, ...] = (*self._parameters, *self._buffers)
        return {array.name: array.value for array in kept}

    def zero_gradient(self) -> None:
        self.gradient.fill(0)

    def gradient_norm(self) -> float:
        """The Euclidean norm of the gradient: not finite where a number in it is not, or the square of one."""
        return math.sqrt(self.gradient.dot(self.gradient))

    def steepest(self) -> str:
        """The name of the parameter with the largest number in its gradient; a NaN counts as infinite."""
        return max(self, key=lambda p: _largest(p.grad)).name

    def non_finite_value(self) -> str | None:
        """The name of the first parameter that holds a NaN or an infinity."""
        return next((p.name for p in self if not np.isfinite(p.value).all()), None)


def _largest(gradient: np.ndarray | None) -> float:
    return 0.0 if gradient is None else float(np.nan_to_num(np.abs(gradient), nan=np.inf).max(initial=0))
