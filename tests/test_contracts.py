"""What holds for the whole package: who imports whom, how long a file is, what the docs say."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "zen_cli"
FILES = sorted(PACKAGE.rglob("*.py"))

# From top to bottom: a module may import its own room and the rooms below.
ROOMS = [
    {"__main__"},
    {"cli"},
    {"commands"},
    {"report"},
    {"training"},
    {"config"},
    {"data"},
    {"loss", "optim", "schedule", "metric", "baseline", "interval"},
    {"nn"},
    {"autodiff"},
    {"errors", "settings", "shipped", "streams", "memory", "padded", "talk"},
    {"__init__"},
]
UPWARDS = {
    ("nn/model.py", "report"),
    ("nn/model.py", "training"),
    ("nn/model.py", "optim"),
    ("nn/model.py", "schedule"),
}  # Model.train, at call time
WITHIN_CONFIG = {  # what each of its packages may import of config
    "text": {"text"},
    "language": {"text", "language"},
    "guide": {"text", "language", "guide"},
    "meaning": {"text", "language", "resolve", "meaning"},
}


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def depth(room: str) -> int:
    return next(i for i, rooms in enumerate(ROOMS) if room in rooms)


def imported_modules(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


def imported_rooms(path: Path) -> set[str]:
    inner = [name.split(".")[1] for name in imported_modules(path) if name.startswith("zen_cli.")]
    known = set().union(*ROOMS)
    return {room for room in inner if room in known}


def test_there_are_files_to_check() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_run_only_downwards(path: Path) -> None:
    here = depth(room_of(path))
    name = path.relative_to(PACKAGE).as_posix()
    upwards = {room for room in imported_rooms(path) if depth(room) < here and (name, room) not in UPWARDS}
    assert not upwards


@pytest.mark.parametrize("package", WITHIN_CONFIG)
def test_so_they_do_within_config(package: str) -> None:
    paths = list((PACKAGE / "config" / package).glob("*.py"))
    inner = [name.split(".") for path in paths for name in imported_modules(path) if name.startswith("zen_cli.config.")]
    assert len(paths) > 3
    assert {parts[2] for parts in inner} <= WITHIN_CONFIG[package]


def test_autodiff_imports_numpy_alone() -> None:
    for path in (PACKAGE / "autodiff").glob("*.py"):
        outside = {name.split(".")[0] for name in imported_modules(path)} - {"zen_cli"} - sys.stdlib_module_names
        assert outside <= {"numpy"}, path
        assert imported_rooms(path) <= {"autodiff"}, path


@pytest.mark.parametrize("folder", ["zen_cli", "tests", "benchmarks"])
def test_no_file_is_over_400_lines(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def test_the_readme_has_the_commands_that_ci_runs() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv .*$", readme, flags=re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("zen train configs/sine.yaml")
    assert commands[1].endswith("python -m pytest -n auto")


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *PACKAGE.rglob("*.md")]))
def test_links_and_files_that_the_docs_name_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / link).exists(), link
    for name in re.findall(r"`((?:zen_cli|configs|tests|benchmarks|docs)/[\w./-]+)`", text):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize("config", sorted((ROOT / "configs").rglob("*.yaml")), ids=lambda p: p.name)
def test_a_config_opens_with_purpose_command_and_expected_score(config: Path) -> None:
    schema, *lines = config.read_text(encoding="utf-8").split("\nseed:")[0].splitlines()
    assert schema == "# yaml-language-server: $schema=zen.schema.json"
    purpose, command, expectation = "\n".join(line.removeprefix("#").strip() for line in lines).split("\n\n")
    assert purpose.endswith(".")
    assert command == f"zen train configs/{config.name}"
    assert re.match("Expect a (validation|test) ", expectation)
    assert "second" in expectation
