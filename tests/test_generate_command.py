"""`zen generate` as a person meets it: what a run writes, and what it refuses."""

import pytest
from conftest import FEW_NAMES, NAMES, run_zen, train_once, write_files

RUNNING = NAMES.replace(", lines: true", "").replace("data:\n", "data:\n  window: 8\n")


@pytest.fixture(scope="module")
def running_run(tmp_path_factory):
    """A run that learnt from the same names as one text."""
    folder = tmp_path_factory.mktemp("running")
    write_files(folder, {"names.txt": FEW_NAMES * 4, "running.yaml": RUNNING})
    return train_once(folder, folder / "running.yaml")


def test_a_model_of_lines_writes_as_many_as_are_asked_for(names_run):
    outcome = run_zen("generate", names_run, "--length", 5)
    assert (outcome.code, outcome.err, outcome.out.count("\n")) == (0, "", 5)
    assert set(outcome.out) <= set(FEW_NAMES)


def test_lines_begin_with_the_prompt(names_run):
    lines = run_zen("generate", names_run, "--prompt", "jo", "--length", 4, "--temperature", 0.5).out.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("jo") for line in lines)


def test_a_running_text_has_as_many_characters_as_are_asked_for(running_run):
    outcome = run_zen("generate", running_run, "--prompt", "anna", "--length", 40)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("anna")
    assert len(outcome.out) == len("anna") + 40 + 1


@pytest.mark.parametrize("run", ["names_run", "running_run"])
def test_the_same_seed_gives_the_same_text(request, run):
    path = request.getfixturevalue(run)
    first, again, other = (run_zen("generate", path, "--seed", seed).out for seed in (3, 3, 4))
    assert first == again != other


def test_without_a_run_the_newest_writes(names_run):
    assert run_zen("generate", "--runs", names_run.parent, "--length", 2).out.count("\n") == 2


REFUSED = [
    (["--prompt", "XY"], 2, "the prompt has 'X' and 'Y', which the model has not seen in training"),
    (["--prompt", "an\nna"], 2, "the prompt has more than one line"),
    (["--temperature", "-1"], 2, "-1.0 is not in the range x>=0"),
    (["--length", "0"], 2, "0 is not in the range"),
    (["--top-k", "0"], 2, "0 is not in the range"),
    (["--runs", "nix"], 0, ""),
]


@pytest.mark.parametrize(("arguments", "code", "message"), REFUSED, ids=[" ".join(a) for a, *_ in REFUSED])
def test_what_cannot_be_written_is_refused_with_the_reason(names_run, arguments, code, message):
    outcome = run_zen("generate", names_run, *arguments)
    assert outcome.code == code
    assert message in outcome.err
    assert (outcome.out == "") == (code != 0)


def test_a_model_of_something_else_is_refused(tiny_run):
    outcome = run_zen("generate", tiny_run)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == f"zen: {tiny_run}: its model was not trained on text: use zen predict\n"
