"""Stochastic quantisation of Nelson: a walk whose stationary density is a ground state's."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from ..._checks import check, check_count, check_finite, check_positive, check_shape
from ..._citation import cites
from .._potential import AbstractPotential
from .._rotation import Move
from .._systems import as_potential
from ._drift import Integral, drifts, resting_density
from ._ground import log_amplitude
from ._langevin import LangevinState, langevin


class NelsonWalk(eqx.Module):
    """What a Nelson process did.

    - `x`: places of shape (chains, steps, dof), in units of length, after every step.
    - `times`: Euclidean times of these places, shape (steps,).
    - `acceptance`: mean acceptance of the Metropolis test, or what it would have been.
    """

    x: Float[np.ndarray, "chains steps dof"]
    times: Float[np.ndarray, " steps"]
    acceptance: float


@cites("nelson1966", "paths")
class NelsonProcess(eqx.Module):
    r"""The diffusion in Euclidean time whose stationary density is $|\psi_0|^2$.

    $$ dx = F(x)\,d\tau + \sqrt{2D}\,dW, \qquad F = \frac\hbar m \nabla\ln\psi_0, \qquad
    D = \frac{\hbar}{2m} $$

    Its two-time correlations are those of the ground state in Euclidean time, that is of the middle
    of a long path. With $G = -\frac\hbar m\ln\psi_0$ (the document's (B.6)) the system it belongs
    to has the potential energy $V = E_0 + \frac m2 G'^2 - \frac\hbar2 G''$, see `potential`.
    In (B.15) of the document the square root of V is the signed one, $\sqrt{m/2}\,G'$: with the
    positive one an oscillator would have a term $-\hbar\omega\,\mathrm{sign}(x)/2$ instead of
    $-\hbar\omega/2$ (`tests/paths/test_random_nelson.py`).

    **Arguments:**

    - `log_psi`: logarithm of the ground state's amplitude, up to a constant. Of one degree of
      freedom a function of a scalar; of more, a function of an array (dof,) with a scalar value.
    - `mass`: of all degrees of freedom; `hbar`: Planck's constant.
    - `energy`: $E_0$, the energy of the ground state; only `potential` needs it.
    - `dof`: degrees of freedom.

    **Raises:**

    - `ValueError` where an argument is out of range.

    Source: Nelson (1966); paths document (Hashimoto et al.), equations (5.10) and (B.1) to (B.15).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    oscillator = fx.paths.NelsonProcess(lambda x: -x**2 / 2)
    assert jnp.allclose(oscillator.drift(jnp.array([2.0])), -2.0)
    assert jnp.allclose(oscillator.potential(jnp.array([2.0])), 2.0 - 0.5)
    walk = oscillator.run(jnp.zeros((4, 1)), jax.random.key(0), step=0.1, steps=50)
    assert walk.x.shape == (4, 50, 1)
    ```
    """

    log_psi: Callable[[Any], Any]
    mass: float
    hbar: float
    energy: float
    dof: int = eqx.field(static=True)

    def __init__(
        self,
        log_psi: Callable[[Any], Any],
        *,
        mass: float = 1.0,
        hbar: float = 1.0,
        energy: float = 0.0,
        dof: int = 1,
    ):
        check(callable(log_psi), "log_psi", "be a function", repr(log_psi))
        check_positive("mass", mass)
        check_positive("hbar", hbar)
        check_count("dof", dof)
        self.log_psi, self.dof = log_psi, dof
        check_finite("energy", energy)
        self.mass, self.hbar, self.energy = np.float64(mass), np.float64(hbar), np.float64(energy)

    @classmethod
    def from_drift(
        cls, drift: Callable[[Any], Any], *, mass: float = 1.0, hbar: float = 1.0
    ) -> "NelsonProcess":
        r"""Return the process of a drift F(x) of one degree of freedom.

        The density the Metropolis test needs is $\ln\psi_0 = \frac m\hbar\int_0^x F$, by 48 Gauss
        nodes: exact for polynomials of degree 95, and meant for smooth drifts.

        **Arguments:**

        - `drift`: elementwise function of places, a velocity.
        - `mass`, `hbar`: as in the class; the diffusion constant is hbar / 2 mass.

        ```python
        import jax.numpy as jnp, feynax as fx
        process = fx.paths.NelsonProcess.from_drift(lambda x: -x - x**3)
        assert jnp.allclose(process.drift(jnp.array([2.0])), -10.0)
        ```
        """
        check(callable(drift), "drift", "be a function", repr(drift))
        return cls(Integral(drift, np.float64(mass / hbar)), mass=mass, hbar=hbar)

    @classmethod
    def from_potential(
        cls,
        potential: AbstractPotential | str | Callable[[Any], Any],
        *,
        mass: float = 1.0,
        hbar: float = 1.0,
    ) -> "NelsonProcess":
        """Return the process of the ground state of a potential of one degree of freedom.

        The slope of its logarithm is integrated from the tails inwards, so that the drift is right
        far out too. Its level is `energy`.

        **Arguments:**

        - `potential`: a formula such as `"x**4"`, a function of x, or a potential; it must confine.
        - `mass`, `hbar`: as in the class.

        **Raises:**

        - `NotNormalisableError` where the potential holds no bound state.
        - `NotConvergedError` where the slopes from left and right do not meet.

        ```python
        import feynax as fx
        process = fx.paths.NelsonProcess.from_potential("x**4")
        assert abs(process.energy - 0.667986259155777) < 1e-9
        ```
        """
        check_positive("mass", mass)
        check_positive("hbar", hbar)
        energy = as_potential(potential)
        with jax.enable_x64(True):
            jitted = jax.jit(lambda x: energy(x.reshape(1, -1)).reshape(x.shape))
            host = lambda x: np.asarray(jitted(np.asarray(x, np.float64)))
            log_psi, level = log_amplitude(host, mass, hbar)
        return cls(log_psi, mass=mass, hbar=hbar, energy=level)

    @property
    def diffusion(self) -> float:
        r"""Diffusion constant $D = \hbar/2m$."""
        return self.hbar / (2 * self.mass)

    def log_density(self, x: Float[Array, " dof"]) -> Float[Array, ""]:
        r"""Return $\ln|\psi_0|^2$ at a place, up to a constant."""
        return 2 * self.log_psi(x[0] if self.dof == 1 else x)

    def drift(self, x: Float[Array, " dof"]) -> Float[Array, " dof"]:
        r"""Return the velocity $F = (\hbar/m)\nabla\ln\psi_0$ at a place."""
        return jnp.asarray(self.diffusion, x.dtype) * jax.grad(self.log_density)(x)

    def potential(self, x: Float[Array, " dof"]) -> Float[Array, ""]:
        r"""Return $V = E_0 + \frac m2 F^2 + \frac\hbar2\nabla\cdot F$ at a place, an energy."""
        mass, hbar = jnp.asarray(self.mass, x.dtype), jnp.asarray(self.hbar, x.dtype)
        force, slope = self.drift(x), jax.jacfwd(self.drift)(x)
        level = jnp.asarray(self.energy, x.dtype)
        return level + mass / 2 * jnp.sum(force**2) + hbar / 2 * jnp.trace(slope)

    def start(self, x: Float[Array, " dof"], *, rate: float = 0.0) -> LangevinState:
        """Return the state of a walker at a place; `rate` as in `step`."""
        stiff = jnp.asarray(rate / self.diffusion, x.dtype)
        rest = lambda x: -self.log_density(x) - stiff * jnp.sum(x**2) / 2
        value, force = jax.value_and_grad(rest)(x)
        return LangevinState(x, x, value, force)

    def step(
        self,
        state: LangevinState,
        key: PRNGKeyArray,
        *,
        step: float,
        rate: float = 0.0,
        adjusted: bool = True,
    ) -> tuple[LangevinState, Move]:
        r"""Take one step of one walker; walkers are a `jax.vmap`.

        Without `rate` and not adjusted it is Euler's, $x + hF + \sqrt{2Dh}\,\xi$. The stationary
        variance of an oscillator is then $\frac{\hbar}{2m\omega}\,\frac1{1-\omega h/2}$; of drifts
        that grow faster than x the chain has no stationary state at all.

        **Arguments:**

        - `state`: of `start`, with the same `rate`.
        - `step`: Euclidean time h of the step.
        - `rate`: of the part $-\mathrm{rate}\cdot x$ of the drift that is solved exactly.
        - `adjusted`: refuses steps so that the density is exact (MALA); two-time correlations
          keep an error that falls with h.
        """
        diffusion = self.diffusion
        return langevin(
            lambda x: self.start(x, rate=rate),
            state,
            key,
            step=jnp.asarray(step * diffusion, state.x.dtype),
            rate=jnp.asarray(rate / diffusion, state.x.dtype),
            adjusted=adjusted,
        )

    def run(
        self,
        start: Float[Array | np.ndarray, "chains dof"],
        key: PRNGKeyArray,
        *,
        step: float,
        steps: int,
        rate: float = 0.0,
        adjusted: bool = True,
    ) -> NelsonWalk:
        """Walk in double precision, all chains and steps in one program.

        **Arguments:**

        - `start`: first places, shape (chains, dof).
        - `key`: random key.
        - `step`, `rate`, `adjusted`: as in `step`.
        - `steps`: how many are taken; all are returned.
        """
        check_shape("start", start, ("chains", self.dof))
        check_finite("start", start)
        check_positive("step", step)
        check_count("steps", steps)
        check(rate >= 0, "rate", "be zero or positive", rate)
        with jax.enable_x64(True):
            numbers = jnp.asarray([step, rate], jnp.float64)
            places = jnp.asarray(start, jnp.float64)
            x, acceptance = _walk(self, places, key, numbers, steps, adjusted)
        times = step * np.arange(1, steps + 1)
        return NelsonWalk(np.asarray(x), times, float(acceptance))

    def euler_density(self, places: Float[np.ndarray, " n"], *, step: float) -> np.ndarray:
        r"""Return the density in which Euler's unadjusted steps come to rest, without a walk.

        It is the leading eigenvector of the step's transition matrix on a grid, for one degree of
        freedom. Where the drift grows faster than x it holds until a walker first leaves the grid.

        **Arguments:**

        - `places`: grid of equally spaced places.
        - `step`: Euclidean time h of a step.

        **Returns:**

        Density at the places, shape (n,), of integral 1.

        ```python
        import numpy as np, feynax as fx
        x = np.linspace(-6, 6, 241)
        density = fx.paths.NelsonProcess(lambda x: -x**2 / 2).euler_density(x, step=0.1)
        assert np.isclose((density * x**2).sum() * 0.05, 0.5 / (1 - 0.1 / 2))
        ```
        """
        check(self.dof == 1, "places", "be of one degree of freedom", self.dof)
        check_positive("step", step)
        drift = drifts(self.drift, places)
        return resting_density(drift, places, 2 * self.diffusion * step, step=step)


@eqx.filter_jit
def _walk(process, places, key, numbers, steps, adjusted):
    step, rate = numbers
    chains = places.shape[0]

    def move(state, key):
        one = lambda s, k: process.step(s, k, step=step, rate=rate, adjusted=adjusted)
        state, info = jax.vmap(one)(state, jax.random.split(key, chains))
        return state, (state.x, info.acceptance.mean())

    state = jax.vmap(lambda x: process.start(x, rate=rate))(places)
    _, (x, acceptance) = jax.lax.scan(move, state, jax.random.split(key, steps))
    return jnp.moveaxis(x, 0, 1), acceptance.mean()
