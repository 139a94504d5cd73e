"""Values brought to a scale that networks learn on: scalers for a config, and a fitted chain of them."""

from zen_cli.data.scaling.chain import Scaling, UnscalableError
from zen_cli.data.scaling.scalers import Difference, Log1p, MinMax, Robust, Scaler, Standard

__all__ = ["Difference", "Log1p", "MinMax", "Robust", "Scaler", "Scaling", "Standard", "UnscalableError"]
