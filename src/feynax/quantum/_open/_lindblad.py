"""Any real network as an open quantum system: what a linear flow loses, as quantum jumps."""

import dataclasses
import functools

import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Complex, Float

from ..._checks import check, check_count, check_finite, check_shape
from ..._citation import cites
from ..._errors import UnfinishedFlowError
from ...equations import AffineField, Region
from .._canonical import check_poisson
from .._quadratic import QuadraticHamiltonian
from ._lindblad_spectrum import gathered_noise, need_decay, slowest_sums
from ._open_moments import GaussianMoments

_CANONICAL = np.array([[0.0, 1.0], [-1.0, 0.0]])
_SLACK = 1e-10
_DROPPED = 1e-13  # weight of a jump, as a share of the largest, that is only rounding


@cites("kohli2020")
@dataclasses.dataclass(frozen=True, eq=False)
class Lindblad:
    r"""Open quantum system whose means follow $z' = Az + b$, for *any* real $A$.

    $$\dot\rho = -\tfrac{i}{\hbar}[H, \rho] + \sum_k L_k \rho L_k^\dagger
    - \tfrac12 \{L_k^\dagger L_k, \rho\}, \qquad L_k = \lambda_k^T z$$

    with $M = \sum_k \bar\lambda_k \lambda_k^T = R + iN \ge 0$. Exactly, and for every state,

    $$\langle z \rangle' = A \langle z \rangle + b, \qquad \Sigma' = A\Sigma + \Sigma A^T + D,
    \qquad A = J(Q + \hbar N), \quad D = \hbar^2 J R J^T.$$

    So $Q$ is the symmetric part of $J^{-1}A$ and $\hbar N$ the antisymmetric one. This answers the
    document's question about its condition (13): the trace of $A$ is the rate at which volumes of
    phase space change. For two neurons zero trace means a closed system, and any other one a loss
    ($L = \sqrt{-\mathrm{tr} A}\, a$) or a gain ($\sqrt{\mathrm{tr} A}\, a^\dagger$,
    $a = (y_1 + i y_2)/\sqrt{2\hbar}$). For more, closed means $N = 0$, which asks for more than
    zero trace.

    Which reading is valid for what:

    | reading | valid for | what it is |
    |---|---|---|
    | [`feynax.quantum.QuadraticHamiltonian`][] | affine, even n, $N = 0$ | closed |
    | `Lindblad` | affine, any n (odd ones padded) | open; adds noise $D$ |
    | [`feynax.quantum.Doubled`][] | any field, any n | closed, twice the size, no ground state |

    The noise is what quantum mechanics asks for and the network does not have: where all decays,
    packets end in one state of finite width, not in a point. For the network's own statistics take
    `Doubled`.

    One regime of a ReLU network is affine, and so is a smooth one near a state; outside of these a
    `Lindblad` says nothing.

    **Fields:**

    - `hamiltonian`: $H = z^T Q z/2 + l^T z$, with $J$, $\hbar$ and the region.
    - `loss` (2m, 2m): $N$, antisymmetric.
    - `noise` (2m, 2m): $R$, symmetric. The least trace that $R + iN \ge 0$ allows is $|iN|$, the
      default of `from_field`; more of it is more noise.
    - `padded`: whether the last component is no neuron but was added to an odd number of them.

    **Raises:**

    - `ValueError` for matrices that do not fit or are not so symmetric, and where $R + iN$ has
      negative eigenvalues.

    ```python
    import numpy as np, feynax as fx
    field = fx.equations.AffineField([[-0.3, 0.9], [-0.5, -0.7]], [0.1, 0.2])
    system = fx.quantum.Lindblad.from_field(field, hbar=0.5)
    assert np.allclose(system.jumps, [[1.0, 1.0j]]) and np.isclose(system.rate, -1.0)
    assert system.steady_state().purity < 1
    ```

    Source: P. Kohli and A. Haslam (2020), (11)-(13); the dissipator is in the form of G. Lindblad,
    Commun. Math. Phys. 48 (1976), without $1/\hbar$.
    """

    hamiltonian: QuadraticHamiltonian
    loss: Float[np.ndarray, "n n"]
    noise: Float[np.ndarray, "n n"]
    padded: bool = False

    def __post_init__(self):
        shape = self.hamiltonian.form.shape
        for name, sign in (("loss", -1), ("noise", 1)):
            array = np.asarray(getattr(self, name), np.float64)
            check_shape(name, array, shape)
            check_finite(name, array)
            even = np.max(np.abs(array - sign * array.T)) <= _SLACK * np.max(np.abs(array))
            must = "be symmetric" if sign == 1 else "be antisymmetric"
            check(bool(even), name, must, "another transpose")
            object.__setattr__(self, name, (array + sign * array.T) / 2)
        weights = np.linalg.eigvalsh(self.noise + 1j * self.loss)
        enough = bool(weights[0] >= -_SLACK * np.max(np.abs(weights)))
        must = "be large enough for the loss (no negative eigenvalue of noise + i loss)"
        check(enough, "noise", must, f"one of {weights[0]:.3g}")

    @classmethod
    def from_field(
        cls,
        field: AffineField,
        *,
        poisson: Float[ArrayLike, "n n"] | None = None,
        hbar: float = 1.0,
        noise: Float[ArrayLike, "n n"] | None = None,
    ) -> "Lindblad":
        r"""Read $y' = Ay + b$ as an open system; every real $A$ is one, with the least noise.

        An odd number of components gets one more, $y' = -y$, that nothing else depends on.

        **Arguments:**

        - `field`: $A$, $b$.
        - `poisson`: $J$, of an even size (the padded one); by default [[0, 1], [-1, 0]] for two
          components. For more there is no default, and other choices are other quantum systems
          over the same classical one.
        - `hbar`: Planck's constant.
        - `noise`: $R$, at least $|iN|$ (its default) in the sense of `Lindblad`.

        **Raises:**

        - `ValueError` where $J$ is missing or does not fit, and where the noise is too small.
        """
        odd = field.size % 2 == 1
        field = _padded(field) if odd else field
        n = field.size
        if poisson is None:
            check(n == 2, "poisson", f"be given for {n} components", poisson)
            poisson = _CANONICAL
        j = check_poisson(poisson, n)
        form = np.linalg.solve(j, field.matrix)
        slope = np.linalg.solve(j, field.offset)
        loss = (form - form.T) / 2 / hbar
        ham = QuadraticHamiltonian((form + form.T) / 2, slope, j, hbar, field.region)
        given = _least_noise(loss) if noise is None else np.asarray(noise, np.float64)
        system = cls(ham, loss, given, odd)
        vars(system)["field"] = field  # to the last digit, not by way of J and back
        return system

    @functools.cached_property
    def field(self) -> AffineField:
        """The field $Az + b$ of the means, loss included."""
        ham = self.hamiltonian
        matrix = ham.poisson @ (ham.form + ham.hbar * self.loss)
        return AffineField(matrix, ham.poisson @ ham.slope, ham.region)

    @property
    def diffusion(self) -> Float[np.ndarray, "n n"]:
        r"""$D = \hbar^2 J R J^T$, variance for each unit of time."""
        j = self.hamiltonian.poisson
        return self.hamiltonian.hbar**2 * (j @ self.noise @ j.T)

    @functools.cached_property
    def jumps(self) -> Complex[np.ndarray, "jumps n"]:
        r"""The vectors $\lambda_k$ of the jump operators $L_k = \lambda_k^T z$, strongest first.

        Orthogonal to one another; the first large entry of each is positive, which fixes its phase.
        """
        weights, axes = np.linalg.eigh(self.noise + 1j * self.loss)
        kept = np.flatnonzero(weights > _DROPPED * np.max(np.abs(weights)))[::-1]
        rows = (np.sqrt(weights[kept]) * axes[:, kept]).conj().T
        size = np.abs(rows)
        first = np.argmax(size > 0.5 * np.max(size, axis=1, keepdims=True), axis=1)[:, None]
        lead = np.take_along_axis(rows, first, axis=1)
        return rows * (np.abs(lead) / lead)

    @property
    def rate(self) -> float:
        r"""Growth rate of volumes of phase space, $\mathrm{tr} A$: negative for a loss."""
        return float(np.trace(self.field.matrix))

    @property
    def closed(self) -> bool:
        """Whether nothing is lost, gained or added: a `QuadraticHamiltonian` is all there is."""
        ham = self.hamiltonian
        whole = np.linalg.norm(ham.form + ham.hbar * self.loss)
        opening = ham.hbar * max(np.linalg.norm(self.loss), np.linalg.norm(self.noise))
        return bool(opening <= _SLACK * whole)

    def moments(
        self,
        mean: Float[ArrayLike, " n"],
        covariance: Float[ArrayLike, "n n"],
        t: Float[ArrayLike, "*times"],
    ) -> GaussianMoments:
        """Return mean and covariance at later times, exact for every state.

        **Arguments:**

        - `mean`, `covariance`: at time 0; the covariance must be that of a quantum state.
        - `t`: one time or an array of times, none negative: a lost state does not come back.

        **Raises:**

        - `ValueError` for a covariance below the uncertainty relation, and for negative times.
        - [`feynax.UnfinishedFlowError`][] for times so long that what grows leaves float64.
        """
        ham, n = self.hamiltonian, self.field.size
        check_shape("mean", mean, (n,))
        start = GaussianMoments(mean, covariance, ham.poisson, ham.hbar)  # pyright: ignore[reportArgumentType]
        times = np.asarray(t, np.float64)
        check_finite("t", times)
        check(bool(np.all(times >= 0)), "t", "not be negative", np.min(times, initial=0.0))
        with np.errstate(over="ignore", invalid="ignore"):
            flow, shift = self.field.flow(times)
            gathered = gathered_noise(self.field.matrix, self.diffusion, times)
            later = flow @ start.mean + shift
            spread = flow @ start.covariance @ np.swapaxes(flow, -1, -2) + gathered
        if not (np.all(np.isfinite(later)) and np.all(np.isfinite(spread))):
            raise UnfinishedFlowError(
                f"The moments over a time of {np.max(times):.6g} grow beyond the range of numbers."
            )
        return GaussianMoments(later, spread, ham.poisson, ham.hbar)

    def steady_state(self) -> GaussianMoments:
        r"""Return the one state that every other becomes: $A\Sigma + \Sigma A^T + D = 0$.

        Its mean is the fixed point $-A^{-1}b$.

        **Raises:**

        - [`feynax.quantum.NoSteadyStateError`][] unless every eigenvalue of $A$ has a negative
          real part: its `kind` is "growing", or "marginal" where some lie on the imaginary axis.
          There stationary states may exist but are not unique, or noise spreads without end.
        """
        from scipy.linalg import solve_continuous_lyapunov

        ham, field = self.hamiltonian, self.field
        need_decay(field.matrix)
        mean = np.linalg.solve(field.matrix, -field.offset)
        spread = solve_continuous_lyapunov(field.matrix, -self.diffusion)
        return GaussianMoments(mean, spread, ham.poisson, ham.hbar)

    def liouvillian(self, count: int) -> Complex[np.ndarray, " count"]:
        r"""Return the eigenvalues of $\rho \mapsto \dot\rho$ that decay slowest, 0 first.

        They are all $\sum_k m_k \lambda_k$ with $m_k = 0, 1, 2, \dots$ and $\lambda_k$ the
        eigenvalues of $A$, whatever the noise. Each comes as often as there are such sums; equal
        rates are ordered by their frequency.

        **Raises:**

        - [`feynax.quantum.NoSteadyStateError`][] as `steady_state`: there is no slowest one then.
        """
        check_count("count", count, 0)
        return slowest_sums(need_decay(self.field.matrix), count)


def _least_noise(loss: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    """Return the absolute value of i N."""
    values, axes = np.linalg.eigh(1j * loss)
    return np.real((axes * np.abs(values)) @ axes.conj().T)


def _padded(field: AffineField) -> AffineField:
    """Add one component that decays by itself."""
    n, region = field.size, field.region
    matrix, offset = np.zeros((n + 1, n + 1)), np.zeros(n + 1)
    matrix[:n, :n], matrix[n, n], offset[:n] = field.matrix, -1.0, field.offset
    if region is not None:
        inner = np.pad(region.inner, ((0, 0), (0, 1)))
        region = Region(inner, region.shift, region.mask)
    return AffineField(matrix, offset, region)
