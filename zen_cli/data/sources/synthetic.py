"""Tasks of the literature that ask for memory: their examples are drawn, so that there are as many as one wants."""

import numpy as np

from zen_cli.data.examples import Examples
from zen_cli.data.sources.base import Source, with_columns
from zen_cli.errors import DataError
from zen_cli.memory import demand
from zen_cli.padded import Padded
from zen_cli.settings import Count, Tokens
from zen_cli.streams import Stream, generator


class Adding(Source):
    """The sum of two numbers among many: a marker points at one in each half of a sequence.

    Each step has a value, drawn uniformly from 0 to 1, and a marker, 1 at the two and 0 elsewhere: inputs (length, 2).
    Who always says 1 has an MSE of 1/6, 0.167, and below 0.01 the task counts as solved. (Hochreiter and Schmidhuber
    1997, in the form of Le, Jaitly and Hinton 2015.)

    length: How many steps a sequence has, at least 2. The longer, the harder.
    examples: How many sequences are drawn; `seed` decides which.
    """

    def __init__(self, length: Count = 100, examples: Count = 5000) -> None:
        self.length = length
        self.examples = examples

    def load(self, seed: int) -> Examples:
        _demand_two_steps(self.length)
        demand(8 * 3 * self.examples * (self.length + 3), f"{self.examples:,} sequences of {self.length:,} steps")
        rng, N, half = generator(seed, Stream.DATA), np.arange(self.examples), self.length // 2
        values = rng.random((self.examples, self.length))  # (N, T)
        first = rng.integers(half, size=self.examples)
        second = rng.integers(half, self.length, size=self.examples)
        markers = np.zeros_like(values)
        markers[N, first] = markers[N, second] = 1
        sums = values[N, first] + values[N, second]
        inputs = np.stack([values, markers], axis=-1)  # (N, T, 2)
        return Examples(inputs, sums[:, None], features=("value", "marker"), outputs=("sum",))

    def from_table(self, table: np.ndarray) -> np.ndarray:
        columns = with_columns(table, 2 * self.length, "a value and its marker for each step, one step after the other")
        return columns.reshape(-1, self.length, 2)


def _demand_two_steps(length: int) -> None:
    if length < 2:
        message = f"a number in each half of a sequence takes at least 2 steps, not {length}"
        raise DataError(message, setting="length", instead={"length": 100})


class CopyMemory(Source):
    """Symbols to be said again after a delay: what a recurrent model can hold on to, and for how long.

    A sequence is `length` symbols, drawn uniformly, `delay - 1` blanks, a sign that asks for the symbols, and `length`
    blanks. The answer is a blank for each step until then, and the symbols, in their order, at the last ones. Inputs
    are tokens (delay + 2 length,) for an Embedding of symbols + 2: the symbols from 0 on, then the blank, then the
    sign. Each step has a class, a symbol or the blank. A model without memory has a cross-entropy of at best length
    log(symbols) / (delay + 2 length). (Arjovsky, Shah and Bengio 2016, after Hochreiter and Schmidhuber 1997.)

    delay: How many steps lie between the last symbol and the first to be said. The more, the harder.
    symbols: How many different symbols there are.
    length: How many symbols are to be remembered.
    examples: How many sequences are drawn; `seed` decides which.
    """

    def __init__(self, delay: Count = 20, symbols: Tokens = 8, length: Count = 10, examples: Count = 20_000) -> None:
        self.delay = delay
        self.symbols = symbols
        self.length = length
        self.examples = examples

    @property
    def steps(self) -> int:
        return self.delay + 2 * self.length

    def load(self, seed: int) -> Examples:
        demand(8 * 3 * self.examples * self.steps, f"{self.examples:,} sequences of {self.steps:,} steps")
        labels = (*map(str, range(self.symbols)), "blank")
        blank, sign = self.symbols, self.symbols + 1
        remembered = generator(seed, Stream.DATA).integers(self.symbols, size=(self.examples, self.length))
        inputs = np.full((self.examples, self.steps), blank)
        inputs[:, : self.length] = remembered
        inputs[:, -self.length - 1] = sign
        classes = np.full_like(inputs, blank)
        classes[:, -self.length :] = remembered
        return Examples(inputs, classes, labels)

    def from_table(self, table: np.ndarray) -> np.ndarray:
        tokens = with_columns(table, self.steps, "a token for each step")
        return _whole(tokens, self.symbols + 1, "a token is a whole number").astype(np.intp)


class Parity(Source):
    """Whether the number of ones among bits is even or odd: one bit more or less, anywhere, turns the answer.

    Inputs are bits (length, 1), 0 or 1 with equal probability. Nothing short of all the bits tells anything about the
    answer. (Minsky and Papert 1969; for recurrent networks Hochreiter and Schmidhuber 1997.)

    length: How many bits a sequence has, or, with `shortest`, has at most.
    examples: How many sequences are drawn; `seed` decides which. Short ones repeat: there are but 2^length.
    shortest: How many bits a sequence has at least, where they are to differ: each has any number up to `length`.
    """

    def __init__(self, length: Count = 20, examples: Count = 5000, shortest: Count | None = None) -> None:
        self.length = length
        self.examples = examples
        self.shortest = shortest

    def load(self, seed: int) -> Examples:
        self._demand_order()
        demand(8 * 3 * self.examples * (self.length + 1), f"{self.examples:,} sequences of {self.length:,} bits")
        rng = generator(seed, Stream.DATA)
        bits = rng.integers(2, size=(self.examples, self.length))
        if self.shortest is None:
            return _of_parity(bits, bits[:, :, None].astype(np.float64))
        lengths = rng.integers(self.shortest, self.length, size=self.examples, endpoint=True)
        bits[np.arange(self.length) >= lengths[:, None]] = 0
        return _of_parity(bits, Padded(bits[:, :, None].astype(np.float64), lengths))

    def from_table(self, table: np.ndarray) -> np.ndarray:
        bits = with_columns(table, self.length, "a bit for each step")
        return _whole(bits, 1, "a bit is 0 or 1")[:, :, None]

    def _demand_order(self) -> None:
        if self.shortest is not None and self.shortest > self.length:
            message = f"the shortest of sequences up to {self.length} bits cannot have {self.shortest}"
            instead = {"shortest": self.length, "length": self.shortest}
            raise DataError(message, setting="shortest", instead=instead)


def _of_parity(bits: np.ndarray, inputs: np.ndarray | Padded) -> Examples:
    return Examples(inputs, bits.sum(axis=1) % 2, ("even", "odd"), ("bit",))


def _whole(table: np.ndarray, most: int, meaning: str) -> np.ndarray:
    """The table, if it holds nothing but whole numbers from 0 to `most`."""
    wrong = table[(table != np.floor(table)) | (table < 0) | (table > most)]
    if wrong.size:
        raise DataError(f"{wrong[0]:g} is not a whole number from 0 to {most}: {meaning}")
    return table
