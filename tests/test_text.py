"""Text: how it is read, cut into tokens, numbered, and made sequences of."""

import gzip
import json

import numpy as np
import pytest

from zen_cli import memory
from zen_cli.data.sources.text import Text
from zen_cli.data.text import Lines, Reading, RunningText, TextPreparation, Vocabulary
from zen_cli.data.text.tokens import TOKENIZERS, UNKNOWN, WORD
from zen_cli.errors import DataError, UserError
from zen_cli.padded import Padded

WORDS = Reading("words")
SAMPLES = ["to be, or not to be", "a\n\nb\tc  d ", "naïve Ærø 日本語 🙂\u0301", f"lost {UNKNOWN} one", "x"]

# --- tokens ---

CUTS = [
    ("Don't stop, he said.", ["Don't", "stop", ",", "he", "said", "."]),
    ("well-known  facts - two", ["well-known", "facts", "-", "two"]),
    ("pi is 3.14, or 1,000.5!", ["pi", "is", "3.14", ",", "or", "1,000.5", "!"]),
    ("one\n\n\ttwo", ["one", "\n", "\n", "two"]),
    ("l\u2019été (\u201cso\u201d)", ["l\u2019été", "(", "\u201c", "so", "\u201d", ")"]),
    ("rock 'n' roll_2", ["rock", "'", "n", "'", "roll_2"]),
    ("...", [".", ".", "."]),
    (" \t ", []),
]


@pytest.mark.parametrize(("text", "words"), CUTS)
def test_words(text, words):
    assert [match.group() for match in WORD.finditer(text)] == words
    assert set(TOKENIZERS["words"].counts(text)) == set(words)


@pytest.mark.parametrize("text", SAMPLES)
def test_characters_are_put_together_as_they_were(text):
    vocabulary = Vocabulary.fit(text, Reading())
    assert vocabulary.decode(vocabulary.encode(text)) == text


def test_many_characters_are_looked_up_piece_by_piece(monkeypatch):
    monkeypatch.setattr("zen_cli.data.text.tokens.AT_ONCE", 3)
    vocabulary = Vocabulary.fit("abracadabra", Reading())
    assert vocabulary.labels == (UNKNOWN, "a", "b", "r", "c", "d")
    assert vocabulary.decode(vocabulary.encode("abracadabra")) == "abracadabra"


@pytest.mark.parametrize(
    "text", ["To be, or not: that (it said) is “so”!\nNext line\n\nEnd.", "Don't", "3.14 of [them]; well-known"]
)
def test_words_are_put_together_with_usual_spaces(text):
    vocabulary = Vocabulary.fit(text, WORDS)
    assert vocabulary.decode(vocabulary.encode(text)) == text


# --- vocabulary ---

FITTED = [
    ("the most frequent first", "bbb a cc", Reading(), (), ["b", " ", "c", "a"]),
    ("then by text", "dcba", Reading(), (), ["a", "b", "c", "d"]),
    ("rare ones left out", "bbb a cc", Reading(min_count=2), (), ["b", " ", "c"]),
    ("a largest size", "bbb a cc", Reading(max_size=3), (), ["b", " "]),
    ("small letters", "Aa B", Reading(lower=True), (), ["a", " ", "b"]),
    ("what must be there", "aab\n", Reading(min_count=2), ("\n",), ["a", "\n"]),
    ("what must be there, in little room", "aab\n", Reading(max_size=2), ("\n",), ["\n"]),
    ("unknown ones are no token of their own", f"{UNKNOWN}{UNKNOWN}a", Reading(), (), ["a"]),
    ("words", "to be or not to be", WORDS, (), ["be", "to", "not", "or"]),
    ("words in small letters", "To be\nto", Reading("words", lower=True), (), ["to", "\n", "be"]),
]


@pytest.mark.parametrize(
    ("text", "reading", "always", "labels"), [row[1:] for row in FITTED], ids=[r[0] for r in FITTED]
)
def test_labels(text, reading, always, labels):
    vocabulary = Vocabulary.fit(text, reading, always)
    assert vocabulary.labels == (UNKNOWN, *labels)
    assert len(vocabulary) == len(labels) + 1


@pytest.mark.parametrize(
    ("reading", "text", "missing"), [(Reading(), "cab!?", {"c", "!", "?"}), (WORDS, "ab ba c", {"ba", "c"})]
)
def test_what_is_not_known_is_the_unknown_token(reading, text, missing):
    vocabulary = Vocabulary.fit("ab ab", reading)
    ids = vocabulary.encode(text)
    assert ids.dtype == np.int32
    assert 0 <= ids.min() <= ids.max() < len(vocabulary)
    assert set(vocabulary.missing(text)) == missing
    assert UNKNOWN in vocabulary.decode(ids)


@pytest.mark.parametrize("reading", [Reading(), Reading("words", lower=True)])
def test_a_vocabulary_comes_back_from_its_state(reading):
    vocabulary = Vocabulary.fit("Any text\n🙂, any", reading)
    assert Vocabulary.from_state(json.loads(json.dumps(vocabulary.state()))) == vocabulary


# --- windows of a running text ---


def running(text, reading=Reading()):  # noqa: B008 - it is frozen
    return RunningText("t.txt", text, reading)


@pytest.mark.parametrize(("length", "window"), [(2, 1), (9, 4), (10, 4), (12, 4), (13, 4), (4, 3)])
def test_each_token_is_a_target_once(length, window):
    text = "".join(chr(97 + i) for i in range(length))
    preparation = TextPreparation.fit(running(text), window)
    inputs, targets, positions = preparation.examples(running(text))
    count = (length - 1) // window
    assert inputs.shape == targets.shape == (count, window)
    decode = preparation.vocabulary.decode
    assert decode(inputs.ravel()) == text[: count * window]
    assert decode(targets.ravel()) == text[1 : count * window + 1]
    assert [text[i] for i in positions] == [decode(row)[0] for row in inputs]


def test_windows_are_views():
    corpus = running("ab" * 50)
    inputs, targets, _ = TextPreparation.fit(corpus, 10).examples(corpus)
    assert np.shares_memory(inputs, targets)


def test_a_text_too_short_for_a_window_names_one_that_fits():
    with pytest.raises(DataError, match=r"t\.txt: a window of 5 characters and the next one need 6") as caught:
        TextPreparation.fit(running("abcde"), 5).examples(running("abcde"))
    assert (caught.value.setting, caught.value.instead) == ("window", {"window": 4})


def test_a_running_text_needs_a_window():
    with pytest.raises(DataError, match="needs a window") as caught:
        TextPreparation.fit(running("abc"))
    assert caught.value.setting == "window"


@pytest.mark.parametrize("cut", range(23))
def test_parts_of_words_fall_between_words(cut):
    raw = running("some well-known, 3.14 & l'été", WORDS)
    parts = raw[:cut].text, raw[cut:].text
    assert "".join(parts) == raw.text
    words = [match.group() for part in parts for match in WORD.finditer(part)]
    assert words == [match.group() for match in WORD.finditer(raw.text)]


def test_parts_of_characters_are_exact():
    raw = running("abcdef")
    assert (len(raw), raw[:2].text, raw[2:4].text, raw[4:].text) == (6, "ab", "cd", "ef")


def test_a_running_text_is_divided_in_order_alone():
    with pytest.raises(DataError, match="in its order") as caught:
        running("abcdef")[np.array([0, 2])]
    assert caught.value.instead == {"method": "order"}


def test_nothing_of_other_parts_is_in_the_vocabulary():
    raw = running("aab" * 4 + "xyz" * 4)
    preparation = TextPreparation.fit(raw[:12], 3)
    assert preparation.vocabulary.labels == (UNKNOWN, "a", "b")
    assert not preparation.examples(raw[12:]).inputs.any()


# --- lines ---

NAMES = "anna\nbo\n\n  \nzoë\n"


def lines(text, reading=Reading()):  # noqa: B008 - it is frozen
    return Lines.of("t.txt", text, reading)


@pytest.mark.parametrize(("reading", "decoded"), [(Reading(), ["anna", "bo", "zoë"]), (WORDS, ["anna", "bo", "zoë"])])
def test_each_line_begins_after_an_end_and_ends_with_one(reading, decoded):
    raw = lines(NAMES, reading)
    preparation = TextPreparation.fit(raw)
    inputs, targets, positions = preparation.examples(raw)
    assert isinstance(inputs, Padded)
    assert isinstance(targets, Padded)
    decode = preparation.vocabulary.decode
    rows = [
        (decode(i[:n]), decode(t[:n])) for i, t, n in zip(inputs.values, targets.values, inputs.lengths, strict=True)
    ]
    assert rows == [(f"\n{line}", f"{line}\n") for line in decoded]
    assert positions.tolist() == [1, 2, 5]
    assert not inputs.values[~inputs.mask].any()
    np.testing.assert_array_equal(inputs.lengths, targets.lengths)
    assert preparation.window == inputs.shape[1]


def test_lines_are_divided_one_by_one():
    raw = lines(NAMES)
    preparation = TextPreparation.fit(raw[np.array([1])])
    assert preparation.vocabulary.labels == (UNKNOWN, "\n", "b", "o")
    assert (preparation.window, preparation.start) == (3, 1)
    inputs, _, positions = preparation.examples(raw[np.array([0, 2])])
    assert positions.tolist() == [1, 5]
    assert inputs.lengths.tolist() == [5, 4]


def test_the_end_of_a_line_is_always_known():
    preparation = TextPreparation.fit(lines("aaa\nbbb", Reading(min_count=3, max_size=2)))
    assert preparation.vocabulary.labels == (UNKNOWN, "\n")


def test_one_endless_line_among_many_is_refused(monkeypatch):
    raw = lines("a\n" * 1000 + "b" * 100_000)
    preparation = TextPreparation.fit(raw)
    monkeypatch.setattr(memory, "available", lambda: 10_000_000)
    with pytest.raises(UserError, match="1,001 lines, the longest of 100,001 characters, needs 801 MB"):
        preparation.examples(raw)


@pytest.mark.parametrize(("fitted", "other"), [(lines, running), (running, lines)])
def test_text_of_the_other_kind_is_refused(fitted, other):
    preparation = TextPreparation.fit(fitted("ab\nab"), 2)
    with pytest.raises(DataError, match="the model was trained on"):
        preparation.examples(other("ab\nab"))


@pytest.mark.parametrize("raw", [running("abc")[:0], running(" \n"), lines("abc")[:0]])
def test_a_part_without_text_cannot_train(raw):
    with pytest.raises(DataError, match="no text in the part that trains"):
        TextPreparation.fit(raw, 1)


@pytest.mark.parametrize("raw", [running("ab ba"), lines("ab\nba", WORDS)])
def test_a_preparation_comes_back_from_its_state(raw):
    preparation = TextPreparation.fit(raw, 2)
    assert TextPreparation.from_state(json.loads(json.dumps(preparation.state()))) == preparation


@pytest.mark.parametrize(("text", "start"), [("ab\nb", "\n"), ("abb", "b"), (UNKNOWN, UNKNOWN)])
def test_a_text_may_begin_after(text, start):
    preparation = TextPreparation.fit(running(text), 1)
    assert preparation.vocabulary.labels[preparation.start] == start


# --- files ---


def loaded(path, data, **settings):
    path.write_bytes(data)
    return Text(str(path), **settings).load(0)


READ = [
    ("plain", "añb".encode(), "utf-8", "añb"),
    ("a mark of the encoding", b"\xef\xbb\xbfab", "utf-8", "ab"),
    ("ends of lines of Windows", b"a\r\nb\rc\n", "utf-8", "a\nb\nc\n"),
    ("Latin-1", b"caf\xe9", "latin-1", "café"),
    ("Windows-1252", b"\x93so\x94", "cp1252", "\u201cso\u201d"),
    ("UTF-16", "añb".encode("utf-16"), "utf-16", "añb"),
    ("gzipped", gzip.compress("añb".encode()), "utf-8", "añb"),
]


@pytest.mark.parametrize(("data", "encoding", "text"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_a_file_is_read(tmp_path, data, encoding, text):
    raw = loaded(tmp_path / "t.txt", data, encoding=encoding)
    assert (type(raw), raw.text, raw.reading) == (RunningText, text, Reading())


def test_settings_reach_what_is_read(tmp_path):
    raw = loaded(tmp_path / "t.txt", b"Ab\nc\n", lines=True, tokens="words", lower=True, min_count=2, max_size=9)
    assert (raw.lines, raw.reading) == (("Ab", "c"), Reading("words", True, 2, 9))


REFUSED = [
    ("empty", b"", "utf-8", "there is no text in it", {}),
    ("blank", b" \n\n", "utf-8", "there is no text in it", {}),
    ("Latin-1", b"ab\ncaf\xe9\n", "utf-8", r"t.txt:2: byte 0xe9, after 6 others, is not UTF-8 text", "cp1252"),
    ("bytes of no code page", b"\x81\xff", "utf-8", r"t.txt:1: byte 0x81, after 0 others", "latin-1"),
    ("UTF-16", "ab".encode("utf-16"), "utf-8", "byte 0xff, after 0 others, is not UTF-8", "utf-16"),
    ("half a character", b"abc", "utf-16", "is not UTF-16 text", "utf-8"),
    ("broken gzip", gzip.compress(b"abc" * 99)[:-9], "utf-8", "its gzip is broken", {}),
    ("no gzip inside", b"\x1f\x8bnonsense", "utf-8", "its gzip is broken", {}),
]


@pytest.mark.parametrize(("data", "encoding", "message", "cure"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_file_is_refused(tmp_path, data, encoding, message, cure):
    with pytest.raises(DataError, match=message) as caught:
        loaded(tmp_path / "t.txt", data, encoding=encoding)
    assert caught.value.instead == ({"encoding": cure} if cure else {})
    if cure:
        assert loaded(tmp_path / "t.txt", data, encoding=cure).text


@pytest.mark.parametrize(("path", "message"), [("none.txt", "no such file"), (".", "folder")])
def test_what_is_no_file_is_refused(tmp_path, path, message):
    with pytest.raises(DataError, match=message):
        Text(str(tmp_path / path)).load(0)


@pytest.mark.parametrize("data", [b"a" * 200_000, gzip.compress(b"a" * 200_000)], ids=["plain", "gzipped"])
def test_a_text_too_large_for_the_memory_is_refused(tmp_path, monkeypatch, data):
    monkeypatch.setattr(memory, "available", lambda: 1_000_000)
    with pytest.raises(UserError, match=r"the text in .*t.txt needs 2 MB of memory"):
        loaded(tmp_path / "t.txt", data)
