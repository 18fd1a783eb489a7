"""Equations (9) and (10): Runge-Kutta methods as the form of a network."""

import functools

import jax.numpy as jnp
import numpy as np

from ...equations import TABLEAUX, Tableau, tableau
from ...networks import ODERNN, Stage
from .._cells import double, take_step
from .._claim import Budget, Finding
from ._claims import CLAIMS

_H = 0.4


@functools.cache
def _field() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """W, b and a state."""
    draw = np.random.default_rng(4)
    return draw.normal(size=(3, 3)), draw.normal(size=3), draw.normal(size=3)


def _slope(y: np.ndarray) -> np.ndarray:
    W, b, _ = _field()
    return np.tanh(W @ y + b)


def _network(method: Tableau, *, inner: bool, before: np.ndarray | None = None) -> ODERNN:
    """A step of y' = tanh(W y + b); `before` multiplies the coefficients of the outer form."""
    W, b, _ = (jnp.asarray(part) for part in _field())
    put = lambda a: a if before is None else jnp.asarray(a * before)
    stages = [
        Stage(W=W, b=b, alpha={k: put(a) for k, a in _nonzero(row)}, sigma=jnp.tanh)
        for row in method.matrix
    ]
    out = Stage(W=1.0, alpha=dict(_nonzero(method.weights)))
    return ODERNN.from_stages(stages, out, input_size=0, state_size=3, h=_H, inner=inner)


def _nonzero(row: np.ndarray) -> list[tuple[int, float]]:
    return [(k, float(a)) for k, a in enumerate(row, 1) if a]


def _misses(net: ODERNN, method: Tableau) -> float:
    start = _field()[2]
    new = net(net.history(jnp.asarray(start)), jnp.zeros(0)).history[0]
    return float(np.abs(np.asarray(new) - take_step(method, _slope, start, _H)).max())


@CLAIMS.add(
    "eqs. (9)-(10)",
    printed="A Runge-Kutta step is y + h sum e_i k_i with k_q = f(d_q y + h sum a_qj k_j).",
    expects="holds",
)
@double
def runge_kutta_step(budget: Budget) -> Finding:
    methods = [tableau(name) for name in ("heun", "rk4")]
    off = [_misses(_network(method, inner=True), method) for method in methods]
    says = "Networks of the form (10) miss a step of Heun's and of Kutta's method by {printed}."
    return Finding.compare(says, printed=max(off), tolerance=1e-13)


@CLAIMS.add(
    "eq. (10), as (3)",
    printed="The stages of (10) are the hidden layers of (3), a_qj being alpha_qj.",
    right="alpha_qj = W_q a_qj: in (10) what the stages push stands beside the state, before the "
    "weights. Stability is decided by a, not by alpha.",
    expects="corrected",
)
@double
def inner_and_outer_form(budget: Budget) -> Finding:
    method, W = tableau("rk4"), _field()[0]
    return Finding.compare(
        "Kutta's method in the form (3) is off by {printed} with alpha = a, by {right} with "
        "alpha = W a.",
        printed=_misses(_network(method, inner=False, before=np.eye(3)), method),
        right=_misses(_network(method, inner=False, before=W), method),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "after eq. (10), explicit methods",
    kind="statement",
    printed="A method is explicit where a_qj = 0 for all q <= j, and implicit otherwise.",
    expects="holds",
)
def explicit_methods(budget: Budget) -> Finding:
    from scipy.optimize import root

    start, off = _field()[2], []
    for method in TABLEAUX.values():
        upper = bool(np.triu(method.matrix).any())
        k = np.zeros((method.stages, 3))
        for q in range(method.stages):  # one pass, each stage from those before it
            k[q] = _slope(start + _H * method.matrix[q] @ k)
        stages = lambda k, m=method: (
            k - np.stack([_slope(z) for z in start + _H * m.matrix @ k.reshape(-1, 3)]).ravel()
        )
        solved = np.abs(k.ravel() - root(stages, k.ravel(), tol=1e-13).x).max() < 1e-9
        off.append(upper == solved)
    says = (
        f"Of {len(off)} methods one pass through the stages solves those with zeros on and above "
        "the diagonal; {printed} are an exception."
    )
    return Finding.compare(says, printed=float(sum(off)), tolerance=0)


@CLAIMS.add(
    "after eq. (10), implicit stages",
    kind="statement",
    printed="Implicit methods ask for the linear dependence of the stages to be solved.",
    right="The stages solve equations as nonlinear as f: one linear solve leaves a residual.",
    expects="corrected",
)
def implicit_stages(budget: Budget) -> Finding:
    method, (W, _, start) = tableau("gauss_2"), _field()
    slopes = np.diag(1 - _slope(start) ** 2) @ W
    coupled = np.eye(6) - _H * np.kron(method.matrix, slopes)
    linear = np.linalg.solve(coupled, np.tile(_slope(start), 2)).reshape(2, 3)
    solved = linear
    for _ in range(200):
        solved = np.stack([_slope(z) for z in start + _H * method.matrix @ solved])
    residual = lambda k: float(
        np.abs(k - np.stack([_slope(z) for z in start + _H * method.matrix @ k])).max()
    )
    return Finding.compare(
        "Stages of the Gauss method of order 4 from a linear solve have a residual of {printed}, "
        "from repeated ones {right}.",
        printed=residual(linear),
        right=residual(solved),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "after eq. (10), delays",
    kind="statement",
    printed="The k-th derivative corresponds to the variable k steps earlier.",
    right="The last t states together correspond to the state and its t - 1 derivatives, by an "
    "invertible matrix of differences; the k-th earlier state alone is no derivative.",
    expects="corrected",
)
def derivatives_and_delays(budget: Budget) -> Finding:
    delta, parabola = 0.1, np.array([0.7, -1.3, 0.4])  # y, y', y'' at the last step
    ages = -delta * np.arange(3)
    taylor = np.stack([np.ones(3), ages, ages**2 / 2], 1)
    states = taylor @ parabola
    return Finding.compare(
        "On a parabola the states one and two steps earlier are off from y' and y'' by {printed}; "
        "the inverse matrix gives y, y', y'' to {right}.",
        printed=float(np.abs(states[1:] - parabola[1:]).max()),
        right=float(np.abs(np.linalg.solve(taylor, states) - parabola).max()),
        tolerance=1e-11,
    )
