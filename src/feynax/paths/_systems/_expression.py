"""What can be done with the tree of a formula: its value, its parity, its power along a line."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from ._formula import Node

_EVEN = ("cos", "cosh", "sech", "abs")
_ODD = ("sin", "tan", "sinh", "tanh")
_ZERO = 1e-14  # of the sum of absolute terms: below it a coefficient is rounding


def evaluate(node: Node, x: Any, parameters: Mapping[str, Any], numpy: ModuleType) -> Any:
    """Return the value at places `x` of shape (dof, ...), with NumPy or with JAX's.

    Numbers stay Python floats, so that the value has the type of `x`.
    """
    kind = node[0]
    if kind == "number":
        return node[1]
    if kind == "place":
        return x[node[1]]
    if kind == "radius":
        return numpy.sqrt(_square(x)) if x.shape[0] > 1 else abs(x[0])
    if kind == "parameter":
        return numpy.asarray(parameters[node[1]], x.dtype)
    if kind == "call":
        return _function(node[1], evaluate(node[2], x, parameters, numpy), numpy)
    if kind == "power":
        return _power(node, x, parameters, numpy)
    left, right = (evaluate(part, x, parameters, numpy) for part in node[1:])
    return _combine(kind, left, right, numpy)


def parity(node: Node, flipped: frozenset[int] | None) -> int | None:
    """Return 1 where a tree is even in places turned over together, -1 where odd.

    `None` where the structure does not say. `flipped` holds the places, or all with `None`.
    """
    kind = node[0]
    if kind in ("number", "parameter", "radius"):
        return 1
    if kind == "place":
        return -1 if flipped is None or node[1] in flipped else 1
    if kind == "call":
        return _called(node[1], parity(node[2], flipped))
    if kind == "power":
        inner = parity(node[1], flipped)
        return inner if inner is None else inner ** abs(node[2])
    left, right = (parity(part, flipped) for part in node[1:])
    if left is None or right is None:
        return None
    if kind in ("mul", "div"):
        return left * right
    return left if left == right and (kind != "pow" or left == 1) else None


def leading(node: Node, sign: float, parameters: Mapping[str, Any]) -> tuple[int, float] | None:
    """Return power and coefficient of a polynomial of one variable far out on one side.

    `None` where the tree is no polynomial. The power is 0 where nothing grows.
    """
    found = _polynomial(node, sign, parameters)
    if found is None:
        return None
    terms, sizes = found
    alive = np.flatnonzero(np.abs(terms) > _ZERO * sizes)
    power = int(alive[-1]) if alive.size else 0
    return power, float(terms[power])


def _square(x: Any) -> Any:
    return (x * x).sum(0)


def _power(node: Node, x: Any, parameters: Mapping[str, Any], numpy: ModuleType) -> Any:
    exponent = node[2]
    if node[1] == ("radius",) and exponent % 2 == 0:
        # Even powers of r are smooth at the origin, and so must their derivatives be.
        base, exponent = _square(x), exponent // 2
    else:
        base = evaluate(node[1], x, parameters, numpy)
    if exponent < 0:
        return 1.0 / _repeated(base, -exponent)
    return _repeated(base, exponent)


def _repeated(base: Any, exponent: int) -> Any:
    """A whole power by squaring: exact for negative places, with clean derivatives."""
    if exponent == 0:
        return 1.0
    half = _repeated(base, exponent // 2)
    squared = base if exponent == 1 else half * half
    return squared * base if exponent % 2 and exponent > 1 else squared


def _function(name: str, value: Any, numpy: ModuleType) -> Any:
    if name == "sech":
        # Not 1 / cosh: that overflows, and its derivative with it.
        small = numpy.exp(-abs(value))
        return 2.0 * small / (1.0 + small * small)
    return getattr(numpy, name)(value)


def _combine(kind: str, left: Any, right: Any, numpy: ModuleType) -> Any:
    if kind == "add":
        return left + right
    if kind == "sub":
        return left - right
    if kind == "mul":
        return left * right
    if kind == "div":
        return left / right
    return numpy.power(left, right)


def _called(name: str, inner: int | None) -> int | None:
    if inner == 1 or inner is None:
        return inner
    if name in _EVEN:
        return 1
    return -1 if name in _ODD else None


def _polynomial(node, sign, parameters) -> tuple[np.ndarray, np.ndarray] | None:
    """Coefficients in sign * x, and the sums of absolute terms that made them."""
    kind = node[0]
    if kind in ("number", "parameter"):
        value = node[1] if kind == "number" else float(parameters[node[1]])
        return np.array([value]), np.array([abs(value)])
    if kind == "place":
        return np.array([0.0, sign]), np.array([0.0, 1.0])
    if kind == "radius" or (kind == "call" and node[1:] == ("abs", ("place", 0))):
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    if kind == "power" and node[2] >= 0:
        return _raised(_polynomial(node[1], sign, parameters), node[2])
    if kind in ("add", "sub", "mul", "div"):
        left, right = (_polynomial(part, sign, parameters) for part in node[1:])
        return None if left is None or right is None else _joined(kind, left, right)
    return None


def _raised(base, exponent: int):
    if base is None:
        return None
    whole = np.array([1.0]), np.array([1.0])
    for _ in range(exponent):
        whole = _joined("mul", whole, base)
    return whole


def _joined(kind: str, left, right):
    if kind == "mul":
        return np.convolve(left[0], right[0]), np.convolve(left[1], right[1])
    if kind == "div":
        constant = len(right[0]) == 1 and right[0][0] != 0
        return (left[0] / right[0], left[1] / right[1]) if constant else None
    size = max(len(left[0]), len(right[0]))
    pad = lambda terms: np.pad(terms, (0, size - len(terms)))
    signed = pad(right[0]) if kind == "add" else -pad(right[0])
    return pad(left[0]) + signed, pad(left[1]) + pad(right[1])
