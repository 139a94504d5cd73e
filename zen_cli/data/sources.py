"""Where data comes from. A source is a class whose constructor's signature says what YAML may say."""

from contextlib import suppress
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
    """A curve from a formula in x, at x = start, start + step, ...

    expression: The formula. It may use x, numbers, + - * / ** %, parentheses, pi, e and sin, cos, tan, tanh, exp, log,
        sqrt, abs, floor.
    points: How many values the curve has.
    start: The first x.
    step: How far each x is from the one before.
    noise: Standard deviation of the normal noise that is added, in the unit of the values; `seed` decides what is
        drawn.
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
                message = f"x leaves the range of numbers after {self.points} steps of {self.step:g}"
                raise DataError(message, setting="step", instead={"step": 1.0})
            values = self._values(x) + noise
        if not np.isfinite(values).all():
            message = f"noise of {self.noise:g} makes values that are no numbers"
            raise DataError(message, setting="noise", instead={"noise": 0.1})
        return Series(x, values, self.expression)

    def _values(self, x: np.ndarray) -> np.ndarray:
        try:
            return evaluate(self.expression, x)
        except DataError as error:
            instead = error.instead or self._where_it_is_finite()
            raise DataError(error.message, error.hint, setting="expression", instead=instead) from None

    def _where_it_is_finite(self) -> dict[str, float]:
        """Another start or step, for a formula that has no finite value somewhere along this one."""
        for start, step in ((1.0, self.step), *((self.start, self.step / shorter) for shorter in (10, 100, 1000))):
            with suppress(DataError):
                evaluate(self.expression, start + step * np.arange(self.points))
                return {"start": start} if step == self.step else {"step": step}
        return {}

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
    """The numbers from 0 on as binary digits, the lowest first, and what one says to them.

    A multiple of 3 is fizz, of 5 buzz, of both fizzbuzz; any other is a number.

    numbers: How many there are, from 0 up.
    bits: How many binary digits each number has, one input of the model each; they must be enough for the largest.
    """

    def __init__(self, numbers: Count = 100, bits: Bits = 10) -> None:
        self.numbers = numbers
        self.bits = bits

    def load(self, seed: int) -> Examples:  # noqa: ARG002 - nothing is random here
        if self.numbers > 2**self.bits:
            raise DataError(
                f"{self.bits} bits tell {2**self.bits} numbers apart, not {self.numbers}",
                setting="numbers",
                instead={"numbers": 2**self.bits, "bits": (self.numbers - 1).bit_length()},
            )
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
