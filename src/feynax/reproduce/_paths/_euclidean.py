"""Section 5: Euclidean time, the ground state, and the walk."""

import jax
import jax.numpy as jnp
import numpy as np

from ...paths import LatticeOscillator, PathEnsemble, transfer_matrix
from .._claim import Budget, Comparison, Finding
from ._claims import CLAIMS


def _end_exponent(rule: str, dt: float, slices: int) -> float:
    """Return a of psi(y) = exp(-a y^2/2) on a half line, hbar = m = omega = 1, by elimination."""
    weights = {"right": (0.0, 1.0), "site": (0.5, 0.5), "middle": None}[rule]
    stiff = np.zeros((slices + 1, slices + 1))
    for n in range(slices):  # a slice from site n (nearer to y) to n + 1
        step = np.array([[1.0, -1.0], [-1.0, 1.0]]) / dt
        well = np.full((2, 2), dt / 4) if weights is None else dt * np.diag(weights)
        stiff[n : n + 2, n : n + 2] += step + well
    inner = stiff[1:, 1:]
    return float(stiff[0, 0] - stiff[0, 1:] @ np.linalg.solve(inner, stiff[1:, 0]))


def _stiffness(ensemble: PathEnsemble) -> np.ndarray:
    """Second derivatives of a quadratic action: its gradient at the unit paths."""
    with jax.enable_x64(True):
        slope = jax.grad(lambda x: ensemble.action(x[None]))
        return np.asarray(jax.jit(jax.vmap(slope))(jnp.eye(ensemble.sites)))


@CLAIMS.add(
    "eqs. (5.2)-(5.3)",
    printed="Paths on a half line that end at y weigh as the ground state's amplitude psi(y).",
    expects="holds",
)
def half_line(budget: Budget) -> Finding:
    errors = [abs(_end_exponent("middle", dt, int(12 / dt)) - 1) for dt in (0.4, 0.2, 0.1)]
    says = "Midpoint slices give the oscillator's exponent at dt = 0.4, 0.2 and 0.1 to {printed}."
    return Finding.compare(says, printed=max(errors), tolerance=1e-7)


@CLAIMS.add(
    "section 5.1, squares",
    kind="statement",
    printed="The path integral gives psi; of what the density of the path's places is, nothing "
    "is said.",
    right="At a free end it is proportional to psi_0, in the middle of a long path to "
    "|psi_0|^2: for "
    "an oscillator the variances are hbar/(m omega) and half of it.",
    expects="corrected",
)
def two_densities(budget: Budget) -> Finding:
    exact = transfer_matrix(PathEnsemble("x**2/2", beta=16.0, slices=320))
    x = exact.x
    spacing = x[1] - x[0]
    variance = lambda density: float(spacing * density @ x**2)
    end, middle = variance(exact.endpoint_density()), variance(exact.density())
    return Finding.compare(
        "Of the exact lattice at dt = 0.05 the two variances differ by {printed}; against 1 "
        "and 1/2 "
        "they are off by {right}.",
        printed=abs(end - middle),
        right=max(abs(end - 1), abs(middle - 0.5)),
        tolerance=1e-3,
    )


@CLAIMS.add(
    "eq. (5.4)",
    printed="x(tau) = y + sum_n w_n ReLU(-tau - (n - 1) dtau) draws the path backwards from y.",
    expects="holds",
)
def backward_network(budget: Budget) -> Finding:
    dt, n = 0.3, 6
    x = np.random.default_rng(0).normal(size=n + 1)
    w = np.diff(np.diff(x) / dt, prepend=0.0)
    tau = -dt * np.arange(n + 1)
    drawn = x[0] + np.maximum(-tau[:, None] - dt * np.arange(n), 0) @ w
    says = "At all sites of a random path it is right to {printed}."
    return Finding.compare(says, printed=float(np.max(np.abs(drawn - x))), tolerance=1e-13)


@CLAIMS.add(
    "eq. (5.6)",
    printed="The oscillator's Euclidean action has V at y + dtau sum_(k<=n) W_k, for each slice.",
    right="At y + dtau (sum_(k<=n) W_k - W_n/2), as (3.3) and (3.12) have it: printed is a "
    "right-point "
    "rule, first order in the wave function.",
    expects="corrected",
)
def right_points(budget: Budget) -> Finding:
    steps = (0.4, 0.2, 0.1)
    found = {
        rule: [_end_exponent(rule, dt, int(12 / dt)) for dt in steps]
        for rule in ("right", "middle", "site")
    }
    lattice = [
        LatticeOscillator(1.0, beta=12.0, slices=int(12 / dt)).end_exponent * 2 for dt in steps
    ]
    rows = tuple(
        (dt, *(found[rule][i] for rule in found), lattice[i]) for i, dt in enumerate(steps)
    )
    columns = ("omega dtau", "printed (right points)", "midpoint", "trapezoid", "closed form")
    caption = (
        "Exponent of the ground state, 1 in the continuum; the closed form is the trapezoid's."
    )
    return Finding.compare(
        "At omega dtau = 0.1 the printed rule's exponent is off by {printed}, the midpoint's by "
        "{right}.",
        printed=abs(found["right"][-1] - 1),
        right=abs(found["middle"][-1] - 1),
        tolerance=1e-7,
        comparison=Comparison(caption, columns, rows),
    )


@CLAIMS.add(
    "after eq. (5.7)",
    kind="statement",
    printed="Closed paths of length beta hbar give the partition function.",
    expects="holds",
)
def partition_function(budget: Budget) -> Finding:
    errors = []
    for n in (8, 32):
        ensemble = PathEnsemble("x**2/2", beta=2.0, slices=n)
        size = np.linalg.slogdet(_stiffness(ensemble) * 2.0 / n)[1]
        closed = LatticeOscillator(1.0, beta=2.0, slices=n).log_partition
        errors.append(abs(-size / 2 - closed))
    limit = -np.log(2 * np.sinh(1.0))
    far = LatticeOscillator(1.0, beta=2.0, slices=4000).log_partition
    return Finding.compare(
        "The Gaussian integral over 8 and 32 slices is the closed form to {printed}, which at 4000 "
        f"slices is {abs(far - limit):.1g} from -ln(2 sinh(beta hbar omega/2)).",
        printed=float(max(errors)),
        tolerance=1e-10,
    )


@CLAIMS.add(
    "after eq. (5.8)",
    printed="With steps, x_n = x(tau = -(n - 1) dtau).",
    right="x_n = x(-n dtau): else (5.9) is off by one slice.",
    expects="corrected",
)
def one_slice_off(budget: Budget) -> Finding:
    dt, n = 0.3, 6
    W = np.random.default_rng(1).normal(size=n)
    sites = 0.4 + dt * np.cumsum(W)
    number = np.arange(1, n + 1)

    def drawn(tau: np.ndarray) -> np.ndarray:
        on = -tau[:, None] - (number - 0.5) * dt >= 0
        return 0.4 + dt * on @ W

    off = lambda tau: float(np.max(np.abs(drawn(tau) - sites)))
    return Finding.compare(
        "Read at -(n - 1) dtau the network is off from (5.9) by {printed}, at -n dtau by {right}.",
        printed=off(-(number - 1) * dt),
        right=off(-number * dt),
        tolerance=1e-13,
    )


@CLAIMS.add(
    "eqs. (5.12)-(5.13)",
    kind="statement",
    printed="The path integral over steps is the discretised Langevin equation, a random walk.",
    right="As a rule of updating both are a sum of steps. But the W_n of a path with a "
    "potential are "
    "correlated, while a walk's noise is not: they agree in law only through the drift of App. B.",
    expects="corrected",
)
def walk_of_the_path(budget: Budget) -> Finding:
    n, dt = 64, 0.25
    ensemble = PathEnsemble("x**2/2", beta=n * dt, slices=n)
    spread = np.linalg.inv(_stiffness(ensemble))
    steps = spread - np.roll(spread, 1, 0)
    steps = (steps - np.roll(steps, 1, 1)) / dt**2  # covariance of the W_n
    neighbours = abs(steps[8, 9] / steps[8, 8])
    # Nelson's walk: x_(n+1) = q x_n + noise; the noise that is left after the drift is white.
    q = spread[8, 9] / spread[8, 8]
    left = lambda i, j: (
        spread[i + 1, j + 1] - q * spread[i, j + 1] - q * spread[i + 1, j] + q**2 * spread[i, j]
    )
    return Finding.compare(
        "In the lattice oscillator neighbouring W_n correlate by {printed}; what is left after "
        "Nelson's drift correlates by {right}.",
        printed=neighbours,
        right=abs(left(8, 9) / left(8, 8)),
        tolerance=1e-3,
    )
