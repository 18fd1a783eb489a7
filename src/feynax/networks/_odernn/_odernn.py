"""The step itself, as a recurrent cell."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Inexact, Int, PRNGKeyArray, PyTree

from ..._checks import check, check_count
from ...equations import StepNorms
from .._cells._cell import AbstractCell, refuse_dt
from .._cells._equation import CellEquation
from ._activation import identity
from ._build import draw_stages
from ._fields import check_moment, read_fields, read_sizes
from ._implicit import StageSolution, coupling, insist, pack, radius, size_of, solve, tolerance
from ._lags import Lags, Variant
from ._norms import step_norms
from ._stage import Moment, Stage, argument, value, whole

StageFunction = Callable[[Moment], Stage]


class Memory(NamedTuple):
    """State of an ODERNN.

    **Fields:**

    - `history`: past states, newest first.
    - `step`: samples seen so far.
    """

    history: Inexact[Array, "lags state"]
    step: Int[Array, ""]


class ODERNN(AbstractCell):
    r"""The n-t-ODERNN: n stages that may read t different past states.

    $$K_q = \gamma_q K_{q-1} + \kappa_q\,\sigma_q\Big(W_q Y_{l-\tau_q} + V_q x + b_q
        + h \sum_k \alpha_{qk} K_k\Big), \qquad \tau_q = \lfloor t(q-1)/n \rfloor$$
    $$Y_{l+1} = \gamma Y_l + \kappa\,\sigma\Big(W Y_{l-\tau_n} + V x + b
        + h \sum_k \beta_k K_k\Big)$$

    The constructor draws constant coefficients; `from_stages` takes any, also ones that depend
    on state and input. Explicit steps take $\alpha_{qk} = 0$ for $k \ge q$. Implicit stages are
    solved by the fixed point where $\rho(N) < 1$ certifies it, and by damped Newton otherwise,
    until $\max|K - G(K)| \le \epsilon^{2/3}(1 + \max|K|)$; derivatives are those of the implicit
    function. Where that is not reached the state becomes NaN and an error is raised with residual,
    step and $\rho(N)$, exact outside `jit` and by decades inside (`EQX_ON_ERROR=off` leaves NaN).

    **Arguments:**

    - `input_size`, `state_size`: whole numbers.
    - `stages`, `lags`: n and t. Of more than n lags only n are used, which is warned of.
    - `implicit`: whether stages read themselves and later ones.
    - `coefficients`: of `alpha`, `beta`, `gamma`, `kappa` each "scalar", "diagonal", "dense" or
      "none"; scalar alpha and beta, no gamma and kappa = I where nothing is said.
    - `stage_size`: components of a stage, p; the state's where it is left out.
    - `activation`: one for all stages, with the identity in the output, or n + 1 of them.
    - `dtype`: of the state; may be complex.
    - `h`: the step.
    - `variant`: "later", or "earlier": stage q reads $Y_{l+\tau_q}$ on the way to $Y_{l+t}$, with
      skip from $Y_l$. The same for t = 1.
    - `inner`: the form $W(d\,Y + h\sum_k a_k K_k)$ of the argument, in which tableaux are stated.

    **Raises:**

    - `ValueError` for counts below 1, shapes that do not fit (naming stage and coefficient),
      explicit steps that read later stages, and steps that are not finite.

    Source: n-t-ODERNN document, (2)-(4) and (10), with the corrections: stage 1 has alpha, without
    which no implicit method is an ODERNN (`test_implicit_midpoint_needs_its_first_alpha`); the
    output reads $Y_{l-t_{n-1}}$ (`test_lags_are_those_of_example_8`).

    ```python
    import jax, jax.numpy as jnp, feynax as fx
    net = fx.networks.ODERNN(3, 4, stages=2, lags=2, h=0.1, key=jax.random.key(0))
    outputs, last = fx.networks.run(net, jnp.ones((5, 3)))
    assert outputs.shape == (5, 4) and last.history.shape == (2, 4) and net.lags == 2
    ```
    """

    stages: tuple[StageFunction, ...]
    output_stage: StageFunction
    readout: Callable[[Array], Array]
    input_size: int = eqx.field(static=True)
    state_size: int = eqx.field(static=True)
    hidden_size: int = eqx.field(static=True)
    stage_sizes: tuple[int, ...] = eqx.field(static=True)
    lags: int = eqx.field(static=True)
    implicit: bool = eqx.field(static=True)
    inner: bool = eqx.field(static=True)
    h: float = eqx.field(static=True)
    variant: Variant = eqx.field(static=True)
    places: Lags = eqx.field(static=True)
    dtype: Any = eqx.field(static=True)

    def __init__(
        self,
        input_size: int,
        state_size: int,
        *,
        stages: int = 1,
        lags: int = 1,
        implicit: bool = False,
        coefficients: Mapping[str, Literal["scalar", "diagonal", "dense", "none"]] | None = None,
        stage_size: int | None = None,
        activation: Callable[[Array], Array] | Sequence[Callable[[Array], Array]] = jnp.tanh,
        dtype: Any = None,
        h: float = 1.0,
        variant: Variant = "later",
        inner: bool = False,
        key: PRNGKeyArray,
    ):
        """Draw constant coefficients uniformly within one over the root of their columns."""
        check_count("input_size", input_size, 0)
        check_count("state_size", state_size)
        check_count("stages", stages)
        size = state_size if stage_size is None else stage_size
        check_count("stage_size", size)
        acts = [activation] * stages + [identity] if callable(activation) else activation
        must = f"be one function or {stages + 1}, the last for the output"
        check(len(acts) == stages + 1, "activation", must, len(acts))
        dtype = jnp.zeros(0, dtype).dtype
        drawn = draw_stages(
            stages, state_size, input_size, size, coefficients, acts, implicit, inner, dtype, key
        )
        fields = read_fields(
            *drawn, input_size, state_size, (size,) * stages, lags, implicit, h, variant, inner,
            identity, dtype,
        )  # fmt: skip
        for name, field in fields.items():
            setattr(self, name, field)

    @classmethod
    def from_stages(
        cls,
        stages: Sequence[StageFunction],
        output: StageFunction,
        *,
        input_size: int,
        state_size: int,
        stage_size: int | Sequence[int] | None = None,
        lags: int = 1,
        implicit: bool = False,
        h: float = 1.0,
        variant: Variant = "later",
        inner: bool = False,
        readout: Callable[[Array], Array] = identity,
        dtype: Any = None,
    ) -> "ODERNN":
        r"""Return the ODERNN with these stages.

        **Arguments:**

        - `stages`, `output`: functions of a [`feynax.networks.Moment`][] that give the
          coefficients as a [`feynax.networks.Stage`][]; a `Stage` is a constant one. Functions
          that hold arrays must be `eqx.Module`s or `jax.tree_util.Partial`s.
        - `stage_size`: one for all stages or one each; the state's where it is left out. Stages of
          unequal size stand for those padded with zeros.
        - `readout`: what the next layer sees of a state; all of it by default.
        - the others: see [`feynax.networks.ODERNN`][].

        **Raises:**

        - `ValueError` as the constructor does.

        ```python
        import jax.numpy as jnp, feynax as fx
        from feynax.networks import ODERNN, Stage
        # two-step leapfrog Y_{l+1} = Y_{l-1} + 2 h f(Y_l)
        turn = jnp.array([[0.0, 1.0], [-1.0, 0.0]])
        K1, K2 = Stage(W=turn), Stage(W=1.0)
        out = Stage(W=1.0, alpha={1: 2.0})
        net = ODERNN.from_stages(
            (K1, K2), out, input_size=1, state_size=2, lags=2, h=0.1
        )
        state = net.history(jnp.array([[1.0, -0.1], [1.0, 0.0]]))
        assert jnp.allclose(net(state, jnp.zeros(1)).history[0], jnp.array([0.98, -0.2]))
        ```
        """
        sizes = read_sizes(stages, state_size if stage_size is None else stage_size)
        dtype = jnp.zeros(0, dtype).dtype
        fields = read_fields(
            tuple(stages), output, input_size, state_size, sizes, lags, implicit, h, variant, inner,
            readout, dtype,
        )  # fmt: skip
        net = object.__new__(cls)  # the constructor draws; everything here is given
        for name, field in fields.items():
            object.__setattr__(net, name, field)
        return net

    @property
    def coefficients(self) -> Literal["constant", "dynamical"]:
        """Whether coefficients depend on state, input or time."""
        every = (*self.stages, self.output_stage)
        return "constant" if all(isinstance(s, Stage) for s in every) else "dynamical"

    def parameter_count(self, *, inputs: bool = True) -> int:
        """Count the entries of all coefficients that are arrays; `inputs=False` leaves V out."""
        parts = (self.stages, self.output_stage)
        count = sum(a.size for a in jax.tree.leaves(parts) if eqx.is_inexact_array(a))
        if inputs:
            return count
        given = (s for s in (*self.stages, self.output_stage) if isinstance(s, Stage))
        drives: list[Any] = [s.V for s in given if eqx.is_inexact_array(s.V)]
        return count - sum(V.size for V in drives)

    def initial_state(self) -> Memory:
        """Return zeros for all past states."""
        return self.history(jnp.zeros(self.state_size, self.dtype))

    def history(self, start: Inexact[Array, "state"] | Inexact[Array, "lags state"]) -> Memory:
        """Return the state before the first sample.

        **Arguments:**

        - `start`: one state, taken for all past ones, or all of them, newest first.

        **Raises:**

        - `ValueError` where it is neither.
        """
        one, all_of_them = (self.state_size,), (self.places.length, self.state_size)
        shape = jnp.shape(start)
        must = f"have shape {one} or, with all past states, {all_of_them}"
        check(shape in (one, all_of_them), "start", must, f"shape {shape}")
        whole = jnp.broadcast_to(jnp.asarray(start).astype(self.dtype).reshape(-1, one[0]),
                                 all_of_them)  # fmt: skip
        return Memory(whole, jnp.zeros((), jnp.int32))

    def prepare(self) -> Float[Array, ""] | None:
        """Return rho(N), which all steps share; `None` where it is not needed or not defined."""
        return self.stage_radius() if self.implicit else None

    def stage_radius(self) -> Float[Array, ""] | None:
        r"""Return the spectral radius of N; below 1 the stages exist, once, and are found.

        $N_{qk} = h\,\|\kappa_q\|\,\mathrm{Lip}(\sigma_q)\,\|\alpha_{qk}\|$ plus $\|\gamma_q\|$ at
        $(q, q-1)$. Sufficient, not necessary. `None` where the coefficients of the stages depend on
        anything, or where the Lipschitz constant of an activation is not known.
        """
        N = coupling(self.stages, self.h, self.inner, jnp.finfo(self.dtype).dtype)
        return None if N is None else radius(N)

    def norms(self) -> StepNorms | None:
        """Return the norms of constant coefficients.

        [`feynax.equations.lipschitz_certificate`][] takes them.
        `None` where a coefficient depends on anything, where the Lipschitz constant of an
        activation is not known, and for the earlier document's lags.
        """
        return step_norms(self.stages, self.output_stage, self.places, self.inner)

    def drive(self, x: Inexact[Array, " input"]) -> Inexact[Array, " input"]:
        """Return the input itself."""
        return x

    def step(
        self, ready: PyTree, state: Memory, drive: PyTree, dt: Float[Array, ""] | None = None
    ) -> Memory:
        """Take one step from what `prepare` and `drive` gave."""
        refuse_dt(self, dt)
        solution = self._solve(ready, state, drive)
        K = solution.stages
        if self.implicit:
            join, split = pack(self.dtype, self.stage_sizes)
            K = split(insist(join(K), solution, self.h))
        new = self._output(state, drive, K)
        return Memory(jnp.concatenate([new[None], state.history[:-1]]), state.step + 1)

    def solve(self, state: Memory, x: Inexact[Array, " input"]) -> StageSolution:
        """Return the stages of one step and how well they are solved, without an error."""
        return self._solve(self.prepare(), state, x)

    def output(self, state: Memory) -> Inexact[Array, " hidden"]:
        """Return what the next layer sees of the newest state."""
        return self.readout(state.history[0])

    def equation(self) -> CellEquation:
        """Return the step as it is: no differential equation is claimed of free coefficients."""
        kind = "implicit" if self.implicit else "explicit"
        n, t = len(self.stages), min(self.lags, len(self.stages))
        return CellEquation(
            name="ODERNN",
            ode="K_q = g_q K_(q-1) + k_q s_q(W_q Y + b_q + h sum a_qk K_k)",
            state=f"{'C' if jnp.issubdtype(self.dtype, jnp.complexfloating) else 'R'}^"
            f"{self.state_size}, {self.places.length} of them",
            field="nonlinear dense",
            structure="free",
            integrator=f"{n}-stage {kind} step",
            step=None,
            step_from="nothing" if self.coefficients == "constant" else "state and input",
            stages=n,
            lags=t,
            derivative_order=1,
            coefficients=self.coefficients,
            odernn=self,
        )

    def _solve(self, rho: Array | None, state: Memory, x: Array) -> StageSolution:
        check_moment(self, state, x)
        real = jnp.finfo(self.dtype).dtype
        zero, none = jnp.zeros((), real), jnp.full((), jnp.nan, real)
        if not self.implicit:
            K: tuple[Array, ...] = ()
            for q in range(len(self.stages)):
                K = (*K, self._stage(q, state, x, K))
            return StageSolution(K, zero, none, jnp.zeros((), jnp.int32), jnp.ones((), bool))
        join, split = pack(self.dtype, self.stage_sizes)

        def sweep(k: Array) -> Array:
            K = split(k)
            return join([self._stage(q, state, x, K) for q in range(len(K))])

        zeros = join([jnp.zeros(size, self.dtype) for size in self.stage_sizes])
        k, count = solve(sweep, sweep(zeros), rho)
        residual = jax.lax.stop_gradient(size_of(k - sweep(k), k))
        solved = residual <= tolerance(self.dtype)  # NaN is not
        return StageSolution(split(k), residual, none if rho is None else rho, count, solved)

    def _stage(self, q: int, state: Memory, x: Array, K: tuple[Array, ...]) -> Array:
        """Return stage q (from 0) where the others are K."""
        stage = self.stages[q](Moment(state.step + 1, x, state.history, K[:q]))
        past = state.history[self.places.stages[q]]
        v = argument(stage, past, x, K, self.h, self.inner)
        return whole(value(stage, v, K[q - 1] if q else None), self.stage_sizes[q], self.dtype)

    def _output(self, state: Memory, x: Array, K: tuple[Array, ...]) -> Array:
        stage = self.output_stage(Moment(state.step + 1, x, state.history, K))
        v = argument(stage, state.history[self.places.output], x, K, self.h, self.inner)
        new = value(stage, v, state.history[self.places.skip])
        return whole(new, self.state_size, self.dtype)
