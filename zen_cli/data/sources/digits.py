"""Handwritten digits."""

from importlib import resources

import numpy as np

from zen_cli.data.examples import Examples
from zen_cli.data.sources.base import Source, with_columns


class Digits(Source):
    """1797 grey images of handwritten digits, 8x8 pixels of 0 to 16: UCI "Optical Recognition of Handwritten Digits".

    The inputs are rows of 64 pixels. E. Alpaydin and C. Kaynak 1998, CC BY 4.0.
    """

    def load(self, seed: int) -> Examples:  # noqa: ARG002 - nothing is random here
        with resources.files("zen_cli.data").joinpath("digits.npz").open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            pixels, classes = archive["pixels"], archive["labels"]
        return Examples(pixels.reshape(len(pixels), -1).astype(np.float64), classes, tuple("0123456789"))

    def from_table(self, table: np.ndarray) -> np.ndarray:
        return with_columns(table, 64, "an image is a line of 8 x 8 pixels")
