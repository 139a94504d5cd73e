"""What is refused or warned of before training, beyond what a single value may be."""

import pytest
from conftest import CLASSES, SERIES, changed, placed

from zen_cli.config.checks import warnings
from zen_cli.config.reader import read_text
from zen_cli.config.resolve import resolve

STATEFUL = changed(SERIES, "{hidden_dim: 3}\n", "{hidden_dim: 3, stateful: true}\n")


def test_states_are_not_carried_between_shuffled_batches(problems_of):
    (problem,) = problems_of(STATEFUL)
    assert (placed(problem), problem.path) == ("9:36", "model.1.RNN.stateful")
    assert "training.shuffle" in problem.message
    assert problem.hint == "add shuffle: false to training, or remove stateful"


def test_a_state_goes_to_the_window_that_goes_on(problems_of):
    (problem,) = problems_of(STATEFUL, "training.shuffle=false")
    assert problem.message == "a window goes on 5 windows later, but the next batch comes after 8"
    assert problem.hint == "say batch_size: 5 in training, or remove stateful"


def test_the_advice_on_carried_states_helps(zen, tmp_path):
    (tmp_path / "c.yaml").write_text(changed(STATEFUL, "batch_size: 8", "batch_size: 5, shuffle: false"))
    assert zen("train", tmp_path / "c.yaml", "--runs", tmp_path).code == 0


def test_examples_without_an_order_carry_no_state(problems_of):
    layers = "  - Reshape: [5, 1]\n  - GRU: {hidden_dim: 2, stateful: true}\n  - Linear: 4\n"
    (problem,) = problems_of(changed(CLASSES, "  - Linear: 4\n", layers), "training.shuffle=false")
    assert problem.message == "states are carried to the next batch, but classes have no order"


@pytest.mark.parametrize(("decay", "warned"), [("9.9", []), ("30", ["multiplies the weights by -2 in each step"])])
def test_a_weight_decay_that_turns_weights_over_is_warned_of(decay, warned):
    text = changed(SERIES, "RMSProp: {lr: 5e-4}", f"SGD: {{lr: 0.1, weight_decay: {decay}}}")
    found = warnings(resolve(read_text(text, "c.yaml")))
    assert found == [f"c.yaml:14:32: optimizer.SGD.weight_decay: {what}" for what in warned]


# --- tokens ---

TOKENS = changed(SERIES, "sin(x)", "x % 7")
BODY = TOKENS[TOKENS.index("  - RNN: {units") : TOKENS.index("loss:")]


def embedding(first, rest="  - Reshape: [5, 2]\n  - GRU: 2\n  - Linear: 1\n"):
    return changed(TOKENS, BODY, first + rest)


def test_tokens_are_looked_at_before_training(zen, tmp_path, problems_of):
    (problem,) = problems_of(embedding("  - Embedding: {tokens: 6, dim: 2}\n"))
    assert (placed(problem), problem.path) == ("8:25", "model.0.Embedding.tokens")
    assert problem.message == "Embedding takes whole numbers from 0 to 5, but got 6"
    (tmp_path / "c.yaml").write_text(embedding("  - Embedding: {tokens: 7, dim: 2}\n"))
    assert zen("train", tmp_path / "c.yaml", "--runs", tmp_path).code == 0
    plotted = zen("plot", "c-1", "--runs", tmp_path)
    assert (plotted.code, len(plotted.out.splitlines())) == (0, 2)
    assert "zen: warning: no extrapolation: a prediction cannot be fed back: Embedding takes" in plotted.err


def test_an_embedding_of_outputs_is_refused(problems_of):
    (problem,) = problems_of(embedding("  - Linear: 1\n  - Embedding: {tokens: 7, dim: 2}\n"))
    assert problem.path == "model.1"
    assert "it gets the outputs of Linear" in problem.message


# --- shapes ---


@pytest.mark.parametrize(
    ("layers", "hint"),
    [
        ("  - LSTM: {hidden_dim: 3, return_sequences: true}\n  - Linear: 1\n", "from the last LSTM"),
        ("  - Linear: 1\n", "put Flatten or GlobalPool before the last layers, which end with Linear: 1"),
        ("  - LSTM: 3\n  - GRU: 3\n  - Linear: 1\n", ""),
    ],
)
def test_outputs_of_too_many_axes_are_told_what_to_do(problems_of, layers, hint):
    (problem,) = problems_of(changed(TOKENS, BODY, layers))
    assert hint in problem.hint
    assert hint or "let the recurrent layer before it return_sequences" in problem.message


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
