"""Bases that belong to points: a periodic grid, and an endless one cut off."""

import dataclasses
import functools

import numpy as np
from jaxtyping import Float

from ..._checks import check_count, check_finite, check_positive
from ._algebra import AbstractOperator
from ._basis import AbstractAxis, check_powers, symmetrised
from ._fourier import FourierOperator
from ._stored import DenseOperator, DiagonalOperator


@dataclasses.dataclass(frozen=True)
class GridBasis(AbstractAxis):
    r"""Points of a periodic box, between them plane waves.

    $q_j = q_0 + (j - \lfloor n/2 \rfloor) L/n$; powers of the momentum multiply the waves
    (by FFT), functions of the position multiply the points. The highest wave of an even grid is
    its own mirror image and has no odd power of momentum.

    **Arguments:**

    - `count`: number of points.
    - `length`: of the box, L.
    - `centre`: $q_0$.
    - `hbar`: positive.

    ```python
    import feynax as fx
    basis = fx.quantum.GridBasis(32, length=16.0)
    energy = basis.kinetic() + basis.potential(lambda q: q**2 / 2)
    assert abs(fx.quantum.levels(energy, 1).values[0] - 0.5) < 1e-10
    ```
    """

    count: int
    length: float
    centre: float = 0.0
    hbar: float = 1.0

    def __post_init__(self):
        check_count("count", self.count, 2)
        check_positive("length", self.length)
        check_finite("centre", self.centre)
        check_positive("hbar", self.hbar)

    @property
    def spacing(self) -> float:
        """Distance of neighbours."""
        return self.length / self.count

    def waves(self) -> Float[np.ndarray, " size"]:
        """Return the momenta of the plane waves in the order of the FFT."""
        return 2 * np.pi * self.hbar * np.fft.fftfreq(self.count, self.spacing)

    def monomial(self, position: int, momentum: int) -> AbstractOperator:
        """Return the Weyl-ordered product of powers of position and momentum."""
        check_powers(position, momentum)
        waves = self.waves() ** momentum
        if momentum % 2 and self.count % 2 == 0:
            waves[self.count // 2] = 0
        return _ordered(self.nodes(), FourierOperator(waves), position, momentum)

    def functions(self, points: Float[np.ndarray, " points"]) -> Float[np.ndarray, "points size"]:
        """Return the trigonometric polynomials that are one at one point and zero at the rest."""
        u = (np.asarray(points)[:, None] - self.nodes()) / self.spacing
        angle = np.pi * u / self.count
        at = np.isclose(np.sin(angle), 0, atol=1e-14)
        safe = np.where(at, 1.0, angle)
        last = np.cos(safe) if self.count % 2 == 0 else 1.0
        values = np.where(at, 1.0, np.sin(np.pi * u) * last / (self.count * np.sin(safe)))
        return values / np.sqrt(self.spacing)

    def nodes(self) -> Float[np.ndarray, " size"]:
        """Return the points."""
        return self.centre + (np.arange(self.count) - self.count // 2) * self.spacing

    def weights(self) -> Float[np.ndarray, " size"]:
        """Return the spacing for every point."""
        return np.full(self.count, self.spacing)

    def transform(self) -> None:
        """Return nothing: the functions belong to the points."""


@dataclasses.dataclass(frozen=True)
class SincBasis(AbstractAxis):
    r"""Functions $\sin(\pi u)/(\pi u)$ about equally spaced points of the line.

    The line has no walls, and no images: functions that are small at the last points are held to
    rounding. Powers of the momentum have their exact matrix elements.

    **Arguments:**

    - `count`: number of points.
    - `spacing`: their distance.
    - `centre`: the middle.
    - `hbar`: positive.

    Source: D. T. Colbert and W. H. Miller, J. Chem. Phys. 96 (1992) 1982.

    ```python
    import feynax as fx
    basis = fx.quantum.SincBasis(41, spacing=0.4)
    energy = basis.kinetic() + basis.potential(lambda q: q**2 / 2)
    assert abs(fx.quantum.levels(energy, 1).values[0] - 0.5) < 1e-10
    ```
    """

    count: int
    spacing: float
    centre: float = 0.0
    hbar: float = 1.0

    def __post_init__(self):
        check_count("count", self.count, 2)
        check_positive("spacing", self.spacing)
        check_finite("centre", self.centre)
        check_positive("hbar", self.hbar)

    def monomial(self, position: int, momentum: int) -> AbstractOperator:
        """Return the Weyl-ordered product of powers of position and momentum."""
        check_powers(position, momentum)
        distance = np.arange(self.count)[:, None] - np.arange(self.count)
        rows = (self.hbar / self.spacing) ** momentum * _power_elements(momentum, self.count)
        matrix = np.where(distance >= 0, rows[abs(distance)], rows[abs(distance)].conj())
        power = DenseOperator(matrix, positive=momentum % 2 == 0)
        return _ordered(self.nodes(), power, position, momentum)

    def functions(self, points: Float[np.ndarray, " points"]) -> Float[np.ndarray, "points size"]:
        """Return the functions that are one at one point and zero at the rest."""
        u = (np.asarray(points)[:, None] - self.nodes()) / self.spacing
        return np.sinc(u) / np.sqrt(self.spacing)

    def nodes(self) -> Float[np.ndarray, " size"]:
        """Return the points."""
        return self.centre + (np.arange(self.count) - (self.count - 1) / 2) * self.spacing

    def weights(self) -> Float[np.ndarray, " size"]:
        """Return the spacing for every point."""
        return np.full(self.count, self.spacing)

    def transform(self) -> None:
        """Return nothing: the functions belong to the points."""


def _ordered(
    nodes: np.ndarray, momenta: AbstractOperator, position: int, momentum: int
) -> AbstractOperator:
    if not momentum:
        return DiagonalOperator(nodes**position)
    if not position:
        return momenta
    return symmetrised(lambda k: DiagonalOperator(nodes**k), momenta, position)


@functools.lru_cache(maxsize=32)
def _power_elements(power: int, count: int) -> np.ndarray:
    r"""Return $\int_{-\pi}^{\pi} k^j e^{ikm}\, dk / (2\pi)$ for m = 0 ... count - 1.

    By parts, from power to power.
    """
    m = np.arange(1, count)
    values = np.zeros(count - 1, np.complex128)
    for j in range(1, power + 1):
        edge = (-1.0) ** m * np.pi**j * (1 - (-1) ** j) / (2j * np.pi * m)
        values = edge + 1j * j / m * values
    first = 0 if power % 2 else np.pi**power / (power + 1)
    full = np.concatenate([[first], values])
    return np.real(full) if power % 2 == 0 else full
