"""One degree of freedom: the class of a quadratic Hamiltonian, decided once."""

import dataclasses
import functools
import math
import warnings
from typing import Literal

from .._errors import ConditionWarning

Kind = Literal["elliptic", "hyperbolic", "free", "force", "linear", "zero", "mixed"]
Shape = Literal["discrete", "line", "half_line", "zero", "unknown"]

_PARABOLIC = 10**12  # the terms of a discriminant over it, from which it counts as zero
_ILL = 10**8  # one over the relative error of a discriminant from which a warning is given
_DIGITS = 52  # binary digits after the first of a float


@dataclasses.dataclass(frozen=True)
class SpectralSet:
    """The set of energies of a Hamiltonian.

    **Fields:**

    - `shape`: "discrete", "line", "half_line", "zero", or "unknown" (several modes that are not
      all elliptic).
    - `edge`: where a half line begins, in units of energy.
    - `direction`: +1 where levels or the half line go up from there, -1 where they go down, 0
      where they go both ways or there is no order.
    - `multiplicity`: how many states an energy has (`math.inf` for the zero Hamiltonian).
    """

    shape: Shape
    edge: float | None = None
    direction: int = 0
    multiplicity: float = 1

    def __str__(self) -> str:
        way = {1: "upwards", -1: "downwards", 0: "both ways"}[self.direction]
        text = {
            "discrete": f"discrete levels, {way}",
            "line": "the whole line",
            "half_line": f"the half line from {self.edge} {way}",
            "zero": "0 alone, infinitely degenerate",
            "unknown": "not classified",
        }[self.shape]
        return text + (", each energy twice" if self.multiplicity == 2 else "")


@dataclasses.dataclass(frozen=True)
class OneMode:
    r"""$H = -C_1 y_1 - C_2 y_1^2 + D_1 y_2 + D_2 y_2^2 + E_2 (y_1 y_2 + y_2 y_1)/2$, classified.

    `discriminant` is $\Delta = E_2^2 + 4 C_2 D_2 = -\det A$, 0 where it counts as zero. What is
    derived from the coefficients is computed in whole numbers (a float is one, over a power of
    two), so that only the result is rounded. Source: P. Kohli and A. Haslam (2020), (18)-(20).
    """

    c1: float
    c2: float
    d1: float
    d2: float
    e2: float
    discriminant: float
    kind: Kind
    spectrum: SpectralSet

    @functools.cached_property
    def rate(self) -> float:
        r"""Frequency $\sqrt{-\Delta}$ of a centre, or rate $\sqrt\Delta$ of a saddle; else 0."""
        if self.kind not in ("elliptic", "hyperbolic"):
            return 0.0
        (_, c2, _, d2, e2), unit = _whole(self)
        square = abs(e2 * e2 + 4 * c2 * d2)
        more = max(0, 64 - square.bit_length() // 2)
        return _quotient(math.isqrt(square << 2 * more), unit << more)

    @property
    def sign(self) -> int:
        """Whether the levels of a centre go up (+1) or down (-1)."""
        return 1 if self.d2 > self.c2 else -1

    def centre(self) -> tuple[float, float]:
        """Where the gradient vanishes; the discriminant must not be zero."""
        (c1, c2, d1, d2, e2), _ = _whole(self)
        delta = e2 * e2 + 4 * c2 * d2
        return (
            _quotient(-(e2 * d1 + 2 * d2 * c1), delta),
            _quotient(e2 * c1 - 2 * c2 * d1, delta),
        )

    def centre_energy(self) -> float:
        """Energy of the centre."""
        return self._centre_energy

    @functools.cached_property
    def _centre_energy(self) -> float:
        (c1, c2, d1, d2, e2), unit = _whole(self)
        delta = e2 * e2 + 4 * c2 * d2
        return _quotient(d2 * c1 * c1 + c1 * d1 * e2 - c2 * d1 * d1, delta * unit)


def one_mode(c1: float, c2: float, d1: float, d2: float, e2: float) -> OneMode:
    """Classify a Hamiltonian of one degree of freedom by its coefficients."""
    numbers, unit = _whole((c1, c2, d1, d2, e2))
    _, c, _, d, e = numbers
    exact, terms = e * e + 4 * c * d, e * e + 4 * abs(c * d)
    delta = exact if abs(exact) * _PARABOLIC > terms else 0
    if exact and e * e * _ILL > abs(delta) << _DIGITS:
        _warn(exact, terms, unit)
    kind = _kind(delta, numbers)
    spectrum = _spectrum(kind, numbers, unit)
    return OneMode(c1, c2, d1, d2, e2, _rounded(delta, unit * unit), kind, spectrum)


def _whole(of: OneMode | tuple[float, ...]) -> tuple[tuple[int, ...], int]:
    """Numerators of floats over one power of two, and that power."""
    given = (of.c1, of.c2, of.d1, of.d2, of.e2) if isinstance(of, OneMode) else of
    ratios = [float(x).as_integer_ratio() for x in given]
    unit = max(bottom for _, bottom in ratios)
    return tuple(top * (unit // bottom) for top, bottom in ratios), unit


def _quotient(top: int, bottom: int) -> float:
    """A quotient rounded once."""
    try:
        return top / bottom
    except OverflowError as error:
        raise OverflowError("A result is beyond the range of double precision.") from error


def _rounded(top: int, bottom: int) -> float:
    """A quotient rounded once, infinite where it is beyond the range."""
    try:
        return top / bottom
    except OverflowError:
        return math.copysign(math.inf, top)


def _warn(exact: int, terms: int, unit: int) -> None:
    lost, size = _rounded(terms, abs(exact) << _DIGITS), _rounded(terms, unit * unit)
    zero = terms >= _PARABOLIC * abs(exact)
    judged = "it counts as zero" if zero else f"the rate is right to about {lost:.1g}"
    warnings.warn(
        f"The discriminant is {_rounded(exact, unit * unit):.3g}, a small difference of terms of "
        f"size {size:.3g} that are themselves rounded: {judged}.",
        ConditionWarning,
        stacklevel=4,
    )


def _kind(discriminant: int, coefficients: tuple[int, ...]) -> Kind:
    c1, c2, d1, d2, e2 = coefficients
    if discriminant:
        return "elliptic" if discriminant < 0 else "hyperbolic"
    if not (c2 or d2 or e2):
        return "linear" if c1 or d1 else "zero"
    matrix, offset = max(abs(c2), abs(d2), abs(e2)), c1 * c1 + d1 * d1
    along = (e2 * d1 + 2 * d2 * c1) ** 2 + (2 * c2 * d1 - e2 * c1) ** 2  # |A b|^2
    return "free" if along * _PARABOLIC**2 <= 4 * matrix**2 * offset else "force"


def _spectrum(kind: Kind, coefficients: tuple[int, ...], unit: int) -> SpectralSet:
    c1, c2, d1, d2, _ = coefficients
    up = 1 if d2 > c2 else -1
    if kind == "elliptic":
        return SpectralSet("discrete", None, up)
    if kind == "hyperbolic":
        return SpectralSet("line", multiplicity=2)
    if kind == "free":
        edge = _quotient(c1 * c1, 4 * c2 * unit) if c2 else _quotient(-d1 * d1, 4 * d2 * unit)
        return SpectralSet("half_line", edge, up, 2)
    if kind == "zero":
        return SpectralSet("zero", 0.0, multiplicity=math.inf)
    return SpectralSet("line")
