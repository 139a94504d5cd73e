"""Models token by token against whole sequences, and the text that is drawn from them."""

from dataclasses import replace
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import built

from zen_cli import nn
from zen_cli.commands.generate import generate
from zen_cli.data.text import Lines, Reading, RunningText, TextPreparation
from zen_cli.data.text.tokens import UNKNOWN
from zen_cli.data.texts import Texts
from zen_cli.errors import RunError, UserError
from zen_cli.loss.outputs import Categorical
from zen_cli.nn.generation import _CarriedStates, _WholeWindow, continuation
from zen_cli.training import generation
from zen_cli.training.generation import Sampling, Writer

V, T = 7, 12
SEQUENCES = {"return_sequences": True}

CARRIED = {
    "RNN": lambda: [nn.RNN(hidden_dim=5, **SEQUENCES)],
    "RNN with V": lambda: [nn.RNN(4, hidden_dim=5, **SEQUENCES), nn.Linear(V)],
    "relu": lambda: [nn.RNN(hidden_dim=5, activation="relu", **SEQUENCES), nn.Linear(V), nn.Softmax()],
    "RNN layers": lambda: [nn.RNN(4, hidden_dim=5, layers=3, **SEQUENCES), nn.Linear(V), nn.Softmax()],
    "LSTM": lambda: [nn.LSTM(5, **SEQUENCES), nn.Linear(V), nn.Softmax()],
    "LSTM layers": lambda: [nn.LSTM(5, layers=2, **SEQUENCES), nn.LSTM(4, **SEQUENCES), nn.Linear(V)],
    "GRU": lambda: [nn.GRU(5, **SEQUENCES), nn.Linear(V), nn.Softmax()],
    "GRU layers": lambda: [nn.GRU(5, layers=2, **SEQUENCES), nn.GRU(4, **SEQUENCES), nn.Linear(V)],
    "all kinds": lambda: [
        *(nn.LSTM(5, **SEQUENCES), nn.RNN(3, hidden_dim=4, **SEQUENCES), nn.GRU(6, **SEQUENCES), nn.Linear(V)),
        nn.Softmax(),
    ],
    "layers between": lambda: [
        *(nn.Linear(4), nn.Tanh(), nn.Dropout(0.5), nn.GRU(5, **SEQUENCES), nn.LayerNorm(), nn.Linear(6), nn.Linear(4)),
        *(nn.LSTM(5, dropout=0.5, layers=2, **SEQUENCES), nn.Dropout(0.5), nn.Residual([nn.Linear(5), nn.ReLU()])),
        *(nn.BatchNorm(), nn.Linear(V), nn.Softmax()),
    ],
    "stateful": lambda: [nn.LSTM(5, stateful=True, **SEQUENCES), nn.Linear(V)],
}
WHOLE = {
    "the last state": lambda: [nn.LSTM(5), nn.Linear(V), nn.Softmax()],
    "bidirectional": lambda: [nn.GRU(5, bidirectional=True, **SEQUENCES), nn.Linear(V)],
    "a way around a recurrence": lambda: [nn.Residual([nn.GRU(3, **SEQUENCES)]), nn.Linear(V)],
    "no recurrence": lambda: [nn.Linear(V), nn.Softmax()],
    "a pool": lambda: [nn.GlobalPool(), nn.Linear(V)],
}
OF_FULL_WINDOWS = {
    "convolution": lambda: [nn.Conv1D(4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(V)],
    "flat": lambda: [nn.Flatten(), nn.Linear(V), nn.Softmax()],
}


def token_model(layers, steps=T):
    """In float64, with random values in place of the first."""
    model = built([nn.Embedding(V, 3), *layers()], (steps,))
    rng = np.random.default_rng(0)
    for value in model.parameters.arrays().values():
        value[...] = rng.uniform(0.1, 0.9, value.shape) * rng.choice([-1, 1], value.shape)
    return model


def tokens_of(count):
    return np.random.default_rng(1).integers(0, V, count)


# --- token by token ---


@pytest.mark.parametrize("name", CARRIED)
def test_carried_states_equal_the_whole_sequence(name):
    model, tokens = token_model(CARRIED[name]), tokens_of(T)
    outputs_after = continuation(model)
    assert isinstance(outputs_after, _CarriedStates)
    found = [outputs_after([token])[0] for token in tokens.tolist()]
    np.testing.assert_allclose(found, model.predict(tokens[None])[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in CARRIED if name != "stateful"])  # which reads whole windows alone
def test_both_ways_agree(name):
    model, tokens = token_model(CARRIED[name], 8), tokens_of(8).tolist()
    carried, whole = continuation(model), _WholeWindow(model)
    for piece in (tokens[:1], tokens[1:5], tokens[5:]):
        np.testing.assert_allclose(carried(piece), whole(piece), rtol=0, atol=1e-12)


def test_states_go_on_after_as_many_steps_as_were_trained():
    few, many = (token_model(CARRIED["LSTM"], steps) for steps in (3, 20))
    tokens = tokens_of(20)
    np.testing.assert_allclose(continuation(few)(tokens), many.predict(tokens[None])[:, -1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", WHOLE | OF_FULL_WINDOWS)
def test_other_models_read_the_last_tokens_again(name):
    model, tokens = token_model((WHOLE | OF_FULL_WINDOWS)[name], 5), tokens_of(9)
    outputs_after = continuation(model)
    assert isinstance(outputs_after, _WholeWindow)
    for end, piece in ((5, tokens[:5]), (6, tokens[5:6]), (9, tokens[6:])):
        expected = model.predict(tokens[None, end - 5 : end])
        expected = expected[:, -1] if expected.ndim == 3 else expected
        np.testing.assert_allclose(outputs_after(piece), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", WHOLE)
def test_fewer_tokens_are_read_as_they_are(name):
    short, long = (token_model(WHOLE[name], steps) for steps in (3, 9))
    tokens = tokens_of(3)
    np.testing.assert_allclose(continuation(long)(tokens), continuation(short)(tokens), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", OF_FULL_WINDOWS)
def test_models_of_full_windows_need_as_many_tokens(name):
    with pytest.raises(UserError, match="reads 6 tokens before it says what follows, but there are only 2"):
        continuation(token_model(OF_FULL_WINDOWS[name], 6))([0, 1])


def test_outputs_stay_as_they_were():
    outputs_after = continuation(token_model(CARRIED["LSTM layers"]))
    first = outputs_after([1])
    before = first.copy()
    outputs_after([2])
    np.testing.assert_array_equal(first, before)


def test_two_sequences_do_not_meet():
    model = token_model(CARRIED["GRU"])
    one, other = continuation(model), continuation(model)
    one([1, 2, 3])
    np.testing.assert_array_equal(other([4]), continuation(model)([4]))


# --- drawing ---

P = np.array([0.05, 0.3, 0.4, 0.0, 0.25])


def shares(sampling, p=P, draws=20_000):
    rng = np.random.default_rng(0)
    return np.bincount([sampling.draw(p, rng) for _ in range(draws)], minlength=len(p)) / draws


DRAWN = [
    (Sampling(), P),
    (Sampling(temperature=0.5), P**2 / (P**2).sum()),
    (Sampling(temperature=2), P**0.5 / (P**0.5).sum()),
    (Sampling(top_k=2), np.array([0, 3, 4, 0, 0]) / 7),
    (Sampling(top_k=9), P),
    (Sampling(0.5, top_k=3), np.array([0, 0.09, 0.16, 0, 0.0625]) / 0.3125),
    (Sampling(temperature=0), np.array([0, 0, 1, 0, 0])),
    (Sampling(temperature=1e-300), np.array([0, 0, 1, 0, 0])),
    (Sampling(temperature=1e300), np.array([1, 1, 1, 1, 1]) / 5 * [1, 1, 1, 0, 1] / 0.8),
]


@pytest.mark.parametrize(("sampling", "expected"), DRAWN, ids=[repr(sampling) for sampling, _ in DRAWN])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tokens_are_drawn_as_often_as_they_are_probable(sampling, expected, dtype):
    found = shares(sampling, P.astype(dtype))
    np.testing.assert_allclose(found, expected, atol=0.015)
    assert not found[expected == 0].any()


@pytest.mark.parametrize("temperature", [0, 1])
@pytest.mark.parametrize("p", [[np.nan, 0.5], [0.5, np.nan], [0.0, 0.0]], ids=str)
def test_what_are_no_probabilities_is_refused(p, temperature):
    with pytest.raises(RunError, match="are not numbers"):
        Sampling(temperature).draw(np.array(p), np.random.default_rng(0))


@pytest.mark.parametrize(
    "settings", [{"temperature": -1}, {"temperature": np.nan}, {"temperature": np.inf}, {"top_k": 0}]
)
def test_settings_that_draw_nothing_are_refused(settings):
    with pytest.raises(UserError, match=r"temperature|top_k"):
        Sampling(**settings)


# --- text ---

RUNNING = RunningText("t.txt", "the cat sat on the mat, the end.\n" * 3)
WORDS = RunningText("t.txt", RUNNING.text, Reading("words"))
NAMES = Lines.of("t.txt", "anna\nhanna\nhannah\n", Reading())


def writer(raw, layers=None, **settings):
    preparation = TextPreparation.fit(raw, 8)
    size = len(preparation.vocabulary)
    layers = layers or [nn.Embedding(size, 4), nn.LSTM(6, return_sequences=True), nn.Linear(size), nn.Softmax()]
    model = built(layers, (preparation.window,))
    model.parameters.vector[:] *= 3
    return Writer(model, preparation, sampling=Sampling(**settings))


def text(writer, prompt="", length=40):
    return "".join(writer.text(prompt, length))


@pytest.mark.parametrize("raw", [RUNNING, WORDS, NAMES], ids=["characters", "words", "lines"])
@pytest.mark.parametrize("prompt", ["", "an"])
def test_the_same_seed_gives_the_same_text(raw, prompt):
    first = text(writer(raw), prompt)
    assert first == text(writer(raw), prompt)
    assert first != text(writer(raw, seed=1), prompt)
    assert first.startswith(prompt)


def test_as_many_characters_come_as_were_asked_for_one_by_one():
    pieces = list(writer(RUNNING).text("the", 30))
    assert [len(piece) for piece in pieces] == [3] + [1] * 30


def test_logits_are_read_as_the_loss_says():
    size = len(TextPreparation.fit(RUNNING, 8).vocabulary)
    layers = [nn.Embedding(size, 4), nn.LSTM(6, return_sequences=True), nn.Linear(size)]
    of_logits = replace(writer(RUNNING, layers), outputs=Categorical({"from_logits": True}))
    assert text(of_logits, "the") == text(writer(RUNNING), "the")


def test_a_text_without_a_prompt_begins_after_the_end_of_a_line():
    model = writer(RUNNING, temperature=0)
    assert text(model) == text(model, "\n")[1:]


def test_unknown_tokens_are_not_written():
    model = writer(RUNNING)
    model.model.layers[-2].b.value[0] = 50
    assert UNKNOWN not in text(model)


@pytest.mark.parametrize(
    ("prompt", "named"), [("th\u00e9", "has '\u00e9', which"), ("the\tX!", r"has '\\t', '!' and 'X', which")]
)
def test_characters_that_were_never_seen_are_named(prompt, named):
    with pytest.raises(UserError, match=named):
        text(writer(RUNNING), prompt)


def test_many_of_them_are_cut_short():
    with pytest.raises(UserError, match=r"'7', '8', '9' and \.\.\., which"):
        text(writer(RUNNING), "0123456789AB")


@pytest.mark.parametrize("prompt", ["", "the dog", "the cat ", "(", "  "])
def test_words_stand_apart(prompt):
    model = writer(WORDS)
    encode, written = model.preparation.vocabulary.encode, text(model, prompt, 30)
    assert len(encode(written)) == len(encode(prompt)) + 30
    assert "  " not in written.removeprefix(prompt)


def test_lines_begin_with_the_prompt_and_end():
    written = text(writer(NAMES), "ha", 20).split("\n")
    assert len(written) == 20
    assert all(line.startswith("ha") and len(line) <= len("hannah") for line in written)
    assert len(set(written)) > 5


@pytest.mark.parametrize(
    ("prompt", "message"), [("a\nn", "more than one line"), ("hannahan", "8 characters, but .* has 6")]
)
def test_what_begins_no_line_is_refused(prompt, message):
    with pytest.raises(UserError, match=message):
        text(writer(NAMES), prompt)


def test_text_comes_as_it_is_written():
    endless = writer(RUNNING).text("the", 10**12)
    assert len("".join(islice(endless, 50))) == 52


# --- the command ---


@pytest.fixture
def trained(monkeypatch):
    """Let `zen generate` find this writer's model in whatever run."""

    def trained(writer, preparation=None):
        found = SimpleNamespace(
            model=writer.model, preparation=preparation or Texts(writer.preparation), outputs=writer.outputs
        )
        monkeypatch.setattr(generation.predictions, "load", lambda _: found)
        monkeypatch.setattr("zen_cli.training.run.find", lambda _, run: SimpleNamespace(path=run, steps=list))

    return trained


@pytest.mark.parametrize(
    ("raw", "arguments", "prompt", "length", "settings"),
    [
        (RUNNING, [], "", 500, {}),
        (NAMES, [], "", 10, {}),
        (RUNNING, ["--prompt", "cat", "--length", "30", "--seed", "3"], "cat", 30, {"seed": 3}),
        (WORDS, ["--temperature", "0.5", "--top-k", "4"], "", 500, {"temperature": 0.5, "top_k": 4}),
    ],
)
def test_the_command_writes_what_the_writer_does(trained, capsys, raw, arguments, prompt, length, settings):
    trained(writer(raw))
    generate.main(arguments, standalone_mode=False)
    assert capsys.readouterr().out == text(writer(raw, **settings), prompt, length) + "\n"


def test_a_model_of_something_else_writes_nothing(trained):
    trained(writer(RUNNING), preparation=object())
    with pytest.raises(UserError, match="sine-1: its model was not trained on text: use zen predict"):
        generate.main(["sine-1"], standalone_mode=False)
