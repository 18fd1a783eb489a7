"""Section 4: steps and cosines, and Table 1."""

import jax
import jax.numpy as jnp
import numpy as np

from ...paths import FixedEnds, FreeEnds, ModeWeights, PathEnsemble
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS
from ._weights import _DT, _N, _START, _TIME, _paths, _weights


@CLAIMS.add(
    "eqs. (4.1)-(4.2)",
    printed="x(t) = x_ini + dt sum_n W_n theta(t - t_(n-1) - 1/2), and x(t_n) = x_ini + dt "
    "sum_(k<=n) W_k.",
    right="The shift is dt/2: with 1/2 the sites are met only where dt > 1/2.",
    expects="corrected",
)
def shift_of_the_step(budget: Budget) -> Finding:
    x = _paths()
    W, starts = _weights(x)[1], _DT * np.arange(_N)
    sites = _DT * np.arange(_N + 1)

    def drawn(shift: float) -> np.ndarray:
        on = sites[:, None] - starts - shift >= 0
        return _START + _DT * W @ on.T

    off = lambda shift: float(np.max(np.abs(drawn(shift) - x)))
    return Finding.compare(
        f"At dt = {_DT:g} the network with 1/2 is off from its sites by {{printed}}, with dt/2 by "
        "{right}.",
        printed=off(0.5),
        right=off(_DT / 2),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eq. (4.4)",
    printed="W_n = (x_n - x_(n-1))/dt.",
    expects="holds",
)
def velocity(budget: Budget) -> Finding:
    x = _paths()
    W = _weights(x)[1]
    rebuilt = _START + _DT * np.cumsum(W, -1) - x[:, 1:]
    says = "Summed up again they give the path to {printed}."
    return Finding.compare(says, printed=float(np.max(np.abs(rebuilt))), tolerance=1e-13)


@CLAIMS.add(
    "eq. (4.5)",
    printed="w_n = (x_n - 2 x_(n-1) + x_(n-2))/dt for every n.",
    right="For n >= 2; the first, w_1 = (x_1 - x_0)/dt, is a velocity, since x_(-1) does not "
    "exist.",
    expects="corrected",
)
def acceleration(budget: Budget) -> Finding:
    x = _paths()
    w, W = _weights(x)
    before = np.concatenate([x[:, :1], x], -1)  # x_(-1) = x_0, the mildest way to read it
    printed = (before[:, 2:] - 2 * before[:, 1:-1] + before[:, :-2]) / _DT
    first = np.abs(printed[:, 0] - W[:, 0])
    later = np.abs(w[:, 1:] - (x[:, 2:] - 2 * x[:, 1:-1] + x[:, :-2]) / _DT)
    # Without a site before the first, nothing printed gives w_1: its own size is the error.
    missing = float(np.max(np.abs(w[:, 0])))
    assert first.shape == (len(x),)
    return Finding.compare(
        "The printed form says nothing of w_1 (up to {printed} here); with the velocity for n = 1 "
        "all are right to {right}.",
        printed=missing,
        right=float(later.max()),
        tolerance=1e-11,
    )


def _parabola_error(shift: float, second: bool) -> float:
    """How far a smooth path's weights are from its derivative at a shifted time."""
    n, dt = 64, 1 / 64
    t = dt * np.arange(n + 1)
    x = t**3
    W = np.diff(x) / dt
    if second:
        return float(np.max(np.abs(np.diff(W) / dt - 6 * (t[2:] + shift * dt))))
    return float(np.max(np.abs(W - 3 * (t[1:] + shift * dt) ** 2)))


@CLAIMS.add(
    "after eq. (4.5), and Table 1",
    kind="table",
    printed="w_n is the acceleration at t_n, and W_n the velocity at t_n.",
    right="w_n is dt times the acceleration at t_(n-1) for n >= 2 (w_1 is a velocity); W_n is the "
    "velocity at t_(n-1/2).",
    expects="corrected",
)
def times_of_the_weights(budget: Budget) -> Finding:
    rows = (
        ("ReLU", "acceleration at t_n", "dt times acceleration at t_(n-1)"),
        ("step", "velocity at t_n", "velocity at t_(n-1/2)"),
        ("cosine", "Fourier coefficient", "the same, for free ends; other ends have other modes"),
    )
    caption = "What the weight a of a unit is; for all three, b and c are fixed by the time slices."
    printed = max(_parabola_error(0.0, True), _parabola_error(0.0, False))
    right = max(_parabola_error(-1.0, True), _parabola_error(-0.5, False))
    return Finding.compare(
        "On t^3 with 64 slices the printed times are off by {printed} (first order), the right "
        "ones "
        "by {right} (second order).",
        printed=printed,
        right=right,
        tolerance=1e-3,
        comparison=Comparison(caption, ("activation", "printed", "right"), rows),
    )


@CLAIMS.add(
    "eq. (4.6)",
    printed="Paths are sums of a_n cos(n pi t/T), with all a_n integrated freely.",
    right="Freely integrated cosines mean free ends. Fixed ends couple them by sum a_n = x_ini and "
    "sum (-1)^n a_n = x_fin; their own modes are sines.",
    expects="corrected",
)
def cosines_mean_free_ends(budget: Budget) -> Finding:
    hold = lambda ends: ModeWeights(PathEnsemble("x**2/2", beta=_TIME, slices=_N, ends=ends))
    free, fixed = hold(FreeEnds()), hold(FixedEnds(0.0, 0.0))
    with jax.enable_x64(True):
        draw = np.random.default_rng(3).normal
        loose = free.to_path(jnp.asarray(draw(size=free.shape)))
        held = fixed.to_path(jnp.asarray(draw(size=fixed.shape)))
    ends = lambda x: float(np.max(np.abs(np.asarray(x)[0, [0, -1]])))
    return Finding.compare(
        "A random sum of cosines ends {printed} away from fixed ends at 0, one of sines {right}.",
        printed=ends(loose),
        right=ends(held),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eq. (4.7)",
    printed="The oscillator's action is the sum of a_n^2 (m (n pi/T)^2 - k).",
    right="With L = (m x'^2 - k x^2)/2: T/4 times that for n >= 1, and -(k T/2) a_0^2.",
    expects="corrected",
)
def action_of_cosines(budget: Budget) -> Finding:
    m, k, T = 1.3, 0.8, 2.1
    a = np.random.default_rng(4).normal(size=6)
    n = np.arange(6)
    t, weights = np.polynomial.legendre.leggauss(80)
    t, weights = (t + 1) * T / 2, weights * T / 2
    x = np.cos(np.outer(t, n) * np.pi / T) @ a
    v = -np.sin(np.outer(t, n) * np.pi / T) @ (a * n * np.pi / T)
    exact = weights @ (m * v**2 - k * x**2) / 2
    terms = a**2 * (m * (n * np.pi / T) ** 2 - k)
    right = T / 4 * terms[1:].sum() - k * T / 2 * a[0] ** 2
    return Finding.compare(
        "For six random amplitudes the printed action is off by {printed}, relative, the corrected "
        "one by {right}.",
        printed=abs(terms.sum() / exact - 1),
        right=abs(right / exact - 1),
        tolerance=1e-12,
    )


@CLAIMS.add(
    "eq. (4.8)",
    printed="The Jacobian J between sites and Fourier amplitudes does not depend on the dynamics.",
    expects="holds",
)
def constant_jacobian(budget: Budget) -> Finding:
    sizes = []
    with jax.enable_x64(True):
        for potential in ("x**2/2", "x**4 - x**2"):
            basis = ModeWeights(PathEnsemble(potential, beta=1.0, slices=6, ends=FreeEnds()))
            flat = lambda a, basis=basis: basis.to_path(a[None])[0]
            jacobian = jax.jacfwd(flat)(jnp.ones(basis.shape[1]))
            sizes += [np.linalg.slogdet(np.asarray(jacobian))[1], basis.log_jacobian]
    says = "Its logarithm is the same for two potentials, and by the formula, up to {printed}."
    return Finding.compare(says, printed=float(np.ptp(sizes)), tolerance=1e-12)


@CLAIMS.add(
    "eq. (4.9)",
    printed="The two-point function is the integral of x(t1) x(t2) exp(iS/hbar).",
    right="Divided by the same integral without x(t1) x(t2).",
    expects="corrected",
)
def normalised_two_point_function(budget: Budget) -> Finding:
    # Euclidean, one mode: the integral of a^2 exp(-c a^2/2) against the mean of a^2, which is 1/c.
    c = 3.7
    integral = np.sqrt(2 * np.pi / c) / c
    norm = np.sqrt(2 * np.pi / c)
    return Finding.compare(
        "For one Euclidean mode of stiffness 3.7 the integral is off from 1/3.7 by {printed}, "
        "divided by its norm by {right}.",
        printed=abs(integral * c - 1),
        right=abs(integral / norm * c - 1),
        tolerance=1e-14,
    )
