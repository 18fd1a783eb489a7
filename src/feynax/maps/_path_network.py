"""A path of an ensemble as the network that draws it."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import check_choice, check_shape
from ..networks import OneHidden, Zigzag
from ..paths import (
    CosineNetwork,
    FixedEnds,
    HalfLine,
    ModeWeights,
    PathEnsemble,
    Periodic,
    StepWeights,
)
from ._as_network import as_network


@as_network.register
def _(thing: PathEnsemble, path: Float[Array, "dof sites"], basis: str = "relu") -> OneHidden:
    check_choice("basis", basis, _BASES)
    x = jnp.asarray(path)
    check_shape("path", x, (thing.dof, thing.sites))
    return _BASES[basis](thing, x)


@as_network.register
def _(thing: CosineNetwork) -> OneHidden:
    return OneHidden(thing.b, thing.c, thing.a[None], jnp.zeros_like(thing.a[:1]), activation="cos")


def _relu(ensemble: PathEnsemble, x: Array) -> OneHidden:
    whole = jnp.concatenate([x, x[:, :1]], -1) if ensemble.closed else x
    net = Zigzag(_times(ensemble), whole).network()
    return _wrapped(ensemble, net.rates, net.shifts, net.weights, net.bias)


def _step(ensemble: PathEnsemble, x: Array) -> OneHidden:
    basis = StepWeights(ensemble)
    W = basis.whole(basis.from_path(x))[:, -ensemble.slices :]
    middles = _times(ensemble)[:-1] + float(ensemble.dt) / 2
    jumps = W * jnp.asarray(ensemble.dt, x.dtype)
    return _wrapped(ensemble, np.ones_like(middles), -middles, jumps, x[:, 0], "step")


def _modes(ensemble: PathEnsemble, x: Array) -> OneHidden:
    """Cosines; a sine is one that is shifted by a quarter turn."""
    basis, ends = ModeWeights(ensemble), ensemble.ends
    a, line = basis.from_path(x), basis.line(x.dtype)
    rates = ends.angles(ensemble.slices) / float(ensemble.dt)
    sines = np.full(rates.shape, isinstance(ends, FixedEnds | HalfLine))
    if isinstance(ends, Periodic):
        sines[ensemble.slices // 2 + 1 :] = True
    time = jnp.asarray(ensemble.dt * ensemble.slices, x.dtype)
    drift = (line[:, -1] - line[:, 0]) / time
    shifts = -np.pi / 2 * sines
    return _wrapped(ensemble, rates, shifts, a, line[:, 0], "cos", drift)


def _wrapped(
    ensemble: PathEnsemble,
    rates: Array | np.ndarray,
    shifts: Array | np.ndarray,
    weights: Array,
    bias: Array,
    activation: str = "relu",
    drift: Array | float = 0.0,
) -> OneHidden:
    period = ensemble.dt * ensemble.slices if ensemble.closed else None
    return OneHidden(
        rates, shifts, weights, bias, activation=activation, drift=drift, period=period
    )


def _times(ensemble: PathEnsemble) -> np.ndarray:
    return float(ensemble.dt) * np.arange(ensemble.slices + 1)


_BASES = {"relu": _relu, "step": _step, "modes": _modes}
