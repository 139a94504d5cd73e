"""What is said of text that is no YAML, or more than a config needs; and that doing what the hint says mends it."""

import pytest
import yaml

from zen_cli.config.text import reader, syntax
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.reader import read_text

DEEP = "[" * 33 + "]" * 33
LONG = "9" * 101
MENDED = [  # a text, words of the message, the hint, and the text when that is done
    ("a:\n\tb: 1", "a tab stands here", "use spaces", "a:\n  b: 1"),
    ("a: 1\n\tb: 2", "a tab stands here", "use spaces", "a:\n    b: 2"),
    ("%half: 1", "starts with `%`", "put quotes around the text", '"%half": 1'),
    ("a: @b", "cannot start with this", "put quotes around the text", "a: '@b'"),
    ("a: `b`", "cannot start with this", "put quotes around the text", "a: '`b`'"),
    ("a: b: c", "a `:` cannot", "check the indentation, or put quotes around the text", "a: 'b: c'"),
    ("a: 1\n  b: 2", "a `:` cannot", "check the indentation, or put quotes around the text", "a: 1\nb: 2"),
    ("a: ? b", "a `?` cannot", "put quotes around the text", "a: '? b'"),
    ("%YAML 2.0\n---\na: 1", "version of YAML", "take the line out", "---\na: 1"),
    ("a: - 1", "a list cannot", "put its first `-` on a line of its own", "a:\n  - 1"),
    ("a: 1\nb 2\nc: 3", "there is no `: `", "write `key: value`", "a: 1\nb: 2\nc: 3"),
    ("a: 'b\nc: 1", "never closed", "put one at the end of the text", "a: 'b'\nc: 1"),
    ('a: "C:\\data"', "no known escape", "use single quotes, or write `\\\\`", "a: 'C:\\data'"),
    ('a: "C:\\data"', "no known escape", "use single quotes, or write `\\\\`", 'a: "C:\\\\data"'),
    ('a: "\\xq"', "more digits", "use single quotes, or write `\\\\`", "a: '\\xq'"),
    ("a: [1, 2\nb: 3", "`[` is not closed", "", "a: [1, 2]\nb: 3"),
    ("a: ['b' 1]", "or a `,` is missing", "", "a: ['b', 1]"),
    ("a: {b: 1\nc: 2", "`{` is not closed", "", "a: {b: 1}\nc: 2"),
    ("a: {b: 1 c: 2}", "or a `,` is missing", "", "a: {b: 1, c: 2}"),
    ("a: *", "`&` or `*` needs quotes", "", "a: '*'"),
    ("a: & b", "`&` or `*` needs quotes", "", "a: '& b'"),
    ("a: !<x", "`!` needs quotes", "", "a: '!<x'"),
    ("a: !x!y", "`!` needs quotes", "", "a: '!x!y'"),
    ("a: > b", "the text starts on the next line", "else put quotes around the text", "a: >\n  b"),
    ("a: > b", "the text starts on the next line", "else put quotes around the text", "a: '> b'"),
    ("a: ]", "a value or a closing bracket", "", "a: []"),
    ("a: 'b' c", "does not fit", "check the indentation, quotes, brackets, and the space after each `-`", "a: 'b c'"),
    (
        " a: 1\nb: 2",
        "does not fit",
        "check the indentation, quotes, brackets, and the space after each `-`",
        "a: 1\nb: 2",
    ),
    ("", "empty", "`zen init` writes one to start from", "seed: 0"),
    ("# a comment", "empty", "`zen init` writes one to start from", "# a comment\nseed: 0"),
    ("a: *x", "an alias", "write the value out, or put quotes around a text", "a: 1"),
    ("a: *x", "an alias", "write the value out, or put quotes around a text", "a: '*x'"),
    ("a: &x 1", "an anchor", "take it out, or put quotes around a text", "a: 1"),
    ("a: &x", "an anchor", "take it out, or put quotes around a text", "a: '&x'"),
    ("a: !!str 1", "a tag", "take it out, or put quotes around a text", "a: 1"),
    ("a: !x", "a tag", "take it out, or put quotes around a text", "a: '!x'"),
    ("a:\n  <<: {b: 1}", "a merge key", "write the settings out", "a:\n  b: 1"),
    ("a: 1\n---\nb: 2", "a second document", "take it out", "a: 1\nb: 2"),
    ("a: {b: 0,8}", "a `,` ends", "write numbers with a point, as 0.5, and no `,` between digits", "a: {b: 0.8}"),
    ("\u00a0a: 1", "a no-break space", "use plain spaces", "a: 1"),
    ("a:\u00a01\nb: 2", "a no-break space", "use plain spaces", "a: 1\nb: 2"),
    ("1: 2", "this one is a number", "put quotes around `1`", "'1': 2"),
    ("true: 2", "this one is true or false", "put quotes around `true`", "'true': 2"),
    ("a: 1\nb: 2\na: 3", "stands here again", "keep one of the two", "a: 1\nb: 2"),
    (
        "a:\n  - b: 1\n    b: 2",
        "stands here again",
        "put a dash before `b`; or keep one of the two",
        "a:\n  - b: 1\n  - b: 2",
    ),
    ("a:\n  - b: 1\n    b: 2", "stands here again", "put a dash before `b`; or keep one of the two", "a:\n  - b: 1"),
    ('a: "x\\0"', "the character U+0000", "take it out", 'a: "x"'),
    (f"a: {LONG}", "over 100 characters", "shorten it, or put quotes around it if it is text", "a: 999"),
    (f"a: {LONG}", "over 100 characters", "shorten it, or put quotes around it if it is text", f"a: '{LONG}'"),
]
SPEAK_FOR_THEMSELVES = [  # what is wrong says what to do
    ("k" * 101 + ": 1", "at most 100 characters"),
    ("- a", "this is a list"),
    (f"a: {DEEP}", "more than 32 levels"),
    ("a: \0", "the character U+0000"),
    ('a: "\\UFFFFFFFF"', "too large"),
    ("? {a: 1}\n: 2", "this one is a mapping"),
]


def problem_of(text):
    with pytest.raises(ConfigError) as caught:
        read_text(text, "c.yaml")
    return caught.value.problems[0]


@pytest.mark.parametrize(("text", "words", "hint", "mended"), MENDED, ids=[repr(case[3][:20]) for case in MENDED])
def test_what_a_hint_says_mends_the_text(text, words, hint, mended):
    problem = problem_of(text)
    assert words in problem.message
    assert problem.hint == hint
    assert isinstance(read_text(mended, "c.yaml").value, dict)


@pytest.mark.parametrize(("text", "words"), SPEAK_FOR_THEMSELVES)
def test_a_message_without_a_hint_says_what_is_allowed(text, words):
    problem = problem_of(text)
    assert words in problem.message
    assert not problem.hint


def test_without_a_value_an_argument_is_told_of_null_and_of_quotes():
    with pytest.raises(ConfigError) as caught:
        read_text("a=", "override", value_at=2)
    assert caught.value.problems[0].hint == 'write null for none, or "" for an empty text'
    assert read_text("a=null", "override", value_at=2).value is None
    assert read_text('a=""', "override", value_at=2).value == ""


# --- completeness ---

CONSTANTS = {
    value for value in vars(reader).values() if isinstance(value, tuple) and list(map(type, value)) == [str, str]
}


def row_of(text):
    """The row of the table that a text comes to."""
    try:
        list(yaml.parse(text, Loader=syntax.Events))
    except yaml.MarkedYAMLError as error:
        said = f"{error.context}; {error.problem}"
        return next(row for row in syntax._SYNTAX if row[0] in said)
    return None


def test_every_row_and_every_complaint_is_in_the_table():
    texts = [text for text, *_ in MENDED]
    assert set(syntax._SYNTAX) - set(map(row_of, texts)) == set()
    said = {(problem.message, problem.hint) for problem in map(problem_of, texts)}
    assert CONSTANTS - said == {reader._NO_VALUE}  # which is for arguments
    assert len(CONSTANTS) > 5
