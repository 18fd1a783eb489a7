"""The record of a network read as a quantum system; page and `result.json` are views of it."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from .._certificate import Certificate
from ..equations import AffineField, ReLUField
from ..quantum import GaussianMoments, QuadraticHamiltonian
from ._abstract import AbstractReading
from ._plain import certificate_values


@dataclasses.dataclass(frozen=True)
class RegimeReading:
    """One regime of a ReLU network.

    **Fields:**

    - `mask`: which units are on; `trace`: of its matrix; `kind`: class of its Hamiltonian, or
      `None` where it has none.
    - `eigenvalues`: of its matrix; `rest`: its fixed point, or `None` where there is not one;
      `own`: whether the fixed point lies in the regime itself, so that the network rests there.
    """

    mask: tuple[int, ...]
    trace: float
    kind: str | None
    eigenvalues: np.ndarray
    rest: Float[np.ndarray, " n"] | None
    own: bool

    @property
    def name(self) -> str:
        """The mask as one writes it."""
        return "".join(map(str, self.mask))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`."""
        return {
            "mask": self.name,
            "trace": self.trace,
            "class": self.kind,
            "eigenvalues": [[float(v.real), float(v.imag)] for v in self.eigenvalues],
            "fixed_point": None if self.rest is None else self.rest.tolist(),
            "rests_there": self.own,
        }


@dataclasses.dataclass(frozen=True)
class PacketReading:
    """A coherent packet and the classical network from the same start.

    **Fields:**

    - `times`; `classical`, `means` (times, n); `covariances` (times, n, n).
    - `leakage` (times): largest probability that a unit is on its wrong side; `None` for networks
      without regimes.
    - `inside` (times): whether the classical network is still in its regime.
    """

    times: Float[np.ndarray, " times"]
    classical: Float[np.ndarray, "times n"]
    means: Float[np.ndarray, "times n"]
    covariances: Float[np.ndarray, "times n n"]
    leakage: Float[np.ndarray, " times"] | None
    inside: Bool[np.ndarray, " times"]

    @property
    def difference(self) -> float:
        """Largest distance of mean and network before the network leaves its regime."""
        until = len(self.times) if self.inside.all() else int(np.argmin(self.inside))
        apart = np.linalg.norm(self.means - self.classical, axis=-1)
        return float(np.max(apart[:until], initial=0.0))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`."""
        left = None if self.inside.all() else float(self.times[np.argmin(self.inside)])
        return {
            "duration": float(self.times[-1]),
            "start": self.classical[0].tolist(),
            "leaves_regime_at": left,
            "difference_inside": self.difference,
            "largest_leakage": None if self.leakage is None else float(self.leakage.max()),
        }


@dataclasses.dataclass(frozen=True)
class OpenReading:
    """The same field as an open quantum system, for networks that lose or gain volume.

    **Fields:**

    - `rate`: growth rate of volumes; `jumps`: how many jump operators there are; `padded`: whether
      a component was added to an odd number.
    - `steady`: the steady state, or `None` where `missing` says why.
    - `slowest`: Liouvillian eigenvalues of the longest memory.
    """

    rate: float
    jumps: int
    padded: bool
    steady: GaussianMoments | None
    slowest: tuple[complex, ...]
    missing: str

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`."""
        steady = self.steady
        return {
            "rate": self.rate,
            "jumps": self.jumps,
            "padded": self.padded,
            "steady_mean": None if steady is None else np.asarray(steady.mean).tolist(),
            "steady_covariance": None if steady is None else np.asarray(steady.covariance).tolist(),
            "purity": None if steady is None else float(steady.purity),
            "liouvillian": [[value.real, value.imag] for value in self.slowest],
            "missing": self.missing,
        }


@dataclasses.dataclass(frozen=True)
class Condition:
    """One condition on the weights: what was asked, what was found, whether it holds."""

    name: str
    must: str
    value: float
    holds: bool
    meaning: str


@dataclasses.dataclass(frozen=True)
class SpectrumReading(AbstractReading):
    """Everything that is said about one network as a quantum system.

    **Fields:**

    - `network`: name of its class; `parameters`: how many numbers it has; `activation`.
    - `whole`: the piecewise linear field, or `None` for smooth networks; `piece`: the affine field
      that was quantised; `regime`: its mask, or `None`.
    - `regimes`: all of them for small networks of ReLUs.
    - `hbar`; `hamiltonian`, `levels`, `certificate`, `packet`, `open_system`: each `None` where
      `missing` says why.
    - `conditions`: on the weights, for a Hamiltonian and for levels.
    - `printed`: levels of the document's own equation, or `None`.
    """

    network: str
    parameters: int
    activation: str
    whole: ReLUField | None
    piece: AffineField
    regime: tuple[int, ...] | None
    regimes: tuple[RegimeReading, ...]
    hbar: float
    hamiltonian: QuadraticHamiltonian | None
    levels: Float[np.ndarray, " count"] | None
    certificate: Certificate | None
    packet: PacketReading | None
    open_system: OpenReading | None
    conditions: tuple[Condition, ...]
    printed: Float[np.ndarray, " count"] | None
    missing: dict[str, str]

    @property
    def neurons(self) -> int:
        """How many neurons there are."""
        return self.piece.size

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`: all numbers that the page shows."""
        return {
            "network": self.network,
            "parameters": self.parameters,
            "neurons": self.neurons,
            "activation": self.activation,
            "hbar": self.hbar,
            "regime": None if self.regime is None else "".join(map(str, self.regime)),
            "matrix": self.piece.matrix.tolist(),
            "offset": self.piece.offset.tolist(),
            "regimes": [regime.to_dict() for regime in self.regimes],
            "hamiltonian": _hamiltonian(self.hamiltonian),
            "levels": None if self.levels is None else self.levels.tolist(),
            "certificate": certificate_values(self.certificate),
            "packet": None if self.packet is None else self.packet.to_dict(),
            "open_system": None if self.open_system is None else self.open_system.to_dict(),
            "conditions": [dataclasses.asdict(condition) for condition in self.conditions],
            "printed_levels": None if self.printed is None else self.printed.tolist(),
            "missing": dict(self.missing),
        }


def _hamiltonian(found: QuadraticHamiltonian | None) -> dict[str, Any] | None:
    if found is None:
        return None
    plain = {
        "class": found.kind,
        "spectrum": str(found.spectrum),
        "form": found.form.tolist(),
        "slope": found.slope.tolist(),
        "poisson": found.poisson.tolist(),
    }
    if found.kind == "elliptic":
        plain |= {
            "frequencies": found.frequencies.tolist(),
            "signs": found.signs.tolist(),
            "centre": found.centre.tolist(),
            "centre_energy": float(found.centre_energy),
            "ground_covariance": found.covariance(0).tolist(),
        }
    return plain
