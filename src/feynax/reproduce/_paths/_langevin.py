"""Appendix B: stochastic quantisation after Nelson."""

import jax
import jax.numpy as jnp
import numpy as np

from ...paths import NelsonProcess
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS

_M, _HBAR = 1.3, 0.7
_X = np.linspace(-1.5, 1.5, 13)


def _superpotential(x):
    return 0.5 * x**2 + 0.1 * x**4 - 0.2 * x**3


def _slopes(G) -> tuple[np.ndarray, np.ndarray]:
    with jax.enable_x64(True):
        x = jnp.asarray(_X)
        first = jax.vmap(jax.grad(G))(x)
        second = jax.vmap(jax.grad(jax.grad(G)))(x)
    return np.asarray(first), np.asarray(second)


@CLAIMS.add(
    "eqs. (B.1)-(B.2)",
    kind="statement",
    printed="The Langevin equation has a stationary density whatever x it starts from.",
    expects="holds",
)
def stationary_density(budget: Budget) -> Finding:
    first, second = _slopes(_superpotential)
    # Fokker-Planck: d/dx (G' P) + D P'' = 0 for P = exp(-G/D), written for P'/P = -G'/D.
    D = _HBAR / (2 * _M)
    flux = second - first * first / D + D * ((first / D) ** 2 - second / D)
    says = "For a quartic G, exp(-G/D) makes the Fokker-Planck operator vanish to {printed}."
    return Finding.compare(says, printed=float(np.max(np.abs(flux))), tolerance=1e-12)


@CLAIMS.add(
    "eqs. (B.3)-(B.8)",
    kind="equation",
    printed="Expanding the stochastic Lagrangian, the cross term is a boundary term: (x' + "
    "G')^2/(4D) - "
    "G''/2 = [x'^2 + G'^2 - 2D G'']/(4D) + (1/2D) dG/dtau.",
    expects="holds",
)
def expanded_lagrangian(budget: Budget) -> Finding:
    first, second = _slopes(_superpotential)
    D, v = _HBAR / (2 * _M), np.random.default_rng(0).normal(size=_X.shape)
    stochastic = (v + first) ** 2 / (4 * D) - second / 2
    expanded = (v**2 + first**2 - 2 * D * second) / (4 * D) + first * v / (2 * D)
    says = "At 13 places with random velocities both sides agree to {printed}."
    return Finding.compare(
        says, printed=float(np.max(np.abs(stochastic - expanded))), tolerance=1e-12
    )


@CLAIMS.add(
    "eqs. (B.9)-(B.10)",
    printed="With 2D = hbar/m the rest is the Euclidean action of V = (m/2) G'^2 - (hbar/2) G''.",
    expects="holds",
)
def euclidean_action(budget: Budget) -> Finding:
    first, second = _slopes(_superpotential)
    D, v = _HBAR / (2 * _M), np.random.default_rng(1).normal(size=_X.shape)
    rest = (v**2 + first**2 - 2 * D * second) / (4 * D)
    lagrangian = _M / 2 * v**2 + _M / 2 * first**2 - _HBAR / 2 * second
    says = "At 13 places the two integrands agree to {printed}."
    return Finding.compare(
        says, printed=float(np.max(np.abs(rest - lagrangian / _HBAR))), tolerance=1e-12
    )


@CLAIMS.add(
    "eqs. (B.11)-(B.14)",
    printed="exp(-m G/hbar) solves H psi = 0 for that V, and its square is the stationary density.",
    expects="holds",
)
def zero_energy_solution(budget: Budget) -> Finding:
    process = NelsonProcess(lambda x: -_M / _HBAR * _superpotential(x), mass=_M, hbar=_HBAR)
    first, second = _slopes(_superpotential)
    with jax.enable_x64(True):
        V = np.asarray(jax.vmap(process.potential)(jnp.asarray(_X)[:, None])).reshape(-1)
        density = lambda x: process.log_density(x[None])
        slope = np.asarray(jax.vmap(jax.grad(density))(jnp.asarray(_X)))
    k = _M / _HBAR
    kinetic = -(_HBAR**2) / (2 * _M) * ((k * first) ** 2 - k * second)
    off = [kinetic + V, slope + 2 * k * first]
    says = (
        "H psi over psi vanishes to {printed} at 13 places, and ln P has the slope of -2 m G/hbar."
    )
    return Finding.compare(says, printed=float(np.max(np.abs(off))), tolerance=1e-11)


@CLAIMS.add(
    "eq. (B.15)",
    printed="H = p^2/2m + V - (i/sqrt(2m)) [p, sqrt(V)], with V = (m/2) G'^2.",
    right="With the signed root sqrt(m/2) G' in place of sqrt(V): the positive one changes the "
    "sign "
    "where G' < 0.",
    expects="corrected",
)
def signed_root(budget: Budget) -> Finding:
    G = lambda x: 0.9 * x**2 / 2
    _, second = _slopes(G)
    wanted = -_HBAR / 2 * second
    # -(i/sqrt(2m)) [p, f] = -(hbar/sqrt(2m)) f'.
    signed = -_HBAR / np.sqrt(2 * _M) * np.sqrt(_M / 2) * second
    positive = signed * np.sign(_X)
    away = _X != 0
    off = lambda term: float(np.max(np.abs(term - wanted)[away]))
    return Finding.compare(
        "For an oscillator the printed term is off by {printed} to the left of 0, with the "
        "signed root "
        "by {right}.",
        printed=off(positive),
        right=off(signed),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eq. (5.12)",
    printed="x_(n+1) = x_n + dtau (F + noise) is the discretised Langevin equation.",
    right="Of first order: an oscillator's variance comes out hbar/(2 m omega)/(1 - omega dtau/2). "
    "Exact steps for the linear part or a Metropolis test remove it.",
    expects="corrected",
)
def euler_steps(budget: Budget) -> Finding:
    process = NelsonProcess(lambda x: -(x**2) / 2)
    grid = np.linspace(-5, 5, 401)
    steps, found = (0.4, 0.2, 0.1), []
    for step in steps:
        density = process.euler_density(grid, step=step)
        found.append(float(density @ grid**2 / density.sum()))
    bias = [0.5 / (1 - step / 2) for step in steps]
    rows = tuple((s, f, b, 0.5) for s, f, b in zip(steps, found, bias, strict=True))
    columns = ("dtau", "stationary <x^2>", "formula", "exact")
    caption = "The stationary variance of Euler's walk for an oscillator, by its transfer operator."
    return Finding.compare(
        "At dtau = 0.1 the walk's variance is off by {printed}; the formula for it is right to "
        "{right}.",
        printed=abs(found[-1] - 0.5),
        right=float(np.max(np.abs(np.array(found) - bias))),
        tolerance=1e-8,
        comparison=Comparison(caption, columns, rows),
    )


CLAIMS.unchecked(
    "section 6, duality",
    printed="Network and discretised Langevin equation are dual architectures.",
    because="both draw the same ensemble (above); that this is a duality is an interpretation.",
)
