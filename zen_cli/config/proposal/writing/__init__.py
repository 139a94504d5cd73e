"""A proposal as a config file, with a comment on each setting."""

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zen_cli.config.language.grammar import is_file
from zen_cli.config.language.registry import COMPONENTS, Settings, settings_of
from zen_cli.config.language.schema import Config, Data, Split, Training
from zen_cli.config.proposal.deciding.choice import Proposal, Remarks
from zen_cli.config.proposal.writing.layout import Row, comment, lines, setting
from zen_cli.config.proposal.writing.remarks import REMARKS
from zen_cli.config.text.written import one_line
from zen_cli.errors import printable
from zen_cli.shipped import SCHEMA

HOW_TO_READ = (
    "A line such as `#shuffle: true` is a setting at its default: take its # away to change it. Numbers may be 5e-3. "
    "The command `zen explain AdamW` tells more, as it does for any other name in here."
)
SECTIONS = {"data": Data, "split": Split, "training": Training}
BLANK_BEFORE = {"data", "model", "loss", "optimizer", "training", "metrics"}


def text_of(proposal: Proposal, config: Path) -> str:
    """The text of a config of this name, with paths from where it lies; `-` lies here."""
    folder = Path() if str(config) == "-" else config.parent
    name = "config.yaml" if str(config) == "-" else config.name
    written = _Writer({**REMARKS, **proposal.remarks}, folder)
    return "\n".join([*_head(proposal, name), *lines(written.config(proposal.settings))]) + "\n"


def _head(proposal: Proposal, name: str) -> Iterator[str]:
    yield f"# yaml-language-server: $schema={SCHEMA}"
    yield from comment(proposal.purpose)
    yield "#"
    yield f"#   zen train {shlex.quote(printable(name, longest=None))}"
    yield "#"
    for found in proposal.found:
        yield from comment(f"{found[:1].upper()}{found[1:]}.")
    yield "#"
    yield from comment(HOW_TO_READ)


class _Writer:
    """Goes through a config in the order of its schema; a remark on a setting that is not given shows its default."""

    def __init__(self, remarks: Remarks, folder: Path) -> None:
        self.remarks = remarks
        self.folder = folder
        self.explained: set[str] = set()  # layers whose settings stood in lines of their own

    def config(self, given: Mapping[str, Any]) -> Iterator[Row]:
        known = settings_of(Config)
        for name in ("seed", *(name for name in known if name not in ("seed", "extends"))):
            if name in BLANK_BEFORE:
                yield Row(0, "")
            if name in given:
                yield from self._top(name, given[name])
            elif name == "seed":
                yield setting(0, name, known[name].default, self._remark("", name))
            elif remark := self._remark("", name):
                yield setting(0, name, known[name].default, remark, hidden=True)

    def _top(self, name: str, value: Any) -> Iterator[Row]:
        if name in SECTIONS:
            yield Row(0, f"{name}:")
            yield from self._section(name, value, 1)
        elif name == "model":
            yield Row(0, "model:", self._remark("", "model"))
            for place, layer in enumerate(value):
                yield from self._layer(layer, self._remark("model", place))
        elif isinstance(value, dict) and name in COMPONENTS:
            yield Row(0, f"{name}:")
            yield from self._component(name, value, 1, self._remark("", name))
        else:
            yield setting(0, name, value, self._remark("", name))

    def _section(self, name: str, given: Mapping[str, Any], depth: int) -> Iterator[Row]:
        yield from self._settings(name, settings_of(SECTIONS[name]), given, depth)

    def _settings(self, owner: str, known: Settings, given: Mapping[str, Any], depth: int) -> Iterator[Row]:
        for name, setting_ in known.items():
            remark = self._remark(owner, name)
            if name not in given:
                yield from [setting(depth, name, setting_.default, remark, hidden=True)] if remark else []
            elif name in SECTIONS:
                yield Row(depth, f"{name}:")
                yield from self._section(name, given[name], depth + 1)
            elif name in COMPONENTS:
                yield Row(depth, f"{name}:")
                yield from self._component(name, given[name], depth + 1, "")
            else:
                value = self._path(given[name]) if is_file(setting_.annotation) else given[name]
                yield setting(depth, name, value, remark)

    def _component(self, kind: str, given: Mapping[str, Any], depth: int, remark: str) -> Iterator[Row]:
        ((name, settings),) = given.items()
        yield Row(depth, f"{name}:", remark or self._remark("", name))
        yield from self._settings(name, settings_of(COMPONENTS[kind][name]), settings, depth + 1)

    def _layer(self, layer: str | Mapping[str, Any], remark: str) -> Iterator[Row]:
        """An item of the model; the settings of a layer stand in lines of their own where it comes first."""
        name = layer if isinstance(layer, str) else next(iter(layer))
        remark = remark or (self._remark("", name) if name not in self.explained else "")
        settings = layer[name] if isinstance(layer, Mapping) else None
        if not isinstance(settings, Mapping) or name in self.explained:
            yield Row(1, f"- {one_line(layer)}", remark)
        else:
            yield Row(1, f"- {name}:", remark)
            yield from self._settings(name, settings_of(COMPONENTS["layer"][name]), settings, 3)
        self.explained.add(name)

    def _remark(self, owner: str, name: str | int) -> str:
        return self.remarks.get((owner, name), "")

    def _path(self, path: str) -> str:
        """As it leads there from the config, of which no folder need be there yet."""
        file = Path(path)
        there = Path(os.path.realpath(file.parent)) / file.name
        return Path(os.path.relpath(there, os.path.realpath(self.folder))).as_posix()
