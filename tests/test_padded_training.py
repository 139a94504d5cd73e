"""Models of sequences of different lengths: predictions for many, and training."""

import itertools

import numpy as np
import pytest
from conftest import built, numbers
from test_padded import LENGTHS, assert_close, differentiated, model_of, sequences

from zen_cli import loss, nn, optim
from zen_cli.loss import counted
from zen_cli.padded import pad
from zen_cli.training.evaluation import evaluate
from zen_cli.training.loop import EpochRecord, StepRecord, fit

# --- predictions ---


def tagger(**settings):
    """Tokens in, a number for each out."""
    layers = [nn.Embedding(5, 3), nn.GRU(3, bidirectional=True, return_sequences=True), nn.Linear(2)]
    return model_of(layers, (6,), **settings)


@pytest.mark.parametrize("batch_size", [1, 2, 256])
def test_outputs_for_each_step_are_padded_as_the_inputs_are(batch_size):
    model, alone = tagger(), sequences()
    found = model.predict(pad(alone), batch_size)
    assert found.shape == (5, 6, 2)
    for y, sequence in zip(found, alone, strict=True):
        assert_close(y[: len(sequence)], model(pad([sequence])).value[0])
        assert not y[len(sequence) :].any()


def test_no_sequences_give_no_outputs():
    none = pad(sequences())[:0]
    assert tagger().predict(none).shape == (0, 1, 2)
    assert model_of([nn.Embedding(5, 3), nn.LSTM(2)], (6,)).predict(none).shape == (0, 2)


class Lazy:
    """Rows that are read as they are asked for, and how many at once."""

    def __init__(self, rows):
        self.rows = rows
        self.most = 0

    @property
    def shape(self):
        return self.rows.shape

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, where):
        assert isinstance(where, slice | np.ndarray)
        self.most = max(self.most, len(self.rows[where]))
        return self.rows[where]


def test_rows_are_read_a_batch_at_a_time():
    model, x, y = built([nn.Linear(1)], (3,)), numbers(10, 3), numbers(10, 1)
    for rows in (Lazy(x), Lazy(np.asfortranarray(x))):
        assert_close(model.predict(rows, 4), model(x).value)
        found, outputs = evaluate(model, rows, y, loss.MSE)
        assert_close(found, np.mean((outputs - y) ** 2))
        rows.most = 0
        records = list(fit(model, rows, Lazy(y), 2, batch_size=4, shuffle=True))
        assert (rows.most, len(records)) == (4, 2 * (3 + 1))


def test_a_memory_map_trains_as_its_array(tmp_path):
    x, y = numbers(10, 3), numbers(10, 1)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    found = [list(fit(built([nn.Linear(1)], (3,)), rows, y, 2, batch_size=4, shuffle=True)) for rows in (mapped, x)]
    assert found[0] == found[1]


# --- training ---


def test_the_loss_of_an_epoch_is_the_mean_over_its_steps():
    """With updates so small that they change nothing: shuffled or not, in batches of any size."""
    inputs = pad(sequences())
    targets = pad([np.cos(np.arange(2 * n)).reshape(n, 2) for n in LENGTHS])
    model = tagger()
    whole = differentiated(model, inputs, targets)[0]
    for batch_size, shuffle in itertools.product((1, 2, 5), (False, True)):
        records = list(fit(model, inputs, targets, 1, loss.MSE, optim.SGD(1e-300), batch_size, shuffle))
        assert records[-1].loss == pytest.approx(whole, rel=1e-12)
    assert evaluate(model, inputs, targets, loss.MSE)[0] == pytest.approx(whole, rel=1e-12)
    np.testing.assert_array_equal(evaluate(model, inputs, targets, loss.MSE)[1], model.predict(inputs))


def test_the_loss_of_one_target_each_is_the_mean_over_examples():
    model, inputs, targets = model_of([nn.Embedding(5, 3), nn.LSTM(2)], (6,)), pad(sequences()), numbers(5, 2)
    whole = differentiated(model, inputs, targets)[0]
    *steps, epoch = fit(model, inputs, targets, 1, loss.MSE, optim.SGD(1e-300), 2)
    assert epoch.loss == pytest.approx(whole, rel=1e-12)
    assert epoch.loss_sum == pytest.approx(sum(step.loss for step in steps), rel=1e-12)


def test_classes_at_each_step_are_learnt():
    """Whether a token is the largest so far: the sequences differ, and so does what stands behind them."""
    rng = np.random.default_rng(0)
    inputs = [rng.integers(0, 5, length) for length in rng.integers(1, 9, 60)]
    targets = [(tokens >= np.maximum.accumulate(tokens)).astype(np.intp) for tokens in inputs]
    layers = [nn.Embedding(5, 8), nn.GRU(16, return_sequences=True), nn.Linear(2), nn.Softmax()]
    model, x, y = nn.Model(layers), pad(inputs), pad(targets)
    records = list(fit(model, x, y, 20, loss.categorical_crossentropy, optim.Adam(0.02), 16, shuffle=True))
    assert records[-1].loss < 0.1
    assert (y.steps(model.predict(x)).argmax(axis=-1) == y.steps(y.values)).mean() > 0.98


def test_two_trainings_are_equal_bit_for_bit():
    inputs, targets = pad(sequences()), numbers(5, 2)

    def losses():
        model = nn.Model([nn.Embedding(5, 3), nn.LSTM(2, layers=2, dropout=0.3)])
        return [record.loss for record in fit(model, inputs, targets, 3, batch_size=2, shuffle=True)]

    assert losses() == losses()


@pytest.mark.parametrize("inputs", [numbers(5, 6), pad(sequences(lengths=[4, 1, 6, 3, 5]))], ids=["array", "lengths"])
def test_targets_for_each_step_have_the_lengths_of_the_inputs(inputs):
    with pytest.raises(ValueError, match="a target per step"):
        list(fit(tagger(), inputs, pad(sequences(2)), 1))


def test_what_counts_is_steps_or_examples():
    assert (counted(pad(sequences())), counted(numbers(5, 2))) == (sum(LENGTHS), 5)


def test_records_are_those_of_other_trainings():
    records = list(fit(tagger(), pad(sequences()), pad(sequences(2)), 2, batch_size=2))
    assert [type(record) for record in records] == 2 * [*[StepRecord] * 3, EpochRecord]
