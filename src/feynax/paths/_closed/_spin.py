"""Spins: what the coherent-state path integral defines, and what it does not."""

import math
from typing import Any, NoReturn

import equinox as eqx
import numpy as np
from jaxtyping import Array, Complex, Float

from ..._checks import check, check_choice, check_count, check_finite, check_positive, check_shape
from ..._citation import cites
from ..._errors import AmbiguousActionError, NonPositiveKernelError, SignProblemError
from .._abstract import AbstractEnsemble

_MOST_STATES = 21
_EXTRA_POINTS = 9  # of the polar rule, for exponentials of symbols


@cites("paths", "shibata1999")
class SpinCoherent(AbstractEnsemble):
    r"""A spin j as a path on the sphere, of N slices: well defined on slices, and only there.

    With coherent states $|n\rangle$ and $1 = \frac{2j+1}{4\pi} \int dn\,|n\rangle\langle n|$,

    $$ Z_N = \Big(\frac{2j+1}{4\pi}\Big)^N \int \prod_i dn_i\, e^{-\epsilon h(n_i)}
       \langle n_i|n_{i+1}\rangle = \mathrm{Tr}\,T^N, \qquad \epsilon = \beta/N $$

    | symbol | a slice | limit of many slices |
    |---|---|---|
    | `upper` (default) | h with $H = \frac{2j+1}{4\pi} \int h\,\lvert n\rangle\langle n\rvert$ |
      $\mathrm{Tr}\,e^{-\beta H}$, to $O(\epsilon)$ |
    | `mixed` | $\langle n|1 - \epsilon H|n'\rangle$ | the same, to $O(\epsilon)$ |
    | `lower` | $h = \langle n|H|n\rangle$ | **another Hamiltonian**, `limit()` |

    Overlaps are complex (Berry's phase), so paths have no probabilities: they are not sampled,
    and `average_phase` says how quickly their sum cancels. The continuum action, a Berry phase
    and a classical $h(n)$, does not say which symbol h is: for $S_z$ the symbols are
    $j\cos\theta$ and $(j+1)\cos\theta$, for $S_z^2$ they differ in j(j+1) against $j^2$. So it is
    refused by name. All values here are exact sums over slices.

    **Arguments:**

    - `hamiltonian`: Hermitian, (2j+1, 2j+1), between states m = j..-j; at most 21 of them.
    - `beta`: inverse temperature, one over energy.
    - `slices`: N.
    - `symbol`: see the table.

    **Raises:**

    - `ValueError` where a number is out of range or the matrix is not Hermitian.
    - `NonPositiveKernelError` for `mixed` slices so long that $1 - \epsilon H$ is not positive.

    Source: paths document (Hashimoto et al.), sections 3.4 and 6, after J. Shibata and S. Takagi
    (1999), "careful treatment in the discretization" (`tests/paths/test_closed_spin.py`).

    ```python
    import numpy as np, feynax as fx
    Sx, Sy, Sz = fx.paths.SpinCoherent.matrices(0.5)
    spin = fx.paths.SpinCoherent(Sz, beta=2.0, slices=400)
    assert np.isclose(spin.log_partition(), np.log(2 * np.cosh(1.0)), atol=1e-2)
    ```
    """

    hamiltonian: Complex[np.ndarray, "states states"]
    beta: float
    slices: int = eqx.field(static=True)
    symbol: str = eqx.field(static=True)

    def __init__(
        self,
        hamiltonian: Complex[np.ndarray, "states states"],
        *,
        beta: float,
        slices: int,
        symbol: str = "upper",
    ):
        H = np.asarray(hamiltonian, np.complex128)
        check(2 <= len(H) <= _MOST_STATES, "hamiltonian", f"have 2 to {_MOST_STATES} rows", len(H))
        check_shape("hamiltonian", H, (len(H), len(H)))
        check_finite("hamiltonian", H)
        off = np.abs(H - H.conj().T).max()
        check(bool(off <= 1e-10 * np.abs(H).max()), "hamiltonian", "be Hermitian", f"off by {off}")
        check_positive("beta", beta)
        check_count("slices", slices)
        check_choice("symbol", symbol, {"upper", "mixed", "lower"})
        self.hamiltonian, self.beta = (H + H.conj().T) / 2, float(beta)
        self.slices, self.symbol = slices, symbol
        self._check_slice()

    @staticmethod
    def matrices(spin: float) -> Complex[np.ndarray, "3 states states"]:
        """Return the matrices of a spin, in units of hbar: x, y, z.

        **Arguments:**

        - `spin`: j, a half or a whole number.
        """
        check(2 * spin == round(2 * spin) > 0, "spin", "be a multiple of one half", spin)
        m = spin - np.arange(round(2 * spin) + 1)
        up = np.diag(np.sqrt(spin * (spin + 1) - m[1:] * (m[1:] + 1)), 1)
        return np.array([(up + up.T) / 2, (up - up.T) / 2j, np.diag(m)], np.complex128)

    @property
    def spin(self) -> float:
        """The spin j."""
        return (len(self.hamiltonian) - 1) / 2

    def slice_operator(self) -> Complex[np.ndarray, "states states"]:
        """Return T, the sum over one slice."""
        if self.symbol == "mixed":
            return np.eye(len(self.hamiltonian)) - self._step * self.hamiltonian
        waves, weights = _sphere(self.spin)
        return _mixture(waves, weights * np.exp(-self._step * self._classical(waves, weights)))

    def log_partition(self) -> float:
        """Return the logarithm of Z on N slices, exactly."""
        values = np.log(np.linalg.eigvalsh(self.slice_operator()))
        largest = self.slices * values.max()
        return float(largest + np.log(np.exp(self.slices * values - largest).sum()))

    def limit(self) -> Complex[np.ndarray, "states states"]:
        """Return the Hamiltonian that many slices lead to: for `lower` it is not the given one."""
        if self.symbol != "lower":
            return self.hamiltonian
        waves, weights = _sphere(self.spin)
        return _mixture(waves, weights * _lower(self.hamiltonian, waves))

    def average_phase(self) -> float:
        r"""Return Z over the sum of absolute weights: a sampler's signal. It falls like $c^N$."""
        waves, weights = _sphere(self.spin)
        if self.symbol == "mixed":
            amplitudes = waves.conj() @ self.slice_operator() @ waves.T
        else:
            amplitudes = waves.conj() @ waves.T
            weights = weights * np.exp(-self._step * self._classical(waves, weights))
        root = np.sqrt(weights)
        values = np.linalg.eigvalsh(root[:, None] * np.abs(amplitudes) * root)
        largest = np.abs(values).max()
        log = self.slices * math.log(largest) + math.log(((values / largest) ** self.slices).sum())
        return math.exp(self.log_partition() - log)

    def continuum(self) -> NoReturn:
        """Refuse to be an action in continuous time, and say by how much it would be ambiguous.

        **Raises:**

        - `AmbiguousActionError`, always.
        """
        waves, weights = _sphere(self.spin)
        wrong = _mixture(waves, weights * _lower(self.hamiltonian, waves))
        off = np.abs(np.linalg.eigvalsh(wrong) - np.linalg.eigvalsh(self.hamiltonian)).max()
        raise AmbiguousActionError(
            "The coherent-state path integral of a spin has no action in continuous time: it "
            "does not say which symbol of the Hamiltonian it holds. With the lower one in place "
            f"of the upper one a level of this Hamiltonian would move by {off:.3g}. Take slices."
        )

    def action(self, x: Float[Array, "..."]) -> Float[Array, ""]:
        self._refuse()

    def reference(self) -> Any:
        self._refuse()

    def matched(self, x: Float[Array, "chains ..."]) -> Any:
        self._refuse()

    def residual(self, reference: Any, x: Float[Array, "..."]) -> Float[Array, ""]:
        self._refuse()

    @property
    def _step(self) -> float:
        return self.beta / self.slices

    def _classical(self, waves: np.ndarray, weights: np.ndarray) -> Float[np.ndarray, " points"]:
        lower = self.symbol == "lower"
        return _lower(
            self.hamiltonian if lower else _raised(self.hamiltonian, waves, weights), waves
        )

    def _check_slice(self) -> None:
        if self.symbol != "mixed":
            return
        highest = float(np.linalg.eigvalsh(self.hamiltonian)[-1])
        if self._step * highest >= 1:
            raise NonPositiveKernelError(
                f"A slice of {self._step:.4g} gives a level of {highest:.4g} no positive weight: "
                f"take more than {self.beta * highest:.4g} slices."
            )

    def _refuse(self) -> NoReturn:
        phase = self.average_phase()
        raise SignProblemError(
            "Paths of a spin have complex weights (Berry's phase) and are not sampled; their "
            f"average phase is {phase:.3g}. `log_partition` is the exact sum.",
            average_phase=phase,
        )


def _sphere(spin: float) -> tuple[np.ndarray, np.ndarray]:
    """Coherent states (points, states) at a product rule, and weights whose mixture is 1."""
    states = round(2 * spin) + 1
    cosines, rule = np.polynomial.legendre.leggauss(states + _EXTRA_POINTS)
    turns = 2 * np.pi / (2 * len(rule)) * np.arange(2 * len(rule))
    k = np.arange(states)
    sizes = np.sqrt([math.comb(states - 1, int(i)) for i in k])
    up, down = np.sqrt((1 + cosines) / 2)[:, None], np.sqrt((1 - cosines) / 2)[:, None]
    heights = sizes * up ** (states - 1 - k) * down**k
    waves = heights[:, None] * np.exp(1j * np.multiply.outer(turns, k))
    weights = np.repeat(rule, len(turns)) * states / (2 * len(turns))
    return waves.reshape(-1, states), weights


def _mixture(waves: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return waves.T @ (weights[:, None] * waves.conj())


def _lower(operator: np.ndarray, waves: np.ndarray) -> Float[np.ndarray, " points"]:
    return np.einsum("pa,ab,pb->p", waves.conj(), operator, waves, optimize=True).real


def _raised(operator: np.ndarray, waves: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The operator whose lower symbol is the upper symbol of the given one."""
    states = len(operator)
    projectors = (waves[:, :, None] * waves.conj()[:, None]).reshape(len(waves), -1)
    table = projectors.T @ (weights[:, None] * projectors.conj())
    return np.linalg.solve(table, operator.ravel()).reshape(states, states)
