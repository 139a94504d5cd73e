"""Where data come from: a module per family of sources."""

from zen_cli.data.sources.base import Source
from zen_cli.data.sources.curve import Curve
from zen_cli.data.sources.digits import Digits
from zen_cli.data.sources.fizzbuzz import FizzBuzz

__all__ = ["Curve", "Digits", "FizzBuzz", "Source"]
