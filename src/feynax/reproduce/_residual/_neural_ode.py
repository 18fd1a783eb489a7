"""Chapter 5: residual networks as steps of an equation, and gradients by its adjoint."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...networks import NeuralODE
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS, largest, short

_TIME = 1.2


@functools.cache
def _weights() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    return draw.normal(size=(4, 3)), draw.normal(size=4), draw.normal(size=(3, 4))


_START = np.array([0.7, -0.4, 0.2])
_LOSS = np.array([1.0, -2.0, 0.5])  # the loss is this row times the state at the end


def _rate(psi: np.ndarray) -> np.ndarray:
    inward, offset, outward = _weights()
    return outward @ np.tanh(inward @ psi + offset)


def _slope(psi: np.ndarray) -> np.ndarray:
    """df/dpsi."""
    inward, offset, outward = _weights()
    return (outward * (1 - np.tanh(inward @ psi + offset) ** 2)) @ inward


class _Field:
    """The same right-hand side, for the library."""

    def __init__(self, weights: Any):
        self.weights = weights

    def __call__(self, t: Any, psi: Any) -> Any:
        inward, offset, outward = self.weights
        return outward @ jnp.tanh(inward @ psi + offset)


def _ode(**options: Any) -> NeuralODE:
    weights = tuple(jnp.asarray(w, jnp.float64) for w in _weights())
    return NeuralODE(_Field(weights), t1=_TIME, **options)


def _network(layers: int) -> np.ndarray:
    """States of a residual network whose branch is f times _TIME/layers."""
    states = [_START]
    for _ in range(layers):
        states.append(states[-1] + _TIME / layers * _rate(states[-1]))
    return np.array(states)


@functools.cache
def _solution() -> Any:
    from scipy.integrate import solve_ivp

    options: dict[str, Any] = {"rtol": 1e-12, "atol": 1e-12, "dense_output": True}
    return solve_ivp(lambda t, y: _rate(y), (0, _TIME), _START, method="DOP853", **options).sol


@CLAIMS.add(
    "before eq. (41)",
    kind="statement",
    printed="A residual network is the Euler discretisation of a differential equation.",
    expects="holds",
)
def euler_is_residual(budget: Budget) -> Finding:
    with jax.enable_x64(True):
        ours = np.asarray(_ode(method="euler", steps=6)(jnp.asarray(_START)))
    says = "Six residual layers and six Euler steps of the library agree to {printed}."
    return Finding.compare(says, printed=largest(ours - _network(6)[-1]), tolerance=1e-14)


@CLAIMS.add(
    "eqs. (41)-(42)",
    printed="The output psi(t1) is psi(t0) plus the integral of f along the solution.",
    expects="holds",
)
def integral_form(budget: Budget) -> Finding:
    nodes, weights = np.polynomial.legendre.leggauss(24)
    times = _TIME * (nodes + 1) / 2
    total = sum(w * _rate(_solution()(t)) for w, t in zip(weights, times, strict=True))
    with jax.enable_x64(True):
        ours = np.asarray(_ode(method="dopri5", steps=96)(jnp.asarray(_START)))
    says = "By Gauss quadrature along another solver's path, to {printed} of the library's output."
    error = largest(ours - _START - _TIME / 2 * total)
    return Finding.compare(says, printed=error, tolerance=1e-9)


@CLAIMS.add(
    "Fig. 5.1",
    kind="figure",
    printed="The neural ODE is the limit of the residual network for many layers.",
    right="If the branch is divided by the number of layers; with branches of fixed size it is "
    "not.",
    expects="holds",
)
def continuous_limit(budget: Budget) -> Finding:
    wanted = _solution()(_TIME)
    depths = (4, 8, 16, 32, 64, 128)
    rows = tuple((n, short(largest(_network(n)[-1] - wanted))) for n in depths)
    order = np.log2(largest(_network(64)[-1] - wanted) / largest(_network(128)[-1] - wanted))
    caption = "Distance of a residual network's output from the neural ODE's."
    return Finding.compare(
        f"With 128 layers the outputs differ by {rows[-1][1]:.1g}, and twice the layers halve it "
        "(order 1 within {printed}).",
        printed=abs(order - 1),
        tolerance=0.05,
        comparison=Comparison(caption, ("layers", "distance"), rows),
    )


@functools.cache
def _gradients() -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """dL/dpsi(t0) and dL/dtheta by the library, through the steps that were computed."""

    def loss(weights, start):
        ode = NeuralODE(_Field(weights), t1=_TIME, steps=48, adjoint="direct")
        return jnp.asarray(_LOSS) @ ode(start)

    with jax.enable_x64(True):
        weights = tuple(jnp.asarray(w) for w in _weights())
        found = jax.jit(jax.grad(loss, argnums=(0, 1)))(weights, jnp.asarray(_START))
    return np.asarray(found[1]), tuple(np.asarray(g) for g in found[0])


def _adjoint(end: np.ndarray) -> Any:
    """a(t) of (43), backward from t1."""
    from scipy.integrate import solve_ivp

    rate = lambda t, a: -a @ _slope(_solution()(t))
    options: dict[str, Any] = {"rtol": 1e-11, "atol": 1e-11, "dense_output": True}
    return solve_ivp(rate, (_TIME, 0), end, method="DOP853", **options).sol


@CLAIMS.add(
    "eq. (43)",
    printed="The adjoint a = dL/dpsi(t) obeys da/dt = -a^T df/dpsi.",
    right="With a as a row on both sides.",
    expects="holds",
)
def adjoint_equation(budget: Budget) -> Finding:
    off, step = [], 1e-5
    for k in range(3):
        moved = [_network_free(_START + sign * step * np.eye(3)[k]) for sign in (1, -1)]
        off.append((moved[0] - moved[1]) @ _LOSS / (2 * step))
    a0 = _adjoint(_LOSS)(0.0)
    return Finding.compare(
        f"Solved backward it gives the library's gradient to {largest(a0 - _gradients()[0]):.1g} "
        "and finite differences of the loss to {printed}.",
        printed=max(largest(a0 - np.array(off)), largest(a0 - _gradients()[0])),
        tolerance=1e-6,
    )


def _network_free(start: np.ndarray) -> np.ndarray:
    """End of the solution from another start, by the classical method of order four."""
    h, psi = _TIME / 200, start
    for _ in range(200):
        k1 = _rate(psi)
        k2 = _rate(psi + h / 2 * k1)
        k3 = _rate(psi + h / 2 * k2)
        psi = psi + h / 6 * (k1 + 2 * k2 + 2 * k3 + _rate(psi + h * k3))
    return psi


@CLAIMS.add(
    "after eq. (43)",
    kind="statement",
    printed="It is solved backward in time from z(t1).",
    right="From a(t1) = dL/dpsi(t1), along psi, whose own backward solution starts at psi(t1); "
    "there is no z.",
    expects="corrected",
)
def where_it_starts(budget: Budget) -> Finding:
    gradient = _gradients()[0]
    return Finding.compare(
        "Started from the hidden state at t1 the adjoint misses the gradient by {printed}, from "
        "dL/dpsi(t1) by {right}.",
        printed=largest(_adjoint(_solution()(_TIME))(0.0) - gradient),
        right=largest(_adjoint(_LOSS)(0.0) - gradient),
        tolerance=1e-6,
    )


@CLAIMS.add(
    "eq. (44)",
    printed="dL/dtheta = - integral from t1 to t0 of a^T df/dtheta dt.",
    expects="holds",
)
def parameter_gradient(budget: Budget) -> Finding:
    inward, offset, _ = _weights()
    nodes, weights = np.polynomial.legendre.leggauss(32)
    a, total = _adjoint(_LOSS), 0.0
    for node, weight in zip(nodes, weights, strict=True):
        t = _TIME * (1 - (node + 1) / 2)  # from t1 down to t0
        hidden = np.tanh(inward @ _solution()(t) + offset)
        total = total - weight * (-_TIME / 2) * np.outer(a(t), hidden)
    says = "For the 12 outward weights it is the library's gradient to {printed}."
    return Finding.compare(says, printed=largest(total - _gradients()[1][2]), tolerance=1e-6)


def _heat(steps: int, time: float) -> list[tuple[str, int, float, float]]:
    """For each adjoint, error of the gradient by the start on a ring, and the memory it takes."""
    field = lambda t, y: jnp.roll(y, 1) - 2 * y + jnp.roll(y, -1) - 0.1 * y**3
    start = jnp.asarray(np.random.default_rng(0).normal(size=32))
    kib, found = {}, {}
    for adjoint in ("backsolve", "checkpoint", "direct"):
        options: dict[str, Any] = {"t1": time, "steps": steps, "adjoint": adjoint}
        ode = NeuralODE(field, **options, round_trip_limit=None)
        run = jax.jit(jax.grad(lambda y, ode=ode: jnp.sum(jnp.sin(ode(y))))).lower(start).compile()
        sizes: Any = run.memory_analysis()
        kib[adjoint] = sizes.temp_size_in_bytes / 1024
        found[adjoint] = np.asarray(run(start))
    wanted = found["direct"]
    off = {a: largest(g - wanted) / largest(wanted) for a, g in found.items()}
    return [(a, steps, short(off[a]), short(kib[a])) for a in found]


@CLAIMS.add(
    "after eq. (44), memory",
    kind="statement",
    printed="Nothing needs to be stored for the gradient, so that memory is constant in depth.",
    right="Only if psi is integrated backward as well, and that is unstable where the flow "
    "contracts, as diffusion does. With the states kept at about sqrt(N) places the gradient is "
    "right.",
    expects="corrected",
)
def memory(budget: Budget) -> Finding:
    counts = (256, 1024) if budget == "full" else (256,)
    with jax.enable_x64(True):
        rows = tuple(row for steps in counts for row in _heat(steps, 9.0))
    caption = (
        "Gradients of a diffusing ring of 32 sites over nine units of time, with equal steps: "
        "error relative to the derivative of what was computed, and the compiler's temporary "
        "memory."
    )
    return Finding.compare(
        "Under diffusion the gradient without storage is off by {printed}, relative, in "
        f"{rows[0][3]:.3g} KiB; with checkpoints by {{right}} in {rows[1][3]:.3g} KiB, where all "
        f"states take {rows[2][3]:.3g} KiB.",
        printed=rows[0][2],
        right=rows[1][2],
        tolerance=1e-9,
        comparison=Comparison(caption, ("adjoint", "steps", "error", "KiB"), rows),
    )


@CLAIMS.add(
    "end of chapter 5, solvers",
    kind="statement",
    printed="Any ODE solver can be used, and its error be controlled.",
    expects="holds",
)
def solvers(budget: Budget) -> Finding:
    rows = []
    for name, nominal in (("euler", 1), ("heun", 2), ("ssprk3", 3), ("rk4", 4)):
        with jax.enable_x64(True):
            ode = _ode(method=name, steps=8)
            run = jax.jit(lambda t, ode=ode: ode(jnp.asarray(_START), t1=t))
            errors = [largest(run(t) - _solution()(t)) for t in (0.2, 0.1)]
        # With a fixed number of steps the error goes like time to the order plus one.
        rows.append((name, nominal, float(np.log2(errors[0] / errors[1])) - 1, errors[1]))
    caption = "Order of four methods, from eight steps over 0.2 and over 0.1 units of time."
    return Finding.compare(
        "Four methods of the library show their orders 1 to 4 within {printed}.",
        printed=max(abs(row[1] - row[2]) for row in rows),
        tolerance=0.35,
        comparison=Comparison(caption, ("method", "order", "measured", "error"), tuple(rows)),
    )
