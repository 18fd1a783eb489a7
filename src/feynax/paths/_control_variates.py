"""Observables that a short run of their own has made quiet."""

from collections.abc import Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check_choice
from ._ensemble import PathEnsemble
from ._observables import Controlled, ZeroMeans, standard_observables
from ._sampling import sample
from ._sampling._program import Observable

Path = Float[Array, "dof sites"]


class _Products(eqx.Module):
    """Means and products of observables and zero means, of which coefficients are made."""

    observables: tuple[Observable, ...]
    zeros: ZeroMeans

    def __call__(self, ensemble: PathEnsemble, x: Path) -> Float[Array, "controls some"]:
        zeros = self.zeros(ensemble, x)
        own = jnp.stack([f(ensemble, x) for f in self.observables])
        row = jnp.concatenate([jnp.ones_like(own[:1]), own, zeros])
        return jnp.concatenate([row[None], zeros[:, None] * row[None]])


def control_variates(
    ensemble: PathEnsemble,
    *,
    key: PRNGKeyArray,
    observables: Mapping[str, Observable] | list[str] | None = None,
    chains: int = 64,
    draws: int = 400,
) -> dict[str, Observable]:
    r"""Return observables with the same means and less noise, for a run to measure.

    A short run of its own finds the coefficients of [`feynax.paths.ZeroMeans`][] by regression. A
    run that measures the result with another key is therefore unbiased, and its errors are those
    of any series.

    **Arguments:**

    - `ensemble`: closed paths.
    - `key`: random key, not that of the run to come.
    - `observables`: scalar ones by name, or names of standard observables; `energy`, `x2` and
      `potential` by default.
    - `chains`, `draws`: of the short run.

    **Returns:** observables by the same names.

    **Raises:**

    - `ValueError` for open paths and for unknown names.

    ```python
    import jax, feynax as fx
    paths = fx.paths.PathEnsemble(lambda x: x**2 / 2, beta=4.0, slices=16)
    quiet = fx.paths.control_variates(paths, key=jax.random.key(0), chains=16, draws=50)
    run = fx.paths.sample(paths, key=jax.random.key(1), observables=quiet, chains=16, draws=200)
    assert run.energy.error < 1e-6
    ```
    """
    wanted = _by_name(ensemble, observables)
    with jax.enable_x64(True):
        zeros = ZeroMeans(ensemble)
        run = sample(
            ensemble,
            key=key,
            chains=chains,
            draws=draws,
            warmup=200,
            reference=zeros.reference,
            observables={"products": _Products(tuple(wanted.values()), zeros)},
        )
    coefficients = _regress(np.asarray(run.blocks["products"]).mean((0, 1)))
    pairs = zip(wanted.items(), coefficients.T, strict=True)
    return {name: Controlled(f, zeros, weights) for (name, f), weights in pairs}


def _by_name(ensemble: PathEnsemble, asked: Any) -> dict[str, Observable]:
    if isinstance(asked, Mapping):
        return dict(asked)
    known = standard_observables(ensemble)
    names = ["energy", "x2", "potential"] if asked is None else list(asked)
    for name in names:
        check_choice("observables", name, known)
    return {name: known[name] for name in names}


def _regress(products: np.ndarray) -> np.ndarray:
    """Coefficients (controls, observables) that make the least variance."""
    means, zeros = products[0, 1:], products[1:, 0]
    covariance = products[1:, 1:] - np.outer(zeros, means)
    count = zeros.size
    own = covariance[:, -count:]
    size = np.sqrt(np.maximum(np.diag(own), np.finfo(float).tiny))
    # Zero means may depend on one another (harmonic systems): the shortest solution will do.
    scaled = np.linalg.pinv(own / np.outer(size, size), rcond=1e-10, hermitian=True)
    return -(scaled @ (covariance[:, :-count] / size[:, None])) / size[:, None]
