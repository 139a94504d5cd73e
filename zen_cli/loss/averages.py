"""The mean over what counts, and the check that predictions and targets can be compared."""

import numpy as np

from zen_cli import autodiff as ad
from zen_cli.autodiff import Tensor
from zen_cli.errors import ShapeError

Mask = np.ndarray | None


def average(terms: Tensor, mask: Mask) -> Tensor:
    """The mean of the terms, of those where the mask is 1 if there is one."""
    if mask is None:
        return ad.reduce_mean(terms)
    return ad.reduce_sum(terms * shares(mask, terms.shape, terms.dtype))


def shares(mask: Mask, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """The weight of each term of a mean, of `shape`: equal where the mask is 1, and 0 where it is 0.

    The mask has the first axes of the terms: (B,) leaves out examples, (B, T) steps. Where nothing counts all weights
    are 0, and so is the loss.
    """
    mask = np.ones((), dtype) if mask is None else np.asarray(mask, dtype)
    if mask.shape != shape[: mask.ndim]:
        raise ShapeError(f"a mask has the first axes of what it is for, {shape}, but its shape is {mask.shape}")
    weights = np.broadcast_to(mask.reshape(mask.shape + (1,) * (len(shape) - mask.ndim)), shape)
    total = float(weights.sum())
    return weights / total if total else weights


def demand_same_shape(loss: str, pred: tuple[int, ...], real: tuple[int, ...]) -> None:
    if pred != real:
        raise ShapeError(f"{loss} compares like with like, but predictions have shape {pred} and targets {real}")
