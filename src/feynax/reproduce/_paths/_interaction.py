"""Section 3.3 and 3.4: potentials and fields."""

import jax
import jax.numpy as jnp
import numpy as np

from ...paths import LatticeField, PathEnsemble, transfer_matrix
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS
from ._weights import _DT, _N, _START, _ensemble, _paths, _weights


def _printed_sum(W: np.ndarray, V, last: int) -> np.ndarray:
    """The potential's sum of (3.19) and (3.20), to the given slice."""
    total = np.zeros(len(W))
    for n in range(1, last + 1):
        total += V(_START - _DT * W[:, n - 1] / 2 + _DT * W[:, :n].sum(-1))
    return _DT * total


def _sum_error(V) -> tuple[float, float]:
    x = _paths()
    W = _weights(x)[1]
    free, whole = _ensemble(lambda x: 0 * x), _ensemble(V)
    with jax.enable_x64(True):
        both = [np.asarray(jax.vmap(e.action)(jnp.asarray(x[:, None]))) for e in (whole, free)]
    potential = both[0] - both[1]
    off = lambda last: float(np.max(np.abs(_printed_sum(W, V, last) - potential)))
    return off(_N - 1), off(_N)


@CLAIMS.add(
    "eq. (3.19)",
    printed="For the oscillator the potential's sum runs over n = 1 to N - 1.",
    right="To N: the term n = N is V((x_(N-1) + x_fin)/2), with W_N from (4.3).",
    expects="corrected",
)
def sum_of_the_oscillator(budget: Budget) -> Finding:
    printed, right = _sum_error(lambda x: 0.5 * x**2)
    says = "On 20 random paths the printed sum is off by up to {printed}, to N by {right}."
    return Finding.compare(says, printed=printed, right=right, tolerance=1e-12)


@CLAIMS.add(
    "eq. (3.20)",
    printed="With g x^4 the sums run over n = 1 to N - 1.",
    right="To N, for both terms.",
    expects="corrected",
)
def sum_of_the_anharmonic_one(budget: Budget) -> Finding:
    printed, right = _sum_error(lambda x: 0.5 * x**2 + 0.3 * x**4)
    says = "On 20 random paths the printed sum is off by up to {printed}, to N by {right}."
    return Finding.compare(says, printed=printed, right=right, tolerance=1e-12)


@CLAIMS.add(
    "eq. (3.3), accuracy",
    kind="statement",
    printed="The midpoint rule discretises the action; nothing is said of its order.",
    right="It is of first order in dt for V, since neighbours differ by sqrt(dt); the "
    "trapezoid rule "
    "is of second, corrected actions of fourth.",
    expects="corrected",
)
def order_of_the_midpoint_rule(budget: Budget) -> Finding:
    sizes, found = (16, 32, 64), {}
    limit = -2.6709403838470243  # lnZ of x^4 at beta = 4, only for the table
    kinds = ("midpoint", "trapezoid", "takahashi_imada", "chin")
    for kind in kinds:
        values = [
            transfer_matrix(PathEnsemble("x**4", beta=4.0, slices=n, action=kind)).log_partition
            for n in sizes
        ]
        found[kind] = np.asarray(values)
    order = {k: np.log2((v[0] - v[1]) / (v[1] - v[2])) for k, v in found.items()}
    rows = tuple(
        (kind, *(float(v - limit) for v in found[kind]), float(order[kind])) for kind in kinds
    )
    caption = "Error of lnZ for V = x^4, beta = 4, from the exact lattice."
    columns = ("action", "N = 16", "N = 32", "N = 64", "order")
    return Finding.compare(
        "From N = 16 to 64 the order of lnZ differs from 2 by {printed} for the midpoint rule, and "
        "by {right} for the trapezoid.",
        printed=float(abs(order["midpoint"] - 2)),
        right=float(abs(order["trapezoid"] - 2)),
        tolerance=0.15,
        comparison=Comparison(caption, columns, rows),
    )


@CLAIMS.add(
    "after eq. (3.19)",
    kind="statement",
    printed="An oscillator's weights are independent Gaussians after a linear change of variables.",
    expects="holds",
)
def oscillator_is_gaussian(budget: Budget) -> Finding:
    ensemble, x = _ensemble(lambda x: 0.5 * x**2), _paths()[:, None]
    mean, away = x.mean(0), x - x.mean(0)
    with jax.enable_x64(True):
        action = jax.vmap(ensemble.action)
        # A quadratic function has no odd part but the linear one, and its even part scales.
        values = [np.asarray(action(jnp.asarray(mean + s * away))) for s in (-2, -1, 0, 1, 2)]
    fourth = np.abs(values[0] - 4 * values[1] + 6 * values[2] - 4 * values[3] + values[4])
    third = np.abs(values[4] - 2 * values[3] + 2 * values[1] - values[0])
    return Finding.compare(
        "Third and fourth differences of the action along 20 directions vanish to {printed}, "
        "relative: it is quadratic, and an orthogonal change of variables makes it diagonal.",
        printed=float(np.max((third + fourth) / np.abs(values[2]))),
        tolerance=1e-12,
    )


def _lattice_action(phi: np.ndarray, dx: float, g: float, *, factor: float) -> float:
    """Euclidean form of (3.25) on a torus, with a factor before the sum over sites."""
    dt = 0.5
    there = np.roll(phi, -1, 1)
    middle = (phi + there) / 2
    slope = (np.roll(middle, -1, 0) - middle) / dx
    energy = ((there - phi) / dt) ** 2 / 2 + slope**2 / 2 + middle**2 / 2 + g * middle**4
    return float(dt * factor * energy.sum())


@CLAIMS.add(
    "eqs. (3.22), (3.25)",
    printed="The Lagrangian of a field on sites is the sum over sites of the density.",
    right="Times the spatial lattice constant dx; without it the coupling is really g dx.",
    expects="corrected",
)
def factor_of_the_lattice_constant(budget: Budget) -> Finding:
    g, wave = 0.7, lambda n: np.cos(2 * np.pi * np.arange(n) / n)[:, None] * np.ones(6)
    values = {}
    for factor in (False, True):
        fine = [
            _lattice_action(wave(n), 4.0 / n, g, factor=4.0 / n if factor else 1.0)
            for n in (64, 128)
        ]
        values[factor] = abs(fine[1] / fine[0] - 1)
    return Finding.compare(
        "Halving dx changes the action of one wave by a share {printed} as printed, by {right} "
        "with "
        "the factor.",
        printed=float(values[False]),
        right=float(values[True]),
        tolerance=2e-3,
    )


@CLAIMS.add(
    "eqs. (3.22), (3.25), coupling",
    kind="statement",
    printed="g is the coupling of the lattice theory that is written.",
    right="Rescaling the field by sqrt(dx) shows that the printed one has the coupling g dx.",
    expects="corrected",
)
def effective_coupling(budget: Budget) -> Finding:
    g, dx = 0.7, 0.25
    phi = np.random.default_rng(1).normal(size=(6, 5))
    target = _lattice_action(phi, dx, g, factor=dx)
    with_g = _lattice_action(phi * np.sqrt(dx), dx, g, factor=1.0)
    with_other = _lattice_action(phi * np.sqrt(dx), dx, g / dx, factor=1.0)
    field = LatticeField((6, 5), mass_squared=1.0, coupling=g, spacing=(dx, 0.5))
    assert field.sites == phi.size
    return Finding.compare(
        "The printed action of the rescaled field is off from that of coupling g by {printed}, and "
        "with g/dx in its place by {right}.",
        printed=abs(with_g - target) / target,
        right=abs(with_other - target) / target,
        tolerance=1e-12,
    )


CLAIMS.unchecked(
    "end of section 3.4, spins",
    printed="Spin systems can be started from, by their coherent-state path integral.",
    because="at finite N the product of overlaps is exact, but its weights are complex and the "
    "continuum action depends on the order of operators; `feynax.paths.SpinCoherent` has the "
    "former and refuses the latter. No network of real weights is sampled.",
)
