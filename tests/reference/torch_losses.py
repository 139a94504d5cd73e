"""Losses: a function of predictions, targets and, where steps or examples are left out, a mask."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import torch
from differentiated import Array, Case, Shape, drawn
from torch import Tensor
from torch.nn import functional

# --- what counts ---

EXAMPLES = np.array([1, 0, 1, 1])  # masks of (4, n) and of (2, 3, n)
STEPS = np.array([[1, 1, 0], [1, 0, 0]])


def averaged(terms: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The mean of the terms that count; a mask has their first axes."""

    def loss(pred: Tensor, real: Tensor, mask: Tensor | None = None) -> Tensor:
        all_terms = terms(pred, real)
        return (all_terms if mask is None else all_terms[mask.bool()]).mean()

    return loss


def case(
    terms: Callable[..., Tensor], pred: Shape | Array, real: Array, mask: Array | None = None, layer: str = ""
) -> Case:
    """`layer` is what predictions go through first in zen, where PyTorch's function takes them as they are."""
    constants = {"real": real} | ({} if mask is None else {"mask": mask})
    return Case(averaged(terms), {"pred": pred}, constants, {"layer": layer} if layer else {})


# --- values ---

VALUES, SEQUENCES = drawn("values", (4, 2)), drawn("sequences", (2, 3, 2))
FAR = np.array([[1000.0, -1000.0], [-1000.0, 999.5], [0.0, 1e-9], [1000.0, 1000.0]])
UNSURE = np.array([[1000.0, 20.0, -1000.0, 9.0], [0.0, -12.0, 0.5, -13.0], [1.0, -14.0, 0.0, -40.0], [0.0, 40.0] * 2])


def of_values(name: str, terms: Callable[..., Tensor], far: Array = FAR) -> dict[str, Case]:
    """`far` are predictions (4, 2 k), where k is how many there are for each value."""
    width = far.shape[1]
    return {
        name: case(terms, (4, width), VALUES),
        f"{name}  # far off": case(terms, far, VALUES),
        f"{name}  # of sequences": case(terms, (2, 3, width), SEQUENCES),
        f"{name}  # of some examples": case(terms, (4, width), VALUES, EXAMPLES),
        f"{name}  # of some steps": case(terms, (2, 3, width), SEQUENCES, STEPS),
    }


def pinball(*levels: float) -> Callable[..., Tensor]:
    """The formula itself: PyTorch has no quantile loss."""
    q = torch.tensor(levels, dtype=torch.float64)

    def terms(pred: Tensor, real: Tensor) -> Tensor:
        error = real[..., None] - pred.reshape(*real.shape, len(levels))
        return torch.maximum(q * error, (q - 1) * error)

    return terms


def gaussian_nll(eps: float) -> Callable[..., Tensor]:
    def terms(pred: Tensor, real: Tensor) -> Tensor:
        return functional.gaussian_nll_loss(pred[..., ::2], real, pred[..., 1::2].exp(), eps=eps, reduction="none")

    return terms


LOSSES_OF_VALUES = {
    **of_values("MSE", partial(functional.mse_loss, reduction="none")),
    **of_values("MAE", partial(functional.l1_loss, reduction="none")),
    **of_values("Huber", partial(functional.huber_loss, reduction="none")),
    **of_values("Huber: 0.3", partial(functional.huber_loss, delta=0.3, reduction="none")),
    **of_values("quantile", pinball(0.1, 0.5, 0.9), FAR.repeat(3, axis=1)),
    **of_values("quantile: {quantiles: [0.25]}", pinball(0.25)),
    **of_values("gaussian_nll", gaussian_nll(1e-6), UNSURE),
    **of_values("gaussian_nll: {epsilon: 0.5}", gaussian_nll(0.5), UNSURE),
}

# --- classes ---

CLASSES, CLASSES_OF_STEPS = np.array([2, 0, 1, 1]), np.array([[2, 0, 1], [1, 1, 0]])
ROWS = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.25, 0.75], [0.5, 0.5, 0.0]])
SURE = np.array([[1000.0, -1000.0, 0.0], [1000.0, -1000.0, 999.0], [-1000.0, 1000.0, 0.0], [800.0, 800.0, -800.0]])
PROBABILITIES = np.array([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.98, 0.01, 0.01], [1e-30, 0.5, 0.5]])


def crossentropy(logits: Tensor, real: Tensor, smoothing: float = 0.0) -> Tensor:
    """PyTorch has classes on the second axis, and so have rows of answers."""
    rows = real.movedim(-1, 1) if real.is_floating_point() else real
    return functional.cross_entropy(logits.movedim(-1, 1), rows, label_smoothing=smoothing, reduction="none")


def of_classes(name: str, smoothing: float = 0.0, layer: str = "") -> dict[str, Case]:
    remark = f"  # {layer}, " if layer else "  # "
    made = partial(case, partial(crossentropy, smoothing=smoothing), layer=layer)
    return {
        f"{name}{remark}of examples": made((4, 3), CLASSES),
        f"{name}{remark}far apart": made(SURE, CLASSES),
        f"{name}{remark}of steps": made((2, 3, 3), CLASSES_OF_STEPS),
        f"{name}{remark}of some examples": made((4, 3), CLASSES, EXAMPLES),
        f"{name}{remark}of some steps": made((2, 3, 3), CLASSES_OF_STEPS, STEPS),
        f"{name}{remark}rows": made((4, 3), ROWS),
        f"{name}{remark}rows, far apart": made(SURE, ROWS),
    }


def nll(p: Tensor, real: Tensor) -> Tensor:
    return functional.nll_loss(p.log(), real, reduction="none")


LOSSES_OF_CLASSES = {
    **of_classes("categorical_crossentropy: {from_logits: true}"),
    **of_classes("categorical_crossentropy: {from_logits: true, label_smoothing: 0.1}", 0.1),
    **of_classes("categorical_crossentropy", layer="Softmax"),
    **of_classes("categorical_crossentropy: {label_smoothing: 0.1}", 0.1, "Softmax"),
    "categorical_crossentropy  # of probabilities": case(nll, PROBABILITIES, CLASSES),
    "categorical_crossentropy  # of some probabilities": case(nll, PROBABILITIES, CLASSES, EXAMPLES),
}

# --- yes or no ---

ANSWERS, ANSWERS_OF_STEPS = np.array([1, 0, 1, 1]), np.array([[0, 1, 1], [1, 0, 0]])
CHANCES = np.array([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.98, 0.01, 0.01], [0.001, 0.5, 1e-9]])
CERTAIN = np.array([[1.0, 0.0, 0.3], [0.0, 1.0, 1e-15], [1e-300, 0.5, 1 - 1e-15], [0.2, 0.7, 1.0]])


def answers(real: Tensor, pred: Tensor) -> Tensor:
    """A number for each prediction: a class is yes or no, or one of several that each have an answer."""
    if real.is_floating_point():
        return real
    return (
        real[..., None].to(pred.dtype)
        if pred.shape[-1] == 1
        else functional.one_hot(real, pred.shape[-1]).to(pred.dtype)
    )


def of_logits(x: Tensor, real: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(x, answers(real, x), reduction="none")


def of_probabilities(p: Tensor, real: Tensor) -> Tensor:
    return functional.binary_cross_entropy(p, answers(real, p), reduction="none")


def of_answers(name: str, layer: str = "") -> dict[str, Case]:
    remark = f"  # {layer}, " if layer else "  # "
    made = partial(case, of_logits, layer=layer)
    return {
        f"{name}{remark}of examples": made((4, 1), ANSWERS),
        f"{name}{remark}far apart": made(SURE, ROWS),
        f"{name}{remark}one against the rest": made((4, 3), CLASSES),
        f"{name}{remark}of steps": made((2, 3, 1), ANSWERS_OF_STEPS),
        f"{name}{remark}of some examples": made((4, 3), ROWS, EXAMPLES),
        f"{name}{remark}of some steps": made((2, 3, 1), ANSWERS_OF_STEPS, STEPS),
    }


LOSSES_OF_ANSWERS = {
    **of_answers("binary_crossentropy: {from_logits: true}"),
    **of_answers("binary_crossentropy", "Sigmoid"),
    "binary_crossentropy  # of probabilities": case(of_probabilities, CHANCES, ROWS),
    "binary_crossentropy  # of probabilities at 0 and 1": Case(
        averaged(of_probabilities),
        {"pred": CERTAIN},
        {"real": ROWS},
        {"rtol": 1e-8},  # the 1e-12 that PyTorch divides by at least is a float32 number
    ),
}

# --- weights of classes ---

THREE, TWO = [0.5, 2.0, 1.25], [0.5, 3.0]


def weighted_crossentropy(logits: Tensor, real: Tensor, mask: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
    """PyTorch divides by the weights of the answers, too, but for rows: there that is done here."""
    weights = torch.tensor(THREE, dtype=torch.float64)
    if mask is not None:
        logits, real = logits[mask.bool()], real[mask.bool()]
    if not real.is_floating_point():
        logits, real = logits.reshape(-1, 3), real.reshape(-1)
        return functional.cross_entropy(logits, real, weights, label_smoothing=smoothing)
    total = functional.cross_entropy(logits, real, weights, label_smoothing=smoothing, reduction="sum")
    return total / (real @ weights).sum()


def weighted_answers(x: Tensor, real: Tensor, mask: Tensor | None = None) -> Tensor:
    """Of one prediction each: an answer counts as its class, or lies between the two."""
    terms, yes = of_logits(x, real), answers(real, x)
    weights = TWO[0] + yes * (TWO[1] - TWO[0])
    weights = weights if mask is None else weights * mask[..., None]
    return (weights * terms).sum() / weights.sum()


def weighted_against_the_rest(x: Tensor, real: Tensor) -> Tensor:
    each = of_logits(x, real).mean(dim=-1)
    weights = torch.tensor(THREE, dtype=torch.float64)[real]
    return (weights * each).sum() / weights.sum()


def of_weights(loss: Callable[..., Tensor], pred: Shape | Array, real: Array, layer: str = "", **mask: Array) -> Case:
    return Case(loss, {"pred": pred}, {"real": real, **mask}, {"layer": layer} if layer else {})


def of_weighted_classes(settings: str, layer: str = "", smoothing: float = 0.0) -> dict[str, Case]:
    name = f"categorical_crossentropy: {{class_weights: {THREE}{settings}}}  # {layer}{', ' if layer else ''}"
    made = partial(of_weights, partial(weighted_crossentropy, smoothing=smoothing), layer=layer)
    return {
        f"{name}of examples": made((4, 3), CLASSES),
        f"{name}far apart": made(SURE, CLASSES),
        f"{name}of steps": made((2, 3, 3), CLASSES_OF_STEPS),
        f"{name}of some examples": made((4, 3), CLASSES, mask=EXAMPLES),
        f"{name}of some steps": made((2, 3, 3), CLASSES_OF_STEPS, mask=STEPS),
        f"{name}rows": made((4, 3), ROWS),
    }


YES_OR_NO = f"binary_crossentropy: {{class_weights: {TWO}}}  # Sigmoid, "
LOSSES_WITH_WEIGHTS = {
    **of_weighted_classes("", "Softmax"),
    **of_weighted_classes(", from_logits: true"),
    **of_weighted_classes(", label_smoothing: 0.1", "Softmax", 0.1),
    f"{YES_OR_NO}of examples": of_weights(weighted_answers, (4, 1), ANSWERS, "Sigmoid"),
    f"{YES_OR_NO}of some steps": of_weights(weighted_answers, (2, 3, 1), ANSWERS_OF_STEPS, "Sigmoid", mask=STEPS),
    f"{YES_OR_NO}in between": of_weights(weighted_answers, (4, 1), ROWS[:, :1], "Sigmoid"),
    f"binary_crossentropy: {{class_weights: {THREE}, from_logits: true}}  # one against the rest": of_weights(
        weighted_against_the_rest, (4, 3), CLASSES
    ),
}

LOSSES: Mapping[str, Case] = LOSSES_OF_VALUES | LOSSES_OF_CLASSES | LOSSES_OF_ANSWERS | LOSSES_WITH_WEIGHTS
