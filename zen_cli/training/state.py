"""The arrays that a training consists of at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from zen_cli.errors import RunError
from zen_cli.nn import Model
from zen_cli.optim import Optimizer

Arrays = Mapping[str, np.ndarray]
OPTIMIZER_PREFIX = "optimizer."  # names of parameters begin with a digit
CARRIED_PREFIX = "carried."


@dataclass(frozen=True)
class State:
    """What the model knows (parameters and buffers), the optimizer's slots, and what layers carry to the next batch."""

    values: Arrays
    slots: Arrays
    carried: Arrays

    @classmethod
    def of(cls, model: Model, optimizer: Optimizer, in_epoch: bool) -> "State":
        """The arrays themselves, not copies. Each epoch begins without what is carried."""
        return cls(model.parameters.arrays(), optimizer.state, model.carried() if in_epoch else {})

    def copied(self, room: "State | None" = None) -> "State":
        """A copy, in the arrays of a former one if there is one: to get new memory takes longer than to fill it."""
        if room is None:
            return State(*({name: array.copy() for name, array in part.items()} for part in self._parts))
        for part, there in zip(self._parts, room._parts, strict=True):
            for name, array in part.items():
                there[name][...] = array
        return room

    @property
    def _parts(self) -> tuple[Arrays, Arrays, Arrays]:
        return self.values, self.slots, self.carried

    def tensors(self) -> dict[str, np.ndarray]:
        """All of them by name, contiguous."""
        named = {
            **self.values,
            **{OPTIMIZER_PREFIX + slot: array for slot, array in self.slots.items()},
            **{CARRIED_PREFIX + place: array for place, array in self.carried.items()},
        }
        return {name: np.ascontiguousarray(array) for name, array in named.items()}

    @classmethod
    def in_tensors(cls, tensors: Arrays) -> "State":
        """What `tensors` gave."""

        def below(prefix: str) -> Arrays:
            return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}

        others = (OPTIMIZER_PREFIX, CARRIED_PREFIX)
        values = {name: t for name, t in tensors.items() if not name.startswith(others)}
        return cls(values, below(OPTIMIZER_PREFIX), below(CARRIED_PREFIX))

    def demand_fit(self, model: Model) -> None:
        """RunError unless this is what the model, which is planned, remembers: nothing is allocated before that."""
        if _forms(self.values) != model.forms:
            raise RunError("its parameters are not those of its own config")

    def restore_values(self, model: Model) -> None:
        """Let a model that it fits know this."""
        _fill(model.parameters.arrays(), self.values)

    def restore(self, model: Model, optimizer: Optimizer, step: int) -> None:
        """Let a training be at `step` again. RunError where it is another one."""
        self.restore_values(model)
        if _forms(self.slots) != _forms(optimizer.state):
            raise RunError("its optimizer's state is not that of its own config")
        _fill(optimizer.state, self.slots)
        optimizer.steps = step
        try:
            model.carry({name: array.copy() for name, array in self.carried.items()})
        except (ValueError, IndexError):
            raise RunError("what it carries to the next batch is not that of its own config") from None


def _fill(arrays: Arrays, stored: Arrays) -> None:
    for name, array in arrays.items():
        array[...] = stored[name]


def _forms(arrays: Arrays) -> dict[str, tuple[tuple[int, ...], np.dtype]]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}
