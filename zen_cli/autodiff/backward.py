"""The walk back over the graph that tensors record: a loop over its tensors, the newest first."""

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import numpy as np

from zen_cli.autodiff.tensor import Array, Gradient, Operand, Product, Tensor


def walk_back(root: Tensor, seed: Array, replace: bool) -> None:
    """Give every leaf that `root` was computed from its gradient, where that of `root` is `seed`."""
    pending, written = {root: seed}, set[Tensor]()
    for node in _newest_first(root):
        if node.pull_back is None:  # only where `root` is a leaf itself
            gradients: Iterable[tuple[Operand, Gradient]] = [(node, seed)]
        else:
            gradients = zip(node.inputs, node.pull_back(pending.pop(node)), strict=True)
        for x, gradient in gradients:
            if not isinstance(x, Tensor) or not x.requires_grad:
                continue
            if x.pull_back is not None:
                g = _computed(gradient, x.value)
                pending[x] = pending[x] + g if x in pending else g
            elif replace and x not in written:
                _write(x, gradient)
                written.add(x)
            else:
                _add(x, gradient)


def _write(leaf: Tensor, gradient: Gradient) -> None:
    """Make `gradient` what the leaf holds."""
    if leaf.grad is None:
        leaf.grad = np.empty_like(leaf.value)
    if isinstance(gradient, Product) and gradient.fits(leaf.grad):
        gradient(leaf.grad)
    else:
        np.copyto(leaf.grad, _computed(gradient, leaf.value))


def _add(leaf: Tensor, gradient: Gradient) -> None:
    g = _computed(gradient, leaf.value)
    if leaf.grad is None:
        leaf.grad = np.zeros_like(leaf.value)
    np.add(leaf.grad, g, leaf.grad)


def _newest_first(root: Tensor) -> list[Tensor]:
    """The computed tensors that `root` depends on. One is younger than its inputs, so age is a topological order."""
    seen, todo = {root}, [root]
    while todo:
        for x in todo.pop().inputs:
            if isinstance(x, Tensor) and x.pull_back is not None and x not in seen:
                seen.add(x)
                todo.append(x)
    return sorted(seen, key=attrgetter("age"), reverse=True)


def _computed(gradient: Gradient, value: Array) -> Array:
    """`gradient` summed over the axes along which `value` was broadcast, in its shape and dtype."""
    found: Any = gradient() if callable(gradient) else gradient
    g = found if type(found) is np.ndarray else np.asarray(found)
    if g.shape != value.shape:
        g = np.add.reduce(g, axis=tuple(range(g.ndim - value.ndim)))
        stretched = tuple(i for i, n in enumerate(value.shape) if n == 1 and g.shape[i] != 1)
        g = np.add.reduce(g, axis=stretched, keepdims=True)
        if g.shape != value.shape:
            raise ValueError(f"a pull-back returned a gradient of shape {g.shape} for an input of {value.shape}")
    return g if g.dtype == value.dtype else g.astype(value.dtype)
