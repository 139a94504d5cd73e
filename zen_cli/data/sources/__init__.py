"""Where data come from: a module per family of sources."""

from zen_cli.data.sources.base import Source
from zen_cli.data.sources.csv import CSV
from zen_cli.data.sources.curve import Curve
from zen_cli.data.sources.digits import Digits
from zen_cli.data.sources.fizzbuzz import FizzBuzz
from zen_cli.data.sources.idx import IDX
from zen_cli.data.sources.images import Images
from zen_cli.data.sources.mackey_glass import MackeyGlass
from zen_cli.data.sources.npz import NPZ
from zen_cli.data.sources.synthetic import Adding, CopyMemory, Parity
from zen_cli.data.sources.text import Text
from zen_cli.data.sources.ucr import UCR

__all__ = [
    "CSV",
    "IDX",
    "NPZ",
    "UCR",
    "Adding",
    "CopyMemory",
    "Curve",
    "Digits",
    "FizzBuzz",
    "Images",
    "MackeyGlass",
    "Parity",
    "Source",
    "Text",
]
