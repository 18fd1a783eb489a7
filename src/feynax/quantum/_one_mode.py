"""One degree of freedom: the class of a quadratic Hamiltonian, decided once."""

import dataclasses
import math
import warnings
from typing import Literal

from .._errors import ConditionWarning

Kind = Literal["elliptic", "hyperbolic", "free", "force", "linear", "zero", "mixed"]
Shape = Literal["discrete", "line", "half_line", "zero", "unknown"]

_PARABOLIC = 1e-12  # |discriminant| below this share of its terms counts as zero
_ILL = 1e-8  # relative error of the discriminant from which a warning is given
_EPS = 2.0**-52


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

    `discriminant` is $\Delta = E_2^2 + 4 C_2 D_2 = -\det A$. Source: P. Kohli and A. Haslam
    (2020), (18)-(20).
    """

    c1: float
    c2: float
    d1: float
    d2: float
    e2: float
    discriminant: float
    kind: Kind
    spectrum: SpectralSet

    @property
    def rate(self) -> float:
        r"""Frequency $\sqrt{-\Delta}$ of a centre, or rate $\sqrt\Delta$ of a saddle."""
        return math.sqrt(abs(self.discriminant))

    @property
    def sign(self) -> int:
        """Whether the levels of a centre go up (+1) or down (-1)."""
        return 1 if self.d2 - self.c2 > 0 else -1

    def centre(self) -> tuple[float, float]:
        """Where the gradient vanishes; the discriminant must not be zero."""
        delta = self.discriminant
        return (
            -(self.e2 * self.d1 + 2 * self.d2 * self.c1) / delta,
            (self.e2 * self.c1 - 2 * self.c2 * self.d1) / delta,
        )

    def centre_energy(self) -> float:
        """Energy of the centre."""
        y1, y2 = self.centre()
        return (self.d1 * y2 - self.c1 * y1) / 2  # l.z/2, without products of three


def one_mode(c1: float, c2: float, d1: float, d2: float, e2: float) -> OneMode:
    """Classify a Hamiltonian of one degree of freedom by its coefficients."""
    largest = max(abs(c2), abs(d2), abs(e2))
    scale = 2.0 ** -math.frexp(largest)[1] if largest else 1.0
    c, d, e = c2 * scale, d2 * scale, e2 * scale  # exact, and out of reach of overflow
    terms = e * e + 4 * abs(c * d)
    scaled = e * e + 4 * c * d
    if abs(scaled) <= _PARABOLIC * terms:
        scaled = 0.0
    kind = _kind(scaled, (c1, c2, d1, d2, e2))
    if kind in ("elliptic", "hyperbolic") and _EPS * e * e / abs(scaled) > _ILL:
        warnings.warn(
            f"The discriminant is {scaled / scale / scale:.3g}, a small difference of terms of "
            f"size {terms / scale / scale:.3g}: levels are right to about "
            f"{_EPS * e * e / abs(scaled):.1g} of their spacing.",
            ConditionWarning,
            stacklevel=3,
        )
    spectrum = _spectrum(kind, c1, c2, d1, d2)
    return OneMode(c1, c2, d1, d2, e2, scaled / scale / scale, kind, spectrum)


def _kind(discriminant: float, coefficients: tuple[float, ...]) -> Kind:
    c1, c2, d1, d2, e2 = coefficients
    if discriminant:
        return "elliptic" if discriminant < 0 else "hyperbolic"
    if not (c2 or d2 or e2):
        return "linear" if c1 or d1 else "zero"
    matrix, offset = max(abs(c2), abs(d2), abs(e2)), math.hypot(c1, d1)
    along = math.hypot(e2 * d1 + 2 * d2 * c1, 2 * c2 * d1 - e2 * c1)  # A b
    return "free" if along <= _PARABOLIC * 2 * matrix * offset else "force"


def _spectrum(kind: Kind, c1: float, c2: float, d1: float, d2: float) -> SpectralSet:
    up = 1 if d2 - c2 > 0 else -1
    if kind == "elliptic":
        return SpectralSet("discrete", None, up)
    if kind == "hyperbolic":
        return SpectralSet("line", multiplicity=2)
    if kind == "free":
        edge = c1 * c1 / (4 * c2) if c2 else -d1 * d1 / (4 * d2)
        return SpectralSet("half_line", edge, up, 2)
    if kind == "zero":
        return SpectralSet("zero", 0.0, multiplicity=math.inf)
    return SpectralSet("line")
