"""What is proposed: plain data for a config, and what is said of each setting."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str | int]  # a section or a component, "" for the config itself, and its setting; ("model", 0), ...
Remarks = Mapping[Key, str]


@dataclass(frozen=True)
class Choice:
    """Settings of a config, and why they are so. A remark on one that is not among them is for its default."""

    settings: Mapping[str, Any]
    remarks: Remarks = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """A whole config, what it is for in a sentence, and what was `found` in the data, a line each."""

    purpose: str
    found: tuple[str, ...]
    settings: Mapping[str, Any]
    remarks: Remarks


@dataclass(frozen=True)
class Prepared:
    """The examples that a `data` section makes: how many are in each part, and their shapes."""

    train: int
    validation: int
    test: int
    inputs: tuple[int, ...]
    outputs: int  # classes, or numbers of a target
