"""Definition 2 and Theorems 1 and 2: anti-Hermitian networks."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ...equations import FREQUENCY_LIMITS, amplification, resonance_certificate
from ...networks import AbstractInvertibleCell
from .._cells import cell, double, inputs
from .._claim import Budget, Comparison, Finding
from .._shared import order_of_the_leapfrog
from ._claims import CLAIMS


def _radius(step: np.ndarray) -> float:
    return float(np.abs(np.linalg.eigvals(step)).max())


def _spin(seed: int = 0, units: int = 6) -> np.ndarray:
    """A random antisymmetric matrix of norm 1."""
    W = np.random.default_rng(seed).normal(size=(units, units))
    return (W - W.T) / np.linalg.norm(W - W.T, 2)


@CLAIMS.add(
    "Definition 2",
    kind="statement",
    printed="1-ARNN is the ORNN of one stage with an anti-Hermitian weight matrix; it is the "
    "symplectic Euler method (proof of Theorem 2), stable for small steps.",
    right="One stage, Y + h W Y, is the explicit Euler method, which grows at every step. "
    "Symplectic Euler is two stages in turn on a pair of states.",
    expects="corrected",
)
def one_stage(budget: Budget) -> Finding:
    W, h = _spin(), 0.01
    by_letters = np.eye(6) + h * W
    found = amplification("symplectic_euler", h)
    return Finding.compare(
        "At h |lambda| = 0.01 one stage has spectral radius 1 plus {printed}, the pair 1 plus "
        "{right}.",
        printed=_radius(by_letters) - 1,
        right=_radius(found) - 1,
        tolerance=1e-12,
    )


def _limit(step: Callable[[float], np.ndarray]) -> float:
    """The h |lambda| up to which powers of a step stay bounded, by bisection."""
    low, high = 0.1, 4.0
    while high - low > 1e-9:
        middle = (low + high) / 2
        low, high = (middle, high) if _radius(step(middle)) < 1 + 1e-7 else (low, middle)
    return low


def _printed_pair(h: float, W: np.ndarray) -> np.ndarray:
    """(1) with h in both halves and the identity for s, on (Y, Z)."""
    one, none = np.eye(len(W)), np.zeros_like(W)
    return np.block([[one, h * W], [none, one]]) @ np.block([[one, none], [-h * W.T, one]])


def _two_steps(h: float, W: np.ndarray) -> np.ndarray:
    """Y_(l+1) = Y_(l-1) + 2 h W Y_l, on (Y_l, Y_(l-1))."""
    one, none = np.eye(len(W)), np.zeros_like(W)
    return np.block([[2 * h * W, one], [one, none]])


@CLAIMS.add(
    "Theorem 1, limit",
    kind="theorem",
    printed="1-ARNN is stable for |h max lambda(W)| < 1.",
    right="For < 2: with one W for all layers that is the limit of symplectic Euler. 1 is the "
    "limit of the two-step leapfrog, 2-ARNN.",
    expects="corrected",
)
def limit_of_the_step(budget: Budget) -> Finding:
    W = _spin()
    pair = _limit(lambda h: _printed_pair(h, W))
    two = _limit(lambda h: _two_steps(h, W))
    rows = (
        ("symplectic Euler", 1.0, pair, FREQUENCY_LIMITS["symplectic_euler"]),
        ("two-step leapfrog", "-", two, FREQUENCY_LIMITS["two_step_leapfrog"]),
    )
    right = max(abs(pair - rows[0][3]), abs(two - rows[1][3]))
    caption = "The largest h |lambda| at which states stay bounded, found by bisection."
    columns = ("method", "printed", "found", "library")
    return Finding.compare(
        "By bisection the limits are {printed} above 1 for symplectic Euler, and off from 2 and 1 "
        "for the two methods by {right}.",
        printed=abs(pair - 1),
        right=right,
        tolerance=1e-3,
        comparison=Comparison(caption, columns, rows),
    )


@CLAIMS.add(
    "Theorem 1, weights of the layers",
    kind="theorem",
    printed="The bound on the largest eigenvalue over all layers is enough.",
    right="Not where the layers differ: they can pump an oscillation. What is enough is one W.",
    expects="false",
)
def weights_of_the_layers(budget: Budget) -> Finding:
    found, reach = [], np.linspace(0.5, 0.99, 50)
    for size in reach:
        cert = resonance_certificate([np.array([[size]]), np.array([[-size]])], 1.0)
        found.append(cert.rate or 1.0)
    rows = tuple((float(reach[k]), float(found[k])) for k in (0, 10, 20, 30, 40, 49))
    caption = "Growth over two layers with weights of opposite sign, each below the bound of 1."
    return Finding.compare(
        "Two layers with h W of size up to 0.99 and opposite signs multiply a state by up to 1 "
        "plus {printed}.",
        printed=max(found) - 1,
        tolerance=1e-9,
        comparison=Comparison(caption, ("|h W|", "growth"), rows),
    )


def _round_trip(own: AbstractInvertibleCell, steps: int) -> tuple[float, float]:
    """Walk forth and back along random inputs: how far off the start, and how far it went."""
    ready, drives = own.prepare(), [own.drive(jnp.asarray(x)) for x in inputs(steps, 4)]
    start = tuple(jnp.asarray(v) for v in np.random.default_rng(3).normal(size=(2, 4)))
    state, walk = start, eqx.filter_jit(lambda s, drive: own.step(ready, s, drive))
    for drive in drives:
        state = walk(state, drive)
    went = max(float(jnp.abs(a - b).max()) for a, b in zip(state, start, strict=True))
    back = eqx.filter_jit(lambda s, drive: own.invert(ready, s, drive))
    for drive in reversed(drives):
        state = back(state, drive)
    return max(float(jnp.abs(a - b).max()) for a, b in zip(state, start, strict=True)), went


@CLAIMS.add(
    "Theorem 2",
    kind="theorem",
    printed="2-ARNN and 1-ARNN are reversible.",
    expects="holds",
)
@double
def reversible(budget: Budget) -> Finding:
    found = [
        _round_trip(own, 40)
        for own in (
            cell("SymplecticRNN", outer="printed", step_size=0.3),
            cell("TwoStepLeapfrogRNN", step_size=0.3),
        )
        if isinstance(own, AbstractInvertibleCell)
    ]
    return Finding.compare(
        "40 nonlinear steps forth and back end {printed} from where they began, having gone "
        f"{min(went for _, went in found):.2g} away: reversible in the sense of having an inverse.",
        printed=max(off for off, _ in found),
        tolerance=1e-9,
    )


@CLAIMS.add(
    "Theorem 2, proof",
    kind="statement",
    printed="They are reversible inside the stable regime of the step.",
    right="At every step: the inverse is a formula. The regime of stability has no part in it.",
    expects="corrected",
)
def invertible_at_any_step(budget: Budget) -> Finding:
    W, h = _spin(), 5.0
    worst = max(_radius(_printed_pair(h, W)), _radius(_two_steps(h, W))) - 1
    one, none = np.eye(6), np.zeros((6, 6))
    undo_pair = np.block([[one, none], [h * W.T, one]]) @ np.block([[one, -h * W], [none, one]])
    undo_two = np.block([[none, one], [one, -2 * h * W]])
    off = [undo_pair @ _printed_pair(h, W) - np.eye(12), undo_two @ _two_steps(h, W) - np.eye(12)]
    return Finding.compare(
        "At h |lambda| = 5 the steps leave the stable regime, with spectral radius up to 1 plus "
        "{printed}, and their inverses undo them to {right}.",
        printed=worst,
        right=float(np.abs(off).max()),
        tolerance=1e-11,
    )


CLAIMS.add(
    "Theorem 2, order",
    kind="statement",
    printed="2-ARNN is the mid-point integration of first order.",
    right="Of second order: Y_(l+1) = Y_(l-1) + 2 h f(Y_l).",
    expects="corrected",
)(order_of_the_leapfrog)


@CLAIMS.add(
    "Definition 2, anti-Hermitian and imaginary",
    kind="statement",
    printed="The stable weight matrices are purely imaginary and anti-Hermitian.",
    right="For states that are real numbers: real and antisymmetric. An imaginary anti-Hermitian "
    "matrix -iH, H real and symmetric, is such a one of twice the size.",
    expects="corrected",
)
def real_weights(budget: Budget) -> Finding:
    from scipy.linalg import expm

    H = np.random.default_rng(2).normal(size=(4, 4))
    H, psi = H + H.T, np.random.default_rng(3).normal(size=8)
    state = psi[:4] + 1j * psi[4:]
    moved = expm(-1j * H) @ state
    real = np.block([[np.zeros((4, 4)), H], [-H, np.zeros((4, 4))]])
    assert np.array_equal(real, -real.T)
    away = expm(-1j * H) @ psi[:4]
    return Finding.compare(
        "The flow of -iH takes a real state {printed} away from the real ones; the antisymmetric "
        "matrix of twice the size moves real and imaginary parts as it does to {right}.",
        printed=float(np.abs(away.imag).max()),
        right=float(np.abs(expm(real) @ psi - np.concatenate([moved.real, moved.imag])).max()),
        tolerance=1e-11,
    )
