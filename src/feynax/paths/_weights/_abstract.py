"""What every basis of weights can do: give the path, come from it, and know its measure."""

import abc

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._ends import AbstractEnds, FixedEnds, HalfLine, Periodic
from .._ensemble import PathEnsemble

Path = Float[Array, "dof sites"]
Weights = Float[Array, "dof weights"]


class AbstractWeights(eqx.Module):
    r"""Weights of the networks that are the paths of an ensemble, as many as the path is free.

    Every map is linear with a constant Jacobian, so the weight of a network is that of its path:
    $\prod dx = e^{J} \prod dw$ with `log_jacobian` $J$ over all sites that are integrated.
    """

    ends: eqx.AbstractVar[AbstractEnds]
    slices: eqx.AbstractVar[int]
    dt: eqx.AbstractVar[float]
    dof: eqx.AbstractVar[int]

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, int]:
        """Shape of the free weights of one path: (dof, weights)."""

    @abc.abstractmethod
    def to_path(self, weights: Weights) -> Path:
        """Return the sites of the path whose network has these free weights."""

    @abc.abstractmethod
    def from_path(self, x: Path) -> Weights:
        """Return the free weights of a path: the inverse of `to_path`."""

    @property
    @abc.abstractmethod
    def log_jacobian(self) -> float:
        """Logarithm of |d sites / d weights| over the free sites of all degrees of freedom."""


def free_count(ends: AbstractEnds, slices: int) -> int:
    """How many sites of a degree of freedom are integrated."""
    held = {Periodic: 0, HalfLine: 1, FixedEnds: 2}.get(type(ends), 0)
    return ends.sites(slices) - held


def parts(ensemble: PathEnsemble) -> tuple[AbstractEnds, int, float, int]:
    """What a basis keeps of an ensemble: ends, slices, dt, degrees of freedom."""
    return ensemble.ends, ensemble.slices, ensemble.dt, ensemble.dof


def place(value: Array | np.ndarray, dtype: jnp.dtype) -> Float[Array, "dof 1"]:
    """A held end as a column."""
    return jnp.asarray(value, dtype)[:, None]
