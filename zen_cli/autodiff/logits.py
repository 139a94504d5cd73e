"""Probabilities that keep the logits they come from, so that a loss can go on from there.

A logarithm of logits stays finite where that of a probability, rounded to 0, would not.
"""

from collections.abc import Callable
from typing import Any

from zen_cli.autodiff.tensor import Array, Operand, PullBack, Tensor, is_recording


class Probabilities(Tensor):
    """What `softmax` along `axis`, and `sigmoid`, where `axis` is None, return.

    The value is computed when it is first asked for: in training, where the loss takes the logits, that is never.
    An `axis` counts from the end, -1 is the last.
    """

    __slots__ = ("axis", "function", "logits")

    def __init__(
        self,
        logits: Operand,
        function: Callable[[Array], tuple[Array, PullBack]],
        axis: int | tuple[int, ...] | None = None,
    ) -> None:
        recorded = isinstance(logits, Tensor) and logits.requires_grad and is_recording()
        super().__init__(logits.value if isinstance(logits, Tensor) else logits, requires_grad=recorded)
        self.logits = logits if recorded else Tensor(self.value, requires_grad=False)
        self.function = function
        self.axis = axis - self.ndim if isinstance(axis, int) and axis >= 0 else axis
        del self.value

    def __getattr__(self, name: str) -> Any:
        """Python's last resort for an attribute that is not set: `value`, until it is computed."""
        if name != "value":
            raise AttributeError(name)
        self.value, pull_back = self.function(self.logits.value)
        if self.requires_grad:
            self.inputs, self.pull_back = (self.logits,), pull_back
        return self.value


def softmax_logits(p: Operand) -> Tensor | None:
    """The logits of what comes straight from `softmax` along the last axis; None for anything else."""
    return p.logits if isinstance(p, Probabilities) and p.axis == -1 else None


def sigmoid_logits(p: Operand) -> Tensor | None:
    """The logits of what comes straight from `sigmoid`; None for anything else."""
    return p.logits if isinstance(p, Probabilities) and p.axis is None else None
