"""Compute with PyTorch what tests/test_reference.py holds zen to: python tests/reference/make_reference.py

Writes a JSON file for each kind of case beside this one; README.md says more.
"""

import json
from pathlib import Path
from typing import Any

import torch
from differentiated import differentiated
from torch_functions import FUNCTIONS
from torch_layers import LAYERS
from torch_losses import LOSSES
from torch_models import MODELS
from torch_optimizers import OPTIMIZERS, optimized
from torch_schedules import SCHEDULES, scheduled

KINDS = {
    "function": lambda: differentiated(FUNCTIONS),
    "layer": lambda: differentiated(LAYERS),
    "model": lambda: differentiated(MODELS),
    "loss": lambda: differentiated(LOSSES),
    "optimizer": lambda: optimized(OPTIMIZERS),
    "schedule": lambda: scheduled(SCHEDULES),
}


def as_json(value: Any, indent: str = "") -> str:
    """JSON with an array on a line, so that a difference shows where it is. Refuses what is not finite."""
    if not isinstance(value, dict) or not value:
        return json.dumps(value, allow_nan=False)
    lines = [f"{indent} {json.dumps(key)}: {as_json(each, indent + ' ')}" for key, each in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def main() -> None:
    torch.set_num_threads(1)  # more would add up in another order, and change the last digits
    for kind, compute in KINDS.items():
        text = as_json({"made with": f"PyTorch {torch.__version__}", **compute()})
        Path(__file__).with_name(f"{kind}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
