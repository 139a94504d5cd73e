"""Text cut into parts and made examples: one vocabulary from what trains, and each part by itself."""

import json

import numpy as np
import pytest

from zen_cli.data.parts import numbers_of
from zen_cli.data.text import Lines, Reading, RunningText
from zen_cli.data.texts import TextParts, Texts
from zen_cli.errors import DataError
from zen_cli.padded import Padded

UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def running(text, **reading):
    return RunningText("t.txt", text, Reading(**reading))


def lines(text, **reading):
    return Lines.of("t.txt", text, Reading(**reading))


def cut(corpus, first, second):
    return TextParts(corpus[:first], corpus[first:second], corpus[second:])


def prepared(corpus, first, second, window=None):
    parts = cut(corpus, first, second)
    preparation = Texts.fit(parts.train, window)
    return preparation, preparation.dataset(corpus, parts)


def read(data, rows, part=None):
    """The text of each sequence."""
    labels, where = data.task.labels, dict(data.parts.named())[part] if part else slice(None)
    rows = rows[where]
    ends = rows.lengths if isinstance(rows, Padded) else [rows.shape[1]] * len(rows)
    values = rows.values if isinstance(rows, Padded) else rows
    return ["".join(labels[i] for i in row[:end]) for row, end in zip(values, ends, strict=True)]


# --- running text ---


def test_each_part_is_cut_into_windows_by_itself():
    preparation, data = prepared(running("abcabcabXbcaYbcab"), 8, 13, window=2)
    assert data.task.labels == (UNKNOWN, "a", "b", "c")
    assert read(data, data.inputs, "train") == ["ab", "ca", "bc"]
    assert read(data, data.targets, "train") == ["bc", "ab", "ca"]
    assert read(data, data.inputs, "validation") == [f"{UNKNOWN}b", "ca"]
    assert read(data, data.targets, "validation") == ["bc", f"a{UNKNOWN}"]
    assert read(data, data.inputs, "test") == ["bc"]
    assert [numbers_of(part).tolist() for _, part in data.parts.named()] == [[0, 1, 2], [3, 4], [5]]
    assert (preparation.input_shape, preparation.target_shape, data.input_shape) == ((2,), (2,), (2,))
    assert (preparation.lengths_vary, data.lengths_vary, preparation.tokens) == (False, False, 4)
    assert data.inputs.dtype == data.targets.dtype == np.int32


def test_the_truth_is_the_next_token_at_each_step():
    _, data = prepared(running("abcabcab"), 8, 8, window=3)
    assert data.truth(slice(1, 2)).tolist() == [[data.task.labels.index(token) for token in "bca"]]
    names = data.names(slice(0, 2))
    assert (names["example"].tolist(), names["step"].tolist()) == ([0, 0, 0, 3, 3, 3], [0, 1, 2, 0, 1, 2])


def test_a_part_that_is_too_short_for_a_window_is_named():
    with pytest.raises(DataError, match=r"t.txt: a window of 3 characters and the next one need 4, but a part"):
        prepared(running("abcabcab"), 6, 8, window=3)


def test_new_text_is_a_test_part():
    preparation, _ = prepared(running("abcabcab"), 8, 8, window=3)
    new = preparation.dataset(running("bbbXbbb"))
    assert read(new, new.inputs, "test") == ["bbb", f"{UNKNOWN}bb"]
    assert read(new, new.targets, "test") == [f"bb{UNKNOWN}", "bbb"]
    assert (new.train, new.held_out) == (0, 2)


# --- lines ---


def test_lines_of_different_lengths_are_sequences_that_begin_and_end_with_an_end_of_a_line():
    preparation, data = prepared(lines("ab\nabb\na\n\nbabab\n"), 2, 3)
    assert read(data, data.inputs, "train") == ["\nab", "\nabb"]
    assert read(data, data.targets, "train") == ["ab\n", "abb\n"]
    assert read(data, data.inputs, "validation") == ["\na"]
    assert read(data, data.targets, "test") == ["babab\n"]
    assert data.inputs.shape == (4, 6)
    assert (preparation.input_shape, preparation.lengths_vary, data.lengths_vary) == ((4,), True, True)
    assert data.truth(slice(2, 3)).lengths.tolist() == [2]
    assert data.names(slice(2, 4))["example"].tolist() == [3] * 6 + [5] * 6  # lines of the file


def test_lines_may_be_dealt_out_in_any_order():
    corpus = lines("aa\nbb\nab\nba\n")
    parts = TextParts(corpus[np.array([1, 3])], corpus[np.array([0])], corpus[np.array([2])])
    data = Texts.fit(parts.train, None).dataset(corpus, parts)
    assert read(data, data.targets) == ["bb\n", "ba\n", "aa\n", "ab\n"]


def test_without_held_out_lines_there_are_no_empty_ones():
    _, data = prepared(lines("aa\nb\n"), 2, 2)
    assert (len(data), data.train, data.held_out) == (2, 2, 0)
    assert read(data, data.inputs) == ["\naa", "\nb"]


# --- what is kept ---

CORPORA = {
    "running": (running("abcabcabXbcaYbcab"), 8, 13, 2),
    "words": (running("a cat, a dog; a cat, a cow and a dog. The end.", tokens="words"), 18, 36, 2),
    "lines": (lines("ab\nabb\na\n\nbabab\n"), 2, 3, None),
    "rare": (running("aaaabbbbcXYZ", min_count=2, lower=True), 9, 12, 2),
}


@pytest.mark.parametrize("case", CORPORA.values(), ids=CORPORA)
def test_a_preparation_comes_back_from_its_state(case):
    preparation, data = prepared(*case)
    state = json.loads(json.dumps(preparation.state()))
    again = Texts.from_state(state)
    assert again.state() == state
    assert (again.task, again.input_shape, again.lengths_vary) == (
        data.task,
        preparation.input_shape,
        data.lengths_vary,
    )
    same = again.dataset(case[0], cut(*case[:3]))
    assert same.fingerprint() == data.fingerprint()
    assert read(same, same.targets) == read(data, data.targets)


@pytest.mark.parametrize("case", CORPORA.values(), ids=CORPORA)
def test_what_does_not_train_changes_nothing(case):
    corpus, first, second, window = case
    preparation, data = prepared(corpus, first, second, window)
    other = running("ÄÖÜ ÄÖÜ ÄÖÜ") if isinstance(corpus, RunningText) else lines("ÄÖÜ\nXX")
    changed = cut(corpus, first, second)._replace(validation=other, test=other)
    again = Texts.fit(changed.train, window)
    assert again.state() == preparation.state()
    same = again.dataset(corpus, changed)
    for rows, others in ((same.inputs, data.inputs), (same.targets, data.targets)):
        assert read(same, rows, "train") == read(data, others, "train")


def test_a_fingerprint_tells_texts_apart():
    texts = [running("abcabcab"), running("abcaacab"), running("abcabcabab"), lines("abcabcab"), lines("abc\nabcab")]
    windows = [3, 3, 3, None, None]
    found = [prepared(t, len(t), len(t), window)[1].fingerprint() for t, window in zip(texts, windows, strict=True)]
    assert len(set(found)) == 5
    assert found[0] == prepared(running("abcabcab"), 8, 8, 3)[1].fingerprint()
