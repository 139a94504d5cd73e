"""Everything that zen says about wrong configs, word for word: see golden.py for how the cases are written.

    pytest tests/test_wrong_configs.py --rewrite-golden

writes what is said now into tests/wrong/, to be read and committed; tests whose case changed fail all the same.
"""

import ast
import functools
import sys
from collections import Counter
from pathlib import Path

import golden
import pytest
from conftest import Outcome, demand_readable, run_zen
from curing import demand_cures

import zen_cli.config
from zen_cli import memory
from zen_cli.config.text.problems import Problem

CASES = golden.cases()
PACKAGE = Path(zen_cli.config.__path__[0])
FREE = 8_000_000_000  # bytes, on whatever machine

Site = tuple[str, int]  # a file of the package, a line


@pytest.fixture(scope="module")
def run_case(tmp_path_factory):
    """Runs a case once: how its command ended, and the lines that stood on the stack when a problem was made."""

    @functools.cache
    def run_case(case: golden.Case) -> tuple[Outcome, frozenset[Site]]:
        folder = tmp_path_factory.mktemp("case")
        case.lay_out(folder)
        for name, text in case.files().items():
            (folder / name).write_text(text, encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setattr(memory, "available", lambda: FREE)
            sites = watch_problems(patch)
            return run_zen(*case.arguments()), frozenset(sites)

    return run_case


def watch_problems(patch: pytest.MonkeyPatch) -> set[Site]:
    """A set to which each problem that is made from now on adds the lines that led to it."""
    sites, make = set(), Problem.__init__

    def watched(problem, *args, **settings):
        frame = sys._getframe(1)
        while frame:
            sites.add((frame.f_code.co_filename, frame.f_lineno))
            frame = frame.f_back
        make(problem, *args, **settings)

    patch.setattr(Problem, "__init__", watched)
    return sites


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_wrong_config_is_answered_word_for_word(run_case, request, case):
    outcome, _ = run_case(case)
    said = golden.rendered(outcome)
    assert outcome.code in (0, 2), said
    if said != case.expected and request.config.getoption("rewrite_golden"):
        golden.rewrite(case, said)
        pytest.fail(f"{case.file.name} was rewritten: read it, then run without --rewrite-golden\n{said}")
    assert said == case.expected
    demand_readable(said)


def test_there_are_many_cases_and_no_two_are_the_same():
    assert len(CASES) >= 110
    for what in (lambda case: case.title, lambda case: (case.setup, case.command)):
        assert [key for key, times in Counter(map(what, CASES)).items() if times > 1] == []


# --- hints ---

ABOUT_FILES = [case for case in CASES if case.arguments()[:2] == ["check", "wrong.yaml"] and "exit 2" in case.expected]


@pytest.mark.parametrize("case", ABOUT_FILES, ids=str)
def test_every_hint_of_a_case_cures_its_problem(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(memory, "available", lambda: FREE)
    case.lay_out(tmp_path)
    demand_cures(case.files(), case.arguments()[2:])


# --- completeness ---

REPORTS = {"Problem", "misfit", "problem", "refuse", "_refusal", "error"}
NOT_IN_A_CASE = {  # the function around the call, and why no case here can come there: test_reader.py does
    "syntax.decoded": "over 256 KiB, or no UTF-8",
    "syntax._from_utf8": "no UTF-8",
}


def reports(path: Path) -> list[tuple[str, range]]:
    """The calls in a file that make a problem: the function that each stands in, and its lines."""
    return [
        (f"{path.stem}.{function.name}", range(call.lineno, call.end_lineno + 1))
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and getattr(call.func, "attr", getattr(call.func, "id", None)) in REPORTS
    ]


def test_every_place_that_reports_a_problem_is_in_some_case(run_case):
    seen = set().union(*(run_case(case)[1] for case in CASES))
    calls = [(path, *call) for path in sorted(PACKAGE.rglob("*.py")) for call in reports(path)]
    unseen = {name for path, name, lines in calls if not seen & {(str(path), line) for line in lines}}
    assert unseen == NOT_IN_A_CASE.keys()
    assert len(calls) > 40
