"""Time series that belong to classes, as the archives of UCR and UEA have them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from zen_cli.data.dataset import Preparation
from zen_cli.data.examples import Examples
from zen_cli.data.formats.opening import shown
from zen_cli.data.formats.ucr import UNTOLD, Cases, Missing, read_ts, read_tsv
from zen_cli.data.given import UNKNOWN, class_places, without_targets
from zen_cli.data.sources.base import Source, blaming
from zen_cli.errors import DataError
from zen_cli.memory import demand
from zen_cli.padded import Padded, pad
from zen_cli.settings import File


class UCR(Source):
    """Time series with a class, or a number, for each: .ts files of UEA, UCR and TSER, .tsv files of UCR.

    The inputs are (N, steps, dimensions), of equal length or not, and the values as the file has them.

    train: The file to train on, such as GunPoint_TRAIN.ts.
    test: The file of the test part that came with the data; null where there is none.
    missing: What is done with values that are missing, ? or NaN: error refuses the file, interpolate draws a line
        between the values on both sides, and takes the nearest at the ends.
    """

    def __init__(self, train: File, test: File | None = None, missing: Missing = "error") -> None:
        self.train = train
        self.test = test
        self.missing = missing

    def load(self, seed: int) -> Examples:  # noqa: ARG002 - nothing is random here
        with blaming("train"):
            train = self._told(self.train)
        if not self.test:
            return _examples(train, _in_one(train.sequences), self.train)
        with blaming("test"):
            test = self._told(self.test)
            _demand_alike(train, test, self.test)
        both = Cases(train.sequences + test.sequences, train.labels + test.labels, train.numbers + test.numbers)
        return _examples(both, _in_one(both.sequences), self.train, len(test.sequences))

    def read(self, path: str, prepared: Preparation) -> Examples:
        """The cases of a .ts or .tsv; a .tsv needs no labels, if its first column has numbers with a fraction."""
        cases = self._cases(path, labelled=None)
        inputs = _in_one(cases.sequences, prepared.lengths_vary)
        if isinstance(inputs, Padded) and not prepared.lengths_vary:
            raise DataError(f"{shown(path)}: its cases have different lengths, but the model was trained on equal ones")
        return _examples(cases, inputs, path) if cases.labels or cases.numbers else without_targets(inputs, prepared)

    def _told(self, path: str) -> Cases:
        """Cases of which all labels are told."""
        cases = self._cases(path, labelled=True)
        if not cases.labels and not cases.numbers:
            raise DataError(f"{shown(path)}: its cases have no labels")
        if UNTOLD in cases.labels or np.isnan(cases.numbers).any():
            raise DataError(f"{shown(path)}: a label is {UNTOLD}: it takes all of them to train and to test")
        return cases

    def _cases(self, path: str, labelled: bool | None) -> Cases:
        match Path(path).suffix.lower():
            case ".ts":
                return read_ts(path, self.missing)
            case ".tsv":
                return read_tsv(path, self.missing, labelled)
        raise DataError(f"{shown(path)}: expected a file whose name ends in .ts or .tsv")


def _demand_alike(train: Cases, test: Cases, name: str) -> None:
    there, expected = test.sequences[0].shape[1], train.sequences[0].shape[1]
    if there != expected:
        raise DataError(f"{shown(name)}: {there} dimensions, but {expected} in the file that trains")
    if bool(train.numbers) != bool(test.numbers):
        raise DataError(f"{shown(name)}: of it and the file that trains, one has classes and one has numbers")


def _examples(cases: Cases, inputs: np.ndarray | Padded, path: str, test: int = 0) -> Examples:
    if cases.numbers:
        return Examples(inputs, np.array(cases.numbers)[:, None], test=test)
    told = np.array([label != UNTOLD for label in cases.labels])
    targets = np.full(len(inputs), UNKNOWN)
    targets[told], labels = class_places(np.array(cases.labels)[told], shown(path))
    return Examples(inputs, targets, labels, test=test)


def _in_one(sequences: Sequence[np.ndarray], lengths_vary: bool = False) -> np.ndarray | Padded:
    """Sequences (T_i, C) as one array, `Padded` where they are not equally long, or need not be."""
    lengths = set(map(len, sequences))
    size = len(sequences) * max(lengths) * sequences[0].shape[1]
    demand(8 * size, f"{len(sequences):,} sequences of up to {max(lengths):,} steps")
    return pad(sequences) if lengths_vary or len(lengths) > 1 else np.stack(sequences)
