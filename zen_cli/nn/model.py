"""A stack of layers with its packed parameters."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zen_cli.autodiff import Tensor, no_grad
from zen_cli.errors import ShapeError
from zen_cli.nn.layers import Layer, LayerSummary, Moment, applied, build_in_order, every_layer
from zen_cli.nn.lengths import padded_through, steps_end
from zen_cli.nn.parameters import Buffer, Declaration, Parameter, Parameters, Shape
from zen_cli.nn.stages import stages
from zen_cli.padded import Padded, Rows, joined

if TYPE_CHECKING:
    from zen_cli.optim import Clip, Optimizer
    from zen_cli.schedule import Schedule
    from zen_cli.training.loop import EpochRecord


class Model:
    """Layers applied one after the other.

    The first call, or `plan` and `build`, settles the shapes and draws the parameters from `seed`. Numbers are
    computed in `dtype`, "float32" or "float64". Calls take a batch: (B, *input_shape), or `Padded` where examples are
    sequences of different lengths; what comes out is then what would come of each alone.
    """

    def __init__(self, layers: Sequence[Layer], seed: int = 0, dtype: str = "float32") -> None:
        if not layers:
            raise ValueError("a model needs at least one layer")
        self.layers = tuple(layers)
        self.seed = seed
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise ValueError(f"a model computes in float32 or float64, not in {self.dtype}")
        self.input_shape: Shape | None = None
        self.summary: tuple[LayerSummary, ...] = ()
        self._declaration = Declaration()
        self._parameters: Parameters | None = None
        self._stages: list[Layer] = []
        self._steps_end: int | None = None  # the place behind which lengths are equal, once that has been asked

    def plan(self, input_shape: Shape, lengths_vary: bool = False) -> Shape:
        """Settle the shapes for examples of `input_shape`; returns the output's.

        Where `lengths_vary`, examples are sequences of as many steps at most, and no layer may need as many of each.

        Nothing is allocated yet: a model of too many parameters (`size`) for the machine can still be refused.

        Raises ShapeError, whose `layer` leads to the first layer that does not fit.
        """
        every = list(every_layer(self.layers))
        if any(layer.owned for layer in every) or len(set(map(id, every))) < len(every):
            raise ValueError("a layer belongs to one place in one model: make a new one for another")
        declaration = Declaration()
        *_, (_, output) = build_in_order(self.layers, tuple(input_shape), declaration)
        self._steps_end = steps_end(self.layers, tuple(input_shape)) if lengths_vary else None
        for layer in every:
            layer.owned = True
        self._declaration, self.input_shape = declaration, tuple(input_shape)
        self.summary = tuple(layer.summary for layer in self.layers if layer.summary)
        return output

    def build(self, draw: bool = True) -> None:
        """Make the parameters that `plan` has found: drawn, or zero for those who fill them in."""
        self._parameters = Parameters(self._declaration, self.seed if draw else None, self.dtype)
        self._stages = stages(self.layers)

    @property
    def size(self) -> int:
        """How many numbers the parameters hold, once the shapes are settled."""
        return self._declaration.size

    @property
    def bytes_kept(self) -> int:
        """How many bytes a trained model remembers: its parameters' values and its layers' buffers."""
        return (
            self.size + sum(math.prod(buffer.declared_shape) for buffer in self._declaration.buffers)
        ) * self.dtype.itemsize

    @property
    def forms(self) -> dict[str, tuple[Shape, np.dtype]]:
        """Shape and dtype of each array that `parameters.arrays()` has, or will have once they are made, by name."""
        declared: list[Parameter | Buffer] = [*self._declaration.parameters, *self._declaration.buffers]
        return {array.name: (array.declared_shape, self.dtype) for array in declared}

    @property
    def parameters(self) -> Parameters:
        if self._parameters is None:
            raise ValueError("this model has no parameters before its first call")
        return self._parameters

    @property
    def gives_steps(self) -> bool:
        """Whether sequences of different lengths get an output for each step: (B, T, ...), behind the ends anything."""
        return self._end_of_steps() == len(self.layers)

    def __call__(self, x: Any) -> Tensor:
        """The output for a batch of examples, an array or a tensor of shape (B, *input_shape), or `Padded`."""
        if isinstance(x, Padded):
            return self._of_padded(x, None)
        y = self._input(x)
        for stage in self._stages:
            y = stage(y)
        return y

    def in_training(self, x: Any, step: int) -> Tensor:
        """The output while training, at this step: layers such as Dropout and BatchNorm then behave differently."""
        if isinstance(x, Padded):
            return self._of_padded(x, Moment(self.seed, step))
        y, moment = self._input(x), Moment(self.seed, step)
        for stage in self._stages:
            y = stage.in_training(y, moment)
        return y

    def reset_states(self) -> None:
        """Let the next batch of a training start from zero, where layers carry states from batch to batch."""
        for layer in self.layers:
            layer.reset_states()

    def carried(self) -> dict[str, np.ndarray]:
        """What layers carry from the last batch of a training to the next, by names made of places: `1.0.0`."""
        states = [(place, layer.states) for place, layer in enumerate(every_layer(self.layers))]
        return {
            f"{place}.{cell}.{part}": array
            for place, of_layer in states
            for cell, state in enumerate(of_layer)
            for part, array in enumerate(state)
        }

    def carry(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from what `carried` gave; ValueError where it was of another model."""
        self.reset_states()
        states: dict[int, dict[int, list[np.ndarray]]] = {}
        for name in sorted(arrays, key=_places):
            place, cell, _ = _places(name)
            states.setdefault(place, {}).setdefault(cell, []).append(arrays[name])
        layers = list(every_layer(self.layers))
        for place, of_cells in states.items():
            layers[place].states = [tuple(parts) for parts in of_cells.values()]
        if self.carried().keys() != arrays.keys():
            raise ValueError(f"states {', '.join(arrays)} are of another model")

    def _input(self, x: Any) -> Tensor:
        """The batch as a tensor of the model's dtype; the first makes the parameters."""
        batch = self._tensor(x)
        if batch.shape[1:] != self.input_shape:
            raise ShapeError(f"this model takes batches of shape (B, *{self.input_shape}) but got {batch.shape}")
        return batch

    def _tensor(self, x: Any) -> Tensor:
        batch = x if isinstance(x, Tensor) else Tensor(np.asarray(x, dtype=self.dtype), requires_grad=False)
        if self.input_shape is None:
            self.plan(batch.shape[1:])
        if self._parameters is None:
            self.build()
        return batch

    def _of_padded(self, x: Padded, moment: Moment | None) -> Tensor:
        """The layers one by one: stages are for examples of one shape."""
        y, behind = self._tensor(x.values), self._end_of_steps() + 1
        if self.input_shape is None or y.shape[2:] != self.input_shape[1:]:
            raise ShapeError(
                f"this model takes sequences like {self.input_shape}, of any length, but got {y.shape[1:]}"
            )
        y = padded_through(self.layers[:behind], y, x.lengths, moment)
        for layer in self.layers[behind:]:
            y = applied(layer, y, moment)
        return y

    def _end_of_steps(self) -> int:
        """The place of the layer behind which lengths are equal, once shapes are settled."""
        assert self.input_shape is not None
        if self._steps_end is None:
            self._steps_end = steps_end(self.layers, self.input_shape)
        return self._steps_end

    def predict(self, inputs: Rows, batch_size: int = 256) -> np.ndarray:
        """The outputs for any number of examples, in batches and without a graph: (N, *output_shape).

        Of `Padded` inputs (N, T, ...), outputs for each step are (N, T, ...) with zeros behind the end of each. No
        more of the inputs is read at a time than a batch.
        """
        parts = batches(len(inputs), batch_size) if len(inputs) else [slice(0, 0)]
        with no_grad(), np.errstate(all="ignore"):
            return self.joined([self(inputs[part]).value for part in parts], inputs)

    def joined(self, outputs: Sequence[np.ndarray], inputs: Rows) -> np.ndarray:
        """The outputs for batches of these inputs, in order, as one array; see `predict`."""
        if isinstance(inputs, Padded) and self.gives_steps:
            return joined(outputs, inputs.lengths, inputs.shape[1])
        return np.concatenate(outputs)

    def train(
        self,
        x: Rows,
        y: np.ndarray | Padded,
        epochs: int = 10,
        loss_fn: Callable[[Tensor, np.ndarray], Tensor] | None = None,
        optimizer: "Optimizer | None" = None,
        batch_size: int = 32,
        shuffle: bool = False,
        progress: bool = True,
        schedule: "Schedule | None" = None,
        clip: "Clip | None" = None,
    ) -> "list[EpochRecord]":
        """Train on inputs `x` (N, ...) and targets `y` (N, ...), as the article's `Model.train` does.

        Without them, the loss is MSE and the optimizer SGD(lr=0.1), whose rate stays as it is and whose gradients
        are not clipped. Shows a bar per epoch on standard error unless `progress` is off. Returns a record per epoch.
        Raises NonFiniteError where the loss, a gradient or a parameter stops being finite.
        """
        # the one import upwards: the article calls training through the model
        from zen_cli.report.progress import follow
        from zen_cli.training.loop import EpochRecord, fit

        records = fit(self, x, y, epochs, loss_fn, optimizer, batch_size, shuffle, schedule=schedule, clip=clip)
        shown = follow(records, epochs) if progress else records
        return [record for record in shown if isinstance(record, EpochRecord)]


def _places(name: str) -> tuple[int, int, int]:
    """Of a layer, of a cell in it, and of an array in its state."""
    layer, cell, part = name.split(".")
    return int(layer), int(cell), int(part)


def batches(count: int, size: int) -> Iterator[slice]:
    """Slices of `size` that cover `count` examples in order; the last may be shorter."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
