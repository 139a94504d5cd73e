"""Numbers, and what one says to them."""

import numpy as np

from zen_cli.data.examples import Examples
from zen_cli.data.sources.base import Source, with_columns
from zen_cli.errors import DataError
from zen_cli.memory import demand
from zen_cli.settings import Bits, Count


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
        return Examples(self.from_table(n[:, None]), classes, ("number", "fizz", "buzz", "fizzbuzz"))

    def from_table(self, table: np.ndarray) -> np.ndarray:
        numbers = with_columns(table, 1, "there is one number a line")[:, 0]
        most = 2**self.bits - 1
        if (wrong := numbers[(numbers != np.floor(numbers)) | (numbers < 0) | (numbers > most)]).size:
            raise DataError(f"{wrong[0]:g} is not a whole number from 0 to {most}, which {self.bits} bits can hold")
        return (numbers.astype(np.int64)[:, None] >> np.arange(self.bits) & 1).astype(np.float64)
