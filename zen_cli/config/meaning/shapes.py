"""Cures for shapes that do not fit: those of a layer's input, and those of the model's outputs.

Candidates are cheap guesses. Each is tried, on a model without parameters, and only what works is offered.
"""

import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from zen_cli.config.language.registry import ACTIVATIONS, COMPONENTS
from zen_cli.config.language.schema import Component
from zen_cli.config.meaning.components import component, name_of, settings_in
from zen_cli.config.meaning.cures import (
    MOST_OFFERED,
    Add,
    Cure,
    End,
    Put,
    Remove,
    Use,
    at,
    few,
    is_name_alone,
    problem,
    setting,
    tried,
)
from zen_cli.config.resolve import Resolved
from zen_cli.config.text.paths import KeyPath
from zen_cli.config.text.problems import Problem
from zen_cli.data.dataset import Dataset, Preparation
from zen_cli.errors import ShapeError
from zen_cli.loss import Outputs
from zen_cli.nn import Model
from zen_cli.nn.convolution import Convolution
from zen_cli.nn.layers import Layer
from zen_cli.nn.parameters import Shape
from zen_cli.nn.pooling import Pool, per_axis
from zen_cli.nn.recurrent import Recurrent


def _layers_of(family: type[Layer]) -> tuple[str, ...]:
    layers = COMPONENTS["layer"].items()
    return tuple(name for name, made in layers if isinstance(made, type) and issubclass(made, family))


RECURRENT, CONVOLUTIONS, POOLS = _layers_of(Recurrent), _layers_of(Convolution), _layers_of(Pool)
MOST_FACTORED = 10**10  # beyond, looking for factors takes too long
SMALL = 8  # units of a layer that only makes a shape fit
PROBABILITIES = ("Softmax", "Sigmoid")
Shaped = Dataset | Preparation  # what both say: the shapes of inputs and targets, and the task


def misshapen(error: ShapeError, resolved: Resolved, data: Preparation) -> Problem:
    """The problem of a layer that cannot take its input."""
    path: KeyPath = ("model", *error.layer)
    candidates = few(_for_layer(resolved, path, error.given), resolved)
    if data.tokens and path == ("model", 0):
        candidates = iter([Put(path, [{"Embedding": {"tokens": data.tokens, "dim": SMALL}}])])
    example, lengths_vary = data.input_shape, data.lengths_vary
    helpful = (cure for cure in candidates if _helps(cure, resolved, error.layer, example, lengths_vary))
    cures = list(islice(helpful, MOST_OFFERED))
    return problem(resolved, path, error.message if cures else str(error), cures)


def _helps(cure: Cure, resolved: Resolved, layer: KeyPath, example: Shape, lengths_vary: bool) -> bool:
    """Whether the model goes further than to this layer."""
    changed = tried(cure, resolved)
    if changed is None:
        return False
    _, stopped = _planned(changed, example, lengths_vary)
    return _left(changed.values["model"], stopped) < _left(resolved.values["model"], layer)


def _planned(resolved: Resolved, example: Shape, lengths_vary: bool) -> tuple[Shape | None, KeyPath]:
    """The shape of the outputs, or the layer that the model stops at."""
    model = Model([component("layer", layer) for layer in resolved.values["model"]])
    try:
        return model.plan(example, lengths_vary), ()
    except ShapeError as error:
        return None, error.layer


def _left(layers: list[Component], stopped: KeyPath) -> tuple[int, ...]:
    """How many layers there are from the one stopped at on; then the same within it. The less, the further."""
    if not stopped:
        return ()
    place, *below = stopped
    assert isinstance(place, int)
    inner = _left(settings_in(layers[place])["layers"], tuple(below[2:])) if below else ()
    return (len(layers) - place, *inner)


# --- a layer's input ---


def _for_layer(resolved: Resolved, path: KeyPath, given: Shape) -> Iterator[Cure]:
    name, settings = _component_at(resolved, path)
    if len(given) == len(settings.get("shape", ())) > 1:
        yield Remove(path)
    yield from _before(resolved, path)
    yield from _of_settings(resolved, (*path, name), settings, given)
    yield from (Put(path, [{"Reshape": {"shape": shape}}]) for shape in _arranged(name, given))
    if name == "Residual":
        yield from _within((*path, name, "layers"), settings["layers"], given)
    if name == "LayerNorm":
        yield Put(path, [{"Linear": {"units": SMALL}}])
    if name in (*POOLS, "LayerNorm"):
        yield Remove(path)


def _component_at(resolved: Resolved, path: KeyPath) -> tuple[str, dict[str, Any]]:
    found: Component = at(resolved.values, path)
    return name_of(found), settings_in(found)


def _before(resolved: Resolved, path: KeyPath) -> Iterator[Cure]:
    """What layers before this one may do for it, the nearest first."""
    *stack, place = path
    assert isinstance(place, int)
    for earlier in reversed(range(place)):
        name, settings = _component_at(resolved, (*stack, earlier))
        if name in RECURRENT and not settings["return_sequences"]:
            yield Add((*stack, earlier, name), "return_sequences", True)
        if name in ("Flatten", "GlobalPool"):
            yield Remove((*stack, earlier))


def _of_settings(resolved: Resolved, path: KeyPath, settings: dict[str, Any], given: Shape) -> Iterator[Cure]:
    """Other settings of the layer itself."""
    if settings.get("stateful") and settings.get("bidirectional"):
        yield from (Remove((*path, name)) for name in ("stateful", "bidirectional"))
    if "shape" in settings:
        yield from (setting(resolved, (*path, "shape"), shape) for shape in _like(settings["shape"], math.prod(given)))
    if "kernel_size" in settings and len(given) > 1:
        yield Add(path, "kernel_size", _kernel(settings, given[:-1]))
        yield Add(path, "padding", "same")
    if "size" in settings and len(given) > 1:
        axes = len(given) - 1
        size, stride = _for_axes(settings["size"], axes), settings["stride"]
        smaller = _one_if_equal([min(n, cells) for n, cells in zip(size, given[:-1], strict=True)])
        yield from [] if smaller == 1 else [Add(path, "size", smaller)]
        if isinstance(stride, list):
            yield Add(path, "stride", _one_if_equal(_for_axes(stride, axes)))


def _for_axes(value: Any, axes: int) -> list[int]:
    """A setting for so many axes: its first numbers, where it has one for each."""
    return list(per_axis(value, axes))[:axes]


def _one_if_equal(numbers: list[int]) -> int | list[int]:
    return numbers[0] if len(set(numbers)) == 1 else numbers


def _kernel(settings: dict[str, Any], cells: Shape) -> int | list[int]:
    """The kernel's size, or the largest below it that stays on the input."""
    axes = len(cells)
    kernel, dilation, padding = (_for_axes(settings[name], axes) for name in ("kernel_size", "dilation", "padding"))
    zeros = [2 * around if isinstance(around, int) else 0 for around in padding]
    return _one_if_equal(
        [min(k, (n + more - 1) // d + 1) for k, d, n, more in zip(kernel, dilation, cells, zeros, strict=True)]
    )


# --- shapes of the same numbers ---


def _like(wanted: list[int], count: int) -> Iterator[list[int]]:
    """Shapes for `count` numbers: that one with another size for one axis, or all of them anew."""
    for axis in range(len(wanted)):
        others = math.prod(wanted[:axis] + wanted[axis + 1 :])
        if count % others == 0:
            yield [*wanted[:axis], count // others, *wanted[axis + 1 :]]
    if len(wanted) < 3:
        yield _halved(count)[: len(wanted)] if len(wanted) == 2 else [count]
    else:
        yield [*_halved(count), *[1] * (len(wanted) - 2)]


def _arranged(name: str, given: Shape) -> Iterator[list[int]]:
    """Shapes for the numbers of an example that a layer of this name can perhaps take."""
    count = math.prod(given)
    if name in RECURRENT or name == "Conv1D":
        yield from ([given[0], count // given[0]],) if len(given) > 2 else (_halved(count), [count, 1])
    if name in ("Conv2D", "GlobalPool", *POOLS):
        if len(given) == 1:
            yield from ([*_halved(count), 1], [count, 1, 1])
        elif len(given) == 2:
            yield from ([*_halved(given[0]), given[1]],)
        else:
            yield [given[0], given[1], count // (given[0] * given[1])]


def _halved(count: int) -> list[int]:
    """Two factors of a number as near to each other as can be, the larger first: [8, 8], [5, 2], [7, 1]."""
    root = math.isqrt(count) if count < MOST_FACTORED else 1
    smaller = next(n for n in range(root, 0, -1) if count % n == 0)
    return [count // smaller, smaller]


# --- within a Residual ---


def _within(stack: KeyPath, layers: list[Component], given: Shape) -> Iterator[Cure]:
    """What may let layers keep the shape that they are given."""
    width = given[-1]
    wanted: dict[str, dict[str, Any]] = {"Linear": {"units": width}}
    wanted |= {name: {"return_sequences": True, "hidden_dim": width} for name in RECURRENT}
    wanted |= {name: {"padding": "same", "filters": width} for name in CONVOLUTIONS}
    for place, layer in enumerate(layers):
        name = name_of(layer)
        yield from (Add((*stack, place, name), key, value) for key, value in wanted.get(name, {}).items())
    last = (*stack, len(layers) - 1)
    yield Put(last, [{"Linear": {"units": width}}], after=True)
    whole = {"Linear": {"units": math.prod(given)}}
    yield Put(last, [{"Flatten": {}}, whole, {"Reshape": {"shape": list(given)}}], after=True)


# --- the model's outputs ---


def misread(output: Shape, data: Shaped, outputs: Outputs, resolved: Resolved) -> Problem | None:
    """The problem of a loss that cannot read outputs of this shape, or from this last layer."""
    complaint = _complaint(output, data, outputs, resolved)
    if complaint is None:
        return None
    path, message = complaint
    needed = outputs.shape(data.task.prediction_shape(data.target_shape))
    ending: list[Component] = [{outputs.ending: {}}] if outputs.ending else []
    candidates = _for_shape(needed, resolved) if output != needed else _for_ending(outputs, resolved)
    flat: list[Component] = [{"Flatten": {}}] if len(output) > len(needed) else []
    always = [End([*flat, {"Linear": {"units": needed[-1]}}, *ending])] if len(output) >= len(needed) else []
    return problem(resolved, path, message, _best(candidates, data, resolved) or always)


def _complaint(output: Shape, data: Shaped, outputs: Outputs, resolved: Resolved) -> tuple[KeyPath, str] | None:
    needed = outputs.shape(data.task.prediction_shape(data.target_shape))
    loss_name, place = name_of(resolved.values["loss"]), len(resolved.values["model"]) - 1
    last = name_of(resolved.values["model"][-1])
    if output != needed:
        message = f"the model gives outputs of shape {output}, but {loss_name} of these targets needs {needed}"
        return ("model", place), message
    if outputs.ending not in (None, last):
        return ("loss",), f"{loss_name} needs the probabilities of {outputs.ending}, but the model ends with {last}"
    if outputs.settings.get("from_logits") and last in PROBABILITIES:
        message = f"from_logits: true says that {last} is left to the loss, but the model ends with it"
        return ("loss", loss_name, "from_logits"), message
    return None


def _for_shape(needed: Shape, resolved: Resolved) -> Iterator[Cure]:
    paths = [("model", place, name_of(layer)) for place, layer in enumerate(resolved.values["model"])][::-1]
    settings = {path: at(resolved.values, path) for path in paths}
    yield from (Remove((*path, "return_sequences")) for path in paths if settings[path].get("return_sequences"))
    if len(needed) > 1:
        forgetful = (path for path in paths if settings[path].get("return_sequences") is False)
        yield from (setting(resolved, (*path, "return_sequences"), True) for path in forgetful)
    linear = [path for path in paths if path[-1] == "Linear"][:2]
    yield from (setting(resolved, (*path, "units"), needed[-1]) for path in linear)
    yield from (Put(path[:-1], [{"Flatten": {}}]) for path in linear)


def _for_ending(outputs: Outputs, resolved: Resolved) -> Iterator[Cure]:
    """For outputs of the right shape from the wrong last layer."""
    loss_name, place = name_of(resolved.values["loss"]), len(resolved.values["model"]) - 1
    last = name_of(resolved.values["model"][-1])
    if outputs.ending and last in ACTIVATIONS and is_name_alone(resolved, ("model", place)):
        yield Use(("model", place), [outputs.ending])
    elif outputs.ending:
        yield End([{outputs.ending: {}}])
    if outputs.ending:
        yield Add(("loss", loss_name), "from_logits", True)
    else:
        yield Remove(("model", place))
        yield Remove(("loss", loss_name, "from_logits"))


def _best(cures: Iterable[Cure], data: Shaped, resolved: Resolved) -> list[Cure]:
    """Those after which the loss can read the outputs, or else those after which their shape is right."""
    left = [(cure, _left_to_do(cure, data, resolved)) for cure in few(cures, resolved)]
    least = min((much for _, much in left), default=0)
    return [cure for cure, much in left if much == least < 2]


def _left_to_do(cure: Cure, data: Shaped, resolved: Resolved) -> int:
    """0 for a cure that leaves nothing wrong with the outputs, 1 where their last layer still is, 2 for any other."""
    changed = tried(cure, resolved)
    output = _planned(changed, data.input_shape, data.lengths_vary)[0] if changed else None
    if changed is None or output is None:
        return 2
    loss = changed.values["loss"]
    outputs = data.task.losses[name_of(loss)][1](settings_in(loss))
    complaint = _complaint(output, data, outputs, changed)
    return 0 if complaint is None else 2 if complaint[0][0] == "model" else 1
