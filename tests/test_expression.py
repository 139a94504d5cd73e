"""Formulas of curves: what they may hold, what they give, and how anything else is refused."""

import random

import numpy as np
import pytest

from zen_cli.data import expression
from zen_cli.data.expression import evaluate
from zen_cli.errors import DataError

X = np.array([0.5, 1.0, 2.5])


def refusal(text, x=X):
    with pytest.raises(DataError) as caught:
        evaluate(text, x)
    return str(caught.value)


# --- values ---

FORMULAS = [
    ("x", X),
    ("sin(x)", np.sin(X)),
    ("cos(x)", np.cos(X)),
    ("tan(x)", np.tan(X)),
    ("tanh(x)", np.tanh(X)),
    ("exp(x)", np.exp(X)),
    ("log(x)", np.log(X)),
    ("sqrt(x)", np.sqrt(X)),
    ("abs(-x)", X),
    ("floor(x)", np.floor(X)),
    ("x + 2*x - x/4", X + 2 * X - X / 4),
    ("-x ** 2", -(X**2)),
    ("2 ** -x", 2**-X),
    ("x % 1", X % 1),
    ("-7 % 3", 2.0),
    ("+(+x)", X),
    ("pi", np.pi),
    ("e ** x", np.e**X),
    ("7 / 2", 3.5),
    ("1e-3", 0.001),
    ("0x10", 16.0),
    ("1_000", 1000.0),
    ("sin(2*pi*x) + .5*sin(4 * pi * x)", np.sin(2 * np.pi * X) + 0.5 * np.sin(4 * np.pi * X)),
    ("  sin(x)\n  + 1\n", np.sin(X) + 1),
    ("+".join(["x"] * 150), 150 * X),
]


@pytest.mark.parametrize(("text", "values"), FORMULAS, ids=[case[0][:40].strip() for case in FORMULAS])
def test_a_formula_gives_float64_in_the_shape_of_x(text, values):
    y = evaluate(text, X.astype(np.float32))
    assert (y.dtype, y.shape) == (np.float64, X.shape)
    np.testing.assert_allclose(y, np.broadcast_to(values, X.shape), rtol=1e-15)


def test_every_function_has_a_row():
    rows = " ".join(text for text, _ in FORMULAS)
    assert all(f"{name}(" in rows for name in expression.FUNCTIONS)
    assert all(name in rows for name in expression.CONSTANTS)


@pytest.mark.parametrize("shape", [(), (0,), (4,), (2, 3)])
def test_a_constant_is_spread_over_any_shape_and_can_be_written_to(shape):
    y = evaluate("3", np.zeros(shape))
    y += 1
    assert y.shape == shape
    assert np.all(y == 4)


def test_the_values_are_no_view_of_x():
    x = np.arange(3.0)
    evaluate("x", x)[:] = 7
    assert x.tolist() == [0, 1, 2]


# --- refusals ---

NOT_A_FORMULA = [
    "__import__('os').system('id')",
    "x.real",
    "np.sin(x)",
    "(1).real",
    "x < 1",
    "x == x",
    "not x",
    "x and 1",
    "1 if x else 2",
    "1if x else 2",
    "lambda: x",
    "(lambda: x)()",
    "x[0]",
    "[x]",
    "(x, x)",
    "{}",
    "{x: x}",
    "[i for i in x]",
    "'a'",
    "f'{x}'",
    "'\\d'",
    "b'a'",
    "True",
    "None",
    "...",
    "1j",
    "x // 2",
    "x @ x",
    "x << 1",
    "x | 1",
    "~x",
    "1()",
    "sin(x)(x)",
    "sin(*x)",
    "(x := 1)",
    "await x",
    "0xfor x",
]


@pytest.mark.parametrize("text", NOT_A_FORMULA)
def test_what_is_not_part_of_a_formula_is_refused_with_what_is(text):
    message = refusal(text)
    assert text in message
    assert "is not part of a formula: use numbers, x, pi, e, + - * / ** %, parentheses and sin" in message


REFUSED = [
    ("__import__('os')", "`__import__` is no function here: use sin, cos"),
    ("eval('1')", "`eval` is no function here"),
    ("cosh(x)", "`cosh` is no function here: did you mean cos?"),
    ("Sin(x)", "did you mean sin?"),
    ("x(2)", "`x` is no function here"),
    ("pi(2)", "`pi` is no function here"),
    ("t + 1", "`t` is not known: use x, pi, e, sin"),
    ("X", "`X` is not known: did you mean x?"),
    ("PI", "`PI` is not known: did you mean pi?"),
    ("sin * x", "sin needs an argument in parentheses, such as sin(x)"),
    ("sin()", "sin takes one argument"),
    ("sin(x, x)", "sin takes one argument"),
    ("sin(x=x)", "sin takes one argument"),
    ("sin(x, out=x)", "sin takes one argument"),
    ("sin(**x)", "sin takes one argument"),
    ("x ^ 2", "`^` is no power here: write **"),
    ("(x", "expression `(x` is not a formula: '(' was never closed at column 1"),
    ("x +* 2", "expression `x +* 2` is not a formula: invalid syntax at column 4"),
    ("\n  x +* 2", "invalid syntax at column 4"),
    ("2x", "a `*` is missing at column 1"),
    ("x = 1", "at column 3"),
    ("x; x", "at column 2"),
    ("import os", "at column 1"),
    ("\u201cx\u201d", "(U+201C) at column 1"),
    ("", "the expression is empty"),
    (" \n", "the expression is empty"),
    ("\0", "is not a formula"),
    ("\ud800", r"`\ud800` cannot be read as a formula"),
    ("x" * 1001, "has 1001 characters: the most is 1000"),
    ("(" * 400 + "x" + ")" * 400, "is not a formula"),
    ("-" * 300 + "x", "nested more than 200 levels deep"),
    ("+".join("x" * 500), "nested more than 200 levels deep"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED, ids=[repr(case[0][:30]) for case in REFUSED])
def test_refusals_say_what_to_write(text, words):
    message = refusal(text)
    assert words in message
    assert message.isprintable()
    assert len(message) <= 300


MEANT = [  # a text, and the formula that is offered for it
    ("2x", "2 * x"),
    ("1e-3x + .5 x", "1e-3 * x + .5 * x"),
    ("x 2", "x * 2"),
    ("(x + 1)2", "(x + 1) * 2"),
    ("2(x + 1)", "2 * (x + 1)"),
    ("cos(2 pi x)", "cos(2 * pi * x)"),
    ("sin(x", "sin(x)"),
    ("sin(x))", "sin(x)"),
    ("sin x", "sin(x)"),
    ("sin 2x", "sin(2 * x)"),
    ("sn(x", "sin(x)"),
    ("2 sn(t", "2 * sin(x)"),
    ("x^2 + 2x", "x**2 + 2 * x"),
    ("np.sin(t)", "sin(x)"),
    ("\u00e9 + Sin(x)", "x + sin(x)"),
    ("", "sin(x)"),
]
NOT_MEANT = [
    "2 print(x)",
    "2qqq(x)",
    "x +* 2",
    "x = 1",
    "3 sqrt(-x",
    "1.5.2",
    "sin(x, 2",
    "1 if x",
    "(x))(",
    "import os",
]
NOT_MEANT += ["qqq(x)", "(" * 400 + "x", "2x" * 499, "2 log(x - 1)"]


@pytest.mark.parametrize(
    ("text", "formula"), [*MEANT, *((text, None) for text in NOT_MEANT)], ids=lambda t: t and t[:20]
)
def test_what_was_probably_meant_is_offered_where_it_has_values(text, formula):
    with pytest.raises(DataError) as caught:
        evaluate(text, X)
    assert caught.value.instead == ({"expression": formula} if formula else {})
    if formula:
        assert np.isfinite(evaluate(formula, X)).all()


NOT_FINITE = [
    ("log(x)", [0, 1, 2], "`log(x)` is -inf at x = 0: change the start or the expression"),
    ("1 / (x - 2)", [0, 1, 2], "is inf at x = 2"),
    ("sqrt(x)", [1, -0.5, -1], "is nan at x = -0.5"),
    ("0 / 0", [3, 4], "is nan at x = 3"),
    ("x % 0", [3], "is nan at x = 3"),
    ("(-8) ** (1/3)", [1], "is nan at x = 1"),
    ("exp(1000 * x)", [0, 1], "is inf at x = 1"),
    ("9**9**9", [1], "is inf at x = 1"),
    ("9**9**9**9**9**9", [1], "is inf at x = 1"),
    ("10 ** 400", [1], "is inf at x = 1"),
    ("1" + "0" * 400, [1], "is inf at x = 1"),
    ("1e400", [1], "is inf at x = 1"),
    ("x", [0, np.nan], "is nan at x = nan"),
]


@pytest.mark.parametrize(("text", "x", "words"), NOT_FINITE, ids=[case[0][:20] for case in NOT_FINITE])
def test_values_that_are_not_finite_are_refused_at_the_first_x(text, x, words):
    assert words in refusal(text, np.array(x, float))


def test_an_infinity_within_a_formula_may_still_end_finite():
    np.testing.assert_array_equal(evaluate("1 / (1 + exp(-2000 * x))", np.array([-1.0, 1.0])), [0, 1])


# --- anything at all ---

PIECES = [
    "x",
    "sin(",
    ")",
    "(",
    "+",
    "**",
    "%",
    "9",
    ".5",
    "e",
    "pi",
    ",",
    "=",
    " ",
    "'",
    "\\",
    "\n",
    "\0",
    "[",
    "lambda ",
]
PIECES += [
    "__import__('os')",
    ".real",
    "é",
    "\ud800",
    "1j",
    "True",
    "if ",
    "else ",
    "#",
    "0x",
    "not ",
    "tanh(x)",
    "-",
    "/",
]


def test_any_text_gives_finite_values_or_a_printable_refusal():
    source = random.Random(0)
    given = [outcome("".join(source.choices(PIECES, k=source.randint(1, 12)))) for _ in range(4000)]
    values = [result for result in given if isinstance(result, np.ndarray)]
    refusals = [result for result in given if isinstance(result, str)]
    assert all(np.isfinite(y).all() and y.shape == X.shape for y in values)
    assert all(message.isprintable() and len(message) <= 300 for message in refusals)
    assert len(values) > 50
    assert len(refusals) > 500


def outcome(text):
    """The values or the refusal; anything else that is raised, a warning too, fails the test."""
    try:
        return evaluate(text, X)
    except DataError as error:
        return str(error)
