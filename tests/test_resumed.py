"""An experiment that is made again of what a checkpoint holds, to train on: with its data, prepared as they were."""

import json

import numpy as np
import pytest
from conftest import CLASSES, DATA, DATED, FEW_NAMES, NAMES, SERIES, TABLE, changed, write_files

from zen_cli import optim, schedule
from zen_cli.config.build import Experiment, from_stored, open_config, resumed
from zen_cli.data.stored import stored
from zen_cli.errors import RunError

FILES = {name: (DATA / name).read_text(encoding="utf-8") for name in ("flowers.csv", "passengers.csv")}
FILES["names.txt"] = FEW_NAMES
NUMBERS = """\
data: {source: {Adding: {examples: 10, length: 5}}}
model: [{GRU: 2}, {Linear: 1}]
loss: MSE
optimizer: Adam
"""
CONFIGS = {
    "series": SERIES,
    "dated": f"{DATED}metrics: [{{MASE: 2}}]\nschedule: Cosine\n",
    "scaled": changed(DATED, "[Standard]", "[Difference, Standard]"),
    "examples": CLASSES,
    "table": TABLE,
    "text": NAMES,
    "numbers": NUMBERS,
}


@pytest.fixture
def trained(tmp_path):
    """Makes the experiment of a config, whose data lie in tmp_path."""

    def trained(text):
        write_files(tmp_path, {**FILES, "c.yaml": text})
        return open_config(tmp_path / "c.yaml", []).experiment

    return trained


def again(experiment, folder, state=True):
    """The experiment, made anew of what goes through a checkpoint."""
    config, kept = json.loads(json.dumps([experiment.config, stored(experiment.preparation)]))
    return resumed(config, kept if state else None, folder, "runs/c-1")


def rows(data):
    return [np.array(getattr(each[:], "values", each[:])) for each in (data.inputs, data.targets)]


@pytest.mark.parametrize("state", [True, False], ids=["stored", "not stored"])
@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS)
def test_it_is_the_experiment_that_it_was(trained, tmp_path, text, state):
    before = trained(text)
    after = again(before, tmp_path, state)
    assert isinstance(after, Experiment)
    assert after.data.fingerprint() == before.data.fingerprint()
    assert stored(after.preparation) == stored(before.preparation)
    assert after.config == before.config
    for old, new in zip(rows(before.data), rows(after.data), strict=True):
        np.testing.assert_array_equal(old, new)
    for (_, old), (_, new) in zip(before.data.parts.named(), after.data.parts.named(), strict=True):
        np.testing.assert_array_equal(old, new)
    assert (vars(after.optimizer), after.schedule) == (vars(before.optimizer), before.schedule)
    assert [name for name, _ in after.metrics] == [name for name, _ in before.metrics]
    assert (after.model.size, after.warnings) == (before.model.size, before.warnings)


def test_it_has_the_rules_of_its_config(trained, tmp_path):
    after = again(trained(CONFIGS["dated"]), tmp_path)
    assert (type(after.optimizer), after.schedule) == (optim.Adam, schedule.Cosine())


def test_data_that_are_others_are_prepared_as_the_first_ones(trained, tmp_path):
    before = trained(CONFIGS["dated"])
    lines = FILES["passengers.csv"].splitlines(keepends=True)
    write_files(tmp_path, {"passengers.csv": "".join([lines[0], "1949-01,9999\n", *lines[2:]])})
    after = again(before, tmp_path)
    assert after.data.fingerprint() != before.data.fingerprint()
    assert stored(after.preparation) == stored(before.preparation)
    assert stored(again(before, tmp_path, state=False).preparation) != stored(before.preparation)


HEADER = "sepal_length,petal_length,species\n"
REFUSED = [  # what is in the file now, and why it does not do
    (TABLE, "flowers.csv", None, "the data that it was trained on cannot be read again: .*flowers.csv"),
    (TABLE, "flowers.csv", f"{HEADER}1,2,lily\n", "the data that it was trained on cannot be read again: "),
    (TABLE, "flowers.csv", "a,b\n1,2\n", "the data that it was trained on cannot be read again: .*'species'"),
    (
        DATED,
        "passengers.csv",
        "month,passengers\n1949-01,1\n",
        "the data that it was trained on cannot be read again: ",
    ),
]


@pytest.mark.parametrize(("text", "file", "now", "why"), REFUSED)
def test_data_that_do_not_do_any_more_are_said_to(trained, tmp_path, text, file, now, why):
    before = trained(text)
    (tmp_path / file).unlink()
    write_files(tmp_path, {} if now is None else {file: now})
    with pytest.raises(RunError, match=f"^runs/c-1: {why}") as caught:
        again(before, tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrong", [None, {}, {"data": 3}, [], "x"])
def test_what_is_no_config_is_refused(wrong, tmp_path):
    with pytest.raises(RunError, match=r"^runs/c-1: its config cannot be used by this zen"):
        resumed(wrong, None, tmp_path, "runs/c-1")


@pytest.mark.parametrize("wrong", [{}, {"kind": "nix"}, {"kind": "table"}, 3])
def test_what_is_no_preparation_is_refused(trained, tmp_path, wrong):
    config = trained(TABLE).config
    with pytest.raises(RunError, match=r"^runs/c-1: its config cannot be used by this zen"):
        resumed(config, wrong, tmp_path, "runs/c-1")


# --- what would give other outputs than are read ---


def linear(place, units):
    def change(config, state):  # noqa: ARG001 - another lie is about the state
        config["model"][place]["Linear"]["units"] = units

    return change


def told(key, value):
    return lambda _, state: state.update({key: value})


NEEDS = r"the model gives outputs of shape \({}\), but {} of these targets needs \({}\)"
LIES = [  # the config, what is stored instead of what trained, and why that does not do
    ("dated", linear(1, 4), NEEDS.format("4,", "MSE", "3,")),
    ("scaled", told("cut", [6, 5, False]), NEEDS.format("3,", "MSE", "5,")),
    ("table", linear(0, 4), NEEDS.format("4,", "categorical_crossentropy", "3,")),
    ("table", told("labels", ["rose", "lily"]), NEEDS.format("3,", "categorical_crossentropy", "2,")),
    ("examples", told("target_shape", [7]), NEEDS.format("4,", "categorical_crossentropy", "7, 4")),
    ("examples", lambda config, _: config["model"].pop(), r"loss: .* needs the probabilities of Softmax"),
    ("numbers", told("target_shape", [2]), "each number of a target has a name"),
    ("numbers", told("target_shape", []), "each number of a target has a name"),
]


@pytest.mark.parametrize(("name", "change", "why"), LIES)
def test_what_does_not_go_together_is_refused(trained, tmp_path, name, change, why):
    experiment = trained(CONFIGS[name])
    config, state = json.loads(json.dumps([experiment.config, stored(experiment.preparation)]))
    assert from_stored(config, state, tmp_path, "runs/c-1").config == experiment.config
    change(config, state)
    with pytest.raises(RunError, match=rf"^runs/c-1: its config cannot be used by this zen: .*{why}") as caught:
        from_stored(config, state, tmp_path, "runs/c-1")
    assert "\n" not in str(caught.value)
