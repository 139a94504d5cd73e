"""Where data comes from. A source is a class whose constructor's signature says what YAML may say."""

from dataclasses import dataclass
from importlib import resources

import numpy as np

from zen_cli.data.expression import evaluate
from zen_cli.data.series import Series
from zen_cli.errors import DataError
from zen_cli.memory import demand
from zen_cli.settings import Bits, Count, Finite, NonNegative, Positive
from zen_cli.streams import Stream, generator


@dataclass(frozen=True)
class Examples:
    """Inputs (N, features) with a class each: `classes` (N,) holds places in `labels`."""

    inputs: np.ndarray
    classes: np.ndarray
    labels: tuple[str, ...]


class Source:
    """Loads data, and reads new data of the same kind for a trained model."""

    def load(self, seed: int) -> Series | Examples:
        """The data; whatever is random in it depends on `seed` alone."""
        raise NotImplementedError

    def inputs(self, table: np.ndarray) -> np.ndarray:
        """A table of new numbers (N, columns), one example a row, as inputs; raises DataError where it does not fit."""
        raise NotImplementedError


class Curve(Source):
    """A curve from a formula in x, at `points` values of x: start, start + step, ...

    The formula may use + - * / ** %, parentheses, pi, e and sin, cos, tan, tanh, exp, log, sqrt, abs, floor. `noise`
    is the standard deviation of normal noise added to the values.
    """

    def __init__(
        self,
        expression: str,
        points: Count = 200,
        start: Finite = 0.0,
        step: Positive = 1.0,
        noise: NonNegative = 0.0,
    ) -> None:
        self.expression = expression
        self.points = points
        self.start = start
        self.step = step
        self.noise = noise

    def load(self, seed: int) -> Series:
        demand(8 * 4 * self.points, f"a curve of {self.points:,} points")
        with np.errstate(all="ignore"):  # what is not finite is named below
            x = self.start + self.step * np.arange(self.points)
            noise = self.noise * generator(seed, Stream.NOISE).standard_normal(self.points) if self.noise else 0.0
            if not np.isfinite(x).all():
                raise DataError(f"x leaves the range of numbers after {self.points} steps of {self.step:g}", "step")
            try:
                values = evaluate(self.expression, x) + noise
            except DataError as error:
                raise DataError(str(error), "expression") from None
        if not np.isfinite(values).all():
            raise DataError(f"noise of {self.noise:g} makes values that are no numbers", "noise")
        return Series(x, values, self.expression)

    def inputs(self, table: np.ndarray) -> np.ndarray:
        return _with_columns(table, 1, "a curve has one value a line")


class Digits(Source):
    """1797 grey images of handwritten digits, 8x8 pixels of 0 to 16: UCI "Optical Recognition of Handwritten Digits".

    The inputs are rows of 64 pixels. E. Alpaydin and C. Kaynak 1998, CC BY 4.0.
    """

    def load(self, seed: int) -> Examples:  # noqa: ARG002 - nothing is random here
        with resources.files("zen_cli.data").joinpath("digits.npz").open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            pixels, classes = archive["pixels"], archive["labels"]
        return Examples(pixels.reshape(len(pixels), -1).astype(np.float64), classes, tuple("0123456789"))

    def inputs(self, table: np.ndarray) -> np.ndarray:
        return _with_columns(table, 64, "an image is a line of 8 x 8 pixels")


class FizzBuzz(Source):
    """The numbers 0 .. numbers - 1 as `bits` binary digits each, the lowest first, and what one says to them.

    A multiple of 3 is fizz, of 5 buzz, of both fizzbuzz; any other is a number.
    """

    def __init__(self, numbers: Count = 100, bits: Bits = 10) -> None:
        self.numbers = numbers
        self.bits = bits

    def load(self, seed: int) -> Examples:  # noqa: ARG002 - nothing is random here
        if self.numbers > 2**self.bits:
            raise DataError(f"{self.bits} bits tell {2**self.bits} numbers apart, not {self.numbers}", "numbers")
        demand(8 * self.numbers * (self.bits + 4), f"{self.numbers:,} numbers of {self.bits} bits")
        n = np.arange(self.numbers)
        classes = (n % 3 == 0) + 2 * (n % 5 == 0)
        return Examples(self.inputs(n[:, None]), classes, ("number", "fizz", "buzz", "fizzbuzz"))

    def inputs(self, table: np.ndarray) -> np.ndarray:
        numbers = _with_columns(table, 1, "there is one number a line")[:, 0]
        most = 2**self.bits - 1
        if (wrong := numbers[(numbers != np.floor(numbers)) | (numbers < 0) | (numbers > most)]).size:
            raise DataError(f"{wrong[0]:g} is not a whole number from 0 to {most}, which {self.bits} bits can hold")
        return (numbers.astype(np.int64)[:, None] >> np.arange(self.bits) & 1).astype(np.float64)


def _with_columns(table: np.ndarray, count: int, meaning: str) -> np.ndarray:
    if table.shape[1] != count:
        raise DataError(f"expected {count} column{'s' * (count > 1)} ({meaning}) but got {table.shape[1]}")
    return table
