"""Exact numbers a + b sqrt(k): what the coefficients of Runge-Kutta methods are made of."""

import dataclasses
import math
import re
from fractions import Fraction
from typing import Union

Exact = Union[int, Fraction, "Surd"]

_TERM = re.compile(r"([+-]?)(\d+(?:/\d+)?)(?:r(\d+))?")


@dataclasses.dataclass(frozen=True)
class Surd:
    r"""The number $a + b\sqrt k$ with fractions $a$, $b$ and a whole $k$ free of squares.

    **Fields:**

    - `rational`: $a$.
    - `radical`: $b$.
    - `root`: $k$; 1 where $b = 0$.

    Sums, products and comparisons of numbers with the same root are exact.

    ```python
    from fractions import Fraction
    import feynax as fx
    golden = fx.equations.Surd(Fraction(1, 2), Fraction(1, 2), 5)
    assert golden * golden == golden + 1 and str(golden) == "1/2 + 1/2 sqrt(5)"
    ```
    """

    rational: Fraction
    radical: Fraction = Fraction(0)
    root: int = 1

    def __post_init__(self):
        if self.radical == 0:
            object.__setattr__(self, "root", 1)

    def __add__(self, other: Exact) -> "Surd":
        other, root = _same_root(self, other)
        return Surd(self.rational + other.rational, self.radical + other.radical, root)

    def __neg__(self) -> "Surd":
        return Surd(-self.rational, -self.radical, self.root)

    def __sub__(self, other: Exact) -> "Surd":
        return self + (-_surd(other))

    def __mul__(self, other: Exact) -> "Surd":
        other, root = _same_root(self, other)
        rational = self.rational * other.rational + self.radical * other.radical * root
        return Surd(rational, self.rational * other.radical + self.radical * other.rational, root)

    __radd__, __rmul__ = __add__, __mul__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int | Fraction | Surd):
            return NotImplemented
        other = _surd(other)
        mine = (self.rational, self.radical, self.root)
        return mine == (other.rational, other.radical, other.root)

    def __hash__(self) -> int:
        return hash((self.rational, self.radical, self.root))

    def __float__(self) -> float:
        return float(self.rational) + float(self.radical) * math.sqrt(self.root)

    def __str__(self) -> str:
        if not self.radical:
            return str(self.rational)
        size = "" if abs(self.radical) == 1 else f"{abs(self.radical)} "
        radical = f"{size}sqrt({self.root})"
        if not self.rational:
            return radical if self.radical > 0 else f"-{radical}"
        return f"{self.rational} {'+' if self.radical > 0 else '-'} {radical}"


def parse(text: str) -> Surd:
    """Read "1/4-1/6r3", which is 1/4 - sqrt(3)/6."""
    total = Surd(Fraction(0))
    for sign, size, root in _TERM.findall(text):
        value = Fraction(f"{sign}{size}")
        total = total + (Surd(Fraction(0), value, int(root)) if root else value)
    return total


def _surd(value: Exact) -> Surd:
    return value if isinstance(value, Surd) else Surd(Fraction(value))


def _same_root(first: Surd, second: Exact) -> tuple[Surd, int]:
    second = _surd(second)
    roots = {first.root, second.root} - {1}
    if len(roots) > 1:
        raise ArithmeticError(f"sqrt({first.root}) and sqrt({second.root}) share no exact sum.")
    return second, roots.pop() if roots else 1
