"""From a text to a tree of known operations: nothing else in the text is ever run.

The text is read with Python's own grammar and walked by a list of what is allowed. Whole numbers
become floats before they are combined, so that no power can grow without bound; the length of
the text, the depth of the tree and its overall power are limited.
"""

import ast
import math
import re
from collections.abc import Collection, Iterator
from typing import NoReturn

from ..._errors import FormulaError

Node = tuple

FUNCTIONS = (
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "sech",
    "abs",
)
CONSTANTS = {"pi": math.pi, "e": math.e}
RADIUS = "r"
AXES = {"x": 0, "y": 1, "z": 2}

_LENGTH, _DEPTH, _POWER, _DEGREE = 1000, 64, 32, 64
_ALLOWED = re.compile(r"[A-Za-z0-9_ \t.+\-*/(),]")
_INDEXED = re.compile(r"x([1-9][0-9]{0,3})")
_OPERATIONS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}


def parse(text: str, parameters: Collection[str]) -> Node:
    """Return the tree of a formula.

    Nodes are tuples: `("number", value)`, `("place", index)`, `("radius",)`,
    `("parameter", name)`, `("call", function, node)`, `("power", node, whole number)`,
    and `("add" | "sub" | "mul" | "div" | "pow", left, right)`.
    """
    if len(text) > _LENGTH:
        _refuse(f"be a formula of at most {_LENGTH} characters", f"{len(text)}", 0)
    for column, letter in enumerate(text):
        if not _ALLOWED.match(letter):
            hint = " (a power is written **)" if letter == "^" else ""
            _refuse("be a formula of numbers, names and + - * / ** ()" + hint, repr(letter), column)
    return _walk(_tree(text), frozenset(parameters), 0)


def place(name: str) -> int | None:
    """Return the degree of freedom that a name stands for: x, y, z, or x1, x2 and so on."""
    if name in AXES:
        return AXES[name]
    found = _INDEXED.fullmatch(name)
    return int(found[1]) - 1 if found else None


def leaves(node: Node) -> Iterator[Node]:
    """Go through the numbers, places and parameters of a tree."""
    below = [part for part in node[1:] if isinstance(part, tuple)]
    if not below:
        yield node
    for part in below:
        yield from leaves(part)


def _tree(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        _refuse("be a formula", f"no sense ({error.msg})", (error.offset or 1) - 1)
    except (ValueError, RecursionError, MemoryError):
        _refuse("be a formula", "no sense", 0)


def _walk(tree: ast.expr, parameters: frozenset[str], depth: int) -> Node:
    if depth > _DEPTH:
        _refuse(f"be nested at most {_DEPTH} deep", "more", tree.col_offset)
    if isinstance(tree, ast.Constant):
        return _number(tree)
    if isinstance(tree, ast.Name):
        return _name(tree, parameters)
    if isinstance(tree, ast.BinOp) and type(tree.op) in _OPERATIONS:
        left = _walk(tree.left, parameters, depth + 1)
        right = _walk(tree.right, parameters, depth + 1)
        return _combine(_OPERATIONS[type(tree.op)], left, right, tree.col_offset)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.UAdd | ast.USub):
        inner = _walk(tree.operand, parameters, depth + 1)
        sign = -1.0 if isinstance(tree.op, ast.USub) else 1.0
        return inner if sign > 0 else _combine("mul", ("number", sign), inner, tree.col_offset)
    if isinstance(tree, ast.Call):
        return _call(tree, parameters, depth)
    _refuse("be made of numbers, names, + - * / ** and functions", _kind(tree), tree.col_offset)


def _number(tree: ast.Constant) -> Node:
    value = tree.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse("hold real numbers only", repr(value), tree.col_offset)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        _refuse("hold numbers below 1.8e308", "a larger one", tree.col_offset)
    return ("number", number)


def _name(tree: ast.Name, parameters: frozenset[str]) -> Node:
    name = tree.id
    if name in parameters:
        return ("parameter", name)
    if name in CONSTANTS:
        return ("number", CONSTANTS[name])
    if name == RADIUS:
        return ("radius",)
    index = place(name)
    if index is None:
        known = "x, y, z or x1, x2, .., r, pi, e and its own parameters"
        _refuse(f"name only {known}", f"`{name}`", tree.col_offset)
    return ("place", index)


def _call(tree: ast.Call, parameters: frozenset[str], depth: int) -> Node:
    name = tree.func.id if isinstance(tree.func, ast.Name) else _kind(tree.func)
    if name not in FUNCTIONS:
        _refuse(f"call only {', '.join(FUNCTIONS)}", f"`{name}`", tree.col_offset)
    if len(tree.args) != 1 or tree.keywords:
        _refuse(f"give `{name}` one argument", f"{len(tree.args)}", tree.col_offset)
    return ("call", name, _walk(tree.args[0], parameters, depth + 1))


def _combine(kind: str, left: Node, right: Node, column: int) -> Node:
    if left[0] == right[0] == "number":
        return ("number", _fold(kind, left[1], right[1], column))
    if kind != "pow":
        return (kind, left, right)
    if right[0] != "number" or not right[1].is_integer():
        return ("pow", left, right)
    if abs(right[1]) > _POWER:
        _refuse(f"have whole powers of at most {_POWER}", f"{right[1]:g}", column)
    node = ("power", left, int(right[1]))
    if _degree(node) > _DEGREE:
        _refuse(f"have an overall power of at most {_DEGREE}", f"{_degree(node)}", column)
    return node


def _fold(kind: str, a: float, b: float, column: int) -> float:
    """Combine two floats: never more than one machine operation."""
    if kind == "pow":
        combine = lambda: math.pow(a, b)
    else:
        combine = {
            "add": lambda: a + b,
            "sub": lambda: a - b,
            "mul": lambda: a * b,
            "div": lambda: a / b,
        }[kind]
    try:
        value = combine()
    except (OverflowError, ValueError, ZeroDivisionError):
        value = math.nan
    if not math.isfinite(value):
        _refuse("hold finite numbers", f"one that is none, of {a:g} and {b:g}", column)
    return value


def _degree(node: Node) -> int:
    """Return a bound of the power with which a tree grows, functions aside."""
    if node[0] in ("place", "radius"):
        return 1
    if node[0] == "power":
        return abs(node[2]) * _degree(node[1])
    below = [_degree(part) for part in node[1:] if isinstance(part, tuple)]
    if node[0] in ("mul", "div"):
        return sum(below)
    return max(below, default=0)


def _kind(tree: ast.AST) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", " ", type(tree).__name__).lower()


def _refuse(must: str, has: str, column: int) -> NoReturn:
    raise FormulaError(
        f"Argument `potential` must {must}, but has {has} at character {column + 1}.",
        column=column,
    )
