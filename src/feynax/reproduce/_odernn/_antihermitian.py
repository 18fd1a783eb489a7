"""Section 2.3: anti-Hermitian networks, Theorems 2 and 3 and eq. (30)."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ...equations import FREQUENCY_LIMITS, amplification
from ...networks import AbstractInvertibleCell, SymplecticRNN, TwoStepLeapfrogRNN, recovery
from .._cells import double, largest
from .._claim import Budget, Comparison, Finding
from .._shared import order_of_the_leapfrog
from ._claims import CLAIMS


def _limit(scheme: str) -> float:
    """Where the spectral radius of one step on an oscillation leaves 1, by bisection."""
    low, high = 0.0, 4.0
    for _ in range(50):
        middle = (low + high) / 2
        stable = np.abs(np.linalg.eigvals(amplification(scheme, middle))).max() < 1 + 1e-9
        low, high = (middle, high) if stable else (low, middle)
    return low


@CLAIMS.add(
    "Theorem 2",
    kind="theorem",
    printed="A 1-2-ARNN, symplectic Euler with antisymmetric weights, is stable where "
    "h |lambda| < 1.",
    right="The limit is h |lambda| < 2, for weights that are the same in all layers. 1 is the "
    "limit of the two-step leapfrog (2-2-ARNN).",
    expects="corrected",
)
def limit_of_the_step(budget: Budget) -> Finding:
    names = ("symplectic_euler", "verlet", "two_step_leapfrog", "euler")
    rows = tuple((name, _limit(name), FREQUENCY_LIMITS[name]) for name in names)
    caption = "Largest h |lambda| without growth: found by bisection, and the library's."
    found = rows[0][1]
    return Finding.compare(
        f"Symplectic Euler starts to grow at {found:.6f}: off from 1 by " + "{printed}, from 2 by "
        "{right}.",
        printed=abs(found - 1),
        right=abs(found - 2),
        tolerance=1e-6,
        comparison=Comparison(caption, ("scheme", "found", "library"), rows),
    )


def _growth(linear: bool) -> float:
    """Largest singular value of 1000 steps of the pair of (1), with h |W| below 0.2."""
    draw, n, h = np.random.default_rng(0), 32, 0.1
    W, b = draw.normal(size=(n, n)) / np.sqrt(n), draw.normal(size=n) * (not linear)
    y, z, slope, one = *draw.normal(size=(2, n)), np.eye(2 * n), np.eye(n)
    activation = (lambda v: v) if linear else np.tanh
    rise = (lambda v: np.ones_like(v)) if linear else (lambda v: 1 / np.cosh(v) ** 2)
    for _ in range(1000):
        at = W.T @ y + b
        kick = np.block([[one, 0 * one], [-h * rise(at)[:, None] * W.T, one]])
        z = z - h * activation(at)
        at = W @ z + b
        drift = np.block([[one, h * rise(at)[:, None] * W], [0 * one, one]])
        y = y + h * activation(at)
        slope = drift @ kick @ slope
    return float(np.linalg.norm(slope, 2))


@CLAIMS.add(
    "Theorem 2, activation",
    kind="theorem",
    printed="The stability holds with any monotone activation.",
    right="The bound is one of the linear network. With tanh the slopes change along the way, and "
    "nearby states part exponentially at the same h |lambda|.",
    expects="corrected",
)
def nonlinear_activation(budget: Budget) -> Finding:
    return Finding.compare(
        "1000 steps with h |W| < 0.2 part two nearby states of 32 units by a factor of up to "
        "{printed} with tanh, {right} without.",
        printed=_growth(linear=False),
        right=_growth(linear=True),
        tolerance=2.0,
    )


@CLAIMS.add(
    "Theorem 2, proof",
    kind="statement",
    printed="A complex anti-Hermitian matrix becomes a real one of twice the size with the same, "
    "purely imaginary, eigenvalues.",
    expects="holds",
)
def real_embedding(budget: Budget) -> Finding:
    draw = np.random.default_rng(1).normal(size=(2, 5, 5))
    A = draw[0] + 1j * draw[1]
    A = A - A.conj().T
    real = np.block([[A.real, -A.imag], [A.imag, A.real]])
    own, twice = np.linalg.eigvals(A), np.linalg.eigvals(real)
    pairs = np.sort(np.concatenate([own.imag, -own.imag]))
    off = [real + real.T, twice.real, np.sort(twice.imag) - pairs]
    says = (
        "The real matrix is antisymmetric and has these eigenvalues and their conjugates, up to "
        "{printed}. (The proof refers to Theorem 5, which is about Boolean functions.)"
    )
    return Finding.compare(says, printed=largest(off), tolerance=1e-12)


def _pair(**options) -> SymplecticRNN:
    """A network of 5 pairs with a field that is odd in z."""
    made = SymplecticRNN(1, 5, step_size=0.5, dtype=jnp.float64, key=jax.random.key(0), **options)
    draw = np.random.default_rng(2)
    weights = draw.normal(size=made.weights.shape) * 0.9
    bias = np.concatenate([draw.normal(size=5), np.zeros(5)])
    where = lambda cell: (cell.weights, cell.bias)
    return eqx.tree_at(where, made, (jnp.asarray(weights), jnp.asarray(bias)))


def _broken(own: SymplecticRNN, kicked: bool = False) -> float:
    """By how much rho Phi = Phi^-1 rho is missed, rho being the flip of z, or the kick and it."""
    drive = own.drive(jnp.zeros(1))
    kick = own.shears(None, drive)[0].push
    rho = lambda y, z: (y, -(z + kick((y, z)) if kicked else z))
    state = tuple(jnp.asarray(part) for part in np.random.default_rng(3).normal(size=(2, 5)))
    one = rho(*own.step(None, state, drive))
    other = own.invert(None, rho(*state), drive)
    return largest(np.asarray(a) - np.asarray(b) for a, b in zip(one, other, strict=True))


@CLAIMS.add(
    "Definition 4, eq. (30), and Theorem 3",
    kind="theorem",
    printed="Symplectic Euler (1-2-ARNN) is reversible: rho Phi = Phi^-1 rho.",
    right="Phi has an inverse in closed form. For the flip of z as rho, (30) holds for Verlet's "
    "step, and for symplectic Euler only with rho after a kick; both need an odd drift.",
    expects="corrected",
)
@double
def reversibility(budget: Budget) -> Finding:
    euler, verlet = _pair(), _pair(scheme="verlet")
    return Finding.compare(
        "With the flip symplectic Euler misses (30) by {printed}; with the kick it, and with the "
        "flip Verlet, by {right}.",
        printed=_broken(euler),
        right=max(_broken(verlet), _broken(euler, kicked=True)),
        tolerance=1e-12,
    )


def _leapfrog() -> TwoStepLeapfrogRNN:
    made = TwoStepLeapfrogRNN(1, 5, step_size=0.5, dtype=jnp.float64, key=jax.random.key(0))
    weight, bias = np.split(np.random.default_rng(4).normal(size=(6, 5)), [5])
    where = lambda cell: (cell.weight, cell.bias)
    return eqx.tree_at(where, made, (jnp.asarray(weight), jnp.asarray(bias[0])))


def _undone(own: AbstractInvertibleCell, start: np.ndarray) -> float:
    """By how much a step and its inverse miss the state at the start."""
    state = tuple(jnp.asarray(part) for part in start)
    drive, ready = own.drive(jnp.ones(1)), own.prepare()
    back = own.invert(ready, own.step(ready, state, drive), drive)
    return largest(np.asarray(a) - np.asarray(b) for a, b in zip(back, state, strict=True))


@CLAIMS.add(
    "Theorem 3, inverse",
    kind="theorem",
    printed="Each step of 2-2-ARNN and of 1-2-ARNN can be undone.",
    expects="holds",
)
@double
def inverses(budget: Budget) -> Finding:
    draw = np.random.default_rng(5)
    cells = (_pair(), _pair(scheme="verlet"), _pair(outer="printed"), _leapfrog())
    off = [_undone(own, draw.normal(size=(2, 5))) for own in cells]
    says = "Undoing a step of 0.5 of four such networks gives the state back to {printed}."
    return Finding.compare(says, printed=max(off), tolerance=1e-12)


CLAIMS.add(
    "Theorem 3, proof",
    kind="statement",
    printed="2-ARNN is the mid-point integration of first order.",
    right="Of second order; symplectic Euler, 1-ARNN, is of first.",
    expects="corrected",
)(order_of_the_leapfrog)


@CLAIMS.add(
    "Theorem 3, stable regime",
    kind="statement",
    printed="Reversibility is guaranteed in the stable regime.",
    right="In floating point rounding errors grow both ways where the network is chaotic, until "
    "nothing of the start is left; in whole numbers the same step goes back exactly.",
    expects="corrected",
)
@double
def reversal_in_floating_point(budget: Budget) -> Finding:
    own, steps = _wide_pair(), 6000 if budget == "quick" else 10_000
    state = tuple(jnp.asarray(part) for part in np.random.default_rng(6).normal(size=(2, 32)))
    xs = jnp.zeros((steps, 1))
    lost, kept = (recovery(own, xs, state=state, exact=exact) for exact in (False, True))
    stiffness = 2 * own.step_size / float(own.step_limit())
    return Finding.compare(
        f"With h |lambda| up to {stiffness:.2f}, {steps} steps of symplectic Euler with 32 units "
        "and back miss the start by {printed} of the largest state in double precision, by {right} "
        "in whole numbers.",
        printed=float(lost.errors[-1]),
        right=float(kept.errors[-1]),
        tolerance=1e-3,
    )


def _wide_pair() -> SymplecticRNN:
    made = SymplecticRNN(1, 32, step_size=0.1, dtype=jnp.float64, key=jax.random.key(0))
    draw = np.random.default_rng(4)
    weights = 1.5 * draw.normal(size=(2, 32, 32)) / np.sqrt(32)
    where = lambda cell: (cell.weights, cell.bias)
    return eqx.tree_at(where, made, (jnp.asarray(weights), jnp.asarray(draw.normal(size=64))))
