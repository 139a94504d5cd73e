"""A curve's formula in x, evaluated without eval: Python's own parser, then a walk over the few nodes allowed here."""

import ast
import difflib
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

import numpy as np

from zen_cli.errors import DataError, printable

LONGEST = 1000
MOST_DEPTH = 200  # far above any formula, and safe to walk by recursion
MOST_GUESSES = 20  # at what was meant

CONSTANTS: Mapping[str, float] = {"pi": np.pi, "e": np.e}
Rule: TypeAlias = Callable[..., np.ndarray]

FUNCTIONS: Mapping[str, Rule] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "floor": np.floor,
}
OPERATORS: Mapping[type[ast.AST], Rule] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
    ast.Mod: np.mod,
    ast.USub: np.negative,
    ast.UAdd: np.positive,
}
MISSING_TIMES = re.compile(  # behind a number that goes on no further, x, pi, e or a parenthesis
    r"((?<![\w.])(?>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|\b(?:x|pi|e)(?= )|\)) ?(?=[a-zA-Z(]|(?<=[ )])[\d.])"
)
VOCABULARY = f"numbers, x, {', '.join(CONSTANTS)}, + - * / ** %, parentheses and {', '.join(FUNCTIONS)}"


class _FormulaError(Exception):
    """Why a text is no formula with values, and guesses at the one that was meant, which nobody has tried."""

    def __init__(self, message: str, hint: str = "", *guesses: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.guesses = [guess for guess in guesses if guess]


def evaluate(expression: str, x: np.ndarray) -> np.ndarray:
    """The formula's values at every x, in float64 and the shape of x; a formula without x gives a constant curve.

    Raises DataError where the expression is not such a formula, or where a value is not finite. What was probably meant
    is in its `instead`, where that has values at every x.
    """
    text = " ".join(expression.split())  # a formula may go over several lines of YAML
    x = np.asarray(x, np.float64)
    try:
        return _values(text, x)
    except _FormulaError as refused:
        meant = _meant(refused.guesses, x)
        instead = {"expression": meant} if meant else None
        raise DataError(refused.message, refused.hint, setting="expression", instead=instead) from None


def _values(text: str, x: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        y = _Formula(text, x).value(_parsed(text))
    y = np.broadcast_to(y, x.shape).copy()
    _demand_finite(text, x, y)
    return y


def _demand_finite(text: str, x: np.ndarray, y: np.ndarray) -> None:
    bad = np.flatnonzero(~np.isfinite(y))
    if bad.size:
        at = f"{y.flat[bad[0]]:g} at x = {x.flat[bad[0]]:g}"
        raise _FormulaError(f"`{printable(text)}` is {at}", "change the start or the expression")


def _meant(guesses: list[str], x: np.ndarray) -> str:
    """The first of the guesses, or of those that they lead to in turn, which has values; empty where none has."""
    waiting = [*guesses]
    for guess in islice(waiting, MOST_GUESSES):  # it grows meanwhile
        try:
            _values(guess, x)
            return guess
        except _FormulaError as refused:
            waiting += [other for other in refused.guesses if other not in waiting]
    return ""


# --- text to a syntax tree ---


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise _FormulaError(f"the expression has {len(text)} characters: the most is {LONGEST}")
    if not text:
        raise _FormulaError("the expression is empty", "write a formula in x, such as sin(x)", "sin(x)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's advice on Python, such as on `1if x else 2`
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise _not_a_formula(text, error) from None
    except (ValueError, RecursionError, MemoryError):  # ValueError: NUL, half a surrogate pair
        raise _FormulaError(
            f"expression `{printable(text)}` cannot be read as a formula", "write it more simply"
        ) from None
    _demand_shallow(tree)
    return tree


def _not_a_formula(text: str, error: SyntaxError) -> _FormulaError:
    reason = "a `*` is missing" if "decimal literal" in error.msg else printable(error.msg)  # 2x
    message = f"expression `{printable(text)}` is not a formula: {reason} at column {max(1, error.offset or 1)}"
    return _FormulaError(message, "", _applied(text), _multiplied(text), _balanced(text))


def _applied(text: str) -> str:
    """`sin x` as sin(x)."""
    return re.sub(rf"\b({'|'.join(FUNCTIONS)}) ([\w.]+)", r"\1(\2)", text)


def _multiplied(text: str) -> str:
    """`2x`, `2 x`, `x 2` and `(x) 2` with a `*` between the factors."""
    return MISSING_TIMES.sub(r"\1 * ", text)


def _balanced(text: str) -> str:
    """Without the closing parentheses that nothing opens, and with those that are missing at the end."""
    kept, opened = "", 0
    for letter in text:
        if letter != ")" or opened:
            kept += letter
            opened += (letter == "(") - (letter == ")")
    return kept + ")" * opened


def _demand_shallow(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(MOST_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise _FormulaError(f"the expression is nested more than {MOST_DEPTH} levels deep", "write it more simply")


# --- a syntax tree to values ---


@dataclass(frozen=True, slots=True)
class _Formula:
    text: str
    x: np.ndarray

    def value(self, node: ast.expr) -> np.ndarray:
        match node:
            case ast.Constant():
                return self.constant(node)
            case ast.Name():
                return self.name(node)
            case ast.Call():
                return self.call(node)
            case ast.BinOp():
                return self.binary(node)
            case ast.UnaryOp():
                return self.unary(node)
        return self.refused(node)

    def constant(self, node: ast.Constant) -> np.ndarray:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return self.refused(node)
        try:
            return np.asarray(float(node.value))  # float at once: 9**9**9 then ends at infinity
        except OverflowError:
            return np.asarray(np.inf)

    def name(self, node: ast.Name) -> np.ndarray:
        if node.id == "x":
            return self.x
        if node.id in CONSTANTS:
            return np.asarray(CONSTANTS[node.id])
        if node.id in FUNCTIONS:
            message = f"{node.id} needs an argument in parentheses, such as {node.id}(x)"
            raise self.error(message, "", self.with_other(node, f"{node.id}(x)"))
        raise self.unknown(node, "is not known", ["x", *CONSTANTS, *FUNCTIONS])

    def call(self, node: ast.Call) -> np.ndarray:
        if not isinstance(node.func, ast.Name):
            return self.refused(node.func)
        name = node.func.id
        if name not in FUNCTIONS:
            raise self.unknown(node.func, "is no function here", FUNCTIONS)
        if len(node.args) != 1 or node.keywords:
            message = f"{name} takes one argument, such as {name}(x)"
            raise self.error(message, "", "" if node.args else self.with_other(node, f"{name}(x)"))
        return FUNCTIONS[name](self.value(node.args[0]))

    def binary(self, node: ast.BinOp) -> np.ndarray:
        if isinstance(node.op, ast.BitXor):
            power = self.changed(node.left.end_col_offset, node.right.col_offset, lambda sign: sign.replace("^", "**"))
            raise self.error("`^` is no power here", "write **", power)
        if type(node.op) not in OPERATORS:
            return self.refused(node)
        return OPERATORS[type(node.op)](self.value(node.left), self.value(node.right))

    def unary(self, node: ast.UnaryOp) -> np.ndarray:
        if type(node.op) not in OPERATORS:
            return self.refused(node)
        return OPERATORS[type(node.op)](self.value(node.operand))

    def refused(self, node: ast.expr) -> np.ndarray:
        name = node.attr if isinstance(node, ast.Attribute) else ""  # np.sin
        other = self.with_other(node, name) if name in (*CONSTANTS, *FUNCTIONS) else ""
        guesses = other, _multiplied(self.text)  # 2(x + 1)
        message, hint = f"`{printable(self.piece(node))}` is not part of a formula", f"use {VOCABULARY}"
        if self.piece(node) == self.text:
            raise _FormulaError(message, hint, *guesses)
        raise self.error(message, hint, *guesses)

    def unknown(self, node: ast.Name, what: str, known: Iterable[str]) -> _FormulaError:
        found = difflib.get_close_matches(node.id.casefold(), known, n=1)
        hint = f"did you mean {found[0]}?" if found else f"use {', '.join(known)}"
        near = found[0] if found else "x" if len(node.id) == 1 and "x" in known else ""
        return self.error(f"`{printable(node.id)}` {what}", hint, near and self.with_other(node, near))

    def error(self, message: str, hint: str = "", *guesses: str) -> _FormulaError:
        return _FormulaError(f"expression `{printable(self.text)}`: {message}", hint, *guesses)

    def piece(self, node: ast.expr) -> str:
        return ast.get_source_segment(self.text, node) or self.text

    def with_other(self, node: ast.expr, piece: str) -> str:
        """The formula with another piece in the place of this node."""
        return self.changed(node.col_offset, node.end_col_offset, lambda _: piece)

    def changed(self, start: int | None, end: int | None, change: Callable[[str], str]) -> str:
        """The formula with a part changed, whose place is given as the parser gives it: in bytes of UTF-8."""
        source = self.text.encode()
        return source[:start].decode() + change(source[start:end].decode()) + source[end:].decode()
