"""Continuous-time recurrent networks, in Beer's form and in the form of rates."""

from collections.abc import Callable
from typing import Any, Literal

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, Int8, PRNGKeyArray, PyTree

from ..._checks import check, check_choice, check_count, check_positive, check_shape
from ..._citation import cites
from ...equations import AbstractStep, EulerStep, ExactStep
from .._layers import ACTIVATIONS
from ._cell import AbstractCell
from ._ctrnn_read import read_mask, read_row, read_signs, solve_rates
from ._ctrnn_step import INTEGRATORS, STAGES, relax
from ._embed import embed
from ._equation import CellEquation

Form = Literal["potential", "rate"]
Method = Literal["euler", "exponential", "heun", "rk4"]
Activation = str | Callable[[Array], Array]

_NAMED = ACTIVATIONS | {"sigmoid": jax.nn.sigmoid}


@cites("beer1995")
class CTRNN(AbstractCell):
    r"""Continuous-time recurrent network.

    In Beer's form the state is a potential, in the other one it is a rate:

    $$\tau_i y_i' = -y_i + \sum_j w_{ij}\,\sigma(g_j(y_j + \theta_j)) + I_i + (Vx)_i, \qquad
      \tau_i r_i' = -r_i + \sigma\big(g_i\big(\textstyle\sum_j w_{ij} r_j + \theta_i + I_i
      + (Vx)_i\big)\big)$$

    $w_{ij}$ is what unit $i$ receives from unit $j$. For equal time constants and a held input the
    two are one system, $y = Wr + I + Vx$, and so are their discrete steps
    ([`feynax.networks.CTRNN.converted`][]).

    One sample is `step_size` units of time, `dt` times that where it is given. "euler" and
    "exponential" move each unit by the share $z_i$ toward its target, with $z = h/\tau$ or
    $1 - e^{-h/\tau}$ ([`feynax.equations.EulerStep`][], [`feynax.equations.ExactStep`][]); "heun"
    and "rk4" are Runge-Kutta steps of order 2 and 4.

    **Fields:**

    - `strengths` (hidden, hidden): the weights before mask and signs; see `weights`.
    - `input_weights` (hidden, input): $V$.
    - `log_tau`, `bias`, `gain`, `current` (hidden): $\log\tau$ (so that training keeps $\tau$
      positive), $\theta$, $g$ and $I$.
    - `initial` (hidden): first state; trained where `learn_initial` is true.
    - `mask`: connections that exist.
    - `signs`: +1 for units that excite, -1 for those that inhibit: Dale's law. Weights are then
      $w_{ij} = s_j |\cdot|$, which no training step can turn round.
    - `noise`: standard deviations (before, after the activation) of what is added when a run is
      given a key, in units of the stationary deviation that the latter alone would cause.

    Source: R. D. Beer (1995).

    ```python
    import jax.numpy as jnp, feynax as fx
    cell = fx.networks.CTRNN.centre_crossing([[4.5, 1.0], [-1.0, 4.5]], step_size=0.2)
    rates, last = fx.networks.run(cell, jnp.zeros((400, 0)), state=jnp.array([3.0, 1.0]))
    assert rates[200:, 0].max() - rates[200:, 0].min() > 0.5  # Beer's oscillator
    ```
    """

    strengths: Float[Array, "hidden hidden"]
    input_weights: Float[Array, "hidden input"]
    log_tau: Float[Array, " hidden"]
    bias: Float[Array, " hidden"]
    gain: Float[Array, " hidden"]
    current: Float[Array, " hidden"]
    initial: Float[Array, " hidden"]
    mask: Bool[Array, "hidden hidden"] | None
    signs: Int8[Array, " hidden"] | None
    activation: Activation = eqx.field(static=True)
    form: Form = eqx.field(static=True)
    method: Method = eqx.field(static=True)
    step_size: float = eqx.field(static=True)
    noise: tuple[float, float] = eqx.field(static=True)
    learn_initial: bool = eqx.field(static=True)
    input_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        activation: Activation = "sigmoid",
        form: Form = "potential",
        method: Method = "euler",
        step_size: float = 0.1,
        mask: Bool[ArrayLike, "hidden hidden"] | None = None,
        autapses: bool = True,
        signs: Any = None,
        noise: tuple[float, float] = (0.0, 0.0),
        learn_initial: bool = False,
        dtype: Any = None,
        key: PRNGKeyArray,
    ):
        r"""Draw weights normally with deviation $1/\sqrt{\text{fan-in}}$; $\tau = g = 1$, else 0.

        `activation` is a name or any function of one number; `autapses=False` takes the
        connections of units with themselves away.
        """
        check_count("input_size", input_size, 0)
        check_count("hidden_size", hidden_size)
        if isinstance(activation, str):
            check_choice("activation", activation, _NAMED)
        check_choice("form", form, ("potential", "rate"))
        check_choice("method", method, STAGES)
        check_positive("step_size", step_size)
        check(min(noise) >= 0, "noise", "hold deviations of at least 0", noise)
        inner, outer = jax.random.split(key)
        square = (hidden_size, hidden_size)
        self.mask = read_mask(mask, autapses, square)
        self.signs = read_signs(signs, hidden_size)
        self.strengths = jax.random.normal(inner, square, dtype) * hidden_size**-0.5
        drawn = jax.random.normal(outer, (hidden_size, input_size), dtype)
        self.input_weights = drawn * max(input_size, 1) ** -0.5
        zero = jnp.zeros(hidden_size, self.strengths.dtype)
        self.log_tau, self.bias, self.gain, self.current, self.initial = (
            zero,
            zero,
            zero + 1,
            zero,
            zero,
        )
        self.activation, self.form, self.method = activation, form, method
        self.step_size, self.noise = float(step_size), (float(noise[0]), float(noise[1]))
        self.learn_initial = learn_initial
        self.input_size, self.hidden_size = input_size, hidden_size

    @classmethod
    def from_arrays(
        cls,
        weights: Float[ArrayLike, "hidden hidden"],
        tau: Float[ArrayLike, "#hidden"] = 1.0,
        bias: Float[ArrayLike, "#hidden"] = 0.0,
        current: Float[ArrayLike, "#hidden"] = 0.0,
        *,
        gain: Float[ArrayLike, "#hidden"] = 1.0,
        input_weights: Float[ArrayLike, "hidden input"] | None = None,
        initial: Float[ArrayLike, "#hidden"] = 0.0,
        dtype: Any = None,
        **options: Any,
    ) -> "CTRNN":
        r"""Make a network of given weights $w_{ij}$ (to $i$, from $j$), $\tau$, $\theta$ and $I$.

        **Arguments:**

        - `weights`: square; zero where a mask among `options` has no connection, and of the sign
          of their column where `signs` are given.
        - `tau`, `bias`, `current`, `gain`, `initial`: one number for all units, or one each.
        - `input_weights`: no inputs by default.
        - `options`: as in the constructor.

        ```python
        import feynax as fx
        cell = fx.networks.CTRNN.from_arrays([[2.0]], 0.5, -1.0, 0.25, activation="relu")
        assert cell.weights[0, 0] == 2.0 and cell.input_size == 0
        ```
        """
        square = np.asarray(weights, np.float64)
        check(square.ndim == 2, "weights", "be a matrix", f"shape {square.shape}")
        hidden = len(square)
        check_shape("weights", square, (hidden, hidden))
        inward = np.zeros((hidden, 0)) if input_weights is None else np.asarray(input_weights)
        check_shape("input_weights", inward, (hidden, None))
        check(bool(np.all(np.asarray(tau) > 0)), "tau", "be positive", tau)
        cell = cls(inward.shape[1], hidden, dtype=dtype, key=jax.random.key(0), **options)
        rows = {"log_tau": np.log(np.asarray(tau, np.float64)), "bias": bias, "gain": gain}
        rows |= {"current": current, "initial": initial}
        values = [square, inward, *(read_row(name, value, hidden) for name, value in rows.items())]
        cell = eqx.tree_at(
            lambda c: [c.strengths, c.input_weights, *(getattr(c, name) for name in rows)],
            cell,
            [jnp.asarray(value, cell.strengths.dtype) for value in values],
        )
        kept = np.allclose(np.asarray(cell.weights), square, rtol=1e-6, atol=0)
        check(kept, "weights", "agree with `mask` and `signs`", "others there")
        return cell

    @classmethod
    def centre_crossing(
        cls,
        weights: Float[ArrayLike, "hidden hidden"],
        tau: Float[ArrayLike, "#hidden"] = 1.0,
        current: Float[ArrayLike, "#hidden"] = 0.0,
        **options: Any,
    ) -> "CTRNN":
        r"""Make a network whose nullclines cross at their centres.

        $\theta_i = -I_i - \sum_j w_{ij}/2$.

        All units of the logistic activation then rest at rate 1/2 together, where their slopes are
        largest: the richest dynamics that the weights allow (Beer 1995).

        **Arguments:**

        - `weights`, `tau`, `current`, `options`: as in `from_arrays`.

        ```python
        import feynax as fx
        cell = fx.networks.CTRNN.centre_crossing([[4.5, 1.0], [-1.0, 4.5]])
        assert cell.bias.tolist() == [-2.75, -1.75]
        ```
        """
        sums = np.asarray(weights, np.float64).sum(1)
        bias = -np.asarray(current, np.float64) - sums / 2
        return cls.from_arrays(weights, tau, bias, current, **options)

    @property
    def tau(self) -> Float[Array, " hidden"]:
        """Time constants."""
        return jnp.exp(self.log_tau)

    @property
    def weights(self) -> Float[Array, "hidden hidden"]:
        """Weights as they act, to the row's unit from the column's."""
        w = self.strengths
        if self.signs is not None:
            w = jnp.abs(w) * self.signs.astype(w.dtype)[None, :]
        return w if self.mask is None else jnp.where(self.mask, w, jnp.zeros_like(w))

    def config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain values."""
        names = ("input_size", "hidden_size", "activation", "form", "method", "step_size", "noise")
        mask = None if self.mask is None else np.asarray(self.mask).tolist()
        signs = None if self.signs is None else np.asarray(self.signs).tolist()
        plain = {name: getattr(self, name) for name in names}
        return plain | {"mask": mask, "signs": signs, "learn_initial": self.learn_initial}

    def initial_state(self) -> Float[Array, " hidden"]:
        """Return the first state, which gradients reach where it is to be learned."""
        return self.initial if self.learn_initial else jax.lax.stop_gradient(self.initial)

    def prepare(self) -> tuple[Float[Array, "hidden hidden"], Float[Array, " hidden"]]:
        r"""Return the weights as they act, and the rates $1/\tau$."""
        return self.weights, jnp.exp(-self.log_tau)

    def drive(self, x: Float[Array, " input"], *, key: PRNGKeyArray | None = None) -> PyTree:
        """Return the input's current and the noise before and after the activation."""
        pushed = self.input_weights @ x
        if key is None or self.noise == (0.0, 0.0):
            return pushed, None
        drawn = jax.random.normal(key, (2, self.hidden_size), pushed.dtype)
        return pushed, (self.noise[0] * drawn[0], self.noise[1] * drawn[1])

    def step(
        self,
        ready: PyTree,
        state: Float[Array, " hidden"],
        drive: PyTree,
        dt: Float[Array, ""] | None = None,
    ) -> Float[Array, " hidden"]:
        """Take one step from what `prepare` and `drive` gave."""
        weights, rate = ready
        pushed, drawn = drive
        share = self.step_policy.share(rate, dt)
        before = after = jnp.zeros_like(state)
        if drawn is not None:
            # so scaled, noise after the activation gives every step the same stationary spread
            before, after = (jnp.sqrt((2 - share) / share) * part for part in drawn)

        def target(y: Array) -> Array:
            return self._target(weights, y, pushed, before) + after

        time = self.step_size * rate if dt is None else self.step_size * dt * rate
        return relax(self.method, target, state, share, time)

    @property
    def step_policy(self) -> AbstractStep:
        r"""The step of each unit, a function of its rate $1/\tau$."""
        return EulerStep(self.step_size) if self.method == "euler" else ExactStep(self.step_size)

    def output(self, state: Float[Array, " hidden"]) -> Float[Array, " hidden"]:
        r"""Return the rates: the state itself, or $\sigma(g(y + \theta))$ of potentials."""
        if self.form == "rate":
            return state
        return self._activate(self.gain * (state + self.bias))

    def field(
        self, y: Float[Array, " hidden"], x: Float[Array, " input"] | None = None
    ) -> Float[Array, " hidden"]:
        """Return the velocity of a state at an input, per unit of time."""
        weights, rate = self.prepare()
        pushed = jnp.zeros_like(y) if x is None else self.input_weights @ x
        return rate * (self._target(weights, y, pushed, jnp.zeros_like(y)) - y)

    def converted(
        self, state: Float[ArrayLike, " hidden"], x: Float[ArrayLike, " input"] | None = None
    ) -> tuple["CTRNN", Float[Array, " hidden"]]:
        r"""Return the same network in the other form, and the state that corresponds to `state`.

        $y = Wr + I + Vx$ turns rates into potentials and intertwines the two equations, and every
        integrator of them, exactly: for equal time constants, an input that does not change and
        no noise. The way back solves for $r$; it exists where $y - I - Vx$ lies in the range of
        $W$ (what lies outside decays as $e^{-t/\tau}$ and has no counterpart).

        **Arguments:**

        - `state`: in this network's form.
        - `x`: the held input; zeros by default.

        **Raises:**

        - `ValueError` where the time constants differ, or where no rates lead to `state`.

        ```python
        import jax.numpy as jnp, feynax as fx
        beer = fx.networks.CTRNN.from_arrays([[2.0, 1.0], [0.0, 1.0]], 0.5, bias=[0.1, 0.2])
        rates, r = beer.converted(jnp.array([0.3, -0.1]))
        assert jnp.allclose(rates.weights @ r, jnp.array([0.3, -0.1]), atol=1e-6)
        ```
        """
        tau = np.asarray(self.log_tau)
        check(bool(np.ptp(tau) <= 1e-12), "tau", "be equal for all units", np.exp(tau))
        y, weights = np.asarray(state, np.float64), np.asarray(self.weights, np.float64)
        shift = np.asarray(self.current, np.float64)
        if x is not None:
            shift = shift + np.asarray(self.input_weights, np.float64) @ np.asarray(x, np.float64)
        if self.form == "rate":
            form, moved = "potential", weights @ y + shift
        else:
            form, moved = "rate", solve_rates(weights, y - shift)
        return self._with_form(form), jnp.asarray(moved, self.bias.dtype)

    def equation(self) -> CellEquation:
        """Return the equation with its integrator."""
        beer = "tau y' = -y + W s(g(y + theta)) + I + V x"
        rate = "tau r' = -r + s(g(W r + theta + I + V x))"
        return CellEquation(
            name="CTRNN",
            ode=beer if self.form == "potential" else rate,
            state="R^H: potentials" if self.form == "potential" else "R^H: rates",
            field="nonlinear dense",
            structure="free" if self.signs is None else "signed columns (Dale's law)",
            integrator=INTEGRATORS[self.method],
            step=self.step_policy,
            step_from="nothing",
            stages=STAGES[self.method],
            lags=1,
            derivative_order=1,
            coefficients="constant",
            vector_field=lambda y, x: self.step_size * self.field(y, x),
            odernn=embed(self),
        )

    def _activate(self, u: Array) -> Array:
        function = _NAMED[self.activation] if isinstance(self.activation, str) else self.activation
        return function(u)

    def _target(self, weights: Array, y: Array, pushed: Array, before: Array) -> Array:
        """Where the state would come to rest if the others held still."""
        if self.form == "potential":
            fired = self._activate(self.gain * (y + self.bias + before))
            return weights @ fired + self.current + pushed
        inner = weights @ y + self.bias + self.current + pushed
        return self._activate(self.gain * (inner + before))

    def _with_form(self, form: Form) -> "CTRNN":
        arrays = eqx.filter(self, eqx.is_array)
        options: dict[str, Any] = self.config() | {"form": form}
        like = CTRNN(**options, key=jax.random.key(0))
        leaves = jax.tree.leaves(arrays)
        return jax.tree.unflatten(jax.tree.structure(like), leaves)
