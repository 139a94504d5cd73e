"""What is refused or warned of before training, beyond what a single value may be."""

import numpy as np
import pytest
from conftest import CLASSES, SERIES, changed, placed, resolved

from zen_cli.autodiff import Probabilities, Tensor
from zen_cli.config import overrides
from zen_cli.config.build import build
from zen_cli.config.language.registry import COMPONENTS
from zen_cli.config.meaning import shapes
from zen_cli.config.meaning.doubts import warnings
from zen_cli.config.meaning.monitors import monitored
from zen_cli.config.resolve import resolve
from zen_cli.config.text.reader import read_text
from zen_cli.nn import activations
from zen_cli.training.evaluation import held_out_scores
from zen_cli.training.job import training
from zen_cli.training.loop import EpochRecord
from zen_cli.training.metrics import as_line

STATEFUL = changed(SERIES, "{hidden_dim: 3}\n", "{hidden_dim: 3, stateful: true}\n")


def test_states_are_not_carried_between_shuffled_batches(problems_of):
    (problem,) = problems_of(STATEFUL)
    assert (placed(problem), problem.path) == ("9:36", "model.1.RNN.stateful")
    assert "training.shuffle" in problem.message
    assert problem.hint == "add `shuffle: false` to `training`; or remove `model.1.RNN.stateful`"


def test_a_state_goes_to_the_window_that_goes_on(problems_of):
    (problem,) = problems_of(STATEFUL, "training.shuffle=false")
    assert problem.message == "a window goes on 5 windows later, but the next batch comes after 8"
    assert problem.hint == "change `training.batch_size` to `5`; or remove `model.1.RNN.stateful`"


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
        (
            "  - LSTM: {hidden_dim: 3, return_sequences: true}\n  - Linear: 1\n",
            "remove `model.0.LSTM.return_sequences`",
        ),
        ("  - Linear: 1\n", "put `- Flatten` before it"),
        ("  - LSTM: 3\n  - GRU: 3\n  - Linear: 1\n", "add `return_sequences: true` to `model.0.LSTM`"),
    ],
)
def test_outputs_of_too_many_axes_are_told_what_to_do(problems_of, layers, hint):
    (problem,) = problems_of(changed(TOKENS, BODY, layers))
    assert hint in problem.hint


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


def test_the_cures_for_shapes_know_every_layer_of_a_family():
    assert set(shapes.RECURRENT) == {"RNN", "LSTM", "GRU"}
    assert set(shapes.CONVOLUTIONS) == {"Conv1D", "Conv2D"}
    assert set(shapes.POOLS) == {"MaxPool", "AveragePool"}
    made = {name: layer for name, layer in COMPONENTS["layer"].items() if layer.__module__ == activations.__name__}
    assert set(shapes.ACTIVATIONS) == made.keys()
    x = Tensor(np.zeros((1, 2)))
    assert set(shapes.PROBABILITIES) == {name for name, layer in made.items() if isinstance(layer()(x), Probabilities)}


# --- which score of an epoch is looked at ---


def epochs_of(text, *arguments):
    """What metrics.jsonl gets of a training."""
    root = read_text(text, "c.yaml")
    overrides.apply(root, arguments)
    e = build(resolve(root))
    e.model.build()
    return [as_line(record) for record in training(e, lambda: held_out_scores(e)) if isinstance(record, EpochRecord)]


MONITORS = ["schedule.ReduceOnPlateau.monitor", "training.monitor"]


@pytest.mark.parametrize(("text", "metrics"), [(SERIES, "[R2, {MASE: 2}]"), (CLASSES, "[{top_k: 2}, {recall: true}]")])
@pytest.mark.parametrize("path", MONITORS)
def test_every_score_of_an_epoch_can_be_monitored_and_no_other(problems_of, text, metrics, path):
    text = f"{text}metrics: {metrics}\nschedule: ReduceOnPlateau\n"
    lines = epochs_of(text)
    scores = lines[0].keys() - {"epoch", "step", "lr", "loss_sum"}
    assert len(scores) > 4
    for score in scores:
        assert epochs_of(text, f"{path}={score}") == lines  # patience is longer than the training
    (problem,) = problems_of(text, f"{path}=lr")
    assert problem.path == path
    assert all(score in problem.message for score in scores)


def test_all_that_look_at_what_is_no_score_are_told(problems_of):
    problems = problems_of(f"{SERIES}schedule: ReduceOnPlateau\n", *(f"{path}=''" for path in MONITORS))
    assert [problem.path for problem in problems] == MONITORS


MONITORED = [  # settings of training, the score with a validation part, and without one
    ("", "val_loss", None),
    ("patience: 3", "val_loss", "loss"),
    ("weights: last", "val_loss", None),
    ("monitor: loss", "loss", "loss"),
    ("patience: 3, monitor: val_rmse", "val_rmse", "val_rmse"),
]


@pytest.mark.parametrize(("settings", "score", "without"), MONITORED)
def test_epochs_are_compared_by_the_score_that_is_monitored(settings, score, without):
    values = resolved(changed(SERIES, "batch_size: 8", f"batch_size: 8, {settings}"))
    assert monitored(values, has_validation=True) == score
    assert monitored(values, has_validation=False) == without


# --- what is hardly meant ---

QUANTILES = [
    ("[0.1, 0.9]", "lies between those of 0.1 and 0.9"),
    ("[0.1, 0.4]", "is that of 0.4"),
    ("[0.6, 0.7]", "is that of 0.6"),
    ("[0.1, 0.5, 0.9]", ""),
]


def doubts_of(text):
    resolved = resolve(read_text(text, "c.yaml"))
    return [line.split(": ", 1)[1] for line in [*warnings(resolved), *build(resolved).warnings]]


@pytest.mark.parametrize(("quantiles", "stands"), QUANTILES)
def test_quantiles_without_the_median_are_told_what_is_predicted(quantiles, stands):
    text = changed(SERIES, "loss: MSE", f"loss: {{quantile: {quantiles}}}")
    expected = f"loss.quantile.quantiles: the median, 0.5, is not among them: what is predicted {stands}"
    assert warnings(resolve(read_text(text, "c.yaml"))) == ([f"c.yaml:12:18: {expected}"] if stands else [])


TOO_LONG = "the training ends after {}, before the learning rate is up"
WARM_UPS = [  # of a training of 2 epochs, 4 steps
    ("WarmUp", []),
    ("WarmUp: 1.9", []),
    ("WarmUp: 2", [f"schedule.WarmUp.epochs: {TOO_LONG.format('2 epochs')}"]),
    ("WarmUp: {steps: 3}", []),
    ("WarmUp: {steps: 4, then: Cosine}", [f"schedule.WarmUp.steps: {TOO_LONG.format('4 steps')}"]),
    ("WarmUp: {epochs: 5, steps: 3}", ["schedule.WarmUp.epochs: no effect beside steps"]),
    ("WarmUp: {then: {WarmUp: 3}}", [f"schedule.WarmUp.then.WarmUp.epochs: {TOO_LONG.format('2 epochs')}"]),
]


@pytest.mark.parametrize(("schedule", "doubts"), WARM_UPS)
def test_a_warm_up_that_does_not_end_or_has_two_lengths_is_warned_of(schedule, doubts):
    assert doubts_of(f"{SERIES}schedule: {{{schedule}}}\n") == doubts


OF_A_WAVE = "and the targets reach from -1 to 0.9906"
ENDS = [  # the last layers of a model of sin(x)
    (["Linear: 1"], []),
    (["Linear: 1", "Tanh"], []),
    (["Linear: 1", "ReLU"], [f"model.1: ReLU gives values from 0 up, {OF_A_WAVE}"]),
    (["Linear: 1", "Sigmoid"], [f"model.1: Sigmoid gives values from 0 to 1, {OF_A_WAVE}"]),
    (["Linear: 1", "ELU: 0.5"], [f"model.1: ELU gives values from -0.5 up, {OF_A_WAVE}"]),
    (["Linear: 1", "Softmax"], ["model.1: of a single number, a Softmax is always 1"]),
    (["Linear: 1", "Dropout: 0.5"], ["model.1: while training, this drops predictions themselves"]),
    (["GRU: 1"], []),
    (["RNN: {hidden_dim: 1, activation: relu}"], [f"model.0: RNN gives values from 0 up, {OF_A_WAVE}"]),
]


@pytest.mark.parametrize(("layers", "doubts"), ENDS, ids=[str(row[0]) for row in ENDS])
def test_a_last_layer_that_cannot_give_the_targets_is_warned_of(layers, doubts):
    first = "" if layers[0] != "Linear: 1" else "  - Flatten\n"
    body = "".join(f"  - {layer}\n" for layer in layers)
    shifted = [line.replace("model.1", "model.2") for line in doubts] if first else doubts
    assert doubts_of(changed(TOKENS.replace("x % 7", "sin(x)"), BODY, first + body)) == shifted


def test_values_that_a_recurrent_layer_cannot_reach_are_warned_of():
    text = changed(changed(TOKENS, BODY, "  - LSTM: 1\n"), "x % 7", "2 * x")
    assert doubts_of(text) == ["model.0: LSTM gives values from -1 to 1, and the targets reach from 10 to 38"]


def test_probabilities_of_probabilities_are_warned_of():
    text = changed(CLASSES, "  - Softmax\n", "  - Softmax\n  - Softmax\n")
    nearly = "the outputs of Softmax are probabilities already, and this makes them nearly equal"
    assert doubts_of(text) == [f"model.2: {nearly}"]
    inside = changed(CLASSES, "  - Softmax\n", "  - Residual: [Softmax, Sigmoid]\n  - Softmax\n")
    assert [line.split(": ")[0] for line in doubts_of(inside)] == ["model.1.Residual.layers.1"]


@pytest.mark.parametrize(("then", "warned"), [("Tanh", True), ("Dropout: 0.1", True), ("Linear: 4", False)])
def test_probabilities_for_a_loss_of_logits_are_warned_of(then, warned):
    text = changed(CLASSES, "categorical_crossentropy", "{categorical_crossentropy: {from_logits: true}}")
    text = changed(text, "  - Softmax\n", f"  - Softmax\n  - {then}\n")
    expected = "model.1: the loss takes logits, and gets probabilities of this Softmax"
    assert [line for line in doubts_of(text) if "logits" in line] == ([expected] if warned else [])


@pytest.mark.parametrize(
    ("train", "doubts"),
    [(13, []), (14, ["metrics.0: no R2 of the single example that is held out: it takes two or more"])],
)
def test_a_score_of_a_single_example_is_warned_of(train, doubts):
    text = changed(SERIES, "train: 10", f"train: {train}")
    assert doubts_of(f"{text}metrics: [R2]\n") == doubts


@pytest.mark.parametrize("lr", ["1e-37", "1e38"])
def test_numbers_that_float32_holds_are_taken(lr):
    assert doubts_of(changed(SERIES, "5e-4", lr)) == []


def test_a_number_that_another_type_holds_is_taken_with_it():
    text = changed(SERIES, "5e-4", "1e-300").replace("batch_size: 8", "batch_size: 8, dtype: float64")
    assert doubts_of(text) == []


def test_warnings_come_before_the_training(zen, tmp_path):
    (tmp_path / "c.yaml").write_text(f"{SERIES}schedule: {{WarmUp: 9}}\n")
    trained = zen("train", tmp_path / "c.yaml", "--runs", tmp_path)
    assert trained.code == 0
    assert "c.yaml:16:20: schedule.WarmUp.epochs: the training ends after 2 epochs" in trained.err
