"""The outputs for every window of a series, at the cost of one time step each where the model allows it.

A value is in many windows, at another place in each. Where only recurrences carry anything from step to step, all
windows that hold a value take it in together, as one batch. Each starts from zero, so the outputs are those of windows
that run one by one, up to rounding.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from zen_cli.nn.layers import Layer
from zen_cli.nn.model import Model
from zen_cli.nn.recurrent import Recurrent
from zen_cli.nn.time_steps import Fed, laid_out, outputs_of, recurrences, steps_of, without_dropout

Array = np.ndarray


def outputs_along(model: Model, values: Array, length: int) -> Iterator[Array]:
    """The outputs (1, ...) for each window of `length` values, in order, where `values` is (N,), of the model's dtype.

    The last value of a window is not read before its outputs are asked for: it may depend on the outputs before.
    """
    model.predict(np.zeros((1, length, 1)))  # makes the parameters, and refuses windows that do not fit
    if split := _split(model.layers):
        return _together(*split, values, length)
    return (model.predict(values[None, end - length : end, None]) for end in range(length, len(values) + 1))


def _together(body: Sequence[Fed], head: Sequence[Layer], values: Array, length: int) -> Iterator[Array]:
    """Each window has a column of its own until it is complete; then another starts there."""
    windows = len(values) - length + 1
    count = min(length, windows)
    columns = laid_out(steps_of(body, 1), count, values.dtype)
    at_start, states = columns.values[:, 0].copy(), columns.y_1.T
    outputs = outputs_of(head, body[-1][1].hidden_dim, values.dtype)
    for i in range(len(values)):
        if i < windows:
            columns.values[:, i % count] = at_start
        columns.x[:] = values[i]
        for act in columns.actions:
            act()
        if (complete := i + 1 - length) >= 0:
            column = complete % count
            yield outputs(states[column : column + 1])


def _split(layers: Sequence[Layer]) -> tuple[Sequence[Fed], Sequence[Layer]] | None:
    """The recurrences up to the one that gives its last state, and the layers after it.

    None where anything but their states goes from step to step.
    """
    layers = without_dropout(layers)
    for place, layer in enumerate(layers, start=1):
        if isinstance(layer, Recurrent) and not layer.return_sequences:
            found = recurrences(layers[:place])
            return (found[0], layers[place:]) if found else None
    return None
