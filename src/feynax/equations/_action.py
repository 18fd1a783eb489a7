"""Classical action of a layer: the Gaussian that its path sum tends to."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float

from .._checks import check, check_count, check_finite
from .._citation import cites
from .._errors import NoGaussianError


@cites("imchitr2020", "yin2019")
@dataclasses.dataclass(frozen=True)
class GaussianAction:
    r"""Gaussian step weight $e^{-(T + V_E)}/\sqrt{2\pi s^2}$ of a layer on a line.

    $T(\Delta x) = (\Delta x + b)^2 / 2 s^2$, a potential $V_E$ that does not depend on x, and a
    normalisation. Made by [`feynax.equations.gaussian_action`][] or
    [`feynax.equations.printed_action`][].

    **Fields:**

    - `drift`: b; the mean displacement of a layer is *minus* b pixels.
    - `variance`: s^2 in pixels^2 per layer.
    - `log_mass`: v, the logarithm of the sum of a layer's taps and skip.
    - `log_norm`: (1/2) log(2 pi s^2), or what is printed in its place.
    """

    drift: float
    variance: float
    log_mass: float
    log_norm: float

    @property
    def potential(self) -> float:
        """Euclidean potential V_E = -log(1 + gamma) of one layer."""
        return -self.log_mass

    def kinetic(self, dx: Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        r"""Kinetic term $T = (\Delta x + b)^2/2 s^2$ of displacements in pixels."""
        return (np.asarray(dx, np.float64) + self.drift) ** 2 / (2 * self.variance)

    def lagrangian(self, dx: Float[np.ndarray, "*steps"]) -> Float[np.ndarray, "*steps"]:
        """Euclidean Lagrangian T + V_E of one layer (T - V with the thesis' V = -V_E)."""
        return self.kinetic(dx) + self.potential

    def action(self, path: Float[np.ndarray, "*batch sites"]) -> Float[np.ndarray, "*batch"]:
        """Euclidean action of positions x_0, ..., x_N along the last axis."""
        positions = np.asarray(path, np.float64)
        check_finite("path", positions)
        long_enough = positions.ndim >= 1 and positions.shape[-1] >= 2
        check(long_enough, "path", "have at least two positions", f"shape {positions.shape}")
        return self.lagrangian(np.diff(positions, axis=-1)).sum(-1)

    def log_weight(self, path: Float[np.ndarray, "*batch sites"]) -> Float[np.ndarray, "*batch"]:
        """Logarithm of a path's weight: minus the action, minus `log_norm` a layer."""
        return -self.action(path) - (np.shape(path)[-1] - 1) * self.log_norm

    def log_propagator(
        self, dx: Float[np.ndarray, "*points"], layers: int
    ) -> Float[np.ndarray, "*points"]:
        """Logarithm of the sum over all (real-valued) paths of `layers` steps that end at dx."""
        check_count("layers", layers)
        spread = layers * self.variance
        kinetic = (np.asarray(dx, np.float64) + layers * self.drift) ** 2 / (2 * spread)
        # integrating out layers - 1 positions leaves one normal density and the excess of norms
        excess = layers * (0.5 * math.log(2 * math.pi * self.variance) - self.log_norm)
        return layers * self.log_mass + excess - kinetic - 0.5 * math.log(2 * math.pi * spread)


@cites("imchitr2020", "yin2019")
def gaussian_action(a2: float, beta: float = 0.0, gamma: float = 0.0) -> GaussianAction:
    r"""Build the action of a three-tap layer from the second order of $\log g(p)$.

    $v = \log(1+\gamma)$, $b = \beta/(1+\gamma)$,
    $s^2 = a_2/(1+\gamma) - \beta^2/(1+\gamma)^2$. The thesis prints $s^2 = a_2$, $v = \gamma$ and
    no $1/\sqrt{2\pi}$: its width never converges, since a layer (a forward Euler step) removes
    $\beta^2$ of variance. `test_action_against_exact_propagator` shows both beside the exact
    N-layer propagator; the error of this one falls like $N^{-1/2}$ ($N^{-1}$ for $\beta = 0$).
    For one layer both are poor: 4 to 42 %.

    **Arguments:**

    - `a2`, `beta`, `gamma`: diffusion, drift and growth of
      [`feynax.equations.AdvectionDiffusion`][], in pixels and layers.

    **Returns:**

    A [`feynax.equations.GaussianAction`][].

    **Raises:**

    `NoGaussianError` for gamma <= -1 (the mass of a layer has no real logarithm) and where the
    variance is not positive; the exact path sum needs neither.

    ```python
    from feynax.equations import gaussian_action
    act = gaussian_action(0.8, 0.4, -0.02)
    assert abs(act.variance - 0.6497292794668889) < 1e-12
    ```

    Source: V. Imchitr (2020), eqs (34)-(38), corrected; Yin et al., arXiv 1904.07568.
    """
    check_finite("a2, beta, gamma", [a2, beta, gamma])
    mass = 1 + gamma
    if mass <= 0:
        raise NoGaussianError(
            f"Argument `gamma` must be above -1 for a real log mass, but has {gamma}; "
            "the exact path sum does not need it."
        )
    drift = beta / mass
    variance = a2 / mass - drift**2
    if variance <= 0:
        raise NoGaussianError(
            "Argument `a2` must exceed beta^2/(1+gamma) for a positive variance, but has "
            f"variance {variance:.6g}; the exact path sum does not need it."
        )
    norm = 0.5 * math.log(2 * math.pi * variance)
    return GaussianAction(drift, variance, math.log1p(gamma), norm)


@cites("imchitr2020")
def printed_action(
    a2: float, beta: float = 0.0, gamma: float = 0.0, *, normalised: bool = False
) -> GaussianAction:
    r"""Build the action as printed, to be held against [`feynax.equations.gaussian_action`][].

    $e^{\gamma}\alpha^{-1} e^{-(\Delta x + \beta)^2/2\alpha^2}$. It lacks $1/\sqrt{2\pi}$ a layer
    (a factor 2e6 after 16 layers); `normalised=True` puts that back and keeps the wrong width.

    **Arguments:**

    - `a2`, `beta`, `gamma`: as in `gaussian_action`; the thesis' alpha is sqrt(a2).
    - `normalised`: with the missing factor.

    **Raises:**

    `NoGaussianError` where a2 is not positive.

    ```python
    from feynax.equations import printed_action
    assert printed_action(0.5, 0.2).variance == 0.5
    ```

    Source: V. Imchitr (2020), eqs (35)-(37), as printed.
    """
    check_finite("a2, beta, gamma", [a2, beta, gamma])
    if a2 <= 0:
        raise NoGaussianError(f"Argument `a2` must be positive, but has {a2}.")
    missing = 0.5 * math.log(2 * math.pi) if normalised else 0.0
    return GaussianAction(beta, a2, gamma, 0.5 * math.log(a2) + missing)


def line_propagator(
    a2: float, beta: float, gamma: float, layers: int
) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    r"""Exact propagator of `layers` equal three-tap layers on the infinite line.

    The taps of $g(p)^N$: what the path sum is before any approximation.

    **Arguments:**

    - `a2`, `beta`, `gamma`: as in [`feynax.equations.gaussian_action`][].
    - `layers`: N.

    **Returns:**

    Displacements x_N - x_0 of shape (2N + 1,) and their amplitudes.

    ```python
    from feynax.equations import line_propagator
    dx, amplitude = line_propagator(0.5, 0.2, 0.0, layers=16)
    assert abs(amplitude.sum() - 1) < 1e-12 and abs(amplitude @ dx + 16 * 0.2) < 1e-12
    ```

    Source: V. Imchitr (2020), eqs (26)-(33), with the factors 1/M that its print lacks.
    """
    check_count("layers", layers)
    check_finite("a2, beta, gamma", [a2, beta, gamma])
    # the output at x takes K[+1] from the site at x + 1: an amplitude to move by -1
    step = np.array([(a2 + beta) / 2, 1 + gamma - a2, (a2 - beta) / 2])
    amplitude = np.ones(1)
    for _ in range(layers):
        amplitude = np.convolve(amplitude, step)
    return np.arange(-layers, layers + 1.0), amplitude
