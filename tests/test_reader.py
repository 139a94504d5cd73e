"""The config reader: YAML 1.2 scalars with their places, and a plain refusal for everything else."""

import codecs
import math
import os
import random

import pytest

from zen_cli.config.text import reader
from zen_cli.config.text.problems import ConfigError
from zen_cli.config.text.reader import read_file, read_text
from zen_cli.errors import UserError


def problems_of(data, **how):
    with pytest.raises(ConfigError) as caught:
        read_text(data, "c.yaml", **how)
    return caught.value.problems


def places_of(data, **how):
    return [(p.place.line, p.place.column) for p in problems_of(data, **how)]


# --- values ---

SCALARS = [
    ("1e-3", 1e-3),
    ("5e-4", 5e-4),
    ("1E3", 1000.0),
    (".5", 0.5),
    ("1.", 1.0),
    ("-2.5e+1", -25.0),
    ("+12", 12),
    ("0755", 755),
    ("0x1F", 31),
    ("0o17", 15),
    (".inf", math.inf),
    ("-.Inf", -math.inf),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("False", False),
    ("FALSE", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("y", "y"),
    ("tRUE", "tRUE"),
    ("12:30", "12:30"),
    ("2020-01-01", "2020-01-01"),
    ("1_000", "1_000"),
    ("0b11", "0b11"),
    ("1e", "1e"),
    ("1.2.3", "1.2.3"),
    ("\u0661", "\u0661"),  # an Arabic one: a digit, but not YAML's
    ("'1'", "1"),
    ('"true"', "true"),
    ("''", ""),
    ("sin(x) ** 2", "sin(x) ** 2"),
    ("9" * 100, int("9" * 100)),
]


@pytest.mark.parametrize(("written", "value"), SCALARS)
def test_plain_scalars_follow_yaml_1_2_and_quoted_ones_are_text(written, value):
    read = read_text(f"a: {written}\n", "c.yaml").plain()["a"]
    assert read == value
    assert type(read) is type(value)


def test_nan_is_a_number():
    assert all(math.isnan(v) for v in read_text("a: [.nan, .NaN, .NAN]", "c.yaml").plain()["a"])


def test_a_whole_config_keeps_its_structure_and_order():
    text = "b: {x: 1, y: [2, 3]}\na:\n  - RNN: {units: 32}\n  - Linear: 8\nc: |\n  two\n  lines\n"
    plain = read_text(text, "c.yaml").plain()
    assert plain == {
        "b": {"x": 1, "y": [2, 3]},
        "a": [{"RNN": {"units": 32}}, {"Linear": 8}],
        "c": "two\nlines\n",
    }
    assert list(plain) == ["b", "a", "c"]


# --- places ---


def test_every_node_and_key_knows_its_line_and_column():
    root = read_text("a: 1\nmodel:\n  - Linear: {units: 32}\n", "c.yaml")
    layer = root.value["model"].value[0]
    units = layer.value["Linear"].value["units"]
    assert str(root.keys["model"]) == "c.yaml:2:1"
    assert root.keys["model"].width == 5
    assert str(layer.keys["Linear"]) == "c.yaml:3:5"
    assert (str(layer.value["Linear"].place), layer.value["Linear"].place.width) == ("c.yaml:3:13", 11)
    assert (str(units.place), units.place.width) == ("c.yaml:3:21", 2)
    assert units.keys == {}


@pytest.mark.parametrize("data", [b"a: 1\r\nb: x\r\n", codecs.BOM_UTF8 + b"a: 1\nb: x\n", "a: 1\rb: x", "a: 1\x85b: x"])
def test_a_byte_order_mark_and_other_line_ends_shift_nothing(data):
    root = read_text(data, "c.yaml")
    assert root.plain() == {"a": 1, "b": "x"}
    assert (root.keys["a"].column, root.keys["b"].line, root.keys["b"].column) == (1, 2, 1)
    assert root.value["b"].place.excerpt() == "    2 | b: x\n           ^"


def test_columns_count_characters():
    assert read_text("{é日𝄞: x}".encode(), "c.yaml").value["é日𝄞"].place.column == 7


# --- arguments KEY=VALUE ---

ARGUMENTS = [
    ("lr=1e-3", 1e-3),
    ("name=no", "no"),
    ("units=[1, 2]", [1, 2]),
    ("o=Adam: {lr: 1}", {"Adam": {"lr": 1}}),
    ("x=null", None),
    ("e=a=b", "a=b"),
    ("p=''", ""),
]


@pytest.mark.parametrize(("argument", "value"), ARGUMENTS)
def test_the_value_of_an_argument_may_be_any_node(argument, value):
    root = read_text(argument, "argument", 1, value_at=argument.index("=") + 1)
    assert root.plain() == value
    assert root.place.column == argument.index("=") + 2
    assert root.place.source.lines == [argument]
    assert root.place.source.order == 1


@pytest.mark.parametrize("argument", ["lr=", "lr=  ", "lr=# nothing"])
def test_an_argument_without_a_value_is_told_to_write_null(argument):
    (problem,) = problems_of(argument, value_at=3)
    assert "write null" in problem.hint
    assert (problem.place.line, problem.place.column) == (1, 4)


def test_places_in_an_argument_count_from_its_beginning():
    assert places_of("model.0=[1, {a: 1, a: 2}]", value_at=8) == [(1, 20)]
    assert places_of("a\nb={x: 1,\n x: 2}", value_at=4) == [(3, 2)]
    assert places_of("a=b\0", value_at=2) == [(1, 4)]


# --- refusals ---

DEEP = "\n".join(" " * depth + "a:" for depth in range(40))
LINKS = zip("abcdefgh", "bcdefghi", strict=True)
BOMB = "a: &a [x]\n" + "".join(f"{new}: &{new} [{', '.join(['*' + old] * 9)}]\n" for old, new in LINKS)
REFUSED = [
    ("lr: 1\nb: 2\nlr: 3", (3, 1), "`lr` stands here again: it is on line 1"),
    ("a: {b: 1, b: 2}", (1, 11), "`b` stands here again"),
    ('a: 1\n"a": 2', (2, 1), "on line 1"),
    ('a: !!python/object/apply:os.system ["id"]', (1, 4), "a tag"),
    ("a: !!str 1", (1, 4), "a tag"),
    ("a: ! 1", (1, 4), "a tag"),
    ("a: !x!y 1", (1, 4), "`!` needs quotes"),
    ("!!map {a: 1}", (1, 1), "a tag"),
    ("a: &x 1", (1, 4), "an anchor"),
    ("a: *x", (1, 4), "an alias"),
    ("*x", (1, 1), "an alias"),
    ("*x : 1", (1, 1), "an alias"),
    ("a:\n  <<: {b: 1}", (2, 3), "merge key"),
    (BOMB, (1, 4), "an anchor"),
    ("a: 1\n---\nb: 2", (2, 1), "second document"),
    ("1: 2", (1, 1), "put quotes around `1`"),
    ("1.5: 2", (1, 1), "put quotes around `1.5`"),
    ("true: 2", (1, 1), "put quotes around `true`"),
    ("null: 2", (1, 1), "put quotes around `null`"),
    ("?\n: 2", (1, 2), "a key is text, and this one is null"),
    ("? {a: 1}\n: 2", (1, 3), "this one is a mapping"),
    ("? [a]\n: 2", (1, 3), "this one is a list"),
    ("k" * 101 + ": 1", (1, 1), "at most 100 characters"),
    ('"a\\nb": 1', (1, 1), "printable"),
    ("a: " + "9" * 101, (1, 4), "over 100 characters"),
    ("a: 0." + "9" * 5000, (1, 4), "over 100 characters"),
    ("a: " + "9" * 5000, (1, 4), "over 100 characters"),
    ("9" * 5000 + ": 1", (1, 1), "over 100 characters"),
    (DEEP, (33, 33), "more than 32 levels"),
    ("a: " + "[" * 40, (1, 36), "more than 32 levels"),
    ("[" * 100_000, (1, 33), "more than 32 levels"),
    ("{" * 100_000, (1, 33), "more than 32 levels"),
    ("- " * 100_000, (1, 65), "more than 32 levels"),
    ("? " * 100_000, (1, 65), "more than 32 levels"),
    ("a: " + "x" * 300_000, (1, 1), "over 256 KiB"),
    ("", (1, 1), "empty"),
    ("# only a comment\n", (1, 1), "empty"),
    ("- a", (1, 1), "a list"),
    ("text", (1, 1), "this is text"),
    ("1", (1, 1), "a number"),
    ("null", (1, 1), "null"),
    ("a: 1\nb: \0", (2, 4), "U+0000"),
    ("a: x\x1b[31m", (1, 5), "U+001B"),
    ("a: \ufeffx", (1, 4), "U+FEFF"),
    ("a: \udcff", (1, 4), "U+DCFF"),
    ('a: "\\0"', (1, 4), "U+0000"),
    ('a: "\\ud800"', (1, 4), "U+D800"),
    ('a: "\\U7fffffff"', (1, 7), "too large"),
    ('a: "\\UFFFFFFFF"', (1, 7), "too large"),
    ("%YAML 1." + "9" * 5000 + "\n---\na: 1", (1, 9), "too large"),
    ("%YAML 2.0\n---\na: 1", (1, 1), "version of YAML"),
    ("a:\n\tb: 1", (2, 1), "a tab stands here: use spaces"),
    ("a: 1\n\tb: 2", (2, 1), "a tab stands here: use spaces"),
    ("a: b: c", (1, 5), "a `:` cannot stand here"),
    ("a: - 1", (1, 4), "a list cannot start here"),
    ("a: ? b", (1, 4), "a `?` cannot stand here"),
    ("a: 1\nb\nc: 2", (2, 1), "there is no `: `"),
    ("a: [1, 2\nb: 3", (1, 4), "this `[` is not closed"),
    ("a: {b: 1", (1, 4), "this `{` is not closed"),
    ("a: 'b\nc: 1\n", (1, 4), "never closed"),
    ('a: "C:\\data"', (1, 8), "single quotes"),
    ('a: "\\xq"', (1, 7), "more digits"),
    ("a: @b", (1, 4), "put quotes around"),
    ("a: %b", (1, 4), "put quotes around"),
    ("a: *", (1, 4), "needs quotes"),
    ("a: > b", (1, 4), "next line"),
    ("a: ]", (1, 4), "a value or a closing bracket is missing"),
    ("a: 'b' c", (1, 8), "check the indentation"),
    (" a: 1\nb: 2", (2, 1), "check the indentation"),
]


@pytest.mark.parametrize(("text", "place", "words"), REFUSED, ids=[repr(case[0][:24]) for case in REFUSED])
def test_refusals_say_what_and_where(text, place, words):
    first = problems_of(text)[0]
    assert (first.place.line, first.place.column) == place
    assert words in f"{first.message}: {first.hint}"


BYTES = [
    (b"a: 1\nb: \xe9", (2, 4), "0xe9 is not UTF-8 (in Latin-1 it is \xe9)"),
    (codecs.BOM_UTF8 + "é: ".encode() + b"\xff", (1, 4), "0xff is not UTF-8"),
    (b"a: \x80", (1, 4), "0x80 is not UTF-8: save"),
    ("a: 1".encode("utf-16"), (1, 1), "this text is UTF-16"),
    ("a: 1".encode("utf-32"), (1, 1), "this text is UTF-32"),
    (codecs.BOM_UTF16_BE + "a: 1".encode("utf-16-be"), (1, 1), "this text is UTF-16"),
    ("a: 1".encode("utf-16-le"), (1, 2), "U+0000"),
]


@pytest.mark.parametrize(("data", "place", "words"), BYTES)
def test_other_encodings_are_named(data, place, words):
    (problem,) = problems_of(data)
    assert (problem.place.line, problem.place.column) == place
    assert words in f"{problem.message}: {problem.hint}"


def test_what_is_near_a_refusal_is_allowed():
    text = "'<<': 1\n'1': 2\na: '*x'\nb: '!x'\n---: 3\n" + "k" * 100 + ": 4\nc: " + "[" * 31 + "]" * 31
    assert len(read_text(text, "c.yaml").plain()) == 7
    assert read_text("---\na: 1\n...\n", "c.yaml").plain() == {"a": 1}
    assert read_text("a: " + "x" * (reader.MOST_BYTES - 3), "c.yaml").keys.keys() == {"a"}


def test_all_problems_come_at_once_even_where_the_text_then_breaks_off():
    assert places_of("a: 1\na: 2\nb: {c: 1, c: 2}\nd: !x 1\n1: e\nf: [1") == [(2, 1), (3, 11), (4, 4), (5, 1), (6, 4)]


def test_the_message_shows_the_line_with_a_caret():
    with pytest.raises(ConfigError) as caught:
        read_text("lr: 1\nlr: 2\n", "sine.yaml")
    assert str(caught.value) == (
        "sine.yaml:2:1: the key `lr` stands here again: it is on line 1 already\n    2 | lr: 2\n        ^^\n"
        "      keep one of the two"
    )


# --- files ---


def test_a_file_is_read_under_the_name_that_the_user_gave(tmp_path):
    (tmp_path / "sine.yaml").write_bytes(codecs.BOM_UTF8 + b"seed: 0\r\n")
    data, root = read_file(tmp_path / "sine.yaml", "my/sine.yaml")
    assert data == (tmp_path / "sine.yaml").read_bytes()
    assert root.plain() == {"seed": 0}
    assert str(root.place) == "my/sine.yaml:1:1"


def test_a_file_over_the_limit_is_refused_though_the_limit_cuts_a_character(tmp_path):
    (tmp_path / "long.yaml").write_text("a: " + "é" * reader.MOST_BYTES, encoding="utf-8")
    with pytest.raises(ConfigError, match="over 256 KiB"):
        read_file(tmp_path / "long.yaml", "long.yaml")


UNREADABLE = [
    ("sin.yaml", r"^sin\.yaml does not exist: did you mean `.*/sine\.yaml`\?$"),
    ("quite-different", r"^quite-different does not exist: check the path$"),
    ("no/such/place.yaml", r"does not exist: check the path$"),
    ("configs", r"^configs is a directory: name a config file in it$"),
    ("sine.yaml/x", r"cannot be read \(Not a directory\)"),
    ("n" * 300, r"cannot be read \(File name too long\)"),
    ("a\0b", r"^a\\x00b cannot be read"),
    ("a\nb", r"^a\\nb does not exist"),
]


@pytest.mark.parametrize(("name", "message"), UNREADABLE, ids=[repr(case[0][:16]) for case in UNREADABLE])
def test_a_file_that_cannot_be_opened_is_the_users_to_mend(tmp_path, name, message):
    (tmp_path / "sine.yaml").write_text("seed: 0")
    (tmp_path / "configs").mkdir()
    with pytest.raises(UserError, match=message) as caught:
        read_file(tmp_path / name, name)
    assert not isinstance(caught.value, ConfigError)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_file_without_permission_is_named(tmp_path):
    (tmp_path / "closed.yaml").touch(mode=0o000)
    with pytest.raises(UserError, match=r"closed\.yaml cannot be read \(Permission denied\)"):
        read_file(tmp_path / "closed.yaml", "closed.yaml")


# --- anything at all ---

SEED_TEXT = """\
seed: 0
data:
  source:
    Curve: {expression: "sin(x)", points: 200}
  window: 50   # in, and the next out
model:
  - RNN: {units: 32, return_sequences: true}
  - Linear: 8
loss: 'MSE'
notes: |
  two lines: é日
optimizer: {Adam: {lr: 5e-4, beta: [.9, 0x1F]}}
"""
PIECES = [*"[]{}:-?,&*!|>%@`'\"#~<\\\t\r\n \0\x1b\x85\u2028\ufeff\ud800", "<<: ", "- ", "? ", ": ", "---\n", "...\n"]
PIECES += ["!!str ", "&a ", "*a ", "%YAML 1.1\n", "%TAG ! x\n", "\\x", "9" * 400, "[" * 40]
PIECES += ['"\\U7fffffff"', '"\\ud800"']


def mutated(text, random):
    for _ in range(random.randint(1, 6)):
        at, length = random.randrange(len(text) + 1), random.choice([0, 0, 1, 3, 20])
        text = text[:at] + random.choice(["", *PIECES]) + text[at + length :]
    return text


def spoiled(text, random):
    data = bytearray(text.encode(errors="surrogatepass"))
    for _ in range(random.randint(0, 3)):
        data[random.randrange(len(data))] = random.randrange(256)
    return bytes(data)


def fuzzed():
    source = random.Random(0)
    for turn in range(3000):
        start = source.randrange(len(SEED_TEXT) - 20)
        text = mutated(SEED_TEXT[start : start + source.randint(20, 150)], source)
        yield [(text, None), (f"k={text}", 2), (spoiled(text, source), None)][turn % 3]


def outcome(data, value_at):
    """The tree or the refusal; anything else that is raised fails the test."""
    try:
        return read_text(data, "fuzz.yaml", value_at=value_at)
    except ConfigError as error:
        return error


def test_any_text_gives_a_tree_or_a_printable_refusal():
    outcomes = [outcome(data, value_at) for data, value_at in fuzzed()]
    refusals = [result for result in outcomes if isinstance(result, ConfigError)]
    for line in (line for error in refusals for line in str(error).split("\n")):
        assert line.isprintable()
        assert len(line) <= 300
    assert all(p.place.line >= 1 and p.place.column >= 1 for error in refusals for p in error.problems)
    assert len(outcomes) - len(refusals) > 50
    assert len(refusals) > 500


def test_places_of_any_text_point_to_what_stands_there():
    trees = [result for case in fuzzed() if isinstance(result := outcome(*case), reader.Node)]
    keys = [pair for tree in trees for pair in keys_in(tree)]
    assert len(keys) > 100
    for key, place in keys:
        written = place.source.lines[place.line - 1][place.column - 1 :]
        assert written.lstrip("\"'").startswith(key[:1]), (written, key)


def keys_in(node):
    yield from node.keys.items()
    below = node.value.values() if isinstance(node.value, dict) else node.value
    for child in below if isinstance(node.value, dict | list) else ():
        yield from keys_in(child)
