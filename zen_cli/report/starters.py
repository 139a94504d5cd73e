"""Configs to start from, the shipped examples and the templates of `zen init`, and how their files reach a person."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import click

from zen_cli import shipped
from zen_cli.config.text.words import listed, nearest
from zen_cli.errors import UserError, printable, quoted
from zen_cli.training.durable import deliver, make_directories

WIDEST = 100


@dataclass(frozen=True)
class Starter:
    """A config to start from, and what its first lines say of it. `command` trains it where it lies."""

    name: str
    text: str
    purpose: str
    command: str
    expectation: str

    @property
    def data(self) -> dict[str, str]:
        """The files of data that it names, by their paths from it: those of the shipped configs are text."""
        named = dict.fromkeys(re.findall(r"\bdata/[\w.-]*\w", self.text))
        return {path: (shipped.folder() / path).read_text(encoding="utf-8") for path in named}

    def named(self, file: str) -> str:
        """The text, with the command for a file of another name."""
        return self.text.replace(self.command, f"zen train {shlex.quote(printable(file, longest=None))}", 1)


def examples() -> dict[str, Starter]:
    """The shipped configs by name."""
    return _starters(shipped.folder())


def templates() -> dict[str, Starter]:
    """The templates of `zen init` by name."""
    return _starters(shipped.TEMPLATES)


def chosen(kind: str, name: str, starters: Mapping[str, Starter]) -> Starter:
    """The starter of this name, with or without .yaml. UserError, with the nearest name, where there is none."""
    stem = name.removesuffix(".yaml")
    if stem in starters:
        return starters[stem]
    near = nearest(stem, starters)
    hint = f"did you mean `{near}`?" if near else f"the {kind}s are {listed(starters)}"
    raise UserError(f"there is no {kind} named {quoted(stem)}: {hint}")


def _starters(folder: Path) -> dict[str, Starter]:
    return {path.stem: _read(path) for path in sorted(folder.glob("*.yaml"))}


def _read(path: Path) -> Starter:
    """A config that opens with the schema's line, then purpose, command and expectation, a `#` alone between them."""
    text = path.read_text(encoding="utf-8").replace("configs/", "")  # copies lie elsewhere
    _, *head = takewhile(lambda line: line.startswith("#"), text.splitlines())
    paragraphs = "\n".join(line[1:].strip() for line in head).split("\n\n")
    purpose, command, expectation, *_ = (" ".join(paragraph.split()) for paragraph in paragraphs)
    return Starter(path.stem, text, purpose, command, expectation)


def named_after(data: Path) -> Path:
    """Where the config for a person's data goes unless they say otherwise: into this directory, under its name."""
    name = data.resolve().name.removesuffix(".gz")
    return Path(f"{Path(name).stem or name}.yaml")


# --- the list of the examples ---


def listing() -> str:
    """The examples, with what to expect of each: wrapped on a terminal, else a line each, with tabs."""
    rows = [(example.name, example.purpose, _in_short(example.expectation)) for example in examples().values()]
    if not sys.stdout.isatty():
        return "".join("\t".join(row) + "\n" for row in rows)
    formatter = click.HelpFormatter(width=min(shutil.get_terminal_size().columns, WIDEST))
    formatter.write_dl([(name, f"{purpose} {expected}") for name, purpose, expected in rows])
    return formatter.getvalue()


def _in_short(expectation: str) -> str:
    """Its first statement."""
    first = expectation.partition(". ")[0].partition("; ")[0]
    return first if first.endswith(".") else f"{first}."


# --- files ---


def write(files: Mapping[Path, str], force: bool, elsewhere: str) -> str:
    """Write configs into a directory, and the schema beside them; returns what to tell of that.

    All places are looked at before the first file is written, and files that are there as they should be stay
    untouched. Raises UserError, which says how to put configs `elsewhere`, where something else than a file is in the
    way, or where a config would be replaced and not by `force`.
    """
    first = next(iter(files))
    beside = [] if _is_stream(first) else [first.parent / shipped.SCHEMA]
    if blocked := [path for path in [*files, *beside] if _is_in_the_way(path)]:
        verb = "is no regular file" if len(blocked) == 1 else "are no regular files"
        raise UserError(f"{listed(map(str, blocked))} {verb}: {elsewhere}")
    missing = {path: text.encode() for path, text in files.items() if not _holds(path, text.encode())}
    if (differing := [path for path in missing if path.is_file()]) and not force:
        verbs, them = ("exists and differs", "it") if len(differing) == 1 else ("exist and differ", "them")
        raise UserError(f"{listed(map(str, differing))} {verbs}: {elsewhere}, or replace {them} with --force")
    for path, data in missing.items():
        make_directories(path.parent)
        deliver(path, data, replaces=force)
    return "\n".join([*(_put_schema(path, force) for path in beside), *_next_steps(first)])


def _is_stream(path: Path) -> bool:
    """Whether it is a pipe or a device such as /dev/stdout: what is written there replaces nothing."""
    return path.is_fifo() or path.is_char_device()


def _is_in_the_way(path: Path) -> bool:
    return os.path.lexists(path) and not path.is_file() and not _is_stream(path)  # a directory, a link to nothing


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _put_schema(path: Path, force: bool) -> str:
    """Write the schema; one of another version stays, unless by `force`."""
    data = (shipped.folder() / shipped.SCHEMA).read_bytes()
    if not _holds(path, data):
        if path.is_file() and not force:
            return f"{path} stays as it is, from another version of zen: `zen schema` prints that of this one"
        deliver(path, data, replaces=force)
    return f"{path} lets editors complete and check configs"


def _next_steps(config: Path) -> list[str]:
    name = shlex.quote(str(config))
    return [f"Next   zen check {name}", f"       zen train {name}"]
