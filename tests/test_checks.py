"""What is refused or warned of before training, beyond what a single value may be."""

import pytest
from conftest import SERIES, changed, placed

from zen_cli.config.checks import warnings
from zen_cli.config.reader import read_text
from zen_cli.config.resolve import resolve

SHUFFLED = "training: {epochs: 2, batch_size: 8}"
STATEFUL = changed(SERIES, "{hidden_dim: 3}\n", "{hidden_dim: 3, stateful: true}\n")


def test_states_are_not_carried_between_shuffled_batches(problems_of):
    (problem,) = problems_of(STATEFUL)
    assert (placed(problem), problem.path) == ("9:36", "model.1.RNN.stateful")
    assert "training.shuffle" in problem.message
    assert problem.hint == "add shuffle: false to training, or remove stateful"


def test_the_advice_on_carried_states_helps(zen, tmp_path):
    (tmp_path / "c.yaml").write_text(changed(STATEFUL, "batch_size: 8", "batch_size: 8, shuffle: false"))
    assert zen("train", tmp_path / "c.yaml", "--runs", tmp_path).code == 0


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ("units: 3", ["model.1.RNN.units: no effect without return_sequences: true"]),
        ("dropout: 0.1", ["model.1.RNN.dropout: no effect on a single layer, since it lies between layers"]),
        ("dropout: 0.1, layers: 2", []),
        ("units: 0", []),
    ],
)
def test_settings_without_effect_are_warned_of(settings, warned):
    text = changed(SERIES, "{hidden_dim: 3}\n", f"{{hidden_dim: 3, {settings}}}\n")
    found = warnings(resolve(read_text(text, "c.yaml")))
    assert [warning.split(": ", 1)[1] for warning in found] == warned
