"""Preparations of every kind, as a checkpoint keeps them."""

from collections.abc import Mapping
from typing import Any

from zen_cli.data.dataset import Preparation
from zen_cli.data.forecasting import Forecasting
from zen_cli.data.plain import Plain
from zen_cli.data.tabular import Tabular
from zen_cli.data.texts import Texts

KINDS: Mapping[str, type[Preparation]] = {made.kind: made for made in (Forecasting, Plain, Tabular, Texts)}


def stored(preparation: Preparation) -> dict[str, Any]:
    """As plain data."""
    return {"kind": preparation.kind, **preparation.state()}


def preparation_from(state: Mapping[str, Any]) -> Preparation:
    """The preparation that was `stored`."""
    return KINDS[state["kind"]].from_state(state)
