"""Any field as a closed quantum system of twice its size: H = p.f(y)."""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float

from ..._checks import check, check_count, check_finite, check_positive, check_shape
from ..._citation import cites
from ...equations import AffineField
from .._quadratic import QuadraticHamiltonian
from ._characteristics import Field, characteristics, check_field, follow, velocity

_MOST_NODES = 100_000


class Ensemble(NamedTuple):
    """Mean (*times, n) and covariance (*times, n, n) of positions."""

    mean: Float[np.ndarray, "*times n"]
    covariance: Float[np.ndarray, "*times n n"]


@cites("kohli2020")
@dataclasses.dataclass(frozen=True, eq=False)
class Doubled:
    r"""The closed quantum system $H = (p \cdot f + f \cdot p)/2$ over *any* field $y' = f(t, y)$.

    Every network has one: any number of neurons, any activation, any input over time. Positions
    follow the network itself; the momenta that are added obey $p' = -(\partial f/\partial y)^T p$,
    the equation of back-propagated gradients. Since $H = -i\hbar(f \cdot \nabla +
    \mathrm{div} f/2)$, waves move along the solutions $\phi_t$ of the network:

    $$\psi(y, t) = |\det \partial\phi_{-t}/\partial y|^{1/2}\, \psi_0(\phi_{-t}(y)).$$

    So $|\psi|^2$ obeys Liouville's equation, and statistics of positions are exactly those of an
    ensemble of networks, whatever $\hbar$. $\langle y \rangle(t)$ is the mean of that ensemble; it
    is $\phi_t(\langle y \rangle)$ for affine fields alone.

    Which reading is valid for what:

    | question | reading |
    |---|---|
    | levels and waves of an affine field that keeps volumes | `QuadraticHamiltonian` |
    | an open quantum system over an affine field, with noise | [`feynax.quantum.Lindblad`][] |
    | exact classical statistics of any field | `Doubled` |

    There is no ground state: $H$ is linear in $p$, and its spectrum reaches both ways.

    **Fields:**

    - `field`: `field(t, y, args)` in Diffrax's order, such as a
      [`feynax.equations.AffineField`][] or a [`feynax.equations.ReLUField`][]; for a
      [`feynax.networks.CTRNN`][] [`feynax.maps.doubled`][] makes one. It is called inside JAX, on
      one state in float64; `args` is `None`.
    - `tolerance`: of the solutions, relative and absolute. Affine fields and those of
      ReLUs are solved exactly.

    **Raises:**

    - `ValueError` for fields that cannot be called, and tolerances that are not positive.

    ```python
    import jax.numpy as jnp, numpy as np, feynax as fx
    system = fx.quantum.Doubled(lambda t, y, args: jnp.tanh(y) - y)
    points, weights = fx.quantum.gaussian_nodes([0.1], [[0.04]], 6)
    mean, covariance = system.moments(points, 0.5, weights=weights)
    assert mean.shape == (1,) and covariance[0, 0] < 0.04
    ```

    Source: P. Kohli and A. Haslam (2020) ask for networks beyond (13); doubling is Koopman's and
    von Neumann's mechanics in Weyl's order.
    """

    field: Field
    tolerance: float = 1e-11

    def __post_init__(self):
        check(callable(self.field), "field", "be callable", repr(self.field))
        check_positive("tolerance", self.tolerance)

    def symbol(self, y: Float[ArrayLike, " n"], p: Float[ArrayLike, " n"], t: float = 0.0) -> float:
        r"""Return the Weyl symbol $p \cdot f(t, y)$, the classical energy; it has no $\hbar$."""
        points = _points("y", y)
        check_shape("p", p, points.shape)
        check_field(self.field, points.shape[-1])
        return float(np.asarray(p, np.float64) @ np.asarray(self.field(t, points, None)))

    def flow(
        self,
        y: Float[ArrayLike, "*batch n"],
        p: Float[ArrayLike, "*batch n"],
        t: float,
        *,
        start: float = 0.0,
    ) -> tuple[Float[np.ndarray, "*batch n"], Float[np.ndarray, "*batch n"]]:
        r"""Follow positions and momenta from time `start` to time `t`, earlier or later.

        The momentum is the costate: with $p(T) = \partial L/\partial y(T)$, flowing back gives
        $p(0) = \partial L/\partial y(0)$.

        **Raises:**

        - [`feynax.UnfinishedFlowError`][] where a solution ends on the way.
        """
        points = _points("y", y)
        check_shape("p", p, points.shape)
        n = points.shape[-1]
        check_field(self.field, n)
        rows = np.concatenate([points, _points("p", p)], axis=-1)
        if isinstance(self.field, AffineField):
            matrix, shift = self.quadratic().field.flow(t - start)
            later = rows @ matrix.T + shift
        else:
            stops, flat = np.array([float(t)]), rows.reshape(-1, 2 * n)
            later = follow(_costate, self.field, flat, start, stops, self.tolerance)
        later = later.reshape(rows.shape)
        return later[..., :n], later[..., n:]

    def wave(
        self,
        psi0: Callable[[Float[np.ndarray, "k n"]], Complex[np.ndarray, " k"]],
        ys: Float[ArrayLike, "*batch n"],
        t: float,
    ) -> Complex[np.ndarray, "*batch"]:
        r"""Return the wave function at time `t`, by following each point back to time 0.

        **Arguments:**

        - `psi0`: the wave function at time 0, called with an array of points (k, n).
        - `ys`: where to know it.
        - `t`: may be negative.

        **Raises:**

        - [`feynax.UnfinishedFlowError`][] where a solution through a point did not exist all along.
        """
        back, growth = self._back(ys, t)
        return np.exp(growth / 2) * self._started("psi0", psi0, back, np.complex128)

    def density(
        self,
        rho0: Callable[[Float[np.ndarray, "k n"]], Float[np.ndarray, " k"]],
        ys: Float[ArrayLike, "*batch n"],
        t: float,
    ) -> Float[np.ndarray, "*batch"]:
        r"""Return $|\det \partial\phi_{-t}/\partial y|\, \rho_0(\phi_{-t}(y))$.

        **Arguments:**

        - `rho0`: the density of positions at time 0, called with an array of points (k, n).
        - `ys`, `t`: as in `wave`.
        """
        back, growth = self._back(ys, t)
        return np.exp(growth) * self._started("rho0", rho0, back, np.float64)

    def moments(
        self,
        points: Float[ArrayLike, "k n"],
        t: Float[ArrayLike, "*times"],
        *,
        weights: Float[ArrayLike, " k"] | None = None,
    ) -> Ensemble:
        r"""Return mean and covariance of positions at other times.

        **Arguments:**

        - `points`: of $|\psi_0|^2$: nodes of a quadrature ([`feynax.quantum.gaussian_nodes`][]) or
          samples.
        - `t`: one time or an array, all later than 0 or all earlier.
        - `weights`: of the nodes, summing to one. By default equal, for samples: the mean's
          standard error then is the root of a variance over k.

        **Raises:**

        - [`feynax.UnfinishedFlowError`][] where a solution ends on the way.
        """
        nodes, times = _points("points", points), np.asarray(t, np.float64)
        check_shape("points", nodes, ("k", "n"))
        share = np.full(len(nodes), 1 / len(nodes)) if weights is None else np.asarray(weights)
        check_shape("weights", share, (len(nodes),))
        check(abs(np.sum(share) - 1) < 1e-6, "weights", "sum to one", np.sum(share))
        moved = self._at(nodes, times)
        mean = np.einsum("k,...ki->...i", share, moved)
        away = moved - mean[..., None, :]
        return Ensemble(mean, np.einsum("k,...ki,...kj->...ij", share, away, away))

    def quadratic(self, *, hbar: float = 1.0) -> QuadraticHamiltonian:
        r"""Return the Hamiltonian over an affine field: $Q = ((0, A^T), (A, 0))$, $l = (0, b)$.

        Its variables are $(y, p)$ and its generator $\mathrm{diag}(A, -A^T)$: it never has levels.

        **Raises:**

        - `ValueError` where the field is not an [`feynax.equations.AffineField`][].
        """
        field = self.field
        if not isinstance(field, AffineField):
            raise ValueError(
                "Argument `field` must be an AffineField for a quadratic Hamiltonian, but has type "
                f"{type(field).__name__}."
            )
        n = field.size
        none, one = np.zeros((n, n)), np.eye(n)
        form = np.block([[none, field.matrix.T], [field.matrix, none]])
        slope = np.concatenate([np.zeros(n), field.offset])
        return QuadraticHamiltonian(form, slope, np.block([[none, one], [-one, none]]), hbar)

    def _back(self, ys: ArrayLike, t: float) -> tuple[np.ndarray, np.ndarray]:
        points = _points("ys", ys)
        n = points.shape[-1]
        check_field(self.field, n)
        flat = points.reshape(-1, n)
        back, growth = characteristics(self.field, flat, float(t), np.zeros(1), self.tolerance)
        return back[0].reshape(points.shape), growth[0].reshape(points.shape[:-1])

    def _started(self, name: str, start: Callable, points: np.ndarray, dtype: type) -> np.ndarray:
        flat = np.asarray(start(points.reshape(-1, points.shape[-1])))
        fits = flat.shape == (points.size // points.shape[-1],)
        check(fits, name, "return one number for each point", f"shape {flat.shape}")
        return flat.astype(dtype).reshape(points.shape[:-1])

    def _at(self, points: np.ndarray, times: np.ndarray) -> np.ndarray:
        check_finite("t", times)
        one_way = bool(np.all(times >= 0) or np.all(times <= 0))
        check(one_way, "t", "not hold both signs", times)
        check_field(self.field, points.shape[-1])
        flat = times.ravel()
        order = np.argsort(np.abs(flat))
        moved, _ = characteristics(self.field, points, 0.0, flat[order], self.tolerance)
        return moved[np.argsort(order)].reshape(*times.shape, *points.shape)


def gaussian_nodes(
    mean: Float[ArrayLike, " n"], covariance: Float[ArrayLike, "n n"], count: int
) -> tuple[Float[np.ndarray, "k n"], Float[np.ndarray, " k"]]:
    r"""Return nodes and weights of a Gaussian density: Gauss-Hermite in each of its directions.

    Means of polynomials of degree below $2 \cdot$ `count` in each direction are exact.

    **Arguments:**

    - `mean`, `covariance`: of the density, the latter with no negative eigenvalue.
    - `count`: nodes in each direction; there are `count`$^n$ together, at most 10^5.

    **Returns:**

    Points (k, n), and weights that sum to one.

    ```python
    import numpy as np, feynax as fx
    points, weights = fx.quantum.gaussian_nodes([1.0], [[4.0]], 3)
    assert np.isclose(weights @ points[:, 0] ** 2, 5.0)
    ```
    """
    centre, cov = _points("mean", mean), np.asarray(covariance, np.float64)
    check_count("count", count)
    check_shape("mean", centre, ("n",))
    n = len(centre)
    check_shape("covariance", cov, (n, n))
    check_finite("covariance", cov)
    few = count**n <= _MOST_NODES
    check(few, "count", f"be such that count^{n} is at most {_MOST_NODES} (or sample)", count)
    lengths, axes = np.linalg.eigh(cov)
    positive = bool(lengths[0] >= -1e-12 * abs(lengths[-1]))
    check(positive, "covariance", "have no negative eigenvalue", lengths[0])
    line, share = np.polynomial.hermite_e.hermegauss(count)
    grid = np.stack(np.meshgrid(*[line] * n, indexing="ij"), axis=-1).reshape(-1, n)
    weights = np.prod(np.stack(np.meshgrid(*[share] * n, indexing="ij")), axis=0).ravel()
    return centre + (grid * np.sqrt(np.maximum(lengths, 0))) @ axes.T, weights / np.sum(weights)


def _points(name: str, given: ArrayLike) -> Float[np.ndarray, "*batch n"]:
    points = np.asarray(given, np.float64)
    shape = f"shape {points.shape}"
    check(points.ndim > 0 and points.size > 0, name, "be points, each a vector", shape)
    check_finite(name, points)
    return points


def _costate(field: Field, t: Array, row: Float[Array, " 2n"]) -> Float[Array, " 2n"]:
    """Positions by the field, momenta by its adjoint."""
    y, p = jnp.split(row, 2)
    rate, pull = jax.vjp(lambda x: velocity(field, t, x), y)
    return jnp.concatenate([rate, -pull(p)[0]])
