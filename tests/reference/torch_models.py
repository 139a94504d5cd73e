"""Whole models, as zen runs them: what follows each other is put together there where that is faster."""

from collections.abc import Mapping

from differentiated import Case, Shape
from torch import Tensor
from torch.nn import functional
from torch_convolution import channels_first, convolution
from torch_layers import linear
from torch_recurrent import GRU, LONG, RNN, RNN_WITH_V, WITH_V, H, N, last_states, parameters, rnn_with_v, runner


def placed(layer: str, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """Parameters by their names in a model: 0.RNN.U.w"""
    return {f"{layer}.{name}": shape for name, shape in shapes.items()}


def weights(layer: str, *shape: int) -> dict[str, Shape]:
    return placed(layer, {"w": shape, "b": shape[-1:]})


# --- recurrences that follow each other ---


def two_rnns(x: Tensor, *p: Tensor) -> Tensor:
    h, _ = runner(RNN)(rnn_with_v(x, *p[:6]), *p[6:10])
    return linear(linear(last_states(h), *p[10:12]), *p[12:])


TWO_RNNS = {
    "x": LONG,
    **placed("0.RNN", RNN_WITH_V),
    **placed("1.RNN", dict(parameters(RNN, 1, False))),
    **weights("2.Linear", H, 4),
    **weights("3.Linear", 4, 1),
}

# --- a MaxPool behind a convolution ---


def of_images(x: Tensor, *p: Tensor) -> Tensor:
    y = functional.relu(convolution()(x, *p[:2]))
    y = channels_first(functional.max_pool2d)(y, 2)
    return linear(y.flatten(1), *p[2:])


def of_sequences(x: Tensor, *p: Tensor) -> Tensor:
    y = channels_first(functional.max_pool1d)(convolution()(x, *p[:2]).tanh(), 3)
    h, _ = runner(GRU)(y, *p[2:6])
    return linear(last_states(h), *p[6:])


OF_IMAGES = {"x": (2, 8, 8, 1), **weights("0.Conv2D", 3, 3, 1, 2), **weights("4.Linear", 18, 3)}
OF_SEQUENCES = {
    "x": LONG,
    **weights("0.Conv1D", 2, N, N),
    **placed("3.GRU", dict(parameters(GRU, 1, False))),
    **weights("4.Linear", H, 1),
}

# --- all, as lists of layers ---

MODELS = {
    f"[{WITH_V}, RNN: {{hidden_dim: {H}}}, Linear: 4, Linear: 1]": Case(two_rnns, TWO_RNNS),
    "[Conv2D: {filters: 2, kernel_size: 3}, ReLU, MaxPool, Flatten, Linear: 3]": Case(of_images, OF_IMAGES),
    f"[Conv1D: {{filters: {N}, kernel_size: 2}}, Tanh, MaxPool: 3, GRU: {H}, Linear: 1]": Case(
        of_sequences, OF_SEQUENCES
    ),
}
