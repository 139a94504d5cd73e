"""The rows in PyTorch: eager or compiled, with each of its optimizers' forms."""

import os
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from layers import Conv2D
from problem import BETA, BETAS, EPSILON, LEARNING_RATE, Problem
from rows import FREE_STEPS, Row
from torch import Tensor, nn

from peers import torch_models

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))

RMSPROP = {"foreach": {"foreach": True}, "loop": {"foreach": False}}
ADAM = {"fused": {"fused": True}, "foreach": {"foreach": True}}
LAYOUTS = {"channels first": torch.contiguous_format, "channels last": torch.channels_last}


# --- the worker's interface ---


def variants(row: Row, problem: Problem) -> dict[str, Callable]:
    if row.task != "train":
        ask = _predict if row.task == "predict" else _extrapolate
        return {name: lambda wrap=wrap: ask(wrap(_model(row, problem)), problem) for name, wrap in WRAPS.items()}
    forms = RMSPROP if row.optimizer == "RMSProp" else ADAM
    layouts = LAYOUTS if any(isinstance(layer, Conv2D) for layer in row.layers) else ("",)
    return {
        ", ".join(filter(None, (name, form, layout))): partial(_step, row, problem, wrap, forms[form], layout)
        for name, wrap in WRAPS.items()
        for form in forms
        for layout in layouts
        if name == "eager" or form == next(iter(forms))
    }


def version() -> str:
    return f"torch {torch.__version__}"


def product(a: np.ndarray, b: np.ndarray) -> Callable[[], object]:
    """A function that multiplies the two matrices."""
    return partial(torch.mm, torch.from_numpy(a), torch.from_numpy(b))


# --- training ---


def _compiled(model: nn.Module) -> Callable:
    """Without `allow_rnn`, torch.compile leaves a model with an `nn.RNN` as it is, and says nothing."""
    torch._dynamo.config.allow_rnn = True
    return torch.compile(model)


WRAPS = {"eager": lambda model: model, "compile": _compiled}


def _model(row: Row, problem: Problem) -> nn.Module:
    return torch_models.build(row.layers, row.shape, problem.weights)


def _step(row: Row, problem: Problem, wrap: Callable, form: dict, layout: str) -> Callable[[int], Tensor]:
    model = _model(row, problem)
    inputs, targets = torch.from_numpy(problem.inputs), torch.from_numpy(problem.targets)
    if layout:  # ours are (B, H, W, C), PyTorch's (B, C, H, W), in whichever order they are stored
        model = model.to(memory_format=LAYOUTS[layout])
        inputs = [x.movedim(-1, 1).contiguous(memory_format=LAYOUTS[layout]) for x in inputs]
    learning = [p for p in model.parameters() if p.requires_grad]
    optimizer, loss_fn, predict = OPTIMIZERS[row.optimizer](learning, **form), LOSSES[row.loss], wrap(model)

    def step(batch: int) -> Tensor:
        optimizer.zero_grad()
        loss = loss_fn(predict(inputs[batch]), targets[batch])
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def _cross_entropy(scores: Tensor, classes: Tensor) -> Tensor:
    return nn.functional.cross_entropy(scores.flatten(0, -2), classes.flatten())


LOSSES = {"MSE": nn.functional.mse_loss, "cross-entropy": _cross_entropy}
OPTIMIZERS = {
    "RMSProp": partial(torch.optim.RMSprop, lr=LEARNING_RATE, alpha=BETA, eps=EPSILON),
    "Adam": partial(torch.optim.Adam, lr=LEARNING_RATE, betas=BETAS, eps=EPSILON),
}


# --- predicting ---


def _predict(model: Callable, problem: Problem) -> Callable[[int], float]:
    inputs = torch.from_numpy(problem.inputs)

    @torch.inference_mode()
    def step(batch: int) -> float:
        return model(inputs[batch]).item()

    return step


def _extrapolate(model: Callable, problem: Problem) -> Callable[[int], float]:
    """The mean of the predictions that follow the batch's one window."""
    windows = torch.from_numpy(problem.inputs[:, 0])  # (batches, T, 1)

    @torch.inference_mode()
    def step(batch: int) -> float:
        T = len(windows[batch])
        values = torch.cat([windows[batch], torch.empty(FREE_STEPS, 1)])
        for end in range(T, T + FREE_STEPS):
            values[end] = model(values[None, end - T : end])[0]
        return values[T:].mean().item()

    return step
