"""Every alternative of every hint, applied as it is written, makes its problem go away."""

import pytest
import yaml
from conftest import CLASSES, SERIES, changed
from hints import UnreadableHintError, cured

from zen_cli.config.build import build
from zen_cli.config.resolve import resolve
from zen_cli.config.text.problems import ConfigError, Place, Problem, Source
from zen_cli.config.text.reader import read_text

DIGITS = """\
data: {source: Digits, split: {train: 100}}
model:
  - Linear: 10
  - Softmax
loss: categorical_crossentropy
optimizer: Adam
"""


def problems_in(text):
    try:
        build(resolve(read_text(text, "c.yaml")))
    except ConfigError as error:
        return error.problems
    return []


def layers(*items, base=DIGITS):
    """The base with other layers."""
    config = yaml.safe_load(base)
    config["model"] = [yaml.safe_load(item) for item in items]
    return yaml.safe_dump(config, sort_keys=False)


def series(*items, **changes):
    config = yaml.safe_load(layers(*items, base=SERIES)) | changes
    return yaml.safe_dump(config, sort_keys=False)


def classes(*items, **changes):
    return yaml.safe_dump(yaml.safe_load(layers(*items)) | changes, sort_keys=False)


TO_TEN = ("Linear: 10", "Softmax")
SAME = "RNN: {hidden_dim: 3, return_sequences: true}"
CROSS = {"categorical_crossentropy": {"from_logits": True}}
HINTS = [  # a config with one problem, its path and its hint
    # --- a layer's input ---
    (series("RNN: {hidden_dim: 8}", "RNN: {hidden_dim: 3}", "Linear: 1"), "model.1",
     "add `return_sequences: true` to `model.0.RNN`; or put `- Reshape: [4, 2]` before it"),
    (series("LSTM: {hidden_dim: 7, return_sequences: false}", "Tanh", "GRU: 3", "Linear: 1"), "model.2",
     "change `model.0.LSTM.return_sequences` to `true`; or put `- Reshape: [7, 1]` before it"),
    (layers("RNN: {hidden_dim: 3}", *TO_TEN), "model.0",
     "put `- Reshape: [8, 8]` before it; or put `- Reshape: [64, 1]` before it"),
    (layers("Reshape: [4, 4, 4]", "LSTM: 3", *TO_TEN), "model.1", "put `- Reshape: [4, 16]` before it"),
    (layers("Conv2D: {filters: 2, kernel_size: 3}", "Flatten", *TO_TEN), "model.0",
     "put `- Reshape: [8, 8, 1]` before it"),
    (layers("MaxPool", "Flatten", *TO_TEN), "model.0", "put `- Reshape: [8, 8, 1]` before it; or remove `model.0`"),
    (layers("GlobalPool", *TO_TEN), "model.0",
     "put `- Reshape: [8, 8, 1]` before it; or put `- Reshape: [64, 1, 1]` before it"),
    (series("Flatten", "Conv1D: {filters: 2, kernel_size: 2}", "GlobalPool", "Linear: 1"), "model.1",
     "remove `model.0`; or put `- Reshape: [5, 1]` before it"),
    (series("Conv1D: {filters: 2, kernel_size: 9}", "GlobalPool", "Linear: 1"), "model.0",
     "change `model.0.Conv1D.kernel_size` to `5`; or add `padding: same` to `model.0.Conv1D`"),
    (series("Conv1D: {filters: 2, kernel_size: 4, dilation: 2}", "GlobalPool", "Linear: 1"), "model.0",
     "change `model.0.Conv1D.kernel_size` to `3`; or add `padding: same` to `model.0.Conv1D`"),
    (layers("Reshape: [4, 16, 1]", "Conv2D: {filters: 2, kernel_size: 5}", "Flatten", *TO_TEN), "model.1",
     "change `model.1.Conv2D.kernel_size` to `[4, 5]`; or add `padding: same` to `model.1.Conv2D`"),
    (series("MaxPool: 9", "GlobalPool", "Linear: 1"), "model.0",
     "change `model.0.MaxPool.size` to `5`; or remove `model.0`"),
    (series("GRU: {hidden_dim: 4, return_sequences: true}", "MaxPool: 5", "MaxPool", "GlobalPool", "Linear: 1"),
     "model.2",
     "remove `model.2`"),
    (series("MaxPool: [2, 2]", "Flatten", "Linear: 1"), "model.0",
     "change `model.0.MaxPool.size` to `2`; or remove `model.0`"),
    (series("AveragePool: {size: 2, stride: [1, 2]}", "Flatten", "Linear: 1"), "model.0",
     "change `model.0.AveragePool.stride` to `1`; or remove `model.0`"),
    (series("AveragePool: {size: [2, 2], stride: [1, 2]}", "Flatten", "Linear: 1"), "model.0", "remove `model.0`"),
    (series("GRU: {hidden_dim: 3, stateful: true, bidirectional: true}", "Linear: 1",
            training={"batch_size": 5, "shuffle": False}),
     "model.0", "remove `model.0.GRU.stateful`; or remove `model.0.GRU.bidirectional`"),
    (layers("Reshape: [8, 7, 1]", "Flatten", *TO_TEN), "model.0.Reshape.shape", "write `[8, 8, 1]`"),
    (layers("Reshape: [7, 3]", "Flatten", *TO_TEN), "model.0.Reshape.shape", "write `[8, 8]`"),
    (layers("Reshape: [7]", *TO_TEN), "model.0.Reshape.shape", "write `[64]`"),
    (layers("Reshape: [5, 5, 5, 5]", "Flatten", *TO_TEN), "model.0.Reshape.shape", "write `[8, 8, 1, 1]`"),
    (series("LayerNorm", SAME, "GlobalPool", "Linear: 1"), "model.0",
     "put `- Linear: 8` before it; or remove `model.0`"),
    # --- within a Residual ---
    (series("GRU: 4", "Residual: [{Linear: 5}]", "Linear: 1"), "model.1",
     "change `model.1.Residual.layers.0.Linear.units` to `4`"),
    (series("GRU: 4", "Residual: [{Linear: 5}, Tanh]", "Linear: 1"), "model.1",
     "change `model.1.Residual.layers.0.Linear.units` to `4`"),
    (series("GRU: {hidden_dim: 4, return_sequences: true}", "Residual: [{GRU: 4}]", "GlobalPool", "Linear: 1"),
     "model.1",
     "add `return_sequences: true` to `model.1.Residual.layers.0.GRU`"),
    (series("GRU: {hidden_dim: 4, return_sequences: true}", "Residual: [{GRU: 5}]", "GlobalPool", "Linear: 1"),
     "model.1.Residual.layers.0",
     "put `- Flatten`, `- Linear: 20` and `- Reshape: [5, 4]` after it"),
    (series("Residual: [{Conv1D: {filters: 1, kernel_size: 3}}]", "GlobalPool", "Linear: 1"), "model.0",
     "add `padding: same` to `model.0.Residual.layers.0.Conv1D`"),
    (series("Residual: [Flatten]", "GlobalPool", "Linear: 1"), "model.0.Residual.layers.0",
     "put `- Flatten`, `- Linear: 5` and `- Reshape: [5, 1]` after it"),
    (series("Residual: [Flatten, {GRU: 1}]", "GlobalPool", "Linear: 1"), "model.0.Residual.layers.1",
     "remove `model.0.Residual.layers.0`; or put `- Reshape: [5, 1]` before it"),
    # --- outputs ---
    (layers("Linear: 8", "Softmax"), "model.0.Linear.units", "write `10`"),
    (layers("Linear: {units: 8}"), "model.0.Linear.units", "write `10`"),
    (layers("Linear: 8", "ReLU"), "model.0.Linear.units", "write `10`"),
    (layers("Tanh"), "model.0", "end the model with `Linear: 10` and `Softmax`"),
    (layers("Reshape: [8, 8]", "Linear: 10", "Softmax"), "model.1", "put `- Flatten` before it"),
    (layers("Reshape: [8, 8]", "GRU: {hidden_dim: 5, return_sequences: true}", *TO_TEN), "model.3",
     "remove `model.1.GRU.return_sequences`"),
    (series("RNN: {hidden_dim: 3, return_sequences: true}"), "model.0", "end the model with `Flatten` and `Linear: 1`"),
    (series(SAME, "Linear: 1"), "model.1", "remove `model.0.RNN.return_sequences`; or put `- Flatten` before it"),
    (layers("Reshape: [8, 8]", "Linear: 9", "Softmax"), "model.2",
     "end the model with `Flatten`, `Linear: 10` and `Softmax`"),
    (series("GRU: 4", "Linear: 2"), "model.1.Linear.units", "write `1`"),
    (series("GRU: 4", "Linear: 1", loss={"quantile": {}}), "model.1.Linear.units", "write `3`"),
    (series("GRU: 4", "Linear: 1", loss="gaussian_nll"), "model.1.Linear.units", "write `2`"),
    (layers("Linear: 10"), "loss",
     "end the model with `Softmax`; or add `from_logits: true` to `loss.categorical_crossentropy`"),
    (layers("Linear: 10", "Sigmoid"), "model.1", "use `Softmax`"),
    (layers("Linear: 10", "LeakyReLU: 0.1"), "loss",
     "end the model with `Softmax`; or add `from_logits: true` to `loss.categorical_crossentropy`"),
    (classes(*TO_TEN, loss=CROSS), "loss.categorical_crossentropy.from_logits",
     "remove `model.1`; or remove `loss.categorical_crossentropy.from_logits`"),
    (classes("Linear: 10", "Sigmoid", loss=CROSS), "loss.categorical_crossentropy.from_logits", "remove `model.1`"),
    (classes(*TO_TEN, loss="binary_crossentropy"), "model.1", "use `Sigmoid`"),
    # --- data ---
    (changed(SERIES, "  window: 5\n", ""), "data.window", "add `window: 5` to `data`"),
    (changed(SERIES, "window: 5", "window: 20"), "data.window", "write `19`"),
    (changed(CLASSES, "  source:", "  window: 5\n  source:"), "data.window", "remove `data.window`"),
    (changed(SERIES, "train: 10", "train: 16"), "data.split.train", "write `0.8`"),
    (changed(SERIES, "train: 10", "train: 0.01"), "data.split.train", "write `1`"),
    (changed(CLASSES, "bits: 5", "bits: 4"), "data.source.FizzBuzz.numbers",
     "write `16`; or change `data.source.FizzBuzz.bits` to `5`"),
    (changed(CLASSES, "{numbers: 20, bits: 5}", "{bits: 4}"), "data.source.FizzBuzz.numbers",
     "add `numbers: 16` to `data.source.FizzBuzz`; or change `data.source.FizzBuzz.bits` to `7`"),
    (changed(SERIES, "points: 20", "points: 20, step: 1e308"), "data.source.Curve.step", "write `1.0`"),
    (changed(SERIES, "points: 20", "points: 20, noise: 1.7e308"), "data.source.Curve.noise", "write `0.1`"),
    (changed(SERIES, "sin(x)", "log(x)"), "data.source.Curve.expression", "add `start: 1.0` to `data.source.Curve`"),
    (changed(SERIES, "sin(x)", "exp(x ** 3)"), "data.source.Curve.expression",
     "add `step: 0.1` to `data.source.Curve`"),
    (changed(SERIES, "sin(x)", "sqrt(-x)"), "data.source.Curve.expression", ""),
    (changed(SERIES, "sin(x)", "x ^ 2 + 1"), "data.source.Curve.expression", "write `x ** 2 + 1`"),
    (changed(SERIES, "sin(x)", "(x + 1) ^ (1 / 2)"), "data.source.Curve.expression", "write `(x + 1) ** (1 / 2)`"),
    (changed(SERIES, "sin(x)", "2x"), "data.source.Curve.expression", "write `2 * x`"),
    (changed(SERIES, "sin(x)", "sin(x"), "data.source.Curve.expression", "write `sin(x)`"),
    (changed(SERIES, "sin(x)", "sn(x"), "data.source.Curve.expression", "write `sin(x)`"),
    (changed(SERIES, "sin(x)", "2 print(x)"), "data.source.Curve.expression", ""),
    (changed(SERIES, "sin(x)", "2 log(x)"), "data.source.Curve.expression", ""),  # not at 0
    (changed(SERIES, "sin(x)", "np.sin(x)"), "data.source.Curve.expression", "write `sin(x)`"),
    (changed(SERIES, "sin(x)", "3 + sin(t)"), "data.source.Curve.expression", "write `3 + sin(x)`"),
    (changed(SERIES, "sin(x)", "sine(x)"), "data.source.Curve.expression", "write `sin(x)`"),
    (changed(SERIES, "sin(x)", "sin"), "data.source.Curve.expression", "write `sin(x)`"),
    (changed(SERIES, "sin(x)", "1 + sin()"), "data.source.Curve.expression", "write `1 + sin(x)`"),
    # --- loss and metrics ---
    (changed(SERIES, "loss: MSE", "loss: categorical_crossentropy"), "loss",
     "use `MSE`, `MAE`, `Huber`, `quantile` or `gaussian_nll`"),
    (changed(CLASSES, "loss: categorical_crossentropy", "loss: {Huber: {delta: 2}}"), "loss",
     "write `categorical_crossentropy`"),
    (changed(SERIES, "loss: MSE", "loss: {quantile: [0.9, 0.5, 0.5]}").replace("- Linear: 1\n", "- Linear: 3\n"),
     "loss.quantile.quantiles", "write `[0.5, 0.9]`"),
    (changed(SERIES, "loss: MSE", "loss: {Huber: 1e-300}"), "loss.Huber.delta", "add `dtype: float64` to `training`"),
    (changed(SERIES, "5e-4", "1e300"), "optimizer.RMSProp.lr", "add `dtype: float64` to `training`"),
    (changed(SERIES, "lr: 5e-4", "beta: 0.999999999"), "optimizer.RMSProp.beta", "add `dtype: float64` to `training`"),
    (f"{SERIES}metrics: [accuracy]\n", "metrics.0",
     "use `RMSE`, `MAE`, `MAPE`, `sMAPE`, `MASE` or `R2`; or remove `metrics.0`"),
    (f"{SERIES}metrics: [R2, {{top_k: 2}}]\n", "metrics.1", "remove `metrics.1`"),
    (f"{SERIES}metrics: [{{MASE: 10}}]\n", "metrics.0.MASE.season", "write `9`"),
    (f"{CLASSES}metrics: [top_k]\n", "metrics.0.top_k.k", "add `k: 3` to `metrics.0.top_k`"),
    (classes("Linear: 10", "Sigmoid", loss="binary_crossentropy", metrics=["perplexity"]), "metrics.0",
     "remove `metrics.0`; or change `loss` to `categorical_crossentropy`"),
    # --- what a schedule looks at ---
    (f"{SERIES}schedule: {{ReduceOnPlateau: {{monitor: val_rms}}}}\n", "schedule.ReduceOnPlateau.monitor",
     "write `val_rmse`"),
    (f"{SERIES}schedule: {{WarmUp: {{then: {{ReduceOnPlateau: {{monitor: val_mae}}}}}}}}\nmetrics: [R2, {{MASE: 2}}]\n",
     "schedule.WarmUp.then.ReduceOnPlateau.monitor",
     "change `metrics` to `[R2, {MASE: {season: 2}}, MAE]`; "
     "or use `loss`, `val_loss`, `val_rmse`, `val_r2` or `val_mase_2`"),
    (f"{SERIES}schedule: {{ReduceOnPlateau: {{monitor: val_sMAP}}}}\n", "schedule.ReduceOnPlateau.monitor",
     "use `loss`, `val_loss` or `val_rmse`"),
    (changed(f"{SERIES}schedule: {{ReduceOnPlateau: {{monitor: val_loss}}}}\n", "train: 10", "train: 15"),
     "schedule.ReduceOnPlateau.monitor", "change `data.split.train` to `12`; or use `loss`"),
    (series("GRU: 4", "Linear: 1", training={"monitor": "val_rms"}), "training.monitor", "write `val_rmse`"),
    (series("GRU: 4", "Linear: 1", training={"monitor": "val_mae"}, metrics=["R2"]), "training.monitor",
     "change `metrics` to `[R2, MAE]`; or use `loss`, `val_loss`, `val_rmse` or `val_r2`"),
    (series("GRU: 4", "Linear: 1", training={"monitor": ""}), "training.monitor",
     "use `loss`, `val_loss` or `val_rmse`"),
    (changed(series("GRU: 4", "Linear: 1", training={"monitor": "val_accuracy"}), "train: 10", "train: 15"),
     "training.monitor", "change `data.split.train` to `12`; or use `loss`"),
    # --- tokens, states, batches ---
    (series("Embedding: {tokens: 6, dim: 2}", "Reshape: [5, 2]", "GRU: 2", "Linear: 1",
            data={"source": {"Curve": {"expression": "x % 7", "points": 20}}, "window": 5}),
     "model.0.Embedding.tokens", "write `7`"),
    (series("Embedding: {tokens: 6, dim: 2}", "Reshape: [5, 2]", "GRU: 2", "Linear: 1"), "model.0.Embedding.tokens",
     "remove `model.0`"),
    (series("Linear: 1", "Embedding: {tokens: 6, dim: 2}", "Reshape: [5, 2]", "GRU: 2", "Linear: 1"), "model.1",
     "remove `model.0`"),
    (series("Linear: 1", "Tanh", "Embedding: {tokens: 6, dim: 2}", "Reshape: [5, 2]", "GRU: 2", "Linear: 1"),
     "model.2", "remove `model.2`"),
    (series("GRU: {hidden_dim: 3, stateful: true}", "Linear: 1"), "model.0.GRU.stateful",
     "add `shuffle: false` to `training`; or remove `model.0.GRU.stateful`"),
    (series("GRU: {hidden_dim: 3, stateful: true}", "Linear: 1", training={"shuffle": False}), "model.0.GRU.stateful",
     "add `batch_size: 5` to `training`; or remove `model.0.GRU.stateful`"),
    (layers("Reshape: [8, 8]", "GRU: {hidden_dim: 3, stateful: true}", *TO_TEN), "model.1.GRU.stateful",
     "remove `model.1.GRU.stateful`"),
    (classes("BatchNorm", *TO_TEN, training={"batch_size": 9}), "training.batch_size", "write `8`"),
    (classes("BatchNorm", *TO_TEN, data={"source": "Digits", "split": {"train": 33}}), "training.batch_size",
     "add `batch_size: 31` to `training`"),
    (classes("BatchNorm", *TO_TEN, data={"source": "Digits", "split": {"train": 1}}), "training.batch_size",
     "change `data.split.train` to `2`"),
    (f"{SERIES}schedule: {'{WarmUp: {then: ' * 15}Cosine{'}}' * 15}\n", "schedule", "remove `schedule`"),
]  # fmt: skip


def of(text, path):
    (problem,) = (problem for problem in problems_in(text) if problem.path == path)
    return problem


@pytest.mark.parametrize(("text", "path", "hint"), HINTS, ids=[f"{i}-{row[1]}" for i, row in enumerate(HINTS)])
def test_each_alternative_of_a_hint_cures_its_problem(text, path, hint):
    problem = of(text, path)
    assert problem.hint == hint
    for after in cured(text, problem) if hint else ():
        assert (path, problem.message) not in [(p.path, p.message) for p in problems_in(after)], after


# --- the interpreter ---


def wrong(hint, line="loss: MSE", column=7, width=3, path="loss"):
    return Problem(Place(Source("c.yaml", [line]), 1, column, width), path, "is wrong", hint)


@pytest.mark.parametrize(
    "hint", ["", "check the settings", "did you mean MAE?", "use `MAE`, `MSE`; or think", "remove loss"]
)
def test_a_hint_that_cannot_be_read_is_an_error(hint):
    with pytest.raises(UnreadableHintError):
        cured("loss: MSE", wrong(hint))


def test_a_hint_for_what_is_not_there_is_an_error():
    with pytest.raises(KeyError):
        cured("loss: MSE", wrong("remove `training.epochs`"))


APPLIED = [
    ("did you mean `MAE`?", ["loss: MAE"]),
    ("use `MAE`, `Huber` or `quantile`, as these are values", ["loss: MAE", "loss: Huber", "loss: quantile"]),
    ("write `{Huber: 2}`; or remove `loss`", ["loss: {Huber: 2}", "{}"]),
    ("add `epochs: 3` to `training`", ['{"loss": {"MSE": {}}, "training": {"epochs": 3}}']),
    ("add `seed: 3` to the config, so that it repeats", ['{"loss": {"MSE": {}}, "seed": 3}']),
    ("add `lr: 3` to `loss.MSE`", ['{"loss": {"MSE": {"lr": 3}}}']),
    ("move `loss` to `training`", ['{"training": {"loss": {"MSE": {}}}}']),
]


@pytest.mark.parametrize(("hint", "texts"), APPLIED)
def test_a_hint_is_done_word_for_word(hint, texts):
    assert cured("loss: MSE", wrong(hint)) == texts


def test_layers_are_put_next_to_the_one_that_is_blamed():
    text, hint = "model: [Tanh, Flatten]", "put `- Linear: 2` and `- ReLU` {} it"
    before, after = (
        yaml.safe_load(cured(text, wrong(hint.format(side), path="model.1"))[0]) for side in ("before", "after")
    )
    assert before["model"] == [{"Tanh": {}}, {"Linear": 2}, "ReLU", {"Flatten": {}}]
    assert after["model"] == [{"Tanh": {}}, {"Flatten": {}}, {"Linear": 2}, "ReLU"]


def test_the_base_of_the_table_is_right():
    assert problems_in(DIGITS) == []
