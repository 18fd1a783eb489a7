"""Random cosine networks: a free particle's path from the central limit theorem alone."""

import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from ..._checks import check_count, check_positive, check_shape
from ..._citation import cites
from ..._errors import NotConvergedError

_DECADES = (1.0, 10.0, 100.0, 1e3, 1e4)
_LARGEST_ERROR = 1e-10


class CosineNetwork(eqx.Module):
    r"""One network $x(\tau) = \sum_n a_n\cos(b_n\tau + c_n)$, callable at any time.

    - `a`: weights of the last layer, with the factor $(b^2 + \omega^2)^{-1/2}$ of the document's
      (2.1) in them; units of length.
    - `b`: weights of the first layer, the frequencies; `c`: its biases, the phases. All (width,).
    """

    a: Float[Array, " width"]
    b: Float[Array, " width"]
    c: Float[Array, " width"]

    def __call__(self, tau: Float[Array | np.ndarray, "..."] | float) -> Float[Array, "..."]:
        """Return the path at Euclidean times `tau`, of the shape of `tau`."""
        times = jnp.asarray(tau, self.a.dtype)
        phases = times.reshape(-1, 1) * self.b[None] + self.c[None]
        return (jnp.cos(phases) @ self.a).reshape(times.shape)


@cites("halverson2021", "paths")
class CosineEnsemble(eqx.Module):
    r"""Independent random cosine networks of finite width: the oscillator's NNFT.

    $$ x(\tau) = \sum_{n=1}^N \frac{a_n\cos(b_n\tau + c_n)}{\sqrt{b_n^2 + \omega^2}}, \quad
    a_n \sim N(0, v/N),\ b_n \sim U(-\Lambda, \Lambda),\ c_n \sim U(-\pi, \pi) $$

    With $v = 2\hbar\Lambda/\pi m$ (default) and $\Lambda \to \infty$ the two-point function is the
    oscillator's, $\frac{\hbar}{2m\omega}e^{-\omega|\tau|}$ for the Lagrangian
    $\frac m2\dot x^2 + \frac m2\omega^2x^2$; the document has $v = 1$. The path is Gaussian only
    where the width N is infinite. Its corrections are of order $\Lambda/N$ rather than 1/N: the
    excess kurtosis approaches $\frac1N(\frac{9\Lambda}{2\pi\omega} - 3)$.

    Corrected: the variance of (2.2) is v/N (the text has its root), and (2.5) lacks the factor
    $1/4\Lambda$ (`tests/paths/test_random_cosine.py`).

    **Arguments:**

    - `width`: N, units of a network.
    - `cutoff`: $\Lambda$, the largest frequency. `frequency`: $\omega$ of the oscillator.
    - `mass`, `hbar`: of the oscillator.
    - `variance`: v, N times the variance of $a_n$.

    **Raises:**

    - `ValueError` where an argument is not positive.

    Source: paths document (Hashimoto et al.), equations (2.1) to (2.5); Halverson et al. (2021).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    networks = fx.paths.CosineEnsemble(16, cutoff=8.0)
    draws = jax.vmap(networks.draw)(jax.random.split(jax.random.key(0), 1000))
    x = jax.vmap(lambda network: network(jnp.linspace(0.0, 1.0, 5)))(draws)
    assert x.shape == (1000, 5)
    assert abs((x[:, 0] ** 2).mean() - networks.two_point(0.0)) < 0.1
    ```
    """

    cutoff: float
    frequency: float
    mass: float
    hbar: float
    variance: float
    width: int = eqx.field(static=True)

    def __init__(
        self,
        width: int,
        *,
        cutoff: float,
        frequency: float = 1.0,
        mass: float = 1.0,
        hbar: float = 1.0,
        variance: float | None = None,
    ):
        check_count("width", width)
        natural = 2 * hbar * cutoff / (math.pi * mass)
        values = {"cutoff": cutoff, "frequency": frequency, "mass": mass, "hbar": hbar}
        values["variance"] = natural if variance is None else variance
        for name, value in values.items():
            check_positive(name, value)
            setattr(self, name, np.float64(value))
        self.width = width

    def draw(self, key: PRNGKeyArray) -> CosineNetwork:
        """Return one random network; many are a `jax.vmap` over keys."""
        one, two, three = jax.random.split(key, 3)
        cutoff = jnp.asarray(self.cutoff, float)
        b = jax.random.uniform(one, (self.width,), minval=-cutoff, maxval=cutoff)
        c = jax.random.uniform(two, (self.width,), minval=-math.pi, maxval=math.pi)
        spread = jnp.sqrt(jnp.asarray(self.variance / self.width, b.dtype))
        damping = jnp.sqrt(b**2 + jnp.asarray(self.frequency, b.dtype) ** 2)
        return CosineNetwork(jax.random.normal(three, (self.width,)) * spread / damping, b, c)

    def two_point(self, lag: Float[np.ndarray, "..."] | float) -> Float[np.ndarray, "..."]:
        r"""Return $\langle x(\tau)x(0)\rangle$, exactly, for any width.

        $$ \frac{v}{4\Lambda}\int_{-\Lambda}^{\Lambda}\frac{\cos b\tau}{b^2 + \omega^2}\,db $$

        **Arguments:**

        - `lag`: Euclidean times, of any shape.
        """
        return self.variance / 2 * self._moment(lag, 1)

    def limit(self, lag: Float[np.ndarray, "..."] | float) -> Float[np.ndarray, "..."]:
        r"""Return the two-point function without cut-off, $\propto e^{-\omega|\tau|}$."""
        whole = self.variance * np.pi / (4 * self.cutoff * self.frequency)
        return whole * np.exp(-self.frequency * np.abs(lag))

    def four_point(self, times: Float[np.ndarray, " 4"]) -> float:
        r"""Return the connected four-point function, exactly: it falls as 1/N.

        With $s_p(\tau) = \frac1{2\Lambda}\int\frac{\cos b\tau}{(b^2 + \omega^2)^p}db$ and the three
        pairings $(ij)(kl)$ of the times,

        $$ \frac{v^2}{N}\sum_{(ij)(kl)}\left[\tfrac38 s_2(\tau_i + \tau_j - \tau_k - \tau_l)
        - \tfrac14 s_1(\tau_i - \tau_j)\,s_1(\tau_k - \tau_l)\right] $$

        of which the value at one time is $\frac{v^2}{N}(\frac98 s_2 - \frac34 s_1^2)$.

        **Arguments:**

        - `times`: the four Euclidean times.
        """
        check_shape("times", times, (4,))
        t = np.asarray(times, np.float64)
        pairings = t[[[0, 1, 2, 3], [0, 2, 1, 3], [0, 3, 1, 2]]]
        crossed = self._moment(pairings @ np.array([1.0, 1.0, -1.0, -1.0]), 2)
        first = self._moment(pairings[:, 0] - pairings[:, 1], 1)
        second = self._moment(pairings[:, 2] - pairings[:, 3], 1)
        whole = np.sum(3 / 8 * crossed - first * second / 4)
        return float(self.variance**2 / self.width * whole)

    @property
    def kurtosis(self) -> float:
        """Excess kurtosis of x at one time: 0 for a Gaussian, and of order cutoff / width here."""
        return self.four_point(np.zeros(4)) / float(self.two_point(0.0)) ** 2

    def _moment(self, lag: Float[np.ndarray, "..."] | float, power: int) -> np.ndarray:
        lags = np.abs(np.asarray(lag, np.float64))
        cutoff, times = float(self.cutoff / self.frequency), (lags * self.frequency).ravel()
        values = [_integral(float(time), power, cutoff) for time in times]
        scale = self.frequency ** (1 - 2 * power) / self.cutoff
        return np.asarray(values).reshape(lags.shape) * scale


def _integral(lag: float, power: int, cutoff: float) -> float:
    """Integral of cos(b lag) / (1 + b^2)^power over 0 < b < cutoff, to 1e-10 or refused."""
    from scipy.integrate import quad

    damping = lambda b: (1 + b * b) ** -power
    edges = [0.0, *(edge for edge in _DECADES if edge < cutoff), cutoff]
    options = {"limit": 200, "epsabs": 1e-13, "epsrel": 1e-12, "full_output": 1}
    pieces = itertools.pairwise(edges)
    parts = [quad(damping, *piece, weight="cos", wvar=lag, **options)[:2] for piece in pieces]
    value, error = np.sum(parts, 0)
    if error > _LARGEST_ERROR:
        raise NotConvergedError(
            f"The two-point function at a lag of {lag:.3g} / frequency is known to {error:.1g} "
            "only: take a smaller cut-off or lag.",
            found=value,
        )
    return float(value)
