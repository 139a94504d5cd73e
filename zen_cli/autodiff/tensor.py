"""Tensor, and the graph it records; backward.py walks back over it.

A primitive is a function on arrays that returns its value and its pull-back: a function from the
gradient of the value to one gradient per input. Everything else, for every op, happens here once:
broadcasting is undone, dtypes are kept, gradients are summed, and a gradient given as a function of
no arguments is computed only where somebody needs it.

The arithmetic that Python has an operator for stands below the class; all other ops have rooms of their own.
"""

import functools
import inspect
import itertools
import math
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

Array = np.ndarray
Gradient = Array | Callable[[], Array]
PullBack = Callable[[Array], tuple[Gradient, ...]]
Operand = Any  # a Tensor, or whatever NumPy makes an array of

_clock = itertools.count()


class _Recording(threading.local):
    on = True


_recording = _Recording()


class Tensor:
    """An array of real numbers that remembers how it was computed.

    `value` is the array; integers and booleans become float64, floats keep their dtype. `grad` is
    None until `backward` adds to it, and then an array like `value`; only tensors that were made
    directly, not by an op, get one. `<`, `<=`, `>` and `>=` compare values and give arrays of booleans;
    `==` asks whether two are the same tensor, for graphs are kept in sets and dicts.
    """

    __slots__ = ("age", "grad", "inputs", "pull_back", "requires_grad", "value")
    __array_ufunc__ = None  # so that `array + tensor` asks the tensor

    def __init__(self, value: Operand, requires_grad: bool = True) -> None:
        self.value: Array = _floats(value)
        self.grad: Array | None = None
        self.requires_grad = requires_grad
        self.inputs: tuple[Operand, ...] = ()
        self.pull_back: PullBack | None = None
        self.age = next(_clock)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return self.value.ndim

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def dtype(self) -> np.dtype:
        return self.value.dtype

    def backward(self, grad: Operand = None, replace: bool = False) -> None:
        """Add d(self)/d(leaf), times `grad`, to the `.grad` of every leaf that this was computed from.

        `grad` has this tensor's shape and may be left out for a single number. Gradients of several calls are added up:
        set `.grad` to None, or fill it with 0, between two steps. With `replace`, those that leaves held are
        overwritten, which is quicker.
        """
        if not self.requires_grad:
            raise ValueError("backward: nothing that this tensor was computed from requires a gradient")
        if grad is None and self.size != 1:
            raise ValueError(f"backward: a tensor of shape {self.shape} is not one number: pass its gradient")
        seed = np.ones_like(self.value) if grad is None else np.asarray(grad, dtype=self.dtype)
        if seed.shape != self.shape:
            raise ValueError(f"backward: the gradient has shape {seed.shape} but the tensor {self.shape}")
        from zen_cli.autodiff.backward import walk_back  # here, because it is about tensors itself

        walk_back(self, seed, replace)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator["Tensor"]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"Tensor({self.value})"

    def __add__(self, other: Operand) -> "Tensor":
        return add(self, other)

    def __radd__(self, other: Operand) -> "Tensor":
        return add(other, self)

    def __sub__(self, other: Operand) -> "Tensor":
        return subtract(self, other)

    def __rsub__(self, other: Operand) -> "Tensor":
        return subtract(other, self)

    def __mul__(self, other: Operand) -> "Tensor":
        return multiply(self, other)

    def __rmul__(self, other: Operand) -> "Tensor":
        return multiply(other, self)

    def __truediv__(self, other: Operand) -> "Tensor":
        return divide(self, other)

    def __rtruediv__(self, other: Operand) -> "Tensor":
        return divide(other, self)

    def __pow__(self, other: Operand) -> "Tensor":
        return power(self, other)

    def __rpow__(self, other: Operand) -> "Tensor":
        return power(other, self)

    def __matmul__(self, other: Operand) -> "Tensor":
        return matmul(self, other)

    def __rmatmul__(self, other: Operand) -> "Tensor":
        return matmul(other, self)

    def __neg__(self) -> "Tensor":
        return negative(self)

    def __getitem__(self, index: Any) -> "Tensor":
        return getitem(self, index)

    def __lt__(self, other: Operand) -> Any:
        return self.value < value_of(other)

    def __le__(self, other: Operand) -> Any:
        return self.value <= value_of(other)

    def __gt__(self, other: Operand) -> Any:
        return self.value > value_of(other)

    def __ge__(self, other: Operand) -> Any:
        return self.value >= value_of(other)


def value_of(x: Operand) -> Any:
    """The array of a tensor; anything else as it is."""
    return x.value if isinstance(x, Tensor) else x


# --- the engine ---


def primitive(op: Callable[..., tuple[Array, PullBack]]) -> Callable[..., Tensor]:
    """Lift `op`, a function on arrays that returns (value, pull-back), to a function on tensors.

    The parameters before the `/` (or behind a `*`) may be tensors and get gradients; all others are
    settings. The pull-back returns one entry per such parameter: an array, or a function that computes
    it. It may have the shape of the value where the input was broadcast.
    """
    parameters = inspect.signature(op).parameters.values()
    variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    count = None if variadic else sum(p.kind is p.POSITIONAL_ONLY for p in parameters)

    @functools.wraps(op)
    def apply(*args: Operand, **settings: Any) -> Tensor:
        inputs = args[:count]
        values, recorded = [], False
        for x in inputs:
            if isinstance(x, Tensor):
                values.append(x.value)
                recorded = recorded or x.requires_grad
            else:
                values.append(_array(x))
        value, pull_back = op(*values, *args[len(inputs) :], **settings)
        out = Tensor.__new__(Tensor)  # not through __init__, whose checks cost as much as a small op
        out.value = _floats(value)
        out.grad, out.age = None, next(_clock)
        if recorded and _recording.on:
            out.requires_grad, out.inputs, out.pull_back = True, inputs, pull_back
        else:
            out.requires_grad, out.inputs, out.pull_back = False, (), None
        return out

    return apply


class Product:
    """The gradient a b of two arrays, not computed yet: a leaf can have it written where it belongs."""

    __slots__ = ("a", "b")

    def __init__(self, a: Array, b: Array) -> None:
        self.a = a
        self.b = b

    def __call__(self, out: Array | None = None) -> Array:
        return self.a.dot(self.b, out)

    def fits(self, out: Array) -> bool:
        shape = (*self.a.shape[:-1], *self.b.shape[1:])
        return out.shape == shape and out.dtype == self.b.dtype and out.flags.c_contiguous


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording a graph, in this thread: for prediction, where nothing is pulled back."""
    before, _recording.on = _recording.on, False
    try:
        yield
    finally:
        _recording.on = before


def is_recording() -> bool:
    """Whether ops record a graph in this thread, as they do outside of `no_grad`."""
    return _recording.on


def _floats(value: Operand) -> Array:
    array = value if type(value) is np.ndarray else np.asarray(value)
    if array.dtype.kind == "f":
        return array
    if array.dtype.kind not in "biu":
        raise TypeError(f"Tensor holds real numbers but got dtype {array.dtype}")
    return array.astype(np.float64)


def _array(x: Operand) -> Any:
    """A constant as primitives see it: a scalar is a Python number, so that NumPy keeps the other operand's dtype."""
    if isinstance(x, np.generic):
        return x.item()
    return x if isinstance(x, np.ndarray | int | float) else np.asarray(x)


# --- arithmetic ---


@primitive
def add(a: Array, b: Array, /) -> tuple[Array, PullBack]:
    return a + b, lambda g: (g, g)


@primitive
def subtract(a: Array, b: Array, /) -> tuple[Array, PullBack]:
    return a - b, lambda g: (g, lambda: -g)


@primitive
def multiply(a: Array, b: Array, /) -> tuple[Array, PullBack]:
    return a * b, lambda g: (lambda: g * b, lambda: g * a)


@primitive
def divide(a: Array, b: Array, /) -> tuple[Array, PullBack]:
    y = a / b
    return y, lambda g: (lambda: g / b, lambda: -g * y / b)


@primitive
def negative(a: Array, /) -> tuple[Array, PullBack]:
    return -a, lambda g: (-g,)


@primitive
def power(a: Array, b: Array | float, /) -> tuple[Array, PullBack]:
    """a ** b. Where a <= 0 the derivative with respect to b does not exist; it is taken as 0."""
    y = a**b

    def slope() -> Any:
        if isinstance(b, int | float):
            return b * a ** (b - 1) if b else 0
        return b * a ** np.where(b == 0, 1, b - 1).astype(y.dtype)

    def d_b(g: Array) -> Array:
        positive = np.asarray(a) > 0
        return np.where(positive, g * y * np.log(np.where(positive, a, 1)), 0)

    return y, lambda g: (lambda: g * slope(), lambda: d_b(g))


@primitive
def matmul(a: Array, b: Array, /) -> tuple[Array, PullBack]:
    """a @ b as NumPy defines it: vectors, matrices, and stacks of matrices that broadcast."""
    if a.ndim > 1 and b.ndim == 2:
        return rows_times_matrix(a, b)

    def pull_back_stacks(g: Array) -> tuple[Gradient, ...]:
        a2 = a if a.ndim > 1 else a[None, :]  # (..., p, n)
        b2 = b if b.ndim > 1 else b[:, None]  # (..., n, m)
        g2 = g if b.ndim > 1 else g[..., None]
        g2 = g2 if a.ndim > 1 else g2[..., None, :]  # (..., p, m)
        return lambda: g2 @ b2.mT, lambda: (a2.mT @ g2) if b.ndim > 1 else (a2.mT @ g2)[..., 0]

    return a @ b, pull_back_stacks


def rows_times_matrix(x: Array, w: Array) -> tuple[Array, PullBack]:
    """x (..., n) times w (n, m) as one product over all rows; `dot` is its quickest form for small matrices."""
    if x.ndim == 2:  # as below, where nothing has to be reshaped: small models would notice
        return x.dot(w), lambda g: (lambda: g.dot(w.T), Product(x.T, g))
    *outer, n = x.shape
    count, m = math.prod(outer), w.shape[1]
    rows = x.reshape(count, n)

    def pull_back(g: Array) -> tuple[Gradient, Gradient]:
        g_rows = g.reshape(count, m)
        return lambda: g_rows.dot(w.T).reshape(x.shape), Product(rows.T, g_rows)

    return rows.dot(w).reshape(*outer, m), pull_back


@primitive
def getitem(a: Array, /, index: Any) -> tuple[Array, PullBack]:
    """a[index] for integers, slices, None, ... and integer arrays; an element taken twice gets both gradients."""

    def pull_back(g: Array) -> tuple[Gradient, ...]:
        whole = np.zeros_like(a)
        if _is_basic(index):
            whole[index] = g
        else:
            np.add.at(whole, index, g)
        return (whole,)

    return a[index], pull_back


def _is_basic(index: Any) -> bool:
    parts: Iterable[Any] = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is ... or isinstance(part, int | np.integer | slice) for part in parts)
