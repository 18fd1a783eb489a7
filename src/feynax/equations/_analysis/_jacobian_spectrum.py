"""Spectra of the Jacobian at points and along trajectories, read as memory times."""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from ..._checks import check
from ..._citation import cites
from ._dynamics import (
    Dynamics,
    Kind,
    check_kind,
    check_returns,
    double,
    in_double,
    jacobians,
    rates,
    read_points,
    stability,
)
from ._rest_points import sorted_spectra


@dataclasses.dataclass(frozen=True)
class JacobianSpectrum:
    """Eigenvalues of the Jacobian at each of many points.

    **Fields:**

    - `eigenvalues`: one row a point, fastest growth first.
    - `kind`: "map" or "field".
    """

    eigenvalues: Complex[np.ndarray, "m n"]
    kind: Kind

    @property
    def memory_times(self) -> Float[np.ndarray, "m n"]:
        """Memory time of each direction, in samples or units of time."""
        return memory_times(self.eigenvalues, kind=self.kind)

    @property
    def stability(self) -> tuple[str, ...]:
        """What each point would be if it were a resting point."""
        return tuple(stability(row, self.kind) for row in self.eigenvalues)

    def __str__(self) -> str:
        """The middle and the range of the longest memory time."""
        longest = self.memory_times.max(1)
        unit = "samples" if self.kind == "map" else "units of time"
        growing = int(np.sum(~np.isfinite(longest)))
        text = f"longest memory {np.median(longest):.4g} {unit} (median of {len(longest)} points)"
        return text + (f", {growing} points with growth" if growing else "")


def jacobian_spectrum(
    f: Dynamics,
    points: Float[ArrayLike, "m n"],
    inputs: Float[ArrayLike, "m ..."] | None = None,
    *,
    kind: Kind = "map",
) -> JacobianSpectrum:
    r"""Eigenvalues of $\partial f/\partial y$ at points, or along a trajectory with its inputs.

    **Arguments:**

    - `f`: takes a state, or a state and an input ([`feynax.networks.driven`][]), to a state.
    - `points`: states, one a row.
    - `inputs`: one input a point, where `f` takes one.
    - `kind`: whether `f` is a "map" or a "field".

    **Returns:**

    [`feynax.equations.JacobianSpectrum`][], computed in float64.

    ```python
    import jax.numpy as jnp, feynax as fx
    turn = jnp.array([[0.0, -0.5], [0.5, 0.0]])
    spectrum = fx.equations.jacobian_spectrum(lambda y: turn @ y, jnp.zeros((3, 2)))
    assert abs(spectrum.memory_times[0, 0] - 1.4426950408889634) < 1e-6
    ```
    """
    check_kind(kind)
    rows = read_points("points", points)
    with double():
        extra = _read_inputs(inputs, len(rows))
        wide = in_double(f)
        check_returns(wide, jnp.asarray(rows[0]), *(x[0] for x in extra))
        matrices = np.asarray(jacobians(wide, jnp.asarray(rows), *extra))
    eigenvalues = np.linalg.eigvals(matrices).astype(np.complex128)
    return JacobianSpectrum(sorted_spectra(eigenvalues, kind), kind)


def _read_inputs(inputs: ArrayLike | None, length: int) -> tuple[jnp.ndarray, ...]:
    if inputs is None:
        return ()
    array = jnp.asarray(np.asarray(inputs, np.float64))
    has = array.shape[:1]
    check(has == (length,), "inputs", f"hold one input for each of {length} points", has)
    return (array,)


@cites("sussillo2013")
def memory_times(
    eigenvalues: Complex[ArrayLike, "*shape"], *, kind: Kind = "map"
) -> Float[np.ndarray, "*shape"]:
    r"""Time after which a direction has forgotten all but $1/e$ of a disturbance.

    $-1/\log|\lambda|$ samples for a map, $-1/\mathrm{Re}\,\lambda$ for a field; infinite where
    the direction does not shrink.

    **Arguments:**

    - `eigenvalues`: of a Jacobian.
    - `kind`: whether it is that of a "map" or a "field".

    ```python
    import feynax as fx
    assert fx.equations.memory_times([0.5, 1.0]).tolist() == [1.4426950408889634, float("inf")]
    ```
    """
    check_kind(kind)
    growth = rates(np.asarray(eigenvalues), kind)
    shrinks = growth < 0
    return np.where(shrinks, -1 / np.where(shrinks, growth, -1.0), np.inf)
