"""A curve's formula in x, evaluated without eval: Python's own parser, then a walk over the few nodes allowed here."""

import ast
import difflib
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from zen_cli.errors import DataError, printable

LONGEST = 1000
MOST_DEPTH = 200  # far above any formula, and safe to walk by recursion

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
VOCABULARY = f"numbers, x, {', '.join(CONSTANTS)}, + - * / ** %, parentheses and {', '.join(FUNCTIONS)}"


def evaluate(expression: str, x: np.ndarray) -> np.ndarray:
    """The formula's values at every x, in float64 and the shape of x; a formula without x gives a constant curve.

    Raises DataError where the expression is not such a formula, or where a value is not finite.
    """
    text = " ".join(expression.split())  # a formula may go over several lines of YAML
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        y = _Formula(text, x).value(_parsed(text))
    y = np.broadcast_to(y, x.shape).copy()
    _demand_finite(text, x, y)
    return y


# --- text to a syntax tree ---


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise DataError(f"the expression has {len(text)} characters: the most is {LONGEST}")
    if not text:
        raise DataError("the expression is empty: write a formula in x, such as sin(x)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the parser's advice on Python, such as on `1if x else 2`
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise _not_a_formula(text, error) from None
    except (ValueError, RecursionError, MemoryError):  # ValueError: NUL, half a surrogate pair
        raise DataError(f"expression `{printable(text)}` cannot be read as a formula: write it more simply") from None
    _demand_shallow(tree)
    return tree


def _not_a_formula(text: str, error: SyntaxError) -> DataError:
    reason = "a `*` is missing" if "decimal literal" in error.msg else printable(error.msg)  # 2x
    return DataError(f"expression `{printable(text)}` is not a formula: {reason} at column {max(1, error.offset or 1)}")


def _demand_shallow(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(MOST_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if level:
        raise DataError(f"the expression is nested more than {MOST_DEPTH} levels deep: write it more simply")


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
            raise self.error(f"{node.id} needs an argument in parentheses, such as {node.id}(x)")
        raise self.error(f"`{printable(node.id)}` is not known{_near(node.id, ['x', *CONSTANTS, *FUNCTIONS])}")

    def call(self, node: ast.Call) -> np.ndarray:
        if not isinstance(node.func, ast.Name):
            return self.refused(node.func)
        name = node.func.id
        if name not in FUNCTIONS:
            raise self.error(f"`{printable(name)}` is no function here{_near(name, FUNCTIONS)}")
        if len(node.args) != 1 or node.keywords:
            raise self.error(f"{name} takes one argument, such as {name}(x)")
        return FUNCTIONS[name](self.value(node.args[0]))

    def binary(self, node: ast.BinOp) -> np.ndarray:
        if isinstance(node.op, ast.BitXor):
            raise self.error("`^` is no power here: write **")
        if type(node.op) not in OPERATORS:
            return self.refused(node)
        return OPERATORS[type(node.op)](self.value(node.left), self.value(node.right))

    def unary(self, node: ast.UnaryOp) -> np.ndarray:
        if type(node.op) not in OPERATORS:
            return self.refused(node)
        return OPERATORS[type(node.op)](self.value(node.operand))

    def refused(self, node: ast.expr) -> np.ndarray:
        piece = ast.get_source_segment(self.text, node) or self.text
        raise self.error(f"`{printable(piece)}` is not part of a formula: use {VOCABULARY}")

    def error(self, message: str) -> DataError:
        return DataError(f"expression `{printable(self.text)}`: {message}")


# --- messages ---


def _demand_finite(text: str, x: np.ndarray, y: np.ndarray) -> None:
    bad = np.flatnonzero(~np.isfinite(y))
    if bad.size:
        at = f"{y.flat[bad[0]]:g} at x = {x.flat[bad[0]]:g}"
        raise DataError(f"`{printable(text)}` is {at}: change the start or the expression")


def _near(name: str, known: Iterable[str]) -> str:
    """The end of a sentence on an unknown name: what was meant, or else what there is."""
    found = difflib.get_close_matches(name.casefold(), known, n=1)
    return f": did you mean {found[0]}?" if found else f": use {', '.join(known)}"
