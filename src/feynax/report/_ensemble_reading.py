"""The record of a sampled ensemble of paths; page and `result.json` are views of it."""

import dataclasses
from typing import Any

import numpy as np
from jaxtyping import Float

from .._estimate import Estimate
from ..paths import Gap, Health, Seconds
from ._abstract import AbstractReading
from ._plain import finite


@dataclasses.dataclass(frozen=True)
class Curve:
    """A measured function with its error, and the exact one where it is known.

    **Fields:**

    - `at`: where; `value`, `error`, `exact`: there; `exact` is `None` where it is not known.
    """

    at: Float[np.ndarray, " points"]
    value: Float[np.ndarray, " points"]
    error: Float[np.ndarray, " points"]
    exact: Float[np.ndarray, " points"] | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`."""
        exact = None if self.exact is None else self.exact.tolist()
        rows = {"at": self.at.tolist(), "value": self.value.tolist(), "error": self.error.tolist()}
        return rows | {"exact": exact}


@dataclasses.dataclass(frozen=True)
class PathPicture:
    """Some paths, and the first of them as a network of ReLUs.

    **Fields:**

    - `times`, `paths` (count, sites): of the first degree of freedom.
    - `kinks`, `weights`: where each unit of the first path's network switches on, and by how much
      it changes the slope.
    """

    times: Float[np.ndarray, " sites"]
    paths: Float[np.ndarray, "count sites"]
    kinks: Float[np.ndarray, " units"]
    weights: Float[np.ndarray, " units"]


@dataclasses.dataclass(frozen=True)
class EnsembleReading(AbstractReading):
    """Everything that is said about one ensemble of paths.

    **Fields:**

    - `potential`: as text; `beta`, `hbar`, `slices`, `action`, `dof`: of the ensemble.
    - `estimates`: by name; `refused`: names whose estimate was refused, with the reason.
    - `exact`: values of the lattice by name, without statistics, where they are known.
    - `levels`: of the continuum, lowest first, or `None`.
    - `gap`, `splitting`, `density`, `correlator`: `None` where `missing` says why.
    - `picture`: paths and a network.
    - `health`, `seconds`, `chains`, `draws`, `gradients`: of the chains.
    """

    potential: str
    beta: float
    hbar: float
    slices: int
    action: str
    dof: int
    estimates: dict[str, Estimate]
    refused: dict[str, str]
    exact: dict[str, float]
    levels: Float[np.ndarray, " count"] | None
    gap: Gap | None
    splitting: Estimate | None
    density: Curve | None
    correlator: Curve | None
    picture: PathPicture
    health: Health
    seconds: Seconds
    chains: int
    draws: int
    gradients: int
    missing: dict[str, str]

    @property
    def z_scores(self) -> dict[str, float]:
        """Distance of each estimate from the exact lattice value, in standard errors."""
        both = self.estimates.keys() & self.exact.keys()
        return {
            name: (self.estimates[name].value - self.exact[name]) / self.estimates[name].error
            for name in sorted(both)
        }

    def to_dict(self) -> dict[str, Any]:
        """Plain values for `result.json`: all numbers that the page shows."""
        return {
            "potential": self.potential,
            "beta": self.beta,
            "hbar": self.hbar,
            "slices": self.slices,
            "action": self.action,
            "degrees_of_freedom": self.dof,
            "estimates": {name: _plain(found) for name, found in self.estimates.items()},
            "refused": dict(self.refused),
            "exact_lattice": dict(self.exact),
            "z_scores": self.z_scores,
            "continuum_levels": None if self.levels is None else self.levels.tolist(),
            "gap": None if self.gap is None else _plain(self.gap.estimate),
            "splitting": None if self.splitting is None else _plain(self.splitting),
            "density": None if self.density is None else self.density.to_dict(),
            "correlator": None if self.correlator is None else self.correlator.to_dict(),
            "health": {k: v if isinstance(v, str) else finite(v) for k, v in self._health.items()},
            "seconds": dataclasses.asdict(self.seconds),
            "chains": self.chains,
            "draws": self.draws,
            "gradients": self.gradients,
            "missing": dict(self.missing),
        }

    @property
    def _health(self) -> dict[str, Any]:
        return dataclasses.asdict(self.health)


def _plain(found: Estimate) -> dict[str, float | None]:
    return {name: finite(value) for name, value in dataclasses.asdict(found).items()}
