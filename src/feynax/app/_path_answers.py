"""Paths of a potential: an ensemble sampled anew for each position of the sliders."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np

from .. import plot
from .._errors import FeynaxError, FeynaxWarning
from .._words import number, with_error
from ..maps import as_network
from ..paths import (
    InteriorDensity,
    PathEnsemble,
    Run,
    TransferMatrix,
    jackknife,
    sample,
    standard_observables,
    transfer_matrix,
)
from ._answer import Answer, Figure

_CHAINS, _DRAWS, _WARMUP, _BINS, _SHOWN = 32, 200, 150, 48, 13
_SEEN = 1e-5  # share of the largest density that is still drawn


def ensemble_answer(
    potential: str, *, beta: float, slices: int, hbar: float = 1.0, mass: float = 1.0, seed: int = 0
) -> Answer:
    """Sample the paths of a potential, and say and draw what they tell.

    Numbers are traced: only another potential or another count of slices is compiled anew.

    **Arguments:**

    - `potential`: a formula in x.
    - `beta`: inverse temperature, one over energy.
    - `slices`: how many slices of Euclidean time.
    - `hbar`, `mass`: of the particle.
    - `seed`: of the random numbers.

    **Returns:**

    The [`feynax.app.Answer`][]; for a formula that cannot be read or that holds no path it is the
    reason.

    ```python
    from feynax.app import ensemble_answer
    assert "cannot" in ensemble_answer("exit()", beta=4.0, slices=16).headline
    ```
    """
    try:
        ensemble = PathEnsemble(potential, beta=beta, slices=slices, hbar=hbar, mass=mass)
        exact = transfer_matrix(ensemble)
        run = _sample(ensemble, exact, seed)
        return _answer(run, exact)
    except (FeynaxError, ValueError) as err:
        return Answer("This potential cannot be sampled so.", notes=(str(err),))


def _sample(ensemble: PathEnsemble, exact: TransferMatrix, seed: int) -> Run:
    known = standard_observables(ensemble)
    edges = _edges(exact)
    asked = {name: known[name] for name in ("energy", "x2")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FeynaxWarning)  # the answer tells the health itself
        return sample(
            ensemble,
            key=jax.random.key(seed),
            chains=_CHAINS,
            draws=_DRAWS,
            warmup=_WARMUP,
            observables={**asked, "density": InteriorDensity(edges)},
        )


def _edges(exact: TransferMatrix) -> np.ndarray:
    density = exact.density()
    seen = exact.x[density > _SEEN * density.max()]
    return np.linspace(seen[0], seen[-1], _BINS + 1)


def _answer(run: Run, exact: TransferMatrix) -> Answer:
    energy, square = run["energy"], run["x2"]
    away = abs(energy.value - exact.energy) / energy.error
    numbers = {
        "energy": with_error(energy.value, energy.error),
        "exact, same slices": number(exact.energy, 6),
        "apart, in errors": number(away, 2),
        "mean of x²": with_error(square.value, square.error),
        "gap, exact": number(exact.gap),
        "accepted": f"{100 * float(run.acceptance.mean()):.0f} %",
        "R-hat": f"{energy.r_hat:.4f}",
        "effective draws": f"{energy.ess:.0f}",
    }
    said = f"Energy {with_error(energy.value, energy.error)} from {run.chains} chains of paths."
    return Answer(said, numbers, _figures(run, exact))


def _figures(run: Run, exact: TransferMatrix) -> tuple[Figure, ...]:
    ensemble, edges = exact.ensemble, _edges(exact)
    paths = np.asarray(run.paths[:_SHOWN])[:, 0]
    closed = np.concatenate([paths, paths[:, :1]], -1)
    times = float(ensemble.dt) * np.arange(closed.shape[-1])
    found = jackknife(lambda mean: mean, np.asarray(run.blocks["density"]))
    middles = (edges[1:] + edges[:-1]) / 2
    drawn = plot.ensemble(times, closed, middles, found.value, found.error, exact.density(middles))
    with jax.enable_x64(True):
        network = as_network(ensemble, jnp.asarray(run.paths[0]))
    kinks, weights = -np.asarray(network.shifts), np.asarray(network.weights)[0]
    units = plot.path_network(times, closed[0], kinks, weights)
    said = "Paths, and where they are found; dashes are the exact density."
    return (
        Figure.of(drawn, said, "paths", large=True),
        Figure.of(units, "The strong path as a network of ReLUs: a weight a kink.", "network"),
    )
