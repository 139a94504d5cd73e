"""What a baseline is, and how many numbers one is made from."""

from dataclasses import dataclass

import numpy as np

Array = np.ndarray

MOST_NUMBERS = 4_000_000  # in the training examples that a baseline is fitted to: a second or two, 32 MB


@dataclass(frozen=True)
class Baseline:
    """What a rule that needs no model says of the examples: `predictions` have the shape of a model's.

    `name` is for people. `note` says what of the training part it was made from, where that was not all of it.
    """

    name: str
    predictions: Array
    note: str = ""


def evenly(count: int, most: int) -> Array:
    """Places among `count`, in order and evenly spaced: all of them, or `most`, the first among them."""
    kept = min(count, max(most, 1))
    places: Array = (np.arange(kept) * (count / max(kept, 1))).astype(np.intp)
    return places


def note_of(kept: int, count: int, what: str) -> str:
    """`Fitted to 1000 of 3000 examples`; nothing where they are all."""
    return "" if kept == count else f"fitted to {kept} of {count} {what}"
