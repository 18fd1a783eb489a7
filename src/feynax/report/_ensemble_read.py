"""Sample an ensemble of paths, and find out all that can be said of it."""

import warnings
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from .._checks import check
from .._citation import cites
from .._errors import FeynaxError, FeynaxWarning
from .._estimate import Estimate
from ..maps import as_network
from ..paths import (
    Correlator,
    InteriorDensity,
    ParityRatio,
    PathEnsemble,
    Run,
    TransferMatrix,
    gap,
    jackknife,
    mirrors_of,
    sample,
    standard_observables,
    transfer_matrix,
    tunnelling_splitting,
)
from ..quantum import SincBasis, refined_levels
from ._attempt import attempt
from ._ensemble_reading import Curve, EnsembleReading, PathPicture

_BINS, _SHOWN, _LEVELS = 60, 13, 6
_SEEN = 1e-5  # share of the largest density that is still drawn
_MOST_LAGS = 64


@cites("paths", "beskos2011", "wolff2004")
def read_ensemble(
    ensemble: PathEnsemble,
    *,
    key: PRNGKeyArray,
    chains: int = 64,
    draws: int = 2000,
    target_error: float | None = None,
    progress: bool = False,
) -> EnsembleReading:
    """Sample an ensemble and read it: energies, density, gap, chains, and what is exact.

    **Arguments:**

    - `ensemble`: closed paths.
    - `key`: random key.
    - `chains`, `draws`, `target_error`, `progress`: as in [`feynax.paths.sample`][]; the target
      is that of the energy.

    **Returns:**

    A [`feynax.report.EnsembleReading`][]. What could not be computed is left out, and `missing`
    says why.

    **Raises:**

    - `ValueError` for open paths, and for arguments that do not fit.

    ```python
    import jax, feynax as fx
    paths = fx.paths.PathEnsemble("x**2/2", beta=4.0, slices=16)
    found = fx.report.read_ensemble(paths, key=jax.random.key(0), chains=16, draws=200)
    assert abs(found.estimates["energy"].value - 0.5) < 0.1
    ```
    """
    check(ensemble.closed, "ensemble", "be of closed paths", type(ensemble.ends).__name__)
    missing: dict[str, str] = {}
    exact = attempt("exact lattice values", lambda: transfer_matrix(ensemble), missing)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", FeynaxWarning)
        run = sample(
            ensemble,
            key=key,
            chains=chains,
            draws=draws,
            observables=_observables(ensemble, exact),
            target_error=target_error,
            progress=progress,
        )
    missing |= {f"warning {n}": str(w.message) for n, w in enumerate(told, 1)}
    estimates, refused = _estimates(run)
    return EnsembleReading(
        potential=_text(ensemble),
        beta=float(ensemble.beta),
        hbar=float(ensemble.hbar),
        slices=ensemble.slices,
        action=ensemble.kind,
        dof=ensemble.dof,
        estimates=estimates,
        refused=refused,
        exact=_exact(exact),
        levels=attempt("continuum levels", lambda: _continuum(ensemble, exact), missing),
        gap=attempt("gap", lambda: gap(run), missing),
        splitting=_splitting(run, missing),
        density=attempt("density", lambda: _density(run, exact), missing),
        correlator=attempt("correlator", lambda: _correlator(run, exact), missing),
        picture=_picture(run),
        health=run.health,
        seconds=run.seconds,
        chains=run.chains,
        draws=run.draws,
        gradients=run.gradients,
        missing=missing,
    )


def _observables(ensemble: PathEnsemble, exact: TransferMatrix | None) -> dict[str, Any]:
    lags = min(ensemble.slices // 2, _MOST_LAGS)
    measured = standard_observables(ensemble) | {"correlator": Correlator(lags=lags)}
    if exact is not None:
        measured["density"] = InteriorDensity(_edges(exact))
    if exact is not None and _has_barrier(ensemble, exact):
        measured["parity_ratio"] = ParityRatio()
    return measured


def _has_barrier(ensemble: PathEnsemble, exact: TransferMatrix) -> bool:
    """Whether the potential is even with its wells away from the middle."""
    if not len(mirrors_of(ensemble)):
        return False
    with jax.enable_x64(True):
        energies = ensemble.potential(jnp.asarray(exact.x)[None])
        return bool(ensemble.potential(jnp.zeros((1, 1)))[0] > energies.min() + 1e-9)


def _edges(exact: TransferMatrix) -> Float[np.ndarray, " edges"]:
    density = exact.density()
    seen = exact.x[density > _SEEN * density.max()]
    return np.linspace(seen[0], seen[-1], _BINS + 1)


def _estimates(run: Run) -> tuple[dict[str, Estimate], dict[str, str]]:
    found, refused = {}, {}
    for name in run.series:
        try:
            found[name] = run[name]
        except FeynaxError as err:
            refused[name] = str(err)
    return found, refused


def _exact(exact: TransferMatrix | None) -> dict[str, float]:
    """Values of the lattice under the names of the observables."""
    if exact is None:
        return {}
    means = {
        f"x{k}" if k > 1 else "x": exact.corrected_mean(lambda x, k=k: x**k) for k in (1, 2, 4)
    }
    return {"energy": exact.energy, "energy_thermo": exact.energy, **means, "gap": exact.gap}


def _continuum(ensemble: PathEnsemble, exact: TransferMatrix | None) -> np.ndarray:
    """Levels of p^2/2m + V on a sinc grid as wide as the lattice's density."""
    check(exact is not None, "ensemble", "have one degree of freedom", ensemble.dof)
    assert exact is not None
    low, high = float(exact.x[0]), float(exact.x[-1])
    mass, hbar = float(ensemble.mass[0, 0]), float(ensemble.hbar)

    def hamiltonian(size: int):
        basis = SincBasis(size, spacing=(high - low) / size, hbar=hbar, centre=(low + high) / 2)
        return basis.kinetic(mass) + basis.potential(lambda x: ensemble.potential(x[None]))

    with jax.enable_x64(True):
        return refined_levels(hamiltonian, _LEVELS, (160, 220), tol=1e-6).values


def _splitting(run: Run, missing: dict[str, str]) -> Estimate | None:
    if "parity_ratio" not in run.series:
        return None
    return attempt("splitting", lambda: tunnelling_splitting(run), missing)


def _density(run: Run, exact: TransferMatrix | None) -> Curve:
    check(exact is not None, "ensemble", "have one degree of freedom", "more")
    assert exact is not None
    edges = _edges(exact)
    found = jackknife(lambda mean: mean, np.asarray(run.blocks["density"]))
    middles = (edges[1:] + edges[:-1]) / 2
    # The density of Takahashi-Imada's action is that of moved places, which no grid has exactly.
    known = None if exact.ensemble.rule.corrected else exact.density(middles)
    return Curve(middles, found.value, found.error, known)


def _correlator(run: Run, exact: TransferMatrix | None) -> Curve:
    found = jackknife(lambda mean: mean, np.asarray(run.blocks["correlator"]))
    step = Correlator().lag_time(run.ensemble)  # pyright: ignore[reportArgumentType]
    lags = np.arange(len(found.value))
    known = None if exact is None else _exact_correlator(exact, lags)
    return Curve(lags * step, found.value, found.error, known)


def _exact_correlator(exact: TransferMatrix, lags: np.ndarray) -> np.ndarray:
    kind = exact.ensemble.kind
    step = 2 if kind == "chin" else 1
    return exact.correlator(lags * step, corrected=kind == "takahashi_imada")


def _picture(run: Run) -> PathPicture:
    ensemble = run.ensemble
    assert isinstance(ensemble, PathEnsemble)
    dt = float(ensemble.dt)
    shown = np.asarray(run.paths[:_SHOWN])[:, 0]
    closed = np.concatenate([shown, shown[:, :1]], -1)
    with jax.enable_x64(True):
        network = as_network(ensemble, jnp.asarray(run.paths[0]))
    kinks, weights = -np.asarray(network.shifts), np.asarray(network.weights)[0]
    return PathPicture(dt * np.arange(closed.shape[-1]), closed, kinks, weights)


def _text(ensemble: PathEnsemble) -> str:
    return getattr(ensemble.potential, "text", type(ensemble.potential).__name__)
