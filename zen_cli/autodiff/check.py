"""Gradients against central differences."""

from collections.abc import Callable

import numpy as np

from zen_cli.autodiff.tensor import Array, Tensor, no_grad


def gradient_error(function: Callable[..., Tensor], *inputs: Array, step: float = 1e-6) -> float:
    """The largest error of `backward` through `function`, over every element of every input.

    `function` maps tensors to one tensor; it is checked in float64 on sum(weights * function(*inputs)),
    with weights all different, so that no two errors cancel. The error is |backward - difference| over
    max(1, |difference|), where the difference is (f(x + step) - f(x - step)) / (2 step).
    """
    tensors = [Tensor(np.array(x, dtype=np.float64)) for x in inputs]
    out = function(*tensors)
    weights = np.cos(np.arange(out.size, dtype=np.float64)).reshape(out.shape) + 1.5
    out.backward(weights)
    errors = [0.0]
    for x in tensors:
        found = np.zeros_like(x.value) if x.grad is None else x.grad
        expected = _central_differences(lambda: float((function(*tensors).value * weights).sum()), x.value, step)
        errors.append(np.max(np.abs(found - expected) / np.maximum(1, np.abs(expected)), initial=0.0))
    return float(np.max(errors))  # NumPy's max: a NaN is the largest error of all


def _central_differences(f: Callable[[], float], x: Array, step: float) -> Array:
    """df/dx, found by moving each element of `x` in place."""
    slopes = np.empty_like(x)
    with no_grad():
        for index in np.ndindex(x.shape):
            middle = x[index]
            x[index] = middle + step
            above = f()
            x[index] = middle - step
            below = f()
            x[index] = middle
            slopes[index] = (above - below) / (2 * step)
    return slopes
