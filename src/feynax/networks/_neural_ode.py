"""A network whose depth is time: the solution of an equation with a learned right-hand side."""

from collections.abc import Callable
from functools import partial
from typing import Any

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from .._checks import check, check_choice, check_count, check_positive
from .._citation import cites
from .._errors import UnstableBackwardError
from ._adaptive import SOLVERS, adaptive_solve
from ._adjoints import (
    Solve,
    backsolve,
    backsolve_error,
    fixed_solve,
    reversible_error,
    reversible_solve,
)
from ._fields import MLPField
from ._runge_kutta import METHODS

ADJOINTS = ("direct", "checkpoint", "backsolve", "reversible")
_LOOSE = 1e-4
_PLAIN = (
    "t0",
    "t1",
    "steps",
    "method",
    "adjoint",
    "tolerance",
    "solver",
    "max_steps",
    "coupling",
    "round_trip_limit",
)


@cites("imchitr2020", "chen2018", "kidger2021", "mccallum2024")
class NeuralODE(eqx.Module):
    r"""$\psi(t_1)$ of $\dot\psi = f(t, \psi; \theta)$ with $\psi(t_0)$ the input.

    The default takes equal steps of an explicit method in one scan: it compiles in a few seconds
    at most, and its gradient is that of what was computed. With `tolerance` Diffrax chooses the
    steps; the tolerance then holds for every entry of the state (a mean over a batch would hide
    its worst example).

    Along the solution $a = \partial L / \partial \psi(t)$, a row, obeys
    $\dot a = -a\,\partial f / \partial \psi$, and

    $$\frac{\partial L}{\partial\theta} = \int_{t_0}^{t_1} a\,\frac{\partial f}{\partial\theta}\,dt,
    \qquad \frac{\partial L}{\partial t_1} = a(t_1) f(t_1), \qquad
    \frac{\partial L}{\partial t_0} = -a(t_0) f(t_0)$$

    (the source's (43) and (44), which starts from $\psi(t_1)$ and not from its $z(t_1)$). How they
    are computed is the adjoint, by name:

    | adjoint | gradient | memory with 64, 256, 1024 steps | time | evaluations a step and stage |
    |---|---|---|---|---|
    | "direct" | exact for what was computed | 6.6, 25, 101 MB | 1 | 1 forward, 0 again |
    | "checkpoint" | the same | 1.2, 2.0, 3.7 MB, about sqrt(steps) | 1.1 | 1 forward, 1 again |
    | "reversible" | exact for a scheme of its own | 0.60 MB at any | 4 | 2 forward, 4 again |
    | "backsolve" | of the equation, to its own error | 0.35 MB at any | 0.9 | 1 forward, 1 again |

    (`benchmarks/adjoints.py`: RK4, 64 sites, batch 16, float64; the compiler's temporary memory;
    time relative to "direct", median of three ratios.) With `tolerance`, "checkpoint" keeps
    16 states and has no forward-mode derivatives. "reversible" and "backsolve" never
    have them.

    "backsolve" integrates the state backwards, which is unstable where the forward flow contracts:
    under diffusion the mode $p$ grows like $e^{a_2 (1 - \cos p) t}$. So its gradient carries a
    check, $|\psi_\mathrm{back}(t_0) - \psi(t_0)| \le$ `round_trip_limit` $\cdot |\psi(t_0)|$ in
    the largest entry, and raises where it fails. "reversible" is the scheme of McCallum and
    Foster, with $l$ = `coupling` and $\Psi_h$ the increment of `method`,

    $$y \leftarrow l y + (1 - l) z + \Psi_h(t, z), \qquad z \leftarrow z - \Psi_{-h}(t + h, y)$$

    Its gradient is exact for what it computes, but its two states part where the field contracts,
    like $e^{\lambda t}$ for a decay rate $\lambda$ with $\lambda h > 1 - l$: not for diffusion
    over long times. Both limits are shown in `tests/networks/test_neural_ode.py`.

    **Arguments:**

    - `field`: `field(t, y)` gives the rate of change, of the shape and dtype of `y`; an Equinox
      module or any function. Or the plain values of an `MLPField`, whose weights `key` draws.
    - `t0`, `t1`: the interval.
    - `steps`: number of equal steps, the default of the call; not used with `tolerance`.
    - `method`: "euler", "midpoint", "heun", "ssprk3", "rk4" or "dopri5", of order 1, 2, 2, 3, 4
      and 5.
    - `adjoint`: as above.
    - `tolerance`: relative and absolute; `None` for equal steps.
    - `solver`: of the adaptive solution: "bosh3", "dopri5", "dopri8", "tsit5", or "kvaerno5"
      (implicit, for stiff fields). `None` takes "dopri5" for tolerances from 1e-4 up and "dopri8"
      below: a gradient needs more digits than the state, and a high order has them cheaply
      (`benchmarks/neural_ode.py`).
    - `max_steps`: of the adaptive solution.
    - `coupling`: $l$ of "reversible", in (0, 1].
    - `round_trip_limit`: of "backsolve"; `None` lets every gradient pass.

    **Raises:**

    - `ValueError` for unknown names, counts below 1, an interval of length 0, or
      "reversible" with a tolerance.
    - At run time `eqx.EquinoxRuntimeError`: the adaptive solution did not finish (it names dtype
      and tolerance), or the round trip failed.

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    ode = fx.networks.NeuralODE(lambda t, y: -y, t1=2.0, steps=16)
    assert jnp.allclose(ode(jnp.ones(3)), jnp.exp(-2.0), atol=1e-4)
    ```

    Source: V. Imchitr (2020), eqs (41)-(44); R. T. Q. Chen et al. (2018); S. McCallum and
    J. Foster (2024).
    """

    field: Callable[[Any, Any], Any]
    t0: float = eqx.field(static=True)
    t1: float = eqx.field(static=True)
    steps: int = eqx.field(static=True)
    method: str = eqx.field(static=True)
    adjoint: str = eqx.field(static=True)
    tolerance: float | None = eqx.field(static=True)
    solver: str | None = eqx.field(static=True)
    max_steps: int = eqx.field(static=True)
    coupling: float = eqx.field(static=True)
    round_trip_limit: float | None = eqx.field(static=True)

    def __init__(
        self,
        field: Callable[[Any, Any], Any] | dict[str, Any],
        *,
        t0: float = 0.0,
        t1: float = 1.0,
        steps: int = 32,
        method: str = "rk4",
        adjoint: str = "checkpoint",
        tolerance: float | None = None,
        solver: str | None = None,
        max_steps: int = 4096,
        coupling: float = 0.999,
        round_trip_limit: float | None = 0.01,
        key: PRNGKeyArray | None = None,
    ):
        if isinstance(field, dict):
            check(key is not None, "key", "draw the weights of a field given by values", "None")
            field = MLPField(**field, key=key)  # pyright: ignore[reportArgumentType]
        check(callable(field), "field", "be a function of (t, y)", type(field).__name__)
        check_positive("t1 - t0", abs(t1 - t0))
        check_count("steps", steps)
        check_count("max_steps", max_steps)
        check_choice("method", method, METHODS)
        check_choice("adjoint", adjoint, ADJOINTS)
        if solver is not None:
            check_choice("solver", solver, SOLVERS)
        check(0 < coupling <= 1, "coupling", "lie in (0, 1]", coupling)
        if tolerance is not None:
            check_positive("tolerance", tolerance)
            check(adjoint != "reversible", "adjoint", "be another one with a tolerance", adjoint)
        if round_trip_limit is not None:
            check_positive("round_trip_limit", round_trip_limit)
        self.field, self.t0, self.t1, self.steps = field, float(t0), float(t1), steps
        self.method, self.adjoint, self.tolerance = method, adjoint, tolerance
        self.solver, self.max_steps, self.coupling = solver, max_steps, coupling
        self.round_trip_limit = round_trip_limit

    def __call__(
        self,
        y0: Float[Array, "*shape"],
        *,
        t0: Float[Array, ""] | float | None = None,
        t1: Float[Array, ""] | float | None = None,
        steps: int | None = None,
    ) -> Float[Array, "*shape"]:
        """State at `t1` from the state at `t0`: one example, or a batch if the field takes one."""
        given = self._given(y0, t0, t1)
        count = self._count(steps)
        if self.adjoint == "reversible":
            return reversible_solve(METHODS[self.method], count, self.coupling, *given)
        solve = self._solve(count)
        if self.adjoint == "backsolve":
            return backsolve(solve, self.round_trip_limit, *given)
        return solve(*given)

    def round_trip_error(
        self,
        y0: Float[Array, "*shape"],
        *,
        t0: Float[Array, ""] | float | None = None,
        t1: Float[Array, ""] | float | None = None,
        steps: int | None = None,
        limit: float | None = None,
    ) -> Float[Array, ""]:
        r"""$\max|\psi_\mathrm{back}(t_0) - \psi(t_0)| / \max|\psi(t_0)|$ of solving there and back.

        By the inverse of the scheme for "reversible", and for every other adjoint by the same
        solver run from $t_1$ to $t_0$, as "backsolve" does.

        **Arguments:**

        - `y0`, `t0`, `t1`, `steps`: as in the call.
        - `limit`: error above which to raise; not under `jit`.

        **Raises:**

        - `UnstableBackwardError` above `limit`.

        ```python
        import jax.numpy as jnp, feynax as fx
        ode = fx.networks.NeuralODE(lambda t, y: -y, steps=64, adjoint="backsolve")
        assert ode.round_trip_error(jnp.ones(2), limit=1e-6) < 1e-6
        ```
        """
        given = self._given(y0, t0, t1)
        count = self._count(steps)
        if self.adjoint == "reversible":
            error = reversible_error(METHODS[self.method], count, self.coupling, *given)
        else:
            error = backsolve_error(self._solve(count), *given)
        if limit is not None and not float(error) <= limit:
            raise UnstableBackwardError(
                f"Integrating back from t1 misses psi(t0) by {float(error):.2g} of its largest "
                f"entry, above the limit {limit:g}: the flow contracts too strongly for "
                f'adjoint="{self.adjoint}".'
            )
        return error

    def config(self) -> dict[str, Any]:
        """Arguments of the constructor, without the key; of an `MLPField` only."""
        check(
            isinstance(self.field, MLPField),
            "field",
            "be an MLPField to be written as plain values",
            type(self.field).__name__,
        )
        return {
            "field": self.field.config(),  # pyright: ignore[reportFunctionMemberAccess]
            **{name: getattr(self, name) for name in _PLAIN},
        }

    def _given(self, y0: Any, t0: Any, t1: Any) -> tuple[Any, Array, Array, Array]:
        real = jnp.issubdtype(jnp.result_type(y0), jnp.floating)
        check(real, "y0", "hold real floating-point numbers", jnp.result_type(y0))
        y0 = jnp.asarray(y0)
        start = jnp.asarray(self.t0 if t0 is None else t0, y0.dtype)
        return self.field, y0, start, jnp.asarray(self.t1 if t1 is None else t1, y0.dtype)

    def _count(self, steps: int | None) -> int:
        if steps is None:
            return self.steps
        check_count("steps", steps)
        return steps

    def _solve(self, steps: int) -> Solve:
        checkpoint = self.adjoint != "direct"
        if self.tolerance is None:
            return fixed_solve(METHODS[self.method], steps, checkpoint)
        return partial(
            adaptive_solve,
            solver=self.solver or ("dopri5" if self.tolerance >= _LOOSE else "dopri8"),
            tolerance=self.tolerance,
            max_steps=self.max_steps,
            checkpoint=checkpoint,
        )
