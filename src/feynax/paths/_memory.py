"""Memory: forces that depend on where the path was, quadratic and the same at all times."""

import abc
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import check, check_choice, check_finite, check_positive
from .._errors import NotNormalisableError

_ROUNDING = 1e-12  # relative to the largest square


class AbstractMemory(eqx.Module):
    r"""A non-local part of the action of closed paths that is diagonal in their modes.

    $$ S_{mem} = \frac{dt}{2} \sum_k g(\nu_k)\, \tilde x_k^\dagger M \tilde x_k, \qquad
       \nu_k = \frac2{dt} \sin\frac{\pi k}N $$

    with $\sum_k |\tilde x_k|^2 = \sum_n |x_n|^2$. Beside the kinetic $\nu^2$ and the
    $\omega^2$ of an oscillator it is a third squared rate: $\langle x^2\rangle = \frac1{M\beta}
    \sum_k (\nu_k^2 + \omega^2 + g(\nu_k))^{-1}$.
    """

    @abc.abstractmethod
    def squares(self, slices: int, dt: Float[Array, ""]) -> Float[Array, " modes"]:
        """Return g of the modes k = 0..N/2, in units of one over time squared."""


class Ohmic(AbstractMemory):
    r"""Friction from a bath of oscillators (Caldeira and Leggett): $g = \gamma|\nu|$.

    With a Drude cutoff $g = \gamma|\nu|\,\omega_D/(\omega_D + |\nu|)$. The shift of the potential
    by the bath is taken off, so the classical potential is V itself, and g(0) = 0.

    **Arguments:**

    - `friction`: $\gamma$, one over time, at least 0.
    - `cutoff`: $\omega_D$, positive; None is no cutoff (then $\langle p^2\rangle$ grows without
      end as slices shrink).

    Source: A. O. Caldeira and A. J. Leggett, Annals of Physics 149, 374 (1983).

    ```python
    import feynax as fx
    damped = fx.paths.PathEnsemble("x**2/2", beta=4.0, slices=16, memory=fx.paths.Ohmic(0.5))
    assert not damped.local
    ```
    """

    friction: float
    cutoff: float | None

    def __init__(self, friction: float, cutoff: float | None = None):
        check(bool(np.isfinite(friction) and friction >= 0), "friction", "be at least 0", friction)
        self.friction, self.cutoff = np.float64(friction), None
        if cutoff is not None:
            check_positive("cutoff", cutoff)
            self.cutoff = np.float64(cutoff)

    def squares(self, slices: int, dt: Float[Array, ""]) -> Float[Array, " modes"]:
        nu = frequencies(slices, dt)
        damped = nu * jnp.asarray(self.friction, nu.dtype)
        if self.cutoff is None:
            return damped
        cutoff = jnp.asarray(self.cutoff, nu.dtype)
        return damped * cutoff / (cutoff + nu)


class RetardedKernel(AbstractMemory):
    r"""Memory from a function of the frequency, or of the time between two moments.

    In time, $S_{mem} = \frac12 \iint K(|\tau - \tau'|)\, x(\tau)^T M x(\tau')\, d\tau d\tau'$,
    on the lattice a double sum; distances are along the closed path, at most half its length.

    **Arguments:**

    - `function`: of an array. Of frequencies $\nu \ge 0$ it returns g (one over time squared);
      of times it returns K (one over time cubed).
    - `of`: `frequency` or `time`.

    Source: R. P. Feynman and A. R. Hibbs, whose quadratic non-local actions the paths document
    (Hashimoto et al.) names in section 6.

    ```python
    import jax.numpy as jnp, feynax as fx
    falling = fx.paths.RetardedKernel(lambda tau: jnp.exp(-tau), of="time")
    ens = fx.paths.PathEnsemble("x**2/2", beta=4.0, slices=4, memory=falling)
    near, far = jnp.exp(-1.0), jnp.exp(-2.0)
    assert jnp.allclose(ens.action(jnp.ones((1, 4))), 2 + 2 * (1 + 2 * near + far), atol=1e-5)
    ```
    """

    function: Callable[[Any], Any]
    of: str = eqx.field(static=True)

    def __init__(self, function: Callable[[Any], Any], of: str = "frequency"):
        check(callable(function), "function", "be a function", repr(function))
        check_choice("of", of, {"frequency", "time"})
        self.function, self.of = function, of

    def squares(self, slices: int, dt: Float[Array, ""]) -> Float[Array, " modes"]:
        if self.of == "frequency":
            return self.function(frequencies(slices, dt))
        steps = np.arange(slices)
        apart = jnp.asarray(np.minimum(steps, slices - steps), dt.dtype)
        return jnp.fft.rfft(self.function(apart * dt)).real * dt


def frequencies(slices: int, dt: Float[Array, ""]) -> Float[Array, " modes"]:
    """Return the lattice frequencies of the modes k = 0..N/2, as the kinetic part has them."""
    sines = np.sin(np.pi / slices * np.arange(slices // 2 + 1))
    return 2 / dt * jnp.asarray(sines, dt.dtype)


def least_square(
    memory: AbstractMemory, slices: int, dt: float, *, midpoint: bool = False
) -> float:
    r"""Return the least of $\nu_k^2 + g(\nu_k)$: what is left to a potential to hold, or to let go.

    Midpoints see a mode with a weight of $\cos^2(\pi k/N)$, by which its square is divided.

    **Raises:**

    - `NotNormalisableError` where the last mode, which midpoints do not see at all, is not held.
    """
    with jax.enable_x64(True):
        step = jnp.asarray(dt)
        own = np.asarray(frequencies(slices, step) ** 2 + memory.squares(slices, step))
    check_finite("memory", own)
    own = np.where(np.abs(own) <= _ROUNDING * np.abs(own).max(), 0.0, own)
    seen = np.cos(np.pi / slices * np.arange(own.size)) ** 2 if midpoint else np.ones(own.size)
    blind = seen < _ROUNDING
    if (own[blind] <= 0).any():
        raise NotNormalisableError(
            "Argument `memory` must leave a path that changes its side in every slice a positive "
            f"action, since midpoints do not see it, but leaves {own[blind].min():.3g}: Z diverges."
        )
    return float((own[~blind] / seen[~blind]).min())


def memory_action(
    memory: AbstractMemory,
    mass: Float[Array, "dof dof"],
    dt: Float[Array, ""],
    x: Float[Array, "dof sites"],
) -> Float[Array, ""]:
    """Return the non-local part of the action of a closed path, by one transform."""
    N = x.shape[-1]
    waves = jnp.fft.rfft(x, norm="ortho")
    powers = sum(jnp.sum(part * (mass @ part), 0) for part in (waves.real, waves.imag))
    twice = np.full(N // 2 + 1, 2.0)  # every mode but these stands for its mirror image too
    twice[0] = 1
    if N % 2 == 0:
        twice[-1] = 1
    return dt / 2 * jnp.sum(memory.squares(N, dt) * jnp.asarray(twice, x.dtype) * powers)
