"""Golden cases: a config, the command, and all that it says on standard error. They stand in tests/wrong/*.txt.

    === a key in capitals
    series
    - seed: 0
    + Seed: 0
    $ zen check wrong.yaml
    --- exit 2
    zen: wrong.yaml:1:1: Seed: there is no such key
        1 | Seed: 0
            ^^^^
          did you mean `seed`?

A case is its title; a config of BASES with changes to it; the command; its exit code, and what it says. The changes
read as a patch does: a line is there, after two spaces, goes (-) or comes (+). Lines that follow each other are looked
for as they stand; those that come and follow none go to the top. `series as other.yaml` is a file beside wrong.yaml, as
`flowers.csv` is, which stands for the one of tests/configs/data; the others there lie beside wrong.yaml as they are.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from conftest import CLASSES, DATA, DATED, IMAGES, SERIES, TABLE, TEXT, Outcome, link_data

FOLDER = Path(__file__).parent / "wrong"
BASES = {"series": SERIES, "classes": CLASSES, "images": IMAGES, "nothing": ""}
BASES |= {"table": TABLE, "dated": DATED, "text": TEXT}
BASES |= {name: (DATA / name).read_text(encoding="utf-8") for name in ("flowers.csv", "passengers.csv", "sales.csv")}

_CASE = re.compile(
    r"=== (?P<title>.+)\n(?P<setup>(?:[-+ a-z].*\n|[-+]\n)*)\$ zen (?P<command>.*)\n(?P<expected>(?:(?!=== ).*\n)*)"
)
_FILE = re.compile(r"(?P<base>[a-z.]+)(?: as (?P<name>\S+))?\n(?P<changes>(?:[-+ ].*\n|[-+]\n)*)")
_HUNK = re.compile(r"(?:[- ].*\n|-\n)*(?:\+.*\n)*")


@dataclass(frozen=True)
class Case:
    """`text` is how it stands in its file, `expected` the end of that, from the exit code on."""

    file: Path
    title: str
    text: str
    setup: str
    command: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file.stem}: {self.title}"

    def files(self) -> dict[str, str]:
        """The texts of the case by the names of their files."""
        found = list(_FILE.finditer(self.setup))
        assert "".join(match[0] for match in found) == self.setup, self.setup
        return {_name(match): _changed(BASES[match["base"]], match["changes"]) for match in found}

    def lay_out(self, folder: Path) -> None:
        """Put the data that is as always into the folder that the case runs in."""
        link_data(folder, but=self.files())

    def arguments(self) -> list[str]:
        return shlex.split(self.command)


def _name(file: re.Match[str]) -> str:
    return file["name"] or (file["base"] if "." in file["base"] else "wrong.yaml")


def cases() -> list[Case]:
    return [case for path in sorted(FOLDER.glob("*.txt")) for case in _cases_in(path)]


def _cases_in(path: Path) -> Iterator[Case]:
    _, *texts = re.split("(?m)^(?==== )", path.read_text(encoding="utf-8"))
    for text in texts:
        match = _CASE.fullmatch(text)
        assert match, f"{path.name}: this is no case:\n{text}"
        yield Case(path, match["title"], text, match["setup"], match["command"], match["expected"].strip("\n"))


def _changed(text: str, changes: str) -> str:
    for hunk in filter(None, _HUNK.findall(changes)):
        lines = hunk.splitlines()
        old = "".join(f"\n{line[2:]}" for line in lines if line[0] != "+")
        new = "".join(f"\n{line[2:]}" for line in lines if line[0] != "-")
        assert not old or f"\n{text}".count(f"{old}\n") == 1, f"not there, or not once:\n{old}"
        text = f"\n{text}".replace(f"{old}\n" if old else "\n", f"{new}\n", 1)[1:]
    return text


def rendered(outcome: Outcome) -> str:
    return f"--- exit {outcome.code}\n{outcome.err}".rstrip("\n")


def rewrite(case: Case, said: str) -> None:
    """Put what the command says now into the case's file."""
    asked = case.text[: case.text.index("\n$ zen ") + 1]
    whole = case.file.read_text(encoding="utf-8")
    assert whole.count(case.text) == 1
    new = f"{asked}$ zen {case.command}\n{said}\n"
    end = "\n" if not whole.endswith(case.text) else ""
    case.file.write_text(whole.replace(case.text, new + end), encoding="utf-8")
