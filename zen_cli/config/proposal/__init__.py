"""A config for a person's own data: what the file holds is looked at, then decided upon, then written down."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zen_cli.config.build import load
from zen_cli.config.proposal import deciding
from zen_cli.config.proposal.deciding.choice import Prepared, Proposal
from zen_cli.config.proposal.looking import look
from zen_cli.config.resolve import resolve
from zen_cli.config.text.problems import nowhere
from zen_cli.config.text.reader import tree_of
from zen_cli.data.formats.opening import shown
from zen_cli.data.parts import size_of

MODEL = {"model": [{"Linear": 1}], "loss": "MSE", "optimizer": "Adam"}  # which nobody looks at


def propose(path: Path, target: str | None = None) -> Proposal:
    """A config that trains on this file as it stands; paths in it are as they were given.

    DataError where zen cannot learn from the file, or where `target` is none of its columns.
    """
    facts = look(str(path), target)
    data = deciding.data_of(facts)
    return deciding.proposed(facts, data, _prepared(data.settings, shown(path.name)))


def _prepared(settings: Mapping[str, Any], name: str) -> Prepared:
    """The examples that a `data` section really makes."""
    loaded = load(resolve(tree_of({**settings, **MODEL}, nowhere(name))))
    parts, preparation = loaded.data.parts, loaded.preparation
    outputs = len(loaded.data.task.labels) or preparation.target_shape[-1]
    return Prepared(
        train=size_of(parts.train),
        validation=size_of(parts.validation),
        test=size_of(parts.test),
        inputs=tuple(preparation.input_shape),
        outputs=outputs,
    )
