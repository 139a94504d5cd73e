"""What a training will take is measured; what does not fit is refused, and measuring leaves no trace."""

import re
import tracemalloc

import numpy as np
import pytest
from conftest import CONFIGS, SERIES, changed, train_once

from zen_cli import memory
from zen_cli.config.build import open_config
from zen_cli.config.text.problems import ConfigError
from zen_cli.training import estimate as estimating
from zen_cli.training import footprint
from zen_cli.training.estimate import estimate
from zen_cli.training.footprint import demand_memory, measured
from zen_cli.training.loop import train_step


def many(train=3000, batch=2000):
    """Overrides for so many windows."""
    return ("data.source.Curve.points=4000", f"data.split.train={train}", f"training.batch_size={batch}")


def wide(train=3000, batch=2000):
    return ("model.0.RNN.hidden_dim=64", *many(train, batch))


def experiment(path, *changes):
    return open_config(path, changes).experiment


def refused(config, *changes):
    with pytest.raises(ConfigError) as caught:
        demand_memory(experiment(config, *changes))
    (problem,) = caught.value.problems
    return problem


@pytest.fixture
def series(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(SERIES, encoding="utf-8")
    return path


# --- refused before anything is written ---


def test_a_batch_that_does_not_fit_is_refused_with_one_that_does(zen, tmp_path, series, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 8_000_000)
    outcome = zen("train", series, *wide(), "--runs", tmp_path / "runs")
    assert (outcome.code, outcome.out) == (2, "")
    assert "training.batch_size: a training step with 2,000 examples needs" in outcome.err
    assert "of memory, but 8 MB are free" in outcome.err
    assert not (tmp_path / "runs").exists()
    assert zen("check", series, *wide()).code == 2
    size = int(re.search("change `training.batch_size` to `(.*)`", outcome.err)[1])
    assert 64 < size < 2000
    demand_memory(experiment(series, *wide(batch=size)))


def test_a_batch_is_advised_that_every_layer_can_train_on(series, monkeypatch):
    odd = [*wide(train=2049, batch=2049), "model.2=BatchNorm"]  # 2^n leave one over
    monkeypatch.setattr(memory, "available", lambda: 8_000_000)
    problem = refused(series, *odd)
    size = int(re.fullmatch("change `training.batch_size` to `(.*)`", problem.hint)[1])
    assert (size < 2049, 2049 % size > 1) == (True, True)


def test_carried_states_allow_no_other_batch(series, monkeypatch):
    stateful = changed(SERIES, "{hidden_dim: 3}\n", "{hidden_dim: 300, stateful: true}\n").replace(
        "window: 5", "window: 8"
    )
    series.write_text(changed(stateful, "batch_size: 8", "batch_size: 8, shuffle: false"))
    monkeypatch.setattr(memory, "available", lambda: 1_500_000)
    monkeypatch.setattr("zen_cli.config.build.demand", lambda *_: None)
    assert "batch_size" not in refused(series, "data.source.Curve.points=400").hint


HUGE = ("model.1.Conv2D.padding=4000", "model.7=GlobalPool")


def test_an_example_whose_outputs_do_not_fit_is_blamed_on_the_largest_layer(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 10**8)
    monkeypatch.setattr(footprint, "measured", lambda *_: pytest.fail("measured"))
    problem = refused(CONFIGS / "digits_conv.yaml", *HUGE)
    assert problem.path == "model.1"
    assert problem.message.startswith("a training step with 1 example needs 1.54 GB of memory, but 100 MB are free")


def test_an_example_that_takes_more_than_there_is_when_it_is_measured_is_refused(monkeypatch):
    caps = []

    def measure(*_):
        caps.append(memory.resource.getrlimit(memory.resource.RLIMIT_AS)[0])
        raise MemoryError

    monkeypatch.setattr(memory, "available", lambda: 3 * 10**9)
    monkeypatch.setattr(footprint, "measured", measure)
    before = memory.resource.getrlimit(memory.resource.RLIMIT_AS)[0]
    problem = refused(CONFIGS / "digits_conv.yaml", *HUGE)
    assert problem.message == "a training step with 2 examples needs more than the 3 GB of memory that are free"
    assert caps[0] > 3 * 10**9
    assert memory.resource.getrlimit(memory.resource.RLIMIT_AS)[0] == before


def test_a_table_of_predictions_that_does_not_fit_is_told_before_training(series, monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 700_000)
    problem = refused(series, "data.source.Curve.points=20000")
    written_at_once = r"the table of 16,384 predictions needs .* but 700 KB are free"
    assert re.match(written_at_once, problem.message)


def test_what_certainly_fits_is_not_measured(series, monkeypatch):
    monkeypatch.setattr(footprint, "measured", lambda _: pytest.fail("measured"))
    demand_memory(experiment(series))


# --- measuring ---

SPIED = """\
seed: 3
data:
  source: Digits
  split: {train: 200}
model:
  - Reshape: [8, 8]
  - GRU: {hidden_dim: 6, layers: 2, dropout: 0.2}
  - BatchNorm
  - Dropout: 0.1
  - Residual: [Linear: 6, BatchNorm]
  - Linear: 10
  - Softmax
loss: categorical_crossentropy
optimizer: Adam
training: {epochs: 1, batch_size: 64}
"""


def test_measuring_changes_no_bit_of_a_training(tmp_path, monkeypatch):
    (tmp_path / "c.yaml").write_text(SPIED, encoding="utf-8")
    runs = [train_once(tmp_path / "plain", tmp_path / "c.yaml")]
    called = []
    monkeypatch.setattr(footprint, "_certainly_fits", lambda *_: False)
    monkeypatch.setattr(footprint, "measured", lambda *args: called.append(args) or measured(*args))
    runs.append(train_once(tmp_path / "measured", tmp_path / "c.yaml"))
    assert len(called) == 1
    saved = [next((run / "checkpoints").iterdir()).read_bytes() for run in runs]
    assert saved[0] == saved[1]


SHAPES = [  # changes of the series, where many examples behave differently than few
    ("data.window=40", "data.source.Curve.points=1000", "data.split.train=900", "training.batch_size=512"),
    ("model.0={LSTM: {hidden_dim: 64, return_sequences: true}}", *many(batch=1500)),
    ("model=[{Conv1D: {filters: 32, kernel_size: 3, padding: same}}, ReLU, Flatten, {Linear: 1}]", *many()),
]


@pytest.mark.parametrize("changes", SHAPES, ids=["RNN", "LSTM", "Conv1D"])
def test_a_step_takes_the_memory_that_its_line_says(series, changes, monkeypatch):
    monkeypatch.setattr(footprint, "BYTES_TO_MEASURE", 400_000)
    e = experiment(series, *changes)
    found = measured(e)
    e.model.build()
    chosen = np.arange(found.batch)
    tracemalloc.start()
    try:
        train_step(e.model, e.data.inputs[chosen], e.data.targets[chosen], e.loss_fn, footprint.SGD(), step=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.step(found.batch) == pytest.approx(peak, rel=0.25)


KEPT = [  # changes of a config, how many numbers of an example are kept at least
    ("digits_conv", (), 64 + 4 * 4 * 16 + 2 * 2 * 32 + 10 + 10),  # not what is pooled at once, nor views
    ("sine", (), 50 + 50 * (32 + 32) + 32 + 8 + 1),  # two RNN layers run as one: their states, and the last
    ("rnn", ("model.0={LSTM: {hidden_dim: 7, layers: 2, bidirectional: true}}",), 50 + 50 * 28 + 14 + 10 + 1),
    ("rnn", ("model.1={Residual: [{Linear: 64}]}",), 50 + 50 * 64 + 64 + 64 + 64 + 1),
]


@pytest.mark.parametrize(("name", "changes", "count"), KEPT, ids=["conv", "stacked", "LSTM", "Residual"])
def test_what_is_kept_of_an_example_at_least(name, changes, count):
    e = experiment(CONFIGS / f"{name}.yaml", *changes)
    assert footprint._output_bytes(e) == 4 * count
    found = measured(e)
    assert 1 < found.step(found.batch) / (4 * count * found.batch) < footprint.MOST_PER_OUTPUT / 2


def test_an_estimate_takes_the_first_step_of_the_training(tmp_path, series):
    found = estimate(experiment(series))
    run = train_once(tmp_path, series, "training.epochs=1", "data.split.train=8")
    (line,) = (run / "metrics.jsonl").read_text().splitlines()
    alone = estimate(experiment(series, "data.split.train=8", "training.epochs=1"))
    assert f'"loss": {alone.first.loss!r}' in line
    assert (found.first.step, found.first.batches, found.epochs) == (1, 2, 2)
    assert found.seconds == pytest.approx(2 * (2 * found.step_seconds + found.evaluation_seconds), rel=0.9)
    assert found.seconds > 0
    assert found.bytes > memory.used() / 2


def test_where_memory_is_scarce_it_is_measured_once(series, monkeypatch):
    called = []
    monkeypatch.setattr(footprint, "_certainly_fits", lambda *_: False)
    for module in (footprint, estimating):
        monkeypatch.setattr(module, "measured", lambda *args: called.append(args) or measured(*args))
    assert estimate(experiment(series)).bytes > 0
    assert len(called) == 1


def test_without_examples_held_out_nothing_is_evaluated(series):
    assert estimate(experiment(series, "data.split.train=15")).evaluation_seconds == 0
