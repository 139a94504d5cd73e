"""Any config at all: an experiment, or a refusal that a person can read. Never anything else."""

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import demand_readable
from curing import demand_cures, is_readable
from mutants import Mutant, changed_trees, lay_out, mutants, with_extremes

from zen_cli import memory
from zen_cli.config.build import open_config
from zen_cli.config.resolve import resolve
from zen_cli.config.text.reader import read_text
from zen_cli.errors import UserError

pytestmark = pytest.mark.no_cover  # what these reach others reach, and being traced takes them minutes
PARTS, EACH = 10, 1000
FREE = 20_000_000  # bytes: what is large is refused before it takes long


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A directory with data, to work in; and little memory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(memory, "available", lambda: FREE)
    lay_out(tmp_path)


def demand_stable(values):
    """A config in full survives a checkpoint's JSON, and means the same when it is read again."""
    text = json.dumps(values, allow_nan=False)
    assert json.loads(text) == values
    assert resolve(read_text(text, "stored")).values == values


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.usefixtures("folder")
def test_any_mutant_is_built_or_refused_readably(part):
    outcomes = Counter(outcome(mutant, Path("c.yaml")) for mutant in mutants(part, EACH))
    print(f"{outcomes['built']} of {outcomes.total()} are built")  # pytest -rP shows it
    assert outcomes["built"] > EACH // 20
    assert outcomes["refused"] > EACH // 2


@pytest.mark.usefixtures("folder")
def test_any_setting_may_be_extreme():
    outcomes = Counter(outcome(Mutant(text, []), Path("c.yaml")) for text in with_extremes())
    assert outcomes["built"] > 100
    assert outcomes["refused"] > 1000


def outcome(mutant, path):
    """Anything that is raised but UserError fails the test, with the mutant shown."""
    path.write_text(mutant.text, encoding="utf-8", newline="")
    try:
        opened = open_config(path, mutant.overrides)
    except UserError as refusal:
        demand_readable(str(refusal))
        return "refused"
    except Exception as error:
        raise AssertionError(f"{mutant.overrides}\n{mutant.text}") from error
    demand_readable("\n".join(opened.warnings))
    demand_stable(opened.experiment.config)
    return "built"


# --- hints ---


@pytest.mark.usefixtures("folder")
def test_every_hint_about_a_mutant_cures_its_problem():
    for text in changed_trees(seed=PARTS, count=EACH):
        files = {"wrong.yaml": text}
        if is_readable(files):
            demand_cures(files, ())


# --- the real command ---

ZEN = [sys.executable, "-W", "error", "-m", "zen_cli", "check", "--level", "model"]
WORKERS = 4


def test_the_command_answers_any_mutant(tmp_path):
    lay_out(tmp_path)
    cases = list(enumerate(mutants(PARTS + 1, 200)))
    for i, mutant in cases:
        (tmp_path / f"{i}.yaml").write_text(mutant.text, encoding="utf-8", newline="")
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(lambda case: answer(case[0], case[1].overrides, tmp_path), cases))
    assert set(Counter(answers)) == {0, 2}


def answer(number, overrides, folder):
    """The exit code of the command, whose words are looked at."""
    command = [*ZEN, f"{number}.yaml", "--", *overrides]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert "Traceback" not in done.stderr, done.stderr
    demand_readable(done.stderr.rstrip("\n"))
    return done.returncode
