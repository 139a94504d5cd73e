"""Rules that need no network, whose scores stand beside a model's: what is hard to beat, and cheap to say."""

from zen_cli.baseline.base import Baseline
from zen_cli.baseline.classes import predictions_of_classes
from zen_cli.baseline.forecasts import forecasts
from zen_cli.baseline.seasons import season_of
from zen_cli.baseline.text import Reading, readings
from zen_cli.baseline.values import predictions_of_values
from zen_cli.baseline.verdict import standard_errors_between, verdict

__all__ = [
    "Baseline",
    "Reading",
    "forecasts",
    "predictions_of_classes",
    "predictions_of_values",
    "readings",
    "season_of",
    "standard_errors_between",
    "verdict",
]
