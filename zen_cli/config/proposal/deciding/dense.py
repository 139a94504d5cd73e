"""A dense network for rows of numbers."""

from collections.abc import Mapping
from typing import Any

from zen_cli.config.proposal.deciding.choice import Choice, Key, Prepared
from zen_cli.config.proposal.deciding.effort import compared_and_scored, optimizer, training

MANY = 2000  # examples, for which there are two layers
SECONDS = 1e-6  # for an example
PER_NUMBER = 1e-8  # more for each of its numbers


def dense(prepared: Prepared, classes: Mapping[str, int], by_rows: bool = False) -> Choice:
    """All but the `data` section. `by_rows` are the examples of a table, which are (n,) already."""
    width = 1
    for size in prepared.inputs:
        width *= size
    sizes = [64, 32] if prepared.train >= MANY else [32]
    flat: list[Any] = [] if len(prepared.inputs) == 1 else [{"Reshape": [width]}]
    hidden = [part for size in sizes for part in ({"Linear": size}, "ReLU")]
    end = [{"Linear": prepared.outputs}, *(["Softmax"] if classes else [])]
    compared = compared_and_scored(prepared, classes)
    settings = {
        "model": [*flat, *hidden, *end],
        **compared.settings,
        "optimizer": optimizer(0.01, 0.1),
        "schedule": "Cosine",
        "training": training(prepared.train, SECONDS + PER_NUMBER * width, 3000, 60),
    }
    first, last = len(flat), len(flat) + len(hidden)
    numbers = f"{width} number{'s' * (width != 1)}"
    remarks: dict[Key, str] = {
        ("model", first): f"units, from {numbers} in: more can learn more, and take longer",
        ("model", first + 1): "between linear layers; or `GELU`, `SiLU`, `Tanh`",
        ("model", last): "a score for each class" if classes else "what is predicted",
        ("model", last + 1): "scores to probabilities",
    }
    if flat:
        remarks["model", 0] = "all numbers of an example in one row"
    elif by_rows:
        remarks["model", first] = f"units, from {numbers} in, a word as a 0 or 1 for each: more can learn more"
    return Choice(settings, {**compared.remarks, **remarks})
