"""Random networks of two neurons in the document's own letters."""

import dataclasses

import numpy as np

from ...equations import AffineField, ReLUField
from ...quantum import QuadraticHamiltonian


@dataclasses.dataclass(frozen=True)
class Letters:
    """Weights `w[j, i]` from neuron j to i, times, biases and currents, as (2)-(3) have them."""

    w: np.ndarray
    tau: np.ndarray
    theta: np.ndarray
    current: np.ndarray

    @property
    def field(self) -> ReLUField:
        """The same network in the library's letters."""
        return ReLUField.ctrnn(self.w.T, self.tau, self.theta, self.current)

    @property
    def regime(self) -> AffineField:
        """The field where both neurons are on."""
        return self.field.regime((1, 1))

    @property
    def constants(self) -> tuple[float, float, float, float, float]:
        """C1, C2, D1, D2, E2 as (19)-(20) print them."""
        (w11, w12), (w21, w22) = self.w
        (t1, t2), (a1, a2), (i1, i2) = self.tau, self.theta, self.current
        c1 = (w12 * a1 + w22 * a2 + i2) / t2
        d1 = (w21 * a2 + w11 * a1 + i1) / t1
        return c1, w12 / (2 * t2), d1, w21 / (2 * t1), (w11 - 1) / t1

    @property
    def hamiltonian(self) -> QuadraticHamiltonian:
        """The quantised network."""
        return QuadraticHamiltonian.from_coefficients(*self.constants)


def networks(count: int, *, closed: bool = True, seed: int = 0) -> list[Letters]:
    """Random networks; closed ones fulfil (13)."""
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        w = draw.normal(size=(2, 2))
        tau = draw.uniform(0.5, 2.0, 2)
        if closed:
            w[1, 1] = 1 - (w[0, 0] - 1) * tau[1] / tau[0]
        found.append(Letters(w, tau, draw.normal(size=2), draw.normal(size=2)))
    return found


def coefficients(count: int, *, c2: int = 1, product: int = 1, seed: int = 0) -> np.ndarray:
    """Random C1, C2, D1, D2, E2 with the signs of C2 and of C2 D2, saddles where the latter is +1.

    With a product below zero they are centres, unless E2 is large.
    """
    draw = np.random.default_rng(seed)
    rows = draw.uniform(0.2, 0.8, (count, 5)) * draw.choice([-1, 1], (count, 5))
    rows[:, 1] = c2 * np.abs(rows[:, 1])
    rows[:, 3] = c2 * product * np.abs(rows[:, 3])
    return rows


def derivatives(function, y: np.ndarray, step: float = 1e-3) -> tuple[np.ndarray, np.ndarray]:
    """First and second derivative of a function of one variable, to eighth order."""
    offsets = np.arange(-4, 5)
    values = np.stack([function(y + k * step) for k in offsets])
    first = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
    second = np.array(
        [-1 / 560, 8 / 315, -1 / 5, 8 / 5, -205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560]
    )
    return np.tensordot(first, values, 1) / step, np.tensordot(second, values, 1) / step**2
